"""From scored cases to the figures of a report: means with intervals, by target and stratum."""

from collections.abc import Sequence

from evals.cases import Stratum
from evals.metrics.names import METRICS
from evals.statistics import interval
from evals.values import Interval, ScoredCase, StratumSummary, TargetSummary


def summarise(target: str, scored: Sequence[ScoredCase], *, strata: Sequence[Stratum], cached: int) -> TargetSummary:
    """Return the figures of one target; strata without a case are left out."""
    answers = [each.outcome.answer for each in scored if each.outcome.answer]
    return TargetSummary(
        target=target,
        overall=_summary("", "All cases", scored),
        strata=tuple(
            _summary(stratum.name, stratum.title, members)
            for stratum in strata
            if (members := [each for each in scored if each.case.stratum == stratum.name])
        ),
        wall_s=sum(answer.timings_s["total"] for answer in answers),
        cached=cached,
    )


def _summary(name: str, title: str, scored: Sequence[ScoredCase]) -> StratumSummary:
    metrics: dict[str, Interval] = {}
    for metric, info in METRICS.items():
        having = [each for each in scored if metric in each.scores]
        if having:
            metrics[metric] = interval(
                [each.scores[metric] for each in having],
                [each.cluster for each in having],
                is_share=info.unit == "share",
            )
    return StratumSummary(
        name=name,
        title=title,
        case_count=len(scored),
        crashed=sum(each.crashed for each in scored),
        metrics=metrics,  # type: ignore[arg-type]  # keys are those of METRICS
    )
