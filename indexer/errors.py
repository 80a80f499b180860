"""Errors of the indexer's floor.

IndexerError
├── LoadError            one file cannot be read as a document: path, reason; the build goes on without it
├── EmptyCorpusError     no readable document under the given paths
├── QueryError           the query of a search is empty or too long
├── IndexWriteError      the index folder cannot be written: no permission, no space; the old index stays in use
├── IndexMissingError    no generation has been published yet
├── IndexMismatchError   the published generation belongs to another embedder or format
├── IndexCorruptError    a generation fails its own verification
└── VectorStoreError     the vector database failed or cannot be reached
"""

from config.errors import FootnoteError

REBUILD = "build it again with `footnote index PATH…`"
"""The remedy that ends the message of an error about a generation."""

MAKE_ROOM = "see that its disk has room and that you may write there; an index published before stays in use"
"""The remedy that ends the message of an error about writing."""


class IndexerError(FootnoteError):
    """Root of this floor."""


class LoadError(IndexerError):
    """One file cannot be read as a document. The build reports it and goes on."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class EmptyCorpusError(IndexerError):
    """There is no readable document under the given paths."""


class QueryError(IndexerError):
    """The query of a search is empty or too long."""


class IndexWriteError(IndexerError):
    """The index folder cannot be written: no permission, no space. What was published before stays in use."""


class IndexMissingError(IndexerError):
    """No generation has been published yet. Indexing documents mends it, so a retry can help."""

    retryable = True


class IndexMismatchError(IndexerError):
    """The published generation was made by another embedder, chunker or format than the one configured."""


class IndexCorruptError(IndexerError):
    """A generation fails its own verification: a file is missing, or counts differ."""


class VectorStoreError(IndexerError):
    """The vector database failed or cannot be reached. The index may be whole, so a retry can help."""

    retryable = True
