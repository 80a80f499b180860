"""The running service while clients leave, queues overflow and new indexes are published; on the real model library."""

import random
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.e2e.conftest import Service
from tests.e2e.test_answers import assert_exact

pytestmark = pytest.mark.e2e

LONG = "What happened at the Gannet Bridge, and what was said about it? " * 25
"""Evidence and question take the default model ten seconds to read."""
COSTS_NOTHING = {"question": "What does Zebulon Quarterfoil say?"}
"""A name that no document has is refused before the model is asked, but not before it has a place in the queue."""


@contextmanager
def streaming(service: Service, question: str) -> Iterator[Iterator[str]]:
    """An open stream's lines."""
    with httpx.stream(
        "POST",
        f"{service.address}/ask",
        json={"question": question},
        headers={"Accept": "text/event-stream"},
        timeout=120,
    ) as response:
        assert response.status_code == 200
        yield response.iter_lines()


def seconds_until_free(service: Service) -> float:
    """Time until the model has a place again; the service under test lets nobody wait."""
    start_s = time.monotonic()
    while (response := httpx.post(f"{service.address}/ask", json=COSTS_NOTHING, timeout=60)).status_code == 503:
        assert time.monotonic() - start_s < 60
    assert response.status_code == 200
    return time.monotonic() - start_s


def wait_until_busy(engine: psutil.Process) -> None:
    """Return when the model reads: behind the evidence, sentences are ranked before it is asked."""
    start_s, idle_s = time.monotonic(), engine.cpu_times().user
    while engine.cpu_times().user < idle_s + 0.1:
        assert time.monotonic() - start_s < 60
        time.sleep(0.01)


@pytest.fixture(scope="module")
def narrow(sample_index: Path, serve: Callable[..., Any]) -> Iterator[Service]:
    """The default profile with no waiting room."""
    with serve(sample_index, LLM__PARALLEL="1", LLM__QUEUE_LENGTH="0", SERVER__CACHED_ANSWERS="0") as running:
        yield running


def test_an_overflowing_queue_is_503_with_retry_after(narrow: Service) -> None:
    with streaming(narrow, LONG) as lines:
        assert next(lines) == "event: evidence"
        refused = httpx.post(f"{narrow.address}/ask", json=COSTS_NOTHING, timeout=60)
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) >= 1
        assert refused.headers["Content-Type"].startswith("application/problem+json")
        assert refused.json()["retry_after_s"] == int(refused.headers["Retry-After"])
    seconds_until_free(narrow)


def test_a_client_that_leaves_during_prefill_frees_the_model(narrow: Service) -> None:
    with streaming(narrow, LONG) as lines:
        assert next(lines) == "event: evidence"
        time.sleep(0.5)  # the prefill has begun
        assert httpx.post(f"{narrow.address}/ask", json=COSTS_NOTHING, timeout=60).status_code == 503
    assert seconds_until_free(narrow) < 1.0


def test_a_client_that_leaves_during_decoding_frees_the_model(narrow: Service) -> None:
    with streaming(narrow, "Who cut the ribbon when the Gannet Bridge opened?") as lines:
        assert any(line == "event: token" for line in lines)
        assert httpx.post(f"{narrow.address}/ask", json=COSTS_NOTHING, timeout=60).status_code == 503
    assert seconds_until_free(narrow) < 1.0


def test_a_json_client_that_leaves_frees_the_model(narrow: Service) -> None:
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{narrow.address}/ask", json={"question": LONG}, timeout=httpx.Timeout(60, read=1.0))
    assert seconds_until_free(narrow) < 1.0


