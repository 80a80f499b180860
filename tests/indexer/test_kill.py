"""`footnote index` killed at any moment leaves the old index answering, and the next build is as if nothing had happened."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from indexer.build import build
from indexer.catalog import Catalog
from indexer.embed import Embedder
from indexer.folder import IndexFolder
from indexer.search import open_index

pytestmark = pytest.mark.contract

RANDOM_KILLS = 10


class Footnote:
    """Starts `footnote` commands in processes of their own, one at a time."""

    def __init__(self, environment: dict[str, str], output: Path) -> None:
        script = Path(__file__).with_name("forking_cli.py")
        self._output = output
        self._process = subprocess.Popen(
            [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def start(self, *arguments: str) -> int:
        """Return the process id of the command."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"arguments": arguments, "output": str(self._output)}) + "\n")
        self._process.stdin.flush()
        return self._number()

    def wait(self) -> int:
        """Wait for the command's end and return its exit code."""
        return self._number()

    def output(self) -> str:
        return self._output.read_text(errors="replace")

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _number(self) -> int:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the test's command runner died"
        return int(line)


@pytest.fixture
def footnote(tmp_path: Path, home: Path, repository: Path) -> Iterator[Footnote]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTE_")}
    runner = Footnote(
        {
            **environment,
            "PYTHONPATH": str(repository),
            "FOOTNOTE_HOME": str(home),
            "FOOTNOTE_INDEX__DIRECTORY": str(tmp_path / "index"),
            "FOOTNOTE_INDEX__EMBED_BATCH_CHUNKS": "2",
            "FOOTNOTE_EMBEDDER__THREADS": "1",
        },
        tmp_path / "output",
    )
    yield runner
    runner.close()


@pytest.fixture
def large_corpus(corpus: Path) -> Path:
    """The small corpus and two dozen documents more, of one paragraph each."""
    folder = corpus.with_name("large")
    shutil.copytree(corpus, folder)
    for number in range(24):
        (folder / f"{number}.txt").write_text(f"Report {number}\n\nShip {number} called at port {number * 7} in fog.\n")
    return folder


def test_a_killed_build_changes_nothing_and_the_next_one_makes_the_same_ids(
    footnote: Footnote, corpus: Path, large_corpus: Path, settings: Settings, minilm: Embedder, tmp_path: Path
) -> None:
    folder = IndexFolder(Path(settings.index.directory))
    old = build([corpus], settings=settings, embedder=minilm).generation.id

    elsewhere = IndexFolder(tmp_path / "undisturbed")
    shutil.copytree(folder.directory, elsewhere.directory)
    duration_s, undisturbed = undisturbed_build(footnote, folder, large_corpus)
    shutil.rmtree(elsewhere.directory)
    folder.directory.rename(elsewhere.directory)
    build([corpus], settings=settings, embedder=minilm)

    draw = random.Random(20240806)
    fractions = [(number + draw.random()) / RANDOM_KILLS for number in range(RANDOM_KILLS)]
    moments: list[Callable[[int], None]] = [after(fraction * duration_s) for fraction in fractions]
    moments += [
        when(lambda: any(folder.directory.glob("building-*/catalog.sqlite"))),
        when(lambda: any(folder.directory.glob("building-*/manifest.json"))),
        when(lambda: folder.path(undisturbed).exists()),
    ]
    for moment in moments:
        process = footnote.start("index", str(large_corpus), "--json")
        moment(process)
        assert footnote.wait() in (0, -signal.SIGKILL), footnote.output()
        if folder.current_id() == undisturbed:  # the moment came too late: publication was complete
            folder.publish(old)
        require_answer(settings, minilm, old)
        shutil.rmtree(folder.path(undisturbed), ignore_errors=True)

    footnote.start("index", str(large_corpus), "--json")
    assert footnote.wait() == 0, footnote.output()
    assert folder.current_id() == undisturbed
    assert ids(folder, undisturbed) == ids(elsewhere, undisturbed)
    assert not list(folder.directory.glob("building-*"))


def undisturbed_build(footnote: Footnote, folder: IndexFolder, corpus: Path) -> tuple[float, str]:
    """Return how long the command took, and the id that it published."""
    started = time.monotonic()
    footnote.start("index", str(corpus), "--json")
    assert footnote.wait() == 0, footnote.output()
    return time.monotonic() - started, folder.current_id()


def after(seconds: float) -> Callable[[int], None]:
    def kill(process: int) -> None:
        time.sleep(seconds)
        os.kill(process, signal.SIGKILL)

    return kill


def when(reached: Callable[[], bool]) -> Callable[[int], None]:
    """Kill as soon as the build has come to a point that a sleep would hardly hit."""

    def kill(process: int) -> None:
        deadline = time.monotonic() + 60
        while not reached() and time.monotonic() < deadline:
            time.sleep(0.0005)
        os.kill(process, signal.SIGKILL)

    return kill


def require_answer(settings: Settings, embedder: Embedder, generation_id: str) -> None:
    index = open_index(settings, embedder)
    assert index.generation.id == generation_id
    assert (
        index.search("What was stolen?", limit=1)[0].paragraph.text == "A brass astrolabe was stolen from the museum."
    )
    index.close()


def ids(folder: IndexFolder, generation_id: str) -> tuple[list[str], list[str], list[str]]:
    """Return the ids of all documents, paragraphs and chunks."""
    catalog = Catalog(folder.path(generation_id) / "catalog.sqlite")
    documents = [summary.id for summary in catalog.documents(offset=0, limit=1000)]
    paragraphs = [paragraph.id for document_id in documents for paragraph in catalog.paragraphs(document_id)]
    chunks = [chunk_id for chunk_id, _ in catalog.every_nth_chunk(1)]
    catalog.close()
    return documents, paragraphs, chunks
