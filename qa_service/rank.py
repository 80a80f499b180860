"""Stage: choose what is read of what was found, by a small model that reads question and paragraph together."""

from collections import defaultdict
from typing import NamedTuple

from indexer.values import Hit
from qa_service.divide import with_names
from qa_service.ranker import Ranker, Scores
from qa_service.retrieve import Found, by_rank, in_turn

_READ = 10
"""Paragraphs of which sentences may be read."""


class Ranked(NamedTuple):
    """What is read for one part of a question."""

    part: str
    hits: tuple[Hit, ...]
    """Best first."""
    found: tuple[Hit, ...]
    """These, and what else was found for it."""
    scores: Scores | None
    """Of their sentences; None without a ranker."""


def rank(part: str, whole: str, found: Found, *, ranker: Ranker | None) -> Ranked:
    """Return the candidates that stand highest in the ranking by the searches and in the one by their best sentence
    together: each knows what the other does not. Without a ranker the evidence stays as it was found.
    """
    if ranker is None:
        return Ranked(part, found.hits, found.hits, None)
    scores = ranker.score(with_names(part, whole), found.candidates)
    best: dict[str, float] = defaultdict(lambda: float("-inf"))
    for (paragraph, _), score in scores.items():
        best[paragraph] = max(best[paragraph], score)
    judged = sorted(found.candidates, key=lambda hit: -best[hit.paragraph.id])
    hits = tuple(by_rank([found.candidates, judged])[:_READ])
    return Ranked(part, hits, in_turn([(*found.hits, *hits)]), scores)
