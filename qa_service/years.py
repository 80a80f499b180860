"""Times that a text means without naming them: "last year" in a report of 2024 is 2023."""

import datetime
import re
from datetime import MAXYEAR, MINYEAR

from qa_service.english import NUMERALS

_SPOKEN_OF = re.compile(
    r"\b(?:(?P<before>last year|(?:a|one) year ago)|this year|(?P<after>next year)"
    r"|(?P<count>\d{1,3}|[a-z]+) years ago)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'"[^"]*(?:"|$)|\u201c[^\u201d]*(?:\u201d|$)')
"""Said by somebody, perhaps at another time."""
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_TIME = re.compile(
    r"(?<!\bthe )\b(?:(?P<which>last|this|next) (?P<unit>year|month)|(?P<day>yesterday|tomorrow))(?:['\u2019]s)?\b"
    r"(?! of\b)",
    re.IGNORECASE,
)
_DISTANCE = {"last": -1, "yesterday": -1, "this": 0, "next": 1, "tomorrow": 1}


def day_in_words(day: datetime.date) -> str:
    """Return a day as documents write it: "14 March 2024"."""
    return f"{day:%-d %B %Y}"


def years_meant(text: str, published_at: datetime.date | None) -> frozenset[str]:
    """Return the years, in digits, that `text` speaks of by their distance from the day it was published; none without
    that day.
    """
    if published_at is None:
        return frozenset()
    return frozenset(
        str(published_at.year + distance)
        for match in _SPOKEN_OF.finditer(text)
        if (distance := _distance(match)) is not None
    )


def with_times_named(sentence: str, published_at: datetime.date | None) -> str:
    """Return a sentence with the time beside each "last year", "next month" or "yesterday": "last year (2023)".

    Without a day of publication, or with one at an end of the calendar, it stays as it is, and so does one that names a
    year, from which it may count, and what somebody says in it.
    """
    if published_at is None or not MINYEAR < published_at.year < MAXYEAR or _YEAR.search(sentence):
        return sentence
    quoted = [match.span() for match in _QUOTED.finditer(sentence)]

    def named(match: re.Match[str]) -> str:
        if any(start <= match.start() < end for start, end in quoted):
            return match.group()
        return f"{match.group()} ({_named(match, published_at)})"

    return _TIME.sub(named, sentence)


def _named(match: re.Match[str], day: datetime.date) -> str:
    distance = _DISTANCE[(match["which"] or match["day"]).casefold()]
    if match["day"]:
        return day_in_words(day + datetime.timedelta(days=distance))
    if match["unit"].casefold() == "year":
        return str(day.year + distance)
    month = day.month - 1 + distance
    return f"{day.replace(year=day.year + month // 12, month=month % 12 + 1, day=1):%B %Y}"


def _distance(match: re.Match[str]) -> int | None:
    if match["count"]:
        count = NUMERALS.get(match["count"].casefold(), match["count"])
        return -int(count) if count.isdigit() else None
    return -1 if match["before"] else 1 if match["after"] else 0
