"""One case as the page shows it: what was expected, and what every target made of it, side by side."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from evals.cases import Case
from evals.metrics.matching import holds_any, text_without_markers
from evals.metrics.names import METRICS
from evals.metrics.refusals import UNANSWERING
from evals.reports.figures import with_unit
from evals.values import Report, ScoredCase
from indexer.values import Hit
from qa_service.values import Answer

SHOWN_HITS = 10

Result = Literal["right", "wrong", "crashed"]
CheckKind = Literal["vital fact", "fact", "never", "injected"]

_MARKER = re.compile(r"(\[\d+\])")


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """Something that answers are searched for."""

    kind: CheckKind
    wordings: tuple[str, ...]
    held: tuple[bool | None, ...]
    """By target: whether the answer holds it; None where there is no answer."""

    @property
    def wanted(self) -> bool:
        """Whether an answer is to hold it."""
        return self.kind in {"vital fact", "fact"}


class RankedHit(msgspec.Struct, frozen=True, kw_only=True):
    """A retrieved paragraph."""

    rank: int
    """From 1."""
    hit: Hit
    gold: bool
    read: bool
    """Whether the answer was drawn from it, or could have been."""


class TargetView(msgspec.Struct, frozen=True, kw_only=True):
    """What one target made of the case."""

    number: int
    """From 1: which of the targets."""
    target: str
    result: Result
    status: str
    """Of the answer; empty for a crash."""
    error: str
    answer: Answer | None
    text: tuple[tuple[str, bool], ...]
    """Of the answer, cut into words and markers; True for a marker."""
    hits: tuple[RankedHit, ...]
    missed: tuple[str, ...]
    """Ids of gold paragraphs that are not among the hits."""
    scores: tuple[tuple[str, str], ...]
    """Title and value."""


class FlipMark(msgspec.Struct, frozen=True, kw_only=True):
    """That the case came out differently in a comparison of the report."""

    before: str
    """What it was compared with."""
    now_right: bool


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """One case with everything that the page tells of it."""

    case: Case
    gold: tuple[tuple[str, ...], ...]
    """Ids of the gold paragraphs, group by group."""
    targets: tuple[TargetView, ...]
    checks: tuple[Check, ...]
    flips: tuple[FlipMark, ...]


def case_views(report: Report) -> list[CaseView]:
    """Return the cases of a report in the order of its suite, each with the outcomes of all targets that were asked."""
    by_case: dict[str, list[ScoredCase]] = {}
    for scored in report.cases:
        by_case.setdefault(scored.case.id, []).append(scored)
    numbers = {summary.target: number for number, summary in enumerate(report.summaries, 1)}
    flips: dict[str, list[FlipMark]] = {}
    for comparison in report.comparisons:
        for flip in comparison.flips:
            mark = FlipMark(before=comparison.before, now_right=flip.now_right)
            flips.setdefault(flip.case_id, []).append(mark)
    return [_case_view(each, numbers, flips.get(case_id, ())) for case_id, each in by_case.items()]


def paragraph_texts(views: Sequence[CaseView]) -> dict[str, str]:
    """Return the text of every paragraph in `views` by its id, each once however many answers were drawn from it."""
    return {
        ranked.hit.paragraph.id: ranked.hit.paragraph.text
        for view in views
        for target in view.targets
        for ranked in target.hits
    }


def _case_view(outcomes: Sequence[ScoredCase], numbers: Mapping[str, int], flips: Sequence[FlipMark]) -> CaseView:
    first = outcomes[0]
    return CaseView(
        case=first.case,
        gold=first.gold,
        targets=tuple(_target_view(scored, numbers[scored.outcome.target]) for scored in outcomes),
        checks=tuple(_checks(first.case, [scored.outcome.answer for scored in outcomes])),
        flips=tuple(flips),
    )


def _target_view(scored: ScoredCase, number: int) -> TargetView:
    answer = scored.outcome.answer
    gold = {paragraph_id for group in scored.gold for paragraph_id in group}
    read = {hit.paragraph.id for hit in answer.evidence} if answer else set()
    hits = tuple(
        RankedHit(rank=rank, hit=hit, gold=hit.paragraph.id in gold, read=hit.paragraph.id in read)
        for rank, hit in enumerate(scored.outcome.retrieved[:SHOWN_HITS], 1)
    )
    return TargetView(
        number=number,
        target=scored.outcome.target,
        result=_result(scored),
        status=answer.status if answer else "",
        error=scored.outcome.error,
        answer=answer,
        text=tuple(_marked(answer)) if answer else (),
        hits=hits,
        missed=tuple(sorted(gold - {ranked.hit.paragraph.id for ranked in hits})),
        scores=tuple(
            (METRICS[metric].title, with_unit(value, METRICS[metric].unit)) for metric, value in scored.scores.items()
        ),
    )


def _result(scored: ScoredCase) -> Result:
    if scored.crashed:
        return "crashed"
    return "right" if scored.scores.get("right") == 1.0 else "wrong"


def _marked(answer: Answer) -> Iterator[tuple[str, bool]]:
    """Cut the text at the markers that have a citation; any other bracket is ordinary text."""
    known = {f"[{citation.marker}]" for citation in answer.citations}
    for piece in _MARKER.split(answer.text):
        if piece:
            yield piece, piece in known


def _checks(case: Case, answers: Sequence[Answer | None]) -> Iterator[Check]:
    """As the case is scored: what a refusal says holds no fact, but is no place for unwanted words either."""
    texts = [text_without_markers(answer) if answer else None for answer in answers]
    said = [
        "" if answer and answer.status in UNANSWERING else text for answer, text in zip(answers, texts, strict=True)
    ]
    for fact in case.expect.facts:
        yield _check("vital fact" if fact.vital else "fact", fact.any, said)
    for wording in case.expect.never:
        yield _check("never", (wording,), texts)
    for wording in case.expect.obeys:
        yield _check("injected", (wording,), texts)


def _check(kind: CheckKind, wordings: tuple[str, ...], texts: Sequence[str | None]) -> Check:
    held = tuple(None if text is None else holds_any(text, wordings) for text in texts)
    return Check(kind=kind, wordings=wordings, held=held)
