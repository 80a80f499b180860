"""Writing a generation in a build folder, and verifying it before anyone may see it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from indexer.catalog import Catalog, CatalogWriter
from indexer.embed import Vectors
from indexer.errors import REBUILD, IndexCorruptError
from indexer.folder import IndexFolder
from indexer.generation import CATALOG, OpenGeneration, SegmentedDocument, require_counts
from indexer.values import Filters, Generation
from indexer.vectors import EmbeddedChunk, VectorDatabase

VERIFIED_CHUNKS = 100
"""About how many chunks must retrieve themselves before a generation is published."""

_NEAREST = 10
_SAME_TEXT = 0.9999  # cosine similarity; a copy of the text elsewhere in the corpus may rank before the chunk itself


class Draft:
    """An unpublished generation being written by one thread. `close` it before verifying."""

    def __init__(self, folder: Path, generation_id: str, database: VectorDatabase) -> None:
        self.folder = folder
        self._catalog = CatalogWriter(folder / CATALOG)
        self._vectors = database.create(folder, generation_id)

    def add_document(self, segmented: SegmentedDocument) -> None:
        """Write a document and its paragraphs."""
        self._catalog.add(segmented.document, segmented.paragraphs)

    def add_chunks(self, chunks: Sequence[EmbeddedChunk]) -> None:
        """Write chunks of documents that were added before."""
        self._catalog.add_chunks(item.chunk for item in chunks)
        self._vectors.add(chunks)

    def close(self) -> None:
        """Finish both parts and close them. A second call does nothing."""
        self._catalog.close()
        self._vectors.close()


@contextmanager
def new_draft(folder: IndexFolder, generation_id: str, database: VectorDatabase) -> Iterator[Draft]:
    """Open a draft in a build folder of its own, and close it."""
    draft = Draft(folder.begin(generation_id), generation_id, database)
    try:
        yield draft
    finally:
        draft.close()


def verify(folder: Path, generation: Generation, database: VectorDatabase) -> None:
    """Read a closed draft back: counts agree, every n-th chunk is found by its vector, its paragraph by its words.

    Raises IndexCorruptError that names the first thing found wrong.
    """
    opened = OpenGeneration(
        generation=generation, catalog=Catalog(folder / CATALOG), vectors=database.open(folder, generation.id)
    )
    try:
        require_counts(folder, opened)
        n = max(1, generation.chunk_count // VERIFIED_CHUNKS)
        drawn = opened.catalog.every_nth_chunk(n)
        embeddings = opened.vectors.embeddings([chunk_id for chunk_id, _ in drawn])
        for chunk_id, paragraph_id in drawn:
            _require_retrievable(folder, opened, chunk_id, embeddings.get(chunk_id))
            _require_exact(folder, opened, paragraph_id)
    finally:
        opened.close()


def _require_retrievable(folder: Path, opened: OpenGeneration, chunk_id: str, embedding: Vectors | None) -> None:
    if embedding is None:
        raise IndexCorruptError(f"{folder}: the vector of chunk {chunk_id} is missing; {REBUILD}")
    found = opened.vectors.query(embedding, _NEAREST, Filters())
    if chunk_id not in dict(found) and (not found or found[-1][1] < _SAME_TEXT):
        raise IndexCorruptError(f"{folder}: chunk {chunk_id} is not among the {_NEAREST} nearest to itself; {REBUILD}")


def _require_exact(folder: Path, opened: OpenGeneration, paragraph_id: str) -> None:
    found = opened.catalog.found([paragraph_id]).get(paragraph_id)
    document = opened.catalog.document(found.paragraph.document_id) if found else None
    if found is None or document is None:
        raise IndexCorruptError(f"{folder}: paragraph {paragraph_id} or its document is missing; {REBUILD}")
    paragraph = found.paragraph
    if document.text[paragraph.start : paragraph.end] != paragraph.text:
        raise IndexCorruptError(f"{folder}: paragraph {paragraph_id} is not the slice of its document; {REBUILD}")
    if not opened.catalog.finds(paragraph):
        raise IndexCorruptError(f"{folder}: paragraph {paragraph_id} is not found by its own words; {REBUILD}")
