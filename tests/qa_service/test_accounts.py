"""What several documents say about the same, in the whole pipeline on fakes."""

import pytest

from qa_service.llm.port import Prompt
from tests.qa_service.asking import MakeIndex, answer_to

OLDER = "Accident\n\nThree workers were hurt when the crane fell at Arlby Pier, the fire service said.\n"
NEWER = "Accident again\n\nFive workers were hurt when the crane fell at Arlby Pier, according to the hospital.\n"


def _by_passage(prompt: Prompt) -> str:
    """Read the number off the first passage."""
    number = "Five" if "ive workers" in prompt.shared[1] else "Three"
    return f"{number} workers were hurt when the crane fell at Arlby Pier."


def _words_by_passage(prompt: Prompt) -> str:
    return "Three workers" if "Three" in "".join(prompt.shared) else "Five workers"


def test_two_documents_that_differ_are_both_told(make_index: MakeIndex) -> None:
    answer = answer_to("How many workers were hurt when the crane fell?", _by_passage, make_index(OLDER, NEWER))
    assert (answer.status, answer.reason) == ("conflict", "sources_differ")
    assert "Three workers were hurt" in answer.text
    assert "Five workers were hurt" in answer.text
    assert len({citation.document_id for citation in answer.citations}) == 2


def test_documents_that_differ_are_told_by_their_sentences_with_the_words_that_answer(make_index: MakeIndex) -> None:
    question = "How many workers were hurt when the crane fell?"
    answer = answer_to(question, "A hundred wept.", make_index(OLDER, NEWER), words=_words_by_passage)
    assert answer.status == "conflict"
    assert "Five workers were hurt" in answer.text


def test_a_question_whether_two_accounts_agree_is_asked_of_each(make_index: MakeIndex) -> None:
    plain = "How many workers were hurt when the crane fell?"

    def script(prompt: Prompt) -> str:
        return plain if "plain question" in prompt.ask else _by_passage(prompt)

    question = "Do the fire service and the hospital agree on how many workers were hurt when the crane fell?"
    answer = answer_to(question, script, make_index(OLDER, NEWER))
    assert (answer.status, answer.standalone_question) == ("conflict", plain)
    assert answer.question == question


def test_a_document_whose_sentence_with_the_words_that_answer_does_not_hold_is_no_other_account(
    make_index: MakeIndex,
) -> None:
    def verdict(prompt: Prompt, choice: str) -> float:
        doubted = "Answer: Five" in prompt.ask
        return 0.0 if choice == "No" else -9.0 if doubted else 2.0

    question = "How many workers were hurt when the crane fell?"
    answer = answer_to(question, _by_passage, make_index(OLDER, NEWER), verdict=verdict, words=_words_by_passage)
    assert answer.text == "Three workers were hurt when the crane fell at Arlby Pier, the fire service said.[1]"


def test_accounts_that_are_asked_for_are_told_also_where_they_do_not_differ(make_index: MakeIndex) -> None:
    again = "Late news\n\nDoctors count three workers hurt when a crane fell at Arlby Pier in the night.\n"
    question = "How many workers were hurt when the crane fell, by the fire service and by the hospital?"
    answer = answer_to(question, _by_passage, make_index(OLDER, again))
    assert (answer.status, len({citation.document_id for citation in answer.citations})) == ("answered", 2)
    assert "differ" not in answer.text


def test_two_accounts_of_one_document_are_told_as_they_stand_there(make_index: MakeIndex) -> None:
    index = make_index("Accident\n\nThe fire service counted 3 hurt at Arlby Pier. The hospital put the number at 5.\n")
    answer = answer_to(
        "How many were hurt at Arlby Pier, by the fire service and by the hospital?",
        "Nobody knows.",
        index,
        words=lambda prompt: "5" if "put the number" in "".join(prompt.shared) else "3",
    )
    assert answer.status == "answered"
    assert answer.text == "The fire service counted 3 hurt at Arlby Pier.[1] The hospital put the number at 5.[2]"


