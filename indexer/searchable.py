"""What the lexical index sees of a text, and how a user's words become a query that it cannot misread.

FTS5's own tokenizer would take a whole Chinese sentence for one word and cut Arabic and Hebrew words at their vowel
points. So both sides, the indexed shadow of a text and a query, pass through `searchable` and are then split at spaces.
"""

import functools
import itertools
import unicodedata

MAX_QUERY_TERMS = 128
"""Of one query, first come first: a pasted article would otherwise visit the postings of every word of the language."""

# Closed classes of English: articles, pronouns, prepositions, auxiliaries and question words. BM25's inverse document
# frequency does the same for other languages, only slower, because the long postings of these words are still read.
_ENGLISH = """
a about above after again against all am an and any are as at be because been before being below between both but by
can could did do does doing down during each few for from further had has have having he her here hers herself him
himself his how i if in into is it its itself just me more most my myself no nor not of off on once only or other
our ours ourselves out over own s same she should so some such t than that the their theirs them themselves then
there these they this those through to too under until up very was we were what when where which while who whom whose
why will with would you your yours yourself yourselves
"""
STOP_WORDS = frozenset(_ENGLISH.split())

# Marks that readers and writers leave out at will: accents, Hebrew points, Arabic vowels and stretching strokes.
# The marks of other scripts (Devanagari's vowel signs, Japanese voicing) make other words and stay.
_OPTIONAL_MARKS = (
    (0x0300, 0x036F), (0x0591, 0x05C7),
    (0x0610, 0x061A), (0x0640, 0x0640), (0x064B, 0x065F), (0x0670, 0x0670), (0x06D6, 0x06ED),
)  # fmt: skip

# Scripts written without spaces between words: each of their letters is a term of its own.
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007), (0x3040, 0x30FF),  # kana
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF),  # Han
)  # fmt: skip


def searchable(text: str) -> str:
    """Return the terms of `text`, single-spaced: case and optional marks folded, unspaced scripts letter by letter.

    Everything that is not a letter, digit or mark separates terms. Equal to itself when applied twice.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    decomposed = folded.translate(_FOLDING)
    return " ".join(unicodedata.normalize("NFC", decomposed).translate(_SPACING).split())


def match_expression(query: str) -> str:
    """Return an FTS5 MATCH expression for any one of the words of `query`, or "" if it has none.

    Stop words count only when there is nothing else. Neighbouring letters of an unspaced script are asked for in pairs,
    because one Han character alone says little. The first `MAX_QUERY_TERMS` different terms are kept. Only letters,
    digits, marks, quotes and ` OR ` occur in the result, so no text can become FTS5 syntax.
    """
    phrases = dict.fromkeys(_phrases(searchable(query).split()))
    wanted = [phrase for phrase in phrases if phrase not in STOP_WORDS] or list(phrases)
    return " OR ".join(f'"{phrase}"' for phrase in wanted[:MAX_QUERY_TERMS])


def _phrases(terms: list[str]) -> list[str]:
    phrases: list[str] = []
    for unspaced, group in itertools.groupby(terms, key=lambda term: _is_unspaced(ord(term[0]))):
        run = list(group)
        phrases += [f"{a} {b}" for a, b in itertools.pairwise(run)] if unspaced and len(run) > 1 else run
    return phrases


class _Folding(dict[int, str]):
    """A table for `str.translate`, filled as characters turn up."""

    def __missing__(self, codepoint: int) -> str:
        folded = self[codepoint] = _fold(codepoint)
        return folded


class _Spacing(dict[int, str]):
    """A table for `str.translate` that sets spaces around the letters of unspaced scripts."""

    def __missing__(self, codepoint: int) -> str:
        letter = chr(codepoint)
        starts_a_term = _is_unspaced(codepoint) and not unicodedata.category(letter).startswith("M")
        spaced = self[codepoint] = f" {letter}" if starts_a_term else letter
        return spaced


def _fold(codepoint: int) -> str:
    letter = chr(codepoint)
    if _within(codepoint, _OPTIONAL_MARKS):
        return ""
    return letter if unicodedata.category(letter)[0] in "LNM" else " "


def _within(codepoint: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= codepoint <= last for first, last in ranges)


@functools.lru_cache(maxsize=8192)
def _is_unspaced(codepoint: int) -> bool:
    return _within(codepoint, _UNSPACED)


_FOLDING = _Folding()
_SPACING = _Spacing()
