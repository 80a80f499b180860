"""From an outcome to its scores."""

from collections.abc import Mapping, Sequence

from evals.anchors import Gold, by_document
from evals.cases import Case
from evals.judge import Judge, judge_citations
from evals.metrics.answers import containment, exact_match, f1, nugget_recall
from evals.metrics.grounding import (
    DocumentText,
    citation_precision,
    citation_recall,
    claims_verified,
    quotes_exact,
    support_recall,
)
from evals.metrics.matching import text_without_markers
from evals.metrics.names import METRICS, Metric
from evals.metrics.refusals import UNANSWERING, outcome_scores
from evals.metrics.retrieval import retrieval_scores
from evals.values import Outcome
from qa_service.values import Answer

_Scores = dict[Metric, float | None]

_STAGES: Mapping[Metric, str] = {
    "seconds": "total",
    "retrieve_seconds": "retrieve",
    "decide_seconds": "gate",
    "generate_seconds": "generate",
}


def score(
    case: Case, outcome: Outcome, gold: Gold, *, document_text: DocumentText, judge: Judge | None = None
) -> dict[Metric, float]:
    """Return every metric that applies to the case and its outcome, in the order of `METRICS`; none for a crash.

    Without gold paragraphs there are no retrieval and no citation metrics; an answer without claims has no citation
    metrics; without a judge there are no judged ones. Where there is no answer because the case is judged by retrieval
    alone, there is nothing else. Raises what the judge raises.
    """
    if outcome.error:
        return {}
    scores = _retrieval_scores(case, outcome, gold)
    if answer := outcome.answer:
        scores |= _cost(answer) | outcome_scores(case, answer) | _answer_scores(case, answer)
        scores |= _grounding_scores(answer, gold, document_text)
        if judge and (judged := judge_citations(answer, judge)):
            scores |= {"judged_citation_precision": judged.precision, "judged_citation_recall": judged.recall}
    return {metric: float(value) for metric in METRICS if (value := scores.get(metric)) is not None}


def _grounding_scores(answer: Answer, gold: Gold, document_text: DocumentText) -> _Scores:
    return {
        "citation_precision": citation_precision(answer, gold),
        "citation_recall": citation_recall(answer, gold),
        "support_recall": support_recall(answer, gold),
        "quotes_exact": quotes_exact(answer, document_text),
        "claims_verified": claims_verified(answer),
    }


def _retrieval_scores(case: Case, outcome: Outcome, gold: Gold) -> _Scores:
    """Return the ranking's worth: of documents where the case names no paragraph at all."""
    if any(support.anchor for group in case.expect.support for support in group):
        ranked: Sequence[str] = [hit.paragraph.id for hit in outcome.retrieved]
    else:
        ranked, gold = by_document(outcome.retrieved, gold)
    return {**retrieval_scores(ranked, gold)}


def _cost(answer: Answer) -> _Scores:
    seconds: _Scores = {metric: answer.timings_s.get(stage) for metric, stage in _STAGES.items()}
    return seconds | {"prompt_tokens": answer.usage.prompt_tokens, "answer_tokens": answer.usage.answer_tokens}


def _answer_scores(case: Case, answer: Answer) -> _Scores:
    """Return what the text is worth; of a refusal nothing, and where the case accepts the refusal, it is not asked."""
    unanswering = answer.status in UNANSWERING
    if unanswering and answer.status in case.expect.status:
        return {}
    facts = case.expect.facts
    text = "" if unanswering else text_without_markers(answer)
    scores: _Scores = {"nugget_recall": nugget_recall(facts, text)}
    if case.answerable:
        scores["containment"] = containment(facts, text)
        vital = [fact for fact in facts if fact.vital]
        if len(vital) == 1:
            scores |= {"exact_match": exact_match(vital[0].any, text), "f1": f1(vital[0].any, text)}
        if case.expect.reference:
            scores["reference_f1"] = f1([case.expect.reference], text)
    return scores
