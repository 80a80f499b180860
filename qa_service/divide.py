"""Stage: take a question apart that asks several things, and leave out what it says besides asking.

A small model that is asked two things at once answers half of one of them, and one decision about two questions is
wrong about one. So each is found evidence for, asked and checked on its own.
"""

import re
from itertools import pairwise

import msgspec

from indexer.sentences import sentences
from qa_service.terms import keys, terms

MOST_PARTS = 3

_ASKS = r"(?:(?:what|who|when|where|how)s?|which|whom|whose|why)"
_DOES = r"(?:did|does|do|is|are|was|were|has|have|had|can|could|will|would|should|may)"
_LED = (
    r"(?:(?:in|at|on|by|for|from|to|until|till|since|of|with|about|under|during|after|before|into|through|against|between|among)\s+)?"
    rf"{_ASKS}\b"
)
_SUBJECT = r"(?:the|a|an|it|he|she|they|there|you|we|one|his|her|its|their|any|[A-Z]\w+)\b"
_SEAM = re.compile(
    rf"(?:\s*[,;]\s*|\s+)(?:and|but|or|&)\s+(?:also\s+|then\s+)?(?=(?i:{_LED}))"
    rf"|\s*,\s+(?:and\s+|but\s+)?(?=(?i:{_LED}))(?=[^?]*(?:and|or)\s+(?i:{_LED}))"
    rf"|\s*[,;]\s*(?:and|but)\s+(?=(?i:{_DOES})\s+{_SUBJECT})"
    r"|\?\s*(?=\S)"
)
_ELLIPSIS = re.compile(
    r"(?:for|to|by|with|from|at|in|of|since|until|about|against|on|after)\s+(?:how\s+\w+|wh\w+)\W*$"
    r"|how\s+(?:much|many|long|often|old|far|fast|late|early|soon)\W*$|what\s+for\W*$"
    rf"|(?:wh|how\s)\w+\s+{_DOES}\s+\w+",
    re.IGNORECASE,
)
"""Asks, without a word of its own, for something more about what was asked before: "for how much?"."""
_ELLIPTIC_SEAM = re.compile(r"\s+(?:vs\.?|versus)\s+|\s*,\s+and\s+", re.IGNORECASE)
_ASKING_WORD = re.compile(rf"\b{_ASKS}\b|^\W*{_DOES}\b", re.IGNORECASE)
_ANYTHING = re.compile(r"\w")
_QUESTION = re.compile(
    rf"(?<!\w\s)^\W*(?:{_LED}|{_DOES}\b)|[,:.?!-]\s+(?:(?:and|but|or)\s+)?(?:{_LED}|{_DOES}\b)", re.IGNORECASE
)
"""What asks: a question word or a verb in front, at the start or behind an opening phrase."""
_ASKING_SENTENCE = re.compile(
    rf"\?\W*$|^\W*(?:{_LED}|{_DOES}\b(?!\s+not\b))"
    r"|\b(?:tell me|wonder|find out|want to know|curious|name|list|explain|describe)\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs|this|that|these|those|there|one|ones|same|both|each|so)\b",
    re.IGNORECASE,
)
_LEAST_OWN_WORDS = 2
"""Names, numbers and content words with which a sentence can be asked without what stands before it."""


class Division(msgspec.Struct, frozen=True, kw_only=True):
    """A question as it is asked of the index and the model."""

    whole: str
    """The question without sentences that ask nothing, where it can be understood without them."""
    parts: tuple[str, ...]
    """What is asked, one thing a part, in order; `(whole,)` for a question that asks one thing."""


def divide(question: str) -> Division:
    """Return `question` taken apart, at most `MOST_PARTS` parts. What cannot be taken apart stays as it is."""
    whole = _asking(question)
    parts = [part if part.endswith("?") else f"{part}?" for part in _parts(whole)]
    if not 1 < len(parts) <= MOST_PARTS or not _own_words(parts[0]):
        return Division(whole=whole, parts=(whole,))
    return Division(whole=whole, parts=tuple(parts))


def with_names(part: str, whole: str) -> str:
    """Return a part of a question with the names that stand only in other parts: what "he" and "there" may mean."""
    names = [whole[term.start : term.end] for term in terms(whole) if term.kind == "name"]
    return " ".join([part, *(name for name in dict.fromkeys(names) if name not in part)])


def _parts(whole: str) -> list[str]:
    """Cut at the seams between questions; what asks nothing by itself stays with the question behind it ("If so, what
    …", "When and where …"), a bare "what?" with the one before it.
    """
    asks, seam = (_QUESTION, _SEAM) if _ASKING_WORD.search(whole) else (_ANYTHING, _ELLIPTIC_SEAM)
    parts: list[str] = []
    start = 0
    for match in (*seam.finditer(whole), None):
        end, following = (match.start(), match.end()) if match else (len(whole), len(whole))
        piece = whole[start:end].strip(" ,;?")
        rest = whole[following:]
        asks_more = bool(_own_words(rest) or _ELLIPSIS.match(rest))
        asks_less = not asks.search(piece) or (start == 0 and not _own_words(piece))
        if match and (asks_less or not asks_more or piece.count('"') % 2):
            continue
        parts.append(piece)
        start = following
    return [part for part in parts if part]


def _asking(question: str) -> str:
    """Drop sentences that only lead up to the question, if what is left can stand alone and they do not name what it
    is about.
    """
    starts = [start for start, _ in sentences(question)]
    said = [question[start:end] for start, end in pairwise([*starts, len(question)])]
    asking = [sentence for sentence in said if _ASKING_SENTENCE.search(sentence.rstrip())]
    kept = "".join(asking).rstrip()
    if not asking or len(asking) == len(said):
        return question
    names_it = keys(terms(kept), "name") or not keys(terms(question), "name")
    stands_alone = _own_words(kept) >= _LEAST_OWN_WORDS and not _POINTS_BACK.search(kept)
    return kept if names_it and stands_alone else question


def _own_words(text: str) -> int:
    return sum(term.kind != "function" for term in terms(text))
