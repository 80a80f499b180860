"""The catalogue gives back what was written, and ranks, filters and reads it safely."""

import sqlite3
import threading
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.catalog import Catalog, CatalogWriter, text_sha256
from indexer.errors import IndexCorruptError
from indexer.values import Chunk, Document, DocumentSummary, Filters

pytestmark = pytest.mark.contract

ALL = Filters()


@pytest.fixture
def written(tmp_path: Path):
    """Write documents with their paragraphs, and return the opened catalogue."""
    opened: list[Catalog] = []

    def write(*documents, chunks=()) -> Catalog:
        path = tmp_path / f"catalog-{len(opened)}.sqlite"
        writer = CatalogWriter(path)
        for document, paragraphs in documents:
            writer.add(document, paragraphs)
        writer.add_chunks(chunks)
        writer.close()
        writer.close()
        opened.append(Catalog(path))
        return opened[-1]

    yield write
    for catalog in opened:
        catalog.close()


def test_a_document_comes_back_with_all_its_fields(written, make_document) -> None:
    document, paragraphs = make_document(
        "d1",
        "Grüße aus 北京 🙂.",
        "Second.\0 Line",
        source="Gannet Post",
        published_at=date(2024, 8, 6),
        url="https://example.org/1",
        page_starts=(0, 7),
        heading_spans=((0, 3), (5, 6)),
        block_spans=((7, 9),),
    )
    catalog = written((document, paragraphs))
    assert catalog.document("d1") == document
    assert catalog.paragraphs("d1") == list(paragraphs)
    assert catalog.document("d2") is None
    assert catalog.paragraphs("d2") == []


def test_a_paragraph_keeps_its_page_and_heading(written, make_document) -> None:
    document, (only,) = make_document("d1", "Text.", heading="Costs")
    paged = msgspec.structs.replace(only, page=3)
    found = written((document, (paged,))).found(["d1-p1", "d9-p9"])
    assert list(found) == ["d1-p1"]
    assert found["d1-p1"].paragraph == paged
    assert found["d1-p1"].title == "Title of d1"


def test_documents_are_listed_in_the_order_of_their_paths(written, make_document) -> None:
    catalog = written(make_document("d2", "a", path="b.txt"), make_document("d1", "a", "b", path="a.txt"))
    assert catalog.documents(offset=0, limit=10) == [
        DocumentSummary(
            id="d1", path="a.txt", media_type="text/plain", title="Title of d1", source="", published_at=None, url=None,
            paragraph_count=2,
        ),
        DocumentSummary(
            id="d2", path="b.txt", media_type="text/plain", title="Title of d2", source="", published_at=None, url=None,
            paragraph_count=1,
        ),
    ]  # fmt: skip
    assert [item.id for item in catalog.documents(offset=1, limit=10)] == ["d2"]
    assert catalog.documents(offset=2, limit=10) == []


def test_rare_words_outrank_common_ones_and_higher_is_better(written, make_document) -> None:
    catalog = written(make_document("d1", "ferry ferry bridge", "ferry timetable", "ferry astrolabe", "nothing here"))
    found = catalog.search("the ferry astrolabe", 10, ALL)
    assert found[0][0] == "d1-p3"
    assert {item for item, _ in found} == {"d1-p1", "d1-p2", "d1-p3"}
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    assert all(score > 0 for _, score in found)


def test_equal_paragraphs_are_ordered_by_id_and_the_first_of_the_corpus_are_taken(written, make_document) -> None:
    title = {"title": "Same"}
    catalog = written(make_document("d2", "ferry", **title), make_document("d1", "ferry", **title))
    assert [item for item, _ in catalog.search("ferry", 10, ALL)] == ["d1-p1", "d2-p1"]
    assert [item for item, _ in catalog.search("ferry", 1, ALL)] == ["d2-p1"]


def test_a_word_of_the_text_counts_more_than_one_of_title_or_heading(written, make_document) -> None:
    catalog = written(
        make_document("d1", "some words here", title="astrolabe"),
        make_document("d2", "some astrolabe here", title="words"),
        make_document("d3", "some words here", title="words", heading="astrolabe"),
        make_document("d4", "some words here", title="words"),
    )
    found = [item for item, _ in catalog.search("astrolabe", 10, ALL)]
    assert found[0] == "d2-p1"
    assert set(found) == {"d1-p1", "d2-p1", "d3-p1"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("GRUSSE", ["d1-p1"]),
        ("首都", ["d1-p2"]),
        ("北京", ["d1-p2"]),
        ("京是", ["d1-p2"]),
        ("都首", []),
        ("ガス", ["d1-p3"]),
        ("محمد", ["d1-p4"]),
        ("Gunay", ["d1-p5"]),
        ("günay", ["d1-p5"]),
        ("भाषा", ["d1-p6"]),
        ("กรุงเทพ", ["d1-p7"]),
        ("", []),
        ("?!", []),
    ],
)
def test_every_script_is_searchable(written, make_document, query: str, found: list[str]) -> None:
    document = make_document(
        "d1",
        "Grüße, grosse Grüsse",
        "北京是中国的首都。",
        "ガス会社",
        "قال مُحَمَّد",
        "Ali Rıza Günay",
        "हिन्दी भाषा",
        "กรุงเทพมหานคร",
        title="T",
    )
    assert [item for item, _ in written(document).search(query, 10, ALL)] == found


