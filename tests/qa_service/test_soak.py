"""Five hundred requests, many of which nobody waits for to the end: nothing is left behind and nothing is changed."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from qa_service.errors import CancelledError
from qa_service.llm.llama import LlamaModel
from qa_service.llm.port import Prompt

pytestmark = pytest.mark.contract

REQUESTS = 500
CLIENTS = 8
PASSAGES = (
    "The bridge opened in June after nine years of work. ",
    "It cost nine million crowns, twice what was planned. ",
    "The mayor cut the ribbon in the rain. ",
)
ASKED = ("Who cut it?", "What did it cost?", "Say the last sentence again.", "When did it open?", "Count to ten.")


def prompts() -> Iterator[Prompt]:
    for count in range(len(PASSAGES) + 1):
        for asked in ASKED:
            yield Prompt(system="You are terse.", shared=PASSAGES[:count], ask=asked)


def outcome(model: LlamaModel, prompt: Prompt, cancel: threading.Event, *, pieces: int | None) -> object:
    """Return the reading or the answer; of an answer that is given up, what was said before."""
    said = ""
    with model.admit(cancel) as session:
        if len(prompt.shared) == 1:
            return session.read(prompt, ["Yes", "No"]).log_probabilities
        try:
            for number, piece in enumerate(session.generate(prompt, max_tokens=10)):
                if number == pieces:
                    cancel.set()
                said += piece
        except CancelledError:
            pass
        return said


def test_500_requests_with_cancellations_leave_the_memory_of_their_start_and_no_other_answers(
    small_model: Path,
) -> None:
    model = LlamaModel(
        small_model,
        name="small",
        context_tokens=512,
        memory_mib=48,
        threads=2,
        parallel=CLIENTS,
        queue_length=CLIENTS,
    )
    try:
        asked = list(prompts())
        alone = [outcome(model, prompt, threading.Event(), pieces=None) for prompt in asked]
        process = psutil.Process(model.process_id())
        draw = random.Random(5)
        requests = [(draw.randrange(len(asked)), draw.choice([None, None, 0, 1, 4])) for _ in range(REQUESTS)]
        at_start = 0

        def run(number: int) -> None:
            nonlocal at_start
            which, pieces = requests[number]
            if number == REQUESTS // 5:
                at_start = process.memory_info().rss
            got = outcome(model, asked[which], threading.Event(), pieces=pieces)
            if pieces is None or not isinstance(got, str):
                assert got == alone[which]
            else:
                assert str(alone[which]).startswith(got)

        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(run, range(REQUESTS)))
        assert process.memory_info().rss <= 1.03 * at_start
        assert [outcome(model, prompt, threading.Event(), pieces=None) for prompt in asked] == alone
    finally:
        model.close()
