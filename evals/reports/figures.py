"""The figures that page and terminal both show, in words: rows of metrics and strata, changes, the gate's verdict."""

from collections.abc import Iterable, Sequence
from statistics import median, quantiles
from typing import Literal, get_args

import msgspec

from evals.metrics.names import METRICS, Group, Metric, Unit
from evals.values import Comparison, Difference, Interval, Report, StratumSummary, Verdict

KEY_METRICS: tuple[Metric, ...] = (
    "right",
    "answered_right",
    "refused_right",
    "false_refusal",
    "citation_precision",
    "citation_recall",
    "quotes_exact",
    "seconds",
)
"""What a run is judged by at first sight. A pipeline that refuses everything is good at one of the second and the
third, so that these are never shown without each other."""

NOTHING = "–"
"""Stands where a metric applies to no case."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A mean with its interval, in words."""

    value: str
    """With its unit."""
    range: str
    """Without."""
    count: int
    share: Interval | None = None
    """For a plot from 0 to 1; None for what is no share."""


class FigureRow(msgspec.Struct, frozen=True, kw_only=True):
    """One metric, or one stratum, for every target."""

    title: str
    note: str
    figures: tuple[Figure | None, ...]
    """One a target, in the order of the report; None where the metric applies to no case."""
    crashed: str = ""
    """How many cases crashed, by target: `footnote 1, plain 2`. A crash is in no figure."""

    @property
    def is_share(self) -> bool:
        """Whether there is something to plot from 0 to 1."""
        return any(figure and figure.share for figure in self.figures)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A `Difference` in words."""

    title: str
    stratum: str
    """Empty: all cases."""
    before: str
    after: str
    change: str
    range: str
    count: int
    verdict: Verdict


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the change may go in."""

    state: Literal["open", "shut", "unknown"]
    verdict: str
    against: str
    """What the run was compared with."""


def effort(report: Report) -> str:
    """Return how long the answers took, and how many of them an earlier run had given already."""
    took = f"answers took {duration(sum(summary.wall_s for summary in report.summaries))}"
    cached = sum(summary.cached for summary in report.summaries)
    return f"{took}, {cached} of {len(report.cases)} in an earlier run" if cached else took


def key_rows(report: Report) -> list[FigureRow]:
    """Return the key metrics over all cases; of the seconds the median, with the range of the middle half."""
    rows = [_metric_row(report, metric) for metric in KEY_METRICS if metric != "seconds"]
    seconds = [_middle_half(_seconds(report, summary.target)) for summary in report.summaries]
    note = "From question to answer; the range is that of the middle half of the answers."
    return [*rows, FigureRow(title="Median seconds", note=note, figures=tuple(seconds))]


def metric_rows(report: Report) -> list[tuple[Group, list[FigureRow]]]:
    """Return every metric that applies to a case of the run, by group."""
    groups: Sequence[Group] = get_args(Group)
    applying = {metric for summary in report.summaries for metric in summary.overall.metrics}
    rows = {
        group: [
            _metric_row(report, metric)
            for metric, info in METRICS.items()
            if info.group == group and metric in applying
        ]
        for group in groups
    }
    return [(group, found) for group, found in rows.items() if found]


def stratum_rows(report: Report) -> list[FigureRow]:
    """Return the share of right outcomes, of all cases first, then stratum by stratum."""
    if not report.summaries:
        return []
    of_name = [{stratum.name: stratum for stratum in target.strata} for target in report.summaries]
    return [
        _stratum_row(report, "All cases", [target.overall for target in report.summaries]),
        *(
            _stratum_row(report, title, [strata.get(name) for strata in of_name])
            for name, title in stratum_titles(report).items()
        ),
    ]


def stratum_titles(report: Report) -> dict[str, str]:
    """Return the title of each stratum of the run, by its name."""
    return {stratum.name: stratum.title for summary in report.summaries for stratum in summary.strata}


def changes(differences: Iterable[Difference]) -> list[Change]:
    """Put differences into words; those of shares are in percentage points."""
    return [_change(difference) for difference in differences]


