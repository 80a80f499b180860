"""Fusion of two searches, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.fuse import fuse

SCORES = st.dictionaries(st.text(max_size=3), st.floats(0, 50))


def test_scores_are_weighted_sums_of_scaled_scores() -> None:
    fused = fuse({"a": 0.6, "b": 0.4, "c": 0.2}, {"b": 8.0, "d": 2.0}, dense_weight=0.4)
    assert fused == [
        ("b", pytest.approx(0.4 * 0.5 + 0.6 * 1.0)),
        ("a", pytest.approx(0.4)),
        ("d", pytest.approx(0.6 * 0.25)),
        ("c", pytest.approx(0.0)),
    ]


def test_one_that_stands_out_in_one_search_beats_those_in_the_middle_of_both() -> None:
    similarities = {"middle": 0.30, "also": 0.29, "top": 0.60}
    bm25 = {"outstanding": 9.5, "middle": 3.4, "also": 2.7}
    assert fuse(similarities, bm25, dense_weight=0.4)[0][0] == "outstanding"


def test_ties_are_ordered_by_id() -> None:
    assert [item for item, _ in fuse({"z": 0.5, "a": 0.5, "m": 0.5}, {}, dense_weight=0.4)] == ["a", "m", "z"]


def test_a_single_hit_is_the_best_of_its_search() -> None:
    assert fuse({"a": 0.1}, {}, dense_weight=0.4) == [("a", 0.4)]
    assert fuse({}, {"a": 0.1}, dense_weight=0.4) == [("a", 0.6)]


def test_nothing_fuses_to_nothing() -> None:
    assert fuse({}, {}, dense_weight=0.4) == []


@given(SCORES, SCORES, st.floats(0, 1))
def test_every_id_appears_once_in_falling_order_between_0_and_1(
    similarities: dict[str, float], bm25: dict[str, float], dense_weight: float
) -> None:
    fused = fuse(similarities, bm25, dense_weight=dense_weight)
    assert {item for item, _ in fused} == {*similarities, *bm25}
    assert len(fused) == len({*similarities, *bm25})
    scores = [score for _, score in fused]
    assert scores == sorted(scores, reverse=True)
    assert all(-1e-9 <= score <= 1 + 1e-9 for score in scores)
