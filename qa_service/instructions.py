"""Text in a document that is meant for the machine that reads it, not for its human readers.

Such text is no statement about the world, so nothing in its paragraph is evidence. It stays in the index and can be
read like everything else. What is looked for is the form of such orders, never their subject: see `order_forms`.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from indexer.sentences import sentences
from qa_service.lookalikes import folded, spelt_out, visible
from qa_service.order_forms import (
    ANSWERING,
    DIRECT,
    MACHINE,
    ORDER,
    OVERRIDE,
    PUT_IN_MOUTH,
    REPORT,
    THIS_TEXT,
    TOLD_TO_SAY,
)

_QUOTED = re.compile(r"\u201c[^\u201d]*\u201d|\u00ab[^\u00bb]*\u00bb|\u201e[^\u201c\u201d]*[\u201c\u201d]|\"[^\"]*\"")
_CELL_START = re.compile(r"(?<=\w)\s+(?=(?:Ignore|Disregard|Forget|Override)\s+[a-z])")
"""Where a sentence starts without a stop before it: between the cells of a table that has lost its rules."""


@lru_cache(maxsize=4096)
def gives_orders(text: str) -> bool:
    """Tell whether a paragraph gives orders to the machine that reads it.

    It does away with the reader's instructions, puts an answer into the reader's mouth, imitates the machine's own
    protocol; or it addresses a machine, speaks of answering or of this very text, and orders something, all within two
    sentences. What is written about assistants and models does the first two, seldom all three, and where it does it
    reports whose rule that is. A quoted override that puts no words into anybody's mouth is mentioned, not given.
    """
    shown = visible(text)
    plain = folded(_CELL_START.sub(" | ", shown))
    readings = {plain, spelt_out(plain)}
    if any(_overrides(reading) or DIRECT.search(reading) for reading in readings):
        return True
    if not (_addresses(plain) or TOLD_TO_SAY.search(plain)):
        return False
    return any(
        (_addresses(window) or TOLD_TO_SAY.search(window)) and not _reports(window) for window in _windows(shown)
    )


def _overrides(plain: str) -> bool:
    quotes = [match.span() for match in _QUOTED.finditer(plain)]
    for match in OVERRIDE.finditer(plain):
        quote = next(((start, end) for start, end in quotes if start < match.end() <= end), None)
        if quote is None or PUT_IN_MOUTH.search(plain, match.end(), quote[1]):
            return True
    return False


def _windows(shown: str) -> Iterator[str]:
    """Yield each sentence together with the next one, folded."""
    spans = sentences(shown)
    for place, (start, _) in enumerate(spans):
        yield folded(shown[start : spans[min(place + 1, len(spans) - 1)][1]])


def _addresses(plain: str) -> bool:
    return all(pattern.search(plain) for pattern in (MACHINE, ANSWERING, ORDER))


def _reports(plain: str) -> bool:
    return not THIS_TEXT.search(plain) and bool(REPORT.search(plain))
