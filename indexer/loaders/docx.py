"""DOCX: paragraphs, headings, lists and tables in the order of the document, by python-docx.

Text inside content controls and tracked insertions counts; deleted text, text boxes and what a reader does not see
(hidden, tiny, or white on the white page) do not.
"""

import datetime
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import docx
import docx.document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.parts.story import StoryPart
from docx.table import Table, _Cell
from docx.text.font import Font
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from docx.types import ProvidesStoryPart

from indexer.errors import LoadError
from indexer.loaders.decode import readable
from indexer.loaders.faults import reading
from indexer.loaders.opening import read_opening
from indexer.loaders.parsed import Composer, Parsed, table_row

MAX_INFLATED_BYTES = 500_000_000
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADING = re.compile(r"(?:title|heading \d)$", re.IGNORECASE)
_OWN_RUNS = ".//w:r[not(ancestor::w:del) and not(ancestor::w:txbxContent) and not(ancestor::w:moveFrom)]"
_MAX_STYLE_DEPTH = 12
_TINY_POINTS = 2
_UNNUMBERED = {"bullet", "none"}
_NOT_NUMBERED = "0"  # the numbering with this id takes a paragraph out of its style's list


def parse_docx(content: bytes, place: str) -> Parsed:
    """Reads a DOCX file. Raises LoadError when it is broken, encrypted, or inflates beyond reason."""
    if content.startswith(_OLE_MAGIC):
        raise LoadError(place, "password-protected or in the old .doc format; save it as .docx without a password")
    with reading(place, "DOCX"):
        _refuse_bomb(content, place)
        document = docx.Document(io.BytesIO(content))
        composer = Composer()
        try:
            _add_blocks(document, composer)
        finally:
            _style.cache_clear()  # it would keep the document
        return _parsed(document, composer)


def _refuse_bomb(content: bytes, place: str) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        inflated = sum(member.file_size for member in archive.infolist())
    if inflated > MAX_INFLATED_BYTES:
        raise LoadError(place, f"inflates to {inflated:,} bytes, allowed are {MAX_INFLATED_BYTES:,}; split it")


def _parsed(document: docx.document.Document, composer: Composer) -> Parsed:
    headings = composer.heading_spans
    opening = read_opening(composer.text)
    title, author, created = _properties(document)
    first_heading = composer.text[slice(*headings[0])] if headings else ""
    spans = headings
    if not headings and opening.title_span:
        spans = (opening.title_span,)
    return Parsed(
        text=composer.text,
        title=title or first_heading or opening.title,
        source=opening.source or author,
        published_at=opening.published_at or created,
        heading_spans=spans,
        block_spans=composer.block_spans,
    )


def _properties(document: docx.document.Document) -> tuple[str, str, datetime.date | None]:
    """Title, author and day of creation; what is still as in python-docx's blank template was stated by nobody."""
    blank, own = docx.Document().core_properties, document.core_properties
    title = readable(own.title or "").strip()
    author = readable(own.author or "").strip()
    created = own.created
    return (
        title if title != blank.title else "",
        author if author != blank.author else "",
        created.date() if created is not None and created != blank.created else None,
    )


def _add_blocks(document: docx.document.Document, composer: Composer) -> None:
    items: list[str] = []
    counts: dict[int, int] = {}
    for block in _blocks(document.element.body, document):
        marker = _marker(block, counts) if isinstance(block, Paragraph) else None
        if isinstance(block, Paragraph) and marker is not None:
            text = " ".join(_text(block).split())
            if text:
                items.append(f"{marker} {text}")
            continue
        composer.block("\n".join(items))
        items, counts = [], {}
        if isinstance(block, Table):
            composer.block("\n".join(_rows(block)))
        elif _HEADING.match(_style_name(block)):
            composer.heading(_text(block))
        else:
            composer.paragraph(re.sub(r"\n\s*\n", "\n", _text(block)))
    composer.block("\n".join(items))


def _blocks(element: BaseOxmlElement, parent: ProvidesStoryPart) -> Iterator[Paragraph | Table]:
    """Paragraphs and tables in order, also those inside content controls, which python-docx's iteration leaves out."""
    for child in element.iterchildren():
        if child.tag == qn("w:p"):
            yield Paragraph(child, parent)
        elif child.tag == qn("w:tbl"):
            yield Table(child, parent)
        elif child.tag in {qn("w:sdt"), qn("w:sdtContent"), qn("w:ins")}:
            yield from _blocks(child, parent)


def _text(paragraph: Paragraph) -> str:
    runs = [Run(run, paragraph) for run in paragraph._p.xpath(_OWN_RUNS)]
    return readable("".join(run.text for run in runs if not _is_hidden(run, paragraph)))


