"""Intervals over clusters, and what a difference amounts to."""

import numpy as np
import pytest
from scipy import stats

from evals.statistics import interval, paired_difference, verdict
from evals.values import Interval


def test_the_mean_is_the_mean_of_the_values_and_not_of_the_clusters() -> None:
    found = interval([1.0, 1.0, 1.0, 0.0], ["a", "a", "a", "b"])
    assert found.mean == 0.75
    assert found.count == 4


def test_with_a_cluster_a_value_the_interval_is_scipys_percentile_bootstrap() -> None:
    values = np.random.default_rng(5).beta(2, 3, size=80)
    ours = interval(list(values), range(80))
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=20_000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert ours.low == pytest.approx(theirs.low, abs=0.004)
    assert ours.high == pytest.approx(theirs.high, abs=0.004)


def test_values_that_come_in_clusters_are_fewer_independent_draws() -> None:
    values = [1.0, 0.0] * 50
    alone = interval(values, range(100))
    together = interval(sorted(values), [number // 10 for number in range(100)])
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_the_interval_covers_the_truth_about_nineteen_times_in_twenty() -> None:
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(200):
        levels = rng.beta(2, 2, size=40)  # mean 0.5
        values = (rng.random((40, 3)) < levels[:, None]).astype(float)
        found = interval(list(values.ravel()), [number // 3 for number in range(120)])
        covered += found.low <= 0.5 <= found.high
    assert 0.90 <= covered / 200 <= 0.99


@pytest.mark.parametrize(("value", "low", "high"), [(1.0, 0.6915, 1.0), (0.0, 0.0, 0.3085)])
def test_ten_of_ten_is_not_certainty(value: float, low: float, high: float) -> None:
    """Clopper and Pearson: 1 - 0.025 ** (1 / 10) = 0.3085."""
    found = interval([value] * 10, range(10), is_share=True)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_ten_questions_on_one_paragraph_tell_no_more_than_one() -> None:
    found = interval([1.0] * 10, ["p"] * 10, is_share=True)
    assert (found.low, found.high) == (pytest.approx(0.025), 1.0)


def test_a_paired_difference_does_not_see_what_both_runs_have_in_common() -> None:
    before = [0.1, 0.5, 0.9, 0.3]
    found = paired_difference(before, [value + 0.05 for value in before], range(4))
    assert (found.mean, found.low, found.high) == (pytest.approx(0.05),) * 3


def test_nothing_can_be_compared_case_by_case_that_has_not_the_same_cases() -> None:
    with pytest.raises(ValueError, match="shorter"):
        paired_difference([0.1, 0.2], [0.3], range(1))


@pytest.mark.parametrize(
    ("low", "high", "higher_is_better", "expected"),
    [
        (0.1, 0.3, True, "better"),
        (0.1, 0.3, False, "worse"),
        (-0.3, -0.1, True, "worse"),
        (-0.3, -0.1, False, "better"),
        (-0.1, 0.3, True, "no evidence"),
        (0.0, 0.3, True, "no evidence"),
        (0.0, 0.0, True, "no evidence"),
    ],
)
def test_a_difference_counts_when_its_interval_leaves_out_zero(low, high, higher_is_better, expected) -> None:
    difference = Interval(mean=(low + high) / 2, low=low, high=high, count=9)
    assert verdict(difference, cluster_count=9, higher_is_better=higher_is_better) == expected


def test_five_clusters_are_too_few_to_tell_a_difference_from_chance() -> None:
    difference = Interval(mean=-1.0, low=-1.0, high=-1.0, count=5)
    assert verdict(difference, cluster_count=5, higher_is_better=True) == "no evidence"
    assert verdict(difference, cluster_count=6, higher_is_better=True) == "worse"
