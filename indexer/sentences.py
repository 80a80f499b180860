"""Spans of sentences within a paragraph, by sentencex.

Why sentencex and not pysbd (both tried on sixty hard sentences, November 2026): both get titles, initials, decimals,
"No. 5", "U.S." and closing quotes of English news right. Only sentencex, with its English setting, splits also at
。！？, ؟ and ।, and leaves hard-wrapped lines whole; it takes 0.1 ms for an article.

It never splits within balanced quotation marks or brackets, so a statement stays with who made it. Three things are
added: list items and table rows are sentences of their own; a fragment that starts in lower case belongs to what stands
before it ("4 pct. in May"); and white space is shown to it as plain spaces, since sentencex 1.0.32 panics on U+00A0,
U+0085 and U+2028 before a full stop.
"""

import functools
import re
from collections.abc import Iterator

import sentencex

from indexer.line_shapes import is_list_item, is_table_row

_LANGUAGE = "en"
_CACHED_TEXTS = 8_192
_SPACE = re.compile(r"[^\S\n]")
_STARTS_LOWER = re.compile(r"[^\W\d_]+")
_BARE_NUMBER = re.compile(r"\W*\d+[.)]\s*")
# A line shorter than this share of the longest was ended on purpose and not by wrapping.
_SHORT_LINE_SHARE = 0.5

Span = tuple[int, int]


def sentences(text: str) -> list[Span]:
    """`(start, end)` of each sentence of a paragraph, in order, without the white space around it.

    Together they hold every character that is not white space. An empty text has none.
    """
    return list(_sentences(text))


@functools.lru_cache(maxsize=_CACHED_TEXTS)
def _sentences(text: str) -> tuple[Span, ...]:
    spans: list[Span] = []
    for start, end, is_whole in _passages(text):
        spans.extend([(start, end)] if is_whole else _split(text, start, end))
    return tuple(trimmed for span in spans if (trimmed := trim(text, *span)))


def trim(text: str, start: int, end: int) -> Span | None:
    """The span without white space at its ends; None when nothing else is in it."""
    piece = text[start:end]
    stripped = piece.strip()
    if not stripped:
        return None
    start += len(piece) - len(piece.lstrip())
    return start, start + len(stripped)


def _passages(text: str) -> Iterator[tuple[int, int, bool]]:
    """Cuts at line ends that are meant: `(start, end, is one list item or table row)`."""
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n]*\n?", text) if match.group()]
    items = [is_list_item(text[start:end]) for start, end in lines]
    rows = [is_table_row(text[start:end].rstrip("\n")) for start, end in lines]
    is_list, is_table = sum(items) > 1, sum(rows) > 1
    longest = max((end - start for start, end in lines), default=0)
    passage_start, in_item = 0, False
    for index, (start, end) in enumerate(lines):
        starts_item = (is_list and items[index]) or (is_table and rows[index])
        continues_item = in_item and is_list and text[start:end].startswith((" ", "\t"))
        before = text[lines[index - 1][0] : start].strip() if index else ""
        is_short = bool(index) and len(before) < _SHORT_LINE_SHARE * longest
        hard_break = is_short and not text[start:end].lstrip()[:1].islower()
        if starts_item or (in_item and not continues_item) or (hard_break and not in_item):
            if start > passage_start:
                yield passage_start, start, in_item
            passage_start, in_item = start, starts_item
    if passage_start < len(text):
        yield passage_start, len(text), in_item


def _split(text: str, start: int, end: int) -> list[Span]:
    shown = _SPACE.sub(" ", text[start:end])
    spans: list[Span] = []
    for boundary in sentencex.get_sentence_boundaries(_LANGUAGE, shown):
        span = (start + boundary["start_index"], start + boundary["end_index"])
        if spans and _belongs_to(text[slice(*spans[-1])], text[slice(*span)]):
            spans[-1] = (spans[-1][0], span[1])
        else:
            spans.append(span)
    return spans


def _belongs_to(before: str, fragment: str) -> bool:
    """Whether a boundary was none: after a bare number, before lower case, or before nothing but punctuation."""
    if _BARE_NUMBER.fullmatch(before) or not any(character.isalnum() for character in fragment):
        return True
    word = _STARTS_LOWER.match(fragment.lstrip())
    return word is not None and word.group().islower() and before.rstrip().endswith(".")
