"""What the answer's text says, against the facts of the case. Texts come without markers."""

import re
import string
from collections import Counter
from collections.abc import Sequence

from evals.cases import Expectation, Fact
from evals.metrics.matching import holds, holds_any

_VITAL_WEIGHT = 2
_OKAY_WEIGHT = 1

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def nugget_recall(facts: Sequence[Fact], text: str) -> float | None:
    """Return the weight of the facts that `text` holds over the weight of all, 0 to 1; None for no facts.

    A vital fact weighs twice an okay one: the weighted score of the TREC 2024 RAG track (Pradeep et al. 2024, "Initial
    Nugget Evaluation Results for the TREC 2024 RAG Track with the AutoNuggetizer Framework"), with wordings matched in
    place of a model's judgement, and no half points.
    """
    if not facts:
        return None
    return sum(_weight(fact) for fact in facts if holds_any(text, fact.any)) / sum(map(_weight, facts))


def containment(facts: Sequence[Fact], text: str) -> bool | None:
    """Return whether `text` holds every vital fact; None when no fact is vital."""
    vital = [fact for fact in facts if fact.vital]
    return all(holds_any(text, fact.any) for fact in vital) if vital else None


def forbidden(expect: Expectation, text: str) -> tuple[str, ...]:
    """Return the wordings in `text` that make the answer wrong: of `never` first, then of `obeys`."""
    return tuple(wording for wording in (*expect.never, *expect.obeys) if holds(text, wording))


def exact_match(golds: Sequence[str], text: str) -> bool:
    """Return whether `text` equals one of `golds`, both normalised as SQuAD's evaluation script does.

    Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text"; the script of version 2.0.
    """
    return any(_squad_words(gold) == _squad_words(text) for gold in golds)


def f1(golds: Sequence[str], text: str) -> float:
    """Return the token F1 of `text` with the best of `golds`, 0 to 1, as SQuAD's evaluation script does; 0 for no gold.

    If one of the two has no words after normalising, the F1 is 1 when the other has none either, else 0 (version 2.0).
    """
    return max((_f1(_squad_words(gold), _squad_words(text)) for gold in golds), default=0.0)


def _weight(fact: Fact) -> int:
    return _VITAL_WEIGHT if fact.vital else _OKAY_WEIGHT


def _f1(gold: list[str], said: list[str]) -> float:
    if not (gold and said):
        return float(gold == said)
    shared = (Counter(gold) & Counter(said)).total()
    return 2 * shared / (len(gold) + len(said))


def _squad_words(text: str) -> list[str]:
    """Lower-case, without ASCII punctuation (which joins its neighbours), without articles."""
    return _ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split()
