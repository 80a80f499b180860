"""One question is answered once, for all who ask it while it is answered and afterwards."""

import asyncio
import threading

import msgspec
import pytest

from indexer.values import Filters
from qa_service.errors import ModelError
from qa_service.values import Answer, Question, Turn
from qa_service.web.answered import AnswerCache, key_of
from qa_service.web.running import AskDesk, RunningAsk
from tests.qa_service.service_fakes import ANSWER, EVIDENCE, FakeModel, answer_at_once, fake_parts

QUESTION = Question(question="What did it cost?")
KEPT = {"server.cached_answers": 9}


async def silence() -> None:
    """What a client sends that stays."""
    await asyncio.Event().wait()


class Slow:
    """An `ask` that waits to be let go, and counts."""

    def __init__(self, error: Exception | None = None) -> None:
        self.go = threading.Event()
        self.told = threading.Event()
        self.calls = 0
        self.error = error

    def __call__(self, question: Question, *, tell, **_rest) -> Answer:  # type: ignore[no-untyped-def]
        self.calls += 1
        tell(EVIDENCE)
        self.told.set()
        assert self.go.wait(10)
        if self.error:
            raise self.error
        return ANSWER


async def both(desk: AskDesk, ask: Slow) -> tuple[RunningAsk, RunningAsk]:
    first = desk.open(QUESTION)
    await first.until_started(silence)
    await asyncio.to_thread(ask.told.wait)
    await asyncio.sleep(0)
    return first, desk.open(QUESTION)


def test_who_asks_what_is_being_answered_gets_all_of_it_and_no_second_place() -> None:
    async def run() -> None:
        ask, model = Slow(), FakeModel(places=1)
        desk = AskDesk(fake_parts(model=model, **KEPT), ask)
        first, second = await both(desk, ask)
        await second.until_started(silence)
        ask.go.set()
        assert await first.until_answered(silence) == await second.until_answered(silence) == ANSWER
        assert [told async for told in second.progress(1)] == [EVIDENCE]
        assert ask.calls == 1
        desk.close()

    asyncio.run(run())


def test_only_the_last_one_to_leave_stops_the_work() -> None:
    async def run() -> None:
        ask, model = Slow(), FakeModel()
        desk = AskDesk(fake_parts(model=model, **KEPT), ask)
        first, second = await both(desk, ask)
        first.leave()
        assert not model.last_cancel.is_set()
        second.leave()
        assert model.last_cancel.is_set()
        third = desk.open(QUESTION)  # does not join what is being stopped
        ask.go.set()
        assert (await third.until_answered(silence)).text == ANSWER.text
        assert ask.calls == 2
        desk.close()

    asyncio.run(run())


def test_an_error_reaches_everybody_and_is_not_kept() -> None:
    async def run() -> None:
        ask = Slow(ModelError("it died"))
        desk = AskDesk(fake_parts(**KEPT), ask)
        waiting = await both(desk, ask)
        ask.go.set()
        for running in waiting:
            with pytest.raises(ModelError, match="it died"):
                await running.until_answered(silence)
        ask.error = None
        assert (await desk.open(QUESTION).until_answered(silence)).cached is False
        desk.close()

    asyncio.run(run())


def test_what_was_answered_is_answered_again_under_an_id_of_its_own_without_the_model() -> None:
    async def run() -> None:
        model = FakeModel()
        desk = AskDesk(fake_parts(model=model, **KEPT), answer_at_once)
        fresh = await desk.open(QUESTION).until_answered(silence)
        await asyncio.sleep(0)
        model.places = 0
        running = desk.open(msgspec.structs.replace(QUESTION, question=" What did it  cost? "))
        await running.until_started(silence)
        again = await running.until_answered(silence)
        assert [told.evidence async for told in running.progress(1)] == [ANSWER.evidence]
        assert again.cached
        assert not fresh.cached
        assert again.id != fresh.id
        assert again.usage.prompt_tokens == 0
        assert (again.text, again.citations) == (fresh.text, fresh.citations)
        desk.close()

    asyncio.run(run())


def test_another_index_conversation_or_filter_is_another_question() -> None:
    turn = Turn(role="user", text="Who built it?")
    others = [
        key_of(QUESTION, "g2"),
        key_of(msgspec.structs.replace(QUESTION, conversation=(turn,)), "g1"),
        key_of(msgspec.structs.replace(QUESTION, question="What did it cost"), "g1"),
        key_of(msgspec.structs.replace(QUESTION, filters=Filters(document_ids=("d1",))), "g1"),
    ]
    assert len({key_of(QUESTION, "g1"), *others}) == 5


def test_the_answers_not_asked_for_the_longest_go_first_and_those_that_ran_out_of_time_are_not_kept() -> None:
    cache = AnswerCache(2)
    questions = [Question(question=f"Question {number}?") for number in range(3)]
    cache.put(questions[0], ANSWER)
    cache.put(questions[1], ANSWER)
    assert cache.get(questions[0], "g1")
    cache.put(questions[2], ANSWER)
    assert [bool(cache.get(question, "g1")) for question in questions] == [True, False, True]
    cache.put(questions[1], msgspec.structs.replace(ANSWER, past_deadline=True))
    assert cache.get(questions[1], "g1") is None
    nothing = AnswerCache(0)
    nothing.put(QUESTION, ANSWER)
    assert nothing.get(QUESTION, "g1") is None
