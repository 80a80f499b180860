"""Citations judged by a model of natural language inference, as ALCE does, where gold paragraphs do not tell enough."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from qa_service.entailment import FactChecker, open_folder
from qa_service.values import Answer

_LIKELIER_THAN_NOT = 0.5


class Judge(Protocol):
    """Says whether a hypothesis follows from a premise."""

    def entails(self, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        """Return for each `(premise, hypothesis)`, in order, whether the first entails the second; [] for no pair."""
        ...


class JudgedCitations(msgspec.Struct, frozen=True, kw_only=True):
    """ALCE's two measures of one answer, 0 to 1."""

    precision: float
    recall: float


def judge_citations(answer: Answer, judge: Judge) -> JudgedCitations | None:
    """Return citation recall and precision as ALCE defines them (Gao et al. 2023, section 4); None without claims.

    Recall is the share of claims that their quotes, joined in the order of their markers, entail; a claim without
    quotes is not entailed. Precision is the share of (claim, citation) pairs where the claim is so entailed and the
    citation is not irrelevant: it is irrelevant when its quote alone does not entail the claim and the claim's other
    quotes, joined, do. With no citation at all it is 0. Where ALCE takes whole passages as premises, these are quotes.
    """
    if not answer.claims:
        return None
    quotes = {citation.marker: citation.quote for citation in answer.citations}
    cited = [
        (answer.text[claim.start : claim.end], [quotes[marker] for marker in claim.markers if marker in quotes])
        for claim in answer.claims
        if not quotes.keys().isdisjoint(claim.markers)
    ]
    verdicts = judge.entails([(" ".join(evidence), claim) for claim, evidence in cited])
    entailed = [pair for pair, verdict in zip(cited, verdicts, strict=True) if verdict]
    relevant = sum(len(evidence) for _, evidence in entailed) - _irrelevant(entailed, judge)
    total = sum(len(evidence) for _, evidence in cited)
    return JudgedCitations(precision=relevant / total if total else 0.0, recall=len(entailed) / len(answer.claims))


def _irrelevant(entailed: Sequence[tuple[str, list[str]]], judge: Judge) -> int:
    """Return how many citations of entailed claims are irrelevant; the only one of its claim never is."""
    several = [
        (claim, evidence, place) for claim, evidence in entailed if len(evidence) > 1 for place in range(len(evidence))
    ]
    alone = judge.entails([(evidence[place], claim) for claim, evidence, place in several])
    others = judge.entails(
        [(" ".join(evidence[:place] + evidence[place + 1 :]), claim) for claim, evidence, place in several]
    )
    return sum(rest and not single for single, rest in zip(alone, others, strict=True))


def open_judge(folder: Path) -> Judge:
    """Load a sentence-transformers CrossEncoder; see `CrossEncoderChecker` for the kinds that are understood.

    Raises ModelFileError when the folder is no such model.
    """
    return CheckerJudge(open_folder(folder, support_threshold=_LIKELIER_THAN_NOT))


class CheckerJudge:
    """Port `Judge` on a fact checker: entailed is what it finds supported."""

    def __init__(self, checker: FactChecker) -> None:
        self._checker = checker

    def entails(self, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        """See `Judge.entails`."""
        return [judgement.verdict == "supported" for judgement in self._checker.judge(pairs)]
