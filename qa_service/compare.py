"""Stage: ask what other documents say about the same thing, and keep what differs."""

import re
from collections.abc import Sequence

import msgspec

from config.settings import AnswerSettings
from indexer.values import Hit
from qa_service.asked import asks_when, asks_why
from qa_service.compose import Brief, compose, narrow
from qa_service.corrections import CORRECTION_KEYS
from qa_service.evidence import Passage, Sentence, sentences_of
from qa_service.finding import Finding
from qa_service.gate import decide
from qa_service.generate import generate
from qa_service.instructions import gives_orders
from qa_service.llm.port import ModelSession
from qa_service.quote import Checks, quote
from qa_service.surroundings import Surroundings, beside
from qa_service.terms import MONTH_KEYS, TIME_KEYS, Kind, content_keys, keys, terms
from qa_service.verify import Verified
from qa_service.wordings import counting, tells_a_wish

MOST_VERSIONS = 2
_READ_OF_ACCOUNT = 2
"""Paragraphs of another document that are read whole, as far as they fit."""
_MOST_CANDIDATES = 2
"""Sentences of others that are read besides: with another number of the same, and a word of the question."""
_LEAST_SHARE = 0.6
"""Of the question's words that the answer's document holds, what another document must hold."""
_LEAST_ASKED_SHARE = 0.3
"""The same where the question asks what several say."""
_SAME_CAUSE_SHARE = 0.3
"""Of the words of two statements without names and numbers, what makes them say the same."""

_VALUES: tuple[Kind, ...] = ("number", "name")
_ASKS_FOR_NAME = re.compile(r"\b(?:who|whom|whose|where)\b", re.IGNORECASE)


def compare(
    finding: Finding,
    wide: Brief,
    found: Sequence[Sequence[Hit]],
    *,
    around: Surroundings,
    session: ModelSession,
    settings: AnswerSettings,
    deadline_s: float,
    checks: Checks,
    all_accounts: bool,
) -> Finding:
    """Return the finding with the differing statements of other documents, at most one a document; with `all_accounts`,
    where the question asks what several say, also with those that do not differ, and with another one of the same
    document. What a document says is read in `wide` and in what was `found` in it, the likeliest document first.

    The model is asked about one document at a time: whether it is sure that it answers and in which words, and whether
    the sentence with these, or else what it says itself, is right. That must be borne out by the document alone, around
    which those names of the question stand that stand around the answer, those of sources and of the answer itself
    aside: it is about the same. Nothing is asked of a document that plainly says the same or has nothing to differ by.
    """
    supported = finding.supported
    others = [_account(own, wide, supported, session=session, settings=settings) for own in found]
    support = [sentence for claim in supported for sentence in claim.support]
    asked = content_keys(finding.part)
    answers = frozenset[str]().union(*(_answers(claim, asked, "name") for claim in supported))
    names = (keys(terms(finding.brief.whole), "name") & beside(support, around)) - _sources([wide, *others]) - answers
    likely = _likely(
        others,
        told=wide,
        documents=finding.documents,
        around=around,
        least_share=_LEAST_ASKED_SHARE if all_accounts else _LEAST_SHARE,
    )
    differing = [brief for brief in likely if _may_differ(brief, supported) and not _says_the_same(brief, supported)]
    also = [brief for brief in likely if brief not in differing] if all_accounts else []

    def account(brief: Brief) -> tuple[Verified, ...]:
        claims = _stated(
            brief, surely=not all_accounts, session=session, settings=settings, deadline_s=deadline_s, checks=checks
        )
        return tuple(claim for claim in claims[:1] if names <= beside(claim.support, around))

    versions = [
        claim
        for brief in [*differing, *also][:MOST_VERSIONS]
        for claim in account(brief)
        if all_accounts or all(differs(claim, each, finding.part) for each in supported)
    ]
    if all_accounts and (rest := _rest(wide, support, session=session)).passages:
        versions += [
            claim for claim in account(rest) if all(_answers_otherwise(claim, each, finding.part) for each in supported)
        ]
    return msgspec.structs.replace(finding, versions=tuple(versions))


