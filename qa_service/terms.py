"""Words of a text as the checks compare them: stemmed, without case and accents, with their kind and place."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

import msgspec
import snowballstemmer

from qa_service.english import (
    ACRONYMS,
    FUNCTION_WORDS,
    IRREGULAR,
    LETTERS,
    MONTH_ABBREVIATIONS,
    MONTHS,
    NUMERALS,
    TIME_WORDS,
    WEEKDAYS,
)

SAME_WORD_RATIO = 80.0
"""Of rapidfuzz's normalised similarity of two keys, 0 to 100: allows a typo in six letters, not another name."""

Kind = Literal["name", "number", "content", "function"]

_WORD = re.compile(
    r"\d+(?:st|nd|rd|th)\b|\d+(?:[.,:]\d+)*"  # a number, with its separators
    r"|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"  # scripts written without spaces: a character is a word
    r"|[^\W\d_][^\W_]*(?:['\u2019\u02bc][^\W\d_]+)*"  # a word, or a code such as DB10
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n\"\u201c\u2018(\[|]|[-*\u2022]\s)\s*$")
_NUMBER_BEFORE = re.compile(r"\d(?:st|nd|rd|th)?\s*$")
_NUMBER_AFTER = re.compile(r"\.?\s*\d")
_ONE_OF = re.compile(r"\s+of\b", re.IGNORECASE)
_STEMMER = snowballstemmer.stemmer("english")


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """One word: `text[start:end]`, and `key`, under which equal words meet."""

    key: str
    kind: Kind
    start: int
    end: int


@lru_cache(maxsize=4096)
def terms(text: str) -> tuple[Term, ...]:
    """Return the words of `text` in order.

    A name is a capitalised word that does not merely begin a sentence; a number's key is its value in plain digits, for
    numerals ("three", but not "one of") too, an ordinal's is `3rd` for "third"; "Nov" beside a number is November.
    Words of scripts without capitals are content.
    """
    return tuple(_term(text, match) for match in _WORD.finditer(text))


def keys(items: Iterable[Term], *kinds: Kind) -> frozenset[str]:
    """Return the keys of the terms of the given kinds."""
    return frozenset(item.key for item in items if item.kind in kinds)


def content_keys(text: str) -> frozenset[str]:
    """Return the keys of everything in `text` that carries content."""
    return keys(terms(text), "name", "number", "content")


def _term(text: str, match: re.Match[str]) -> Term:
    word = match.group()
    plain = _plain(word)
    if word[0].isupper() and plain in MONTH_ABBREVIATIONS and _beside_number(text, match):
        plain = MONTH_ABBREVIATIONS[plain]
    capital = word[0].isupper() and not _SENTENCE_START.search(text, 0, match.start())
    acronym = len(word) > 1 and word.isupper()
    kind: Kind
    if word[0].isdigit():
        key, kind = _number_key(plain), "number"
    elif plain in NUMERALS and not (plain == "one" and _ONE_OF.match(text, match.end())):
        key, kind = NUMERALS[plain], "number"
    elif plain in FUNCTION_WORDS and not (
        (acronym and plain in ACRONYMS) or (capital and plain in MONTHS) or (word.isupper() and plain in LETTERS)
    ):
        key, kind = plain, "function"
    else:
        key = _STEMMER.stemWord(IRREGULAR.get(plain, plain))
        kind = "name" if acronym or (capital and len(word) > 1) else "content"
    return Term(key=key, kind=kind, start=match.start(), end=match.end())


def _beside_number(text: str, match: re.Match[str]) -> bool:
    return bool(
        _NUMBER_BEFORE.search(text, max(0, match.start() - 6), match.start()) or _NUMBER_AFTER.match(text, match.end())
    )


def _plain(word: str) -> str:
    """Fold case, accents and apostrophes, and drop a possessive `'s`."""
    folded = unicodedata.normalize("NFKD", word.casefold().replace("\u2019", "'").replace("\u02bc", "'"))
    folded = "".join(char for char in folded if not unicodedata.combining(char))
    return folded[:-2] if folded.endswith("'s") else folded.rstrip("'")


def _number_key(word: str) -> str:
    """`1,250.0` -> `1250`: thousands separators and trailing zeros dropped, digits of any script made ASCII."""
    digits = "".join(str(unicodedata.digit(char)) if char.isdigit() and char not in "." else char for char in word)
    digits = re.sub(r",(?=\d{3}(?!\d))", "", digits)
    if re.fullmatch(r"\d+\.\d+", digits):
        digits = digits.rstrip("0").rstrip(".")
    return digits


MONTH_KEYS = frozenset(term.key for month in MONTHS for term in terms(month.capitalize()))
TIME_KEYS = MONTH_KEYS | {term.key for word in (*WEEKDAYS, *TIME_WORDS) for term in terms(word)}
"""Keys of the words that tell a time: months and weekdays, too, which are names only by their capitals."""
