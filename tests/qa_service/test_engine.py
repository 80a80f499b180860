"""The scheduler over a fake context: whatever comes and goes, every answer is the one that it would be alone."""

import random
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_service.llm.engine import Engine
from qa_service.llm.native import SLICE_TOKENS, StepCosts
from qa_service.llm.protocol import Call, Drop, Failed, Forget, Read, ReadOut, Reply, Request, Tokens, Write
from tests.qa_service.engine_fakes import FakeContext, expected_answer

COSTS = StepCosts((1.0, 1.4, 1.8, 2.2))


class Run:
    """An engine that is fed from within, between two of its steps, and ends when all is answered or dropped."""

    def __init__(
        self,
        requests: Sequence[Request],
        *,
        sequences: int = 4,
        every: int = 1,
        costs: StepCosts = COSTS,
        has_adapter: bool = False,
    ) -> None:
        self.context = FakeContext(sequences=sequences, has_adapter=has_adapter)
        self.replies: list[Reply] = []
        self.engine = Engine(self.context, costs=costs, adapted_costs=costs, emit=self._take)
        self._requests = list(requests)
        self._open: set[int] = set()
        self._every = every
        self.context.before_step = self._feed

    def go(self) -> "Run":
        """Run to the end."""
        self._submit()
        self.engine.run()
        return self

    def answer(self, call_id: int) -> list[int]:
        """Return all tokens of a call."""
        return [
            token
            for reply in self.replies
            if isinstance(reply, Tokens) and reply.id == call_id
            for token in reply.tokens
        ]

    def reply(self, call_id: int) -> Any:
        """Return the last reply to a call."""
        return [reply for reply in self.replies if reply.id == call_id][-1]

    def _feed(self) -> None:
        if self.context.steps and len(self.context.steps) % self._every == 0:
            self._submit()

    def _submit(self) -> None:
        """Submit the next request, and more until there is something to do."""
        while self._requests:
            request = self._requests.pop(0)
            if isinstance(request, Drop):
                self._open.discard(request.id)
            elif not isinstance(request, Forget):
                self._open.add(request.id)
            self.engine.submit(request)
            if self._open:
                break
        self._stop_at_end()

    def _take(self, reply: Reply) -> None:
        self.replies.append(reply)
        if not isinstance(reply, Tokens) or reply.last:
            self._open.discard(reply.id)
            if not self._open:
                self._submit()

    def _stop_at_end(self) -> None:
        if not self._open and not self._requests:
            self.engine.stop()


def write(number: int, *parts: Sequence[int], max_tokens: int = 12) -> Write:
    return Write(id=number, order=number, parts=[list(part) for part in parts], max_tokens=max_tokens)


def read(number: int, *parts: Sequence[int], max_tokens: int = 0, least_margin: float = -2.0) -> Read:
    return Read(
        id=number,
        order=number,
        parts=[list(part) for part in parts],
        firsts=[1, 2],
        opening=[1, 12],
        max_tokens=max_tokens,
        least_margin=least_margin,
    )


def flat(call: Call) -> list[int]:
    return [token for part in call.parts for token in part]


HEAD, PASSAGE, QUESTION = list(range(10)), [3, 1, 4, 1, 5, 9, 2, 6] * 20, [7, 7, 8]


def test_an_answer_is_the_greedy_one_and_ends_at_its_limit_or_its_end() -> None:
    calls = [write(number, HEAD, PASSAGE, [*QUESTION, number], max_tokens=5 + number) for number in range(20)]
    run = Run(calls).go()
    for call in calls:
        assert run.answer(call.id) == expected_answer(flat(call), call.max_tokens)


def test_what_is_said_behind_a_reading_is_greedy_too_and_in_steps_of_its_own() -> None:
    asked = [read(number, HEAD, PASSAGE, [*QUESTION, number], max_tokens=4 + number) for number in range(0, 12, 2)]
    calls = [*asked, *(write(number, HEAD, PASSAGE, [*QUESTION, number]) for number in range(1, 12, 2))]
    run = Run(sorted(calls, key=lambda call: call.id), has_adapter=True).go()
    for call in calls:
        if isinstance(call, Read):
            assert run.reply(call.id).said == expected_answer([*flat(call), *call.opening], call.max_tokens)
        else:
            assert run.answer(call.id) == expected_answer(flat(call), call.max_tokens)
    adapted = [rows for rows, told in zip(run.context.steps, run.context.adapted, strict=True) if told]
    said = sum(len(run.reply(call.id).said) for call in asked)
    assert sum(adapted) <= sum(len(call.parts[-1]) + len(call.opening) for call in asked) + said
    assert run.engine.sequences_in_use == 0


