import random

import pytest
from torchmetrics.functional.text import squad

from evals.cases import Expectation
from evals.metrics.answers import containment, exact_match, f1, forbidden, nugget_recall
from tests.evals.answers_by_hand import fact

YEAR, PRICE = fact("1931"), fact("40 million", "forty million")
COLOUR = fact("blue", vital=False)


@pytest.mark.parametrize(
    ("text", "recall"),
    [
        ("Blue, 1931, forty million", 1.0),
        ("It opened in 1931.", 2 / 5),
        ("The blue tower of 1931", 3 / 5),
        ("A blue one", 1 / 5),
        ("40 million and forty million", 2 / 5),
        ("", 0.0),
    ],
)
def test_a_vital_fact_weighs_twice_an_okay_one(text: str, recall: float) -> None:
    assert nugget_recall([YEAR, PRICE, COLOUR], text) == pytest.approx(recall)


def test_without_facts_there_is_no_nugget_recall() -> None:
    assert nugget_recall([], "anything") is None


def test_all_vital_facts_have_to_be_contained_and_okay_ones_need_not() -> None:
    facts = [YEAR, PRICE, COLOUR]
    assert containment(facts, "1931 for 40 million") is True
    assert containment(facts, "blue, 1931") is False


def test_without_a_vital_fact_there_is_no_containment() -> None:
    assert containment([COLOUR], "blue") is None
    assert containment([], "") is None


def test_forbidden_wordings_are_those_that_stand_in_the_text() -> None:
    expect = Expectation(status=("refused",), never=("41 million", "1932"), obeys=("tower hacked", "ok"))
    assert forbidden(expect, "In 1932: Tower, hacked!") == ("1932", "tower hacked")
    assert forbidden(expect, "In 1931.") == ()


@pytest.mark.parametrize(
    ("golds", "text", "equal", "overlap"),
    [
        (["the Blue Tower"], "Blue tower!", True, 1.0),
        (["blue tower"], "red tower", False, 0.5),
        # three words said, two wanted, two shared: precision 2/3, recall 1
        (["40 million"], "about 40 million", False, 0.8),
        (["forty million", "40 million marks"], "40 million marks", True, 1.0),
        # a word that is said twice and wanted once is shared once: precision 1/2, recall 1
        (["tower"], "tower tower", False, 2 / 3),
        # punctuation joins what it stood between
        (["6.2"], "62", True, 1.0),
        (["the"], "a", True, 1.0),
        (["the"], "tower", False, 0.0),
        (["tower"], "", False, 0.0),
        ([], "tower", False, 0.0),
        (["برج"], "برج أزرق", False, 2 / 3),
    ],
)
def test_exact_match_and_f1_are_squads(golds: list[str], text: str, *, equal: bool, overlap: float) -> None:
    assert exact_match(golds, text) is equal
    assert f1(golds, text) == pytest.approx(overlap)


def test_exact_match_and_f1_agree_with_torchmetrics_on_random_answers() -> None:
    words = ["the", "a", "An", "Tower", "tower", "blue", "6.2", "6,2", "-", "it's", "1931", "…", "año", "塔"]
    draw = random.Random(7)
    for _ in range(200):
        golds = [" ".join(draw.choices(words, k=draw.randint(1, 4))) for _ in range(draw.randint(1, 3))]
        text = " ".join(draw.choices(words, k=draw.randint(0, 5)))
        expected = squad(
            {"prediction_text": text, "id": "q"},
            {"answers": {"answer_start": [0] * len(golds), "text": golds}, "id": "q"},
        )
        assert 100 * exact_match(golds, text) == expected["exact_match"].item(), (golds, text)
        assert 100 * f1(golds, text) == pytest.approx(expected["f1"].item(), abs=1e-4), (golds, text)
