"""Figures that a report takes back: "five, not three", "92.50 instead of the 88 marks", "we gave 3.6 million. That was
wrong". What an older report says with such a figure is out of date, and so is an answer that takes it from there.
"""

import re
from collections.abc import Iterable, Sequence

import msgspec

from indexer.values import Hit
from qa_service.english import CHANGES, CORRECTIONS, EARLIER, STATED
from qa_service.evidence import Sentence, joined, sentences_of
from qa_service.instructions import gives_orders
from qa_service.surroundings import Documents, Surroundings
from qa_service.terms import MONTH_KEYS, content_keys, keys, terms
from qa_service.wordings import figures

_REACH = 5
"""Words behind "not" or "instead of" within which the figure stands that is taken back."""
_NOT = re.compile(
    r"(?:[,;]|\band)\s+(?:and\s+)?not\b|\b(?:instead of|rather than|in place of|no longer)\b", re.IGNORECASE
)
_FROM = re.compile(rf"\b(?:{CHANGES})\b[^.;:]*?\bfrom\b(?=[^.;:]*?\bto\b)|\b(?:up|down) from\b", re.IGNORECASE)
_WRONG = re.compile(
    r"^\W*(?:that|this|it|they|these|those|both)\b[^.]{0,20}"
    r"\b(?:wrong|incorrect|mistaken|an? (?:error|mistake|slip))\b",
    re.IGNORECASE,
)
_STATED = re.compile(
    rf"(?:\b(?:had|have)\s+(?:\w+\s+)?|\bwe\s+(?:also\s+)?)(?:{STATED})\b(?:\s+on\s+\d+\s+\w+)?", re.IGNORECASE
)
_EARLIER = re.compile(rf"\b(?:{EARLIER})\b", re.IGNORECASE)
_ASKS_FOR_EARLIER = re.compile(
    r"\b(?:earlier|first|old|before|had|(?:previous|initial|original|former)(?:ly)?)\b", re.IGNORECASE
)
CORRECTION_KEYS = content_keys(" ".join(sorted(CORRECTIONS)))
_NEAR = 2
"""Sentences before and behind a figure that is taken back in which stands what is right instead."""
_PAUSE = re.compile(r"[,;:]\s")
_SCALES = frozenset({"100", "1000", "1000000", "1000000000"})
_LEAST_SHARED = 0.4
"""Of a claim's words, what must stand in the paragraph that corrects it, or around it."""


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph that takes figures back."""

    hit: Hit
    sentences: tuple[Sentence, ...]
    """Those around the figures that are taken back, in reading order: what is right instead stands there."""
    figures: frozenset[tuple[str, str]]
    """Each number that is taken back with the unit or month beside it, "" where none stands there."""
    holding: frozenset[tuple[str, int]]
    """Places of the sentences that hold these numbers as what is taken back."""

    @property
    def taken_back(self) -> str:
        """The sentences that hold what is taken back."""
        return joined(sentence for sentence in self.sentences if sentence.place in self.holding)


def corrections_in(hits: Iterable[Hit], *, documents: Documents) -> tuple[Correction, ...]:
    """Return the paragraphs that take figures back, of all `documents` that have a paragraph among `hits`. One that
    gives orders to its reader corrects nothing.
    """
    found = {hit.paragraph.document_id: hit for hit in hits}
    return tuple(
        correction
        for document_id, hit in found.items()
        for paragraph in documents[document_id]
        if (correction := _correction(msgspec.structs.replace(hit, paragraph=paragraph)))
    )


def correction_of(
    claim: str,
    question: str,
    support: Sequence[Sentence],
    corrections: Sequence[Correction],
    around: Surroundings,
    *,
    words: str = "",
) -> Correction | None:
    """Return the correction that takes back a figure with which `claim` answers, if one does and is newer than each
    sentence of its `support` that has the figure, or is itself what the claim misread. The claim answers with the
    figures of `words`, if it has them, else with all that the question does not have.

    What stands around the correcting paragraph must hold enough of the claim's words, and of those names of the
    question that the claim repeats. A question for what was said earlier is answered with it, and so is one that names
    a number or month beside it ("in 2004").
    """
    if not support or _ASKS_FOR_EARLIER.search(question):
        return None
    asked = content_keys(question)
    dated = asked & (MONTH_KEYS | keys(terms(question), "number"))
    claimed = {figure for figure in _figures(claim) if figure[0] not in asked}
    told = content_keys(words)
    claimed = {figure for figure in claimed if figure[0] in told} or claimed
    said = content_keys(claim) - keys(terms(claim), "number")
    names = keys(terms(question), "name") & said
    for correction in corrections:
        taken = {one[0] for one in claimed if any(_same(one, other) for other in correction.figures)}
        holding = [sentence for sentence in support if taken & content_keys(sentence.text)]
        there = around.get(correction.hit.paragraph.id, frozenset())
        if (
            holding
            and all(sentence.place in correction.holding or _is_newer(correction.hit, sentence) for sentence in holding)
            and len(said & there) >= _LEAST_SHARED * len(said)
            and len(names & there) >= _LEAST_SHARED * len(names)
            and not dated & content_keys(correction.taken_back)
        ):
            return correction
    return None


def _is_newer(hit: Hit, sentence: Sentence) -> bool:
    date, older = hit.published_at, sentence.hit.published_at
    return date is not None and older is not None and older < date


def _correction(hit: Hit) -> Correction | None:
    text = hit.paragraph.text
    if not any(marker.search(text) for marker in (_NOT, _FROM, _STATED)) or gives_orders(text):
        return None
    paragraph = sentences_of(hit)
    is_correction = bool(CORRECTION_KEYS & content_keys(f"{hit.title} {text}"))
    taken: dict[int, frozenset[tuple[str, str]]] = {}
    for place, sentence in enumerate(paragraph):
        said = sentence.text
        found = [_first_figure(said[match.end() :]) for match in (*_NOT.finditer(said), *_FROM.finditer(said))]
        if is_correction or _EARLIER.search(said):
            found.append(_stated(said))
        taken[place] = frozenset[tuple[str, str]]().union(*found)
        if place and _WRONG.search(said):
            taken[place - 1] |= _stated(paragraph[place - 1].text)
    holding = {place for place, found in taken.items() if found}
    if not holding:
        return None
    near = {place + step for place in holding for step in range(-_NEAR, _NEAR + 1)}
    return Correction(
        hit=hit,
        sentences=tuple(sentence for sentence in paragraph if sentence.index in near),
        figures=frozenset[tuple[str, str]]().union(*taken.values()),
        holding=frozenset(paragraph[place].place for place in holding),
    )


def _stated(text: str) -> frozenset[tuple[str, str]]:
    """Return the figures behind a verb that tells what was said before."""
    return frozenset[tuple[str, str]]().union(*(_figures(text[match.end() :]) for match in _STATED.finditer(text)))


def _first_figure(text: str) -> frozenset[tuple[str, str]]:
    """Return the first number of `text` with its units, if it stands within reach and before any comma."""
    for term in terms(text)[:_REACH]:
        if term.kind == "number":
            near = _PAUSE.search(text, 0, term.start) is None
            return frozenset(figure for figure in _figures(text) if near and figure[0] == term.key)
    return frozenset()


def _figures(text: str) -> frozenset[tuple[str, str]]:
    """Return each number of `text` with each unit or month beside it, or with "" where none stands there. "Million"
    behind a number is no number of its own.
    """
    with_units = figures(text)
    known = {number for number, _ in with_units}
    numbers = {
        term.key
        for term in terms(text)
        if term.kind == "number" and (text[term.start].isdigit() or term.key not in _SCALES)
    }
    return frozenset(figure for figure in with_units if figure[0] in numbers) | {
        (number, "") for number in numbers - known
    }


def _same(figure: tuple[str, str], other: tuple[str, str]) -> bool:
    """Tell whether two figures have one number, and one unit where both have any."""
    return figure[0] == other[0] and (figure[1] == other[1] or not figure[1] or not other[1])
