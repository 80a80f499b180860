"""What a reader of one format hands back, and how a text is put together from blocks."""

import datetime

import msgspec

Span = tuple[int, int]


class Parsed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document before it has an id. Fields as in `indexer.values.Document`; what the file does not say is empty."""

    text: str
    title: str = ""
    source: str = ""
    published_at: datetime.date | None = None
    url: str | None = None
    page_starts: tuple[int, ...] = ()
    heading_spans: tuple[Span, ...] = ()
    block_spans: tuple[Span, ...] = ()


class Composer:
    """Builds a text of blocks, one blank line between two, and remembers which are headings, lists or tables.

    An empty block is left out. Each method returns the offset of the block's first character.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._headings: list[Span] = []
        self._blocks: list[Span] = []

    @property
    def text(self) -> str:
        """All blocks so far."""
        return "".join(self._pieces)

    @property
    def next_start(self) -> int:
        """Where the next block will start."""
        return self._length + 2 if self._pieces else 0

    @property
    def heading_spans(self) -> tuple[Span, ...]:
        """The spans of the headings so far."""
        return tuple(self._headings)

    @property
    def block_spans(self) -> tuple[Span, ...]:
        """The spans of the lists and tables so far."""
        return tuple(self._blocks)

    def paragraph(self, text: str) -> int:
        """Appends a paragraph without the white space around it."""
        start = self.next_start
        stripped = text.strip()
        if stripped:
            self._pieces.append("\n\n" + stripped if self._pieces else stripped)
            self._length = start + len(stripped)
        return start

    def heading(self, text: str) -> int:
        """Appends a heading, on one line."""
        start = self.paragraph(" ".join(text.split()))
        if self._length > start:
            self._headings.append((start, self._length))
        return start

    def block(self, text: str) -> int:
        """Appends a list, a table or anything else that stays one paragraph with its line breaks."""
        start = self.paragraph(_without_blank_lines(text))
        if self._length > start:
            self._blocks.append((start, self._length))
        return start


def _without_blank_lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n") if line.strip())


def table_row(cells: list[str]) -> str:
    """One row as a line, `a | b | c`, without empty cells at its end; empty for a row of empty cells."""
    texts = [" ".join(cell.split()) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return " | ".join(texts)
