"""The fact checker on a sentence-transformers CrossEncoder, on the CPU, from a local folder."""

import re
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from sentence_transformers import CrossEncoder
from transformers.utils import logging as transformers_logging

from config.errors import ModelFileError
from qa_service.entailment import Judgement
from qa_service.errors import ModelError
from qa_service.values import Verdict

_BATCH_PAIRS = 16
"""Pairs run through the model together; the library sorts what it is given by length first."""
_ARCHITECTURE = "ForSequenceClassification"
_UNNAMED = "label 0"
"""What transformers calls the only output of a model that names none."""
_MEANINGS: tuple[tuple[re.Pattern[str], Verdict], ...] = (
    (re.compile(r"entail|support|consistent"), "supported"),
    (re.compile(r"contradict|refute"), "contradicted"),
    (re.compile(r"neutral|nei\b|not?\b|non\b|unsupport|inconsistent"), "unsupported"),
)
"""How a label begins, and what it then says of the claim."""


class CrossEncoderChecker:
    """Port `FactChecker` on a CrossEncoder folder, of one of three kinds.

    With labels for entailment, contradiction and neither, or for support and its absence, in any order and case: the
    likeliest label is the verdict, and the probability of the supporting one the score. With one output: its sigmoid is
    the score, and the claim is supported from `support_threshold` on; such a model finds nothing contradicted.

    What exceeds the model's window is cut off the end of the evidence, never off the claim; a claim that leaves no room
    for evidence is unsupported. One lock guards the model and its tokenizer, see `SentenceEmbedder`.
    """

    def __init__(self, folder: Path, *, support_threshold: float) -> None:
        """Load the model. Raises ModelFileError when the folder is none of these."""
        # "Loading weights" would flash up on every start, for less than a second.
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self._model = CrossEncoder(str(folder), device="cpu", local_files_only=True).eval()
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise ModelFileError(_unusable(folder, str(error))) from error
        architectures = self._model.config.architectures or ["none"]
        if not architectures[0].endswith(_ARCHITECTURE):
            raise ModelFileError(_unusable(folder, f"its architecture is {architectures[0]}, not …{_ARCHITECTURE}"))
        labels = [name for _, name in sorted(self._model.config.id2label.items())]
        self._verdicts = _verdicts_of(labels, folder)
        self._threshold = support_threshold
        self._tokenizer = self._model.tokenizer
        self._tokenizer.truncation_side = "right"
        self._lock = threading.Lock()

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        """See `FactChecker.judge`."""
        if not pairs:
            return []
        with self._lock:
            fitting = self._fitting([claim for _, claim in pairs])
            asked = [pair for pair, fits in zip(pairs, fitting, strict=True) if fits]
            answers = iter(self._judgements(asked) if asked else [])
        return [next(answers) if fits else Judgement(verdict="unsupported", score=0.0) for fits in fitting]

    def _fitting(self, claims: list[str]) -> list[bool]:
        """Tell which claims leave room for evidence in the window."""
        room = self._tokenizer.model_max_length - self._tokenizer.num_special_tokens_to_add(pair=True)
        encoded = self._tokenizer(claims, add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) < room for ids in encoded["input_ids"]]

    def _judgements(self, pairs: list[tuple[str, str]]) -> list[Judgement]:
        logits = self._model.predict(
            pairs,
            batch_size=_BATCH_PAIRS,
            show_progress_bar=False,
            activation_fn=torch.nn.Identity(),  # a folder may name its own
            processing_kwargs={"text": {"truncation": "only_first"}},
        )
        numbers = np.asarray(logits, np.float64)
        if not np.isfinite(numbers).all():
            raise ModelError("the fact checker gave something else than numbers; set verifier.model to another model")
        return self._by_threshold(numbers) if len(self._verdicts) == 1 else self._by_label(numbers)

    def _by_threshold(self, logits: npt.NDArray[np.float64]) -> list[Judgement]:
        scores = 1 / (1 + np.exp(-np.clip(logits, -500, 500)))
        return [
            Judgement(verdict="supported" if score >= self._threshold else "unsupported", score=float(score))
            for score in scores
        ]

    def _by_label(self, logits: npt.NDArray[np.float64]) -> list[Judgement]:
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        scores = (odds / odds.sum(axis=1, keepdims=True))[:, self._verdicts.index("supported")]
        return [
            Judgement(verdict=self._verdicts[place], score=float(score))
            for place, score in zip(logits.argmax(axis=1), scores, strict=True)
        ]


def _verdicts_of(labels: Sequence[str], folder: Path) -> list[Verdict]:
    """Return what each label says of the claim. Raises ModelFileError unless all are clear and one is for support."""
    names = [re.sub(r"[\W_]+", " ", label.casefold()).strip() for label in labels]
    if names == [_UNNAMED]:
        return ["supported"]
    verdicts = [verdict for name in names for pattern, verdict in _MEANINGS if pattern.match(name)]
    if len(verdicts) != len(labels) or verdicts.count("supported") != 1:
        raise ModelFileError(
            f"{folder}: its labels ({', '.join(labels)}) cannot be understood: expected one for support (entailment, "
            "supported, consistent), others for its absence (contradiction, refuted, neutral, not_entailment, "
            "unsupported, inconsistent), or a single unnamed one; take a model for natural language inference, or name "
            "its labels in id2label of config.json"
        )
    return verdicts


def _unusable(folder: Path, why: str) -> str:
    return (
        f"{folder}: not a usable CrossEncoder folder ({' '.join(why.split())}); "
        "name the folder of a sentence-transformers model for natural language inference"
    )
