"""Is a model's folder what the catalogue says? By hash, or by a marker that remembers an earlier hash.

Hashing a gigabyte at every start would cost seconds. So each file that was hashed is noted in `.verified.json`, with
its size and modification time; as long as both still agree, the file is trusted without reading it.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from config.catalogue import Model, ModelFile
from config.progress import progress_bar

MARKER_NAME = ".verified.json"
PIECE_BYTES = 1 << 20

State = Literal["here", "not here", "incomplete", "altered?", "unreadable"]


class Noted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the marker, as it was when it was hashed."""

    size: int
    mtime_ns: int
    sha256: str


class Problem(NamedTuple):
    """One file that is not what the catalogue says."""

    file: ModelFile
    missing: bool
    text: str
    """`is missing`, `has 3 bytes instead of 5`, `has SHA-256 … instead of …`, `cannot be read (…)`."""
    unreadable: bool = False


def hash_file(path: Path, tell: Callable[[int], None] = lambda _: None) -> str:
    """Give the SHA-256 of a file in lower-case hexadecimal; `tell` hears of each number of bytes read."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(PIECE_BYTES):
            digest.update(piece)
            tell(len(piece))
    return digest.hexdigest()


def state_at_a_glance(model: Model, folder: Path) -> State:
    """Judge by names, sizes and the marker, without reading the files."""
    try:
        present = [file for file in model.files if (folder / file.name).is_file()]
    except OSError:
        return "unreadable"
    if not present:
        return "not here"
    if len(present) < len(model.files):
        return "incomplete"
    marker = _read_marker(folder)
    return "here" if all(_vouched(folder, file, marker) for file in model.files) else "altered?"


def find_problems(model: Model, folder: Path, *, rehash: bool = False) -> list[Problem]:
    """Name the files that are missing or differ from the catalogue; empty when all is well.

    Files that the marker vouches for are not read, unless `rehash` is true. What was hashed and is right gets noted.
    """
    marker = {} if rehash else _read_marker(folder)
    problems = [problem for file in model.files if (problem := _wrong_size(folder, file)) is not None]
    broken = {problem.file.name for problem in problems}
    unread = [file for file in model.files if file.name not in broken and not _vouched(folder, file, marker)]
    if not unread:
        return problems
    with progress_bar(f"verifying {model.id}", total=sum(file.bytes for file in unread)) as bar:
        for file in unread:
            try:
                noted = _note(folder, file, hash_file(folder / file.name, bar.advance))
            except OSError as error:
                problems.append(_unreadable(file, error))
                continue
            if noted.sha256 == file.sha256:
                marker[file.name] = noted
            else:
                problems.append(Problem(file, False, wrong_hash(file, noted.sha256)))
    _write_marker(folder, marker)
    return problems


def note_verified(folder: Path, file: ModelFile) -> None:
    """Note a file that was just hashed and found right."""
    _write_marker(folder, {**_read_marker(folder), file.name: _note(folder, file, file.sha256)})


def wrong_hash(file: ModelFile, actual: str) -> str:
    """Say that a file hashes to something else, with both hashes."""
    return f"has SHA-256 {actual} instead of {file.sha256}"


def _wrong_size(folder: Path, file: ModelFile) -> Problem | None:
    path = folder / file.name
    try:
        if not path.is_file():
            return Problem(file, True, "is missing")
        size = path.stat().st_size
    except OSError as error:
        return _unreadable(file, error)
    return None if size == file.bytes else Problem(file, False, f"has {size} bytes instead of {file.bytes}")


def _unreadable(file: ModelFile, error: OSError) -> Problem:
    return Problem(file, False, f"cannot be read ({error.strerror})", unreadable=True)


def _vouched(folder: Path, file: ModelFile, marker: dict[str, Noted]) -> bool:
    noted = marker.get(file.name)
    return noted is not None and noted.sha256 == file.sha256 and noted == _note(folder, file, file.sha256)


def _note(folder: Path, file: ModelFile, sha256: str) -> Noted:
    stat = (folder / file.name).stat()
    return Noted(size=stat.st_size, mtime_ns=stat.st_mtime_ns, sha256=sha256)


def _read_marker(folder: Path) -> dict[str, Noted]:
    """Give what is noted; a marker that cannot be read notes nothing, so that everything is hashed again."""
    try:
        return msgspec.json.decode((folder / MARKER_NAME).read_bytes(), type=dict[str, Noted])
    except (OSError, msgspec.DecodeError):
        return {}


def _write_marker(folder: Path, marker: dict[str, Noted]) -> None:
    """Note it if possible: in a folder that may only be read, the files are hashed at each start instead."""
    draft = folder / f"{MARKER_NAME}.{os.getpid()}"
    try:
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(marker), indent=2))
        draft.replace(folder / MARKER_NAME)
    except OSError:
        draft.unlink(missing_ok=True)
