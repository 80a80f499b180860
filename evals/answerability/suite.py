"""A suite of the stories that the adapter learns from, for adapters that have not seen all of them."""

import re
from collections.abc import Iterator
from pathlib import Path

from evals.answerability.from_news import documents_of, file_of
from evals.answerability.news import Asked, NewsQuestion, Story, load_news
from evals.cases import Case, Expectation, Fact, Stratum, Suite, Support
from evals.errors import CaseError
from evals.ids import case_id, suite_name
from evals.public_sets.documents import collapsed, write_documents
from qa_service.values import Reason

_STRATA = (
    Stratum(name="answered", title="Answered"),
    Stratum(name="parts", title="Several parts"),
    Stratum(name="compared", title="Accounts compared"),
    Stratum(name="follow-up", title="Follow-up"),
    Stratum(name="not-answered", title="Near miss"),
    Stratum(name="follow-up-not-answered", title="Follow-up: near miss"),
)
_REFUSING: tuple[Reason, ...] = (
    "no_hits",
    "low_relevance",
    "unsupported",
    "contradicted",
    "reason_not_stated",
    "false_premise",
)
_LEADING = re.compile(r"^(?:the|a|an|in|on|at|by|for|from|to|since|until|about|because|with|as|of)\s+", re.IGNORECASE)


def load_stories(source: Path, *, folder: Path) -> Suite:
    """Make a suite of a folder with files of stories, and a document of each of their reports in `folder`, its corpus.

    A case's first tag is its story. Raises CaseError for a file that cannot be read or holds a mistake, and a folder
    without one.
    """
    stories = [story for path in sorted(source.glob("*.yaml")) for story in load_news(path)]
    if not stories:
        raise CaseError(f"{source}: holds no file of stories; name the folder that does")
    write_documents(folder, documents_of(stories))
    cases = [_case(question, number, story) for story in stories for number, question in enumerate(story.questions, 1)]
    return Suite(name=suite_name(source.name), corpus=folder, strata=_STRATA, cases=tuple(cases))


def _case(question: NewsQuestion, number: int, story: Story) -> Case:
    asked = question.parts or (question,)
    answered = [part for part in asked if part.answers]
    facts = [fact for part in answered for fact in _facts(part, compared=bool(question.plain))]
    support = [tuple(_support(part, story)) for part in answered]
    expected = Expectation(
        status=("answered", "partial", "conflict") if facts else ("refused", "partial"),
        reason=() if facts else _REFUSING,
        facts=tuple(facts),
        support=tuple(support),
    )
    kind = "parts" if question.parts else "compared" if question.plain else "answered"
    if question.talk:
        kind = "follow-up" if facts else "follow-up-not-answered"
    elif not facts:
        kind = "not-answered"
    return Case(
        id=case_id(f"{story.story} {number}"),
        question=collapsed(question.ask),
        conversation=question.turns,
        expect=expected,
        tags=(story.story,),
        stratum=kind,
        cluster=story.story,
    )


def _facts(asked: Asked, *, compared: bool) -> list[Fact]:
    """Return what an answer has to hold: any of the wordings, of compared accounts any of each report."""
    reports = {place[0]: [words for at, words in asked.answers.items() if at[0] == place[0]] for place in asked.answers}
    groups = list(reports.values()) if compared else [list(asked.answers.values())]
    return [
        Fact(any=tuple(dict.fromkeys(form for words in map(collapsed, group) for form in (words, _bare(words)))))
        for group in groups
    ]


def _bare(words: str) -> str:
    """Return an answer without the small words it begins with."""
    bare = _LEADING.sub("", words)
    return bare if bare == words else _bare(bare)


def _support(asked: Asked, story: Story) -> Iterator[Support]:
    for place, words in asked.answers.items():
        yield Support(document=file_of(story, place[0]), anchor=story.sentence(place, words))