def test_filters_are_applied_before_the_best_are_taken(written, make_document) -> None:
    catalog = written(
        make_document("d1", "ferry ferry ferry", published_at=date(2024, 1, 1)),
        make_document("d2", "ferry and much else besides", published_at=date(2024, 6, 1)),
        make_document("d3", "ferry and very much else besides", published_at=None),
    )

    def found(**filters) -> list[str]:
        return [item for item, _ in catalog.search("ferry", 1, Filters(**filters))]

    assert found(document_ids=("d2", "d9")) == ["d2-p1"]
    assert found(document_ids=("d9",)) == []
    assert found(published_from=date(2024, 6, 1)) == ["d2-p1"]
    assert found(published_to=date(2024, 1, 1)) == ["d1-p1"]
    assert found(published_from=date(2024, 1, 2), published_to=date(2024, 5, 31)) == []
    assert found(document_ids=("d3",), published_from=date(1, 1, 1)) == []


def test_texts_are_recognised_by_their_hash(written, make_document) -> None:
    chunks = [
        Chunk(id=f"d1-p1-c{number}", paragraph_id="d1-p1", text=text) for number, text in ((2, "x"), (1, "x"), (3, "y"))
    ]
    catalog = written(make_document("d1", "x"), chunks=chunks)
    assert catalog.chunk_ids_by_text([text_sha256(text) for text in ("x", "y", "z")]) == {
        text_sha256("x"): "d1-p1-c1",
        text_sha256("y"): "d1-p1-c3",
    }
    assert catalog.every_nth_chunk(2) == [("d1-p1-c1", "d1-p1"), ("d1-p1-c3", "d1-p1")]


def test_counts_cover_every_table(written, make_document) -> None:
    catalog = written(make_document("d1", "a", "b"), chunks=[Chunk(id="d1-p1-c1", paragraph_id="d1-p1", text="a")])
    assert msgspec.structs.astuple(catalog.counts()) == (1, 2, 2, 1)


def test_a_paragraph_is_found_by_its_own_words(written, make_document) -> None:
    document, paragraphs = make_document("d1", "The ferry.", "***", "To be or not to be")
    catalog = written((document, paragraphs))
    assert all(catalog.finds(paragraph) for paragraph in paragraphs)
    assert not catalog.finds(msgspec.structs.replace(paragraphs[0], text="astrolabe"))


def test_several_threads_read_at_once(written, make_document) -> None:
    catalog = written(make_document("d1", *(f"ferry number {number}" for number in range(50))))
    expected = catalog.search("ferry", 10, ALL)
    different: list[object] = []

    def read() -> None:
        different.extend(found for _ in range(20) if (found := catalog.search("ferry", 10, ALL)) != expected)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert different == []


def test_reading_writes_nothing(written, make_document, tmp_path: Path) -> None:
    catalog = written(make_document("d1", "ferry"))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    catalog.search("ferry", 1, ALL)
    with pytest.raises(IndexCorruptError, match="readonly"):
        catalog._all("DELETE FROM documents")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("content", [None, b"", b"not a database " * 100])
def test_a_file_that_is_no_catalogue_is_corrupt(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "catalog.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IndexCorruptError, match=r"not a usable catalogue .*footnote index"):
        Catalog(path).counts()


def test_a_folder_name_with_special_characters_is_no_hindrance(tmp_path: Path, make_document) -> None:
    folder = tmp_path / "a?b#c%20d é"
    folder.mkdir()
    writer = CatalogWriter(folder / "catalog.sqlite")
    writer.add(*make_document("d1", "ferry"))
    writer.close()
    assert Catalog(folder / "catalog.sqlite").counts().documents == 1


@given(st.text(), st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_no_query_fails_on_any_text(written, make_document, text: str, query: str) -> None:
    catalog = written(make_document("d1", text, title=query))
    document = catalog.document("d1")
    assert isinstance(document, Document)
    assert document.text == text
    assert len(catalog.search(query, 5, ALL)) <= 1


def test_the_catalogue_is_an_ordinary_database_at_rest(tmp_path: Path, make_document) -> None:
    writer = CatalogWriter(tmp_path / "catalog.sqlite")
    writer.add(*make_document("d1", "ferry"))
    writer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["catalog.sqlite"]
    connection = sqlite3.connect(tmp_path / "catalog.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
