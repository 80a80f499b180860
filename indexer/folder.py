"""The index folder: where generations lie, which one is current, and who may build.

    <index folder>/
        CURRENT                               the id of the published generation, in one line
        lock                                  held by the running build
        g0123456789abcdef/                    a finished generation, never changed again
            manifest.json                     values.Generation
            catalog.sqlite                    documents, paragraphs, search by word
            chroma/                           vectors, unless a Chroma server has them
        building-g0123456789abcdef-5f3a9c01/  of a running build, or of a killed one

Everything that others may see appears by one rename: a generation, and CURRENT. So a process killed at any moment
leaves the old state or the new one, and a build folder that the next build removes.
"""

import fcntl
import os
import re
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import MAKE_ROOM, REBUILD, IndexCorruptError, IndexMissingError, IndexWriteError

KEPT_GENERATIONS = 3
"""The current one, the one before it for rollback and for readers that still have it open, and one more."""

_ID = re.compile(r"g[0-9a-f]{16}")
_BUILDING = re.compile(r"building-(g[0-9a-f]{16})-.+")


class IndexFolder:
    """Reads and changes the state of an index folder. The folder itself need not exist before the first build."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self._current = self.directory / "CURRENT"

    def current_id(self) -> str:
        """Return the id of the published generation.

        Raises IndexMissingError when there is none, IndexCorruptError when CURRENT does not hold an id.
        """
        try:
            content = self._current.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise IndexMissingError(
                f"{self.directory}: no index has been published here; build one with `footnote index PATH…`"
            ) from None
        except OSError as error:
            raise IndexCorruptError(f"{self._current}: cannot be read ({error.strerror}); {REBUILD}") from error
        except UnicodeDecodeError as error:
            raise IndexCorruptError(f"{self._current}: is no text; {REBUILD}") from error
        if not _ID.fullmatch(content):
            raise IndexCorruptError(f"{self._current}: holds {content[:40]!r} instead of a generation's id; {REBUILD}")
        return content

    def stamp(self) -> tuple[int, int] | None:
        """Return what changes with every publication, cheap enough to ask often; None before the first."""
        try:
            status = self._current.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def path(self, generation_id: str) -> Path:
        """Return where a generation lies, or would lie."""
        return self.directory / generation_id

    @contextmanager
    def exclusive(self, *, waiting: Callable[[], None]) -> Iterator[None]:
        """Be the only build in this folder; when another one runs, call `waiting` once and wait for its end.

        The operating system frees the lock when the process dies, however it dies.

        Raises IndexWriteError for whatever the system or SQLite refuses to write until the block is left.
        """
        with _writing(self.directory):
            self.directory.mkdir(parents=True, exist_ok=True)
            with (self.directory / "lock").open("a") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    waiting()
                    fcntl.flock(lock, fcntl.LOCK_EX)
                yield

    def begin(self, generation_id: str) -> Path:
        """Return a new, empty build folder."""
        building = self.directory / f"building-{generation_id}-{secrets.token_hex(4)}"
        building.mkdir()
        return building

    def seal(self, building: Path, generation_id: str) -> None:
        """Write the finished build folder through to the disk and give it its final name.

        A folder of that name that is in the way is damaged, or the build would not have been made: it is removed.
        """
        _sync_tree(building)
        final = self.path(generation_id)
        if final.exists():
            damaged = self.begin(generation_id)
            final.rename(damaged / "replaced")
            shutil.rmtree(damaged)
        building.rename(final)
        _sync(self.directory)

    def publish(self, generation_id: str) -> None:
        """Make a finished generation the current one, and mark it as the most recently published."""
        os.utime(self.path(generation_id))
        pointer = self.directory / f"CURRENT-{secrets.token_hex(4)}"
        pointer.write_text(f"{generation_id}\n", encoding="utf-8")
        _sync(pointer)
        pointer.replace(self._current)
        _sync(self.directory)

    def remove_leftovers(self, *, drop: Callable[[str], None]) -> None:
        """Remove what killed builds left, and call `drop` with the id of each generation that did not get finished.

        Call it inside `exclusive`.
        """
        for path in self.directory.glob("CURRENT-*"):
            path.unlink()
        for path in self.directory.iterdir():
            if building := _BUILDING.fullmatch(path.name):
                if not self.path(building[1]).exists():
                    drop(building[1])
                shutil.rmtree(path)

    def prune(self, *, drop: Callable[[str], None]) -> None:
        """Remove all but the last `KEPT_GENERATIONS` published generations, and call `drop` with each removed id.

        The current one always stays. Call it inside `exclusive`.
        """
        generations = [path for path in self.directory.iterdir() if _ID.fullmatch(path.name)]
        newest_first = sorted(generations, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
        for path in newest_first[KEPT_GENERATIONS:]:
            if path.name != self.current_id():
                # Renamed first: a half-removed generation must not keep a generation's name.
                path.rename(self.directory / f"building-{path.name}-pruned")
                drop(path.name)
                shutil.rmtree(self.directory / f"building-{path.name}-pruned")


@contextmanager
def _writing(directory: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # of the terminal, not of the folder
        raise
    except OSError as error:
        raise IndexWriteError(
            f"{error.filename or directory}: cannot be written ({error.strerror or error}); {MAKE_ROOM}"
        ) from error
    except sqlite3.OperationalError as error:
        raise IndexWriteError(f"{directory}: cannot be written ({error}); {MAKE_ROOM}") from error


def _sync_tree(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        _sync(path)


def _sync(path: Path) -> None:
    """Write a file or folder through to the disk, so that a power cut after a rename cannot leave it empty."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
