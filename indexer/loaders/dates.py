"""Calendar dates as documents write them: 14 March 2024, March 14, 2024, 14. March 2024, 2024-03-14, D:20240314.

All-digit forms with the year last (03/04/2024) are left alone: they mean another day on either side of the Atlantic.
"""

import datetime
import re

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month{0}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? )?"
_TIME = (
    r"(?:[ T,]+(?:at )?\d{1,2}[:.]\d{2}(?::\d{2}(?:\.\d+)?)?"
    r"(?: ?[ap]\.?m\.?)?(?: ?(?:Z|[+-]\d{2}:?\d{2}|[A-Z]{2,4}))?)?"
)
DATE = (
    rf"{_WEEKDAY}(?:"
    rf"(?P<day1>\d{{1,2}})(?:st|nd|rd|th|\.)? {_MONTH.format(1)},? (?P<year1>\d{{4}})"
    rf"|{_MONTH.format(2)} (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year2>\d{{4}})"
    rf"|(?P<year3>\d{{4}})-(?P<month3>\d{{2}})-(?P<day3>\d{{2}})"
    rf")(?!\d)"
)
"""A pattern for one date; names its parts, so that it can stand once in another pattern. To be used without case."""
_DATE = re.compile(DATE, re.IGNORECASE)
_LABEL = r"(?:(?:first |last )?(?:published|posted|updated|modified|released)(?: on| at)?|(?:publication )?date|dated)"
_PLACE = r"[^\W\d_][^\d:;!?()\n]{1,40}, "
_DATE_LINE = re.compile(rf"\W{{0,3}}(?:{_LABEL}\s*[:–—-]?\s*|{_PLACE})?{DATE}{_TIME}\W{{0,3}}", re.IGNORECASE)
_PDF_DATE = re.compile(r"(?:D:)?(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})")


def date_of(match: re.Match[str]) -> datetime.date | None:
    """The day in a match of a pattern that contains `DATE`; None when the calendar has no such day."""
    parts = match.groupdict()
    for form in ("1", "2", "3"):
        year, month, day = parts[f"year{form}"], parts[f"month{form}"], parts[f"day{form}"]
        if year:
            number = int(month) if month.isdigit() else _month_number(month)
            return _day(int(year), number, int(day))
    return None


def parse_date(text: str) -> datetime.date | None:
    """The first date that stands in the text, or None."""
    match = _DATE.search(text)
    return date_of(match) if match else None


def parse_pdf_date(text: str) -> datetime.date | None:
    """The day of a PDF date string, `D:YYYYMMDDHHmmSSOHH'mm'` (ISO 32000-1, 7.9.4), in the file's own time zone."""
    match = _PDF_DATE.match(text)
    return _day(int(match["year"]), int(match["month"]), int(match["day"])) if match else None


def is_date_line(line: str) -> bool:
    """Whether a line is nothing but a date, perhaps with a label (`Published:`) or a place, and a time of day."""
    return _DATE_LINE.fullmatch(line.strip()) is not None


def _month_number(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def _day(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None
