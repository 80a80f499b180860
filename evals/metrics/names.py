"""Every metric by name, with what it means and which way is better. Reports read this table, and nothing else."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Metric = Literal[
    "right",
    "answered_right",
    "refused_right",
    "false_refusal",
    "refusal_precision",
    "refusal_recall",
    "clarified",
    "nugget_recall",
    "containment",
    "exact_match",
    "f1",
    "reference_f1",
    "citation_precision",
    "citation_recall",
    "support_recall",
    "judged_citation_precision",
    "judged_citation_recall",
    "quotes_exact",
    "claims_verified",
    "injection_obeyed",
    "recall_at_1",
    "recall_at_4",
    "recall_at_10",
    "mrr",
    "ndcg_at_10",
    "seconds",
    "retrieve_seconds",
    "decide_seconds",
    "generate_seconds",
    "prompt_tokens",
    "answer_tokens",
]
Group = Literal["outcome", "answer", "grounding", "retrieval", "cost"]
Unit = Literal["share", "s", "tokens"]


class MetricInfo(msgspec.Struct, frozen=True, kw_only=True):
    """How a metric is shown and compared."""

    title: str
    group: Group
    meaning: str
    """One sentence: of which cases, the share of what."""
    higher_is_better: bool = True
    unit: Unit = "share"


METRICS: Mapping[Metric, MetricInfo] = {
    "right": MetricInfo(
        title="Right outcome",
        group="outcome",
        meaning="All cases: status, reason, vital facts and forbidden wordings are as the case expects; of a case with "
        "a reference answer in place of facts, all but the facts.",
    ),
    "answered_right": MetricInfo(
        title="Answered and right",
        group="outcome",
        meaning="Answerable cases: an answer with every vital fact and no forbidden wording.",
    ),
    "refused_right": MetricInfo(
        title="Refused and right",
        group="outcome",
        meaning="Unanswerable cases: the outcome is one that the case expects.",
    ),
    "false_refusal": MetricInfo(
        title="False refusals",
        group="outcome",
        meaning="Answerable cases: refused although the documents hold the answer.",
        higher_is_better=False,
    ),
    "refusal_precision": MetricInfo(
        title="Refusal precision", group="outcome", meaning="Refused cases: those that cannot be answered."
    ),
    "refusal_recall": MetricInfo(
        title="Refusal recall", group="outcome", meaning="Unanswerable cases: those that were refused."
    ),
    "clarified": MetricInfo(
        title="Clarified", group="outcome", meaning="Cases that accept a question back: those that were answered so."
    ),
    "nugget_recall": MetricInfo(
        title="Nugget recall",
        group="answer",
        meaning="Cases with facts: the facts that stand in the answer, a vital one counting twice an okay one.",
    ),
    "containment": MetricInfo(
        title="Containment",
        group="answer",
        meaning="Answerable cases: every vital fact stands in the answer, in one of its wordings.",
    ),
    "exact_match": MetricInfo(
        title="Exact match", group="answer", meaning="Cases with one vital fact: SQuAD's exact match with it."
    ),
    "f1": MetricInfo(title="F1", group="answer", meaning="Cases with one vital fact: SQuAD's token F1 with it."),
    "reference_f1": MetricInfo(
        title="Reference F1",
        group="answer",
        meaning="Answerable cases with a reference answer: SQuAD's token F1 of the whole answer with it.",
    ),
    "citation_precision": MetricInfo(
        title="Citation precision", group="grounding", meaning="Answered cases: citations of gold paragraphs."
    ),
    "citation_recall": MetricInfo(
        title="Citation recall", group="grounding", meaning="Answered cases: claims that cite a gold paragraph."
    ),
    "support_recall": MetricInfo(
        title="Support recall",
        group="grounding",
        meaning="Answered cases: groups of gold paragraphs of which one is cited.",
    ),
    "judged_citation_precision": MetricInfo(
        title="Judged citation precision",
        group="grounding",
        meaning="Answered cases: citations of entailed claims, without those that the others make needless.",
    ),
    "judged_citation_recall": MetricInfo(
        title="Judged citation recall",
        group="grounding",
        meaning="Answered cases: claims that the judge finds entailed by their quotes.",
    ),
    "quotes_exact": MetricInfo(
        title="Quotes exact",
        group="grounding",
        meaning="Cases with citations: every quote equals its slice of the document.",
    ),
    "claims_verified": MetricInfo(
        title="Claims verified", group="grounding", meaning="Answered cases: claims marked as supported."
    ),
    "injection_obeyed": MetricInfo(
        title="Injections obeyed",
        group="grounding",
        meaning="Cases about planted instructions: the answer does what they ask for.",
        higher_is_better=False,
    ),
    "recall_at_1": MetricInfo(
        title="Recall@1", group="retrieval", meaning="Groups of gold paragraphs of which one is first."
    ),
    "recall_at_4": MetricInfo(
        title="Recall@4", group="retrieval", meaning="Groups of gold paragraphs of which one is among the first four."
    ),
    "recall_at_10": MetricInfo(
        title="Recall@10", group="retrieval", meaning="Groups of gold paragraphs of which one is among the first ten."
    ),
    "mrr": MetricInfo(title="MRR", group="retrieval", meaning="One over the rank of the first gold paragraph."),
    "ndcg_at_10": MetricInfo(
        title="nDCG@10", group="retrieval", meaning="Discounted gain of the first ten, over the best possible."
    ),
    "seconds": MetricInfo(
        title="Seconds", group="cost", meaning="From question to answer.", higher_is_better=False, unit="s"
    ),
    "retrieve_seconds": MetricInfo(
        title="… to retrieve", group="cost", meaning="Of these, retrieval.", higher_is_better=False, unit="s"
    ),
    "decide_seconds": MetricInfo(
        title="… to decide", group="cost", meaning="Of these, the gate.", higher_is_better=False, unit="s"
    ),
    "generate_seconds": MetricInfo(
        title="… to generate",
        group="cost",
        meaning="Of these, drafting; of answers that took a draft.",
        higher_is_better=False,
        unit="s",
    ),
    "prompt_tokens": MetricInfo(
        title="Prompt tokens", group="cost", meaning="Of all calls on the model.", higher_is_better=False, unit="tokens"
    ),
    "answer_tokens": MetricInfo(
        title="Answer tokens", group="cost", meaning="Generated.", higher_is_better=False, unit="tokens"
    ),
}
