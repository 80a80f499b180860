"""What several documents say about the same, in the whole pipeline on fakes."""

from qa_service.llm.port import Prompt
from tests.qa_service.asking import MakeIndex, answer_to

OLDER = "Accident\n\nThree workers were hurt when the crane fell at Arlby Pier, the fire service said.\n"
NEWER = "Accident again\n\nFive workers were hurt when the crane fell at Arlby Pier, according to the hospital.\n"


def _by_passage(prompt: Prompt) -> str:
    """Read the number off the first passage."""
    number = "Five" if "ive workers" in prompt.shared[1] else "Three"
    return f"{number} workers were hurt when the crane fell at Arlby Pier."


def test_two_documents_that_differ_are_both_told(make_index: MakeIndex) -> None:
    answer = answer_to("How many workers were hurt when the crane fell?", _by_passage, make_index(OLDER, NEWER))
    assert (answer.status, answer.reason) == ("conflict", "sources_differ")
    assert "Three workers were hurt" in answer.text
    assert "Five workers were hurt" in answer.text
    assert len({citation.document_id for citation in answer.citations}) == 2


def test_documents_that_differ_are_told_by_their_sentences_with_the_words_that_answer(make_index: MakeIndex) -> None:
    def words(prompt: Prompt) -> str:
        return "Three workers" if "Three" in "".join(prompt.shared) else "Five workers"

    question = "How many workers were hurt when the crane fell?"
    answer = answer_to(question, "A hundred wept.", make_index(OLDER, NEWER), words=words)
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

    def words(prompt: Prompt) -> str:
        return "Three workers" if "Three" in "".join(prompt.shared) else "Five workers"

    question = "How many workers were hurt when the crane fell?"
    answer = answer_to(question, _by_passage, make_index(OLDER, NEWER), verdict=verdict, words=words)
    assert answer.text == "Three workers were hurt when the crane fell at Arlby Pier, the fire service said.[1]"


def test_accounts_that_are_asked_for_are_told_also_where_they_do_not_differ(make_index: MakeIndex) -> None:
    again = "Late news\n\nDoctors count three workers hurt when a crane fell at Arlby Pier in the night.\n"
    question = "How many workers were hurt when the crane fell, by the fire service and by the hospital?"
    answer = answer_to(question, _by_passage, make_index(OLDER, again))
    assert (answer.status, len({citation.document_id for citation in answer.citations})) == ("answered", 2)
    assert "differ" not in answer.text


def test_a_document_that_does_not_answer_is_no_other_account(make_index: MakeIndex) -> None:
    def verdict(prompt: Prompt, choice: str) -> float:
        only_newer = "Three" not in "".join(prompt.shared)
        return 0.0 if choice == "No" else -9.0 if only_newer else 9.0

    question = "How many workers were hurt when the crane fell?"
    answer = answer_to(question, _by_passage, make_index(OLDER, NEWER), verdict=verdict)
    assert answer.status == "answered"


def test_two_documents_that_agree_are_one_answer_and_the_other_is_not_asked(make_index: MakeIndex) -> None:
    asked: list[Prompt] = []

    def script(prompt: Prompt) -> str:
        asked.append(prompt)
        return _by_passage(prompt)

    answer = answer_to("How many workers were hurt when the crane fell?", script, make_index(OLDER, OLDER + "So.\n"))
    assert (answer.status, len(asked)) == ("answered", 1)
    assert answer.text == "Three workers were hurt when the crane fell at Arlby Pier.[1]"
