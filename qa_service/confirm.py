"""Stage: where a draft fails by nothing but its choice of words, ask the model whether it is right.

Words cannot tell "triumphed" for "won" from an invention. The model can, asked with the adapter that was trained for
it, where the evidence was probable to answer the question in the first place.
"""

from collections.abc import Sequence

import msgspec

from config.settings import AnswerSettings
from qa_service.answerability import CHOICES, checking, load_adapter, probability
from qa_service.compose import Brief
from qa_service.llm.port import ModelSession
from qa_service.verify import Verified


def confirm(
    claims: Sequence[Verified],
    text: str,
    *,
    brief: Brief,
    answerable: float | None,
    session: ModelSession,
    settings: AnswerSettings,
) -> tuple[Verified, ...]:
    """Return the claims of the draft `text`, those that only reword as supported where the model stands by the draft.

    That is where `answerable`, the probability that the evidence answers the question, and the probability that the
    draft is right both reach `settings.trust_threshold`. Without an adapter all verdicts stay.
    """
    if answerable is None or answerable < settings.trust_threshold or not any(claim.rewords for claim in claims):
        return tuple(claims)
    right = probability_right(text, brief=brief, session=session, settings=settings)
    if right is None or right < settings.trust_threshold:
        return tuple(claims)
    return tuple(_trusted(claim, right) if claim.rewords else claim for claim in claims)


def probability_right(text: str, *, brief: Brief, session: ModelSession, settings: AnswerSettings) -> float | None:
    """Return the probability, 0 to 1, that the model gives the draft `text` of being right; None without an adapter."""
    loaded = load_adapter(settings.adapter)
    reading = session.read(checking(text, brief), CHOICES) if loaded else None
    if loaded is None or reading is None or not reading.adapted:
        return None
    return probability(reading, loaded.adapter.check)


def _trusted(claim: Verified, score: float) -> Verified:
    """Return a claim that reworded as one that does not; what is taken back stays so."""
    if claim.corrected_by:
        return msgspec.structs.replace(claim, verdict="contradicted", reason="contradicted", rewords=False)
    return msgspec.structs.replace(claim, verdict="supported", score=score, reason=None)
