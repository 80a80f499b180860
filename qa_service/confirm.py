"""Stage: where words leave doubt about a draft, ask the model whether it is right.

Words cannot tell "triumphed" for "won" from an invention, nor an answer to this question from one to the question next
to it. The model can, asked with the adapter that was trained for it.
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
    """Return the claims of the draft `text`, as the model stands by it or not.

    `answerable` is the probability that the evidence answers the question. Where it reaches `settings.trust_threshold`,
    the draft's probability of being right is asked for claims that only reword, and from the same threshold on they are
    supported. Where it does not, it is asked for those that hold, and below `settings.doubt_threshold` they are taken
    back. Without an adapter all verdicts stay.
    """
    trusted = answerable is not None and answerable >= settings.trust_threshold
    doubts = settings.doubt_threshold > 0
    in_doubt = (claim.rewords if trusted else doubts and claim.verdict == "supported" for claim in claims)
    if answerable is None or not any(in_doubt):
        return tuple(claims)
    right = probability_right(text, brief=brief, session=session, settings=settings)
    if right is not None and trusted and right >= settings.trust_threshold:
        return tuple(_trusted(claim, right) if claim.rewords else claim for claim in claims)
    if right is not None and not trusted and right < settings.doubt_threshold:
        return tuple(_doubted(claim) if claim.verdict == "supported" else claim for claim in claims)
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
