"""Anchors find their paragraphs in whatever index was made of the corpus, or say why not."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from config.settings import load_settings
from evals.anchors import Anchors
from evals.cases import Case, Expectation, Support
from evals.errors import CaseError
from indexer.build import build
from indexer.embed import HashingEmbedder
from indexer.search import Index, open_index

pytestmark = pytest.mark.contract


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "ferry.txt").write_text(
        "Ferry\n\nThe ferry leaves at seven\nin the morning.\n\nThe ferry carries dogs.\n\nDogs travel free.\n"
    )
    (corpus / "bridge.txt").write_text("Bridge\n\nThe bridge opened in May.\n")
    settings = load_settings("default", environ={}, overrides={"index.directory": str(tmp_path / "index")})
    build([corpus], settings=settings, embedder=HashingEmbedder())
    with closing(open_index(settings, HashingEmbedder())) as opened:
        yield opened


def case(*groups: tuple[Support, ...]) -> Case:
    return Case(id="c", question="What?", expect=Expectation(status=("refused",), support=groups))


def numbers(index: Index, ids: frozenset[str]) -> list[int]:
    return sorted(int(each.rpartition("-p")[2]) for each in ids)


def test_an_anchor_is_found_across_line_breaks(index: Index) -> None:
    gold = Anchors(index).gold_of(case((Support(document="ferry.txt", anchor="at seven in  the morning"),)))
    (group,) = gold.groups
    assert numbers(index, group) == [1]
    assert gold.relevance == dict.fromkeys(group, 1)


def test_alternatives_stand_in_one_group(index: Index) -> None:
    gold = Anchors(index).gold_of(
        case(
            (Support(document="ferry.txt", anchor="travel free"), Support(document="bridge.txt", anchor="in May")),
            (Support(document="ferry.txt", anchor="travel free", relevance=2),),
        )
    )
    assert [len(group) for group in gold.groups] == [2, 1]
    assert sorted(gold.relevance.values()) == [1, 2]


def test_without_an_anchor_every_paragraph_of_the_document_is_meant(index: Index) -> None:
    (group,) = Anchors(index).gold_of(case((Support(document="ferry.txt"),))).groups
    assert numbers(index, group) == [1, 2, 3]


def test_no_support_is_no_gold(index: Index) -> None:
    gold = Anchors(index).gold_of(case())
    assert (gold.groups, gold.relevance) == ((), {})


@pytest.mark.parametrize(
    ("document", "anchor", "says"),
    [
        ("ferry.txt", "leaves at eight", "case c: ferry.txt has no paragraph with the anchor “leaves at eight”"),
        ("ferry.txt", "The ferry", "case c: ferry.txt has 2 paragraphs with the anchor “The ferry”"),
        ("fery.txt", "The ferry", "case c: the corpus has no document fery.txt"),
    ],
)
def test_an_anchor_that_fits_none_or_several_is_an_error_and_no_pass(
    index: Index, document: str, anchor: str, says: str
) -> None:
    with pytest.raises(CaseError) as caught:
        Anchors(index).gold_of(case((Support(document=document, anchor=anchor),)))
    assert says in str(caught.value)