def _account(
    own: Sequence[Hit], wide: Brief, claims: Sequence[Verified], *, session: ModelSession, settings: AnswerSettings
) -> Brief:
    """Return a brief of one document: what is read of it in `wide`, what else was found in it, and those sentences that
    could differ from the claims by a number.
    """
    document = own[0].paragraph.document_id
    read = [sentence for sentence in wide.sentences if sentence.hit.paragraph.document_id == document]
    known = {sentence.hit.paragraph.id for sentence in read}
    further = [hit for hit in own[:_READ_OF_ACCOUNT] if hit.paragraph.id not in known]
    short = msgspec.structs.replace(settings, evidence_tokens=settings.first_evidence_tokens)
    more = compose(wide.question, further, whole=wide.whole, session=session, settings=short)[-1].sentences
    known_places = {sentence.place for sentence in (*read, *more)}
    asked = content_keys(wide.question)
    candidates = [
        sentence
        for hit in own
        if not gives_orders(hit.paragraph.text)
        for sentence in sentences_of(hit)
        if sentence.place not in known_places
        and asked & content_keys(sentence.text)
        and all(_could_differ(sentence, claim, wide.question, "number") for claim in claims)
    ]
    candidates.sort(key=lambda sentence: -len(asked & content_keys(sentence.text)))
    return narrow(wide, [*read, *more, *candidates[:_MOST_CANDIDATES]], session=session)


def _rest(wide: Brief, support: Sequence[Sentence], *, session: ModelSession) -> Brief:
    """Return a brief of what else the documents say on which the answer rests: one of them may tell two accounts."""
    told = {sentence.place for sentence in support}
    documents = {sentence.hit.paragraph.document_id for sentence in support}
    near = [each for sentence in support for each in sentences_of(sentence.hit)]
    read = [sentence for sentence in wide.sentences if sentence.hit.paragraph.document_id in documents]
    left = {sentence.place: sentence for sentence in (*near, *read) if sentence.place not in told}
    return narrow(wide, tuple(left.values()), session=session)


def _stated(
    brief: Brief,
    *,
    surely: bool,
    session: ModelSession,
    settings: AnswerSettings,
    deadline_s: float,
    checks: Checks,
) -> tuple[Verified, ...]:
    """Return what `brief` says to its question, as claims that hold or did until they were taken back; none where it
    does not answer, or not `surely`, or the words that do are known and stand in no sentence that holds.
    """
    decision = decide(brief, session=session, settings=settings, more=surely)
    if decision.reason or (surely and decision.probability is not None and not decision.sure):
        return ()
    _, confirmed = checks(brief, decision)
    told, claims = quote(brief, decision, confirmed=confirmed, settings=settings)
    if not (told.text or decision.words):
        draft = generate(brief, decision, session=session, settings=settings, deadline_s=deadline_s)
        claims = confirmed(draft.text, brief.sentences)
    return tuple(
        msgspec.structs.replace(claim, verdict="supported", reason=None)
        for claim in claims
        if claim.verdict == "supported" or claim.outdated
    )


def _answers_otherwise(one: Verified, other: Verified, part: str) -> bool:
    """Tell whether two statements answer with different numbers or names."""
    asked = content_keys(part)
    mine, yours = (_answers(claim, asked, *_VALUES) for claim in (one, other))
    return bool(mine and yours) and not mine & yours


def _says_the_same(brief: Brief, claims: Sequence[Verified]) -> bool:
    """Tell whether a sentence has all numbers and names with which a claim answers, beside a word of the question."""
    asked = content_keys(brief.question)
    said = [content_keys(sentence.text) for sentence in brief.sentences]
    answers = (_answers(claim, asked, *_VALUES) for claim in claims)
    return any(answer and any(answer <= own and asked & own for own in said) for answer in answers)


def _may_differ(brief: Brief, claims: Sequence[Verified]) -> bool:
    """Tell whether `brief` has something that would make a statement of it differ from each of the claims."""
    asked = content_keys(brief.question)
    return all(
        any(_could_differ(sentence, claim, brief.question, *_kinds(brief.question)) for sentence in brief.sentences)
        if _answers(claim, asked, *_VALUES)
        else asks_why(brief.question)
        for claim in claims
    )


def _could_differ(sentence: Sentence, claim: Verified, part: str, *kinds: Kind) -> bool:
    """Tell whether a sentence has another number or name than that with which the claim answers: see `differs`. The
    first of the `kinds` counts with which it does.
    """
    asked = content_keys(part)
    for kind in kinds:
        if mine := _answers(claim, asked, kind):
            others = keys(terms(sentence.text), kind) - asked - mine
            return any(
                kind == "name" or _count_the_same(claim.text, mine, sentence.text, frozenset({other}), part)
                for other in others
            )
    return False


