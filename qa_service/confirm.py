"""Stage: ask the model whether a draft is right, and take back what it is not confident of.

Words cannot tell "triumphed" for "won" from an invention, nor an answer to this question from one to the question next
to it. The model can, asked with the adapter that was trained for it.
"""

from collections.abc import Sequence

import msgspec

from config.settings import AnswerSettings
from qa_service.answerability import CHOICES, checking, confidence, load_adapter, probability
from qa_service.compose import Brief
from qa_service.llm.port import ModelSession
from qa_service.verify import Verified

LEAST_RIGHT = 0.01
"""About the lowest probability of being right that a draft gets which holds by its words."""


def confirm(
    claims: Sequence[Verified],
    text: str,
    *,
    brief: Brief,
    answerable: float | None,
    session: ModelSession,
    settings: AnswerSettings,
    least: float | None = None,
    least_right: float = LEAST_RIGHT,
) -> tuple[Verified, ...]:
    """Return the claims of the draft `text`, as the model is confident of it or not.

    `answerable` is the probability that the evidence answers the question. Claims that only reword are supported from a
    confidence of `settings.trust_threshold` on; below `least`, or `settings.confidence_threshold`, those that hold are
    taken back, and doubted are both. Nothing is asked where no claim holds or only rewords, nor where a probability of
    `least_right` that the draft is right could not outweigh that the evidence answers. Without an adapter all verdicts
    stay.
    """
    least = settings.confidence_threshold if least is None else least
    rewords = any(claim.rewords for claim in claims)
    holds = any(claim.verdict == "supported" for claim in claims)
    if answerable is None or not (rewords or holds):
        return tuple(claims)
    if not rewords and confidence(answerable, least_right) >= least:
        return tuple(claims)
    right = probability_right(text, brief=brief, session=session, settings=settings)
    if right is None:
        return tuple(claims)
    sure = confidence(answerable, right)
    if sure < least:
        return tuple(_doubted(claim) if claim.rewords or claim.verdict == "supported" else claim for claim in claims)
    if sure >= settings.trust_threshold:
        return tuple(_trusted(claim, sure) if claim.rewords else claim for claim in claims)
    return tuple(claims)


def probability_right(text: str, *, brief: Brief, session: ModelSession, settings: AnswerSettings) -> float | None:
    """Return the probability, 0 to 1, that the model gives the draft `text` of being right; None without an adapter."""
    loaded = load_adapter(settings.adapter)
    reading = session.read(checking(text, brief), CHOICES) if loaded else None
    if loaded is None or reading is None or not reading.adapted:
        return None
    return probability(reading, loaded.adapter.check)


def _doubted(claim: Verified) -> Verified:
    return msgspec.structs.replace(claim, verdict="unsupported", reason="unsupported", doubted=True)


def _trusted(claim: Verified, score: float) -> Verified:
    """Return a claim that reworded as one that does not; what is taken back stays so."""
    if claim.corrected_by:
        return msgspec.structs.replace(claim, verdict="contradicted", reason="contradicted", rewords=False)
    return msgspec.structs.replace(claim, verdict="supported", score=score, reason=None)