def test_nothing_is_said_behind_a_reading_without_an_adapter_or_where_the_first_choice_is_too_improbable() -> None:
    assert Run([read(0, HEAD, QUESTION, max_tokens=9)]).go().reply(0).said == []
    asked = read(0, HEAD, QUESTION, max_tokens=9, least_margin=1.5)
    assert Run([asked], has_adapter=True).go().reply(0).said == []


def test_what_was_evaluated_is_not_evaluated_again() -> None:
    run = Run([read(0, HEAD, PASSAGE, QUESTION), read(1, HEAD, PASSAGE, [1, 2, 3]), read(2, HEAD, [9], [4])], every=99)
    run.go()
    assert [run.reply(number).reused for number in range(3)] == [0, len(HEAD) + len(PASSAGE), len(HEAD)]
    assert sum(run.context.steps) == len(HEAD) + len(PASSAGE) + len(QUESTION) + 3 + 1 + 1


def test_a_prompt_is_kept_while_others_come_as_long_as_there_is_a_sequence_for_each() -> None:
    asked = [read(number, HEAD, part, QUESTION) for number, part in enumerate([PASSAGE, [1], [2], PASSAGE])]
    assert Run(asked, sequences=3, every=999).go().reply(3).reused == len(HEAD) + len(PASSAGE)
    assert Run(asked, sequences=1, every=999).go().reply(3).reused == len(HEAD)


def test_what_is_cheap_to_evaluate_again_is_not_kept_in_a_sequence_of_its_own() -> None:
    run = Run([read(0, HEAD, PASSAGE, QUESTION, [1]), read(1, HEAD, PASSAGE, [2])], every=999).go()
    assert run.reply(1).reused == len(HEAD) + len(PASSAGE)
    assert run.context.copies == 0
    run = Run([read(0, HEAD, PASSAGE, PASSAGE, [1]), read(1, HEAD, PASSAGE, [2])], every=999).go()
    assert run.reply(1).reused == len(HEAD) + len(PASSAGE)
    assert run.context.copies == 1


def test_a_forgotten_prompt_is_evaluated_again() -> None:
    asked = [read(0, HEAD, PASSAGE, QUESTION), Forget(), read(1, HEAD, PASSAGE, QUESTION)]
    assert Run(asked, every=99).go().reply(1).reused == 0


def test_prompts_are_read_in_slices_of_one_size() -> None:
    run = Run([read(0, HEAD, PASSAGE, QUESTION)]).go()
    assert run.context.steps == [len(HEAD), SLICE_TOKENS, SLICE_TOKENS, len(PASSAGE) % SLICE_TOKENS, len(QUESTION)]


def test_where_slices_are_exact_they_run_across_parts_up_to_what_the_adapter_reads_and_end_with_whole_blocks() -> None:
    costs = COSTS._replace(exact_slices=True)
    assert Run([read(0, HEAD, PASSAGE, list(range(20)), list(range(3)) * 11)], costs=costs).go().context.steps == [
        128, 32, 30, 32, 1,
    ]  # fmt: skip
    written = Run([write(0, HEAD, PASSAGE, QUESTION, max_tokens=1)], costs=costs).go()
    assert written.context.steps == [128, 32, 13]
    assert written.answer(0) == expected_answer([*HEAD, *PASSAGE, *QUESTION], 1)


def test_slices_are_short_while_others_are_under_way() -> None:
    costs = COSTS._replace(exact_slices=True)
    asked = [write(number, HEAD, [number, *PASSAGE], [number], max_tokens=40) for number in range(2)]
    steps = Run(asked, costs=costs).go().context.steps
    assert steps[0] == 2 * SLICE_TOKENS
    assert max(steps[1:]) == SLICE_TOKENS


def test_what_was_read_across_parts_is_kept_part_by_part() -> None:
    costs = COSTS._replace(exact_slices=True)
    asked = [read(0, HEAD, PASSAGE, QUESTION, [1]), read(1, HEAD, PASSAGE, [1, 2], [1]), read(2, HEAD, PASSAGE, [1])]
    run = Run(asked, costs=costs, every=99).go()
    assert [run.reply(number).reused for number in range(3)] == [0, *2 * [len(HEAD) + len(PASSAGE)]]


