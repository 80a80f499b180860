"""What the tests of this floor share: small documents, settings for a temporary folder, embedders, a Chroma server."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from config.models import model_sha256, require
from config.settings import Settings, load_settings
from indexer.embed import Embedder, HashingEmbedder
from indexer.values import Document, Paragraph

MINILM = "all-MiniLM-L6-v2"

TEXTS = {
    "bridge.txt": "The Lune bridge\n\nThe bridge over the Lune opened in May.\n\nIt cost nine million crowns.\n",
    "ferry.txt": "Ferry timetable\n\nThe ferry to Gannet leaves at seven.\n\nDogs travel free of charge.\n",
    "museum.txt": "Museum theft\n\nA brass astrolabe was stolen from the museum.\n\nThe guard heard nothing.\n",
}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with three text files of two paragraphs each."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The default settings, with the index in a temporary folder."""
    return load_settings("default", environ={}, overrides={"index.directory": str(tmp_path / "index")})


@pytest.fixture
def embedder() -> HashingEmbedder:
    return HashingEmbedder()


@pytest.fixture(scope="session")
def minilm(home: Path) -> Embedder:
    """The default embedder itself, which `make test` has fetched before."""
    from indexer.sentence_embedder import SentenceEmbedder

    path = require(MINILM, home=home)
    return SentenceEmbedder(path, name=MINILM, sha256=model_sha256(MINILM, path), threads=2)


@pytest.fixture(scope="session")
def chroma_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real `chroma run` on a free loopback port, ended with the session."""
    folder = tmp_path_factory.mktemp("chroma-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [Path(sys.executable).with_name("chroma"), "run", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*command, "--path", folder / "data"], stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(lambda: _answers(f"{url}/api/v2/heartbeat"), server, folder / "log")
        yield url
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"chroma run did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


@pytest.fixture
def make_document() -> Callable[..., tuple[Document, tuple[Paragraph, ...]]]:
    """A document and its paragraphs from plain paragraph texts, with exact offsets."""

    def make(
        document_id: str, *texts: str, heading: str = "", **fields: object
    ) -> tuple[Document, tuple[Paragraph, ...]]:
        defaults = Document(
            id=document_id,
            path=f"{document_id}.txt",
            media_type="text/plain",
            title=f"Title of {document_id}",
            source="",
            published_at=None,
            text="\n\n".join(texts),
        )
        document = msgspec.structs.replace(defaults, **fields)
        paragraphs, start = [], 0
        for number, text in enumerate(texts, start=1):
            paragraphs.append(
                Paragraph(
                    id=f"{document_id}-p{number}",
                    document_id=document_id,
                    number=number,
                    start=start,
                    end=start + len(text),
                    text=text,
                    heading=heading,
                )
            )
            start += len(text) + 2
        return document, tuple(paragraphs)

    return make