def telling(comparison: Comparison) -> list[Difference]:
    """Return the differences to look at first: the key metrics over all cases, and whatever else is not chance."""
    return [
        each
        for each in comparison.differences
        if (each.metric in KEY_METRICS and not each.stratum) or each.verdict != "no evidence"
    ]


def baseline_of(report: Report) -> Comparison | None:
    """Return the comparison with the baseline, if there is one; all others are between targets of the run."""
    targets = {summary.target for summary in report.summaries}
    return next((each for each in report.comparisons if each.before not in targets), None)


def gate(report: Report) -> Gate:
    """Say whether the gate is open; without a baseline and without alarms nobody knows."""
    baseline = baseline_of(report)
    against = f"against {baseline.before}" if baseline else "no baseline to compare with"
    if report.alarms:
        return Gate(state="shut", verdict=f"Gate shut: {counted(len(report.alarms), 'alarm')}", against=against)
    if baseline:
        return Gate(state="open", verdict="Gate open: no alarms", against=against)
    return Gate(state="unknown", verdict="No alarms", against=against)


def counted(count: int, noun: str) -> str:
    """Return `1 case`, `2 cases`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def duration(seconds: float) -> str:
    """Return `41 s`, `3 min 20 s` or `1 h 5 min`."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def number(value: float, unit: Unit) -> str:
    """Write a value without its unit: a share in per cent with one place, seconds with two, whole tokens."""
    if unit == "share":
        return f"{100 * value:.1f}"
    return f"{value:.2f}" if unit == "s" else f"{value:,.0f}"


def with_unit(value: float, unit: Unit) -> str:
    """Write a value with its unit; tokens have none."""
    return number(value, unit) + {"share": " %", "s": " s", "tokens": ""}[unit]


def range_of(interval: Interval, unit: Unit) -> str:
    """Write the ends of an interval without their unit."""
    return f"{number(interval.low, unit)}–{number(interval.high, unit)}"


def _signed(value: float, unit: Unit) -> str:
    size = number(abs(value), unit)
    if not size.strip("0.,"):
        return size
    return f"{'+' if value > 0 else '−'}{size}"


def _metric_row(report: Report, metric: Metric) -> FigureRow:
    info = METRICS[metric]
    figures = tuple(_figure(summary.overall, metric) for summary in report.summaries)
    return FigureRow(title=info.title, note=info.meaning, figures=figures)


def _stratum_row(report: Report, title: str, found: Sequence[StratumSummary | None]) -> FigureRow:
    crashed = [
        f"{target.target} {each.crashed}"
        for target, each in zip(report.summaries, found, strict=True)
        if each and each.crashed
    ]
    return FigureRow(
        title=title,
        note=counted(max(each.case_count for each in found if each), "case"),
        figures=tuple(_figure(each, "right") if each else None for each in found),
        crashed=", ".join(crashed),
    )


def _figure(summary: StratumSummary, metric: Metric) -> Figure | None:
    interval = summary.metrics.get(metric)
    if interval is None:
        return None
    unit = METRICS[metric].unit
    return Figure(
        value=with_unit(interval.mean, unit),
        range=range_of(interval, unit),
        count=interval.count,
        share=interval if unit == "share" else None,
    )


def _seconds(report: Report, target: str) -> list[float]:
    return [
        each.scores["seconds"] for each in report.cases if each.outcome.target == target and "seconds" in each.scores
    ]


def _middle_half(seconds: Sequence[float]) -> Figure | None:
    if not seconds:
        return None
    several = seconds if len(seconds) > 1 else [seconds[0]] * 2
    low, _, high = quantiles(several, n=4, method="inclusive")
    return Figure(
        value=with_unit(median(seconds), "s"), range=f"{number(low, 's')}–{number(high, 's')}", count=len(seconds)
    )


def _change(difference: Difference) -> Change:
    unit = METRICS[difference.metric].unit
    interval = difference.difference
    return Change(
        title=METRICS[difference.metric].title,
        stratum=difference.stratum,
        before=with_unit(difference.before, unit),
        after=with_unit(difference.after, unit),
        change=_signed(interval.mean, unit),
        range=f"{_signed(interval.low, unit)} to {_signed(interval.high, unit)}",
        count=interval.count,
        verdict=difference.verdict,
    )
