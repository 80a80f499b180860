"""A report as a terminal or a log shows it. Pure: a value in, something to print out.

Nothing in a document is taken as markup or as an order to the terminal.
"""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.table import Table
from rich.text import Text

from evals.judged import JudgedShare
from evals.reports.figures import (
    NOTHING,
    FigureRow,
    changes,
    counted,
    effort,
    gate,
    key_rows,
    metric_rows,
    range_of,
    stratum_rows,
    telling,
    with_unit,
)
from evals.reports.flips import FlipView, Side, worst_first
from evals.values import Comparison, Difference, Report
from indexer.terminal import plain

_SHOWN_CRASHES = 10
_SHOWN_IDS = 5
_SHOWN_CHARS = 300
"""Of a crash's message, which may hold a whole document."""

_VERDICT_STYLE = {"better": "bold", "worse": "bold red", "no evidence": "dim"}


def render_report(report: Report) -> RenderableType:
    """Lay out a run: figures by target, strata, differences, crashes, and at the end the gate with its alarms."""
    return _spaced(
        _heading(report),
        _metrics(report),
        _strata(report),
        *(_comparison(each, telling(each)) for each in report.comparisons),
        *_crashes(report),
        _gate(report),
    )


def render_comparison(comparison: Comparison) -> RenderableType:
    """Lay out two runs side by side: every metric over all cases, and of the strata what is more than chance."""
    shown = [each for each in comparison.differences if not each.stratum or each.verdict != "no evidence"]
    return _spaced(_comparison(comparison, shown))


def render_flips(comparison: Comparison) -> RenderableType:
    """Lay out the cases that came out differently: what was expected, what was said before and after, and on what."""
    return _spaced(*map(_flip, worst_first(comparison))) if comparison.flips else Text("No case came out differently.")


def render_judged(shares: Sequence[JudgedShare]) -> RenderableType:
    """Lay out what readers found of the claims marked supported: a row of all suites, then one a suite."""
    table = _table("Claims marked supported")
    for title in ("answers", "claims", "supported", "partly", "unsupported", "not supported", "95 %"):
        table.add_column(title, justify="right", no_wrap=True)
    for share in shares:
        found = share.not_supported
        counts = (share.answers, found.count, share.supported, share.partly, share.unsupported)
        figures = (*map(str, counts), with_unit(found.mean, "share"), range_of(found, "share"))
        table.add_row(Text(plain(share.suite or "All suites")), *figures)
    return _spaced(table, Text("Not supported: partly and unsupported together, of all claims.", style="dim"))


