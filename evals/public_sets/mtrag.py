"""Suites from files of conversations in the format of MTRAG-UN (Rosenthal et al. 2026, arXiv:2602.23184)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import dropwhile
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from evals.cases import Case, Expectation, Stratum, Suite, Support, Words
from evals.errors import CaseError
from evals.ids import case_id, suite_name
from evals.public_sets.documents import collapsed, file_name, markdown, require_different_ids, write_documents
from indexer.loaders.decode import readable
from qa_service.values import MAX_QUESTION_CHARS, MAX_TURN_CHARS, MAX_TURNS, Status, Turn

_Answerability = Literal["ANSWERABLE", "PARTIAL", "UNANSWERABLE", "UNDERSPECIFIED"]

_STRATA: Mapping[_Answerability, Stratum] = {
    "ANSWERABLE": Stratum(name="answerable", title="Answerable (MTRAG)"),
    "PARTIAL": Stratum(name="partial", title="Partly answerable (MTRAG)"),
    "UNANSWERABLE": Stratum(name="unanswerable", title="Unanswerable (MTRAG)"),
    "UNDERSPECIFIED": Stratum(name="underspecified", title="Underspecified (MTRAG)"),
}
_STATUS: Mapping[_Answerability, tuple[Status, ...]] = {
    "ANSWERABLE": ("answered", "partial", "conflict"),
    "PARTIAL": ("partial", "answered", "conflict"),
    "UNANSWERABLE": ("refused",),
    "UNDERSPECIFIED": ("clarify", "refused"),
}
_ID_SEPARATOR = "<::>"
_NO_TAG = "N/A"


class _Passage(msgspec.Struct, frozen=True, kw_only=True):
    id: Words = msgspec.field(name="document_id")
    title: str = ""
    text: str


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    speaker: Literal["user", "agent"]
    text: str


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    id: Words = msgspec.field(name="task_id")
    conversation_id: Words
    contexts: tuple[_Passage, ...]
    said: Annotated[tuple[_Said, ...], Meta(min_length=1)] = msgspec.field(name="input")
    targets: Annotated[tuple[_Said, ...], Meta(min_length=1)]
    answerability: tuple[_Answerability]
    question_types: tuple[str, ...] = msgspec.field(name="Question Type", default=())
    turn_types: tuple[str, ...] = msgspec.field(name="Multi-Turn", default=())
    collection: str = msgspec.field(name="Collection", default="")


def load_mtrag(path: Path, *, folder: Path) -> Suite:
    """Make a suite of a file with one question of a conversation a line; its passages become the corpus in `folder`.

    A question becomes a case with the turns before it: the latest ones, and of a long one the beginning, as far as the
    service takes them. It expects a status by its answerability, has the first target as its reference answer, and its
    passages as one group of support. Questions of one conversation are one cluster.

    Every passage is a document of one paragraph, because it is what the set judges, and many are menus and tables of
    web pages, whose lines say nothing alone; the indexer cuts long ones. A title that is repeated on the first line is
    left out there, and passages with the same title and text are one document. Keys that are not needed are passed
    over.

    Raises CaseError, naming file and line, for what cannot be read or is not in this format, a question that is not
    the user's or too long, a passage or question without a word, a passage id with two texts, an answerable question
    without passages or reference, and an id that is used twice; for a file without any passage; and for a folder that
    holds other files.
    """
    tasks = list(_tasks(path))
    corpus = _Corpus()
    cases = [_case(task, corpus, where) for where, task in tasks]
    if not corpus.documents:
        raise CaseError(f"{path}: no line has a passage in its contexts, so that there is nothing to search; add some")
    require_different_ids(cases, path)
    write_documents(folder, corpus.documents)
    return Suite(name=suite_name(path.stem), corpus=folder, strata=tuple(_STRATA.values()), cases=tuple(cases))


def _tasks(path: Path) -> Iterator[tuple[str, _Task]]:
    """The lines that are not blank, each with where it stands."""
    decoder = msgspec.json.Decoder(_Task)
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise CaseError(f"{path}: cannot be read ({error.strerror})") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            where = f"{path}: line {number}"
            try:
                yield where, decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise CaseError(f"{where}: not in the format of MTRAG-UN: {error}") from error


class _Corpus:
    """The documents of all passages so far, each once."""

    def __init__(self) -> None:
        self.documents: dict[str, str] = {}
        """What is written, by file name."""
        self._names: dict[str, str] = {}
        self._written: dict[str, str] = {}

    def name_of(self, passage: _Passage, where: str) -> str:
        """Return the file name of a passage's document, that of an earlier passage if it says the same."""
        written = _written(passage)
        if not written:
            raise CaseError(f"{where}: the passage {passage.id} has no words; take it out")
        if self._written.setdefault(passage.id, written) != written:
            raise CaseError(f"{where}: the passage {passage.id} has another text above; give each passage its own id")
        name = self._names.setdefault(written, file_name(passage.id))
        self.documents[name] = written
        return name


def _written(passage: _Passage) -> str:
    """The document of a passage; empty for one without a word."""
    title = collapsed(passage.title)
    lines = map(collapsed, readable(passage.text).split("\n"))
    text = collapsed(" ".join(dropwhile(lambda line: line in {"", title}, lines))) or title
    return markdown(title, [text]) if text else ""


def _case(task: _Task, corpus: _Corpus, where: str) -> Case:
    answerability = task.answerability[0]
    tags = (*task.question_types, *task.turn_types, task.collection)
    case = Case(
        id=case_id(task.id.replace(_ID_SEPARATOR, "-")),
        question=_question(task.said[-1], where),
        conversation=_conversation(task.said[:-1]),
        expect=Expectation(
            status=_STATUS[answerability],
            reference=collapsed(task.targets[0].text),
            support=_support(corpus.name_of(passage, where) for passage in task.contexts),
        ),
        tags=tuple(tag for tag in tags if tag not in {"", _NO_TAG}),
        stratum=_STRATA[answerability].name,
        cluster=task.conversation_id,
    )
    if case.answerable and not (case.expect.reference and case.expect.support):
        lacking = "contexts" if case.expect.reference else "words in its target"
        raise CaseError(f"{where}: is {answerability} and has no {lacking}; add them or correct `answerability`")
    return case


def _question(last: _Said, where: str) -> str:
    question = collapsed(last.text)
    if last.speaker != "user" or not question:
        found = "has no words" if last.speaker == "user" else "is not the user's"
        raise CaseError(f"{where}: the last turn of `input` {found}; end with the question")
    if len(question) > MAX_QUESTION_CHARS:
        raise CaseError(
            f"{where}: the question has {len(question)} characters, {MAX_QUESTION_CHARS} are allowed; take the line out"
        )
    return question


def _conversation(earlier: Sequence[_Said]) -> tuple[Turn, ...]:
    """The latest turns that have words, with their line ends."""
    turns = [
        Turn(role="user" if said.speaker == "user" else "assistant", text=text[:MAX_TURN_CHARS].rstrip())
        for said in earlier
        if (text := readable(said.text).strip())
    ]
    return tuple(turns[-MAX_TURNS:])


def _support(names: Iterable[str]) -> tuple[tuple[Support, ...], ...]:
    group = tuple(Support(document=name) for name in dict.fromkeys(names))
    return (group,) if group else ()
