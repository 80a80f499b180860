"""Two runs of the same cases: what got better, what got worse, and whether the difference is more than chance."""

from collections.abc import Sequence

from evals.metrics.names import METRICS, Metric
from evals.statistics import paired_difference, verdict
from evals.values import Comparison, Difference, Flip, ScoredCase

ALL_CASES = ""
"""The stratum of a difference over all cases."""

_BY_STRATUM: tuple[Metric, ...] = ("right", "citation_precision", "citation_recall")
"""What is compared stratum by stratum, and guarded by the gate; everything is compared over all cases."""


def compare(
    before: Sequence[ScoredCase], after: Sequence[ScoredCase], *, before_name: str, after_name: str
) -> Comparison:
    """Compare two targets or two runs of one, over the cases that both asked and expected the same of.

    A crash has no scores, so it is in no difference; it is among the flips, as not right.
    """
    old = {scored.case.id: scored for scored in before}
    pairs = [(old[new.case.id], new) for new in after if new.case.id in old]
    same = [(one, other) for one, other in pairs if one.case == other.case]
    strata = list(dict.fromkeys(new.case.stratum for _, new in same))
    differences = [_difference(metric, ALL_CASES, same) for metric in METRICS]
    differences += [
        _difference(metric, stratum, [pair for pair in same if pair[1].case.stratum == stratum])
        for stratum in strata
        for metric in _BY_STRATUM
    ]
    new_ids = {scored.case.id for scored in after}
    return Comparison(
        before=before_name,
        after=after_name,
        common_cases=len(same),
        differences=tuple(difference for difference in differences if difference),
        flips=tuple(_flip(one, other) for one, other in same if _right(one) != _right(other)),
        only_before=tuple(case_id for case_id in old if case_id not in new_ids),
        only_after=tuple(scored.case.id for scored in after if scored.case.id not in old),
        changed_cases=tuple(other.case.id for one, other in pairs if one.case != other.case),
    )


def _difference(metric: Metric, stratum: str, pairs: Sequence[tuple[ScoredCase, ScoredCase]]) -> Difference | None:
    both = [(one, other) for one, other in pairs if metric in one.scores and metric in other.scores]
    if not both:
        return None
    before = [one.scores[metric] for one, _ in both]
    after = [other.scores[metric] for _, other in both]
    clusters = [other.cluster for _, other in both]
    change = paired_difference(before, after, clusters)
    return Difference(
        metric=metric,
        stratum=stratum,
        before=sum(before) / len(before),
        after=sum(after) / len(after),
        difference=change,
        verdict=verdict(change, cluster_count=len(set(clusters)), higher_is_better=METRICS[metric].higher_is_better),
    )


def _flip(before: ScoredCase, after: ScoredCase) -> Flip:
    return Flip(
        case_id=after.case.id,
        stratum=after.case.stratum,
        question=after.case.question,
        expect=after.case.expect,
        now_right=_right(after),
        before=before.outcome,
        after=after.outcome,
    )


def _right(scored: ScoredCase) -> bool:
    return scored.scores.get("right", 0.0) == 1.0
