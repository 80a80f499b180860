"""Where a model's files come from: a folder of this machine, or the public model hub. (Wheels: see `config.wheels`.)"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import httpx

from config.catalogue import HubAddress, Model, ModelFile
from config.errors import ModelFileError
from config.part_files import PartFile, copy
from config.progress import Bar

DEFAULT_HUB = "https://huggingface.co"
CONNECT_TIMEOUT_S = 5.0
SILENCE_TIMEOUT_S = 30.0

Place = Callable[[ModelFile], None]
"""Verifies the finished part file of a model's file and puts it in place; raises SourceError when it is wrong."""


class SourceError(ModelFileError):
    """This source cannot give the model; another one may."""


class Source(Protocol):
    """One place from which a model can be had. Its part files lie in the model's own folder."""

    @property
    def name(self) -> str:
        """What to call it in messages."""

    def total_bytes(self, files: Sequence[ModelFile]) -> int:
        """Give the bytes that its progress counts up to."""

    def kept_bytes(self, files: Sequence[ModelFile], folder: Path) -> int:
        """Give the bytes, of these, that an interrupted fetch has left and that this source goes on from."""

    def scratch_bytes(self) -> int:
        """Give the disk space that it needs meanwhile, beside the finished files."""

    def fetch(self, files: Sequence[ModelFile], folder: Path, *, place: Place, bar: Bar) -> None:
        """Bring each file as a part file, and have it placed.

        Raises SourceError when that fails; what came so far stays, for the next time.
        """


class FolderSource:
    """A folder of this machine that holds the files, or a folder `<model id>` that does, or the single file itself."""

    def __init__(self, path: Path, model: Model) -> None:
        self._path = path
        self._model = model
        self.name = f"folder {path}" if path.is_dir() else f"file {path}"

    def has(self, files: Sequence[ModelFile]) -> bool:
        """Tell whether all the files are there."""
        return all(self._find(file) is not None for file in files)

    def total_bytes(self, files: Sequence[ModelFile]) -> int:
        """Give the size of the files."""
        return sum(file.bytes for file in files)

    def kept_bytes(self, files: Sequence[ModelFile], folder: Path) -> int:
        """Give 0: a copy starts over."""
        return 0

    def scratch_bytes(self) -> int:
        """Give 0."""
        return 0

    def fetch(self, files: Sequence[ModelFile], folder: Path, *, place: Place, bar: Bar) -> None:
        """Copy the files."""
        for file in files:
            found = self._find(file)
            if found is None:
                raise SourceError(f"has no {file.name}, neither there nor in {self._model.id}/")
            part = PartFile(folder / file.name)
            part.cut(0)
            with found.open("rb") as source, part.append() as sink:
                copy(source, sink, bar.advance)
            place(file)

    def _find(self, file: ModelFile) -> Path | None:
        candidates = [self._path / self._model.id / file.name, self._path / file.name]
        if len(self._model.files) == 1:
            candidates.append(self._path)
        return next((path for path in candidates if path.is_file()), None)


class HubSource:
    """The public model hub, or a mirror of it; goes on where an interrupted download stopped."""

    def __init__(self, address: HubAddress, *, endpoint: str = DEFAULT_HUB) -> None:
        self._base_url = f"{endpoint.rstrip('/')}/{address.repo}/resolve/{address.revision}"
        self.name = f"hub {endpoint}"

    def total_bytes(self, files: Sequence[ModelFile]) -> int:
        """Give the size of the files."""
        return sum(file.bytes for file in files)

    def kept_bytes(self, files: Sequence[ModelFile], folder: Path) -> int:
        """Give the length of the part files: whichever source began them, they are beginnings of the same files."""
        return sum(PartFile(folder / file.name).length for file in files)

    def scratch_bytes(self) -> int:
        """Give 0: the files arrive as they are."""
        return 0

    def fetch(self, files: Sequence[ModelFile], folder: Path, *, place: Place, bar: Bar) -> None:
        """Download the files one after the other."""
        timeout = httpx.Timeout(SILENCE_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        finished_bytes = 0
        with httpx.Client(timeout=timeout, follow_redirects=True) as client:
            for file in files:
                part = PartFile(folder / file.name)
                self._download(client, file, part, before=finished_bytes, bar=bar)
                place(file)
                finished_bytes += file.bytes

    def _download(self, client: httpx.Client, file: ModelFile, part: PartFile, *, before: int, bar: Bar) -> None:
        """Ask again for the rest as long as each connection brings something."""
        if part.length > file.bytes:
            part.cut(0)
        while (length := part.length) < file.bytes:
            try:
                self._append(client, file, part, before=before, bar=bar)
                lost = "the connection ended"
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                lost = f"cannot be reached: {_reason(error)}"
            except httpx.HTTPError as error:
                lost = _reason(error)
            except httpx.InvalidURL as error:
                raise SourceError(f"{self._base_url}: is no address: {error}") from error
            if part.length <= length:
                raise SourceError(f"{file.name}: {lost}")
            if part.length < file.bytes:
                bar.say(f"{file.name}: {lost} after {part.length} of {file.bytes} bytes; going on from there")

    def _append(self, client: httpx.Client, file: ModelFile, part: PartFile, *, before: int, bar: Bar) -> None:
        headers = {"Accept-Encoding": "identity"}
        if part.length:
            headers["Range"] = f"bytes={part.length}-"
        url = f"{self._base_url}/{file.name}"
        with client.stream("GET", url, headers=headers) as response:
            if response.status_code not in {httpx.codes.OK, httpx.codes.PARTIAL_CONTENT}:
                raise SourceError(f"{url}: answered {response.status_code} {response.reason_phrase}")
            if response.status_code == httpx.codes.OK:
                part.cut(0)
            _require_same_size(file, response, part)
            with part.append() as sink:
                for piece in response.iter_bytes():
                    sink.write(piece)
                    bar.reach(before + sink.tell())
                    if sink.tell() > file.bytes:
                        raise SourceError(f"{file.name} has more than the expected {file.bytes} bytes there")


def _reason(error: httpx.HTTPError) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _require_same_size(file: ModelFile, response: httpx.Response, part: PartFile) -> None:
    announced = response.headers.get("Content-Length")
    if announced is None or not announced.isdecimal():
        return
    size = part.length + int(announced)
    if size != file.bytes:
        raise SourceError(f"{file.name} has {size} bytes there instead of {file.bytes}")


def named_folders(environ: Mapping[str, str]) -> list[Path]:
    """List the folders of `FOOTNOTE_MODEL_PATH`, separated as in PATH."""
    return [Path(entry).expanduser() for entry in environ.get("FOOTNOTE_MODEL_PATH", "").split(os.pathsep) if entry]
