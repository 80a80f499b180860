"""Fusion of the two searches: a convex combination of their scores."""

from collections.abc import Mapping


def fuse(
    similarities: Mapping[str, float], bm25: Mapping[str, float], *, dense_weight: float
) -> list[tuple[str, float]]:
    """Fuse cosine similarities and BM25 scores by id: `(id, score from 0 to 1)`, best first, ties by id.

    Similarities are scaled to 0..1 between the least and the greatest of them, BM25 scores (0 or more) by the greatest;
    an id that one search did not return has 0 there. The score is `dense_weight` times the first plus the rest of 1
    times the second.

    Bruch, Gai and Ingber: An Analysis of Fusion Functions for Hybrid Retrieval (TOIS 2023). Unlike ranks, scores tell a
    paragraph that fits far better than all others from one that is merely first (docs/decisions/0003).
    """
    dense = _scaled(similarities, low=min(similarities.values(), default=0.0))
    lexical = _scaled(bm25, low=0.0)
    fused = {
        item: dense_weight * dense.get(item, 0.0) + (1 - dense_weight) * lexical.get(item, 0.0)
        for item in {**similarities, **bm25}
    }
    return sorted(fused.items(), key=lambda scored: (-scored[1], scored[0]))


def _scaled(scores: Mapping[str, float], *, low: float) -> dict[str, float]:
    """Map `low` to 0 and the greatest score to 1; where all are alike, all are the greatest."""
    spread = max(scores.values(), default=low) - low
    return {item: (score - low) / spread if spread > 0 else 1.0 for item, score in scores.items()}
