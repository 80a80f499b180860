"""Questions about what several sources say."""

import threading

import pytest

from qa_service.llm.port import Prompt
from qa_service.llm.scripted import ScriptedModel
from qa_service.unify import unify


def plain(question: str, says: str) -> tuple[str | None, list[Prompt]]:
    asked: list[Prompt] = []

    def script(prompt: Prompt) -> str:
        asked.append(prompt)
        return says

    with ScriptedModel(script).admit(threading.Event()) as session:
        return unify(question, session=session), asked


@pytest.mark.parametrize(
    ("question", "inside"),
    [
        (
            "Do the Post and the Courier agree on how many people were hurt in Arlby?",
            "How many people were hurt in Arlby?",
        ),
        (
            "Did the Post and the Courier report the same number of people hurt in Arlby?",
            "What is the number of people hurt in Arlby?",
        ),
        (
            "How many people were hurt in Arlby according to the Post, and according to the Courier?",
            "How many people were hurt in Arlby?",
        ),
        ("Who began the fire in Arlby, by the Post and by the police?", "Who began the fire in Arlby?"),
        ("Who began the fire in Arlby - what do the Post and the police say?", "Who began the fire in Arlby?"),
        ("Who began the fire in Arlby, and do the reports agree?", "Who began the fire in Arlby?"),
    ],
)
def test_a_question_that_stands_inside_one_about_several_accounts_is_taken_from_it(question: str, inside: str) -> None:
    assert plain(question, "unused") == (inside, [])


@pytest.mark.parametrize(
    "question",
    [
        "The Post has three people hurt in Arlby. Does the Courier have the same figure?",
        "The police and the Post counted the people hurt in Arlby. What did each arrive at?",
        "The Post and the Courier write how many people were hurt in Arlby. Which figures do they give?",
    ],
)
def test_a_question_about_several_accounts_becomes_the_one_that_each_answers(question: str) -> None:
    asked_of_each, prompts = plain(question, "How many people were hurt in Arlby?")
    assert asked_of_each == "How many people were hurt in Arlby?"
    assert question in prompts[0].shared[1]


@pytest.mark.parametrize(
    "question",
    [
        "How many people were hurt in Arlby?",
        "Who lived in the same street as Ida Brun?",
        "According to the Post, how many people were hurt?",
        "What is the difference between oak and ash?",
        "How many live in Arlby, according to the Post, and who rules it?",
        "How many people do the two companies employ between them in Arlby?",
        "Did the council agree to the bridge of Arlby?",
    ],
)
def test_any_other_question_costs_no_model_call(question: str) -> None:
    assert plain(question, "unused") == (None, [])


@pytest.mark.parametrize(
    "says",
    [
        "How many people were hurt in Varn?",
        "How many were hurt in 1907?",
        "Do the Post and the Courier agree on Arlby?",
        "Three people were hurt in Arlby.",
        "Why?",
        "",
    ],
)
def test_a_rewrite_that_invents_or_still_compares_or_asks_nothing_is_discarded(says: str) -> None:
    assert plain("The Post has three people hurt in Arlby. Does the Courier have the same figure?", says)[0] is None
