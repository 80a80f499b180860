"""What the adapter learns from: encyclopedia articles in the shape of news."""

import random

import msgspec

from evals.answerability.from_squad import as_news
from evals.public_sets.squad import Squad, title_of

CONTEXT = "Ida Brun drew the hall. It cost 12 marks. Arlby paid for it. Nobody liked it. It burnt down in 1904."


def squad(context: str = CONTEXT) -> Squad:
    def question(number: int, answer: str, *, impossible: bool = False) -> dict[str, object]:
        told = [{"text": answer, "answer_start": context.index(answer)}]
        key = "plausible_answers" if impossible else "answers"
        return {"id": f"q{number}", "question": f"What is {number}?", "is_impossible": impossible, key: told}

    questions = [
        question(1, "Ida Brun"),
        question(2, "12 marks"),
        question(3, "1904", impossible=True),
        question(4, "hall. It cost"),
        {"id": "q5", "question": "What is 5?", "is_impossible": True},
    ]
    article = {"title": "Arlby_hall", "paragraphs": [{"context": context, "qas": questions}]}
    return msgspec.convert({"data": [article] * 3}, Squad)


def test_articles_become_reports_of_short_paragraphs_that_have_all_of_their_words() -> None:
    news = as_news(squad(), random.Random(3))
    assert {title_of(report) for report in news.data} == {"Arlby hall"}
    assert all(1 <= len(report.paragraphs) <= 6 for report in news.data)
    contexts = [passage.context for report in news.data for passage in report.paragraphs]
    assert " ".join(contexts) == " ".join([CONTEXT] * 3)
    assert all(context.count(".") <= 3 for context in contexts)
    assert len(contexts) > 3


def test_a_question_goes_where_its_answer_stands_and_one_cut_through_falls_away() -> None:
    seen = set[str]()
    for seed in range(8):
        news = as_news(squad(), random.Random(seed))
        for passage in (passage for report in news.data for passage in report.paragraphs):
            for question in passage.qas:
                seen.add(question.id)
                for answer in (*question.answers, *question.plausible_answers):
                    assert passage.context[answer.answer_start :].startswith(answer.text)
                assert question.is_impossible == bool(question.plausible_answers)
        count = sum(question.id == "q1" for report in news.data for each in report.paragraphs for question in each.qas)
        assert count == 3
    assert {"q1", "q2", "q3"} <= seen
    assert "q5" not in seen
