"""Files on their way: `<file>.part`, grown piece by piece, and put in place only when whole and right."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from config.catalogue import ModelFile
from config.verification import PIECE_BYTES, hash_file, wrong_hash


class Journal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an interrupted assembly has already appended."""

    requirement: str
    parts: int
    bytes: int


class PartFile:
    """The unfinished form of one file; what it holds is always meant to be a beginning of the finished one."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(target.name + ".part")
        self._journal = target.with_name(target.name + ".part.json")

    @property
    def length(self) -> int:
        """Bytes so far; 0 when there is no such file."""
        return self.path.stat().st_size if self.path.exists() else 0

    def append(self) -> IO[bytes]:
        """Open it for appending; its folder is made if need be."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self.path.open("ab")

    def cut(self, length: int) -> None:
        """Drop everything behind the first `length` bytes."""
        self.append().close()
        os.truncate(self.path, length)

    def discard(self) -> None:
        """Forget it, with its journal."""
        self.path.unlink(missing_ok=True)
        self._journal.unlink(missing_ok=True)

    def appended_parts(self, requirement: str) -> int:
        """How many parts of that requirement it holds, cut back to exactly these.

        0, and an empty file, when there is no journal of that requirement or the file is shorter than it says.
        """
        journal = self._read_journal()
        if journal is None or journal.requirement != requirement or self.length < journal.bytes:
            self.cut(0)
            return 0
        self.cut(journal.bytes)
        return journal.parts

    def note_parts(self, requirement: str, parts: int) -> None:
        """Note that everything up to here is safe on the disk and made of that many parts."""
        sync(self.path)
        journal = Journal(requirement=requirement, parts=parts, bytes=self.length)
        draft = self._journal.with_name(self._journal.name + ".new")
        draft.write_bytes(msgspec.json.encode(journal))
        draft.replace(self._journal)

    def kept_bytes(self, requirement: str) -> int:
        """How much of it the journal vouches for."""
        journal = self._read_journal()
        if journal is None or journal.requirement != requirement or self.length < journal.bytes:
            return 0
        return journal.bytes

    def _read_journal(self) -> Journal | None:
        with suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(self._journal.read_bytes(), type=Journal)
        return None

    def place(self, file: ModelFile) -> str | None:
        """Move it to its place if it is exactly the file of the catalogue.

        Otherwise it is deleted, and the answer says how it differs.
        """
        actual = hash_file(self.path)
        if actual != file.sha256:
            length = self.length
            self.discard()
            return f"has {length} bytes instead of {file.bytes}" if length != file.bytes else wrong_hash(file, actual)
        sync(self.path)
        self.path.replace(self.target)
        sync(self.target.parent)
        self.discard()
        return None


def copy(source: IO[bytes], sink: IO[bytes], tell: Callable[[int], None]) -> None:
    """Copy a stream to its end; `tell` hears of each number of bytes."""
    while piece := source.read(PIECE_BYTES):
        sink.write(piece)
        tell(len(piece))


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def free_bytes(folder: Path) -> int:
    """Give the free space of the disk that holds a folder."""
    return shutil.disk_usage(folder).free
