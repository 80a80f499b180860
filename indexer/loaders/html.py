"""HTML: the main content without navigation, and the page's own metadata, by trafilatura. Nothing is fetched."""

import re
from collections.abc import Iterator

import trafilatura
import trafilatura.settings
from lxml import etree  # type: ignore[import-untyped]

from indexer.errors import LoadError
from indexer.line_shapes import folded
from indexer.loaders.dates import parse_date
from indexer.loaders.decode import decode
from indexer.loaders.faults import reading
from indexer.loaders.hidden import drop_hidden
from indexer.loaders.parsed import Composer, Parsed, table_row

_DECLARED_ENCODING = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE
)
_HEAD_BYTES = 4_096
_CONTAINERS = {"quote", "div", "body"}


def parse_html(content: bytes, place: str) -> Parsed:
    """Reads the main content of a page. Raises LoadError when it is no text or holds no main content."""
    page = _decoded(content, place)
    with reading(place, "HTML"):
        tree = trafilatura.load_html(page)
        if tree is not None:
            drop_hidden(tree)
        found = trafilatura.bare_extraction(
            page if tree is None else tree,
            include_comments=False,
            include_tables=True,
            with_metadata=True,
            # Without this, htmldate takes any date that it finds in the page, such as the year of the copyright notice.
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
    if not isinstance(found, trafilatura.settings.Document) or not "".join(found.body.itertext()).strip():
        raise LoadError(place, "no main content found in the HTML; save the article itself, not a page of links")
    with reading(place, "HTML"):
        return _parsed(found)


def _decoded(content: bytes, place: str) -> str:
    """By UTF-8 or byte order mark, by the encoding that the page declares, or by what charset-normalizer finds."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        declared = _DECLARED_ENCODING.search(content[:_HEAD_BYTES])
        if declared:
            try:
                return decode(content.decode(declared[1].decode("ascii")).encode("utf-8"), place)
            except (LookupError, UnicodeError):  # an unknown encoding, or one that does not fit: as if undeclared
                return decode(content, place)
    return decode(content, place)


def _parsed(found: trafilatura.settings.Document) -> Parsed:
    composer = Composer()
    author = found.author or ""
    _add_blocks(found.body, composer, author)
    return Parsed(
        text=composer.text,
        title=" ".join((found.title or "").split()),
        source=found.sitename or author,
        published_at=parse_date(found.date or ""),
        url=found.url,
        heading_spans=composer.heading_spans,
        block_spans=composer.block_spans,
    )


def _add_blocks(parent: etree._Element, composer: Composer, author: str) -> None:
    composer.paragraph(_collapsed(parent.text or ""))
    for element in parent:
        tag = element.tag
        if tag == "head":
            composer.heading(_text(element))
        elif tag == "list":
            composer.block("\n".join(_list_lines(element)))
        elif tag == "table":
            composer.block("\n".join(_rows(element)))
        elif tag == "code":
            composer.block("".join(element.itertext()))
        elif tag in _CONTAINERS and len(element):
            _add_blocks(element, composer, author)
        elif not _is_byline(_text(element), composer, author):
            composer.paragraph(_text(element))
        composer.paragraph(_collapsed(element.tail or ""))


def _is_byline(text: str, composer: Composer, author: str) -> bool:
    """Whether a line above the first paragraph only names the author, who stands in the metadata."""
    words = folded(text).strip(" ,|·-").removeprefix("by ")
    return bool(author) and composer.next_start < 400 and words == folded(author)


def _list_lines(element: etree._Element, depth: int = 0) -> Iterator[str]:
    numbered = element.get("rend") == "ol"
    for position, item in enumerate(element.iterchildren("item"), start=1):
        marker = f"{position}." if numbered else "-"
        nested = list(item.iterchildren("list"))
        own = _text(item, without=nested).replace("\n", " ")
        if own:
            yield f"{'  ' * depth}{marker} {own}"
        for inner in nested:
            yield from _list_lines(inner, depth + 1)


def _rows(element: etree._Element) -> Iterator[str]:
    for row in element.iter("row"):
        yield table_row([_text(cell) for cell in row.iterchildren("cell")])


def _text(element: etree._Element, without: list[etree._Element] | None = None) -> str:
    """The text of an element, its line breaks kept, all other white space collapsed."""
    return _collapsed("".join(_pieces(element, without or [])))


def _pieces(element: etree._Element, without: list[etree._Element]) -> Iterator[str]:
    yield (element.text or "").replace("\n", " ")
    for child in element:
        if child.tag == "lb":
            yield "\n"
        elif child not in without:
            if child.tag in {"p", "item", "row", "cell", "head"}:
                yield " "
            yield from _pieces(child, without)
        yield (child.tail or "").replace("\n", " ")


def _collapsed(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.strip().split("\n"))
