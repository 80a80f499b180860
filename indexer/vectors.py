"""Where the vectors of a generation are kept and searched: the port, and an implementation in memory.

The real adapters are in `indexer.chroma`; all pass the same contract tests.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np

from config.settings import VectorsSettings
from indexer.embed import Vectors
from indexer.errors import REBUILD, IndexCorruptError
from indexer.values import Chunk, Filters

SIMILARITY_DECIMALS = 6
"""Similarities are rounded to this, so that equal texts tie: sums in float32 differ in the seventh decimal."""


class EmbeddedChunk(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk with its vector and with what can be filtered by."""

    chunk: Chunk
    document_id: str
    published_at: date | None
    embedding: Vectors


class VectorStore(Protocol):
    """The vectors of one generation: one writer before publication, any number of threads and processes after it."""

    def add(self, chunks: Sequence[EmbeddedChunk]) -> None:
        """Store `chunks`, any number of them, whose ids are new to the store."""
        ...

    def query(self, vector: Vectors, k: int, filters: Filters) -> list[tuple[str, float]]:
        """Return `(chunk id, cosine similarity)` of the `k` nearest chunks that pass `filters`, or of all if fewer do.

        Best first, ties by chunk id. The search may be approximate, and which of several equals is the last one that
        makes it into the `k` is not defined.
        """
        ...

    def embeddings(self, chunk_ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the stored vectors by chunk id; ids that are not in the store are left out."""
        ...

    def count(self) -> int:
        """Return the number of stored chunks."""
        ...

    def close(self) -> None:
        """Let go of files, memory and connections. A second call does nothing."""
        ...


class VectorDatabase(Protocol):
    """Keeps the stores of all generations. Every method raises VectorStoreError when the database fails."""

    @property
    def kind(self) -> str:
        """`embedded`, `server` or `memory`: which database a generation's manifest expects its vectors in."""
        ...

    def create(self, folder: Path, generation_id: str) -> VectorStore:
        """Return a new, empty store for a generation built in `folder`, in place of what a killed build left of it."""
        ...

    def open(self, folder: Path, generation_id: str) -> VectorStore:
        """Return the store of a finished generation. Raises IndexCorruptError when there is none."""
        ...

    def drop(self, generation_id: str) -> None:
        """Delete what lies outside the generation's folder, if anything. Unknown ids are no error."""
        ...


def ranked(found: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return `(chunk id, cosine similarity)` best first, rounded to `SIMILARITY_DECIMALS`, ties by chunk id."""
    rounded = [(chunk_id, round(similarity, SIMILARITY_DECIMALS)) for chunk_id, similarity in found]
    return sorted(rounded, key=lambda item: (-item[1], item[0]))


def vector_database(settings: VectorsSettings) -> VectorDatabase:
    """Return the configured database. A server is not contacted before its first use."""
    from indexer.chroma import ChromaFolders, ChromaServer  # noqa: PLC0415  chromadb takes a second to import

    return ChromaServer(settings.url) if settings.kind == "server" else ChromaFolders()


class MemoryVectors:
    """Port `VectorStore` by exhaustive search over arrays. Nothing is written to disk."""

    def __init__(self) -> None:
        self._chunks: dict[str, EmbeddedChunk] = {}

    def add(self, chunks: Sequence[EmbeddedChunk]) -> None:
        """See `VectorStore.add`."""
        self._chunks |= {item.chunk.id: item for item in chunks}

    def query(self, vector: Vectors, k: int, filters: Filters) -> list[tuple[str, float]]:
        """See `VectorStore.query`; exact, ties at the end included."""
        admitted = [item for item in self._chunks.values() if _passes(item, filters)]
        if not admitted:
            return []
        similarities = np.stack([item.embedding for item in admitted]) @ vector
        found = zip((item.chunk.id for item in admitted), similarities.tolist(), strict=True)
        return ranked(found)[:k]

    def embeddings(self, chunk_ids: Sequence[str]) -> dict[str, Vectors]:
        """See `VectorStore.embeddings`."""
        return {chunk_id: self._chunks[chunk_id].embedding for chunk_id in chunk_ids if chunk_id in self._chunks}

    def count(self) -> int:
        """See `VectorStore.count`."""
        return len(self._chunks)

    def close(self) -> None:
        """Do nothing: the database keeps the store."""


class MemoryDatabase:
    """Port `VectorDatabase` for tests and trials: the stores live as long as this object."""

    kind = "memory"

    def __init__(self) -> None:
        self._stores: dict[str, MemoryVectors] = {}

    def create(self, folder: Path, generation_id: str) -> VectorStore:
        """See `VectorDatabase.create`; `folder` is not touched."""
        del folder
        store = self._stores[generation_id] = MemoryVectors()
        return store

    def open(self, folder: Path, generation_id: str) -> VectorStore:
        """See `VectorDatabase.open`."""
        if generation_id not in self._stores:
            raise IndexCorruptError(f"{folder}: the memory holds no vectors of {generation_id}; {REBUILD}")
        return self._stores[generation_id]

    def drop(self, generation_id: str) -> None:
        """See `VectorDatabase.drop`."""
        self._stores.pop(generation_id, None)


def _passes(item: EmbeddedChunk, filters: Filters) -> bool:
    if filters.document_ids and item.document_id not in filters.document_ids:
        return False
    if filters.published_from is None and filters.published_to is None:
        return True
    first, last = filters.published_from or date.min, filters.published_to or date.max
    return item.published_at is not None and first <= item.published_at <= last
