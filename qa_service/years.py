"""Years that a text means without naming them: "last year" in a report of 2024 is 2023."""

import datetime
import re

from qa_service.english import NUMERALS

_SPOKEN_OF = re.compile(
    r"\b(?:(?P<before>last year|(?:a|one) year ago)|this year|(?P<after>next year)"
    r"|(?P<count>\d{1,3}|[a-z]+) years ago)\b",
    re.IGNORECASE,
)


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


def _distance(match: re.Match[str]) -> int | None:
    if match["count"]:
        count = NUMERALS.get(match["count"].casefold(), match["count"])
        return -int(count) if count.isdigit() else None
    return -1 if match["before"] else 1 if match["after"] else 0
