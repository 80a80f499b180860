"""Follow-up questions."""

import threading

import pytest

from config.settings import load_settings
from qa_service.condense import condense
from qa_service.llm.port import Prompt
from qa_service.llm.scripted import ScriptedModel
from qa_service.values import Turn

ANSWER = load_settings().answer
TALK = (
    Turn(role="user", text="Who won the Zelny Open?"),
    Turn(role="assistant", text="Katrin Voss won the Zelny Open."),
)


def rewrite(
    question: str, says: str, conversation: tuple[Turn, ...] = TALK, *, context_tokens: int = 2048
) -> tuple[str | None, list[Prompt]]:
    asked: list[Prompt] = []

    def script(prompt: Prompt) -> str:
        asked.append(prompt)
        return says

    with ScriptedModel(script, context_tokens=context_tokens).admit(threading.Event()) as session:
        return condense(question, conversation, session=session, settings=ANSWER), asked


def test_a_question_with_a_pronoun_is_completed_from_the_conversation() -> None:
    standalone, asked = rewrite("How old is she?", "How old is Katrin Voss?")
    assert standalone == "How old is Katrin Voss?"
    assert "Assistant: Katrin Voss won" in asked[0].shared[1]


def test_a_second_rewrite_begins_as_the_question_does_up_to_its_pronoun() -> None:
    def script(prompt: Prompt) -> str:
        begun = prompt.answer_start.removeprefix("Complete question:")
        return " Katrin Voss played?" if begun == " For how many years has" else "Who won the Zelny Open?"

    with ScriptedModel(script).admit(threading.Event()) as session:
        found = condense("And for how many years has she played?", TALK, session=session, settings=ANSWER)
    assert found == "For how many years has Katrin Voss played?"


def test_a_second_rewrite_that_still_leans_is_discarded() -> None:
    asked = iter(["Who won the Zelny Open?", " she now?"])
    with ScriptedModel(lambda _prompt: next(asked)).admit(threading.Event()) as session:
        found = condense("How old is she now?", TALK, session=session, settings=ANSWER)
    assert found == "How old is she now (asked after: Who won the Zelny Open)?"


def test_a_question_that_stands_alone_costs_no_model_call() -> None:
    assert rewrite("Who designed the Gannet Bridge?", "unused") == (None, [])


def test_without_a_conversation_nothing_is_rewritten() -> None:
    assert rewrite("How old is she?", "unused", ()) == (None, [])


def test_a_rewrite_that_brings_a_name_nobody_mentioned_is_discarded() -> None:
    both = "How old is she (asked after: Who won the Zelny Open)?"
    assert rewrite("How old is she?", "How old is Queen Victoria?")[0] == both


def test_a_conversation_too_long_for_the_model_is_not_rewritten() -> None:
    both = "How old is she (asked after: Who won the Zelny Open)?"
    assert rewrite("How old is she?", "unused", context_tokens=100) == (both, [])


def test_a_rewrite_that_is_an_answer_is_discarded() -> None:
    assert (
        rewrite("How old is she?", "Katrin Voss is 30.")[0] == "How old is she (asked after: Who won the Zelny Open)?"
    )


def test_a_rewrite_that_asks_an_earlier_question_over_again_is_discarded() -> None:
    assert rewrite("And where was it?", "who won the Zelny open?")[0] == (
        "And where was it (asked after: Who won the Zelny Open)?"
    )


def test_a_rewrite_that_loses_what_the_question_says_is_discarded() -> None:
    asked = "And what was her prize money (asked after: Who won the Zelny Open)?"
    assert rewrite("And what was her prize money?", "Who won the Zelny Open?")[0] == asked


@pytest.mark.parametrize(
    ("question", "says", "whole"),
    [
        (
            "How much does she get for that, and what on top?",
            "How much does Katrin Voss get for the Zelny Open?",
            "How much does Katrin Voss get for the Zelny Open, and what on top?",
        ),
        (
            "How old is she, and where does she live?",
            "How old is Katrin Voss, and where does Katrin Voss live?",
            "How old is Katrin Voss, and where does Katrin Voss live?",
        ),
    ],
)
def test_a_part_that_gets_lost_is_put_behind_the_rewrite(question: str, says: str, whole: str) -> None:
    assert rewrite(question, says)[0] == whole


def test_a_question_that_goes_back_is_asked_with_the_one_it_goes_back_to() -> None:
    talk = (
        Turn(role="user", text="What is the offer per share?"),
        Turn(role="assistant", text="92.50 marks."),
        *TALK,
    )
    standalone, _ = rewrite("Back to that, what is it for all shares?", "She won.", talk)
    assert standalone == "Back to that, what is it for all shares (asked after: What is the offer per share)?"


def test_the_year_beside_a_mentioned_one_is_no_invention() -> None:
    talk = (Turn(role="user", text="Who won the Zelny Open in 2023?"), Turn(role="assistant", text="Nodar Kelidze."))
    for year, sound in ((2024, True), (2022, True), (2019, False)):
        completed = f"Who won the Zelny Open in {year}?"
        assert (rewrite("and the year after that?", completed, talk)[0] == completed) is sound


def test_a_new_topic_that_stands_alone_drops_the_conversation() -> None:
    assert rewrite("Different thing: who designed the Gannet Bridge?", "unused") == (None, [])


def test_a_rewrite_that_changes_nothing_is_not_shown() -> None:
    assert rewrite("How old is she?", "how old is she?")[0] is None


def learnt(question: str, says: str, *, needs: bool = True) -> str | None:
    """Rewrite with an adapter that learnt to; the model is never shown how."""
    model = ScriptedModel(
        lambda prompt: pytest.fail(f"shown how: {prompt}"),
        verdict=lambda _prompt, choice: 9.0 if (choice == "Yes") is needs else 0.0,
        words=lambda _prompt: says,
    )
    with model.admit(threading.Event()) as session:
        return condense(question, TALK, session=session, settings=ANSWER)


def test_an_adapter_that_learnt_to_completes_what_no_pronoun_gives_away() -> None:
    assert learnt("How much prize money was there?", "How much prize money was there at the Zelny Open?") == (
        "How much prize money was there at the Zelny Open?"
    )


def test_what_the_adapter_finds_to_stand_alone_is_left_as_it_is() -> None:
    assert learnt("How old is she?", "unused", needs=False) is None


@pytest.mark.parametrize("says", ["How old is Queen Victoria?", "Katrin Voss is 30.", "Who won the Zelny Open?"])
def test_an_adapter_may_invent_nothing_either(says: str) -> None:
    assert learnt("How old is she?", says) == "How old is she (asked after: Who won the Zelny Open)?"
