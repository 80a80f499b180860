"""Stage: make the outcome a value: what the findings on each part of the question amount to, and how it is told."""

import re
from collections.abc import Sequence

import msgspec

from qa_service.answer_text import AnswerText
from qa_service.asked import asks_about_a_name, asks_why
from qa_service.circumstances import premise, reported_beside
from qa_service.compare import day_of, differs, knows_of, supersedes
from qa_service.divide import with_names
from qa_service.finding import Finding
from qa_service.gate import Decision
from qa_service.namesakes import Namesake
from qa_service.quote import antecedent, bare, telling
from qa_service.values import Citation, Claim, Reason, Status
from qa_service.verify import Verified

_BRACKETS = re.compile(r"\[(\d+)\]")

_SEVERAL_FIT = "Several fit this name. "
_WHICH_ONE = "Which one do you mean?"
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


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """How one part came out, once it is in the text."""

    status: Status
    reason: Reason | None = None


def conclude(findings: Sequence[Finding], *, public_url: str) -> Outcome:
    """Return what the findings amount to: an answer, part of one, accounts that differ, a question back, or a refusal
    that says why.
    """
    page = AnswerText(public_url)
    told = [_tell(finding, page, alone=len(findings) == 1) for finding in findings]
    status, reason = _overall(told)
    if status == "refused":
        page = AnswerText(public_url)
        page.add_words(_refusal(reason or "unsupported", findings[0].decision))
    return Outcome(
        status=status,
        reason=reason,
        text=page.text,
        claims=page.claims,
        citations=page.citations,
        removed_claims=sum(finding.removed + len(finding.verified) - len(finding.supported) for finding in findings),
    )


def ask_back(namesakes: Sequence[Namesake], *, public_url: str) -> Outcome:
    """Return the question which of those who bear the name is meant."""
    page = AnswerText(public_url)
    page.add_words(_SEVERAL_FIT)
    for namesake in namesakes:
        page.add_words(f"{namesake.name}: ")
        page.add_quote([namesake.sentence])
    page.add_words(_WHICH_ONE)
    return Outcome(status="clarify", reason="ambiguous", text=page.text, claims=page.claims, citations=page.citations)


def _overall(told: Sequence[_Told]) -> tuple[Status, Reason | None]:
    """Answered when all parts are, refused when all parts are; of one part, what it is; otherwise partial."""
    statuses = {each.status for each in told}
    reasons = [each.reason for each in told if each.reason]
    first = reasons[0] if reasons else None
    if len(statuses) == 1:
        return told[0].status, first
    if statuses == {"answered", "conflict"}:
        return "conflict", first
    return "partial", first


def _tell(finding: Finding, page: AnswerText, *, alone: bool) -> _Told:
    failure = _failure(finding)
    if finding.supported:
        if finding.versions:
            return _tell_versions(finding, page)
        _tell_claims(finding.supported, page, question=finding.brief.whole)
        return _Told(status="partial", reason=failure) if failure else _Told(status="answered")
    if finding.extract:
        page.add_words("No short answer could be verified. The documents say: " if alone else "The documents say: ")
        page.add_quote(finding.extract)
        return _Told(status="partial", reason="deadline" if finding.draft.past_deadline else "extract")
    reason: Reason = failure or "unsupported"
    event = with_names(finding.part, finding.brief.whole)
    looked_for = reason != "deadline" and not finding.decision.missing_names
    likely = finding.decision.probability
    drafted = [sentence for claim in finding.verified for sentence in claim.support]
    if asks_why(finding.part) and looked_for and (reported := premise(event, finding.brief, likely, drafted=drafted)):
        beside = reported_beside(event, reported, finding.brief, told=telling(finding.brief, finding.decision))
        page.add_words(
            "The documents do not state a reason. They report, without linking one to the other: "
            if beside
            else "The documents do not state a reason. They report: "
        )
        page.add_quote(reported)
        page.add_quote(beside)
        return _Told(status="partial", reason="reason_not_stated")
    if not alone:
        page.add_words(f"To \u201c{_BRACKETS.sub('', finding.part)}\u201d: {_refusal(reason, finding.decision)}")
    return _Told(status="refused", reason=reason)


def _tell_claims(claims: Sequence[Verified], page: AnswerText, *, question: str) -> None:
    """Tell those claims that the text does not have."""
    for claim in claims:
        if not page.tells(claim.text):
            _tell_claim(claim, page, question=question)


def _tell_claim(claim: Verified, page: AnswerText, *, question: str) -> None:
    """Tell a claim of the answer to a question, and before it the sentence that tells what it is about, if it does not
    itself.
    """
    context = antecedent(claim.text, claim.support, question=question)
    before = [each for each in context if not page.tells(bare(each))]
    page.add_claim(" ".join([*map(bare, before), claim.text]), (*before, *claim.support), score=claim.score)


def _tell_versions(finding: Finding, page: AnswerText) -> _Told:
    """Tell the newest account first; older ones as corrected by it if it knows of them, as other readings of a name, as
    differing, or one beside the other. Those of one document are told as they stand there.
    """
    question = finding.brief.whole
    if finding.documents == {hit.paragraph.document_id for hit in finding.further_hits}:
        _tell_claims(sorted((*finding.supported, *finding.versions), key=_place), page, question=question)
        return _Told(status="answered")
    accounts = sorted((*finding.supported, *finding.versions), key=lambda claim: -day_of(claim))
    newest, older = accounts[0], accounts[1:]
    if all(supersedes(newest, other, finding.part) for other in older):
        _tell_claim(newest, page, question=question)
        for other in older:
            if knows_of(newest, other, finding.part):
                page.add_words(f"Before, {_named(other)}: ")
                _tell_claim(other, page, question=question)
        return _Told(status="answered")
    asks_back = asks_about_a_name(finding.part)
    differing = any(differs(newest, other, finding.part) for other in older)
    if asks_back:
        page.add_words(_SEVERAL_FIT)
    elif differing:
        page.add_words("The documents differ. ")
    for account in accounts:
        page.add_words(f"{_named(account)}: ")
        _tell_claim(account, page, question=question)
    if asks_back:
        page.add_words(_WHICH_ONE)
        return _Told(status="clarify", reason="ambiguous")
    return _Told(status="conflict", reason="sources_differ") if differing else _Told(status="answered")


def _place(claim: Verified) -> tuple[int, int]:
    """Return where in its document a claim's evidence begins: paragraph and sentence."""
    return min((sentence.hit.paragraph.number, sentence.index) for sentence in claim.support)


def _named(claim: Verified) -> str:
    """Return who says so, and when."""
    hit = claim.support[0].hit
    date = f" ({hit.published_at.isoformat()})" if hit.published_at else ""
    return _BRACKETS.sub("", hit.source or hit.title) + date


def _failure(finding: Finding) -> Reason | None:
    if finding.decision.reason:
        return finding.decision.reason
    if finding.draft.past_deadline:
        return "deadline"
    return next((claim.reason for claim in finding.verified if claim.reason), None)


def _refusal(reason: Reason, decision: Decision) -> str:
    if decision.missing_names:
        names = ", ".join(f"\u201c{name}\u201d" for name in decision.missing_names)
        return f"The documents found for this question do not mention {names}."
    return _REFUSALS[reason]
