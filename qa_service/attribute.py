"""Stage: find for each sentence of the draft the sentences of the evidence that it rests on.

The server does this, not the model: small models number citations wrongly, and a quote must be a slice of a document.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from indexer.sentences import sentences
from qa_service.evidence import Sentence
from qa_service.terms import content_keys, keys, terms

_MOST_SENTENCES = 3
"""A claim that needs more than this many sentences is no longer checked by reading its quotes."""
_LEAST_GAIN = 0.12
"""Share of the claim's weight that one more quoted sentence of the same paragraph must add."""
_LEAST_GAIN_ELSEWHERE = 0.25
"""The same for a sentence of another paragraph: words in common are more often chance there."""

_ASKED_WEIGHT = 0.5
_ANSWER_BONUS = 2.0
"""What a name or number that the question does not have adds to its weight when sentences compete."""


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence of the draft with its evidence, best sentence first; no evidence when nothing matches at all."""

    text: str
    support: tuple[Sentence, ...]


def attribute(draft: str, evidence: Sequence[Sentence], *, question: str) -> tuple[Attribution, ...]:
    """Return the draft's sentences, each with the smallest set of evidence sentences that covers its words.

    Greedy weighted cover (Johnson 1974): the sentence that holds most of the claim's weight, then what adds most to it,
    from another paragraph only if it adds much or holds a number that answers. A word weighs by its rarity in
    the evidence; words that the question brought along weigh less than those that answer it, and a name or number that
    answers weighs most: the sentence that holds it is the one to read. Ties go to the better paragraph, then to the
    earlier sentence.
    """
    bags = [content_keys(sentence.text) for sentence in evidence]
    frequency = Counter(key for bag in bags for key in bag)
    asked = content_keys(question)
    numbers = keys(terms(draft), "number") - asked
    answers = numbers | (keys(terms(draft), "name") - asked)

    def weight(key: str) -> float:
        return math.log(1 + (len(bags) + 1) / (frequency[key] + 1)) * (_ASKED_WEIGHT if key in asked else 1.0)

    return tuple(
        Attribution(
            text=draft[start:end],
            support=_cover(
                content_keys(draft[start:end]), answers, numbers=numbers, evidence=evidence, bags=bags, weight=weight
            ),
        )
        for start, end in sentences(draft)
    )


def _cover(
    claim: frozenset[str],
    answers: frozenset[str],
    *,
    numbers: frozenset[str],
    evidence: Sequence[Sentence],
    bags: Sequence[frozenset[str]],
    weight: Callable[[str], float],
) -> tuple[Sentence, ...]:
    total = sum(map(weight, claim))
    missing = claim
    chosen: list[int] = []

    def gain(place: int) -> float:
        return sum(weight(key) for key in bags[place] & missing)

    def worth(place: int) -> float:
        return gain(place) - least(place) + _ANSWER_BONUS * sum(weight(key) for key in bags[place] & missing & answers)

    def least(place: int) -> float:
        near = (
            not chosen
            or bool(bags[place] & missing & numbers)
            or any(evidence[place].hit.paragraph.id == evidence[each].hit.paragraph.id for each in chosen)
        )
        return total * (_LEAST_GAIN if near else _LEAST_GAIN_ELSEWHERE)

    while len(chosen) < _MOST_SENTENCES:
        worthy = [place for place in range(len(evidence)) if 0 < gain(place) >= least(place)]
        if not worthy:
            break
        best = max(worthy, key=lambda place: (worth(place), -place))
        chosen.append(best)
        missing = missing - bags[best]
    return _with_antecedent([evidence[place] for place in chosen], evidence, claim)


def _with_antecedent(
    chosen: Sequence[Sentence], evidence: Sequence[Sentence], claim: frozenset[str]
) -> tuple[Sentence, ...]:
    """Add the sentence before the best one when only that names whom the claim is about ("He was seen ...")."""
    if not chosen or len(chosen) >= _MOST_SENTENCES:
        return tuple(chosen)
    best = chosen[0]
    quoted = frozenset[str]().union(*(content_keys(sentence.text) for sentence in chosen))
    before = [
        sentence
        for sentence in evidence
        if sentence.hit.paragraph.id == best.hit.paragraph.id
        and sentence.index == best.index - 1
        and keys(terms(sentence.text), "name") & (claim - quoted)
    ]
    return (*chosen, *before)
