import math

import msgspec
import pytest

from evals.anchors import Gold
from evals.cases import ANY_STATUS, Expectation, Support
from evals.metrics.names import METRICS
from evals.metrics.score import score
from evals.values import Outcome
from qa_service.values import Answer
from tests.evals.answers_by_hand import DOCUMENTS, answer, case, fact, gold, outcome, refusal

COST = {
    "seconds": 3.0,
    "retrieve_seconds": 0.25,
    "decide_seconds": 0.5,
    "generate_seconds": 2.0,
    "prompt_tokens": 300.0,
    "answer_tokens": 20.0,
}
FACTS = (fact("1931", "in 1931"), fact("blue", vital=False))
SUPPORT = ((Support(document="tower", anchor="opened in"),),)
OPENED = case(Expectation(status=("answered", "partial"), facts=FACTS, support=SUPPORT))
TOWER = gold({"tower-p1"})
SAID = answer(("It opened in 1931.", ["tower-p1"]))


def scored(asked=OPENED, made: Answer | None = SAID, paragraphs=TOWER, retrieved=("tower-p1",), judge=None):
    return score(asked, outcome(made, *retrieved), paragraphs, document_text=DOCUMENTS.get, judge=judge)


def test_an_answer_has_every_metric_that_applies() -> None:
    assert (
        scored()
        == {
            "right": 1.0,
            "answered_right": 1.0,
            "false_refusal": 0.0,
            "nugget_recall": pytest.approx(2 / 3),
            "containment": 1.0,
            "exact_match": 0.0,
            # “in 1931” has two words, both among the four that are said
            "f1": pytest.approx(4 / 6),
            "citation_precision": 1.0,
            "citation_recall": 1.0,
            "support_recall": 1.0,
            "quotes_exact": 1.0,
            "claims_verified": 1.0,
            "recall_at_1": 1.0,
            "recall_at_4": 1.0,
            "recall_at_10": 1.0,
            "mrr": 1.0,
            "ndcg_at_10": 1.0,
        }
        | COST
    )


def test_a_crash_has_no_score() -> None:
    crash = Outcome(case_id="c", target="footnote", answer=None, error="ValueError: no")
    assert score(OPENED, crash, TOWER, document_text=DOCUMENTS.get) == {}


def test_a_false_refusal_has_no_fact_even_when_its_text_holds_one_by_chance() -> None:
    scores = scored(made=refusal(text="The documents do not mention “1931”."))
    assert (
        scores
        == {
            "right": 0.0,
            "answered_right": 0.0,
            "false_refusal": 1.0,
            "refusal_precision": 0.0,
            "nugget_recall": 0.0,
            "containment": 0.0,
            "exact_match": 0.0,
            "f1": 0.0,
            "recall_at_1": 1.0,
            "recall_at_4": 1.0,
            "recall_at_10": 1.0,
            "mrr": 1.0,
            "ndcg_at_10": 1.0,
        }
        | COST
    )


def test_a_refusal_that_the_case_accepts_is_not_asked_for_facts() -> None:
    false_premise = case(Expectation(status=("refused", "partial"), facts=(fact("1931", vital=False),)))
    scores = scored(false_premise, refusal(), Gold())
    assert scores == {"right": 1.0, "refused_right": 1.0, "refusal_recall": 1.0, "refusal_precision": 1.0} | COST


def test_a_partial_answer_to_an_unanswerable_case_is_measured_on_the_facts_and_the_support_that_it_has() -> None:
    support = (*SUPPORT, (Support(document="ferry", anchor="Dogs"),))
    why = case(Expectation(status=("refused", "partial"), reason=("reason_not_stated",), support=support))
    partial = answer(("It closed.", ["ferry-p1"]), status="partial", reason="reason_not_stated")
    supported = scored(why, partial, gold({"ferry-p1"}, {"ferry-p2"}), ("tower-p1", "ferry-p1"))
    assert supported["support_recall"] == 0.5
    assert supported["recall_at_1"] == 0.0
    assert supported["recall_at_4"] == 0.5
    assert "nugget_recall" not in supported
    assert "containment" not in supported


def test_without_gold_paragraphs_there_are_neither_retrieval_nor_citation_metrics() -> None:
    scores = scored(paragraphs=Gold())
    absent = {"citation_precision", "citation_recall", "support_recall", "recall_at_1", "mrr", "ndcg_at_10"}
    assert absent.isdisjoint(scores)
    assert scores["quotes_exact"] == 1.0
    assert scores["claims_verified"] == 1.0


