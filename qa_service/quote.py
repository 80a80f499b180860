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
_BULLET = re.compile(r"[*\u2022-]\s+")
_LEAD = re.compile(rf"^{_BULLET.pattern}" + r"|^[A-Z][A-Z' ]+(?:, [^()]{3,30})? \([A-Z]{2,8}\) [-\u2013] ")
"""What a sentence may begin with that says nothing: a bullet, a dateline."""
_PRONOUNS = "he|she|it|they|his|her|its|their|this|that|these|those"
_BEGINS_WITH_PRONOUN = re.compile(rf"^\W*(?:{_PRONOUNS}|there)\b", re.IGNORECASE)
_POINTS_BACK = re.compile(rf"^(?:{_PRONOUNS})\b", re.IGNORECASE)
_BETWEEN_ITEMS = re.compile(r"\s*[,;]\s+(?:and\s+|or\s+)?|\s+(?:and|or|&)\s+")

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
    text = " ".join(map(bare, sentences))
    if len(sentences) == 1 and not stands_in(decision.words, text):
        text = sentences[0].text
    before = antecedent(text, sentences, question=brief.whole)
    tell(TextDrafted(text=" ".join([*map(bare, before), text])))
    least = None if asks_for_words(brief.question) else settings.yes_or_no_threshold
    claims = confirmed(text, sentences, least=least, least_right=_LEAST_RIGHT)
    if any(claim.verdict != "supported" and not claim.outdated for claim in claims):
        return Draft(text=text), ()
    return Draft(text=text), tuple(msgspec.structs.replace(claim, words=decision.words) for claim in claims)


def telling(brief: Brief, decision: Decision) -> tuple[Sentence, ...]:
    """Return the sentence with the words that answer, or where they are several and no sentence has them all, one for
    each, in reading order; none where they are not known, or lack what is asked for.
    """
    whole = _having(decision.words, brief)
    found = [whole] if whole else [_having(item, brief) for item in _items(decision.words)]
    if None in found or not answers_kind(" ".join(one.text for one in found if one), brief.question):
        return ()
    return tuple(one for one in brief.sentences if one in found)


def _items(words: str) -> list[str]:
    """Return the words of a list, apart; none of what is no list."""
    items = [item for item in _BETWEEN_ITEMS.split(words) if item]
    return items if len(items) > 1 else []


def _having(words: str, brief: Brief) -> Sentence | None:
    """Return the sentence with these words, of several the one with most words of the question, those counted in that
    stand before a "he" or "it" with which it begins.
    """
    asked = content_keys(brief.question)
    held = {sentence.place: asked & content_keys(sentence.text) for sentence in brief.sentences}

    def fit(sentence: Sentence) -> int:
        before = held.get((sentence.hit.paragraph.id, sentence.index - 1), frozenset())
        return len(held[sentence.place] | (before if _BEGINS_WITH_PRONOUN.search(sentence.text) else frozenset()))

    having = [sentence for sentence in brief.sentences if stands_in(words, sentence.text)]
    return max(having, key=fit, default=None)


def antecedent(text: str, support: Sequence[Sentence], *, question: str) -> tuple[Sentence, ...]:
    """Return the sentence before the one that `text` repeats whole, if it tells what that is about: if that begins with
    a "he" or "it", or has no word of the `question` and the one before has one. An item of a list has none.
    """
    if len(support) != 1 or text not in (support[0].text, bare(support[0])):
        return ()
    index = support[0].index
    before = sentences_of(support[0].hit)[max(index - 1, 0) : index]
    if _POINTS_BACK.match(text):
        return before
    asked = content_keys(question)
    told = [*before, support[0]]
    listed = any(each.header or _BULLET.match(each.text) for each in told)
    leads_up = not asked & content_keys(text) and any(asked & content_keys(each.text) for each in before)
    return before if leads_up and not listed else ()


def bare(sentence: Sentence) -> str:
    """Return the text of a sentence without the bullet or the dateline before it."""
    return _LEAD.sub("", sentence.text)
