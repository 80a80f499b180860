"""The promise that every answer keeps, checked before it is sent: quotes are slices, markers and citations pair up."""

import re

from indexer.search import Index
from qa_service.conclude import Outcome
from qa_service.errors import BrokenAnswerError

_MARKER = re.compile(r"\[(\d+)\]")


def check_exactness(outcome: Outcome, *, index: Index) -> None:
    """Raise BrokenAnswerError unless every quote equals its document's slice and every marker has its citation.

    Markers stand right behind their claim; brackets inside a claim are the document's own words.
    """
    for citation in outcome.citations:
        document = index.document(citation.document_id)
        if document is None or document.text[citation.start : citation.end] != citation.quote or not citation.quote:
            raise BrokenAnswerError(
                f"citation {citation.marker} quotes {citation.document_id}[{citation.start}:{citation.end}] inexactly"
            )
    shown = [marker for claim in outcome.claims for marker in claim.markers]
    written = [int(marker) for marker in _MARKER.findall(_outside_claims(outcome))]
    if shown != written or set(shown) != {citation.marker for citation in outcome.citations}:
        raise BrokenAnswerError(
            f"markers {written} in the text, {shown} in the claims and {len(outcome.citations)} citations do not agree"
        )


def _outside_claims(outcome: Outcome) -> str:
    text, place = "", 0
    for claim in outcome.claims:
        text += outcome.text[place : claim.start]
        place = claim.end
    return text + outcome.text[place:]