def test_where_no_paragraph_is_named_documents_are_ranked() -> None:
    whole = case(Expectation(status=("answered",), facts=FACTS, support=((Support(document="tower"),),)))
    paragraphs = gold({"tower-p1", "tower-p2"})
    retrieved = ("ferry-p1", "ferry-p2", "tower-p2", "tower-p1")
    by_document = scored(whole, paragraphs=paragraphs, retrieved=retrieved)
    assert by_document["mrr"] == 0.5
    assert by_document["ndcg_at_10"] == pytest.approx(1 / math.log2(3))
    assert by_document["citation_recall"] == 1.0
    assert scored(paragraphs=paragraphs, retrieved=retrieved)["mrr"] == pytest.approx(1 / 3)


def test_where_nothing_was_asked_only_retrieval_is_measured() -> None:
    found = case(Expectation(status=ANY_STATUS, support=((Support(document="tower"),),)))
    assert set(scored(found, None)) == {"recall_at_1", "recall_at_4", "recall_at_10", "mrr", "ndcg_at_10"}


def test_exact_match_and_f1_need_exactly_one_vital_fact() -> None:
    two = case(Expectation(status=("answered",), facts=(fact("1931"), fact("blue"))))
    none = case(Expectation(status=("answered",), facts=(fact("1931", vital=False),)))
    assert {"exact_match", "f1"}.isdisjoint(scored(two))
    assert {"exact_match", "f1", "containment"}.isdisjoint(scored(none))


def test_an_answer_is_compared_with_the_reference_of_its_case() -> None:
    reference = "The tower was opened in 1931, for 40 million marks."
    referenced = case(Expectation(status=("answered", "partial"), reference=reference, support=SUPPORT))
    scores = scored(referenced)
    # Nine words in the reference without its article, four said, of which “opened in 1931” stand in it.
    assert scores["reference_f1"] == pytest.approx(2 * 3 / (4 + 9))
    assert scores["right"] == 1.0
    assert {"nugget_recall", "containment", "exact_match", "f1"}.isdisjoint(scores)
    assert scored(referenced, answer((reference, ["tower-p1"])))["reference_f1"] == 1.0, "without the marker"
    refused = scored(referenced, refusal(text=reference))
    assert (refused["reference_f1"], refused["right"], refused["false_refusal"]) == (0.0, 0.0, 1.0)


def test_a_reference_is_not_asked_of_an_unanswerable_case_nor_of_a_refusal_that_is_accepted() -> None:
    unanswerable = case(Expectation(status=("refused",), reference="I do not know."))
    borderline = case(Expectation(status=("answered", "refused"), reference="In 1931.", support=SUPPORT))
    assert "reference_f1" not in scored(unanswerable)
    assert "reference_f1" not in scored(unanswerable, refusal())
    assert "reference_f1" not in scored(borderline, refusal())
    assert "reference_f1" not in scored()


def test_markers_are_not_part_of_the_answer() -> None:
    assert scored(made=answer(("1931", ["tower-p1"])))["exact_match"] == 1.0


def test_a_broken_quote_is_seen() -> None:
    assert score(OPENED, outcome(SAID), TOWER, document_text={}.get)["quotes_exact"] == 0.0


def test_a_stage_that_did_not_run_has_no_seconds() -> None:
    plain = msgspec.structs.replace(SAID, timings_s={"retrieve": 0.1, "total": 1.0})
    scores = scored(made=plain)
    assert scores["retrieve_seconds"] == 0.1
    assert scores["seconds"] == 1.0
    assert {"decide_seconds", "generate_seconds"}.isdisjoint(scores)


def test_a_judge_adds_the_judged_citation_metrics() -> None:
    class Believer:
        def entails(self, pairs):
            return [True] * len(pairs)

    scores = scored(judge=Believer())
    assert scores["judged_citation_precision"] == 1.0
    assert scores["judged_citation_recall"] == 1.0
    assert {"judged_citation_precision", "judged_citation_recall"}.isdisjoint(scored(made=refusal(), judge=Believer()))


def test_scores_stand_in_the_order_of_the_table() -> None:
    names = list(scored())
    assert names == [metric for metric in METRICS if metric in names]
