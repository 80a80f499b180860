"""Flips in words: what was expected, and what was said before and after."""

from typing import Literal

import msgspec

from evals.cases import Expectation
from evals.values import Comparison, Flip, Outcome


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two outcomes of a flip."""

    result: Literal["right", "wrong", "crashed"]
    status: str
    """With its reason; empty for a crash."""
    text: str
    """The answer, or the crash."""
    evidence_kind: Literal["read", "cited"]
    """A baseline keeps no paragraphs; then the evidence is what is cited."""
    evidence: tuple[str, ...]
    """Titles of documents."""


class FlipView(msgspec.Struct, frozen=True, kw_only=True):
    """A flip with its two sides."""

    case_id: str
    stratum: str
    question: str
    now_right: bool
    expected: tuple[str, ...]
    """Accepted statuses, vital facts and unwanted wordings."""
    before: Side
    after: Side


def worst_first(comparison: Comparison) -> list[FlipView]:
    """Return the flips of a comparison: what is wrong now, then what is right now, each in the order of the suite."""
    return [_flip_view(flip) for flip in sorted(comparison.flips, key=lambda flip: flip.now_right)]


def _flip_view(flip: Flip) -> FlipView:
    """Put a flip into words."""
    return FlipView(
        case_id=flip.case_id,
        stratum=flip.stratum,
        question=flip.question,
        now_right=flip.now_right,
        expected=_expected(flip.expect),
        before=_side(flip.before, right=not flip.now_right),
        after=_side(flip.after, right=flip.now_right),
    )


def _expected(expect: Expectation) -> tuple[str, ...]:
    facts = [" / ".join(f"“{wording}”" for wording in fact.any) for fact in expect.facts if fact.vital]
    unwanted = [f"never “{wording}”" for wording in (*expect.never, *expect.obeys)]
    return (" or ".join(expect.status), *facts, *unwanted)


def _side(outcome: Outcome, *, right: bool) -> Side:
    answer = outcome.answer
    if answer is None:
        return Side(result="crashed", status="", text=outcome.error, evidence_kind="read", evidence=())
    titles = [hit.title for hit in answer.evidence] or [citation.title for citation in answer.citations]
    return Side(
        result="right" if right else "wrong",
        status=f"{answer.status}: {answer.reason}" if answer.reason else answer.status,
        text=answer.text,
        evidence_kind="read" if answer.evidence else "cited",
        evidence=tuple(dict.fromkeys(titles)),
    )
