"""Plain text: encodings, and what the opening lines say."""

import datetime

import pytest

from indexer.errors import LoadError
from indexer.loaders.dates import is_date_line, parse_date, parse_pdf_date
from indexer.loaders.opening import read_opening
from indexer.loaders.text import parse_text

BODY = "The council met on 9 December 1987 and decided that the bridge will be built. It took five hours."


def opening(*lines: str):
    return read_opening("\n".join([*lines, "", BODY, "", "More."]))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_is_decoded_whatever_its_encoding(encoding: str) -> None:
    text = "Über die Brücke führen täglich 1.200 Wagen, und die Gebühr beträgt für alle drei Mark."

    assert parse_text(text.encode(encoding), "a.txt").text == text


def test_line_ends_become_one_kind_and_the_words_stay() -> None:
    parsed = parse_text("One\r\ntwo\rthree\u2028four\a".encode(), "a.txt")

    assert parsed.text == "One\ntwo\nthree\nfour"


def test_a_decomposed_letter_stays_as_it_was_written() -> None:
    assert parse_text("e\u0301tait".encode(), "a.txt").text == "e\u0301tait"


def test_a_bidirectional_override_is_dropped_and_a_right_to_left_mark_stays() -> None:
    assert parse_text("a\u202eb\u200fم".encode(), "a.txt").text == "ab\u200fم"


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\x00\x00", b"text\x00text", b"\x01\x02\x03\x04text", b"\xff\xfe\x00"]
)
def test_bytes_that_are_no_text_are_refused(content: bytes) -> None:
    with pytest.raises(LoadError, match=r"^a.txt: (binary|neither)"):
        parse_text(content, "a.txt")


def test_the_first_line_above_a_blank_one_is_the_title() -> None:
    found = opening("Gannet Bridge to be built")

    assert found.title == "Gannet Bridge to be built"
    assert found.title_span == (0, 25)
    assert (found.source, found.published_at) == ("", None)


def test_a_section_name_above_the_title_is_not_the_title() -> None:
    assert (
        opening("Economy", "", "Butter is firm and the eggs are steady").title
        == "Butter is firm and the eggs are steady"
    )


def test_a_short_title_is_not_taken_for_a_section() -> None:
    found = opening("Flood warning", "", "The Samphire Herald", "Published: 8 February 2025")

    assert found.title == "Flood warning"
    assert found.source == "The Samphire Herald"


@pytest.mark.parametrize(
    "first", ["The council met on Monday.", "1. The first rule of the house", "a" * 161, "Published: 8 May 2024"]
)
def test_prose_lists_and_dates_are_no_titles(first: str) -> None:
    assert opening(first).title == ""


def test_the_first_line_of_wrapped_prose_is_no_title() -> None:
    assert read_opening("The council of Port Callan decided\nthat the bridge will be built.").title == ""


@pytest.mark.parametrize(
    "line",
    [
        "Published: 14 March 2024",
        "Published on March 14, 2024 at 10:30 am",
        "Thursday, 14 March 2024",
        "2024-03-14",
        "Updated 2024-03-14T10:30:00+01:00",
        "LINDMOOR, 14 March 2024 (VPA) - The bridge is open.",
        "Hollin's Ford, 14 March 2024. The bridge is open.",
        "ZELNY, 14 March 2024",
        "By Isolde Tranter, 14 March 2024",
    ],
)
def test_the_date_near_the_top_is_the_date_of_publication(line: str) -> None:
    assert opening("Bridge opens in Port Callan", "", line).published_at == datetime.date(2024, 3, 14)


@pytest.mark.parametrize(
    "line", ["On 14 March 2024, the bridge was opened.", "Published: 31 February 2024", "03/04/2024"]
)
def test_events_impossible_days_and_ambiguous_days_are_no_dates(line: str) -> None:
    assert opening("Bridge opens in Port Callan", "", line).published_at is None


@pytest.mark.parametrize(
    ("lines", "source"),
    [
        (["Source: The Callan Courier"], "The Callan Courier"),
        (["By Isolde Tranter, The Callan Courier"], "The Callan Courier"),
        (["By Isolde Tranter | The Callan Courier | 14 March 2024"], "The Callan Courier"),
        (["By Isolde Tranter, Staff Writer"], ""),
        (["By Isolde Tranter"], ""),
        (["Kardovia Wire", "TARSK, 1 January 2024 - The capital has moved."], "Kardovia Wire"),
        (["Published: 8 February 2025", "The Samphire Herald"], "The Samphire Herald"),
        (["PORT CALLAN, 10 June 2024 (VPA) - A crane fell."], "VPA"),
        (["By the river stands a house."], ""),
        (["A leaflet by the friends of the park"], ""),
    ],
)
def test_the_source_is_what_is_plainly_stated(lines: list[str], source: str) -> None:
    assert opening("Bridge opens in Port Callan", "", *lines).source == source


def test_runs_of_list_items_and_rows_are_blocks() -> None:
    text = "Prices:\n- Cars: 3\n- Lorries: 9\n  with trailer\n\nA - B\n\na\tb\nc\td\n"

    parsed = parse_text(text.encode(), "a.txt")

    assert [text[start:end] for start, end in parsed.block_spans] == [
        "- Cars: 3\n- Lorries: 9\n  with trailer",
        "a\tb\nc\td",
    ]


def test_dates_are_parsed_in_every_unambiguous_form() -> None:
    day = datetime.date(2024, 3, 4)

    assert {
        parse_date(form) for form in ("4 March 2024", "4th Mar. 2024", "March 4, 2024", "2024-03-04", "Mon, 4 Mar 2024")
    } == {day}
    assert parse_date("4. März 2024") is None
    assert parse_pdf_date("D:20240304101500+01'00'") == day
    assert parse_pdf_date("yesterday") is None
    assert not is_date_line("Published in 2024")
