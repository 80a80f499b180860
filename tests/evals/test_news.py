"""Stories of news, and what the adapter is asked about them."""

import random
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from config.settings import load_settings
from evals.answerability.evidence import Put
from evals.answerability.from_news import asked_of, documents_of
from evals.answerability.news import NewsQuestion, Story, load_news
from evals.answerability.suite import load_stories
from evals.errors import CaseError
from indexer.values import Hit, Paragraph
from qa_service.compose import Brief, compose
from qa_service.llm.port import ModelSession
from qa_service.llm.scripted import ScriptedModel

STORY = """
- story: A crane falls
  reports:
    a:
      title: Crane falls in Velden
      source: Velden Courier
      date: 2019-04-03
      paragraphs:
        - A crane fell in Velden on Tuesday, injuring four dock workers. Harbour master Ilse Roth saw it.
        - She declined to say what the inspectors had found.
    b:
      title: Five hurt
      source: Dockers' Voice
      date: 2019-04-04
      paragraphs:
        - Five people were hurt when the crane in Velden fell, the union said.
  questions:
"""
HURT = """
    - ask: Do the Courier and the union agree on how many were hurt in Velden?
      plain: How many were hurt in Velden?
      answers: {a1: four dock workers, b1: Five people}
      right: [Four dock workers were hurt.]
      wrong: [Two people were hurt.]
"""
FOUND = """
    - ask: What did the inspectors find in Velden?
      near: {a2: what the inspectors had found}
      wrong: [They found rust.]
"""
LATER = """
    - ask: and who saw it?
      talk: [What fell in Velden?, A crane fell.]
      alone: Who saw the crane fall in Velden?
      answers: {a1: Ilse Roth}
"""
TWO = """
    - ask: Who saw the crane fall in Velden, and what did it cost?
      parts:
        - answers: {a1: Ilse Roth}
        - wrong: [It cost nothing.]
"""


def load(text: str, folder: Path) -> Story:
    path = folder / "stories.yaml"
    path.write_text(STORY + text, encoding="utf-8")
    (story,) = load_news(path)
    return story


@pytest.mark.parametrize(
    ("question", "wrong"),
    [
        ("ask: Who saw it?", "needs a wrong answer"),
        ("{ask: Who saw it?, answers: {a1: Ilse Brun}}", "“Ilse Brun” does not stand in a1, which reads: A crane fell"),
        ("{ask: Who saw it?, answers: {c1: Ilse Roth}}", "there is no paragraph c1"),
        ("{ask: Who saw it?, right: [Ilse Roth did.], wrong: [No.]}", "no words that answer"),
        ("{ask: Who saw it?, alone: Who saw it fall?, wrong: [No.]}", "has `alone` and no `talk`"),
        ("{ask: Who saw it?, talk: [What fell?], wrong: [No.]}", "its talk ends with the user"),
        ("{ask: 'Who saw the crane, and what did it cost?', wrong: [No.]}", "takes it as 2 question"),
        ("{ask: Who saw it?, wrong: [No.], parts: [{wrong: [No.]}]}", "answers of its own and parts"),
        ("{ask: Who saw it?, wrongs: [No.]}", "no stories: .*wrongs"),
    ],
)
def test_a_mistake_is_named_with_file_story_and_question(question: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=rf"stories\.yaml.*{wrong}"):
        load(f"    - {question}\n", tmp_path)


def test_every_report_becomes_a_dated_document(tmp_path: Path) -> None:
    first, second = documents_of([load(HURT, tmp_path)]).values()
    assert first.startswith('---\ntitle: "Crane falls in Velden"\nsource: "Velden Courier"\ndate: "2019-04-03"\n---\n')
    assert "Five people were hurt" in second


class _AllOfIt:
    """A lookup that finds the whole story, report by report."""

    def __init__(self, story: Story, session: ModelSession) -> None:
        self.session = session
        self._story = story
        self.asked: list[tuple[str, str]] = []

    def find(self, question: str, *, whole: str = "", kept_out: str = "") -> Brief | None:
        self.asked.append((question, whole))
        hits = [
            Hit(
                paragraph=Paragraph(
                    id=f"{letter}-p{number}", document_id=letter, number=number, start=0, end=len(text), text=text
                ),
                title=report.title,
                source=report.source,
                published_at=date(2019, 4, 3),
                fused_score=1.0,
                cosine_similarity=0.5,
                bm25_score=1.0,
            )
            for letter, report in self._story.reports.items()
            for number, text in enumerate(report.paragraphs, 1)
            if text != kept_out
        ]
        settings = load_settings().answer
        return compose(question, hits, whole=whole or question, session=self.session, settings=settings)[-1]


