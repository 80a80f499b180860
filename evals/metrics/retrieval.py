"""Whether what bears the answer out was ranked first: the ids of paragraphs, or of documents, best first."""

from collections.abc import Sequence

import ir_measures
from ir_measures import RR, nDCG

from evals.anchors import Gold
from evals.metrics.names import Metric

_RECALL_AT: dict[Metric, int] = {"recall_at_1": 1, "recall_at_4": 4, "recall_at_10": 10}
_QUERY = "q"


def retrieval_scores(ranked: Sequence[str], gold: Gold) -> dict[Metric, float]:
    """Return every retrieval metric, 0 to 1; all 0 when nothing was retrieved, none when nothing is gold.

    Of an id that is ranked twice the first rank counts.
    """
    if not gold.relevance:
        return {}
    different = list(dict.fromkeys(ranked))
    scores = {metric: recall_at(first, different, gold) for metric, first in _RECALL_AT.items()}
    return scores | ranking_scores(different, gold)


def recall_at(first: int, ranked: Sequence[str], gold: Gold) -> float:
    """Return the share of the gold groups of which a member is among the `first` ranked: of each, one is enough."""
    read = ranked[:first]
    return sum(not group.isdisjoint(read) for group in gold.groups) / len(gold.groups)


def ranking_scores(ranked: Sequence[str], gold: Gold) -> dict[Metric, float]:
    """Return the reciprocal rank of the first gold id, and nDCG of the first ten, as trec_eval computes them.

    nDCG: Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques", with the relevance itself as
    gain and log2(rank + 1) as discount. Alternatives of one group count each: the best possible ranks them all.
    """
    if not ranked:
        return {"mrr": 0.0, "ndcg_at_10": 0.0}
    # trec_eval sorts by score, and ties by id; ranks in place of scores keep the given order.
    run = {_QUERY: {each: float(-rank) for rank, each in enumerate(ranked)}}
    measured = ir_measures.calc_aggregate([RR, nDCG @ 10], {_QUERY: dict(gold.relevance)}, run)
    return {"mrr": measured[RR], "ndcg_at_10": measured[nDCG @ 10]}
