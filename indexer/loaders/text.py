"""Plain text: kept as it is; its opening lines give title, source and date, its lines give lists and tables."""

from collections.abc import Iterator

from indexer.line_shapes import is_list_item, is_table_row
from indexer.loaders.decode import decode
from indexer.loaders.opening import read_opening
from indexer.loaders.parsed import Parsed, Span


def parse_text(content: bytes, place: str) -> Parsed:
    """Reads a plain text file. Raises LoadError when the bytes are no text."""
    text = decode(content, place)
    opening = read_opening(text)
    return Parsed(
        text=text,
        title=opening.title,
        source=opening.source,
        published_at=opening.published_at,
        heading_spans=(opening.title_span,) if opening.title_span else (),
        block_spans=tuple(list_and_table_spans(text)),
    )


def list_and_table_spans(text: str) -> Iterator[Span]:
    """Spans of two or more list items, or two or more table rows, in lines that follow each other.

    An indented line below a list item continues it.
    """
    run: list[Span] = []
    run_kind = ""
    for start, end in _lines(text):
        line = text[start:end]
        kind = "list" if is_list_item(line) else "table" if is_table_row(line) else ""
        if run_kind == "list" and not kind and line.startswith((" ", "\t")) and line.strip():
            run[-1] = (run[-1][0], end)
            continue
        if kind != run_kind:
            yield from _whole(run)
            run = []
        run_kind = kind
        if kind:
            run.append((start, end))
    yield from _whole(run)


def _whole(run: list[Span]) -> Iterator[Span]:
    if len(run) > 1:
        yield run[0][0], run[-1][1]


def _lines(text: str) -> Iterator[Span]:
    start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield start, end
        start = end + 1
