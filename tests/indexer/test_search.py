"""An opened index finds, filters, ranks and lists."""

import threading
from datetime import date
from pathlib import Path

import pytest

from config.settings import Settings
from indexer.build import build
from indexer.embed import Embedder, HashingEmbedder
from indexer.errors import IndexMissingError
from indexer.search import Index, open_index
from indexer.values import Filters
from indexer.vectors import MemoryDatabase


@pytest.fixture
def index(corpus: Path, settings: Settings, embedder: HashingEmbedder):
    (corpus / "strike.md").write_text(
        "---\ntitle: Ferry strike\nsource: Gannet Post\ndate: 2024-08-06\n---\n\nThe ferry's crew went on strike.\n"
    )
    database = MemoryDatabase()
    build([corpus], settings=settings, embedder=embedder, database=database)
    opened = open_index(settings, embedder, database=database)
    yield opened
    opened.close()


def test_a_hit_tells_both_scores_and_where_it_stands(index: Index) -> None:
    [best, *_] = index.search("Who stole the astrolabe from the museum?")
    assert best.paragraph.text == "A brass astrolabe was stolen from the museum."
    assert best.title == "Museum theft"
    assert best.fused_score == pytest.approx(1.0), "it is the best of both searches"
    assert best.cosine_similarity is not None
    assert 0.3 < best.cosine_similarity <= 1
    assert best.bm25_score is not None
    assert best.bm25_score > 0


def test_a_hit_that_only_one_search_returned_has_one_score(index: Index) -> None:
    hits = index.search("astrolabe")
    assert len(hits) == 7
    assert [hit.bm25_score is None for hit in hits] == [False, *[True] * 6]
    assert all(hit.cosine_similarity is not None for hit in hits)


def test_scores_fall_and_the_limit_holds(index: Index) -> None:
    hits = index.search("the ferry", limit=3)
    assert len(hits) == 3
    assert [hit.fused_score for hit in hits] == sorted((hit.fused_score for hit in hits), reverse=True)


@pytest.mark.parametrize("query", ["", "  \n\t "])
def test_a_blank_query_finds_nothing(index: Index, query: str) -> None:
    assert index.search(query) == []


@pytest.mark.parametrize("query", ['"', "NEAR(a b)", "body:*", "🙂", "\0", "\udcff", "北京", "word " * 5_000])
def test_no_query_is_an_error(index: Index, query: str) -> None:
    assert len(index.search(query, limit=2)) == 2


def test_filters_hold_in_both_searches(index: Index) -> None:
    hits = index.search("ferry", filters=Filters(published_from=date(2024, 8, 6), published_to=date(2024, 8, 6)))
    assert [(hit.title, hit.source, hit.published_at) for hit in hits] == [
        ("Ferry strike", "Gannet Post", date(2024, 8, 6))
    ]
    document_id = hits[0].paragraph.document_id
    assert {
        hit.paragraph.document_id for hit in index.search("museum", filters=Filters(document_ids=(document_id,)))
    } == {document_id}
    assert index.search("ferry", filters=Filters(published_to=date(2024, 8, 5))) == []
    assert index.search("ferry", filters=Filters(document_ids=("d0",))) == []


def test_every_paragraph_is_the_exact_slice_of_its_document(index: Index) -> None:
    for summary in index.documents(offset=0, limit=100):
        document = index.document(summary.id)
        assert document is not None
        paragraphs = index.paragraphs(summary.id)
        assert [paragraph.number for paragraph in paragraphs] == list(range(1, summary.paragraph_count + 1))
        assert all(document.text[item.start : item.end] == item.text for item in paragraphs)


def test_documents_are_listed_in_pages(index: Index) -> None:
    assert index.document_count == 4
    paths = [summary.path for summary in index.documents(offset=0, limit=10)]
    assert paths == ["bridge.txt", "ferry.txt", "museum.txt", "strike.md"]
    assert [summary.path for summary in index.documents(offset=3, limit=10)] == paths[3:]
    assert index.documents(offset=4, limit=10) == []


def test_an_unknown_document_is_none(index: Index) -> None:
    assert index.document("d0000000000000000") is None
    assert index.paragraphs("d0000000000000000") == []


def test_a_paragraph_of_several_chunks_is_one_hit(corpus: Path, settings: Settings, embedder: HashingEmbedder) -> None:
    (corpus / "long.txt").write_text("Long story\n\n" + "The lighthouse keeper counted ships. " * 30 + "\n")
    database = MemoryDatabase()
    report = build([corpus], settings=settings, embedder=embedder, database=database)
    assert report.generation.chunk_count > report.generation.paragraph_count
    index = open_index(settings, embedder, database=database)
    hits = index.search("lighthouse keeper", limit=50)
    assert len({hit.paragraph.id for hit in hits}) == len(hits) == report.generation.paragraph_count
    index.close()


def test_several_threads_search_at_once(index: Index) -> None:
    queries = ["ferry", "museum theft", "bridge", "crowns", "dogs", "guard", "astrolabe", "strike"]
    expected = {query: index.search(query) for query in queries}
    got: dict[str, object] = {}

    def ask(query: str) -> None:
        got[query] = index.search(query)

    threads = [threading.Thread(target=ask, args=(query,)) for query in queries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == expected


def test_there_is_no_index_before_the_first_build(settings: Settings, embedder: HashingEmbedder) -> None:
    with pytest.raises(IndexMissingError, match="footnote index PATH"):
        open_index(settings, embedder, database=MemoryDatabase())


@pytest.mark.contract
def test_the_default_parts_find_by_meaning_and_by_word(corpus: Path, settings: Settings, minilm: Embedder) -> None:
    build([corpus], settings=settings, embedder=minilm)
    index = open_index(settings, minilm)
    index.warm()
    by_meaning = index.search("How expensive was it to construct the crossing?", limit=1)
    assert by_meaning[0].paragraph.text == "It cost nine million crowns."
    by_word = index.search("astrolabe", limit=1)
    assert by_word[0].paragraph.text == "A brass astrolabe was stolen from the museum."
    index.close()
