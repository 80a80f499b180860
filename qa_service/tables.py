"""Rows of tables, read with the names of their columns: a row by itself does not say what its figures are."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from indexer.line_shapes import cells_of

_LEAST_ROWS = 3
"""Of a table, its header counted in."""


class Line(NamedTuple):
    """One line, as it is read."""

    text: str
    """Of a header nothing; of a row below one, its cells with the header's names."""
    header: int | None = None
    """The place of that header among the lines."""


def named_rows(lines: Sequence[str]) -> list[Line]:
    """Return the lines, those that are rows of a table below a header with the header's names before their cells, and
    "" for the header.

    `Place | Rider`, `1 | Zubarte` gives `Place: 1, Rider: Zubarte.`; below a header without a name for the first
    column that names the row: `Milk: 182 (2023), 186 (2024).`
    """
    named: list[Line] = []
    for width, group in groupby(map(cells_of, lines), key=len):
        header, *rows = group
        first = len(named)
        if _heads(header, rows, width):
            named += [Line(""), *(Line(_named(header, row), first) for row in rows)]
        else:
            named += map(Line, lines[first : first + 1 + len(rows)])
    return named


def _heads(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> bool:
    """Tell whether a first row names the columns of the others: none of its cells is a figure, and some column is of
    figures alone; or it has no name for the first column, which names the rows.
    """
    if width < 2 or len(rows) + 1 < _LEAST_ROWS or not all(header[1:]):
        return False
    if not header[0]:
        return True
    figures = [all(_is_figure(row[column]) for row in rows) for column in range(width)]
    return not any(map(_is_figure, header)) and (figures[0] if width == 2 else any(figures))


def _is_figure(cell: str) -> bool:
    return any(character.isdigit() for character in cell)


def _named(header: Sequence[str], row: Sequence[str]) -> str:
    named = [(name, cell) for name, cell in zip(header, row, strict=True) if name and cell]
    if row[0] and not header[0]:
        return f"{row[0]}: {', '.join(f'{cell} ({name})' for name, cell in named)}."
    return f"{', '.join(f'{name}: {cell}' for name, cell in named)}."
