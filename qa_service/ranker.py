"""How well each sentence fits a question, judged by a small model that reads both together: the port.

The searches compare question and paragraph apart; what answers often has none of the question's words. The real adapter
is `qa_service.sentence_ranker`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import msgspec

from config.models import require
from config.processor import available_cores
from config.settings import RetrievalSettings
from indexer.values import Hit
from qa_service.weights import read_weights

SHIPPED = Path(__file__).parent / "rankers"
WEIGHTS = "ranker.safetensors"

Scores = Mapping[tuple[str, int], float]
"""By a sentence's place, its log-odds to answer, up to a constant: those of one question compare with each other."""


class Ranker(Protocol):
    """Judges sentences. Safe to call from several threads; the same question and paragraphs have the same scores."""

    def score(self, question: str, hits: Sequence[Hit]) -> Scores:
        """Return the score of every sentence of the paragraphs."""
        ...


class RankerRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What weights are for, and where they come from."""

    version: int
    model: str
    """Id of the embedder whose weights they are added to."""
    sha256: str
    """Of the weights."""
    rank: int
    """Of the matrices that are added (LoRA, Hu et al. 2021, arXiv:2106.09685)."""
    made_on: str
    script: str
    data: str
    questions: int
    """Those that it has learnt from."""
    options: dict[str, str]
    best_sentence_answers: float
    """Share of questions about stories kept out whose best sentence, of all that were found, answers."""


@lru_cache(maxsize=8)
def load_record(name: str) -> tuple[RankerRecord, Path] | None:
    """Return the record of the shipped ranker of that name, or of the one in the folder at that path, and where its
    weights lie; None for "".

    Raises ConfigError when there is none, or its weights are not those of its record.
    """
    if not name:
        return None
    return read_weights(name, WEIGHTS, RankerRecord, shipped=SHIPPED, key="retrieval.ranker")


def open_ranker(settings: RetrievalSettings, *, home: Path) -> Ranker | None:
    """Load the configured ranker; None where none is configured. The network is never asked.

    Raises ConfigError as `load_record` does, and ModelFileError when the model that it is added to is not here or is
    another one.
    """
    loaded = load_record(settings.ranker)
    if loaded is None:
        return None
    from qa_service.sentence_ranker import SentenceRanker  # noqa: PLC0415  torch takes seconds to import

    record, weights = loaded
    return SentenceRanker(require(record.model, home=home), weights, threads=available_cores())