def test_a_crash_of_the_model_library_is_told_and_the_service_recovers(
    sample_index: Path, serve: Callable[..., Any]
) -> None:
    with serve(sample_index, profile="small") as service:

        def status(path: str) -> int:
            return httpx.get(f"{service.address}{path}", timeout=60).status_code

        with streaming(service, LONG) as lines:
            assert next(lines) == "event: evidence"
            [engine] = psutil.Process(service.process_id).children()
            wait_until_busy(engine)
            engine.send_signal(signal.SIGSEGV)
            last = list(lines)
        assert "event: error" in last
        assert "died with SIGSEGV" in "".join(last)
        assert '"status":503' in "".join(last)
        assert status("/health/ready") == 503
        refused = httpx.post(f"{service.address}/ask", json={"question": "Who won?"}, timeout=60)
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) >= 1
        assert status("/search?q=bridge") == status("/health/live") == 200
        deadline_s = time.monotonic() + 60
        while status("/health/ready") != 200:
            assert time.monotonic() < deadline_s
            time.sleep(0.2)
        answered = httpx.post(f"{service.address}/ask", json={"question": "Who won the recount?"}, timeout=60)
        assert answered.status_code == 200


def test_a_new_index_is_served_without_a_restart_and_without_a_failed_request(
    sample_corpus: Path, tmp_path: Path, serve: Callable[..., Any], footnote: Callable[..., Any]
) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    for name in ("bridge-approved.md", "quill-recount.md"):
        shutil.copy(sample_corpus / name, corpus)
    assert footnote("index", str(corpus), index=index).returncode == 0
    with serve(index, profile="small") as service:
        first = httpx.get(f"{service.address}/health/ready").json()["index_version"]
        before = {item["id"] for item in httpx.get(f"{service.address}/documents").json()["documents"]}
        done, versions, failures = threading.Event(), list[str](), list[str]()

        def keep_asking() -> None:
            while not done.is_set():
                for response in (
                    httpx.get(f"{service.address}/search", params={"q": "rail strike"}, timeout=60),
                    httpx.post(f"{service.address}/ask", json={"question": "Who won the recount?"}, timeout=60),
                ):
                    if response.status_code == 200:
                        versions.append(response.json()["index_version"])
                    else:
                        failures.append(response.text)

        asking = threading.Thread(target=keep_asking)
        asking.start()
        shutil.copy(sample_corpus / "rail-settlement.md", corpus)
        published = footnote("index", str(corpus), index=index)
        deadline_s = time.monotonic() + 60
        while versions[-1:] == [first] and time.monotonic() < deadline_s:
            time.sleep(0.1)
        found = httpx.get(f"{service.address}/search", params={"q": "rail strike settlement"}).json()
        done.set()
        asking.join()
    assert published.returncode == 0, published.stderr
    assert failures == []
    assert versions[0] == first
    assert versions[-1] == found["index_version"] != first
    assert found["hits"][0]["paragraph"]["document_id"] not in before


def test_a_hundred_generated_questions_keep_the_promise_of_exact_quotes(
    sample_index: Path, serve: Callable[..., Any]
) -> None:
    """Questions are made from sentences of the corpus; the small model's drafts are wild, its quotes must not be.

    Nothing is gated, so that every question gets a draft.
    """
    overrides = {
        "ANSWER__ANSWERABILITY_THRESHOLD": "0",
        "ANSWER__TRUST_THRESHOLD": "0",
        "ANSWER__SUPPORT_THRESHOLD": "0.2",
    }
    with serve(sample_index, profile="small", **overrides) as service:
        listed = httpx.get(f"{service.address}/documents", params={"limit": 100}).json()["documents"]
        chance = random.Random(20261123)
        cited = 0
        for _ in range(100):
            document = httpx.get(f"{service.address}/documents/{chance.choice(listed)['id']}").json()
            words = re.findall(r"\w+", chance.choice(document["paragraphs"])["text"])
            start = chance.randrange(max(1, len(words) - 6))
            opening = chance.choice(["Who is meant by", "When was", "What is said about", "Why", "How many"])
            question = f"{opening} {' '.join(words[start : start + 6])}?"
            answer = httpx.post(f"{service.address}/ask", json={"question": question}, timeout=120).json()
            assert_exact(service, answer)
            cited += bool(answer["citations"])
    assert cited >= 30, f"only {cited} of 100 answers cite anything: the test has lost its grip"
