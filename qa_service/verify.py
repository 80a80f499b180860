"""Stage: compare each claim with the evidence attributed to it.

First verification, by what can be read off the words: numbers, names, content, negation and stated causes. Whatever
fails is not shown as fact. Where a model checks facts, it judges content and negation in their stead.
"""

import re
from collections.abc import Sequence
from itertools import takewhile

import msgspec
from rapidfuzz import fuzz, process

from config.settings import AnswerSettings
from qa_service.attribute import Attribution
from qa_service.causes import CONNECTIVE_KEYS, says_cause, states_cause
from qa_service.corrections import Correction, correction_of
from qa_service.english import LIGHT_VERBS, NEGATIONS, ORDINAL_ENDINGS
from qa_service.entailment import FactChecker, Judgement
from qa_service.evidence import Sentence, joined
from qa_service.surroundings import Surroundings, beside
from qa_service.terms import MONTH_KEYS, SAME_WORD_RATIO, TIME_KEYS, Term, content_keys, keys, terms
from qa_service.values import Reason, Verdict
from qa_service.wordings import (
    clauses_of,
    drops_bound,
    drops_hedge,
    other_clause,
    other_figure,
    says_unknown,
    swaps_roles,
)

_WHY = re.compile(
    r"\b(?:why|how come|(?:for|because of) what|(?:for|on) what (?:reasons?|grounds)"
    r"|what(?:['\u2019]s| is| was| are| were| could be| might be) [^?.]{0,40}?\b(?:reasons?|motives?|explanation)"
    r"|what (?:did|does|do|had|has|have) [^?.]{1,60}? (?:die|died) (?:of|from)"
    r"|what (?:kept|led|prompted|drove|stopped|prevented|explains?|motivated|made (?!up\b))"
    r"|(?:reasons?|motives?) (?:for|that|why|behind))\b",
    re.IGNORECASE,
)
_SUGGESTS_CAUSE = re.compile(r"\b(?:because|due to|owing to|the reason)\b", re.IGNORECASE)
_HOW_MANY = re.compile(r"\bhow (?:many|much|old|long|far|tall|high|large|big)\b", re.IGNORECASE)
_WHEN = re.compile(
    r"(?:^\W*|[,;]\s*)when\b|\bwhen (?:did|do|does|is|was|are|were|will|would|has|have|had|can|could)\b"
    r"|\b(?:what|which) (?:year|month|day|date|time|hour|century|decade)\b|\bhow long ago\b",
    re.IGNORECASE,
)
_WHICH_MONTH = re.compile(r"\b(?:what|which) months?\b", re.IGNORECASE)
_WHO_ACTS = re.compile(
    r"^\W*who\s+(?!(?:is|are|was|were|did|do|does|has|have|had|will|would|can|could|may|might|else)\b)\w", re.IGNORECASE
)
"""Asks for the one who does something: "Who beat Halloran?"."""
_BY = re.compile(r"\bby\b", re.IGNORECASE)
_WHERE = re.compile(r"(?:^\W*|[,;]\s*|\b(?:from|to)\s+)where\b", re.IGNORECASE)
_HOW_LONG = re.compile(
    r"\bhow long (?:did|do|does|is|was|are|were|will|would|has|have|had|can|could|may)\b", re.IGNORECASE
)
_TIME = re.compile(
    r"\b\d{1,2}[:.]\d{2}\b|\b\d{1,2}\s?[ap]\.?m\b|\b\d{4}s?\b|\b\d{1,2}(?:st|nd|rd|th)\b|['\u2019]\d{2}s\b"
    r"|\b(?:in|by|since|until|till|before|after|around|about|from|between|and|at|on|c\.|circa|AD)\s+\d{1,4}\b(?!\s+[^\W\d])"
    r"|\b\d+ (?:BC|BCE|AD|CE)\b",
    re.IGNORECASE,
)
"""A year, an hour or a day in figures."""
_COUNTED_TIME = re.compile(r"\b(?:what|which) (?:decade|century|millennium)\b", re.IGNORECASE)
"""Asks for a time whose answer may be an ordinal alone: "the first century"."""
_OPEN = re.compile(r"\b(?:who|whom|whose|what|which|where|why|how)\b", re.IGNORECASE)
_WORDS_FOR_ONE_UNKNOWN = 5
_LIGHT_KEYS = frozenset(term.key for word in LIGHT_VERBS for term in terms(word))
_LEAST_TOLD = 0.5
"""Of the question's words in a claim, what must stand where its answer stands."""
_CLAUSE = re.compile(r"[,;:.]\s+|\s+but\s+", re.IGNORECASE)
_NEGATION_REACH = 4
"""Words after a negation within which the first content word is what it denies."""


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """One claim with its verdict."""

    text: str
    support: tuple[Sentence, ...]
    verdict: Verdict
    score: float
    """How much of the claim's content stands in its evidence, 0 to 1 (see `_score`); the fact checker's, if there is
    one.
    """
    reason: Reason | None
    """What kind of failure, when the verdict is not `supported`."""
    rewords: bool = False
    """It fails by nothing but words that its evidence does not have."""
    corrected_by: tuple[Sentence, ...] = ()
    """Sentences that take its figure back, if nothing else but perhaps its wording is wrong with it."""

    @property
    def outdated(self) -> bool:
        """Tell whether it was right until it was taken back."""
        return bool(self.corrected_by) and not self.rewords


