"""An opened generation as its readers see it: hybrid search, documents, paragraphs."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from config.settings import RetrievalSettings, Settings
from indexer.embed import Embedder
from indexer.folder import IndexFolder
from indexer.fuse import fuse
from indexer.generation import OpenGeneration, open_generation
from indexer.values import Document, DocumentSummary, Filters, Generation, Hit, Paragraph
from indexer.vectors import VectorDatabase, vector_database

MAX_QUERY_CHARS = 2_000
"""Longer queries are refused where they come in: most of them would lie beyond the embedder's window."""

_NO_FILTERS = Filters()
_SEARCH_THREADS = 4  # lexical searches at once; the dense half of a search runs in the caller's thread


class Index:
    """A published generation, open for reading. Safe to use from several threads until `close`."""

    def __init__(self, opened: OpenGeneration, *, embedder: Embedder, settings: RetrievalSettings) -> None:
        self._opened = opened
        self._embedder = embedder
        self._settings = settings
        self._threads = ThreadPoolExecutor(_SEARCH_THREADS, thread_name_prefix="lexical-search")

    @property
    def generation(self) -> Generation:
        """The manifest; its id is the index version that answers name."""
        return self._opened.generation

    @property
    def document_count(self) -> int:
        """Of all documents."""
        return self._opened.generation.document_count

    def search(self, query: str, *, filters: Filters = _NO_FILTERS, limit: int = 10) -> list[Hit]:
        """Return the `limit` best paragraphs that pass `filters`, fewer if fewer are found; none for a blank query.

        Dense search and BM25 run in parallel and their scores are combined: best first, ties by paragraph id. A
        paragraph stands in the dense ranking where its best chunk stands.

        Raises VectorStoreError or IndexCorruptError when a half of the search fails.
        """
        query = query.encode(errors="replace").decode()  # a lone surrogate could neither be tokenized nor matched
        if not query.strip():
            return []
        searching = self._threads.submit(
            self._opened.catalog.search, query, max(limit, self._settings.bm25_candidates), filters
        )
        similarities = self._dense(query, max(limit, self._settings.dense_candidates), filters)
        bm25 = dict(searching.result())
        best = dict(fuse(similarities, bm25, dense_weight=self._settings.dense_weight)[:limit])
        found = self._opened.catalog.found(best)
        return [
            Hit(
                paragraph=found[paragraph_id].paragraph,
                title=found[paragraph_id].title,
                source=found[paragraph_id].source,
                published_at=found[paragraph_id].published_at,
                fused_score=fused_score,
                cosine_similarity=similarities.get(paragraph_id),
                bm25_score=bm25.get(paragraph_id),
            )
            for paragraph_id, fused_score in best.items()
        ]

    def document(self, document_id: str) -> Document | None:
        """Return a document, or None if the index has none of that id."""
        return self._opened.catalog.document(document_id)

    def paragraphs(self, document_id: str) -> list[Paragraph]:
        """Return the paragraphs of a document in reading order; none for an unknown id."""
        return self._opened.catalog.paragraphs(document_id)

    def documents(self, *, offset: int, limit: int) -> list[DocumentSummary]:
        """Return `limit` documents from `offset` on, in the order of their paths; `document_count` is the total."""
        return self._opened.catalog.documents(offset=offset, limit=limit)

    def warm(self) -> None:
        """Search once, so that files and model are in memory before the first question comes."""
        self.search("warm")

    def close(self) -> None:
        """Let go of files, threads and connections; call it when no search runs any more."""
        self._threads.shutdown()
        self._opened.close()

    def _dense(self, query: str, k: int, filters: Filters) -> dict[str, float]:
        """Return the similarity of the best chunk by paragraph, best first."""
        found = self._opened.vectors.query(self._embedder.embed_query(query), k, filters)
        similarities: dict[str, float] = {}
        for chunk_id, similarity in found:
            similarities.setdefault(chunk_id.rpartition("-c")[0], similarity)
        return similarities


def open_index(settings: Settings, embedder: Embedder, *, database: VectorDatabase | None = None) -> Index:
    """Open the published generation of the configured index folder.

    Raises IndexMissingError when none is published, and what `open_generation` raises.
    """
    folder = IndexFolder(Path(settings.index.directory))
    opened = open_generation(
        folder, folder.current_id(), embedder=embedder, database=database or vector_database(settings.vectors)
    )
    return Index(opened, embedder=embedder, settings=settings.retrieval)
