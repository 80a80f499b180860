"""What the adapter learns from: questions as the service would put them, over the evidence that it would find.

    python -m evals.answerability.examples --squad FILE --squad FILE --to examples.npz

Two kinds of things are asked. `decide`, before answering: do the passages answer exactly this question, and in which
words? `check`, of an answer: is it right, and stated in the passages? Questions of files in SQuAD 2.0 format give both
sides, and a question whose paragraph is kept out of the evidence is one more that cannot be answered.

Each file is asked about twice: as it is, and in the shape of news, with its paragraphs cut into short ones and its
articles into dated reports.
"""

import bisect
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click
import msgspec
import numpy as np

from config.paths import footnote_home
from config.progress import progress_bar
from config.settings import Settings, load_settings
from evals.own_index import with_index_in
from evals.public_sets.documents import collapsed
from evals.public_sets.squad import Passage, Question, Squad, load_squad, read_squad, title_of
from indexer.build import build
from indexer.embed import Embedder, open_embedder
from indexer.search import Index, open_index
from indexer.sentences import sentences
from indexer.values import Filters, Hit
from qa_service.answerability import BEFORE_WORDS, checking, deciding
from qa_service.bootstrap import open_model
from qa_service.compose import Brief, compose
from qa_service.llm.port import ModelSession, Prompt
from qa_service.retrieve import retrieve

_MOST_OF_ANSWERABLE_ARTICLES = 130
"""Questions taken of an article that has no unanswerable ones: all of them would drown the others."""
_KEPT_OUT_SHARE = 0.15
"""Of questions, those that are also asked with their paragraph kept out."""
_SENTENCE_SHARE = 0.5
"""Of answers, those that are checked as the sentence they stand in."""
_FOREIGN_SHARE = 0.4
"""Of answerable questions, those that are checked with the answer to another one on the same paragraph."""
_FIRST_LOOK_SHARE = 0.4
"""Of questions, those that are asked over a first look where there is more to read."""
_SHORT_PARAGRAPHS = (1, 3)
"""Sentences of a paragraph of news, at least and at most."""
_REPORT_PARAGRAPHS = 6
"""Of an article cut into reports."""
_DAYS = (date(1990, 1, 1), date(2026, 1, 1))
"""Between which reports are dated."""


class Example(NamedTuple):
    """One thing asked about one prompt's evidence."""

    evidence: tuple[int, ...]
    """Tokens, the template's head included."""
    asked: tuple[int, ...]
    """The tokens behind them, up to where the answer starts."""
    holds: bool
    checks: bool
    """Asked of an answer."""
    words: tuple[int, ...]
    """The tokens behind a yes that tell the answer, up to the end; none where there is no answer to tell."""
    article: str


def collect(files: Sequence[Path], settings: Settings, seed: int) -> Iterator[tuple[float, list[Example]]]:
    """Yield the examples of one paragraph after another, each with the share of paragraphs that are done."""
    draw = random.Random(seed)  # noqa: S311 (a repeatable draw, no secret)
    embedder = open_embedder(settings.embedder, home=footnote_home())
    sets: list[tuple[Squad, bool]] = []
    """With whether its documents are dated."""
    for whole in map(read_squad, files):
        sets += [(whole, False), (as_news(whole, draw), True)]
    model = open_model(settings.llm)
    with closing(model), model.admit(threading.Event()) as session:
        vocabulary, template = model.vocabulary, model.template  # type: ignore[attr-defined]  # llama.cpp's own
        turn_end = vocabulary.encode_template(template.before_user)[0]
        for number, (squad, dated) in enumerate(sets):
            passages = _passages(squad, draw)
            with _indexed(squad, settings, embedder, dated=dated, draw=draw) as index:
                evidence = partial(_evidence, index=index, session=session, settings=settings, draw=draw)
                for done, (title, passage, questions) in enumerate(passages, 1):
                    yield (
                        (number + done / len(passages)) / len(sets),
                        [
                            Example(
                                *_tokens(template.encode(prompt, vocabulary)),
                                holds,
                                checks,
                                (*vocabulary.encode(f"{BEFORE_WORDS} {words}"), turn_end) if words else (),
                                title,
                            )
                            for question in questions
                            for prompt, holds, checks, words in _asked(passage, question, evidence, draw)
                        ],
                    )


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


def _passages(squad: Squad, draw: random.Random) -> list[tuple[str, Passage, list[Question]]]:
    """Return the paragraphs of a set with their article's title and such of their questions as are asked."""
    by_title: dict[str, list[Passage]] = {}
    for article in squad.data:
        by_title.setdefault(title_of(article), []).extend(article.paragraphs)
    found = []
    for title, passages in by_title.items():
        questions = [question for passage in passages for question in passage.qas]
        chosen = {question.id for question in questions}
        if not any(question.is_impossible for question in questions):
            chosen = {each.id for each in draw.sample(questions, min(_MOST_OF_ANSWERABLE_ARTICLES, len(questions)))}
        found += [
            (title, passage, [question for question in passage.qas if question.id in chosen]) for passage in passages
        ]
    return found