class _Trimmed:
    """Renders something without the blanks that rich puts behind it to fill the line: logs keep them for nothing."""

    def __init__(self, inner: RenderableType) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Give line by line what the inner one gives."""
        for segments in console.render_lines(self._inner, options, pad=False):
            line = Text(no_wrap=True, overflow="ignore")
            for segment in segments:
                line.append(segment.text, segment.style)
            line.rstrip()
            yield line


def _spaced(*parts: RenderableType) -> _Trimmed:
    return _Trimmed(Group(*(each for part in parts for each in (part, Text()))))


def _heading(report: Report) -> Group:
    made = report.provenance
    cases = len({scored.case.id for scored in report.cases})
    drawn = f", drawn with seed {made.seed}" if made.sample is not None else ""
    judge = f", judge {made.judge}" if made.judge else ""
    lines = (
        f"{made.suite}: {counted(cases, 'case')}{drawn}, {report.started_at:%Y-%m-%d %H:%M} UTC",
        effort(report),
        f"{made.model}, {made.embedder}, index {made.generation}{judge}",
    )
    return Group(*(Text(plain(line)) for line in lines))


def _metrics(report: Report) -> Table:
    table = _figures_table("All cases", report)
    for _, rows in metric_rows(report):
        for row in rows:
            table.add_row(Text(row.title), *_figures(row))
        table.add_row()
    seconds = key_rows(report)[-1]
    table.add_row(Text(f"{seconds.title}, middle half"), *_figures(seconds))
    return table


def _strata(report: Report) -> Table:
    table = _figures_table("Right outcomes", report)
    for row in stratum_rows(report):
        title = Text(plain(row.title))
        if row.crashed:
            title.append(f"\ncrashed: {plain(row.crashed)}", style="red")
        table.add_row(title, *_figures(row))
    return table


def _figures_table(label: str, report: Report) -> Table:
    table = _table(label)
    for summary in report.summaries:
        for title in (summary.target, "95 %", "n"):
            table.add_column(Text(plain(title)), justify="right", no_wrap=True)
    return table


def _figures(row: FigureRow) -> Iterator[str]:
    for figure in row.figures:
        yield from (figure.value, figure.range, str(figure.count)) if figure else (NOTHING, "", "")


def _comparison(comparison: Comparison, differences: Sequence[Difference]) -> Group:
    now_right = sum(flip.now_right for flip in comparison.flips)
    head = (
        f"{comparison.before} → {comparison.after}: {counted(comparison.common_cases, 'case')} in common, "
        f"{len(comparison.flips) - now_right} wrong now, {now_right} right now"
    )
    left_out = (
        ("changed, not compared", comparison.changed_cases),
        ("only before", comparison.only_before),
        ("only after", comparison.only_after),
    )
    notes = [Text(f"{note}: {_first(ids)}", style="dim") for note, ids in left_out if ids]
    return Group(Text(plain(head), style="bold"), *notes, *([_changes(differences)] if differences else []))


def _first(ids: Sequence[str]) -> str:
    more = [f"and {len(ids) - _SHOWN_IDS} more"] if len(ids) > _SHOWN_IDS else []
    return ", ".join([*ids[:_SHOWN_IDS], *more])


def _changes(differences: Iterable[Difference]) -> Table:
    table = _table("Metric")
    for title in ("before", "after", "change", "95 %", "n"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for change in changes(differences):
        title = f"{change.title}, {change.stratum}" if change.stratum else change.title
        verdict = Text(change.verdict, style=_VERDICT_STYLE[change.verdict])
        table.add_row(Text(title), change.before, change.after, change.change, change.range, str(change.count), verdict)
    return table


def _crashes(report: Report) -> Iterator[Group]:
    crashed = [scored for scored in report.cases if scored.crashed]
    if crashed:
        lines = [f"{each.outcome.target}, {each.case.id}: {each.outcome.error}" for each in crashed[:_SHOWN_CRASHES]]
        more = [f"and {len(crashed) - _SHOWN_CRASHES} more"] if len(crashed) > _SHOWN_CRASHES else []
        yield Group(Text("Crashes", style="bold"), *(Text(_short(line)) for line in lines + more))


def _gate(report: Report) -> Group:
    found = gate(report)
    head = Text(f"{found.verdict} ({plain(found.against)})", style="bold red" if report.alarms else "bold")
    alarms = (f"{alarm.text}: {', '.join(alarm.case_ids)}" if alarm.case_ids else alarm.text for alarm in report.alarms)
    return Group(head, *(Text(plain(line)) for line in alarms))


def _flip(flip: FlipView) -> Group:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("asked", Text(plain(flip.question)))
    grid.add_row("expected", Text(plain("; ".join(flip.expected))))
    for name, side in (("before", flip.before), ("after", flip.after)):
        grid.add_row(name, Text(_said(side)))
        if side.evidence:
            grid.add_row("", Text(plain(f"{side.evidence_kind}: {'; '.join(side.evidence)}"), style="dim"))
    head = f"{flip.case_id}, {flip.stratum}: {flip.before.result} → {flip.after.result}"
    return Group(Text(plain(head), style="bold"), grid)


def _said(side: Side) -> str:
    return _short(side.text) if side.result == "crashed" else plain(f"{side.status}. {side.text}")


def _short(text: str) -> str:
    line = plain(text)
    return line if len(line) <= _SHOWN_CHARS else f"{line[: _SHOWN_CHARS - 1]}…"


def _table(label: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(label, overflow="fold")
    return table
