"""Stage: answer with the sentence of the evidence in which the words that answer stand.

What a small model says in its own words is less often right than the sentence from which it says it, and costs more.
"""

import re
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from config.settings import AnswerSettings
from qa_service.asked import answers_kind, asks_for_words
from qa_service.compose import Brief
from qa_service.confirm import LEAST_RIGHT
from qa_service.evidence import Sentence, sentences_of
from qa_service.gate import Decision
from qa_service.generate import Draft, stands_in
from qa_service.terms import content_keys
from qa_service.values import TextDrafted
from qa_service.verify import Verified

_LEAST_RIGHT = 0.1
"""Less than any sentence with the words that answer got where the evidence is sure to answer: see
docs/decisions/0020-accounts.md.
"""
_LEAD = re.compile(r"^[*\u2022-]\s+|^[A-Z][A-Z' ]+(?:, [^()]{3,30})? \([A-Z]{2,8}\) [-\u2013] ")
"""What a sentence may begin with that says nothing: a bullet, a dateline."""
_PRONOUNS = "he|she|it|they|his|her|its|their|this|that|these|those"
_BEGINS_WITH_PRONOUN = re.compile(rf"^\W*(?:{_PRONOUNS}|there)\b", re.IGNORECASE)
_POINTS_BACK = re.compile(rf"^(?:{_PRONOUNS})\b", re.IGNORECASE)

Check = Callable[[str, Sequence[Sentence]], tuple[Verified, ...]]
"""Attribute a draft for this part of the question to sentences, and verify its claims."""


class Confirm(Protocol):
    """Check a draft, and ask the model about it."""

    def __call__(
        self,
        text: str,
        sentences: Sequence[Sentence],
        *,
        least: float | None = None,
        least_right: float = LEAST_RIGHT,
    ) -> tuple[Verified, ...]:
        """Return its claims; they hold from a confidence of `least` on, or else from that of the profile. The model is
        not asked where a probability of `least_right` that the draft is right changes nothing.
        """
        ...


Checks = Callable[[Brief, Decision], tuple[Check, Confirm]]
"""How drafts from a brief are checked, by their words alone and with the model's say."""


def quote(
    brief: Brief,
    decision: Decision,
    *,
    confirmed: Confirm,
    settings: AnswerSettings,
    tell: Callable[[TextDrafted], None] = lambda _: None,
) -> tuple[Draft, tuple[Verified, ...]]:
    """Return the sentence with the words that answer, and its claims if all hold or did until they were taken back,
    checked by `confirmed`, with the model's say; no claims where it does not hold, and an empty draft where there is no
    such sentence.

    It is told to `tell` before it is checked, as drafts are. For a yes or no it has to be surer: words about the same
    thing are easily taken for one.
    """
    sentences = telling(brief, decision)
    if not sentences:
        return Draft(text=""), ()
    text = bare(sentences[0])
    if not stands_in(decision.words, text):
        text = sentences[0].text
    tell(TextDrafted(text=" ".join([*map(bare, antecedent(text, sentences)), text])))
    least = None if asks_for_words(brief.question) else settings.yes_or_no_threshold
    claims = confirmed(text, sentences, least=least, least_right=_LEAST_RIGHT)
    if any(claim.verdict != "supported" and not claim.outdated for claim in claims):
        return Draft(text=text), ()
    return Draft(text=text), tuple(msgspec.structs.replace(claim, words=decision.words) for claim in claims)


def telling(brief: Brief, decision: Decision) -> tuple[Sentence, ...]:
    """Return the sentence with the words that answer, of several the one with most words of the question, those counted
    in that stand before a "he" or "it" with which it begins; none where they are not known, or lack what is asked for.
    """
    asked = content_keys(brief.question)
    held = {sentence.place: asked & content_keys(sentence.text) for sentence in brief.sentences}

    def fit(sentence: Sentence) -> int:
        before = held.get((sentence.hit.paragraph.id, sentence.index - 1), frozenset())
        return len(held[sentence.place] | (before if _BEGINS_WITH_PRONOUN.search(sentence.text) else frozenset()))

    having = [sentence for sentence in brief.sentences if stands_in(decision.words, sentence.text)]
    best = max(having, key=fit, default=None)
    return (best,) if best and answers_kind(best.text, brief.question) else ()


def antecedent(text: str, support: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """Return the sentence before the one that `text` repeats whole, if that begins with a "he" or "it": it tells who or
    what is meant.
    """
    if len(support) != 1 or text not in (support[0].text, bare(support[0])) or not _POINTS_BACK.match(text):
        return ()
    index = support[0].index
    return sentences_of(support[0].hit)[max(index - 1, 0) : index]


def bare(sentence: Sentence) -> str:
    """Return the text of a sentence without the bullet or the dateline before it."""
    return _LEAD.sub("", sentence.text)