@pytest.fixture
def session() -> Iterator[ModelSession]:
    with ScriptedModel(lambda _prompt: "").admit(threading.Event()) as session:
        yield session


def put(text: str, session: ModelSession, folder: Path, *, times: int = 40) -> tuple[list[Put], list[tuple[str, str]]]:
    """What is asked in so many draws."""
    story = load(text, folder)
    lookup = _AllOfIt(story, session)
    questions: tuple[NewsQuestion, ...] = story.questions
    draw = random.Random(1)
    found = [
        each for _ in range(times) for question in questions for each in asked_of(question, story, lookup, draw=draw)
    ]
    return found, lookup.asked


def test_answers_of_each_report_are_asked_together_and_by_themselves(session: ModelSession, tmp_path: Path) -> None:
    found, _ = put(HURT, session, tmp_path)
    decided = [each for each in found if each.kind == "decide"]
    assert all(each.holds for each in decided)
    assert {each.words for each in decided} == {"four dock workers", "Five people"}
    alone = [each for each in decided if "four dock workers" not in "".join(each.prompt.shared)]
    assert {each.words for each in alone} == {"Five people"}
    checked = {each.prompt.ask.split("\n")[1]: each.holds for each in found if each.kind == "check"}
    assert checked["Answer: Four dock workers were hurt."]
    assert checked["Answer: Five people were hurt when the crane in Velden fell, the union said."]
    assert not checked["Answer: Two people were hurt."]


def test_what_is_not_answered_does_not_hold_nor_does_what_only_looks_so(session: ModelSession, tmp_path: Path) -> None:
    found, _ = put(FOUND, session, tmp_path)
    assert {(each.kind, each.holds, each.words) for each in found if each.kind != "rewrite"} == {
        ("decide", False, ""),
        ("check", False, ""),
    }
    answers = {each.prompt.ask.split("\n")[1] for each in found if each.kind == "check"}
    assert answers == {"Answer: They found rust.", "Answer: She declined to say what the inspectors had found."}


def test_a_follow_up_is_written_anew_and_asked_so(session: ModelSession, tmp_path: Path) -> None:
    found, asked = put(LATER, session, tmp_path)
    anew = [each for each in found if each.kind == "rewrite"]
    assert {(each.holds, each.words) for each in anew} == {(True, "Who saw the crane fall in Velden?")}
    assert "User: What fell in Velden?\nAssistant: A crane fell.\n" in anew[0].prompt.shared[0]
    assert {question for question, _ in asked} == {"Who saw the crane fall in Velden?"}


def test_each_part_is_asked_with_the_whole_beside_it(session: ModelSession, tmp_path: Path) -> None:
    found, asked = put(TWO, session, tmp_path)
    whole = "Who saw the crane fall in Velden, and what did it cost?"
    assert set(asked) == {("Who saw the crane fall in Velden?", whole), ("what did it cost?", whole)}
    decided = {each.prompt.ask.split("\n\n")[0]: each.holds for each in found if each.kind == "decide"}
    assert not decided[f"Whole question: {whole}\nQuestion: what did it cost?"]
    assert any(each.words == "Ilse Roth" for each in found)


def test_stories_become_cases_that_say_what_is_right(tmp_path: Path) -> None:
    load(HURT + FOUND + LATER + TWO, tmp_path)
    suite = load_stories(tmp_path, folder=tmp_path / "corpus")
    compared, near, later, two = suite.cases
    assert [case.stratum for case in suite.cases] == ["compared", "not-answered", "follow-up", "parts"]
    assert {case.tags for case in suite.cases} == {("A crane falls",)}
    assert [fact.any for fact in compared.expect.facts] == [("four dock workers",), ("Five people",)]
    assert "answered" not in near.expect.status
    assert "extract" not in near.expect.reason
    assert [turn.role for turn in later.conversation] == ["user", "assistant"]
    ((cited,),) = later.expect.support
    assert cited.anchor == "Harbour master Ilse Roth saw it."
    assert "Crane falls" in (tmp_path / "corpus" / cited.document).read_text()
    assert [fact.any for fact in two.expect.facts] == [("Ilse Roth",)]
