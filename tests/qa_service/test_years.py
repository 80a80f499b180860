"""What "last year" means."""

import datetime

import pytest

from qa_service.years import years_meant

DAY = datetime.date(2024, 5, 11)


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("Last year the festival had 6,500 visitors.", {"2023"}),
        ("It will move next year, as it said this year.", {"2025", "2024"}),
        ("Twelve years ago, and 3 years ago, nobody came.", {"2012", "2021"}),
        ("It opened in 1976 and closed three years later.", set()),
        ("Many years ago there was a mill.", set()),
        ("The last years were dry.", set()),
    ],
)
def test_a_distance_from_the_day_of_publication_is_a_year(text: str, years: set[str]) -> None:
    assert years_meant(text, DAY) == years


def test_without_a_day_of_publication_no_year_is_meant() -> None:
    assert years_meant("Last year it rained.", None) == frozenset()
