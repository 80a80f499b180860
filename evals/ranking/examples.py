"""Write what the ranker learns from: questions with the paragraphs that are found for them, and which sentences answer.

    python -m evals.ranking.examples --squad train.json --news FILE … --to examples.jsonl

They are found as the service finds them. Some ten minutes on two cores.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from config.paths import footnote_home
from config.settings import load_settings
from evals.answerability.evidence import indexed, is_of
from evals.answerability.from_news import documents_of
from evals.answerability.news import Story, load_news
from evals.public_sets.documents import collapsed
from evals.public_sets.squad import Squad, read_squad, squad_documents, title_of
from indexer.embed import open_embedder
from indexer.search import Index
from indexer.values import Filters, Hit
from qa_service.divide import divide, with_names
from qa_service.evidence import sentences_of
from qa_service.retrieve import found_for

_SEARCHED = 18
"""Paragraphs that each search finds."""
_CANDIDATES = 24
"""Of them, those that are kept."""
_MOST_OF_SQUAD = 4000
"""Questions: its paragraphs are long."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph that was found."""

    title: str
    sentences: tuple[str, ...]
    answering: tuple[int, ...]
    """The numbers of the sentences that answer."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A question, best paragraph first."""

    source: str
    """`news` or `squad`."""
    article: str
    question: str
    candidates: tuple[Candidate, ...]


def of_news(stories: Sequence[Story], index: Index) -> Iterator[Example]:
    """Yield what is asked about stories, part by part."""
    for story in stories:
        for question in story.questions:
            division = divide(collapsed(question.standalone))
            for part, asked in zip(division.parts, question.parts or (question,), strict=True):
                answers = [(story.paragraph(place) or "", words) for place, words in asked.answers.items()]
                yield from _example(part, division.whole, answers, index, source="news", article=story.story)


def of_squad(squad: Squad, index: Index, draw: random.Random) -> Iterator[Example]:
    """Yield what is asked about articles."""
    asked = [
        (title_of(article), passage.context, question)
        for article in squad.data
        for passage in article.paragraphs
        for question in passage.qas
    ]
    for title, context, question in draw.sample(asked, min(_MOST_OF_SQUAD, len(asked))):
        words = collapsed(question.question)
        answers = [(collapsed(context), answer.text) for answer in question.answers]
        yield from _example(words, words, answers, index, source="squad", article=title)


def _example(
    part: str, whole: str, answers: Sequence[tuple[str, str]], index: Index, *, source: str, article: str
) -> Iterator[Example]:
    """Yield the question if a paragraph that was found answers it."""
    hits = found_for(part, whole, index=index, filters=Filters(), limit=_SEARCHED) if answers else []
    candidates = tuple(_candidate(hit, answers) for hit in hits[:_CANDIDATES])
    if any(candidate.answering for candidate in candidates):
        yield Example(source=source, article=article, question=with_names(part, whole), candidates=candidates)


def _candidate(hit: Hit, answers: Sequence[tuple[str, str]]) -> Candidate:
    own = [collapsed(words) for paragraph, words in answers if is_of(hit, paragraph)]
    sentences = sentences_of(hit)
    return Candidate(
        title=hit.title,
        sentences=tuple(sentence.text for sentence in sentences),
        answering=tuple(at for at, each in enumerate(sentences) if any(words in collapsed(each.text) for words in own)),
    )


@click.command()
@click.option("--squad", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--news", "news", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", "to", type=click.Path(dir_okay=False, path_type=Path), required=True)
def main(squad: Path, news: tuple[Path, ...], to: Path) -> None:
    """Write the examples."""
    settings, draw = load_settings(), random.Random(5)  # noqa: S311
    embedder = open_embedder(settings.embedder, home=footnote_home())
    stories = [story for path in news for story in load_news(path)]
    articles = read_squad(squad)
    with to.open("wb") as file:
        with indexed(documents_of(stories), settings, embedder) as index:
            _write(of_news(stories, index), file)
        with indexed(squad_documents(articles, squad), settings, embedder) as index:
            _write(of_squad(articles, index, draw), file)


def _write(examples: Iterable[Example], file: BinaryIO) -> None:
    for example in examples:
        file.write(msgspec.json.encode(example) + b"\n")


if __name__ == "__main__":
    main()
