"""The vector databases on Chroma: in this process, and on a Chroma server.

What Chroma 1.5.9 does that matters here:

- The default space is l2; ours is cosine, set with every collection.
- Only one process may write into a folder, and readers beside it may hang. Ours is written in a build folder that
  nobody else knows, closed, and only read from then on.
- New vectors wait in a log, up to `sync_threshold` of them, and a reader of an index that was never synced writes its
  files anew, beside other readers. So the writer syncs at the end (`_NewFolderVectors.close`).
- Opening a folder writes into it nevertheless: one row of `acquire_write` in `chroma.sqlite3`, in a transaction of
  SQLite's own; queries write nothing. So several processes may open and read a finished folder at once (tested), the
  bytes of that file are not a fixed part of a generation, and a reader needs write permission.
- Clients of one path share a reference-counted system inside the process. One that failed to start stays in that table
  and breaks the next client of the same path, so it is taken out here.
- Closing a client of a server leaves its connections to the garbage collector, so they are closed here.
- Deleting a collection leaves its folder behind; ours are deleted as whole folders.
- `add` takes at most `get_max_batch_size()` records.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

import chromadb
import httpx
import numpy as np
from chromadb.api.client import Client
from chromadb.api.collection_configuration import CreateCollectionConfiguration
from chromadb.api.fastapi import FastAPI
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings
from chromadb.errors import ChromaError, NotFoundError

from indexer.embed import Vectors
from indexer.errors import MAKE_ROOM, REBUILD, IndexCorruptError, VectorStoreError
from indexer.values import Filters
from indexer.vectors import EmbeddedChunk, VectorStore, ranked

_COLLECTION: Final = "chunks"
_PREFIX: Final = "footnote-"
_DAY: Final = "published_day"
_DOCUMENT: Final = "document_id"

# Wider than Chroma's defaults (16, 100, 100). On 20,000 random vectors of 384 dimensions, a worst case, an ef of 200
# alone found 53 % of the 40 nearest, this 91 %, at twice the time to add and 1 ms more a query (2 cores, 2026-11).
_CONFIGURATION: Final[CreateCollectionConfiguration] = {
    "hnsw": {"space": "cosine", "max_neighbors": 32, "ef_construction": 200, "ef_search": 400}
}


class _MissingCollectionError(VectorStoreError):
    retryable = False


_opening = threading.Lock()
"""Chroma's table of systems by path is not guarded against two clients starting at once."""


class ChromaFolders:
    """Port `VectorDatabase`: each generation's vectors in a folder `chroma` of its own, searched in this process."""

    kind = "embedded"

    def create(self, folder: Path, generation_id: str) -> VectorStore:
        """See `VectorDatabase.create`."""
        del generation_id
        with _written(folder / "chroma"):
            return _NewFolderVectors(folder / "chroma")

    def open(self, folder: Path, generation_id: str) -> VectorStore:
        """See `VectorDatabase.open`. A folder that Chroma cannot read is corrupt, too."""
        if not (folder / "chroma" / "chroma.sqlite3").is_file():
            raise IndexCorruptError(f"{folder}: the vectors of {generation_id} are missing; {REBUILD}")
        try:
            with _translated(f"{folder / 'chroma'}: cannot be opened"):
                client = _folder_client(folder / "chroma")
                return _opened(client, _COLLECTION)
        except VectorStoreError as error:
            raise IndexCorruptError(
                f"{error}; see that you may write in this folder, as Chroma must even to read, or {REBUILD}"
            ) from error

    def drop(self, generation_id: str) -> None:
        """Do nothing: all of it lies in the generation's folder."""


class ChromaServer:
    """Port `VectorDatabase` on a Chroma server: each generation's vectors in a collection `footnote-<generation id>`.

    The collections of one Chroma database belong to one index folder: building in another one from the same documents
    would replace a collection that the first still serves.
    """

    kind = "server"

    def __init__(self, url: str) -> None:
        self._url = url

    def create(self, folder: Path, generation_id: str) -> VectorStore:
        """See `VectorDatabase.create`."""
        del folder
        self.drop(generation_id)
        with _translated(f"Chroma server {self._url}"):
            client = self._client()
            return ChromaVectors(client, _new_collection(client, _PREFIX + generation_id))

    def open(self, folder: Path, generation_id: str) -> VectorStore:
        """See `VectorDatabase.open`."""
        try:
            with _translated(f"Chroma server {self._url}"):
                return _opened(self._client(), _PREFIX + generation_id)
        except _MissingCollectionError as error:
            raise IndexCorruptError(
                f"{folder}: the Chroma server {self._url} has no collection {_PREFIX}{generation_id}; {REBUILD}"
            ) from error

    def drop(self, generation_id: str) -> None:
        """See `VectorDatabase.drop`."""
        address = f"Chroma server {self._url}"
        with suppress(_MissingCollectionError), _translated(address), _closing(self._client()) as client:
            client.delete_collection(_PREFIX + generation_id)

    def _client(self) -> Client:
        address = urlsplit(self._url)
        secure = address.scheme == "https"
        port = address.port or (443 if secure else 80)
        return cast(Client, chromadb.HttpClient(self._url, port, ssl=secure, settings=_private_settings()))


