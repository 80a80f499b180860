"""What the adapter is asked about stories of news: also about parts of questions, single reports, and follow-ups."""

import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from evals.answerability.evidence import Lookup, Put, is_of
from evals.answerability.news import Asked, NewsQuestion, Story
from evals.public_sets.documents import collapsed, file_name, markdown
from qa_service.answerability import checking, deciding
from qa_service.compose import Brief, narrow
from qa_service.divide import divide
from qa_service.llm.port import ModelSession
from qa_service.rewrite import needing

_ONE_REPORT_SHARE = 0.4
"""Of questions, those that are also asked over a single document, as the service asks what others say."""
_STANDING_SHARE = 0.06
"""Of questions that stand alone, those that are asked whether they have to be written anew."""
_KEPT_OUT_SHARE = 0.1
"""Of answered questions, those that are also asked with what answers kept out."""
_CHECKED_SHARE = 0.7
"""Of right answers, and of wrong ones, those that are checked."""


def documents_of(stories: Sequence[Story]) -> dict[str, str]:
    """Return every report as a Markdown document, by file name."""
    return {
        file_of(story, letter): markdown(
            collapsed(report.title), map(collapsed, report.paragraphs), source=collapsed(report.source), day=report.date
        )
        for story in stories
        for letter, report in story.reports.items()
    }


def file_of(story: Story, letter: str) -> str:
    """Return the file name of a report's document."""
    return file_name(f"{story.story} {letter}")


def asked_of(question: NewsQuestion, story: Story, lookup: Lookup, *, draw: random.Random) -> Iterator[Put]:
    """Yield what is asked about a question of a story."""
    if question.talk or question.plain or draw.random() < _STANDING_SHARE:
        talk = [(turn.role, turn.text) for turn in question.turns]
        needs = question.standalone if question.standalone != question.ask else ""
        yield Put("rewrite", needing(question.ask, talk), bool(needs), needs)
    division = divide(collapsed(question.standalone))
    for part, asked in zip(division.parts, question.parts or (question,), strict=True):
        find = partial(lookup.find, part, whole=division.whole)
        yield from _asked(asked, story, find, session=lookup.session, draw=draw)


def _asked(
    asked: Asked, story: Story, find: Callable[..., Brief | None], *, session: ModelSession, draw: random.Random
) -> Iterator[Put]:
    brief = find()
    if brief is None:
        return
    yield from _over(brief, asked, story, draw)
    documents = sorted({passage.hit.paragraph.document_id for passage in brief.passages})
    if len(documents) > 1 and draw.random() < _ONE_REPORT_SHARE:
        one = draw.choice(documents)
        own = [sentence for sentence in brief.sentences if sentence.hit.paragraph.document_id == one]
        yield from _over(narrow(brief, own, session=session), asked, story, draw)
    if len(asked.answers) == 1 and draw.random() < _KEPT_OUT_SHARE:
        paragraph = story.paragraph(next(iter(asked.answers)))
        if paragraph and (brief := find(kept_out=paragraph)):
            yield from _over(brief, asked, story, draw)


def _over(brief: Brief, asked: Asked, story: Story, draw: random.Random) -> Iterator[Put]:
    """Ask over one brief; nothing where it holds only what was overtaken: on its own that answers."""
    found = _found(asked.answers, brief, story)
    near = _found(asked.near, brief, story)
    if asked.answers and near and not found:
        return
    yield Put("decide", deciding(brief), bool(found), found[0][0].rstrip(".") if found else "")
    right = [*asked.right, *(sentence for _, sentence in found)] if found else []
    wrong = [*asked.wrong, *(sentence for _, sentence in near if not any(sentence == own for _, own in found))]
    for answers, holds in ((right, True), (wrong, False)):
        if answers and draw.random() < _CHECKED_SHARE:
            yield Put("check", checking(collapsed(draw.choice(answers)), brief), holds)


def _found(places: dict[str, str], brief: Brief, story: Story) -> list[tuple[str, str]]:
    """Return the words at these places that are read in the brief, and the sentence of each, in the order read."""
    found = []
    for passage in brief.passages:
        for place, text in places.items():
            words, paragraph = collapsed(text), story.paragraph(place)
            if paragraph and is_of(passage.hit, paragraph) and words in passage.text:
                found.append((words, story.sentence(place, words)))
    return found
