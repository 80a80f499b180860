import math
import random

import numpy as np
import pytest
from sklearn.metrics import label_ranking_average_precision_score, ndcg_score

from evals.anchors import Gold
from evals.metrics.retrieval import ranking_scores, recall_at, retrieval_scores
from tests.evals.answers_by_hand import gold


def test_recall_counts_the_groups_of_which_one_paragraph_is_among_the_first() -> None:
    ranked = ["x", "a2", "y", "a1", "b1"]
    two_groups = gold({"a1", "a2"}, {"b1", "b2"})
    assert recall_at(1, ranked, two_groups) == 0.0
    assert recall_at(2, ranked, two_groups) == 0.5
    assert recall_at(4, ranked, two_groups) == 0.5
    assert recall_at(5, ranked, two_groups) == 1.0
    assert recall_at(10, ranked, two_groups) == 1.0


def test_one_paragraph_may_stand_for_two_groups() -> None:
    assert recall_at(1, ["a"], gold({"a", "b"}, {"a", "c"})) == 1.0


def test_reciprocal_rank_and_ndcg_of_a_hand_computed_ranking() -> None:
    measured = ranking_scores(["x", "b", "a"], gold({"a"}, {"b"}, a=3))
    assert measured["mrr"] == pytest.approx(1 / 2)
    ideal = 3 / math.log2(2) + 1 / math.log2(3)
    assert measured["ndcg_at_10"] == pytest.approx((1 / math.log2(3) + 3 / math.log2(4)) / ideal)


def test_the_reciprocal_rank_has_no_cut_and_ndcg_is_cut_at_ten() -> None:
    ranked = [f"x{number}" for number in range(10)]
    assert ranking_scores([*ranked, "a"], gold({"a"})) == {"mrr": pytest.approx(1 / 11), "ndcg_at_10": 0.0}


def test_the_given_order_counts_and_not_the_order_of_ids() -> None:
    assert ranking_scores(["a", "b"], gold({"a"}))["mrr"] == 1.0
    assert ranking_scores(["b", "a"], gold({"b"}))["mrr"] == 1.0


def test_of_an_id_that_is_ranked_twice_the_first_rank_counts() -> None:
    assert retrieval_scores(["x", "a", "x"], gold({"a"}, {"b"})) == {
        "recall_at_1": 0.0,
        "recall_at_4": 0.5,
        "recall_at_10": 0.5,
        "mrr": pytest.approx(0.5),
        "ndcg_at_10": pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3))),
    }
    assert retrieval_scores(["x", "x", "x", "x", "a"], gold({"a"}))["recall_at_4"] == 1.0


def test_where_nothing_was_retrieved_every_metric_is_0() -> None:
    assert set(retrieval_scores([], gold({"a"})).values()) == {0.0}


def test_without_gold_paragraphs_there_is_no_retrieval_metric() -> None:
    assert retrieval_scores(["a"], Gold()) == {}


def test_ndcg_and_the_reciprocal_rank_agree_with_scikit_learn_on_random_rankings() -> None:
    draw = random.Random(11)
    for _ in range(100):
        # All are ranked: scikit-learn's ideal knows no paragraph that was not.
        ids = [f"p{number}" for number in range(draw.randint(2, 25))]
        relevance = {paragraph_id: draw.randint(1, 4) for paragraph_id in draw.sample(ids, draw.randint(1, len(ids)))}
        ranked = draw.sample(ids, len(ids))
        measured = ranking_scores(ranked, Gold(groups=(frozenset(relevance),), relevance=relevance))

        true = np.array([[relevance.get(paragraph_id, 0) for paragraph_id in ranked]])
        scores = -np.arange(len(ids), dtype=float)[None]
        assert measured["ndcg_at_10"] == pytest.approx(ndcg_score(true, scores, k=10))
        # With one relevant label, ranking average precision is the reciprocal rank of it.
        first = np.zeros_like(true)
        first[0, np.flatnonzero(true[0])[0]] = 1
        assert measured["mrr"] == pytest.approx(label_ranking_average_precision_score(first, scores))
