"""The tables of `catalog.sqlite` and how values become rows.

Offsets count code points of `documents.text`; dates are ISO 8601; lists are JSON. `paragraph_terms` indexes what
`indexer.searchable` makes of a paragraph, its title and its heading; it keeps no text, and its row ids are those of
`paragraphs`. `chunks.text_sha256` finds texts that were embedded before.
"""

from datetime import date
from typing import Any

import msgspec

from indexer.values import Document, Paragraph

SCHEMA = """
CREATE TABLE documents (
    id TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    media_type TEXT NOT NULL,
    title TEXT NOT NULL,
    source TEXT NOT NULL,
    published_at TEXT,
    url TEXT,
    text TEXT NOT NULL,
    page_starts TEXT NOT NULL,
    heading_spans TEXT NOT NULL,
    block_spans TEXT NOT NULL,
    paragraph_count INTEGER NOT NULL
);
CREATE INDEX documents_by_path ON documents (path, id);
CREATE TABLE paragraphs (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    document_id TEXT NOT NULL REFERENCES documents (id),
    number INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    text TEXT NOT NULL,
    heading TEXT NOT NULL,
    page INTEGER,
    UNIQUE (document_id, number)
);
CREATE VIRTUAL TABLE paragraph_terms USING fts5 (
    body, title, heading,
    content = '',
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co'"
);
CREATE TABLE chunks (
    id TEXT PRIMARY KEY,
    paragraph_id TEXT NOT NULL REFERENCES paragraphs (id),
    text_sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX chunks_by_text ON chunks (text_sha256);
"""

DOCUMENT_COLUMNS = (
    "id, path, media_type, title, source, published_at, url, text, page_starts, heading_spans, block_spans"
)
PARAGRAPH_COLUMNS = 'id, document_id, number, start, "end", text, heading, page'

_JSON_FIELDS = ("page_starts", "heading_spans", "block_spans")


def document_row(document: Document, paragraph_count: int) -> dict[str, Any]:
    """Return the named parameters of a row of `documents`."""
    row = {name: getattr(document, name) for name in document.__struct_fields__}
    row |= {name: msgspec.json.encode(row[name]).decode() for name in _JSON_FIELDS}
    day = document.published_at
    return row | {"published_at": day and day.isoformat(), "paragraph_count": paragraph_count}


def row_document(row: dict[str, Any]) -> Document:
    """Return the document of a row with `DOCUMENT_COLUMNS`."""
    lists = {name: msgspec.json.decode(row[name]) for name in _JSON_FIELDS}
    return msgspec.convert(row | lists, Document)


def row_paragraph(row: dict[str, Any]) -> Paragraph:
    """Return the paragraph of a row with `PARAGRAPH_COLUMNS`; other columns are left out."""
    return Paragraph(**{name: row[name] for name in Paragraph.__struct_fields__})


def row_date(value: str | None) -> date | None:
    """Return a stored date."""
    return None if value is None else date.fromisoformat(value)
