""" "Because" needs a because: a reason counts as stated only where the evidence itself links it to the effect."""

import re
from collections.abc import Sequence

from qa_service.english import CAUSE_FOLLOWS, CAUSE_PRECEDES
from qa_service.evidence import Sentence, sentences_of
from qa_service.terms import content_keys, terms

_LINK = re.compile(
    r"\b(?:(?P<cause_follows>" + "|".join(sorted(map(re.escape, CAUSE_FOLLOWS), key=len, reverse=True)) + r")"
    r"|(?P<cause_precedes>" + "|".join(sorted(map(re.escape, CAUSE_PRECEDES), key=len, reverse=True)) + r"))\b",
    re.IGNORECASE,
)
_BLAMES = re.compile(r"blame[sd]?", re.IGNORECASE)
CONNECTIVE_KEYS = content_keys(" ".join((*CAUSE_FOLLOWS, *CAUSE_PRECEDES)))
"""Keys of the words that connectives consist of; they say nothing of their own."""
_POINTS_BACK = re.compile(r"\b(?:he|she|it|they|him|her|them|his|its|their|this|that|these|those|so)\b", re.IGNORECASE)
_LEAST_SHARED = 0.5
"""Share of the claimed cause's (effect's) words that must stand on the cause's (effect's) side of one connective."""


def says_cause(text: str) -> bool:
    """Tell whether `text` links a cause to an effect."""
    return bool(_LINK.search(text))


def states_cause(claim: str, question: str, support: Sequence[Sentence]) -> bool:
    """Tell whether one sentence of `support` links the claim's cause to its effect, as the claim (or the why-question)
    does.

    A claim without a connective of its own is read as the cause of what the question asks about. An effect that only
    points back ("This was because ...") is looked up in the sentence before. What a quotation links its sentence does.
    """
    link = _LINK.search(claim)
    if link and any(claim in sentence.text for sentence in support):
        return True
    if link:
        effect, cause = _sides(claim, link)
    else:
        effect, cause = question, claim
    if content_keys(effect):
        wanted_effect = content_keys(effect)
        wanted_cause = content_keys(cause) - wanted_effect
    else:  # "Yes, because of the rift": the effect is what the question asks about
        wanted_cause = content_keys(cause)
        wanted_effect = content_keys(question) - wanted_cause
    return any(
        _holds(wanted_cause, stated_cause) and _holds(wanted_effect, _resolved(stated_effect, sentence, wanted_effect))
        for sentence in support
        for found in _LINK.finditer(sentence.text)
        for stated_effect, stated_cause in [_sides(sentence.text, found)]
    )


def _sides(text: str, link: re.Match[str]) -> tuple[str, str]:
    """Return `(effect, cause)` around a connective; one that opens the sentence has both behind it, parted by a comma,
    and what is blamed for something stands before the "for".
    """
    left, right = text[: link.start()], text[link.end() :]
    if _BLAMES.fullmatch(link.group()) and " for " in right:
        cause, _, effect = right.partition(" for ")
        return effect, cause
    if not terms(left):
        first, _, second = right.partition(",")
        left, right = (second, first) if link["cause_follows"] else (first, second)
    return (left, right) if link["cause_follows"] else (right, left)


def _holds(wanted: frozenset[str], text: str) -> bool:
    return bool(wanted) and len(wanted & content_keys(text)) >= _LEAST_SHARED * len(wanted)


def _resolved(effect: str, sentence: Sentence, wanted: frozenset[str]) -> str:
    """Add the sentence before when the effect points back to it and says hardly anything else of its own."""
    own = content_keys(effect)
    if not sentence.index or not _POINTS_BACK.search(effect) or len(own & wanted) < _LEAST_SHARED * len(own):
        return effect
    return f"{sentences_of(sentence.hit)[sentence.index - 1].text} {effect}"
