"""Stage: where a draft does not hold, a second one, then an extract."""

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from config.settings import AnswerSettings
from qa_service.asked import answers_kind, asks_for_words, asks_why
from qa_service.attribute import attribute
from qa_service.compose import Brief, narrow
from qa_service.evidence import Sentence, joined
from qa_service.finding import Finding
from qa_service.gate import decide
from qa_service.generate import ASK, COPY, Draft, Instruction, generate
from qa_service.llm.port import ModelSession
from qa_service.quote import Check, Checks, quote, telling
from qa_service.terms import content_keys
from qa_service.verify import Verified

_LEAST_HELD = 0.7
"""Share of the question's words that an extract must hold."""

Redraft = Callable[[Finding, Brief, Instruction], Finding]
"""Draft anew from a brief, as an instruction says, and verify."""


def mend(
    finding: Finding,
    *,
    session: ModelSession,
    settings: AnswerSettings,
    deadline_s: float,
    checks: Checks,
) -> Finding:
    """Return the finding with a second draft, if none of the first one's claims holds; with an extract, if none of the
    second one's does either or the deadline left no time for an answer. What a later report takes back is first looked
    for in it anew.

    Drafts are checked with the model's say; a quotation by its words alone, as it may be about something else. A
    finding behind a closed gate stays as it is, and of a draft that the model itself doubts nothing else is made; nor
    where the words that answer are known, as a second draft would have no others.
    """
    if finding.decision.reason is not None or finding.supported:
        return finding
    check, confirmed = checks(finding.brief, finding.decision)
    doubted = any(claim.doubted for claim in finding.verified)
    redraft = partial(_redrafted, session=session, settings=settings, deadline_s=deadline_s, check=confirmed)
    first = finding
    if finding.corrected:
        finding = _put_right(finding, session=session, settings=settings, checks=checks)
    if finding.verified and not finding.supported and not (finding.draft.past_deadline or doubted):
        finding = _drafted_anew(finding, redraft=redraft, session=session, settings=settings)
    if finding.supported:
        return finding
    extract = finding.corrected or first.corrected
    if not (extract or doubted):
        extract = _reworded((*finding.verified, *first.verified), finding, settings=settings)
    if not (extract and answers_kind(joined(extract), finding.part)):
        extract = () if doubted else _extract(finding, settings=settings, check=check)
    return msgspec.structs.replace(finding, extract=extract)


def _put_right(finding: Finding, *, session: ModelSession, settings: AnswerSettings, checks: Checks) -> Finding:
    """Return the finding with the sentence that answers among those that take its draft back; as it is without one."""
    brief = narrow(finding.brief, finding.corrected, session=session)
    decision = decide(brief, session=session, settings=settings)
    _, confirmed = checks(brief, decision)
    draft, verified = quote(brief, decision, confirmed=confirmed, settings=settings)
    if not verified or any(claim.verdict != "supported" for claim in verified):
        return finding
    return _with_draft(finding, draft, verified)


def _drafted_anew(finding: Finding, *, redraft: Redraft, session: ModelSession, settings: AnswerSettings) -> Finding:
    """Return the finding with a second draft: over what takes the first one back; where the evidence is probable to
    answer, a sentence copied from it; else over the sentences that the first draft and the question point to. As it is
    where the words that answer are known.
    """
    if finding.corrected:
        outdated = msgspec.structs.replace(finding.decision, words="")
        finding = msgspec.structs.replace(finding, decision=outdated)
        return redraft(finding, narrow(finding.brief, finding.corrected, session=session), ASK)
    if asks_for_words(finding.part) and telling(finding.brief, finding.decision):
        return finding
    if _is_probable(finding, settings):
        return redraft(finding, finding.brief, COPY)
    return redraft(finding, narrow(finding.brief, _pointed_to(finding), session=session), ASK)


def _redrafted(
    finding: Finding,
    brief: Brief,
    instruction: Instruction,
    *,
    session: ModelSession,
    settings: AnswerSettings,
    deadline_s: float,
    check: Check,
) -> Finding:
    """Return the finding with another draft in place of its own, from `brief`; as it is where that is empty. It is not
    shown on the way: the reader has just seen the first.
    """
    if not brief.passages:
        return finding
    draft = generate(
        brief,
        finding.decision,
        session=session,
        settings=settings,
        deadline_s=deadline_s,
        instruction=instruction,
    )
    return _with_draft(finding, draft, check(draft.text, brief.sentences))


def _with_draft(finding: Finding, draft: Draft, verified: tuple[Verified, ...]) -> Finding:
    """Return the finding with another draft and its claims; those that it had are removed."""
    return msgspec.structs.replace(
        finding, draft=draft, verified=verified, removed=finding.removed + len(finding.verified)
    )


def _pointed_to(finding: Finding) -> tuple[Sentence, ...]:
    """Return the sentences that the failed draft and the question point to, each with its predecessor."""
    pointed = {
        sentence.place
        for text in (*(claim.text for claim in finding.verified), finding.part)
        for attribution in attribute(text, finding.brief.sentences, question="")
        for sentence in attribution.support
    }
    wanted = pointed | {(paragraph, index - 1) for paragraph, index in pointed}
    return tuple(sentence for sentence in finding.brief.sentences if sentence.place in wanted)


def _reworded(claims: Sequence[Verified], finding: Finding, *, settings: AnswerSettings) -> tuple[Sentence, ...]:
    """Return what a claim rests on that fails by nothing but its wording, if the model is confident of it or, where it
    has no adapter to be so, the evidence is probable to answer; never where a reason is asked for.
    """
    reworded = next((claim for claim in claims if claim.rewords and not claim.doubted), None)
    if reworded is None or asks_why(finding.part) or not (settings.adapter or _is_probable(finding, settings)):
        return ()
    return reworded.support


def _extract(finding: Finding, *, settings: AnswerSettings, check: Check) -> tuple[Sentence, ...]:
    """Return the sentences to quote in place of an answer, best first: what holds most of question and draft, of one
    document where that suffices.

    None when the evidence is not probable enough to hold the answer, when they lack the number or the time that is
    asked for or too many words of the question, or when it asks for a reason: a quotation would pass for one.
    """
    if asks_why(finding.part) or not _is_probable(finding, settings):
        return ()
    drafted = " ".join(claim.text for claim in finding.verified)
    attributions = attribute(f"{finding.part} {drafted}", finding.brief.sentences, question=finding.part)
    found = attributions[0].support if attributions else ()
    one = tuple(each for each in found if each.hit.paragraph.document_id == found[0].hit.paragraph.document_id)
    serving = (support for support in (one, found) if _serves(support, finding.part) and _holds(support, check))
    return next(serving, ())


def _is_probable(finding: Finding, settings: AnswerSettings) -> bool:
    """Tell whether the evidence is probable enough to hold the answer for its sentences to be given as one."""
    probability = finding.decision.probability
    return probability is None or probability >= settings.trust_threshold


def _holds(quoted: Sequence[Sentence], check: Check) -> bool:
    """Tell whether the first sentence of a quotation would hold as an answer."""
    return bool(quoted) and all(claim.verdict == "supported" for claim in check(quoted[0].text, quoted[:1]))


def _serves(support: Sequence[Sentence], part: str) -> bool:
    """Tell whether a quotation holds enough of what the question says, and what it asks for."""
    quoted = joined(support)
    asked = content_keys(part)
    return len(asked & content_keys(quoted)) >= _LEAST_HELD * len(asked) and answers_kind(quoted, part)