@contextmanager
def _indexed(
    squad: Squad, settings: Settings, embedder: Embedder, *, dated: bool, draw: random.Random
) -> Iterator[Index]:
    with TemporaryDirectory() as scratch:
        file, corpus = Path(scratch) / "squad.json", Path(scratch) / "corpus"
        file.write_bytes(msgspec.json.encode(squad))
        load_squad(file, folder=corpus)
        if dated:
            for document in sorted(corpus.iterdir()):
                day = _DAYS[0] + timedelta(days=draw.randrange((_DAYS[1] - _DAYS[0]).days))
                text = document.read_text(encoding="utf-8")
                document.write_text(text.replace("---\n", f"---\ndate: {day.isoformat()}\n", 1), encoding="utf-8")
        own = with_index_in(settings, Path(scratch) / "index")
        build([corpus], settings=own, embedder=embedder)
        with closing(open_index(own, embedder)) as index:
            yield index


def _evidence(
    question: str,
    kept_out: str | None,
    *,
    index: Index,
    session: ModelSession,
    settings: Settings,
    draw: random.Random,
) -> Brief | None:
    hits = retrieve(question, question, index=index, filters=Filters(), settings=settings.retrieval)
    if kept_out:
        hits = tuple(hit for hit in hits if not _is_of(hit, kept_out))
    if not hits:
        return None
    looks = compose(question, hits, whole=question, session=session, settings=settings.answer)
    return looks[0 if draw.random() < _FIRST_LOOK_SHARE else -1]


def _tokens(encoded: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    *head, tail = encoded
    return tuple(token for part in head for token in part), tuple(tail)


def _asked(
    passage: Passage, question: Question, evidence: Callable[[str, str | None], Brief | None], draw: random.Random
) -> Iterator[tuple[Prompt, bool, bool, str]]:
    """Yield what is asked: the prompt, whether it holds, whether an answer is checked, and the words that answer."""
    words, context = collapsed(question.question), collapsed(passage.context)
    golds = [collapsed(answer.text) for answer in question.answers]
    if brief := evidence(words, None):
        found = _found(golds, brief, context)
        yield deciding(brief), bool(found), False, found[0] if found else ""
        answer, right = _answer(passage, question, found, draw)
        if answer:
            yield checking(answer, brief), right, True, ""
    if draw.random() < _KEPT_OUT_SHARE and (brief := evidence(words, context)):
        shown = " ".join(each.text for each in brief.passages)
        if not any(gold in shown for gold in golds):
            yield deciding(brief), False, False, ""


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
    read = " ".join(each.text for each in brief.passages if _is_of(each.hit, context))
    return [gold for gold in golds if gold in read]


def _is_of(hit: Hit, context: str) -> bool:
    text = hit.paragraph.text
    return text in context or context in text


def write_examples(examples: Sequence[Example], target: Path) -> None:
    """Write examples as arrays: tokens end to end, with where each ends."""
    np.savez_compressed(
        target,
        evidence=np.array([token for each in examples for token in each.evidence], dtype=np.int32),
        evidence_ends=np.cumsum([len(each.evidence) for each in examples]),
        asked=np.array([token for each in examples for token in each.asked], dtype=np.int32),
        asked_ends=np.cumsum([len(each.asked) for each in examples]),
        words=np.array([token for each in examples for token in each.words], dtype=np.int32),
        words_ends=np.cumsum([len(each.words) for each in examples]),
        holds=np.array([each.holds for each in examples]),
        checks=np.array([each.checks for each in examples]),
        article=np.array([each.article for each in examples]),
    )


@click.command()
@click.option(
    "--squad",
    "files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    multiple=True,
    help="In SQuAD 2.0 format; may be given several times.",
)
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--profile", default="default", show_default=True)
@click.option("--seed", default=7, show_default=True)
def main(files: tuple[Path, ...], target: Path, profile: str, seed: int) -> None:
    """Find the evidence for questions of SQuAD 2.0 files as the service would, and write what is asked about it."""
    examples: list[Example] = []
    with progress_bar("collecting", total=1000, unit="‰") as bar:
        seen = 0
        for share, found in collect(files, load_settings(profile), seed):
            examples.extend(found)
            bar.advance(int(1000 * share) - seen)
            seen = int(1000 * share)
    write_examples(examples, target)
    click.echo(f"{target}: {len(examples)} examples, {sum(each.holds for each in examples)} of them hold")


if __name__ == "__main__":
    main()
