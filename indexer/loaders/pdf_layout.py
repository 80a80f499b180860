"""From the lines of a PDF to its paragraphs, headings, lists and tables, by where the lines stand and how they look."""

import itertools
import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from indexer.line_shapes import ends_sentence, is_list_item
from indexer.loaders.parsed import table_row
from indexer.loaders.pdf_lines import PdfLine

Kind = Literal["paragraph", "heading", "block"]

_NEW_SIZE = 0.12
_HEADING_SIZE = 1.12
_MAX_HEADING_CHARS = 200
_GAP = 1.25
_INDENT_EMS = 0.6
_SPARE_SHARE = 0.35
_COLUMN_EMS = 3.0
_MAX_LIST_ITEM_CHARS = 300
_MAX_CELL_CHARS = 60


class PdfBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph, a heading, or a list or table with a line for each item or row."""

    kind: Kind
    text: str
    page: int
    """The page on which it starts, from 0."""
    page_breaks: tuple[tuple[int, int], ...] = ()
    """`(page, offset in text)` for each further page on which it goes on."""


class _Layout:
    """Measures of the whole document: what is usual in it tells what stands out."""

    def __init__(self, lines: Sequence[PdfLine]) -> None:
        self.em = _usual([(line.em, len(line.text)) for line in lines])
        steps = sorted(
            above.bottom - line.bottom
            for above, line in itertools.pairwise(lines)
            if above.page == line.page and 0.5 * self.em < above.bottom - line.bottom < 3 * self.em
        )
        # The lower quartile and not the median: in a text of lists and headings most steps are wider than the leading.
        self.leading = steps[len(steps) // 4] if steps else 1.2 * self.em
        self._rights: dict[tuple[int, int], float] = {}
        for line in lines:
            for key in self._columns(line):
                self._rights[key] = max(self._rights.get(key, 0.0), line.right)
        self.words = set(re.findall(r"\w+-\w+", " ".join(line.text for line in lines)))

    def _columns(self, line: PdfLine) -> list[tuple[int, int]]:
        column = round(line.left / (_COLUMN_EMS * self.em))
        return [(line.page, column - 1), (line.page, column), (line.page, column + 1)]

    def right(self, line: PdfLine) -> float:
        """The right edge of the column in which the line stands."""
        return self._rights[line.page, round(line.left / (_COLUMN_EMS * self.em))]


def _usual(weighted: Sequence[tuple[float, int]]) -> float:
    """The weighted median; 1.0 for nothing."""
    half = sum(weight for _, weight in weighted) / 2
    passed = 0
    for value, weight in sorted(weighted):
        passed += weight
        if passed >= half:
            return value
    return 1.0


def lay_out(lines: Sequence[PdfLine]) -> list[PdfBlock]:
    """Groups lines in reading order into blocks.

    A paragraph ends at a wider gap, a change of size or weight, an indented line, a list marker, or a sentence end
    after which the next word would still have fitted. One that has not ended on its page goes on on the next.
    """
    layout = _Layout(lines)
    groups: list[list[PdfLine]] = []
    for line in lines:
        if groups and not _starts_group(groups[-1], line, layout):
            groups[-1].append(line)
        else:
            groups.append([line])
    return _blocks(groups, layout)


def _starts_group(group: Sequence[PdfLine], line: PdfLine, layout: _Layout) -> bool:
    above = group[-1]
    if abs(line.em - above.em) > _NEW_SIZE * above.em or line.bold != above.bold:
        return not above.hyphenated
    if _is_row(line) or _is_row(above) or is_list_item(line.text):
        return True
    if above.hyphenated:
        return False
    step = above.bottom - line.bottom
    if above.page != line.page or step <= 0:
        return ends_sentence(above.text) or above.text.endswith(":") or _is_heading(group, layout)
    if step > _GAP * max(layout.leading * line.em / layout.em, line.em):
        return True
    return not _is_heading([*group, line], layout) and _breaks_off(group, line, layout)


def _breaks_off(group: Sequence[PdfLine], line: PdfLine, layout: _Layout) -> bool:
    """Whether the line above ends a paragraph, told by its right end, or this one starts one, told by its indent."""
    above = group[-1]
    if is_list_item(group[0].text):
        is_outdented = line.left < group[0].left + 0.3 * line.em
        return is_outdented and _room(above, line, layout) > 0
    spare = 0.0 if ends_sentence(above.text) else _SPARE_SHARE * (layout.right(above) - above.left)
    column = [other.left for other in group if abs(other.left - above.left) < _COLUMN_EMS * layout.em]
    is_indented = line.left > min(column) + _INDENT_EMS * line.em
    return is_indented or _room(above, line, layout) > spare


def _room(above: PdfLine, line: PdfLine, layout: _Layout) -> float:
    """What would have been left of the line above behind the next word; positive: it was ended on purpose."""
    return layout.right(above) - above.right - line.first_word_width - 0.5 * line.em


def _is_row(line: PdfLine) -> bool:
    cells = line.text.split("\t")
    return len(cells) > 1 and max(map(len, cells)) <= _MAX_CELL_CHARS


def _is_heading(group: Sequence[PdfLine], layout: _Layout) -> bool:
    text = " ".join(line.text for line in group)
    stands_out = all(line.em > _HEADING_SIZE * layout.em or line.bold for line in group)
    return (
        stands_out
        and len(text) <= _MAX_HEADING_CHARS
        and any(character.isalpha() for character in text)
        and not text.endswith((".", ",", ";"))
        and not any(_is_row(line) for line in group)
        and not (is_list_item(text) and not group[0].bold and group[0].em <= _HEADING_SIZE * layout.em)
    )


def _blocks(groups: Sequence[Sequence[PdfLine]], layout: _Layout) -> list[PdfBlock]:
    blocks: list[PdfBlock] = []
    index = 0
    while index < len(groups):
        rest = groups[index:]
        rows = list(itertools.takewhile(lambda group: _is_row(group[0]), rest))
        items = list(itertools.takewhile(lambda group: _is_item(group, layout), rest))
        if len(rows) > 1:
            blocks.append(_table([line for group in rows for line in group]))
            index += len(rows)
        elif len(items) > 1 and _are_short(items):
            text = "\n".join(_prose(group, layout).text for group in items)
            blocks.append(PdfBlock(kind="block", text=text, page=items[0][0].page))
            index += len(items)
        else:
            blocks.append(_prose(groups[index], layout))
            index += 1
    return blocks


def _table(rows: Sequence[PdfLine]) -> PdfBlock:
    """Rows as lines; a head row that starts further right than all others and has one cell less lacks the first one."""
    cells = [row.text.split("\t") for row in rows]
    others = list(zip(rows[1:], cells[1:], strict=True))
    if all(rows[0].left > row.left + row.em and len(row_cells) == len(cells[0]) + 1 for row, row_cells in others):
        cells[0] = ["", *cells[0]]
    return PdfBlock(kind="block", text="\n".join(table_row(row) for row in cells), page=rows[0].page)


def _is_item(group: Sequence[PdfLine], layout: _Layout) -> bool:
    return is_list_item(group[0].text) and not _is_heading(group, layout)


def _are_short(items: Sequence[Sequence[PdfLine]]) -> bool:
    chars = sum(len(line.text) for group in items for line in group)
    return chars <= _MAX_LIST_ITEM_CHARS * len(items)


def _prose(group: Sequence[PdfLine], layout: _Layout) -> PdfBlock:
    """One paragraph or heading, its lines joined by spaces, words that a hyphen divides put together again."""
    text = ""
    breaks: list[tuple[int, int]] = []
    above: PdfLine | None = None
    for line in group:
        own = line.text.replace("\t", " ")
        if above is not None:
            text += _joint(text, own, layout) if above.hyphenated else " "
            breaks.extend((page, len(text)) for page in range(above.page + 1, line.page + 1))
        text += own
        above = line
    if above is not None and above.hyphenated:
        text += "-"
    kind: Kind = "heading" if _is_heading(group, layout) else "paragraph"
    return PdfBlock(kind=kind, text=text, page=group[0].page, page_breaks=tuple(breaks))


def _joint(text: str, below: str, layout: _Layout) -> str:
    """A hyphen where the word has one of its own: before a capital or digit, or if it has it elsewhere in the text."""
    head, tail = re.search(r"\w*$", text), re.match(r"\w*", below)
    word = f"{head.group() if head else ''}-{tail.group() if tail else ''}"
    return "-" if word in layout.words or not below[:1].islower() else ""