def test_answers_are_written_in_the_same_steps() -> None:
    alone = Run([write(0, HEAD, QUESTION)]).go().context.steps
    together = Run([write(number, HEAD, [*QUESTION, number]) for number in range(3)]).go().context.steps
    assert len(together) < 3 * len(alone)
    assert max(together[len(together) // 2 :]) <= COSTS.exact_rows


def test_an_older_request_is_read_first() -> None:
    young, old = read(5, HEAD, PASSAGE, QUESTION), read(1, HEAD, PASSAGE[::-1], QUESTION)
    order = [reply.id for reply in Run([young, old]).go().replies]
    assert order == [1, 5]


def test_a_dropped_call_is_not_answered_and_leaves_nothing_in_use() -> None:
    run = Run([read(0, HEAD, PASSAGE, QUESTION), Drop(id=0), write(1, HEAD, QUESTION)]).go()
    assert {reply.id for reply in run.replies} == {1}
    assert run.answer(1) == expected_answer([*HEAD, *QUESTION], 12)
    assert run.engine.sequences_in_use == 0


def test_a_failure_of_the_library_ends_what_is_under_way_and_nothing_later() -> None:
    run = Run([write(0, HEAD, QUESTION), write(1, HEAD, PASSAGE, QUESTION)], every=99)
    run.context.fail_at = 3
    run.go()
    assert run.reply(0) == Failed(id=0, message="llama_decode failed with code -3")
    assert run.answer(1) == expected_answer([*HEAD, *PASSAGE, *QUESTION], 12)


def test_calls_without_a_sequence_wait_for_one() -> None:
    calls = [write(number, [number, *PASSAGE], QUESTION) for number in range(5)]
    run = Run(calls, sequences=2).go()
    for call in calls:
        assert run.answer(call.id) == expected_answer(flat(call), call.max_tokens)


_PARTS = st.lists(st.sampled_from([HEAD, PASSAGE[:70], PASSAGE[:9], QUESTION, [], [1, 2, 3, 1, 2, 3, 1]]), max_size=4)


@given(
    prompts=st.lists(st.tuples(_PARTS, st.booleans(), st.integers(1, 20)), min_size=1, max_size=14),
    seed=st.integers(0, 999),
    sequences=st.integers(1, 5),
    every=st.integers(1, 9),
)
def test_whatever_comes_and_goes_every_answer_is_the_one_that_it_would_be_alone(
    prompts: list[tuple[list[list[int]], bool, int]], seed: int, sequences: int, every: int
) -> None:
    draw = random.Random(seed)
    calls: list[Call] = [
        write(number, *parts, [number], max_tokens=most) if writes else read(number, *parts, [number])
        for number, (parts, writes, most) in enumerate(prompts)
    ]
    requests: list[Request] = []
    for call in calls:
        requests.append(call)
        if draw.random() < 0.3:
            requests.append(Drop(id=draw.randrange(call.id + 1)))
    run = Run(requests, sequences=sequences, every=every).go()
    dropped = {request.id for request in requests if isinstance(request, Drop)}
    for call in calls:
        if isinstance(call, Write):
            whole = expected_answer(flat(call), call.max_tokens)
            answer = run.answer(call.id)
            assert answer == whole or (call.id in dropped and answer == whole[: len(answer)])
        elif call.id not in dropped:
            assert isinstance(run.reply(call.id), ReadOut)
    assert run.engine.sequences_in_use == 0


def test_it_waits_without_work_and_stops_when_told() -> None:
    engine = Engine(FakeContext(sequences=2), costs=COSTS, adapted_costs=COSTS, emit=lambda _reply: None)
    thread = threading.Thread(target=engine.run)
    thread.start()
    engine.stop()
    thread.join(5)
    assert not thread.is_alive()


def test_a_long_prompt_gives_signs_of_life_before_its_first_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa_service.llm.engine._ALIVE_EVERY_S", 0.0)
    run = Run([write(1, list(range(3 * SLICE_TOKENS)), max_tokens=1)])
    told_before: list[int] = []
    run.engine = Engine(
        run.context,
        costs=COSTS,
        adapted_costs=COSTS,
        emit=run._take,
        alive=lambda: told_before.append(len(run.replies)),
    )
    run.go()
    assert told_before.count(0) >= 2


@pytest.mark.parametrize("exact_rows", [1, 2, 8])
def test_guesses_never_change_an_answer(exact_rows: int) -> None:
    calls = [write(number, PASSAGE, [number, 3, 1, 4], max_tokens=60) for number in range(8)]
    asked = [read(number, PASSAGE, [number, 3, 1, 4], max_tokens=60) for number in range(8, 12)]
    costs = StepCosts(tuple(1 + 0.2 * more for more in range(exact_rows)))
    run = Run([*calls, *asked], costs=costs, has_adapter=True).go()
    for call in calls:
        assert run.answer(call.id) == expected_answer(flat(call), call.max_tokens)
    for each in asked:
        assert run.reply(each.id).said == expected_answer([*flat(each), *each.opening], each.max_tokens)
