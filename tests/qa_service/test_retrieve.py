"""Which paragraphs become evidence."""

from collections.abc import Sequence

import msgspec
import pytest

from config.settings import load_settings
from indexer.values import Filters, Hit
from qa_service.retrieve import accounts, in_turn, retrieve
from tests.qa_service.asking import MakeHit

SETTINGS = load_settings().retrieval


class ScriptedIndex:
    """Gives each query the hits that the test made for it."""

    def __init__(self, found: dict[str, Sequence[Hit]]) -> None:
        self._found = found
        self.queries: list[tuple[str, tuple[str, ...]]] = []

    def search(self, query: str, *, filters: Filters, limit: int) -> list[Hit]:
        self.queries.append((query, filters.document_ids))
        passing = [
            hit
            for hit in self._found.get(query, ())
            if not filters.document_ids or hit.paragraph.document_id in filters.document_ids
        ]
        return passing[:limit]


def found(part: str, index: ScriptedIndex, whole: str = "", **changes: object) -> list[str]:
    settings = msgspec.structs.replace(SETTINGS, **changes)
    search = retrieve(part, whole or part, index=index, filters=Filters(), settings=settings)  # type: ignore[arg-type]
    return [hit.paragraph.id for hit in search.hits]


def scored(hit: Hit, fused_score: float) -> Hit:
    return msgspec.structs.replace(hit, fused_score=fused_score)


def test_a_reprint_of_a_better_paragraph_is_left_out(make_hit: MakeHit) -> None:
    wire = make_hit("PORT CALLAN (VPA) - Three workers were hurt on Monday when a crane fell.", document="d1")
    reprint = make_hit("Port Callan, Three workers were hurt on Monday when a crane fell.", document="d2")
    other = make_hit("Five workers were hurt, the fire service said later.", document="d3")
    assert found("Who was hurt?", ScriptedIndex({"Who was hurt?": (wire, reprint, other)})) == [
        "d1-p1",
        "d3-p1",
    ]


def test_what_stands_high_for_a_part_with_its_names_and_for_the_whole_comes_first(make_hit: MakeHit) -> None:
    whole = "Who built Arlby Pier, and what did it cost?"
    texts = ("A pier of oak.", "Built by nuns in a bad winter.", "Twelve crowns in all.")
    first, second, third = (make_hit(text, document=f"d{n}") for n, text in enumerate(texts, 1))
    part = "what did it cost?"
    index = ScriptedIndex({part: (third,), f"{part} Arlby Pier": (third, first), whole: (first, second)})
    assert found(part, index, whole) == ["d3-p1", "d1-p1", "d2-p1"]
    assert index.queries == [(part, ()), (f"{part} Arlby Pier", ()), (whole, ()), (part, ("d3", "d1"))]


def test_what_the_best_documents_have_comes_before_the_like_of_others(make_hit: MakeHit) -> None:
    named = make_hit("Arlby Pier is open again.", document="d1")
    paint, price = (make_hit(text, document="d1", number=n) for n, text in ((2, "Painted blue."), (3, "It cost much.")))
    others = [make_hit(f"Pier {n} cost {n} marks, all told.", document=f"d{n}") for n in range(2, 9)]
    index = ScriptedIndex({"What did Arlby Pier cost?": (named, *others, price, paint)})
    ids = found("What did Arlby Pier cost?", index, evidence_paragraphs=5)
    assert ids[:4] == ["d1-p1", "d2-p1", "d1-p3", "d1-p2"]


def test_what_several_parts_found_is_shown_in_turn(make_hit: MakeHit) -> None:
    one, two, three = (make_hit(f"Text {n}.", document=f"d{n}") for n in range(1, 4))
    assert in_turn([(one, two), (two, three)]) == (one, two, three)
    assert in_turn([(), (three,)]) == (three,)


@pytest.mark.parametrize(("share", "others"), [(0.5, ["d2-p1"]), (0.95, [])])
def test_another_document_that_fits_nearly_as_well_is_looked_at(
    share: float, others: list[str], make_hit: MakeHit
) -> None:
    texts = ["The pier is closed for the winter.", "Cats sleep on warm stones.", "No tickets are sold on Mondays."]
    same = [scored(make_hit(text, number=n), 1.0) for n, text in enumerate(texts, 1)]
    another = scored(make_hit("It may open in March, says the mayor of Arlby.", document="d2"), 0.9)
    far = scored(make_hit("Bread is baked at five.", document="d3"), 0.1)
    index = ScriptedIndex({"Is the pier closed?": (*same, another, far)})
    ids = found("Is the pier closed?", index, evidence_paragraphs=3, other_document_share=share)
    assert ids == ["d1-p1", "d1-p2", "d1-p3", *others]


def accounts_of(
    question: str, index: ScriptedIndex, *, told: str, said: str = "", compared: str = ""
) -> list[list[str]]:
    found = accounts(
        question,
        question,
        said=said,
        told={told},
        compared=compared,
        index=index,  # type: ignore[arg-type]
        filters=Filters(),
        settings=SETTINGS,
    )
    return [[hit.paragraph.id for hit in own] for own in found]


def test_other_documents_that_fit_are_searched_for_what_they_say(make_hit: MakeHit) -> None:
    question = "What did Arlby Pier cost?"
    told = make_hit("Arlby Pier cost 3 marks.", document="d1")
    texts = (
        *("In all 3 marks were paid.", "The oak alone took one.", "Nails are dear this year."),
        *("Rope came from the islands.", "Nobody counted the tar.", "Glass?", "A nun lent her lamp to the masons."),
    )
    sums = [scored(make_hit(text, document="d2", number=n), 0.9) for n, text in enumerate(texts, 1)]
    nuns, bread = make_hit("A pier was built by nuns.", document="d3"), make_hit("Bread is dear.", document="d4")
    hits = (scored(told, 1.0), *sums, scored(nuns, 0.6), scored(bread, 0.2))
    index = ScriptedIndex({question: hits, f"{question} 3 marks.": hits})
    assert accounts_of(question, index, told="d1", said="3 marks.") == [[f"d2-p{n}" for n in range(1, 7)], ["d3-p1"]]
    assert index.queries == [(question, ()), (f"{question} 3 marks.", ("d2", "d3"))]


@pytest.mark.parametrize(("compared", "documents"), [("", ["d2"]), ("Do the Post and the Herald agree?", ["d3", "d2"])])
def test_where_accounts_are_compared_a_source_that_is_named_comes_first(
    compared: str, documents: list[str], make_hit: MakeHit
) -> None:
    question = "What did Arlby Pier cost?"
    told, near, far = (make_hit(text, document=f"d{n}") for n, text in enumerate(("3 marks.", "4 marks.", "5."), 1))
    far = msgspec.structs.replace(scored(far, 0.1), source="The Samphire Herald")
    hits = (scored(told, 1.0), scored(near, 0.9), far)
    index = ScriptedIndex({question: hits, f"{question} ": hits})
    found = accounts_of(question, index, told="d1", compared=compared)
    assert [paragraph for own in found for paragraph in own] == [f"{document}-p1" for document in documents]


def test_where_only_one_document_is_found_there_are_no_other_accounts(make_hit: MakeHit) -> None:
    question = "What did it cost?"
    index = ScriptedIndex({question: (make_hit("Arlby Pier cost 3 marks.", document="d1"),)})
    assert accounts_of(question, index, told="d1") == []
