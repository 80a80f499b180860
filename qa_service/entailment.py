"""Whether evidence says what a claim says, judged by a model: the port through which one takes over from the words.

Off unless `verifier.model` names a model. The real adapter is `qa_service.cross_encoder`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from config.models import CLASSIFIER_SIGN, model_sha256, require
from config.settings import VerifierSettings
from qa_service.values import Verdict


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a model makes of one claim."""

    verdict: Verdict
    score: float
    """Probability that the evidence supports the claim, 0 to 1."""


class FactChecker(Protocol):
    """Compares claims with evidence. Safe to call from several threads; the same pair has the same judgement."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        """Judge each `(evidence, claim)`, in order; [] for no pair. Raises ModelError when the model fails."""
        ...


def open_checker(settings: VerifierSettings, *, home: Path) -> FactChecker | None:
    """Load the configured model from its local folder; None when none is configured. The network is never asked.

    Raises ModelFileError when the folder is missing or altered, or holds no model whose labels can be understood.
    """
    if not settings.model:
        return None
    return open_folder(_folder_of(settings, home), support_threshold=settings.checker_threshold)


def checker_sha256(settings: VerifierSettings, *, home: Path) -> str:
    """Return the hash of the configured model's weights; empty when none is configured.

    Raises ModelFileError when the folder is missing or altered, or has no weights.
    """
    return model_sha256(settings.model, _folder_of(settings, home)) if settings.model else ""


def open_folder(folder: Path, *, support_threshold: float) -> FactChecker:
    """Load the CrossEncoder in `folder`; see `CrossEncoderChecker` for the kinds that are understood.

    `support_threshold` is for models with one output. Raises ModelFileError when it is no such model.
    """
    from qa_service.cross_encoder import CrossEncoderChecker  # noqa: PLC0415  torch takes seconds to import

    return CrossEncoderChecker(folder, support_threshold=support_threshold)


def _folder_of(settings: VerifierSettings, home: Path) -> Path:
    return require(settings.model, home=home, sign=CLASSIFIER_SIGN)
