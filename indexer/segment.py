"""The second stage of a build: from a document to its paragraphs, each an exact slice of the document's text.

Paragraphs are what stands between blank lines; where a document puts each paragraph on one line without blank lines
between, what stands on a line. Headings, the title, credits below the title and boilerplate lines are not paragraphs.
"""

import bisect
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from indexer.boilerplate import is_boilerplate, is_credit_line
from indexer.line_shapes import ends_sentence, folded, is_section_line
from indexer.sentences import sentences, trim
from indexer.values import Document, Paragraph

Kind = Literal["heading", "block", "prose"]
Span = tuple[int, int]

MAX_LEAD_IN_CHARS = 300
_OPENING_LINES = 12
_OPENING_LINE_CHARS = 120
_TITLE_WITHIN_LINES = 5
# Longer lines are not wrapped by hand: their end is the end of a paragraph.
_MAX_WRAPPED_CHARS = 200
_WRAPPED_SHARE = 0.85
_MAX_GRAPHEME_CHARS = 16
_SENTENCE_WINDOW_CHARS = 20_000


class _Region(msgspec.Struct, frozen=True, kw_only=True):
    start: int
    end: int
    kind: Kind


class _Piece(msgspec.Struct, frozen=True, kw_only=True):
    start: int
    end: int
    kind: Kind
    heading: str


def segment(document: Document, *, max_paragraph_chars: int) -> list[Paragraph]:
    """The paragraphs of a document, numbered from 1 in reading order; none longer than `max_paragraph_chars`.

    A longer one is cut at sentence ends, a longer sentence at white space, a longer word anywhere but between a
    character and its combining marks. A list or table stays whole up to that length, together with a line above it that
    ends in a colon. Every character that is not white space, heading, title, credit or boilerplate lies in exactly one
    paragraph. A document of nothing but headings is segmented as if they were paragraphs.
    """
    pieces = _pieces(document) or _without_headings(document)
    spans = [
        (start, end, piece.heading)
        for piece in _with_lead_ins(document.text, pieces, max_paragraph_chars)
        for start, end in _cut(document.text, piece.start, piece.end, max_paragraph_chars)
    ]
    return [
        Paragraph(
            id=f"{document.id}-p{number}",
            document_id=document.id,
            number=number,
            start=start,
            end=end,
            text=document.text[start:end],
            heading=heading,
            page=_page(document.page_starts, start),
        )
        for number, (start, end, heading) in enumerate(spans, start=1)
    ]


def _without_headings(document: Document) -> list[_Piece]:
    return _pieces(msgspec.structs.replace(document, heading_spans=(), title=""))


def _page(page_starts: Sequence[int], start: int) -> int | None:
    return max(1, bisect.bisect_right(page_starts, start)) if page_starts else None


def _pieces(document: Document) -> list[_Piece]:
    text = document.text
    regions = list(_regions(document))
    opening = _opening(document)
    prose = [span for region in regions if region.kind == "prose" for span in _blocks(text, region.start, region.end)]
    one_line_each = _is_one_line_each(text, prose)
    width = max((end - start for block in prose for start, end in block), default=0)
    pieces: list[_Piece] = []
    heading = ""
    for region in regions:
        spans: list[Span] = []
        if region.kind == "heading":
            words = " ".join(text[region.start : region.end].split())
            heading = "" if folded(words) == folded(document.title) or is_boilerplate(words) else words
        elif region.kind == "block":
            spans = _block_spans(text, region)
        else:
            for block in _blocks(text, region.start, region.end):
                spans.extend(_paragraphs(text, block, opening, one_line_each, width))
        pieces.extend(_Piece(start=start, end=end, kind=region.kind, heading=heading) for start, end in spans)
    return pieces


def _regions(document: Document) -> Iterator[_Region]:
    """The whole text in order: headings, lists and tables, and prose between; where spans overlap, the first wins."""
    marked: list[tuple[int, int, Kind]] = [(start, end, "heading") for start, end in document.heading_spans]
    marked += [(start, end, "block") for start, end in document.block_spans]
    position = 0
    for marked_start, marked_end, kind in sorted(marked):
        start, end = max(marked_start, position), min(marked_end, len(document.text))
        if start >= end:
            continue
        if position < start:
            yield _Region(start=position, end=start, kind="prose")
        yield _Region(start=start, end=end, kind=kind)
        position = end
    if position < len(document.text):
        yield _Region(start=position, end=len(document.text), kind="prose")