def _is_hidden(run: Run, paragraph: Paragraph) -> bool:
    """Whether a run is not to be seen, by its own properties or else by the styles of run and paragraph."""
    run_style = _style(run.part, run._r.style, WD_STYLE_TYPE.CHARACTER)
    fonts = [run.font, *_style_fonts(run_style), *_style_fonts(_style_of(paragraph))]
    if next((font.hidden for font in fonts if font.hidden is not None), False):
        return True
    size = next((font.size for font in fonts if font.size is not None), None)
    if size is not None and size.pt <= _TINY_POINTS:
        return True
    colour = next((font.color.rgb for font in fonts if font.color is not None and font.color.rgb is not None), None)
    return colour is not None and str(colour) == "FFFFFF" and not _is_shaded(run, paragraph, fonts)


def _is_shaded(run: Run, paragraph: Paragraph, fonts: Sequence[Font]) -> bool:
    """Whether the ground may be another than white: it is shaded, highlighted or in a table."""
    own = run._r.xpath("./w:rPr/w:shd | ./w:rPr/w:highlight") or paragraph._p.xpath("./w:pPr/w:shd | ancestor::w:tbl")
    page = paragraph._p.xpath("/w:document/w:background")
    return bool(own or page) or any(font._element.xpath(".//w:shd | .//w:highlight") for font in fonts[1:])


def _style_fonts(style: Any) -> list[Font]:  # noqa: ANN401 - the classes of styles have no common public base
    """The fonts of a style and of those that it is based on, which go around in a circle in broken files."""
    fonts: list[Font] = []
    while style is not None and len(fonts) < _MAX_STYLE_DEPTH:
        fonts.append(style.font)
        style = style.base_style
    return fonts


@lru_cache(maxsize=64)
def _style(part: StoryPart, style_id: str | None, kind: WD_STYLE_TYPE) -> Any:  # noqa: ANN401 - as above
    """A style by its id, or the default one: for that python-docx reads all styles, which for each run takes long."""
    return part.get_style(style_id, kind)


def _style_of(paragraph: Paragraph) -> Any:  # noqa: ANN401 - as above
    return _style(paragraph.part, paragraph._p.style, WD_STYLE_TYPE.PARAGRAPH)


def _style_name(paragraph: Paragraph) -> str:
    style = _style_of(paragraph)
    return str(style.name or "") if style is not None else ""


def _marker(paragraph: Paragraph, counts: dict[int, int]) -> str | None:
    """`-` or `3.` for an item of a list, indented by its level; None for a paragraph that is no item."""
    style = _style_name(paragraph).lower()
    numbering = paragraph._p.xpath("./w:pPr/w:numPr")
    if _HEADING.match(style) or not (numbering or style.startswith(("list bullet", "list number"))):
        return None
    level, number_format = _numbering(paragraph) if numbering else (0, "")
    if number_format == _NOT_NUMBERED:
        return None
    if style.startswith("list number") if not number_format else number_format not in _UNNUMBERED:
        counts[level] = counts.get(level, 0) + 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        return f"{'  ' * level}{counts[level]}."
    return f"{'  ' * level}-"


def _numbering(paragraph: Paragraph) -> tuple[int, str]:
    """Level from 0 and number format: `bullet`, `decimal`, …, `0` for none, empty when the document defines none."""
    properties: Any = paragraph._p.xpath("./w:pPr/w:numPr")[0]
    level = properties.ilvl.val if properties.ilvl is not None else 0
    number_id = properties.numId.val if properties.numId is not None else 0
    if number_id == 0:
        return level, _NOT_NUMBERED
    part: Any = paragraph.part
    definitions = part.numbering_part.element
    abstract = definitions.xpath(f"./w:num[@w:numId='{number_id}']/w:abstractNumId/@w:val")
    formats = (
        definitions.xpath(f"./w:abstractNum[@w:abstractNumId='{abstract[0]}']/w:lvl[@w:ilvl='{level}']/w:numFmt/@w:val")
        if abstract
        else []
    )
    return min(level, 8), str(formats[0]) if formats else ""


def _rows(table: Table) -> Iterator[str]:
    for row in table.rows:
        cells: list[str] = []
        previous = None
        for cell in row.cells:
            if cell._tc is not previous:  # a merged cell is listed once for each column that it spans
                cells.append(_cell_text(cell))
            previous = cell._tc
        yield table_row(cells)


def _cell_text(cell: _Cell) -> str:
    blocks = _blocks(cell._tc, cell)
    return " ".join(_text(block) if isinstance(block, Paragraph) else " ".join(_rows(block)) for block in blocks)
