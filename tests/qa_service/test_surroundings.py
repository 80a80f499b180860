"""What a reader sees beside a quoted paragraph."""

from collections.abc import Callable
from typing import Any

from indexer.values import Filters
from qa_service.surroundings import documents_of, surroundings
from qa_service.terms import content_keys


def test_opening_neighbours_title_source_and_date_are_beside_a_paragraph_and_the_rest_is_not(
    make_index: Callable[..., Any],
) -> None:
    names = ["Abara", "Birk", "Calder", "Dace", "Elm", "Finn", "Garrow", "Hale"]
    index = make_index("\n\n".join(f"The councillor {name} spoke." for name in names))
    (hit,) = (each for each in index.search("Finn", filters=Filters(), limit=20) if "Finn" in each.paragraph.text)
    around = surroundings([hit], documents=documents_of([hit], index=index))[hit.paragraph.id]
    assert content_keys("Finn Garrow Hale Dace Elm") <= around
    assert content_keys("Abara Birk") <= around
    assert not content_keys("Calder") & around
    assert content_keys("Title") <= around


def test_the_date_of_publication_is_beside_every_paragraph(
    make_hit: Callable[..., Any], make_index: Callable[..., Any]
) -> None:
    hit = make_hit("The pier opened.", document="unknown")
    documents = documents_of([hit], index=make_index("A\n\nB c d.\n"))
    assert content_keys("14 March 2024") <= surroundings([hit], documents=documents)[hit.paragraph.id]


def test_the_year_that_last_year_means_is_beside_its_paragraph(
    make_hit: Callable[..., Any], make_index: Callable[..., Any]
) -> None:
    index = make_index("The pier\n\nIt opened last year.\n")
    (hit,) = index.search("opened", filters=Filters(), limit=1)
    assert "2023" in surroundings([hit], documents=documents_of([hit], index=index))[hit.paragraph.id]
