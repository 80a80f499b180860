"""From thumbs-down records to drafts of cases, which a maintainer completes.

A feedback file holds one `Feedback` as JSON a line. A draft is a case with the key `draft`, which `load_suite` refuses
until the draft is complete and the key is taken out.
"""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from evals.cases import Case, Expectation, Support
from evals.errors import FeedbackError
from evals.ids import digest, slug
from evals.whole_files import write_whole
from evals.yaml_text import yaml_text
from indexer.search import Index
from indexer.values import Filters
from qa_service.values import MAX_QUESTION_CHARS, MAX_TURNS, Answer, Citation, Turn

_ANCHOR_WORDS = 10
_NOT_A_LIST = "more cases cannot be added to it; begin each of its cases with `- ` at the start of a line"


class Feedback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a user thought of an answer, with all that was asked."""

    rating: Literal["up", "down"]
    question: Annotated[str, Meta(min_length=1, max_length=MAX_QUESTION_CHARS)]
    conversation: Annotated[tuple[Turn, ...], Meta(max_length=MAX_TURNS)] = ()
    filters: Filters = Filters()
    answer: Answer
    comment: str = ""
    at: Annotated[datetime.datetime, Meta(tz=True)]


class Drafts(msgspec.Struct, frozen=True, kw_only=True):
    """What a feedback file gives."""

    cases: tuple[Case, ...]
    """One for each thumbs-down record, in order; not yet complete."""
    up_count: int
    """Thumbs-up records, which become nothing."""


def draft_cases(path: Path, *, index: Index | None = None) -> Drafts:
    """Draft a case from each thumbs-down record of a feedback file; blank lines are passed over.

    A draft asks what was asked and tells in its note what was answered and why that was disliked. It expects an answer,
    without facts, and suggests the cited paragraphs as support: those whose documents are in `index`. The others are
    named in the note. The same record gives the same id.

    Raises FeedbackError, naming file, line and key, for a file that cannot be read or a line that is no record.
    """
    records = list(_records(path))
    return Drafts(
        cases=tuple(_draft(record, index) for record in records if record.rating == "down"),
        up_count=sum(record.rating == "up" for record in records),
    )


def write_drafts(path: Path, cases: Sequence[Case]) -> int:
    """Add drafts to a file of cases, which need not exist, and return how many; what is in it stays as it is.

    A draft whose id is already in the file, completed or not, is not added again. Raises FeedbackError when the file
    cannot be read or written, or is no list of cases to which more can be added.
    """
    try:
        present = path.read_bytes().decode() if path.exists() else ""
        listed = _list_of_cases(present, path)
        known = {str(each.get("id")) for each in listed if isinstance(each, dict)}
        new = {case.id: _plain(case) for case in cases if case.id not in known}
        if not new:
            return 0
        blocks = [present.rstrip("\n")] if present.strip() else []
        text = "\n\n".join([*blocks, *(yaml_text([plain]).rstrip("\n") for plain in new.values())]) + "\n"
        if _list_of_cases(text, path) != [*listed, *new.values()]:
            raise FeedbackError(f"{path}: {_NOT_A_LIST}")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode())
    except (OSError, UnicodeDecodeError) as error:
        raise FeedbackError(f"{path}: cannot be read or written ({error}); name another file") from error
    return len(new)


def _records(path: Path) -> Iterator[Feedback]:
    decoder = msgspec.json.Decoder(Feedback)
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise FeedbackError(f"{path}: cannot be read ({error.strerror})") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise FeedbackError(f"{path}: line {number}: {error}") from error


def _draft(record: Feedback, index: Index | None) -> Case:
    cited: dict[str, Citation] = {}
    for citation in record.answer.citations:
        cited.setdefault(citation.paragraph_id, citation)
    support, unplaced = [], []
    for citation in cited.values():
        document = index.document(citation.document_id) if index else None
        if document:
            anchor = " ".join(citation.quote.split()[:_ANCHOR_WORDS])
            support.append((Support(document=document.path, anchor=anchor),))
        else:
            unplaced.append(citation)
    fingerprint = digest(msgspec.json.encode(record, order="sorted"), digits=8)
    return Case(
        id=f"{slug(record.question)}-{fingerprint}".removeprefix("-"),
        question=record.question,
        conversation=record.conversation,
        filters=record.filters,
        note=_note(record, unplaced),
        expect=Expectation(status=("answered", "partial"), support=tuple(support)),
    )


def _note(record: Feedback, unplaced: Sequence[Citation]) -> str:
    answer = record.answer
    comment = f": {record.comment.strip()}" if record.comment.strip() else ", without a comment."
    reason = f" ({answer.reason})" if answer.reason else ""
    return "\n".join(
        [
            f"Disliked on {record.at.astimezone(datetime.UTC).date()}{comment}",
            f"The outcome was {answer.status}{reason}: {answer.text}",
            *(
                f"It cites “{citation.title}”, paragraph {citation.paragraph_number}: “{citation.quote}”"
                for citation in unplaced
            ),
        ]
    )


def _plain(case: Case) -> Mapping[str, Any]:
    """A draft as it is written: its keys in the order in which one completes them, those without content left out."""
    filters = {key: value for key, value in msgspec.to_builtins(case.filters).items() if value}
    return {
        "id": case.id,
        "draft": True,
        "question": case.question,
        **({"conversation": msgspec.to_builtins(list(case.conversation))} if case.conversation else {}),
        **({"filters": filters} if filters else {}),
        "note": case.note,
        "expect": {
            "status": list(case.expect.status),
            "facts": [],
            "support": [
                [{"document": support.document, "anchor": support.anchor} for support in group]
                for group in case.expect.support
            ],
        },
    }


def _list_of_cases(text: str, path: Path) -> list[object]:
    try:
        listed = msgspec.yaml.decode(text)
    except msgspec.DecodeError as error:
        raise FeedbackError(f"{path}: {_NOT_A_LIST} ({' '.join(str(error).split())})") from error
    if not isinstance(listed, list | None):
        raise FeedbackError(f"{path}: {_NOT_A_LIST}")
    return listed or []
