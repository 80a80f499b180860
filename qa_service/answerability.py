"""How probable it is that the evidence answers exactly the question, and that an answer is right: what the model says
when it is asked yes or no about what it has just read.

A small adapter (LoRA, Hu et al. 2021, arXiv:2106.09685) makes the model good at just these two questions. It is active
for the question alone: the evidence is evaluated without it, once for the decision and the answer (Greenewald et al.
2025, "Activated LoRA", arXiv:2504.12397). It lies in a folder of its own, with the record of its training. Without one
the model's own log-odds stand.
"""

import math
from functools import lru_cache
from pathlib import Path

import msgspec

from qa_service.compose import Brief
from qa_service.llm.port import Prompt, Reading
from qa_service.weights import read_weights

SHIPPED = Path(__file__).parent / "adapters"
WEIGHTS = "adapter.gguf"
CHOICES = ("Yes", "No")
BEFORE_WORDS = ":"
"""Stands between a yes and the words that answer, which begin with a space."""

_DECIDE = "Do the passages answer exactly this question? Answer yes or no."
_CHECK = "Is this answer right, and stated in the passages? Answer yes or no."


class Scale(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What makes log-odds of yes against no a probability (Platt 1999), fitted on articles that were held out."""

    slope: float
    offset: float


class Areas(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Areas under the ROC curve."""

    decide: float
    check: float
    rewrite: float | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shares of what is said behind a yes that is told token for token as people wrote it."""

    decide: float
    rewrite: float | None = None


class TrainingRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where weights come from."""

    made_on: str
    script: str
    data: str
    examples: int
    steps: int
    options: dict[str, str]
    cross_validated_auc: Areas
    """Over articles that the weights did not see."""
    plain_auc: Areas
    """The same of the model without an adapter."""
    cross_validated_words: Told | None = None
    """Over articles not seen; None where it was not trained to say anything."""
    plain_words: Told | None = None
    """The same of the model without an adapter."""


class Adapter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An adapter for one language model."""

    version: int
    model: str
    """Id of the language model that it is made for."""
    sha256: str
    """Of its weights."""
    decide: Scale
    check: Scale
    rewrite: Scale | None = None
    """None where it was not trained to write questions anew."""
    held_out: tuple[str, ...] = ()
    """Titles of the articles that it has not seen, for cross-validation; empty for one that has seen all."""
    record: TrainingRecord

    @property
    def tells_words(self) -> bool:
        """Whether it was trained to tell the words that answer behind a yes."""
        return self.record.cross_validated_words is not None


class LoadedAdapter(msgspec.Struct, frozen=True, kw_only=True):
    """An adapter and where its weights lie."""

    adapter: Adapter
    weights: Path


def probability(reading: Reading, scale: Scale | None) -> float:
    """Return the probability that the answer is yes, 0 to 1.

    The model's own log-odds stand alone without a scale, and where they were read without an adapter.
    """
    logit = reading.log_probabilities[0] - reading.log_probabilities[1]
    if scale and reading.adapted:
        logit = scale.slope * logit + scale.offset
    return _logistic(logit)


def confidence(answerable: float, right: float) -> float:
    """Return how sure to be of an answer, 0 to 1: the mean, in log-odds, of the probability that the evidence answers
    the question and of the probability that the answer is right. Each tells something that the other does not.
    """
    return _logistic((_logit(answerable) + _logit(right)) / 2)


def log_odds(wanted: float, scale: Scale) -> float:
    """Return the log-odds that the model itself gives where the probability, scaled, is `wanted`, 0 to 1."""
    return (_logit(wanted) - scale.offset) / scale.slope


def _logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))


def _logit(probability: float) -> float:
    nearly = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(nearly / (1 - nearly))


def deciding(brief: Brief) -> Prompt:
    """Return the prompt that asks whether the evidence answers the question."""
    return brief.before_question(f"{_question(brief)}\n\n{_DECIDE}")


def checking(answer: str, brief: Brief) -> Prompt:
    """Return the prompt that asks whether `answer` is right, and stated in the evidence."""
    return brief.before_question(f"{_question(brief)}\nAnswer: {answer}\n\n{_CHECK}")


def _question(brief: Brief) -> str:
    """Return the question; a part of one behind the whole, which tells what "he" and "there" mean in it."""
    if brief.question == brief.whole:
        return f"Question: {brief.question}"
    return f"Whole question: {brief.whole}\nQuestion: {brief.question}"


@lru_cache(maxsize=8)
def load_adapter(name: str) -> LoadedAdapter | None:
    """Read the shipped adapter of that name, or the one in the folder at that path; None for an empty name.

    Raises ConfigError when there is none, or its weights are not those of its record.
    """
    if not name:
        return None
    adapter, weights = read_weights(name, WEIGHTS, Adapter, shipped=SHIPPED, key="answer.adapter")
    return LoadedAdapter(adapter=adapter, weights=weights)
