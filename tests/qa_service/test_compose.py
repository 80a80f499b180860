"""What the model gets to read."""

import threading
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.settings import load_settings
from indexer.values import Hit
from qa_service.compose import Brief, compose
from qa_service.errors import QuestionError
from qa_service.llm.scripted import ScriptedModel

ANSWER = load_settings().answer


def brief_of(
    question: str, hits: list[Hit], *, whole: str = "", evidence_tokens: int = 400, context_tokens: int = 2048
) -> Brief:
    limits = msgspec.structs.replace(ANSWER, evidence_tokens=evidence_tokens, first_evidence_tokens=evidence_tokens)
    model = ScriptedModel(lambda _prompt: "", context_tokens=context_tokens)
    with model.admit(threading.Event()) as session:
        (brief,) = compose(question, hits, whole=whole or question, session=session, settings=limits)
        return brief


def test_passages_come_best_first_and_the_question_last(make_hit: Callable[..., Hit]) -> None:
    hits = [
        make_hit("The bridge opened.", title="Opening"),
        make_hit("A storm came.", title="Storm", document="d2"),
        make_hit("Boats called.", title="Opening", number=2),
    ]
    brief = brief_of("When did the bridge open?", hits)
    assert "".join(brief.shared) == (
        "Passages:\n\n[1] Opening (2024-03-14)\nThe bridge opened.\n\n[2] Storm (2024-03-14)\nA storm came.\n\n"
        "[3] (from the same as [1])\nBoats called.\n\nQuestion: When did the bridge open?\n\n"
    )


def test_a_tight_budget_keeps_the_sentence_with_the_questions_words_and_its_predecessor(
    make_hit: Callable[..., Hit],
) -> None:
    text = "Filler one two three. The mayor spoke of the bridge. It opened in June. More filler words follow here."
    brief = brief_of("What opened in June?", [make_hit(text)], evidence_tokens=52)
    assert brief.passages[0].text == "The mayor spoke of the bridge. It opened in June."


def test_the_whole_question_tells_which_sentence_a_part_means(make_hit: Callable[..., Hit]) -> None:
    text = "The pier in Arlby cost nine crowns. Oak was used. Boats call there. The dam at Varn cost six crowns."
    part, whole = "what did it cost?", "Who built the dam at Varn, and what did it cost?"
    assert "Varn" not in brief_of(part, [make_hit(text)], evidence_tokens=54).passages[0].text
    assert (
        brief_of(part, [make_hit(text)], whole=whole, evidence_tokens=54)
        .passages[0]
        .text.endswith("Varn cost six crowns.")
    )


def test_left_out_sentences_are_shown_as_an_ellipsis(make_hit: Callable[..., Hit]) -> None:
    text = "Pell won the vote. " + "Nothing of note happened on this long day of talk. " * 3
    text += "Aye. Pell lost the recount."
    brief = brief_of("Did Pell win the vote and the recount?", [make_hit(text)], evidence_tokens=50)
    assert brief.passages[0].text == "Pell won the vote. \u2026 Aye. Pell lost the recount."


def test_a_first_look_reads_the_best_passages_and_the_second_goes_on_from_there(make_hit: Callable[..., Hit]) -> None:
    hits = [
        make_hit("The bridge opened in June. Boats called there all summer.", title="Opening"),
        make_hit("A storm broke the pier in May. The bridge held.", title="Storm", number=2),
    ]
    limits = msgspec.structs.replace(ANSWER, first_evidence_tokens=64)
    with ScriptedModel(lambda _prompt: "").admit(threading.Event()) as session:
        question = "When did the bridge open?"
        first, whole = compose(question, hits, whole=question, session=session, settings=limits)
    assert [passage.hit.title for passage in first.passages] == ["Opening"]
    assert [passage.hit.title for passage in whole.passages] == ["Opening", "Storm"]
    assert whole.shared[: len(first.shared) - 1] == first.shared[:-1]


@pytest.mark.parametrize("text", ["Voss won.", "Voss " + "and Halloran " * 60 + "won."], ids=["all", "too long"])
def test_what_one_look_holds_is_not_looked_at_twice(text: str, make_hit: Callable[..., Hit]) -> None:
    limits = msgspec.structs.replace(ANSWER, first_evidence_tokens=64)
    with ScriptedModel(lambda _prompt: "").admit(threading.Event()) as session:
        briefs = compose("Who won?", [make_hit(text)], whole="Who won?", session=session, settings=limits)
    assert [len(brief.passages) for brief in briefs] == [1]


def test_without_hits_there_are_no_passages(make_hit: Callable[..., Hit]) -> None:
    assert brief_of("Who?", []).passages == ()


def test_a_question_that_leaves_no_room_for_evidence_is_refused_with_the_numbers(make_hit: Callable[..., Hit]) -> None:
    with pytest.raises(QuestionError, match=r"2048 tokens.*shorter question"):
        brief_of("word " * 1800, [make_hit("The bridge opened.")])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    paragraphs=st.lists(st.text(max_size=300), max_size=6),
    question=st.text(min_size=1, max_size=100),
    evidence_tokens=st.integers(64, 4000),
)
def test_the_prompt_with_its_answer_always_fits_the_context(
    paragraphs: list[str], question: str, evidence_tokens: int, make_hit: Callable[..., Hit]
) -> None:
    hits = [make_hit(text, number=number, title=text[:50]) for number, text in enumerate(paragraphs, 1) if text.strip()]
    model = ScriptedModel(lambda _prompt: "", context_tokens=600)
    with model.admit(threading.Event()) as session:
        limits = msgspec.structs.replace(ANSWER, evidence_tokens=evidence_tokens)
        for brief in compose(question, hits, whole=question, session=session, settings=limits):
            assert session.count_prompt(brief.prompt("ask " * 128)) + limits.max_tokens <= session.context_tokens
