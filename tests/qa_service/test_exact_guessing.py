"""On the real library: an answer with guesses, in steps of several tokens, is the one of plain greedy decoding."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from indexer.corpus import load_documents
from qa_service.llm.engine import Engine
from qa_service.llm.native import NativeContext, StepCosts, load_vocabulary
from qa_service.llm.protocol import Reply, Tokens, Write

pytestmark = pytest.mark.contract

CORPUS = Path(__file__).resolve().parents[2] / "evals" / "corpus"
PROMPTS = 200
ANSWER_TOKENS = 10
LONG_TOKENS = 400


@pytest.fixture(scope="module")
def context(small_model: Path) -> Iterator[NativeContext]:
    opened = NativeContext(small_model, name="small", context_tokens=1024, memory_mib=128, threads=2)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def prompts(small_model: Path) -> list[list[list[int]]]:
    """Stretches of the sample corpus, half of which ask for nothing but themselves again. One in five is so long that
    other kernels could be at work.
    """
    vocabulary = load_vocabulary(small_model, name="small")
    texts = [document.text for document in load_documents([CORPUS]).documents]
    found = []
    for number in range(PROMPTS):
        text = vocabulary.encode(texts[number % len(texts)])[: 32 if number % 5 else LONG_TOKENS]
        start = 3 * (number // len(texts))
        ask = text[start : start + 8] if number % 2 else vocabulary.encode("\n\nIn other words:")
        found.append([text[start:], ask])
    return found


def answers(
    context: NativeContext, prompts: Sequence[list[list[int]]], *, costs: StepCosts, at_once: int
) -> tuple[dict[int, list[int]], int]:
    """Return the answer to each prompt, and the steps that writing them took."""
    told: dict[int, list[int]] = {number: [] for number in range(len(prompts))}
    steps = 0
    waiting = list(range(len(prompts)))

    def take(reply: Reply) -> None:
        nonlocal steps
        assert isinstance(reply, Tokens)
        steps += 1
        told[reply.id] += reply.tokens
        if reply.last:
            submit()

    def submit() -> None:
        if waiting:
            number = waiting.pop(0)
            engine.submit(Write(id=number, order=number, parts=prompts[number], max_tokens=ANSWER_TOKENS))
        elif not engine.sequences_in_use - 1:
            engine.stop()

    engine = Engine(context, costs=costs, adapted_costs=costs, emit=take)
    for _ in range(at_once):
        submit()
    context.clear()
    thread = threading.Thread(target=engine.run)
    thread.start()
    thread.join()
    return told, steps


def test_the_library_decodes_some_tokens_together_as_it_does_alone(context: NativeContext) -> None:
    costs = context.step_costs()
    assert costs.exact_rows > 1
    assert list(costs.seconds) == sorted(costs.seconds)


def test_200_answers_with_guesses_are_those_without(context: NativeContext, prompts: list[list[list[int]]]) -> None:
    plain, plain_steps = answers(context, prompts, costs=StepCosts((1.0,)), at_once=1)
    guessed, steps = answers(context, prompts, costs=context.step_costs(), at_once=3)
    assert guessed == plain
    assert steps <= plain_steps
