"""What "last year" means."""

import datetime

import pytest

from qa_service.years import with_times_named, years_meant

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


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("Last year the festival had 6,500 visitors.", "Last year (2023) the festival had 6,500 visitors."),
        ("This year's and next year's winner", "This year's (2024) and next year's (2025) winner"),
        ("It was due last month, not next month.", "It was due last month (April 2024), not next month (June 2024)."),
        ("The board decided yesterday.", "The board decided yesterday (10 May 2024)."),
        ("Last year: 41.5, This year: 43.2.", "Last year (2023): 41.5, This year (2024): 43.2."),
    ],
)  # fmt: skip
def test_a_time_is_named_beside_its_distance_from_the_day_of_publication(sentence: str, named: str) -> None:
    assert with_times_named(sentence, DAY) == named
    assert with_times_named(sentence, None) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "In 1987 the master said of last year that it had been worse.",
        'The master said: "Last year was worse."',
        "\u201cLast year was worse,\u201d said the master.",
        "It was the last year of the war.",
        "Over the last month 112 people came.",
        "The blast year by year grew.",
    ],
)
def test_no_time_is_named_that_may_be_another(sentence: str) -> None:
    assert with_times_named(sentence, DAY) == sentence


@pytest.mark.parametrize(
    ("day", "sentence", "named"),
    [
        (datetime.date(2024, 1, 31), "last month", "last month (December 2023)"),
        (datetime.date(2024, 12, 31), "next month", "next month (January 2025)"),
        (datetime.date(2024, 3, 1), "yesterday", "yesterday (29 February 2024)"),
        (datetime.date(2024, 12, 31), "tomorrow", "tomorrow (1 January 2025)"),
    ],
)
def test_months_and_days_go_over_the_ends_of_years(day: datetime.date, sentence: str, named: str) -> None:
    assert with_times_named(sentence, day) == named


@pytest.mark.parametrize("day", [datetime.date.min, datetime.date.max])
def test_at_the_ends_of_the_calendar_no_time_is_named(day: datetime.date) -> None:
    said = "Yesterday, tomorrow, last year and next month."
    assert with_times_named(said, day) == said
