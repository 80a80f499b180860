"""What flows between the stages of a build, and what a reader of an index gets back.

Offsets count Unicode code points of `Document.text`, as Python's slices do.
"""

import datetime

import msgspec


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source document, with its text as the reader sees it.

    `text` is never changed after loading, so that every offset holds; what is not content (menus, section names,
    "Show more") stays in it and is only left out of the paragraphs.
    """

    id: str
    """`d` + 16 hexadecimal digits of the SHA-256 of the path and the file's bytes: stable over re-indexing."""
    path: str
    """Where it lies, relative to the indexed folder, with forward slashes."""
    media_type: str
    title: str
    source: str
    """Who published it (an outlet, a site, an author); empty when unknown."""
    published_at: datetime.date | None
    text: str
    url: str | None = None
    """The address of the original, if the document names one."""
    page_starts: tuple[int, ...] = ()
    """Offset of the first character of each page, ascending, for paged formats; empty otherwise."""
    heading_spans: tuple[tuple[int, int], ...] = ()
    """`(start, end)` of each heading line in `text`, ascending; the loader knows them from the format."""
    block_spans: tuple[tuple[int, int], ...] = ()
    """`(start, end)` of blocks that must stay one paragraph although they hold line breaks (lists, tables)."""


class Paragraph(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The unit that is retrieved, cited and linked: `document.text[start:end] == text`, always."""

    id: str
    """`<document id>-p<number>`."""
    document_id: str
    number: int
    """From 1, in reading order."""
    start: int
    end: int
    text: str
    heading: str = ""
    """The nearest heading above, or empty."""
    page: int | None = None
    """From 1, for paged formats: the page on which the paragraph starts."""


class Chunk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is embedded: one paragraph, or a window of a long one, with its title for context.

    `text` fits the embedder's window, counted with the embedder's own tokenizer.
    """

    id: str
    """`<paragraph id>-c<window number from 1>`."""
    paragraph_id: str
    text: str


class Generation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The manifest of an immutable index generation."""

    id: str
    """`g` + 16 hexadecimal digits of the SHA-256 of everything that determines the content."""
    format_version: int
    embedder: str
    embedder_sha256: str
    dimensions: int
    chunker_version: int
    vectors: str
    """The kind of vector database: `embedded` or `server`."""
    corpus_sha256: str
    """Of every document, as loaded, and its paragraphs."""
    document_count: int
    paragraph_count: int
    chunk_count: int
    created_at: datetime.datetime
    """UTC; not part of the id."""
    file_bytes: dict[str, int]
    """Size of each file whose bytes never change again, by its path in the generation's folder; not part of the id."""


class DocumentSummary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document as a list shows it, without its text."""

    id: str
    path: str
    media_type: str
    title: str
    source: str
    published_at: datetime.date | None
    url: str | None
    paragraph_count: int


class Filters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which documents may be retrieved. Empty fields do not filter; an undated document passes no date filter."""

    document_ids: tuple[str, ...] = ()
    published_from: datetime.date | None = None
    published_to: datetime.date | None = None


class Hit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One retrieved paragraph, with what a reader needs to judge it."""

    paragraph: Paragraph
    title: str
    source: str
    published_at: datetime.date | None
    fused_score: float
    """Convex combination of the two scores below, each scaled to 0..1 over the candidates; 0 to 1."""
    cosine_similarity: float | None
    """Of the paragraph's best chunk with the query, -1 to 1; None when the dense search did not return it."""
    bm25_score: float | None
    """Higher is better; None when the lexical search did not return it."""
