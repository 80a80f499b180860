"""The lines of PDF pages with their places, from PDFium's characters, and which of them are headers and footers.

Lengths are PDF points (1/72 inch), the origin is the lower left corner of the page.
"""

import collections
import ctypes
import itertools
import re
import statistics
from collections.abc import Iterator, Sequence

import msgspec
import pypdfium2
import pypdfium2.raw as pdfium

from indexer.loaders.decode import readable
from indexer.loaders.pdf_visibility import Sight

# PDFium puts this in place of the hyphen of a word that goes on in the next line, and no line end behind it.
_LINE_END_HYPHEN = 0x2
_LINE_ENDS = {0x0A, 0x0D}
_FORCE_BOLD = 1 << 18  # ISO 32000-1, table 123
_BOLD_NAME = re.compile(rb"bold|black|heavy", re.IGNORECASE)
_FONT_NAME_BYTES = 128
# Wider than the widest space of a justified line, narrower than the padding between two cells of a table.
_CELL_GAP_EMS = 1.0
_LABEL_AND_TAB = re.compile(r"^([^\w\s]|\(?\w{1,3}[.)]) *\t")
_NUMBER_AND_TAB = re.compile(r"^(\d{1,3}) *\t(?=[^\t]*[^\W\d_][^\t]*$)")
_LABEL_GAP_EMS = 0.4
_LABEL_GAP_RATIO = 1.5
_MARGIN_SHARE = 0.12
_SAME_PLACE_POINTS = 3
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|p\.|seite|página)\W*)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:/|of|von|de)\s*\d{1,4})?\W*", re.IGNORECASE
)


class PdfLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a page."""

    text: str
    """Cells that stand clearly apart are separated by a tab."""
    page: int
    """From 0."""
    left: float
    right: float
    bottom: float
    em: float
    """The median height of its characters' boxes, close to the font's size."""
    bold: bool = False
    hyphenated: bool = False
    """Its last word goes on in the next line; `text` leaves the hyphen out."""
    first_word_width: float = 0.0
    page_height: float = 792.0


class _Glyph(msgspec.Struct, frozen=True, kw_only=True):
    character: str
    left: float
    right: float
    bottom: float
    top: float
    bold: bool


def page_lines(page: pypdfium2.PdfPage, number: int) -> list[PdfLine]:
    """The lines of one page in the order of its content, as far as they can be seen; `number` counts pages from 0."""
    textpage = page.get_textpage()
    try:
        height = float(page.get_height())
        lines = [
            _line(glyphs, number, height, hyphenated)
            for glyphs, hyphenated in _divided(textpage, Sight(page, textpage))
        ]
    finally:
        textpage.close()
    return _joined_cells([line for line in lines if line.text])


def _divided(textpage: pypdfium2.PdfTextPage, sight: Sight) -> Iterator[tuple[list[_Glyph], bool]]:
    """The characters of each line that can be seen, and whether it ends in a hyphen."""
    glyphs: list[_Glyph] = []
    lead_surrogate = 0
    for index in range(textpage.count_chars()):
        code = int(pdfium.FPDFText_GetUnicode(textpage, index))
        if code in _LINE_ENDS or code == _LINE_END_HYPHEN:
            yield glyphs, code == _LINE_END_HYPHEN
            glyphs = []
        elif 0xD800 <= code < 0xDC00:
            lead_surrogate = code
        else:
            if 0xDC00 <= code < 0xE000 and lead_surrogate:
                code = 0x10000 + ((lead_surrogate - 0xD800) << 10) + (code - 0xDC00)
            if chr(code).isspace() or sight.sees(index):
                glyphs.append(_glyph(textpage, index, chr(code)))
    yield glyphs, False


def _glyph(textpage: pypdfium2.PdfTextPage, index: int, character: str) -> _Glyph:
    left, bottom, right, top = textpage.get_charbox(index, loose=True)
    name, flags = ctypes.create_string_buffer(_FONT_NAME_BYTES), ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(textpage, index, name, _FONT_NAME_BYTES, flags)
    bold = bool(flags.value & _FORCE_BOLD) or _BOLD_NAME.search(name.value) is not None
    return _Glyph(character=character, left=left, right=right, bottom=bottom, top=top, bold=bold)


def _line(glyphs: Sequence[_Glyph], page: int, page_height: float, hyphenated: bool) -> PdfLine:
    visible = [glyph for glyph in glyphs if not glyph.character.isspace()]
    if not visible:
        return PdfLine(text="", page=page, left=0, right=0, bottom=0, em=1)
    em = max(1.0, statistics.median(glyph.top - glyph.bottom for glyph in visible))
    text = _with_label(readable(_text(glyphs, em)), visible, em)
    first_word = visible[: len(text.split()[0])] if text.split() else visible[:1]
    return PdfLine(
        text="\t".join(" ".join(cell.split()) for cell in text.split("\t")).strip(),
        page=page,
        left=min(glyph.left for glyph in visible),
        right=max(glyph.right for glyph in visible),
        bottom=min(glyph.bottom for glyph in visible),
        em=em,
        bold=all(glyph.bold for glyph in visible),
        hyphenated=hyphenated,
        first_word_width=max(glyph.right for glyph in first_word) - min(glyph.left for glyph in first_word),
        page_height=page_height,
    )


def _text(glyphs: Sequence[_Glyph], em: float) -> str:
    pieces: list[str] = []
    right: float | None = None
    for glyph in glyphs:
        if glyph.character.isspace():
            pieces.append(" ")
            continue
        if right is not None and glyph.left - right > _CELL_GAP_EMS * em:
            pieces.append("\t")
        pieces.append(glyph.character)
        right = glyph.right
    return "".join(pieces)


def _with_label(text: str, visible: Sequence[_Glyph], em: float) -> str:
    """One space behind the label of a list item; a full stop behind a number that only a wide space sets apart."""
    text = _LABEL_AND_TAB.sub(r"\1 ", _NUMBER_AND_TAB.sub(r"\1. ", text.strip()))
    label = re.match(r"\d{1,3}(?= +\S)", text)
    if label is None or "\t" in text:
        return text
    gaps = [after.left - before.right for before, after in itertools.pairwise(visible)]
    own_gap = gaps[label.end() - 1]
    is_wide = own_gap > _LABEL_GAP_EMS * em and own_gap > _LABEL_GAP_RATIO * max(gaps[label.end() :], default=0.0)
    return f"{label.group()}.{text[label.end() :]}" if is_wide else text


def _joined_cells(lines: Sequence[PdfLine]) -> list[PdfLine]:
    """Joins lines that stand side by side at one height: cells of a row that the producer wrote one by one."""
    joined: list[PdfLine] = []
    for line in lines:
        before = joined[-1] if joined else None
        if (
            before is not None
            and abs(before.bottom - line.bottom) < 0.3 * line.em
            and line.left > before.right + line.em
        ):
            text = f"{before.text}\t{line.text}"
            joined[-1] = msgspec.structs.replace(before, text=text, right=line.right, hyphenated=line.hyphenated)
        else:
            joined.append(line)
    return joined


def without_running_lines(pages: Sequence[Sequence[PdfLine]]) -> list[PdfLine]:
    """All lines in order, without those at the upper or lower edge that repeat at the same place or number the page.

    Digits count as equal, so that "Report, page 3" repeats "Report, page 4".
    """
    places = collections.Counter(key for lines in pages for key in {_place(line) for line in lines if _in_margin(line)})
    return [
        line
        for lines in pages
        for line in lines
        if not (_in_margin(line) and (places[_place(line)] > 1 or _PAGE_NUMBER.fullmatch(line.text)))
    ]


def _in_margin(line: PdfLine) -> bool:
    edge = _MARGIN_SHARE * line.page_height
    return line.bottom < edge or line.bottom > line.page_height - edge


def _place(line: PdfLine) -> tuple[str, int]:
    return re.sub(r"\d+", "0", line.text), round(line.bottom / _SAME_PLACE_POINTS)
