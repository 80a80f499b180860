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
from qa_service.asked import answers_kind, asks_cause, is_open
from qa_service.attribute import Attribution
from qa_service.causes import CONNECTIVE_KEYS, says_cause, states_cause
from qa_service.corrections import Correction, correction_of
from qa_service.english import LIGHT_VERBS, NEGATIONS, ORDINAL_ENDINGS
from qa_service.entailment import FactChecker, Judgement
from qa_service.evidence import Sentence, joined
from qa_service.surroundings import Surroundings, beside
from qa_service.terms import SAME_WORD_RATIO, TIME_KEYS, Term, content_keys, keys, terms
from qa_service.values import Reason, Verdict
from qa_service.wordings import (
    clauses_of,
    drops_bound,
    drops_hedge,
    other_bearer,
    other_clause,
    other_figure,
    other_year,
    says_unknown,
    swaps_roles,
    tells_as_happened,
    with_qualifiers,
)

_WORDS_FOR_ONE_UNKNOWN = 5
_LIGHT_KEYS = frozenset(term.key for word in LIGHT_VERBS for term in terms(word))
_LEAST_TOLD = 0.5
"""Of the question's words in a claim, what must stand where its answer stands."""
_CAPITAL_RUN = re.compile(r"\b[A-Z]\w+(?:\s+[A-Z]\w+)+")
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
    doubted: bool = False
    """Its words hold, or it only rewords, and the model is not confident of it."""
    corrected_by: tuple[Sentence, ...] = ()
    """Sentences that take its figure back, if nothing else but perhaps its wording is wrong with it."""
    words: str = ""
    """Those in it that answer, where they are known."""

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
    words: str = "",
    checker: FactChecker | None = None,
) -> tuple[Verified, ...]:
    """Return every claim with its verdict, in order; what its evidence says before a number ("about") it says too.

    `question` is the part of the `whole` question that the claims answer, `around` what the reader sees beside each
    quote, `corrections` the paragraphs found that take figures back: a claim that answers with such a figure is
    contradicted. `words` are those that answer, where they are known.
    `probability` is that of the evidence to answer the question: below `settings.paraphrase_threshold` a claim may not
    repeat words of the question that its evidence does not have. Raises what `checker` raises.
    """
    subject = _subject(question, whole, around)
    attributions = [
        msgspec.structs.replace(each, text=with_qualifiers(each.text, f"{whole} {question}", joined(each.support)))
        for each in attributions
    ]
    judgements: Sequence[Judgement | None] = [None] * len(attributions)
    if checker:
        judgements = checker.judge([(joined(each.support), each.text) for each in attributions])
    return tuple(
        _verified(
            attribution.text,
            question,
            attribution.support,
            known=_known(attribution.text, f"{whole} {question}", attribution.support, around),
            misplaced=(bool(subject) and not subject & beside(attribution.support, around))
            or _stitched(attribution.text, question, attribution.support, around),
            threshold=settings.support_threshold,
            to_the_letter=probability is not None and probability < settings.paraphrase_threshold,
            judgement=judgement,
            correction=correction_of(attribution.text, question, attribution.support, corrections, around, words=words),
        )
        for attribution, judgement in zip(attributions, judgements, strict=True)
    )


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
    elif (asks_cause(question) or says_cause(claim)) and not states_cause(claim, question, support):
        reason = "reason_not_stated" if asks_cause(question) else "unsupported"
    elif (
        other_figure(claim, joined(support))
        or other_year(claim, question, support)
        or other_bearer(claim, question, support)
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
        or tells_as_happened(claim, question, joined(support))
        or drops_bound(claim, joined(support))
        or says_unknown(claim, question, support)
    )


def _known(claim: str, question: str, support: Sequence[Sentence], around: Surroundings) -> frozenset[str]:
    """Return what the claim may take from: its quotes, and such words of the question as stand around them.

    What answers must stand in the quotes. What the question brought along may also stand around, where the reader sees
    it; a "stage 4" there may be "the fourth stage". So may the rest of a name that the question has a part of.
    """
    quoted = {term.key for sentence in support for term in terms(sentence.text)}
    near = beside(support, around)
    asked = {term.key for term in terms(question)}
    ordinals = {key for key in asked if key.isdigit() and near & {f"{key}{ending}" for ending in ORDINAL_ENDINGS}}
    return frozenset(quoted | (near & asked) | ordinals | (near & _spelt_out(claim, asked)))


def _spelt_out(claim: str, asked: set[str]) -> frozenset[str]:
    """Return the words of those names in the claim that have a word of the question: "Brannock Dairy Cooperative" where
    the Brannock cooperative was asked about.
    """
    runs = (terms(run.group()) for run in _CAPITAL_RUN.finditer(claim))
    return frozenset[str]().union(*(keys(run, "name") for run in runs if keys(run, "name", "content") & asked))


def _subject(question: str, whole: str, around: Surroundings) -> frozenset[str]:
    """Return the names that the question is about, if it has any else those of the parts before it, as far as they
    stand around any paragraph that was found. Around what answers one of them must stand: a ticket for the tram is none
    for the tower.
    """
    everywhere = frozenset[str]().union(*around.values())
    before = whole[: max(whole.casefold().find(question.casefold().rstrip("?")), 0)]
    return (_names(question) or _names(before)) & everywhere


def _names(text: str) -> frozenset[str]:
    return keys(terms(text), "name") - TIME_KEYS


def _score(claim: str, question: str, known: frozenset[str]) -> float:
    """Share of the claim's content words that are known.

    In the answer to an open question, the question's own words count half where they are not: they are often the
    asker's paraphrase. In the answer to a yes-no question they are what is in doubt.
    """
    wanted = content_keys(claim)
    paraphrase = (wanted & content_keys(question)) - known if is_open(question) else frozenset()
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
    names = _names(claim) & asked
    shares = []
    for document in documents:
        own = [sentence for sentence in support if sentence.hit.paragraph.document_id == document]
        if answers <= content_keys(joined(own)):
            there = content_keys(joined(own)) | beside(own, around)
            shares.append(len(told & there) if names <= there else 0)
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
