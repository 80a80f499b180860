"""Stage: where words leave a claim in doubt, ask the model whether its own answer is right.

Asked with the adapter that was trained for it, about a whole draft. There is doubt when claims hold although the
evidence was not probable to answer the question; when a claim joins what stands in different places; and when claims
fail by nothing but their choice of words although the evidence was probable.
"""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from config.settings import AnswerSettings
from qa_service.answerability import CHOICES, checking, load_adapter, probability
from qa_service.compose import Brief
from qa_service.models.port import ModelSession
from qa_service.verify import Verified


def confirm(
    claims: Sequence[Verified],
    text: str,
    *,
    part: str,
    brief: Brief,
    answerable: float | None,
    session: ModelSession,
    settings: AnswerSettings,
) -> tuple[Verified, ...]:
    """Return the claims of the draft `text`, some with another verdict.

    `answerable` is the probability that the evidence answers `part`. Below `settings.check_below`, and when one of them
    joins several places, the claims that hold become unsupported if the draft is less probably right than
    `settings.doubt_threshold`. From
    `settings.trust_threshold` on, claims that only reword become supported if the draft is as probably right. Without
    an adapter all verdicts stay.
    """
    loaded = load_adapter(settings.adapter)
    if loaded is None or answerable is None:
        return tuple(claims)
    held = [claim for claim in claims if claim.verdict == "supported"]
    doubted = bool(held) and (answerable < settings.check_below or any(map(_joins_places, held)))
    reworded = answerable >= settings.trust_threshold and any(claim.rewords for claim in claims)
    if not (doubted or reworded):
        return tuple(claims)
    reading = session.read(checking(part, text, brief), CHOICES)
    if reading is None or not reading.adapted:
        return tuple(claims)
    right = probability(reading, loaded.adapter.check)
    if doubted and right < settings.doubt_threshold:
        return tuple(
            msgspec.structs.replace(claim, verdict="unsupported", score=right, reason="unsupported")
            if claim.verdict == "supported"
            else claim
            for claim in claims
        )
    if reworded and right >= settings.trust_threshold:
        return tuple(
            msgspec.structs.replace(claim, verdict="supported", score=right, reason=None) if claim.rewords else claim
            for claim in claims
        )
    return tuple(claims)


def _joins_places(claim: Verified) -> bool:
    """Tell whether the claim rests on sentences that do not follow one another in one paragraph."""
    places = sorted(sentence.place for sentence in claim.support)
    return any(before[0] != place[0] or place[1] > before[1] + 1 for before, place in pairwise(places))