def verify(
    attributions: Sequence[Attribution],
    *,
    question: str,
    whole: str = "",
    around: Surroundings,
    settings: AnswerSettings,
    probability: float | None = None,
    corrections: Sequence[Correction] = (),
    checker: FactChecker | None = None,
) -> tuple[Verified, ...]:
    """Return every claim with its verdict, in order.

    `question` is the part of the `whole` question that the claims answer, `around` what the reader sees beside each
    quote, `corrections` the paragraphs found that take figures back: a claim with such a figure is contradicted.
    `probability` is that of the evidence to answer the question: below `settings.paraphrase_threshold` a claim may not
    repeat words of the question that its evidence does not have. Raises what `checker` raises.
    """
    subject = _subject(question, whole, around)
    judgements: Sequence[Judgement | None] = [None] * len(attributions)
    if checker:
        judgements = checker.judge([(joined(each.support), each.text) for each in attributions])
    return tuple(
        _verified(
            attribution.text,
            question,
            attribution.support,
            known=_known(f"{whole} {question}", attribution.support, around),
            misplaced=(bool(subject) and not subject & beside(attribution.support, around))
            or _stitched(attribution.text, question, attribution.support, around),
            threshold=settings.support_threshold,
            to_the_letter=probability is not None and probability < settings.paraphrase_threshold,
            judgement=judgement,
            correction=correction_of(attribution.text, question, attribution.support, corrections, around),
        )
        for attribution, judgement in zip(attributions, judgements, strict=True)
    )


def asks_why(question: str) -> bool:
    """Tell whether the question asks for a reason."""
    return bool(_WHY.search(question))


def _verified(
    claim: str,
    question: str,
    support: tuple[Sentence, ...],
    *,
    known: frozenset[str],
    misplaced: bool,
    threshold: float,
    to_the_letter: bool,
    judgement: Judgement | None,
    correction: Correction | None,
) -> Verified:
    score = judgement.score if judgement else _score(claim, question, known)
    reason: Reason | None
    rewords = False
    if not support or misplaced or _foreign(claim, question, known) or not answers_kind(claim, question):
        reason = "unsupported"
    elif judgement and judgement.verdict != "supported":
        reason = judgement.verdict
    elif not judgement and score < threshold:
        reason = "unsupported"
    elif not judgement and _contradicts(claim, question, support):
        reason = "contradicted"
    elif (_asks_cause(question) or says_cause(claim)) and not states_cause(claim, question, support):
        reason = "reason_not_stated" if _asks_cause(question) else "unsupported"
    elif (
        other_figure(claim, joined(support))
        or other_clause(claim, question, support)
        or (not judgement and _goes_beyond(claim, question, support))
    ):
        reason = "unsupported"
    else:
        unsaid = not judgement and (
            _invents(claim, question, known) or (to_the_letter and _repeats_the_unsaid(claim, question, support))
        )
        reason = "unsupported" if unsaid else None
        rewords = unsaid and not _may_name(claim, known)
    corrected_by = correction.sentences if correction and (rewords or reason is None) else ()
    if corrected_by and reason is None:
        reason = "contradicted"
    verdict: Verdict = "supported" if reason is None else "contradicted" if reason == "contradicted" else "unsupported"
    return Verified(
        text=claim,
        support=support,
        verdict=verdict,
        score=score,
        reason=reason,
        rewords=rewords,
        corrected_by=corrected_by,
    )