def _kinds(part: str) -> Sequence[Kind]:
    """Return what the question asks for first, and what else may answer it."""
    return tuple(reversed(_VALUES)) if _ASKS_FOR_NAME.search(part) else _VALUES


def _answers(claim: Verified, asked: frozenset[str], *kinds: Kind) -> frozenset[str]:
    """Return the numbers or names with which a claim answers: those that the question does not have, of the words that
    answer if they are known.
    """
    found = keys(terms(claim.text), *kinds) - asked - TIME_KEYS
    return found & content_keys(claim.words) if claim.words else found


def _sources(briefs: Sequence[Brief]) -> frozenset[str]:
    """Return the names of those who tell it; each tells it on its own pages."""
    return frozenset[str]().union(*(content_keys(each.hit.source) for brief in briefs for each in brief.passages))


def differs(one: Verified, other: Verified, part: str) -> bool:
    """Tell whether two statements answer the same question differently: by other names where it asks who or where,
    otherwise by other numbers of the same thing, then by other names, and where neither has any and a reason is asked
    for, by other words. What only one of them has cannot be compared, nor what somebody demands with what is so.
    """
    if len({tells_a_wish(text) for text in (one.text, other.text)}) > 1:
        return False
    asked = content_keys(part)
    for kind in _kinds(part):
        mine, yours = (_answers(claim, asked, kind) for claim in (one, other))
        if mine and yours:
            return not mine & yours and (kind == "name" or _count_the_same(one.text, mine, other.text, yours, part))
        if mine or yours:
            return False
    mine, yours = (content_keys(claim.words or claim.text) - asked for claim in (one, other))
    return (
        asks_why(part) and bool(mine and yours) and len(mine & yours) < _SAME_CAUSE_SHARE * min(len(mine), len(yours))
    )


def _count_the_same(text: str, numbers: frozenset[str], other: str, others: frozenset[str], part: str) -> bool:
    """Tell whether the `numbers` in `text` may count the same as the `others` in the `other` text: lanes are no marks,
    and what only one of them says that it counts, the other need not count. A time can be told as a date or as a span.
    """
    mine, yours = (
        frozenset[str]().union(*(things for number, things in counting(said).items() if number in these)) - MONTH_KEYS
        for said, these in ((text, numbers), (other, others))
    )
    return asks_when(part) or bool(mine & yours) or not (mine or yours)


def supersedes(newer: Verified, older: Verified, part: str) -> bool:
    """Tell whether the newer statement takes the place of the older one: it knows of it, or its paragraph says that it
    corrects, replaces or is final.
    """
    return knows_of(newer, older, part) or (
        day_of(newer) > day_of(older) and bool(CORRECTION_KEYS & content_keys(_paragraphs(newer)))
    )


def knows_of(newer: Verified, older: Verified, part: str) -> bool:
    """Tell whether the newer statement's paragraph has the older one's figures, or if it has none its names; or whether
    any paragraph that was found takes the older one back.
    """
    asked = content_keys(part)
    answers = (_answers(older, asked, kind) - content_keys(newer.text) for kind in _VALUES)
    value = next(filter(None, answers), frozenset[str]())
    return bool(older.corrected_by) or (
        day_of(newer) > day_of(older) and bool(value) and value <= content_keys(_paragraphs(newer))
    )


def _paragraphs(claim: Verified) -> str:
    return " ".join(sorted({sentence.hit.paragraph.text for sentence in claim.support}))


def _likely(
    briefs: Sequence[Brief], *, told: Brief, documents: frozenset[str], around: Surroundings, least_share: float
) -> list[Brief]:
    """Return those around whose passages so many words of the question stand that they may be about the same as the
    `documents` of `told`.
    """
    asked = content_keys(told.question)

    def held(passages: Sequence[Passage]) -> int:
        return len(asked & beside((sentence for passage in passages for sentence in passage.sentences), around))

    own = [
        [passage for passage in told.passages if passage.hit.paragraph.document_id == document]
        for document in documents
    ]
    least = max(least_share * max((held(passages) for passages in own if passages), default=0), 1)
    return [brief for brief in briefs if held(brief.passages) >= least]


def day_of(claim: Verified) -> int:
    """Return the day of the claim's newest evidence as a number; 0 without a date."""
    dates = [sentence.hit.published_at for sentence in claim.support if sentence.hit.published_at]
    return max(dates).toordinal() if dates else 0
