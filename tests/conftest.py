"""What tests of every floor share: the home of the models, and the promise to stay on this machine."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.cli import quiet_libraries
from config.models import require
from config.paths import footnote_home

if TYPE_CHECKING:
    from playwright.sync_api import Browser

quiet_libraries()

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def home() -> Path:
    return footnote_home()


@pytest.fixture(scope="session")
def sample_corpus() -> Path:
    return REPOSITORY / "evals" / "corpus"


@pytest.fixture(scope="session")
def small_model(home: Path) -> Path:
    """The 135M model; `make test` fetches it beforehand."""
    return require("smollm2-135m-instruct-q4_1", home=home)


@pytest.fixture(scope="session")
def default_model(home: Path) -> Path:
    return require("qwen2.5-coder-1.5b-instruct-q4_k_m", home=home)


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No FOOTNOTE_ variable of the developer's reaches the test, except the home of the models."""
    for name in list(os.environ):
        if name.startswith("FOOTNOTE_") and name != "FOOTNOTE_HOME":
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Headless Chromium. Not kept for the session: while it runs, no other event loop can start in this thread."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("no `chromium` on the PATH, which the pages' tests drive; install Debian's package chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield launched
        launched.close()
