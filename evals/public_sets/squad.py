"""Suites from files in the format of SQuAD 2.0 (Rajpurkar, Jia and Liang 2018, arXiv:1806.03822)."""

import bisect
import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote

import msgspec
from msgspec import Meta

from evals.cases import Case, Expectation, Fact, Stratum, Suite, Support, Words
from evals.errors import CaseError
from evals.ids import case_id, suite_name
from evals.public_sets.documents import collapsed, file_name, markdown, require_different_ids, write_documents
from indexer.load import SourceFile, load
from indexer.segment import segment
from indexer.sentences import sentences

_STRATA = (
    Stratum(name="answerable", title="Answerable (SQuAD)"),
    Stratum(name="unanswerable", title="Near miss: unanswerable (SQuAD)"),
)
# As the default profile has it. Where longer paragraphs are kept whole, an anchor stands in one as well; where shorter
# ones are cut, they are cut at sentence ends, and an anchor is a sentence if it can be.
_MAX_PARAGRAPH_CHARS = 1_500

_UNANSWERABLE = Expectation(status=("refused",))


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    text: Words
    answer_start: Annotated[int, Meta(ge=0)]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question about a passage."""

    id: Words
    question: Words
    answers: tuple[_Answer, ...] = ()
    plausible_answers: tuple[_Answer, ...] = ()
    """Of an unanswerable question: what one might take for its answer."""
    is_impossible: bool = False


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """One paragraph with its questions."""

    context: Words
    qas: tuple[Question, ...]


class _Article(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    paragraphs: Annotated[tuple[Passage, ...], Meta(min_length=1)]


class Squad(msgspec.Struct, frozen=True, kw_only=True):
    """A file in SQuAD's format."""

    data: Annotated[tuple[_Article, ...], Meta(min_length=1)]


def load_squad(path: Path, *, folder: Path) -> Suite:
    """Make a suite of a file in SQuAD 2.0 format, and one Markdown document an article in `folder`, its corpus.

    An answerable question becomes a case with one vital fact, worded as any of its gold answers, and one group of
    support: every place of these. The others become cases that are to be refused. Questions about one paragraph are one
    cluster. A paragraph that stands in another one of its article is not written twice. Keys that SQuAD does not have
    are passed over, and a file of SQuAD 1.1 is one whose questions are all answerable.

    Raises CaseError, naming file and place, for a file that cannot be read or is not in this format, an answer that
    does not stand where it should, a question that is both answerable and not, an id that is used twice, and a folder
    that holds other files.
    """
    squad = read_squad(path)
    documents = squad_documents(squad, path)
    write_documents(folder, documents)
    cases = [
        case
        for name, article in zip(documents, squad.data, strict=True)
        for case in _cases(article, _Places(folder, name), path)
    ]
    require_different_ids(cases, path)
    return Suite(name=suite_name(path.stem), corpus=folder, strata=_STRATA, cases=tuple(cases))


def read_squad(path: Path) -> Squad:
    """Read a file in SQuAD 2.0 format. Raises CaseError, naming the file, when it cannot be read or is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Squad)
    except OSError as error:
        raise CaseError(f"{path}: cannot be read ({error.strerror})") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CaseError(f"{path}: not in the format of SQuAD 2.0: {error}") from error


def title_of(article: _Article) -> str:
    """The title as readers know it: SQuAD has that of the page's address."""
    return collapsed(unquote(article.title).replace("_", " "))


def squad_documents(squad: Squad, path: Path, *, days: Sequence[date] = ()) -> dict[str, str]:
    """Return each article as a Markdown document, by file name, in order; `days` date them.

    Raises CaseError, naming the file at `path`, for a paragraph without a word.
    """
    return {
        file_name(f"{number} {article.title}"): _written(article, path, day)
        for number, (article, day) in enumerate(zip_longest(squad.data, days), 1)
    }


def _written(article: _Article, path: Path, day: date | None) -> str:
    contexts = list(dict.fromkeys(collapsed(passage.context) for passage in article.paragraphs))
    if "" in contexts:
        raise CaseError(f"{path}: article “{article.title}” has a context without a word; take the paragraph out")
    kept = [text for text in contexts if not any(text in other for other in contexts if other != text)]
    return markdown(title_of(article), kept, day=day)


class _Places:
    """An article's document as the indexer reads it, and the words that name a place in it."""

    def __init__(self, folder: Path, name: str) -> None:
        document = load(SourceFile(path=folder / name, place=name))
        self.document = name
        self.text = document.text
        self._paragraphs = segment(document, max_paragraph_chars=_MAX_PARAGRAPH_CHARS)
        self._starts = [paragraph.start for paragraph in self._paragraphs]
        self._is_unique: dict[str, bool] = {}

    def anchor(self, offset: int) -> str | None:
        """Return the sentence at an offset, or its whole paragraph when others have the same sentence.

        None when the indexer leaves out what stands there.
        """
        at = bisect.bisect_right(self._starts, offset) - 1
        if at < 0 or offset >= self._paragraphs[at].end:
            return None
        paragraph = self._paragraphs[at]
        sentence = next(
            paragraph.text[start:end] for start, end in sentences(paragraph.text) if offset < paragraph.start + end
        )
        if sentence not in self._is_unique:
            self._is_unique[sentence] = sum(sentence in other.text for other in self._paragraphs) == 1
        return sentence if self._is_unique[sentence] else paragraph.text


def _cases(article: _Article, places: _Places, path: Path) -> Iterator[Case]:
    for number, passage in enumerate(article.paragraphs, 1):
        for question in passage.qas:
            where = f"{path}: article “{article.title}”, paragraph {number}, question {question.id}"
            _require_sense(question, passage, where)
            yield Case(
                id=case_id(question.id),
                question=collapsed(question.question),
                expect=_UNANSWERABLE if question.is_impossible else _answerable(question, passage, places, where),
                tags=(title_of(article),),
                stratum="unanswerable" if question.is_impossible else "answerable",
                cluster=f"{places.document}-{number}",
            )


def _require_sense(question: Question, passage: Passage, where: str) -> None:
    if question.is_impossible == bool(question.answers):
        found = "is impossible and has answers" if question.answers else "has no answer and is not marked as impossible"
        raise CaseError(f"{where}: {found}; correct `is_impossible` or `answers`")
    if not collapsed(question.question):
        raise CaseError(f"{where}: has no words; take it out")
    for answer in question.answers:
        found = passage.context[answer.answer_start :][: len(answer.text)]
        if found != answer.text or not collapsed(answer.text):
            raise CaseError(
                f"{where}: at {answer.answer_start} the context has “{found}”, not “{answer.text}”; correct the answer"
            )


def _answerable(question: Question, passage: Passage, places: _Places, where: str) -> Expectation:
    # Of the 3,186 questions of half the development set, one has "." among its answers, which says nothing.
    answers = [answer for answer in question.answers if re.search(r"\w", answer.text)] or question.answers
    context = collapsed(passage.context)
    start = places.text.index(context)
    anchors = []
    for answer in answers:
        before = len(collapsed(passage.context[: answer.answer_start]))
        anchor = places.anchor(start + context.index(collapsed(answer.text), before))
        if anchor is None:
            raise CaseError(f"{where}: the indexer reads its context as a title, date or menu; take the paragraph out")
        anchors.append(anchor)
    return Expectation(
        status=("answered", "partial"),
        facts=(Fact(any=tuple(dict.fromkeys(collapsed(answer.text) for answer in answers))),),
        support=(tuple(Support(document=places.document, anchor=anchor) for anchor in dict.fromkeys(anchors)),),
    )
