import msgspec
import pytest

from evals.anchors import Gold
from evals.metrics.grounding import (
    citation_precision,
    citation_recall,
    claims_verified,
    quotes_exact,
    support_recall,
)
from qa_service.values import Answer, Citation
from tests.evals.answers_by_hand import DOCUMENTS, answer, citation, gold, refusal

# Three claims and four (claim, citation) pairs, three of them of gold paragraphs, for two of the claims.
THREE_CLAIMS = answer(
    ("It opened in 1931.", ["tower-p1", "ferry-p1"]),
    ("It was dear.", ["tower-p2", "tower-p1"]),
    ("It is tall.", []),
)
TOWER = gold({"tower-p1", "ferry-p2"}, {"tower-p2"})


def test_citation_precision_is_the_share_of_gold_among_pairs_of_claim_and_citation() -> None:
    assert citation_precision(THREE_CLAIMS, TOWER) == pytest.approx(3 / 4)


def test_a_claim_without_a_gold_paragraph_is_not_recalled() -> None:
    assert citation_recall(THREE_CLAIMS, TOWER) == pytest.approx(2 / 3)
    assert citation_recall(THREE_CLAIMS, gold({"ferry-p1"})) == pytest.approx(1 / 3)


def test_of_each_group_one_cited_paragraph_is_enough() -> None:
    assert support_recall(THREE_CLAIMS, TOWER) == 1.0
    assert support_recall(THREE_CLAIMS, gold({"tower-p1", "tower-p2"}, {"ferry-p2"})) == 0.5


def test_claims_that_cite_nothing_have_no_precision_to_speak_of() -> None:
    uncited = answer(("It opened in 1931.", []))
    assert citation_precision(uncited, TOWER) == 0.0
    assert citation_recall(uncited, TOWER) == 0.0
    assert support_recall(uncited, TOWER) == 0.0


def test_without_claims_or_gold_nothing_is_measured() -> None:
    for measure in (citation_precision, citation_recall, support_recall):
        assert measure(refusal(), TOWER) is None
        assert measure(THREE_CLAIMS, Gold()) is None


def test_verified_claims_are_those_with_the_verdict_supported() -> None:
    first, second, third = THREE_CLAIMS.claims
    doubted = msgspec.structs.replace(second, verdict="contradicted")
    assert claims_verified(THREE_CLAIMS) == 1.0
    assert claims_verified(_with(THREE_CLAIMS, claims=(first, doubted, third))) == pytest.approx(2 / 3)
    assert claims_verified(refusal()) is None


def test_exact_quotes_with_paired_markers_are_exact() -> None:
    assert quotes_exact(THREE_CLAIMS, DOCUMENTS.get) is True


def test_a_quote_of_a_part_of_the_paragraph_is_exact() -> None:
    whole = citation(1, "tower-p2")
    part = msgspec.structs.replace(whole, start=whole.start + 3, quote=whole.quote[3:])
    assert quotes_exact(_citing(part), DOCUMENTS.get) is True


@pytest.mark.parametrize(
    "changed",
    [
        {"quote": "It cost 41 million marks."},
        {"quote": "", "start": 32, "end": 32},
        {"start": 33},
        {"start": 0, "quote": DOCUMENTS["tower"]},
        {"document_id": "ferry"},
        {"document_id": "unknown"},
        {"paragraph_id": "tower-p1"},
        {"paragraph_id": "tower-p9"},
        {"marker": 2},
    ],
)
def test_anything_amiss_with_a_citation_makes_the_quotes_inexact(changed: dict[str, object]) -> None:
    assert quotes_exact(_citing(citation(1, "tower-p2")), DOCUMENTS.get) is True
    assert quotes_exact(_citing(msgspec.structs.replace(citation(1, "tower-p2"), **changed)), DOCUMENTS.get) is False


def test_a_quote_from_a_reprint_is_not_within_the_paragraph_that_it_names() -> None:
    reprinted = msgspec.structs.replace(citation(1, "tower-p2"), document_id="reprint")
    assert quotes_exact(_citing(reprinted), {"reprint": DOCUMENTS["tower"]}.get) is False


@pytest.mark.parametrize("text", ["It was dear.", "It was dear.[2]", "It was dear.[1][2]", "It was dear.[1][1]"])
def test_a_marker_that_is_missing_or_too_many_breaks_the_pairing(text: str) -> None:
    assert quotes_exact(_with(_citing(citation(1, "tower-p2")), text=text), DOCUMENTS.get) is False


def test_two_citations_of_the_same_marker_break_the_pairing() -> None:
    doubled = (citation(1, "tower-p2"), citation(1, "tower-p1"))
    assert quotes_exact(_with(_citing(doubled[0]), citations=doubled), DOCUMENTS.get) is False


def test_a_claim_whose_marker_has_no_citation_is_inexact() -> None:
    assert quotes_exact(_with(_citing(citation(1, "tower-p2")), citations=()), DOCUMENTS.get) is False


def test_a_marker_may_be_used_by_several_claims() -> None:
    said = answer(("It cost 40 million.", ["tower-p2"]), ("In marks.", ["tower-p2"]))
    assert quotes_exact(said, DOCUMENTS.get) is True


def test_a_bracket_inside_a_claim_is_the_documents_own() -> None:
    assert quotes_exact(answer(("It cost [7] forty.", ["tower-p2"])), DOCUMENTS.get) is True


def test_where_nothing_is_cited_no_quote_is_measured() -> None:
    assert quotes_exact(refusal(text="See [1]."), DOCUMENTS.get) is None
    assert quotes_exact(answer(("It is tall.", [])), DOCUMENTS.get) is None


def _citing(cited: Citation) -> Answer:
    return _with(answer(("It was dear.", ["tower-p2"])), citations=(cited,))


def _with(made: Answer, **changes: object) -> Answer:
    return msgspec.structs.replace(made, **changes)