def test_a_sentence_that_could_differ_is_read_wherever_it_stands_in_another_document(make_index: MakeIndex) -> None:
    rest = "\n\n".join(f"Arlby Pier was closed for {day}." for day in ("a day", "the winter", "lunch", "ever"))
    newer = f"Accident again\n\n{rest}\n\nThe hospital treated five workers after the crane fell.\n"

    question = "How many workers were hurt when the crane fell at Arlby Pier?"
    answer = answer_to(question, "Nobody knows.", make_index(OLDER, newer), words=_words_by_passage)
    assert answer.status == "conflict"
    assert "treated five workers" in answer.text


@pytest.mark.parametrize("doubtful", [-9.0, 0.0], ids=["does not", "may"])
def test_a_document_that_is_not_sure_to_answer_is_no_other_account(make_index: MakeIndex, doubtful: float) -> None:
    def verdict(prompt: Prompt, choice: str) -> float:
        only_newer = "Three" not in "".join(prompt.shared)
        return 0.0 if choice == "No" else doubtful if only_newer else 9.0

    question = "How many workers were hurt when the crane fell?"
    answer = answer_to(question, _by_passage, make_index(OLDER, NEWER), verdict=verdict)
    assert answer.status == "answered"


@pytest.mark.parametrize(
    ("other", "asked"),
    [
        ("Workers were hurt when the crane fell at Arlby Pier, say the divers.", False),
        ("When the crane fell at Arlby Pier, 4 marks were lost and workers hurt.", False),
        ("When the crane fell at Arlby Pier, 4 divers were hurt.", True),
    ],
    ids=["no number", "of something else", "of people"],
)
def test_a_document_with_nothing_to_differ_by_is_not_asked(make_index: MakeIndex, other: str, asked: bool) -> None:
    decided: list[str] = []

    def verdict(prompt: Prompt, choice: str) -> float:
        decided.append("".join(prompt.shared))
        return 9.0 if choice == "Yes" else 0.0

    question = "How many workers were hurt when the crane fell?"
    answer_to(
        question,
        "Nobody knows.",
        make_index(OLDER, f"Late news\n\n{other}\n"),
        verdict=verdict,
        words=lambda prompt: "Three workers" if "Three workers" in "".join(prompt.shared) else "",
    )
    assert any("Three workers" not in shared for shared in decided) is asked


def test_an_account_beyond_what_was_found_is_searched_for_and_is_evidence_once_it_is_told(
    make_index: MakeIndex,
) -> None:
    others = ("bakers", "clerks", "cooks", "monks", "nuns", "pilots", "poets", "tailors")
    nearer = "".join(f"When the crane fell on the {who}, no workers were hurt.\n\n" for who in others)
    index = make_index(OLDER, "Late news\n\nHurt by the crane were 5 workers.\n", nearer)

    def words(prompt: Prompt) -> str:
        return "Three workers" if "Three workers" in "".join(prompt.shared) else "5 workers"

    answer = answer_to("How many workers were hurt when the crane fell?", "Nobody knows.", index, words=words)
    assert "Hurt by the crane were 5 workers." in answer.text
    cited = {citation.paragraph_id for citation in answer.citations}
    assert cited <= {hit.paragraph.id for hit in answer.evidence}
    assert len(cited) == 2


def test_accounts_are_asked_nothing_but_the_plain_question(make_index: MakeIndex) -> None:
    asked: list[str] = []

    def verdict(prompt: Prompt, choice: str) -> float:
        asked.append("".join(prompt.shared) + prompt.ask)
        return 9.0 if choice == "Yes" else 0.0

    question = "How many workers were hurt when the crane fell, by the fire service and by the hospital?"
    answer_to(question, _by_passage, make_index(OLDER, NEWER), verdict=verdict)
    assert asked
    assert not any("by the hospital" in prompt for prompt in asked)


def test_two_documents_that_agree_are_one_answer_and_the_other_is_not_asked(make_index: MakeIndex) -> None:
    asked: list[Prompt] = []

    def script(prompt: Prompt) -> str:
        asked.append(prompt)
        return _by_passage(prompt)

    answer = answer_to("How many workers were hurt when the crane fell?", script, make_index(OLDER, OLDER + "So.\n"))
    assert (answer.status, len(asked)) == ("answered", 1)
    assert answer.text == "Three workers were hurt when the crane fell at Arlby Pier.[1]"
