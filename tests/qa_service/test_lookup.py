"""Guessing the next tokens from the text that an answer repeats."""

import pytest

from qa_service.llm.lookup import Lookup


def costs(row_cost: float, most: int = 8) -> list[float]:
    return [row_cost * count for count in range(1, most + 1)]


def test_what_followed_the_same_tokens_is_guessed() -> None:
    lookup = Lookup([1, 2, 3, 4, 5, 6, 9, 1, 2, 3])
    assert lookup.guess(costs(0.1, most=2)) == [4, 5]


def test_nothing_is_guessed_from_less_than_three_tokens() -> None:
    assert Lookup([9, 2, 3, 4, 5, 1, 2, 3]).guess(costs(0.1)) == []


def test_the_place_that_agrees_longest_is_taken_and_the_latest_of_equals() -> None:
    assert Lookup([7, 1, 2, 3, 4, 8, 1, 2, 3, 5, 7, 1, 2, 3]).guess([0.1]) == [4]
    assert Lookup([1, 2, 3, 4, 1, 2, 3, 5, 8, 1, 2, 3]).guess([0.1]) == [5]


def test_guesses_grow_while_they_are_right() -> None:
    text = list(range(100, 160))
    lookup = Lookup([*text, *text[:3]])
    lengths = []
    place = 3
    for _ in range(4):
        guess = lookup.guess(costs(0.4))
        lengths.append(len(guess))
        lookup.told(text[place : place + len(guess) + 1], guessed=len(guess), cost=0.4 * len(guess))
        place += len(guess) + 1
    assert lengths == sorted(lengths)
    assert 0 < lengths[0] < lengths[-1] == 8


def test_where_the_first_row_costs_most_guesses_are_longer() -> None:
    lookup = Lookup([1, 2, 3, 4, 5, 6, 9, 1, 2, 3])
    assert lookup.guess([0.7, 0.75, 0.8, 0.85]) == [4, 5, 6, 9]
    assert lookup.guess([0.4, 0.8, 1.2, 1.6]) == [4, 5]
    assert lookup.guess([0.9, 1.8]) == []


@pytest.mark.parametrize("row_cost", [0.3, 0.55, 0.7])
def test_wrong_guesses_never_cost_more_than_a_twentieth_of_a_long_answer(row_cost: float) -> None:
    lookup = Lookup([1, 2, 3, 4] * 10)
    cost = 0.0
    for number in range(40):
        lookup.told([1, 2, 3], guessed=0, cost=0.0)
        guessed = len(lookup.guess(costs(row_cost)))
        cost += row_cost * guessed
        lookup.told([1000 + number], guessed=guessed, cost=row_cost * guessed)
    assert 0 < cost <= 0.05 * 4 * 40
