"""A sample holds something of every stratum, and always the same."""

from collections import Counter

import pytest

from evals.cases import Case, Expectation
from evals.sampling import draw


def cases(**counts: int) -> list[Case]:
    return [
        Case(id=f"{stratum}-{number}", question="What?", expect=Expectation(status=("refused",)), stratum=stratum)
        for stratum, count in counts.items()
        for number in range(count)
    ]


def ids(chosen: list[Case]) -> list[str]:
    return [case.id for case in chosen]


def test_each_stratum_gives_the_same_number_and_small_ones_all_they_have() -> None:
    chosen = draw(cases(large=50, middle=20, small=2), count=12, seed=0)
    assert Counter(case.stratum for case in chosen) == {"large": 5, "middle": 5, "small": 2}


def test_the_order_is_the_suites() -> None:
    suite = cases(one=9, other=9)
    chosen = ids(draw(suite, count=7, seed=3))
    assert chosen == [case.id for case in suite if case.id in chosen]


def test_the_same_seed_draws_the_same_and_another_one_others() -> None:
    suite = cases(one=40, other=40)
    assert ids(draw(suite, count=20, seed=1)) == ids(draw(suite, count=20, seed=1))
    assert ids(draw(suite, count=20, seed=1)) != ids(draw(suite, count=20, seed=2))


def test_a_larger_sample_holds_the_smaller_one() -> None:
    suite = cases(one=40, other=40)
    assert set(ids(draw(suite, count=10, seed=1))) < set(ids(draw(suite, count=30, seed=1)))


def test_a_case_added_to_one_stratum_leaves_the_others_as_they_were() -> None:
    before = draw(cases(one=30, other=30), count=10, seed=1)
    after = draw(cases(one=31, other=30), count=10, seed=1)
    assert [each for each in ids(before) if "other" in each] == [each for each in ids(after) if "other" in each]


@pytest.mark.parametrize("count", [6, 100])
def test_all_are_drawn_when_there_are_no_more(count: int) -> None:
    suite = cases(one=4, other=2)
    assert draw(suite, count=count, seed=0) == suite


def test_of_nothing_nothing_is_drawn() -> None:
    assert draw([], count=3, seed=0) == []
