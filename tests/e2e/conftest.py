"""The whole product as its users run it: `footnote index`, then `footnote serve` in a process of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FOOTNOTE = [sys.executable, "-m", "config.cli"]
_READY = re.compile(r"Footnote is ready at (http://\S+)")


class Service:
    """A running `footnote serve`."""

    def __init__(self, address: str, index: Path, profile: str, process_id: int) -> None:
        self.address = address
        self.index = index
        self.profile = profile
        self.process_id = process_id


def environment(index: Path, **overrides: str) -> dict[str, str]:
    """The environment of a command that keeps its index in `index`; overrides are `SECTION__KEY=value`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTE_")}
    if home := os.environ.get("FOOTNOTE_HOME"):
        own["FOOTNOTE_HOME"] = home
    named = {f"FOOTNOTE_{name}": value for name, value in overrides.items()}
    return own | {"FOOTNOTE_INDEX__DIRECTORY": str(index), "COLUMNS": "100"} | named


def run_footnote(*arguments: str, index: Path, profile: str = "default") -> subprocess.CompletedProcess[str]:
    """Run a command to its end and return what it printed."""
    return subprocess.run(
        [*FOOTNOTE, "--profile", profile, *arguments],
        env=environment(index),
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def serving(index: Path, *, profile: str = "default", **overrides: str) -> Iterator[Service]:
    """Serve `index` on a free loopback port until the block is left; then end the process, and see that it ends
    well.
    """
    process = subprocess.Popen(
        [*FOOTNOTE, "--profile", profile, "serve", "--port", "0", "--no-open"],
        env=environment(index, **overrides),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if ready := _READY.search(line):
                break
        else:
            pytest.fail(f"footnote serve ended: {''.join(said)}")
        drain = subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
        yield Service(ready.group(1), index, profile, process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        drain.wait(timeout=30)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()


@pytest.fixture(scope="session")
def sample_index(sample_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the sample corpus, made by the command."""
    index = tmp_path_factory.mktemp("sample") / "index"
    done = run_footnote("index", str(sample_corpus), "--strict", index=index)
    assert done.returncode == 0, done.stderr
    return index


@pytest.fixture(scope="module")
def service(sample_index: Path) -> Iterator[Service]:
    """The default profile over the sample corpus."""
    with serving(sample_index) as running:
        yield running


@pytest.fixture(scope="session")
def serve() -> Callable[..., object]:
    return serving


@pytest.fixture(scope="session")
def footnote() -> Callable[..., subprocess.CompletedProcess[str]]:
    return run_footnote
