"""What the adapter learns from: what the service would ask it, over the evidence that the service would find.

    python -m evals.answerability.examples --squad FILE --squad FILE --news FILE --news FILE --to examples.npz

Three kinds of things are asked. `decide`, before answering: do the passages answer exactly this question, and in which
words? `check`, of an answer: is it right, and stated in the passages? `rewrite`, of a follow-up or a question that
compares accounts: does it have to be written anew, and how does it read then?

Questions of files in SQuAD 2.0 format give both sides of the first two; they are asked as they are, and in the shape of
news, with paragraphs cut into short ones and articles into dated reports. Stories of news give all three.
"""

import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np

from config.paths import footnote_home
from config.progress import progress_bar
from config.settings import Settings, load_settings
from evals.answerability import from_news, from_squad
from evals.answerability.evidence import Kind, Lookup, Put, indexed
from evals.answerability.news import load_news
from evals.public_sets.squad import read_squad, squad_documents
from indexer.embed import open_embedder
from qa_service.answerability import BEFORE_WORDS
from qa_service.bootstrap import open_model
from qa_service.ranker import open_ranker


class Example(NamedTuple):
    """One thing asked, in tokens."""

    evidence: tuple[int, ...]
    """What is read before it is asked, the template's head included."""
    asked: tuple[int, ...]
    """What is behind that, up to where the answer starts."""
    holds: bool
    kind: Kind
    words: tuple[int, ...]
    """What is said behind a yes, up to the end; none where nothing is."""
    article: str


class _Corpus(NamedTuple):
    documents: Mapping[str, str]
    """By file name."""
    asked: Sequence[tuple[str, Callable[[Lookup], Iterator[Put]]]]
    """What is asked of each question, with its article or story."""


def collect(
    squads: Sequence[Path], news: Sequence[Path], settings: Settings, seed: int
) -> Iterator[tuple[float, list[Example]]]:
    """Yield the examples of one question after another, each with the share of the questions that are done."""
    draw = random.Random(seed)  # noqa: S311 (a repeatable draw, no secret)
    embedder = open_embedder(settings.embedder, home=footnote_home())
    ranker = open_ranker(settings.retrieval, home=footnote_home())
    corpora = [corpus for path in squads for corpus in _of_squad(path, draw)]
    if news:
        corpora.append(_of_news(news, draw))
    total, done = sum(len(corpus.asked) for corpus in corpora), 0
    model = open_model(settings.llm)
    with closing(model), model.admit(threading.Event()) as session:
        vocabulary, template = model.vocabulary, model.template  # type: ignore[attr-defined]  # llama.cpp's own
        turn_end = vocabulary.encode_template(template.before_user)[0]
        for corpus in corpora:
            with indexed(corpus.documents, settings, embedder) as index:
                lookup = Lookup(index, session, settings, draw, ranker)
                for article, asked in corpus.asked:
                    found = []
                    for put in asked(lookup):
                        *head, tail = template.encode(put.prompt, vocabulary)
                        before = tuple(token for part in head for token in part)
                        words = (*vocabulary.encode(f"{BEFORE_WORDS} {put.words}"), turn_end) if put.words else ()
                        found.append(Example(before, tuple(tail), put.holds, put.kind, words, article))
                    done += 1
                    yield done / total, found


def _of_squad(path: Path, draw: random.Random) -> Iterator[_Corpus]:
    whole = read_squad(path)
    cut = from_squad.as_news(whole, draw)
    for squad, documents in ((whole, squad_documents(whole, path)), (cut, from_squad.as_reports(cut, path, draw))):
        asked = [
            (title, partial(from_squad.asked_of, passage, question, draw=draw))
            for title, passage, questions in from_squad.passages_of(squad, draw)
            for question in questions
        ]
        yield _Corpus(documents, asked)


def _of_news(files: Sequence[Path], draw: random.Random) -> _Corpus:
    stories = [story for path in files for story in load_news(path)]
    asked = [
        (story.story, partial(from_news.asked_of, question, story, draw=draw))
        for story in stories
        for question in story.questions
    ]
    return _Corpus(from_news.documents_of(stories), asked)


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
        kind=np.array([each.kind for each in examples]),
        article=np.array([each.article for each in examples]),
    )


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--squad", "squads", type=_FILE, multiple=True, help="In SQuAD 2.0 format; may be given several times.")
@click.option("--news", type=_FILE, multiple=True, help="Stories, see evals.answerability.news; likewise.")
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--profile", default="default", show_default=True)
@click.option("--seed", default=7, show_default=True)
def main(squads: tuple[Path, ...], news: tuple[Path, ...], target: Path, profile: str, seed: int) -> None:
    """Find the evidence for questions as the service would, and write what is asked about it."""
    examples: list[Example] = []
    with progress_bar("collecting", total=1000, unit="‰") as bar:
        seen = 0
        for share, found in collect(squads, news, load_settings(profile), seed):
            examples.extend(found)
            bar.advance(int(1000 * share) - seen)
            seen = int(1000 * share)
    write_examples(examples, target)
    click.echo(f"{target}: {len(examples)} examples, {sum(each.holds for each in examples)} of them hold")


if __name__ == "__main__":
    main()
