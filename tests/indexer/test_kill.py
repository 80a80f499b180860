"""`footnote index` killed at any moment leaves the old index answering, and the next build makes the same ids."""

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

    def __init__(self, environment: dict[str, str], *, output: Path) -> None:
        script = Path(__file__).with_name("forking_cli.py")
        self._output = output
        self._process = subprocess.Popen(
            [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def index(self, corpus: Path, folder: IndexFolder) -> None:
        """Start `footnote index`; `wait` or `kill` must follow."""
        environment = {"FOOTNOTE_INDEX__DIRECTORY": str(folder.directory)}
        order = {"arguments": ["index", str(corpus)], "environment": environment, "output": str(self._output)}
        self._say(json.dumps(order))

    def wait(self) -> int:
        """Wait for the command's end and return its exit code."""
        return self._end("wait")

    def kill(self) -> int:
        """Kill the command and return its exit code: 0 if it had ended before."""
        return self._end("kill")

    def output(self) -> str:
        return self._output.read_text(errors="replace")

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _end(self, how: str) -> int:
        self._say(how)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the runner of commands died"
        return int(line)


@pytest.fixture
def footnote(tmp_path: Path, home: Path, repository: Path, minilm: Embedder) -> Iterator[Footnote]:
    del minilm  # but for having required the model
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTE_")}
    runner = Footnote(
        {
            **environment,
            "PYTHONPATH": str(repository),
            "FOOTNOTE_HOME": str(home),
            "FOOTNOTE_INDEX__EMBED_BATCH_CHUNKS": "1",
            "FOOTNOTE_EMBEDDER__THREADS": "1",
        },
        output=tmp_path / "output",
    )
    yield runner
    runner.close()


@pytest.fixture
def old(corpus: Path, settings: Settings, minilm: Embedder) -> str:
    """The id of the index that is published when the killing begins."""
    return build([corpus], settings=settings, embedder=minilm).generation.id


@pytest.fixture
def grown(corpus: Path) -> Path:
    """The corpus with two dozen documents more, of one paragraph each."""
    folder = corpus.with_name("grown")
    shutil.copytree(corpus, folder)
    for number in range(24):
        (folder / f"{number}.txt").write_text(f"Report {number}\n\nShip {number} called at port {number * 7} in fog.\n")
    return folder


def test_a_killed_build_changes_nothing_and_the_next_one_makes_the_same_ids(
    footnote: Footnote, old: str, grown: Path, settings: Settings, minilm: Embedder
) -> None:
    folder = IndexFolder(Path(settings.index.directory))
    elsewhere = IndexFolder(folder.directory.with_name("undisturbed"))
    duration_s = undisturbed_build(footnote, grown, elsewhere)
    new = elsewhere.current_id()

    def kill_at(moment: Moment) -> bool:
        """Tell whether the build was killed before it had published; if not, put the old index back."""
        footnote.index(grown, folder)
        moment()
        exit_code = footnote.kill()
        assert exit_code in (0, -signal.SIGKILL), footnote.output()
        if published := folder.current_id() == new:
            folder.publish(old)
        require_answer(settings, minilm, old)
        shutil.rmtree(folder.path(new), ignore_errors=True)
        return not published

    draw = random.Random(20240806)
    for number in range(RANDOM_KILLS):
        while not kill_at(after((number + draw.random()) / RANDOM_KILLS * duration_s)):
            duration_s *= 0.8  # this machine has less to do now than when the build was measured
    for reached in narrow_moments(folder, new):
        folder.remove_leftovers(drop=str)  # of the kill before, which look like those that are waited for
        kill_at(once(reached))

    undisturbed_build(footnote, grown, folder)
    assert folder.current_id() == new
    assert ids(folder, new) == ids(elsewhere, new)
    assert not list(folder.directory.glob("building-*"))


def undisturbed_build(footnote: Footnote, corpus: Path, folder: IndexFolder) -> float:
    """Return how many seconds it took to publish another generation."""
    stamp = folder.stamp()
    started = time.monotonic()
    footnote.index(corpus, folder)
    once(lambda: folder.stamp() != stamp)()
    duration_s = time.monotonic() - started
    assert footnote.wait() == 0, footnote.output()
    return duration_s


Moment = Callable[[], None]


def after(seconds: float) -> Moment:
    return lambda: time.sleep(seconds)


def once(reached: Callable[[], bool]) -> Moment:
    def wait() -> None:
        deadline = time.monotonic() + 60
        while not reached() and time.monotonic() < deadline:
            time.sleep(0.0005)

    return wait


def narrow_moments(folder: IndexFolder, new: str) -> list[Callable[[], bool]]:
    """Points of the build that a sleep would hardly hit: the first write, the end of verification, before CURRENT."""
    return [
        lambda: any(folder.directory.glob("building-*/catalog.sqlite")),
        lambda: any(folder.directory.glob("building-*/manifest.json")),
        lambda: folder.path(new).exists(),
    ]


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