def _lines(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        yield start, stop
        start = stop + 1


def _blocks(text: str, start: int, end: int) -> list[list[Span]]:
    """Lines between blank lines."""
    blocks: list[list[Span]] = [[]]
    for line in _lines(text, start, end):
        trimmed = trim(text, *line)
        if trimmed:
            blocks[-1].append(trimmed)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _block_spans(text: str, region: _Region) -> list[Span]:
    lines = [span for line in _lines(text, region.start, region.end) if (span := trim(text, *line))]
    if all(is_boilerplate(text[slice(*line)]) for line in lines):
        return []
    return [(lines[0][0], lines[-1][1])]


def _is_one_line_each(text: str, blocks: Sequence[Sequence[Span]]) -> bool:
    """Whether single line ends part paragraphs here: at most of them a sentence ends, or a line too long to be wrapped.

    In prose that is wrapped by hand about one line in eight ends with a sentence.
    """
    broken = [line for block in blocks for line in block[:-1] if not is_boilerplate(text[slice(*line)])]
    ended = [line for line in broken if line[1] - line[0] > _MAX_WRAPPED_CHARS or ends_sentence(text[slice(*line)])]
    return len(broken) > 0 and 2 * len(ended) >= len(broken)


def _paragraphs(text: str, block: Sequence[Span], opening: set[int], one_line_each: bool, width: int) -> Iterator[Span]:
    """A block without the lines that are left out; each line apart where a line is a paragraph."""
    start = end = -1
    for index, line in enumerate(block):
        stands_alone = not (index and _is_wrapped(text, block[index - 1], line, width)) and not (
            index + 1 < len(block) and _is_wrapped(text, line, block[index + 1], width)
        )
        left_out = line[0] in opening or (stands_alone and is_boilerplate(text[slice(*line)]))
        if start >= 0 and (left_out or one_line_each):
            yield start, end
            start = -1
        if not left_out:
            start, end = (line[0] if start < 0 else start), line[1]
    if start >= 0:
        yield start, end


def _is_wrapped(text: str, above: Span, below: Span, width: int) -> bool:
    """Whether the next word would not have fitted: then the line end is no more than a space."""
    next_word = text[slice(*below)].split(maxsplit=1)[0]
    return above[1] - above[0] + 1 + len(next_word) > _WRAPPED_SHARE * width and not ends_sentence(text[slice(*above)])


def _opening(document: Document) -> set[int]:
    """Starts of the lines around the title that are no content: section name, title, outlet and date."""
    text = document.text
    lines = [span for line in _lines(text, 0, len(text)) if (span := trim(text, *line))]
    title = folded(document.title)
    titles = [
        at for at, line in enumerate(lines[:_TITLE_WITHIN_LINES]) if title and folded(text[slice(*line)]) == title
    ]
    left_out: set[int] = set()
    if titles and len(lines) > titles[0] + 1:
        above = [line for line in lines[: titles[0]] if is_section_line(text[slice(*line)])]
        left_out.update(start for start, _ in [*above, lines[titles[0]]])
    for start, end in lines[:_OPENING_LINES]:
        line = text[start:end]
        if is_credit_line(line, document.source):
            left_out.add(start)
        elif start not in left_out and (len(line) > _OPENING_LINE_CHARS or ends_sentence(line)):
            break
    return left_out


def _with_lead_ins(text: str, pieces: Sequence[_Piece], max_paragraph_chars: int) -> list[_Piece]:
    """Joins a short paragraph that ends in a colon to the list or table right below it: neither says much alone."""
    joined: list[_Piece] = []
    for piece in pieces:
        above = joined[-1] if joined else None
        introduces = (
            above is not None
            and (above.kind, piece.kind) == ("prose", "block")
            and text[above.start : above.end].endswith((":", "："))
            and above.end - above.start <= MAX_LEAD_IN_CHARS
            and piece.end - above.start <= max_paragraph_chars
            and not text[above.end : piece.start].strip()
        )
        if above is not None and introduces:
            joined[-1] = msgspec.structs.replace(above, end=piece.end, kind="block")
        else:
            joined.append(piece)
    return joined


def _cut(text: str, start: int, end: int, max_chars: int) -> Iterator[Span]:
    """Fills each piece with as many whole sentences as fit."""
    if end - start <= max_chars:
        yield start, end
        return
    open_start = open_end = -1
    for sentence_start, sentence_end in _sentences_within(text, start, end):
        for piece_start, piece_end in _cut_words(text, sentence_start, sentence_end, max_chars):
            if open_start >= 0 and piece_end - open_start > max_chars:
                yield open_start, open_end
                open_start = -1
            open_start, open_end = (piece_start if open_start < 0 else open_start), piece_end
    if open_start >= 0:
        yield open_start, open_end


def _sentences_within(text: str, start: int, end: int) -> Iterator[Span]:
    """Sentences in windows: with many unclosed quotation marks the splitter takes time quadratic in the length."""
    for window_start, window_end in _cut_words(text, start, end, _SENTENCE_WINDOW_CHARS):
        for sentence_start, sentence_end in sentences(text[window_start:window_end]):
            yield window_start + sentence_start, window_start + sentence_end


def _cut_words(text: str, start: int, end: int, max_chars: int) -> Iterator[Span]:
    while end - start > max_chars:
        window = text[start : start + max_chars + 1]
        space = max((index for index, character in enumerate(window) if character.isspace()), default=0)
        stop = start + space if space else _grapheme_start(text, start, start + max_chars)
        piece = trim(text, start, stop)
        if piece:
            yield piece
        while stop < end and text[stop].isspace():
            stop += 1
        start = stop
    if start < end:
        yield start, end


def _grapheme_start(text: str, start: int, stop: int) -> int:
    """The nearest place at or before `stop` that parts no combining mark, joiner or modifier from its base."""
    for place in range(stop, max(start, stop - _MAX_GRAPHEME_CHARS), -1):
        extends = unicodedata.category(text[place]) in {"Mn", "Me", "Mc"} or text[place] == "\u200d"
        is_skin_tone = "\U0001f3fb" <= text[place] <= "\U0001f3ff"
        if not extends and not is_skin_tone and text[place - 1] != "\u200d":
            return place
    return stop