class ChromaVectors:
    """Port `VectorStore` on a Chroma collection. Several threads may query it at once."""

    def __init__(self, client: Client, collection: chromadb.Collection) -> None:
        self._client = client
        self._collection = collection
        self._batch = client.get_max_batch_size()

    def add(self, chunks: Sequence[EmbeddedChunk]) -> None:
        """See `VectorStore.add`."""
        with self._named():
            for start in range(0, len(chunks), self._batch):
                part = chunks[start : start + self._batch]
                self._collection.add(
                    ids=[item.chunk.id for item in part],
                    embeddings=np.stack([item.embedding for item in part]),
                    metadatas=[_metadata(item) for item in part],
                )

    def query(self, vector: Vectors, k: int, filters: Filters) -> list[tuple[str, float]]:
        """See `VectorStore.query`."""
        with self._named():
            found = self._collection.query(
                query_embeddings=vector, n_results=k, where=_where(filters), include=["distances"]
            )
        distances = found["distances"] or [[]]
        return ranked(
            (chunk_id, 1.0 - distance) for chunk_id, distance in zip(found["ids"][0], distances[0], strict=True)
        )

    def embeddings(self, chunk_ids: Sequence[str]) -> dict[str, Vectors]:
        """See `VectorStore.embeddings`."""
        if not chunk_ids:
            return {}
        with self._named():
            found = self._collection.get(ids=list(chunk_ids), include=["embeddings"])
        vectors = np.asarray(found["embeddings"], np.float32)
        return dict(zip(found["ids"], vectors, strict=True))

    def count(self) -> int:
        """See `VectorStore.count`."""
        with self._named():
            return self._collection.count()

    def close(self) -> None:
        """See `VectorStore.close`: the last client of a path frees Chroma's system with its files."""
        _close(self._client)

    def _named(self) -> AbstractContextManager[None]:
        return _translated(f"Chroma collection {self._collection.name}")


class _NewFolderVectors(ChromaVectors):
    """A collection being written in a folder of its own."""

    def __init__(self, path: Path) -> None:
        client = _folder_client(path)
        super().__init__(client, _new_collection(client, _COLLECTION))
        self._path = path
        self._closed = False

    def _named(self) -> AbstractContextManager[None]:
        return _written(self._path)

    def close(self) -> None:
        """Write through what waits in Chroma's log, and free the folder.

        A lower threshold takes effect when the folder is opened anew, and the first query then writes.
        """
        if self._closed:
            return
        self._closed = True
        with self._named():
            any_record = self._collection.get(limit=1, include=["embeddings"])["embeddings"]
            self._collection.modify(configuration={"hnsw": {"sync_threshold": 1}})
            super().close()
            if any_record is not None and len(any_record):
                with closing(_opened(_folder_client(self._path), _COLLECTION)) as reopened:
                    reopened.query(np.asarray(any_record[0], np.float32), 1, Filters())


def _folder_client(path: Path) -> Client:
    with _opening:
        try:
            return cast(Client, chromadb.PersistentClient(path=str(path), settings=_private_settings()))
        except BaseException:
            SharedSystemClient._identifier_to_system.pop(str(path), None)
            raise


def _private_settings() -> Settings:
    """Return new settings, because a client changes those that it is given; nothing is sent to Chroma's makers."""
    return Settings(anonymized_telemetry=False)


def _new_collection(client: Client, name: str) -> chromadb.Collection:
    return client.create_collection(name, configuration=_CONFIGURATION, embedding_function=None)


def _opened(client: Client, name: str) -> ChromaVectors:
    try:
        return ChromaVectors(client, client.get_collection(name, embedding_function=None))
    except BaseException:
        _close(client)
        raise


def _close(client: Client) -> None:
    with _opening:
        client.close()
    for part in (client, client._admin_client):
        server = getattr(part, "_server", None)
        if isinstance(server, FastAPI):
            server._session.close()


@contextmanager
def _closing(client: Client) -> Iterator[Client]:
    try:
        yield client
    finally:
        _close(client)


def _metadata(item: EmbeddedChunk) -> dict[str, str | int]:
    """Return what can be filtered by; an undated chunk has no day, so that no comparison holds for it."""
    day = {} if item.published_at is None else {_DAY: item.published_at.toordinal()}
    return {_DOCUMENT: item.document_id, **day}


def _where(filters: Filters) -> dict[str, Any] | None:
    conditions: list[dict[str, Any]] = []
    if filters.document_ids:
        conditions.append({_DOCUMENT: {"$in": list(filters.document_ids)}})
    if filters.published_from is not None:
        conditions.append({_DAY: {"$gte": filters.published_from.toordinal()}})
    if filters.published_to is not None:
        conditions.append({_DAY: {"$lte": filters.published_to.toordinal()}})
    return {"$and": conditions} if len(conditions) > 1 else next(iter(conditions), None)


def _written(path: Path) -> AbstractContextManager[None]:
    return _translated(f"{path}: cannot be written", remedy=f"; {MAKE_ROOM}")


@contextmanager
def _translated(what: str, *, remedy: str = "") -> Iterator[None]:
    """Turn Chroma's errors into ours."""
    try:
        yield
    except NotFoundError as error:
        raise _MissingCollectionError(f"{what}: {error}") from error
    except (ChromaError, httpx.HTTPError, ValueError) as error:  # ValueError is how an unreachable server shows
        raise VectorStoreError(f"{what}: {' '.join(str(error).split())}{remedy}") from error
