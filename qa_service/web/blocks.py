"""A document as a page shows it: its whole text in reading order, each piece of it once."""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from indexer.values import Document, Paragraph


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a document's text."""

    kind: Literal["heading", "paragraph", "other"]
    """`other` is what the index leaves out: menus, section names, "Show more"."""
    text: str
    number: int | None = None
    """Of a paragraph; it is linked as `#p<number>`."""
    page: int | None = None
    """From 1, the page on which the block starts; None for formats without pages."""


def blocks_of(document: Document, paragraphs: Sequence[Paragraph]) -> list[Block]:
    """Cut `document.text` into headings, paragraphs and what lies between, in reading order.

    Only white space is lost. Paragraphs keep their exact text; other blocks are one line each. A heading inside a
    paragraph stays part of the paragraph.
    """
    return list(_blocks(document, paragraphs))


def _blocks(document: Document, paragraphs: Sequence[Paragraph]) -> Iterator[Block]:
    spans: list[tuple[int, int, int | None]] = [(each.start, each.end, each.number) for each in paragraphs]
    spans += [(start, end, None) for start, end in document.heading_spans]
    done = 0
    for start, end, number in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start < done:
            continue
        yield from _others(document, done, start)
        if text := document.text[start:end]:
            kind: Literal["heading", "paragraph"] = "heading" if number is None else "paragraph"
            yield Block(kind=kind, text=text, number=number, page=_page_at(document, start))
        done = end
    yield from _others(document, done, len(document.text))


def _others(document: Document, start: int, end: int) -> Iterator[Block]:
    position = start
    for line in document.text[start:end].splitlines(keepends=True):
        if line.strip():
            yield Block(kind="other", text=line.strip(), page=_page_at(document, position))
        position += len(line)


def _page_at(document: Document, offset: int) -> int | None:
    return sum(page_start <= offset for page_start in document.page_starts) or None
