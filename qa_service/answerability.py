"""How probable it is that the evidence answers exactly the question, from what the model knows before it says a word.

A logistic regression on the hidden state of one middle layer and on the log-odds of yes against no. Its weights are
fitted to one language model and lie in a file beside this one, with the record of their training
(docs/grounding.md tells how they are made). Without a file the log-odds stand alone.
"""

import math
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np

from config.errors import ConfigError
from qa_service.models.port import Reading

SHIPPED = Path(__file__).parent / "calibrations"
CHOICES = ("Yes", "No")


_NOTHING = np.zeros(0, dtype=np.float32)


class TrainingRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where weights come from."""

    made_on: str
    script: str
    data: str
    questions: int
    answerable_share: float
    cross_validated_auc: float
    """Area under the ROC curve, over articles that the weights did not see."""
    log_odds_auc: float
    """The same of the log-odds alone."""
    l2: float


class Answerability(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Weights for one language model."""

    version: int
    model: str
    """Id of the language model whose states these weights read."""
    layer: int
    """Whose output is read, from 0."""
    state_weights: tuple[float, ...]
    log_odds_weight: float
    bias: float
    record: TrainingRecord

    def logit(self, reading: Reading) -> float:
        """Return the log-odds of "answerable". Raises ConfigError when the reading has no state of this width."""
        state = _NOTHING if reading.state is None else reading.state
        if state.shape != (len(self.state_weights),):
            raise ConfigError(
                f"the calibration for {self.model} reads states of {len(self.state_weights)} numbers and this model "
                f"gives {state.size}; set answer.calibration to the file made for the model, or to nothing"
            )
        along = float(np.dot(np.asarray(self.state_weights, dtype=np.float32), state))
        return along + self.log_odds_weight * log_odds(reading) + self.bias


def log_odds(reading: Reading) -> float:
    """Of the model's own yes against its no."""
    return reading.log_probabilities[0] - reading.log_probabilities[1]


def probability(reading: Reading, calibration: Answerability | None) -> float:
    """Return the probability that the evidence answers the question, 0 to 1.

    The model's own log-odds stand alone without a calibration, and where an adapter gives no states.
    """
    logit = calibration.logit(reading) if calibration and reading.state is not None else log_odds(reading)
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))


@lru_cache(maxsize=8)
def load_calibration(name: str) -> Answerability | None:
    """Read the shipped file of that name, or the file at that path; None for an empty name.

    Raises ConfigError when there is no such file, or it is no calibration.
    """
    if not name:
        return None
    path = Path(name) if name.endswith(".json") else SHIPPED / f"{name}.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Answerability)
    except OSError as error:
        shipped = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.json"))) or "none"
        raise ConfigError(
            f"answer.calibration = {name!r}: {path} cannot be read ({error.strerror}); shipped are: {shipped}"
        ) from error
    except msgspec.DecodeError as error:
        raise ConfigError(f"answer.calibration = {name!r}: {path} is no calibration ({error})") from error
