"""How rows of tables are read."""

from collections.abc import Callable

import pytest

from indexer.values import Hit
from qa_service.answer_text import AnswerText
from qa_service.evidence import sentences_of
from qa_service.tables import named_rows


def read(table: str) -> list[str]:
    return [line.text for line in named_rows(table.splitlines())]


def test_a_row_is_read_with_the_names_of_its_columns() -> None:
    assert read("Place | Rider | Time\n1 | Zubarte | 4:41\n2 | Dace | +0:52") == [
        "",
        "Place: 1, Rider: Zubarte, Time: 4:41.",
        "Place: 2, Rider: Dace, Time: +0:52.",
    ]


def test_below_a_header_that_does_not_name_the_first_column_that_names_the_row() -> None:
    assert read("| 2023 | 2024\nMilk | 182 | 186\nMember farms | 319 | 312")[1:] == [
        "Milk: 182 (2023), 186 (2024).",
        "Member farms: 319 (2023), 312 (2024).",
    ]
    assert read("| 2023 | 2024\n| 182 | 186\n| 319 | 312")[1:] == ["2023: 182, 2024: 186.", "2023: 319, 2024: 312."]


def test_cells_may_be_set_apart_by_tabs_and_be_empty() -> None:
    assert read("Year\tVisitors\tPrice\n2023\t6,500\t\n2024\t\t5")[1:] == [
        "Year: 2023, Visitors: 6,500.",
        "Year: 2024, Price: 5.",
    ]


@pytest.mark.parametrize(
    "table",
    [
        "Opening hours | 10 to 17\nTicket | 4 marks\nDogs | free",
        "Name | Anna\nAge | 12\nHeight | 170 cm",
        "Place | Rider\n1 | Zubarte",
        "Ships | Crew | 9\nRoutes | 11 | 6\nHarbours | 2 | 3",
        "Milk comes from cows.\nIt is white.",
        "",
    ],
    ids=["no header", "names and values", "a single row", "figures in the first row", "prose", "nothing"],
)
def test_what_has_no_plain_header_is_read_as_it_stands(table: str) -> None:
    assert read(table) == table.splitlines()


def test_what_stands_around_a_table_is_none_of_its_rows() -> None:
    text = "The result:\n\nPlace | Rider\n1 | Zubarte\n2 | Dace\n\nIt rained."
    assert read(text.replace("\n\n", "\n")) == [
        "The result:",
        "",
        "Place: 1, Rider: Zubarte.",
        "Place: 2, Rider: Dace.",
        "It rained.",
    ]


def test_a_row_keeps_its_place_in_the_document_and_its_header_is_no_sentence(make_hit: Callable[..., Hit]) -> None:
    hit = make_hit("Place | Rider\n1 | Zubarte\n2 | Dace", before="The stage.\n\n")
    first, _ = sentences_of(hit)
    start = hit.paragraph.start
    assert first.text == "Place: 1, Rider: Zubarte."
    assert hit.paragraph.text[first.start - start : first.end - start] == "1 | Zubarte"


def test_a_row_is_cited_with_its_header_before_it(make_hit: Callable[..., Hit]) -> None:
    rows = sentences_of(make_hit("The stage.\nPlace | Rider\n1 | Zubarte\n2 | Dace", before="Cycling\n\n"))
    page = AnswerText("")
    page.add_quote(rows[2:])
    page.add_quote(rows[:1])
    assert [citation.quote for citation in page.citations] == ["Place | Rider", "2 | Dace", "The stage."]
    assert page.text == "\u201c2 | Dace\u201d[1][2] \u201cThe stage.\u201d[3]"
