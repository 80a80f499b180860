"""What the first lines of a plain document state of it: title, source and publication date.

Only what is plainly said counts: a labelled or lone date, the dateline of a report (`LINDMOOR, 6 May 2025 (VPA) -`),
`Source: …`, a byline with its outlet, an outlet's name on a line next to the date. A date in a sentence is an event.
"""

import datetime
import re

import msgspec

from indexer.line_shapes import ends_sentence, is_list_item, is_name, is_section_line
from indexer.loaders.dates import DATE, date_of, is_date_line, parse_date
from indexer.loaders.parsed import Span

MAX_OPENING_LINES = 8
MAX_TITLE_CHARS = 160
_MIN_TITLE_WORDS_BELOW_SECTION = 4
_PROSE_CHARS = 120

_SOURCE = re.compile(r"source\s*:\s*(?P<source>\S[^:]{0,79})", re.IGNORECASE)
_BYLINE = re.compile(r"by\s+(?P<author>[^\d,|]{2,60}?)(?P<rest>(?:\s*[,|·–—]\s*[^,|·–—]{2,40}){0,4})", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:writer|reporter|correspondent|editor|staff|columnist|contributor|chief|producer)\b", re.IGNORECASE
)
_NOT_A_PLACE = "On|In|By|At|Since|From|Until|After|Before|Between"
_DATELINE = re.compile(
    rf"(?!(?:{_NOT_A_PLACE})\b)(?P<place>[^\W\d_a-z][^\d:;!?()\n]{{1,40}}), (?i:{DATE})"
    r"\s*(?:\((?P<agency>[^\W\d_][^()\d]{1,29})\))?\s*(?:[-–—:.]\s|[-–—:.]?$)"
)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line that is not blank, without the white space around it."""

    text: str
    start: int
    end: int
    number: int
    """Of the line in the text, counting blank ones, so that neighbours differ by one."""


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What the first lines state; empty where they do not."""

    title: str = ""
    title_span: Span | None = None
    source: str = ""
    published_at: datetime.date | None = None


def read_opening(text: str) -> Opening:
    """Reads title, source and date off the first eight lines that are not blank, up to the first line of prose."""
    lines = _first_lines(text)
    title = _title(lines)
    credits_ = _credits(lines, title)
    return Opening(
        title=" ".join(title.text.split()) if title else "",
        title_span=(title.start, title.end) if title else None,
        source=_source(lines, credits_),
        published_at=_published_at(credits_),
    )


def _first_lines(text: str) -> list[Line]:
    lines: list[Line] = []
    start = number = 0
    while start <= len(text) and len(lines) < MAX_OPENING_LINES:
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        raw = text[start:end]
        if raw.strip():
            lead = len(raw) - len(raw.lstrip())
            lines.append(Line(text=raw.strip(), start=start + lead, end=start + len(raw.rstrip()), number=number))
        start, number = end + 1, number + 1
    return lines


def _title(lines: list[Line]) -> Line | None:
    for index, line in enumerate(lines[:-1]):
        if is_date_line(line.text):
            continue
        below = lines[index + 1]
        is_section = (
            is_section_line(line.text)
            and len(below.text.split()) >= _MIN_TITLE_WORDS_BELOW_SECTION
            and len(lines) > index + 2
            and _is_title(below, lines[index + 2])
        )
        if is_section:
            return below
        return line if _is_title(line, below) else None
    return None


def _is_title(line: Line, below: Line) -> bool:
    stands_apart = (
        below.number > line.number + 1 or _is_credit(below.text) or len(below.text) > max(_PROSE_CHARS, len(line.text))
    )
    return (
        stands_apart
        and len(line.text) <= MAX_TITLE_CHARS
        and any(character.isalpha() for character in line.text)
        and not line.text.endswith((".", "。", "।", "۔", ",", ";", ":"))
        and not is_list_item(line.text)
        and not _is_credit(line.text)
    )


def _is_credit(text: str) -> bool:
    return (
        is_date_line(text) or _byline(text) is not None or bool(_SOURCE.fullmatch(text)) or bool(_DATELINE.match(text))
    )


def _byline(text: str) -> re.Match[str] | None:
    match = None if ends_sentence(text) else _BYLINE.fullmatch(text)
    return match if match and is_name(match["author"].strip()) else None


def _credits(lines: list[Line], title: Line | None) -> list[Line]:
    """The lines that may speak of source and date: all but the title, up to and including the first line of prose."""
    found: list[Line] = []
    for line in lines:
        if title is not None and line.start == title.start:
            continue
        found.append(line)
        if len(line.text) > _PROSE_CHARS or (ends_sentence(line.text) and not is_date_line(line.text)):
            break
    return found


def _published_at(lines: list[Line]) -> datetime.date | None:
    for line in lines:
        dateline = _DATELINE.match(line.text)
        if dateline:
            return date_of(dateline)
        if is_date_line(line.text) or _byline(line.text):
            day = parse_date(line.text)
            if day is not None:
                return day
    return None


def _source(all_lines: list[Line], lines: list[Line]) -> str:
    dated = {line.number for line in all_lines if is_date_line(line.text) or _DATELINE.match(line.text)}
    for line in lines:
        stated = _SOURCE.fullmatch(line.text)
        if stated:
            return stated["source"].strip(" .")
        byline = _byline(line.text)
        if byline:
            outlet = _outlet(byline["rest"])
            if outlet:
                return outlet
        elif is_name(line.text) and {line.number - 1, line.number + 1} & dated:
            return line.text
    agencies = [match["agency"] for line in lines if (match := _DATELINE.match(line.text)) and match["agency"]]
    return agencies[0].strip() if agencies else ""


def _outlet(rest: str) -> str:
    parts = [part.strip() for part in re.split(r"[,|·–—]", rest) if part.strip()]
    named = [part for part in parts if is_name(part) and not _ROLE.search(part) and parse_date(part) is None]
    return named[0] if named else ""
