"""How sure a mean is, and whether a difference is more than chance.

The 95 % intervals are bootstrap percentiles over clusters: cases that stand on the same paragraph are drawn together,
because they tend to come out together (Efron and Tibshirani 1993, chapters 8 and 13; for questions that share a passage
see Miller 2024, "Adding Error Bars to Evals"). Where all values are 0 or all are 1 a bootstrap has no width; there the
interval is the exact binomial one over the clusters (Clopper and Pearson 1934).
"""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from evals.values import Interval, Verdict

RESAMPLES = 4_000
_SEED = 20_240_806
_CONFIDENCE = 0.95
_FEWEST_CLUSTERS = 6


def interval(values: Sequence[float], clusters: Sequence[Hashable], *, is_share: bool = False) -> Interval:
    """Return the mean of `values`, of which at least one must be given, with its 95 % interval.

    `clusters` names the cluster of each value. `is_share` says that the values lie between 0 and 1, so that the exact
    interval may stand in where all are 0 or all are 1.
    """
    mean = float(np.mean(values))
    sums, counts = _by_cluster(values, clusters)
    if is_share and mean in {0.0, 1.0}:
        exact = binomtest(round(mean) * len(sums), len(sums)).proportion_ci(_CONFIDENCE)
        return Interval(mean=mean, low=float(exact.low), high=float(exact.high), count=len(values))
    means = _resampled_means(sums, counts)
    tail = 100 * (1 - _CONFIDENCE) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return Interval(mean=mean, low=float(low), high=float(high), count=len(values))


def paired_difference(before: Sequence[float], after: Sequence[float], clusters: Sequence[Hashable]) -> Interval:
    """Return the mean of `after - before`, case by case, with its 95 % interval."""
    return interval([new - old for old, new in zip(before, after, strict=True)], clusters)


def verdict(difference: Interval, *, cluster_count: int, higher_is_better: bool) -> Verdict:
    """Say what a difference of after minus before amounts to: nothing, unless its interval leaves out zero.

    With fewer clusters than six it is nothing either: five that all changed the same way do so by chance once in
    sixteen times, and a bootstrap of so few does not know.
    """
    if cluster_count < _FEWEST_CLUSTERS or difference.low <= 0 <= difference.high:
        return "no evidence"
    return "better" if (difference.mean > 0) == higher_is_better else "worse"


def _by_cluster(
    values: Sequence[float], clusters: Sequence[Hashable]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sum and the number of the values of each cluster: two arrays `(clusters,)`."""
    places: dict[Hashable, int] = {}
    index = [places.setdefault(cluster, len(places)) for cluster in clusters]
    sums, counts = np.zeros(len(places)), np.zeros(len(places))
    np.add.at(sums, index, values)
    np.add.at(counts, index, 1)
    return sums, counts


def _resampled_means(sums: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    draws = np.random.default_rng(_SEED).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=RESAMPLES)
    return np.asarray((draws @ sums) / (draws @ counts))