def _goes_beyond(claim: str, question: str, support: Sequence[Sentence]) -> bool:
    """Tell whether the claim says it more firmly than its evidence, or tells that it is not known."""
    return (
        drops_hedge(claim, question, joined(support))
        or drops_bound(claim, joined(support))
        or says_unknown(claim, question, support)
    )


def _asks_cause(question: str) -> bool:
    """Tell whether the question asks for a reason, or suggests one ("Was it because of the rift?")."""
    return asks_why(question) or (bool(_SUGGESTS_CAUSE.search(question)) and not _OPEN.search(question))


def _known(question: str, support: Sequence[Sentence], around: Surroundings) -> frozenset[str]:
    """Return what the claim may take from: its quotes, and such words of the question as stand around them.

    What answers must stand in the quotes. What the question brought along may also stand around, where the reader sees
    it; a "stage 4" there may be "the fourth stage".
    """
    quoted = {term.key for sentence in support for term in terms(sentence.text)}
    near = beside(support, around)
    asked = {term.key for term in terms(question)}
    ordinals = {key for key in asked if key.isdigit() and near & {f"{key}{ending}" for ending in ORDINAL_ENDINGS}}
    return frozenset(quoted | (near & asked) | ordinals)


def _subject(question: str, whole: str, around: Surroundings) -> frozenset[str]:
    """Return the names that the question is about, if it has any else those of the whole, as far as they stand around
    any paragraph that was found. Around what answers one of them must stand: a ticket for the tram is none for the
    tower.
    """
    everywhere = frozenset[str]().union(*around.values())
    return (_names(question) or _names(whole)) & everywhere


def _names(text: str) -> frozenset[str]:
    return keys(terms(text), "name") - TIME_KEYS


def _score(claim: str, question: str, known: frozenset[str]) -> float:
    """Share of the claim's content words that are known.

    In the answer to an open question, the question's own words count half where they are not: they are often the
    asker's paraphrase. In the answer to a yes-no question they are what is in doubt.
    """
    wanted = content_keys(claim)
    paraphrase = (wanted & content_keys(question)) - known if _OPEN.search(question) else frozenset()
    return (len(wanted & known) + len(paraphrase) / 2) / len(wanted) if wanted else 0.0


def _foreign(claim: str, question: str, known: frozenset[str]) -> bool:
    """Tell whether the claim has a name or a number that is not known; what is a name in the question is one in front
    of the claim, too.
    """
    named = content_keys(claim) & _names(question)
    return bool((keys(terms(claim), "name", "number") | named) - known)


def _stitched(claim: str, question: str, support: Sequence[Sentence], around: Surroundings) -> bool:
    """Tell whether what answers stands in one document and what it is said of in another.

    "Savery proposed the theory of projectiles" is so made of who built an engine and of what a theory says. What
    no document has alone may be put together of several.
    """
    documents = {sentence.hit.paragraph.document_id for sentence in support}
    if len(documents) < 2:
        return False
    asked = content_keys(question)
    answers = keys(terms(claim), "name", "number") - asked or content_keys(claim) - asked
    told = content_keys(claim) & asked & content_keys(joined(support))
    shares = []
    for document in documents:
        own = [sentence for sentence in support if sentence.hit.paragraph.document_id == document]
        if answers <= content_keys(joined(own)):
            shares.append(len(told & (content_keys(joined(own)) | beside(own, around))))
    return bool(shares) and max(shares) < _LEAST_TOLD * len(told)


def _may_name(claim: str, known: frozenset[str]) -> bool:
    """Tell whether a word that is not known is capitalised: it may be a name, also in front of a sentence."""
    return any(
        claim[term.start].isupper() and term.kind != "function" and term.key not in known for term in terms(claim)
    )


