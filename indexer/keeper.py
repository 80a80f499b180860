"""Keeps the published generation open for a long-running service, and swaps to a new one between two requests."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.settings import Settings
from indexer.embed import Embedder
from indexer.errors import IndexerError, IndexMissingError
from indexer.folder import IndexFolder
from indexer.search import Index, open_index
from indexer.vectors import VectorDatabase, vector_database

POLL_S = 0.5
"""Between two looks at CURRENT. A look is one `stat`; unlike file notification it works on every file system."""

_log = logging.getLogger(__name__)


class IndexKeeper:
    """Lends the current Index to requests. Safe to use from several threads.

    A new generation is opened and warmed by a thread of its own while requests go on with the old one, which is closed
    when its last lease ends. One that cannot be opened is logged and the old one stays.
    """

    def __init__(
        self,
        settings: Settings,
        embedder: Embedder,
        *,
        database: VectorDatabase | None = None,
        poll_s: float = POLL_S,
    ) -> None:
        """Open the published generation, if there is one, and begin to watch for others.

        Raises IndexMismatchError, IndexCorruptError or VectorStoreError when there is one that cannot be opened.
        """
        self._settings = settings
        self._embedder = embedder
        self._database = database or vector_database(settings.vectors)
        self._folder = IndexFolder(Path(settings.index.directory))
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._current: _Lent | None = None
        self._failure: IndexerError | None = None
        self._seen: tuple[int, int] | None = None
        self._look()
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, args=(poll_s,), name="index-watcher", daemon=True)
        self._watcher.start()

    @contextmanager
    def lease(self) -> Iterator[Index]:
        """Give the current Index and keep it open until the block is left, whatever is published meanwhile.

        Raises IndexMissingError when no generation has been published yet, and the reason why the first one published
        cannot be opened.
        """
        with self._lock:
            lent = self._current
            if lent is None:
                raise self._missing()
            lent.leases += 1
        try:
            yield lent.index
        finally:
            with self._lock:
                lent.leases -= 1
                last = lent.retired and lent.leases == 0
            if last:
                lent.index.close()

    def refresh(self) -> None:
        """Look at once whether another generation has been published, and swap to it; the watcher does it by itself.

        A generation that cannot be opened is logged; the old one stays.
        """
        try:
            self._look()
        except IndexerError as error:
            if self._failure is None or str(error) != str(self._failure):
                _log.error("the published index cannot be opened: %s", error)
            self._failure = error

    def close(self) -> None:
        """Stop watching and close the index, or leave that to the last lease. No lease can begin after this."""
        self._stop.set()
        self._watcher.join()
        self._swap(None)

    def _watch(self, poll_s: float) -> None:
        while not self._stop.wait(poll_s):
            try:
                self.refresh()
            except Exception:  # the outermost edge of this thread: if it died, no generation would be noticed any more
                _log.exception("looking for a new index failed; trying again")

    def _look(self) -> None:
        """Open and warm what CURRENT names, if that changed. A failure that a retry cannot help is not tried again."""
        with self._looking:
            stamp = self._folder.stamp()
            if stamp is None or stamp == self._seen:
                return
            try:
                self._open(self._folder.current_id())
            except IndexerError as error:
                if not error.retryable:
                    self._seen = stamp
                raise
            self._seen, self._failure = stamp, None

    def _open(self, generation_id: str) -> None:
        if self._current is not None and self._current.index.generation.id == generation_id:
            return
        index = open_index(self._settings, self._embedder, database=self._database)
        try:
            index.warm()
        except BaseException:
            index.close()
            raise
        _log.info("serving index %s", index.generation.id)
        self._swap(_Lent(index))

    def _swap(self, new: "_Lent | None") -> None:
        with self._lock:
            old, self._current = self._current, new
            if old is not None:
                old.retired = True
            idle = old is not None and old.leases == 0
        if old is not None and idle:
            old.index.close()

    def _missing(self) -> IndexerError:
        if self._failure is not None:
            return type(self._failure)(str(self._failure))
        return IndexMissingError(
            f"{self._folder.directory}: no index has been published here; build one with `footnote index PATH…`"
        )


class _Lent:
    """An open Index with how many requests use it; guarded by the keeper's lock."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.leases = 0
        self.retired = False
