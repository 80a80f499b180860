"""A report as one page with plots, to be opened from a file."""

from collections.abc import Callable
from pathlib import Path

import jinja2

from evals.benchmarks.report import Line, Report
from evals.benchmarks.tables import shown

_ROOM = 1.1
"""Length of an axis, in the greatest value on it."""

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined
)


def render_page(report: Report) -> str:
    """Return the report as HTML that refers to nothing outside."""
    return _TEMPLATES.get_template("page.html").render(report=report, shown=shown, axis_of=axis_of)


def axis_of(line: Line) -> Callable[[float], float]:
    """Return what turns a value of the line into percent of its axis, which begins at 0 and has room for 1 if the line
    is a ratio.
    """
    end = _ROOM * max(*line.value.rounds, 1.0 if line.unit == "ratio" else 0.0)
    return lambda value: round(100 * value / end, 2) if end else 0.0