def _contradicts(claim: str, question: str, support: Sequence[Sentence]) -> bool:
    evidence = joined(support)
    answering = clauses_of(evidence, content_keys(claim) - content_keys(question))
    return _denies(claim, evidence) or _denies(answering, claim) or swaps_roles(claim, support)


def _invents(claim: str, question: str, known: frozenset[str]) -> bool:
    """Tell whether what the claim adds to the question has more than every fifth word from nowhere."""
    asked = content_keys(question)
    new = content_keys(claim) - asked - CONNECTIVE_KEYS - _LIGHT_KEYS
    unknown = [
        key
        for key in new - known
        if not process.extractOne(key, asked, scorer=fuzz.ratio, score_cutoff=SAME_WORD_RATIO)
    ]
    return len(unknown) > len(new) // _WORDS_FOR_ONE_UNKNOWN


def _repeats_the_unsaid(claim: str, question: str, support: Sequence[Sentence]) -> bool:
    """Tell whether the claim takes a word from the question that neither its quoted paragraphs nor their titles have.

    So does "The Rumford engine was patented in 1849" where another engine's patent is told: the answer to a question
    that the evidence nearly answers asserts what the evidence lacks. Names and numbers are looked after elsewhere.
    """
    hits = {sentence.hit.paragraph.id: sentence.hit for sentence in support}.values()
    said = {
        term.key
        for hit in hits
        for text in (hit.title, hit.paragraph.heading, hit.paragraph.text)
        for term in terms(text)
    }
    repeated = (keys(terms(claim), "content") & content_keys(question)) - _LIGHT_KEYS
    return any(
        not process.extractOne(key, said, scorer=fuzz.ratio, score_cutoff=SAME_WORD_RATIO) for key in repeated - said
    )


def answers_kind(claim: str, question: str) -> bool:
    """Tell whether the claim brings what the question asks for: a number, a time, what may be a place or somebody else,
    or at least something new.
    """
    asked = content_keys(question)
    new = [term for term in terms(claim) if term.key not in asked]
    if _WHICH_MONTH.search(question):
        return any(term.key in MONTH_KEYS and term.kind != "function" for term in new)
    if _WHEN.search(question):
        counted = bool(_COUNTED_TIME.search(question)) and any(term.kind == "number" for term in new)
        return counted or any(_is_time(term) for term in new) or bool(_TIME.search(claim))
    if _HOW_LONG.search(question):
        return any(term.kind == "number" or _is_time(term) for term in new)
    if _HOW_MANY.search(question):
        return any(term.kind == "number" for term in new)
    if _WHERE.search(question):
        return any(term.kind in ("name", "content") and not _is_time(term) for term in new)
    turned = _WHO_ACTS.search(question) and _turns_to_the_asked(claim, asked)
    return not turned and (not _OPEN.search(question) or any(term.kind != "function" for term in new))


def _turns_to_the_asked(claim: str, asked: frozenset[str]) -> bool:
    """Tell whether a claim without any new name begins with what the question names, in the active voice: it says what
    they did, not who did something to them.
    """
    first = next((term for term in terms(claim) if term.kind != "function"), None)
    return first is not None and first.key in asked and not keys(terms(claim), "name") - asked and not _BY.search(claim)


def _is_time(term: Term) -> bool:
    return term.key in TIME_KEYS


def _denies(text: str, other: str) -> bool:
    """Tell whether `text` negates a word that `other` only affirms."""
    return bool(_denied(text) & _affirmed(other))


def _affirmed(text: str) -> frozenset[str]:
    """Return the content words that no negation stands before in their clause: "They do not talk about trains" affirms
    no trains.
    """
    clauses = (terms(clause) for clause in _CLAUSE.split(text))
    return frozenset[str]().union(
        *(keys(takewhile(lambda word: not _negates(word), clause), "name", "number", "content") for clause in clauses)
    )


def _denied(text: str) -> frozenset[str]:
    """Return the first content word after each negation."""
    words = terms(text)
    denied = set()
    for place, word in enumerate(words):
        if _negates(word):
            reach = words[place + 1 : place + 1 + _NEGATION_REACH]
            denied.update([term.key for term in reach if term.kind != "function"][:1])
    return frozenset(denied)


def _negates(word: Term) -> bool:
    return word.key in NEGATIONS or word.key.endswith("n't")
