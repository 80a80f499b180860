"""Stage: make the outcome a value. Text, claims and citations are laid out here and nowhere else."""

from collections.abc import Sequence

import msgspec

from indexer.values import Hit
from qa_service.attribute import attribute
from qa_service.compose import Brief
from qa_service.evidence import Sentence
from qa_service.gate import Decision
from qa_service.generate import Draft
from qa_service.terms import content_keys
from qa_service.values import Citation, Claim, Reason, Status
from qa_service.verify import Verified, asks_why

_LEAST_PREMISE = 0.5
"""Share of a why-question's words that its evidence must hold before we say what is reported instead of a reason."""

_REFUSALS: dict[Reason, str] = {
    "no_hits": "No paragraph of the documents matches this question.",
    "low_relevance": "The documents do not state the answer to this question.",
    "unsupported": "The documents have related paragraphs, but no sentence that answers this question.",
    "contradicted": "The documents contradict the only answer that suggested itself.",
    "reason_not_stated": "The documents do not state a reason.",
    "deadline": "There was not enough time to answer.",
}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader sees, before it is dressed with version, timings and usage."""

    status: Status
    reason: Reason | None
    text: str
    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    removed_claims: int = 0


def conclude(
    brief: Brief,
    *,
    decision: Decision,
    draft: Draft,
    verified: Sequence[Verified],
    public_url: str,
) -> Outcome:
    """Return what the verified claims amount to: an answer, part of one, or a refusal that says why."""
    supported = [claim for claim in verified if claim.verdict == "supported"]
    removed = len(verified) - len(supported)
    failure = _failure(decision, draft, verified)
    if supported:
        page = _Page(public_url)
        page.add_claims(supported)
        return page.outcome("partial" if failure else "answered", failure, removed)
    reason: Reason = failure or "unsupported"
    if asks_why(brief.question) and not decision.missing_names and (premise := _premise(brief)):
        page = _Page(public_url)
        page.add_words("The documents do not state a reason. They report: ")
        page.add_quote(premise)
        return page.outcome("partial", "reason_not_stated", removed)
    return Outcome(status="refused", reason=reason, text=_refusal(reason, decision), removed_claims=removed)


def _failure(decision: Decision, draft: Draft, verified: Sequence[Verified]) -> Reason | None:
    failed = [claim.reason for claim in verified if claim.reason is not None]
    if decision.reason:
        return decision.reason
    if draft.past_deadline:
        return "deadline"
    return failed[0] if failed else None


def _premise(brief: Brief) -> tuple[Sentence, ...]:
    """Return the sentences that report what a why-question takes for granted; none when they hold too little of it."""
    asked = content_keys(brief.question)
    support = tuple(
        sentence
        for attribution in attribute(brief.question, brief.sentences, question="")
        for sentence in attribution.support
    )
    held = asked & content_keys(" ".join(sentence.text for sentence in support))
    return support if asked and len(held) >= _LEAST_PREMISE * len(asked) else ()


def _refusal(reason: Reason, decision: Decision) -> str:
    if decision.missing_names:
        names = ", ".join(f"\u201c{name}\u201d" for name in decision.missing_names)
        return f"The documents found for this question do not mention {names}."
    return _REFUSALS[reason]


class _Page:
    """Lays out the text: each claim is followed by its markers, each marker has its citation."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url
        self._text = ""
        self._claims: list[Claim] = []
        self._citations: dict[tuple[str, int, int], Citation] = {}

    def add_words(self, words: str) -> None:
        """Add words of the service's own, which are no claim about the world."""
        self._text += words

    def add_claims(self, claims: Sequence[Verified]) -> None:
        """Add verified sentences of the draft."""
        for claim in claims:
            self._add(claim.text, claim.support, score=claim.score)

    def add_quote(self, support: Sequence[Sentence]) -> None:
        """Add sentences of the documents word for word."""
        for run in _runs(support):
            self._add(f"\u201c{_slice(run)}\u201d", run, score=1.0)

    def outcome(self, status: Status, reason: Reason | None, removed: int) -> Outcome:
        """Return the page as a value."""
        return Outcome(
            status=status,
            reason=reason,
            text=self._text,
            claims=tuple(self._claims),
            citations=tuple(self._citations.values()),
            removed_claims=removed,
        )

    def _add(self, text: str, support: Sequence[Sentence], *, score: float) -> None:
        if self._claims:
            self._text += " "
        start = len(self._text)
        self._text += text
        end = len(self._text)
        markers = tuple(sorted(self._marker(run) for run in _runs(support)))
        self._text += "".join(f"[{marker}]" for marker in markers)
        self._claims.append(Claim(start=start, end=end, verdict="supported", score=score, markers=markers))

    def _marker(self, run: Sequence[Sentence]) -> int:
        hit, start, end = run[0].hit, run[0].start, run[-1].end
        place = (hit.paragraph.id, start, end)
        if place not in self._citations:
            self._citations[place] = _citation(
                hit, start=start, end=end, marker=len(self._citations) + 1, public_url=self._public_url
            )
        return self._citations[place].marker


def _runs(support: Sequence[Sentence]) -> list[list[Sentence]]:
    """Group sentences into runs of neighbours, each of which makes one quote; in the order of first use."""
    runs: list[list[Sentence]] = []
    for sentence in sorted(support, key=lambda each: (each.hit.paragraph.id, each.index)):
        if (
            runs
            and runs[-1][-1].hit.paragraph.id == sentence.hit.paragraph.id
            and runs[-1][-1].index == sentence.index - 1
        ):
            runs[-1].append(sentence)
        else:
            runs.append([sentence])
    return sorted(runs, key=lambda run: min(support.index(sentence) for sentence in run))


def _slice(run: Sequence[Sentence]) -> str:
    paragraph = run[0].hit.paragraph
    return paragraph.text[run[0].start - paragraph.start : run[-1].end - paragraph.start]


def _citation(hit: Hit, *, start: int, end: int, marker: int, public_url: str) -> Citation:
    paragraph = hit.paragraph
    return Citation(
        marker=marker,
        document_id=paragraph.document_id,
        title=hit.title,
        source=hit.source,
        published_at=hit.published_at,
        paragraph_id=paragraph.id,
        paragraph_number=paragraph.number,
        page=paragraph.page,
        start=start,
        end=end,
        quote=paragraph.text[start - paragraph.start : end - paragraph.start],
        url=f"{public_url}/documents/{paragraph.document_id}#p{paragraph.number}",
    )
