"""A generation of the index: what determines its id, its manifest, and opening one that fits."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from config.settings import IndexSettings
from indexer.catalog import Catalog
from indexer.chunk import CHUNKER_VERSION
from indexer.embed import Embedder
from indexer.errors import REBUILD, IndexCorruptError, IndexMismatchError
from indexer.folder import IndexFolder
from indexer.values import Document, Generation, Paragraph
from indexer.vectors import VectorDatabase, VectorStore

FORMAT_VERSION = 1
"""Raised with every change of what a generation's files hold."""

MANIFEST = "manifest.json"
CATALOG = "catalog.sqlite"

_CHANGED_BY_READERS = frozenset({"chroma/chroma.sqlite3", MANIFEST})
"""Chroma notes every opening in its database (see `indexer.chroma`); the manifest cannot hold its own size."""


class SegmentedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document with its paragraphs, in reading order."""

    document: Document
    paragraphs: tuple[Paragraph, ...]


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What tells one generation from another, known before it is built."""

    generation_id: str
    corpus_sha256: str


class OpenGeneration(msgspec.Struct, frozen=True, kw_only=True):
    """A checked generation with its open parts. Whoever opened it closes it."""

    generation: Generation
    catalog: Catalog
    vectors: VectorStore

    def close(self) -> None:
        """Close both parts; call it when no other thread uses them any more."""
        self.catalog.close()
        self.vectors.close()


def identify(
    corpus: Iterable[SegmentedDocument], *, settings: IndexSettings, embedder: Embedder, vectors: str
) -> Identity:
    """Return the identity of the generation that `corpus` makes with these settings, embedder and vector database.

    The same documents give the same id in whatever order they come. Documents and paragraphs count with all their
    fields, so that an index is also built anew when a loader or the segmenter has learnt to read the same files better.
    """
    digest = hashlib.sha256()
    for segmented in sorted(corpus, key=lambda item: item.document.id):
        digest.update(hashlib.sha256(msgspec.json.encode(segmented)).digest())
    max_chunk_tokens = settings.max_chunk_tokens or embedder.max_tokens
    recipe = [FORMAT_VERSION, CHUNKER_VERSION, max_chunk_tokens, embedder.sha256, vectors, digest.hexdigest()]
    generation_id = "g" + hashlib.sha256(msgspec.json.encode(recipe)).hexdigest()[:16]
    return Identity(generation_id=generation_id, corpus_sha256=digest.hexdigest())


def lasting_files(folder: Path) -> dict[str, int]:
    """Return the size in bytes of each file below `folder` that nobody changes any more, by its path in it."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path.stat().st_size for name, path in files.items() if name not in _CHANGED_BY_READERS}


def write_manifest(folder: Path, generation: Generation) -> None:
    """Write `manifest.json`, indented, for people read it too."""
    encoded = msgspec.json.format(msgspec.json.encode(generation), indent=2)
    (folder / MANIFEST).write_bytes(encoded + b"\n")


def read_manifest(folder: Path) -> Generation:
    """Return the manifest of the generation in `folder`.

    Raises IndexCorruptError when it is missing or broken, IndexMismatchError when it has another format.
    """
    try:
        content: dict[str, Any] = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=dict[str, Any])
        if content.get("format_version") != FORMAT_VERSION:
            raise IndexMismatchError(
                f"{folder}: has index format {content.get('format_version')}, this version of Footnote reads"
                f" {FORMAT_VERSION}; {REBUILD}"
            )
        return msgspec.convert(content, Generation)
    except OSError as error:
        raise IndexCorruptError(f"{folder / MANIFEST}: cannot be read ({error.strerror}); {REBUILD}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise IndexCorruptError(f"{folder / MANIFEST}: is no manifest ({error}); {REBUILD}") from error


def open_generation(
    folder: IndexFolder, generation_id: str, *, embedder: Embedder, database: VectorDatabase
) -> OpenGeneration:
    """Open a finished generation and check that it is whole and fits.

    Raises IndexMismatchError when another embedder, format or kind of vector database made it, IndexCorruptError when
    a file is missing or has another size, or a count differs, VectorStoreError when the vector database cannot be
    reached.
    """
    path = folder.path(generation_id)
    generation = read_manifest(path)
    _require_fit(path, generation, embedder, database)
    _require_files(path, generation)
    vectors = database.open(path, generation_id)
    opened = OpenGeneration(generation=generation, catalog=Catalog(path / CATALOG), vectors=vectors)
    try:
        require_counts(path, opened)
    except BaseException:
        opened.close()
        raise
    return opened


def require_counts(path: Path, opened: OpenGeneration) -> None:
    """Raise IndexCorruptError unless catalogue, search by word and vectors hold what the manifest promises."""
    generation, counts = opened.generation, opened.catalog.counts()
    for what, actual, expected in (
        ("documents in the catalogue", counts.documents, generation.document_count),
        ("paragraphs in the catalogue", counts.paragraphs, generation.paragraph_count),
        ("paragraphs in the search by word", counts.terms, generation.paragraph_count),
        ("chunks in the catalogue", counts.chunks, generation.chunk_count),
        ("vectors", opened.vectors.count(), generation.chunk_count),
    ):
        if actual != expected:
            raise IndexCorruptError(f"{path}: holds {actual} {what}, the manifest says {expected}; {REBUILD}")


def _require_fit(path: Path, generation: Generation, embedder: Embedder, database: VectorDatabase) -> None:
    if generation.embedder_sha256 != embedder.sha256:
        raise IndexMismatchError(
            f"{path}: was made with the embedder {generation.embedder} ({generation.embedder_sha256[:12]}…),"
            f" configured is {embedder.name} ({embedder.sha256[:12]}…); configure that one, or {REBUILD}"
        )
    if generation.vectors != database.kind:
        raise IndexMismatchError(
            f'{path}: was made with vectors.kind = "{generation.vectors}", configured is "{database.kind}";'
            f" configure that one, or {REBUILD}"
        )


def _require_files(path: Path, generation: Generation) -> None:
    """Compare sizes before anything is opened: Chroma's native code crashes on a truncated file."""
    actual = lasting_files(path)
    for name, expected in generation.file_bytes.items():
        if actual.get(name) != expected:
            found = f"has {actual[name]} bytes" if name in actual else "is missing"
            raise IndexCorruptError(f"{path / name}: {found}, the manifest says {expected} bytes; {REBUILD}")
