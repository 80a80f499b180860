"""What the adapter is asked about files in SQuAD 2.0 format, as they are and in the shape of news."""

import bisect
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec

from evals.answerability.evidence import Lookup, Put, is_of
from evals.public_sets.documents import collapsed
from evals.public_sets.squad import Passage, Question, Squad, squad_documents, title_of
from indexer.sentences import sentences
from qa_service.answerability import checking, deciding
from qa_service.compose import Brief

_MOST_OF_ANSWERABLE_ARTICLES = 130
"""Questions taken of an article that has no unanswerable ones: all of them would drown the others."""
_ASKED_SHARE = 0.5
"""Of questions, those that are asked in either shape."""
_KEPT_OUT_SHARE = 0.15
"""Of questions, those that are also asked with their paragraph kept out."""
_SENTENCE_SHARE = 0.5
"""Of answers, those that are checked as the sentence they stand in."""
_FOREIGN_SHARE = 0.4
"""Of answerable questions, those that are checked with the answer to another one on the same paragraph."""
_SHORT_PARAGRAPHS = (1, 3)
"""Sentences of a paragraph of news, at least and at most."""
_REPORT_PARAGRAPHS = 6
"""Of an article cut into reports."""
_DAYS = (date(1990, 1, 1), date(2026, 1, 1))
"""Between which reports are dated."""


def as_news(squad: Squad, draw: random.Random) -> Squad:
    """Return the articles with their paragraphs cut into short ones; an article becomes several reports of its title.

    A question goes to the paragraph in which its first answer stands, or what one might take for it; one whose answer
    is cut through, and one that says nothing of the place, fall away.
    """
    reports = []
    for article in squad.data:
        short = [piece for passage in article.paragraphs for piece in _cut(passage, draw)]
        reports += [
            msgspec.structs.replace(article, paragraphs=tuple(short[start : start + _REPORT_PARAGRAPHS]))
            for start in range(0, len(short), _REPORT_PARAGRAPHS)
        ]
    return Squad(data=tuple(reports))


def _cut(passage: Passage, draw: random.Random) -> Iterator[Passage]:
    spans = sentences(passage.context)
    starts = [0]
    while starts[-1] < len(spans):
        starts.append(min(len(spans), starts[-1] + draw.randint(*_SHORT_PARAGRAPHS)))
    pieces = [(spans[first][0], spans[last - 1][1]) for first, last in pairwise(starts)]
    own: list[list[Question]] = [[] for _ in pieces]
    for question in passage.qas:
        if question.answers or question.plausible_answers:
            told = question.answers or question.plausible_answers
            at = bisect.bisect([start for start, _ in pieces], told[0].answer_start) - 1
            moved = [
                msgspec.structs.replace(answer, answer_start=answer.answer_start - pieces[at][0])
                for answer in told
                if pieces[at][0] <= answer.answer_start and answer.answer_start + len(answer.text) <= pieces[at][1]
            ]
            if moved:
                key = "answers" if question.answers else "plausible_answers"
                own[at].append(msgspec.structs.replace(question, **{key: tuple(moved)}))
    for (start, end), questions in zip(pieces, own, strict=True):
        yield Passage(context=passage.context[start:end], qas=tuple(questions))


def as_reports(squad: Squad, path: Path, draw: random.Random) -> dict[str, str]:
    """Return each article of a file as a dated Markdown document, by file name."""
    days = [_DAYS[0] + timedelta(days=draw.randrange((_DAYS[1] - _DAYS[0]).days)) for _ in squad.data]
    return squad_documents(squad, path, days=days)


def passages_of(squad: Squad, draw: random.Random) -> list[tuple[str, Passage, list[Question]]]:
    """Return the paragraphs of a set with their article's title and such of their questions as are asked."""
    by_title: dict[str, list[Passage]] = {}
    for article in squad.data:
        by_title.setdefault(title_of(article), []).extend(article.paragraphs)
    found = []
    for title, passages in by_title.items():
        questions = [question for passage in passages for question in passage.qas]
        if not any(question.is_impossible for question in questions):
            questions = draw.sample(questions, min(_MOST_OF_ANSWERABLE_ARTICLES, len(questions)))
        chosen = {question.id for question in questions if draw.random() < _ASKED_SHARE}
        found += [
            (title, passage, [question for question in passage.qas if question.id in chosen]) for passage in passages
        ]
    return found


def asked_of(passage: Passage, question: Question, lookup: Lookup, *, draw: random.Random) -> Iterator[Put]:
    """Yield what is asked about a question of a paragraph."""
    words, context = collapsed(question.question), collapsed(passage.context)
    golds = [collapsed(answer.text) for answer in question.answers]
    if brief := lookup.find(words):
        found = _found(golds, brief, context)
        yield Put("decide", deciding(brief), bool(found), found[0] if found else "")
        answer, right = _answer(passage, question, found, draw)
        if answer:
            yield Put("check", checking(answer, brief), right)
    if draw.random() < _KEPT_OUT_SHARE and (brief := lookup.find(words, kept_out=context)):
        shown = " ".join(each.text for each in brief.passages)
        if not any(gold in shown for gold in golds):
            yield Put("decide", deciding(brief), holds=False)


def _answer(passage: Passage, question: Question, found: Sequence[str], draw: random.Random) -> tuple[str, bool]:
    """Return an answer to check, as a span or as its sentence, and whether it is right; "" when there is none."""
    if question.is_impossible:
        spans = [(collapsed(each.text), each.answer_start) for each in question.plausible_answers]
        right = False
    elif found and draw.random() >= _FOREIGN_SHARE:
        spans = [(text, each.answer_start) for each in question.answers if (text := collapsed(each.text)) in found]
        right = True
    else:
        golds = {collapsed(each.text).casefold() for each in question.answers}
        spans = [
            (text, each.answer_start)
            for other in passage.qas
            for each in (*other.answers, *other.plausible_answers)
            if not any((text := collapsed(each.text)).casefold() in gold or gold in text.casefold() for gold in golds)
        ]
        right = False
    if not spans:
        return "", False
    text, start = draw.choice(spans)
    if draw.random() < _SENTENCE_SHARE:
        inside = [span for span in sentences(passage.context) if span[0] <= start < span[1]]
        sentence = collapsed(passage.context[slice(*inside[0])]) if inside else text
        golds = {collapsed(each.text) for each in question.answers}
        if right or not any(gold in sentence for gold in golds):
            return sentence, right
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else "."), right


def _found(golds: Sequence[str], brief: Brief, context: str) -> list[str]:
    """Return the answers that stand in what is read of their own paragraph."""
    read = " ".join(each.text for each in brief.passages if is_of(each.hit, context))
    return [gold for gold in golds if gold in read]
