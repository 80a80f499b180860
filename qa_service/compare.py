"""Stage: ask what other documents say about the same thing, and keep what differs."""

import re
from collections.abc import Sequence

import msgspec

from config.settings import AnswerSettings
from qa_service.asked import asks_what_it_is, asks_why
from qa_service.compose import Brief, narrow
from qa_service.confirm import confirm
from qa_service.corrections import CORRECTION_KEYS
from qa_service.evidence import Passage, Sentence, date_in_words
from qa_service.finding import Finding
from qa_service.gate import decide
from qa_service.generate import generate
from qa_service.llm.port import ModelSession
from qa_service.quote import Check, quote
from qa_service.surroundings import Surroundings, beside
from qa_service.terms import TIME_KEYS, Kind, content_keys, keys, terms
from qa_service.verify import Verified
from qa_service.wordings import counting

MOST_VERSIONS = 2
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
    *,
    around: Surroundings,
    session: ModelSession,
    settings: AnswerSettings,
    deadline_s: float,
    check: Check,
    all_accounts: bool,
) -> Finding:
    """Return the finding with the differing statements of other documents among the passages of `wide`, at most one a
    document; with `all_accounts`, where the question asks what several say, also with those that do not differ.

    The model is asked about the passages of one document at a time: whether they answer and in which words, and whether
    the sentence with these, or else what it says itself, is right. That must be borne out by the document alone, around
    which those names of the question stand that stand around the answer, those of sources and of the answer itself
    aside: it is about the same.
    Nothing is asked where nothing was answered, nor of a document that plainly says the same, nor what something is: of
    that all documents say different things, and none contradicts another.
    """
    supported = finding.supported
    if not supported or asks_what_it_is(finding.part):
        return finding
    told = {sentence.hit.paragraph.document_id for claim in supported for sentence in claim.support}
    names = (
        keys(terms(wide.whole), "name")
        & beside([sentence for claim in supported for sentence in claim.support], around)
    ) - _sources(wide)
    asked = content_keys(finding.part)
    names -= frozenset[str]().union(*(_answers(claim, asked, "name") for claim in supported))
    others = [
        sentences
        for sentences in _others(told, wide, least_share=_LEAST_ASKED_SHARE if all_accounts else _LEAST_SHARE)
        if all_accounts or not _say_the_same(sentences, supported, finding.part)
    ]
    versions = []
    for sentences in others[:MOST_VERSIONS]:
        brief = narrow(wide, sentences, session=session)
        stated = _stated(brief, session=session, settings=settings, deadline_s=deadline_s, check=check)
        about_the_same = stated and names <= beside(stated[0].support, around)
        if about_the_same and (all_accounts or all(differs(stated[0], claim, finding.part) for claim in supported)):
            versions.append(stated[0])
    return msgspec.structs.replace(finding, versions=tuple(versions))


def _stated(
    brief: Brief, *, session: ModelSession, settings: AnswerSettings, deadline_s: float, check: Check
) -> tuple[Verified, ...]:
    """Return what `brief` says to its question, as claims that hold or did until they were taken back; none where the
    words that answer are known and their sentence does not hold.
    """
    decision = decide(brief, session=session, settings=settings)

    def confirmed(text: str, sentences: Sequence[Sentence], *, least: float | None = None) -> tuple[Verified, ...]:
        return confirm(
            check(text, sentences),
            text,
            brief=brief,
            answerable=decision.probability,
            session=session,
            settings=settings,
            least=least,
        )

    told, quoted = quote(brief, decision, confirmed=confirmed, settings=settings)
    if told.text:
        return quoted
    draft = generate(brief, decision, session=session, settings=settings, deadline_s=deadline_s)
    return tuple(
        msgspec.structs.replace(claim, verdict="supported", reason=None)
        for claim in confirmed(draft.text, brief.sentences)
        if claim.verdict == "supported" or claim.outdated
    )


def _say_the_same(sentences: Sequence[Sentence], claims: Sequence[Verified], part: str) -> bool:
    """Tell whether a sentence has all numbers and names with which a claim answers, beside a word of the question."""
    asked = content_keys(part)
    said = [content_keys(sentence.text) for sentence in sentences]
    answers = (_answers(claim, asked, *_VALUES) for claim in claims)
    return any(answer and any(answer <= own and asked & own for own in said) for answer in answers)


def _answers(claim: Verified, asked: frozenset[str], *kinds: Kind) -> frozenset[str]:
    """Return the numbers or names with which a claim answers: those that the question does not have, of the words that
    answer if they are known.
    """
    found = keys(terms(claim.text), *kinds) - asked - TIME_KEYS
    return found & content_keys(claim.words) if claim.words else found


def _said(passages: Sequence[Passage]) -> frozenset[str]:
    """Return what a document says in what is read of it, and in its title and date."""
    hit = passages[0].hit
    return content_keys(" ".join([hit.title, date_in_words(hit), *(passage.text for passage in passages)]))


def _sources(brief: Brief) -> frozenset[str]:
    """Return the names of those who tell it; each tells it on its own pages."""
    return frozenset[str]().union(*(content_keys(passage.hit.source) for passage in brief.passages))


def differs(one: Verified, other: Verified, part: str) -> bool:
    """Tell whether two statements answer the same question differently: by other names where it asks who or where,
    otherwise by other numbers of the same thing, then by other names, and where neither has any and a reason is asked
    for, by other words. What only one of them has cannot be compared.
    """
    asked = content_keys(part)
    for kind in reversed(_VALUES) if _ASKS_FOR_NAME.search(part) else _VALUES:
        mine, yours = (_answers(claim, asked, kind) for claim in (one, other))
        if mine and yours:
            return not mine & yours and (kind == "name" or _count_the_same(one, other, asked))
        if mine or yours:
            return False
    mine, yours = (content_keys(claim.words or claim.text) - asked for claim in (one, other))
    return (
        asks_why(part) and bool(mine and yours) and len(mine & yours) < _SAME_CAUSE_SHARE * min(len(mine), len(yours))
    )


def _count_the_same(one: Verified, other: Verified, asked: frozenset[str]) -> bool:
    """Tell whether the numbers with which two statements answer may count the same: lanes are no marks."""
    mine, yours = (
        frozenset[str]().union(*(things for number, things in counting(claim.text).items() if number in answers))
        for claim, answers in ((claim, _answers(claim, asked, "number")) for claim in (one, other))
    )
    return not (mine and yours) or bool(mine & yours)


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


def _others(told: set[str], brief: Brief, *, least_share: float) -> list[list[Sentence]]:
    """Return what is read of each document that may be about the same as those `told`, the likeliest first."""
    asked = content_keys(brief.question)
    by_document: dict[str, list[Passage]] = {}
    for passage in brief.passages:
        by_document.setdefault(passage.hit.paragraph.document_id, []).append(passage)
    held = {document: len(asked & _said(passages)) for document, passages in by_document.items()}
    least = least_share * max((held[document] for document in told if document in held), default=0)
    others = [document for document in by_document if document not in told and held[document] >= max(least, 1)]
    return [
        [sentence for passage in by_document[document] for sentence in passage.sentences]
        for document in sorted(others, key=lambda document: -held[document])
    ]


def day_of(claim: Verified) -> int:
    """Return the day of the claim's newest evidence as a number; 0 without a date."""
    dates = [sentence.hit.published_at for sentence in claim.support if sentence.hit.published_at]
    return max(dates).toordinal() if dates else 0
