"""Stage: have the model answer in its own words from the passages it has just read."""

import re
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec
from rapidfuzz import fuzz

from config.settings import AnswerSettings
from qa_service.asked import asks_for_words
from qa_service.compose import Brief
from qa_service.gate import Decision
from qa_service.llm.port import ModelSession
from qa_service.terms import keys, terms
from qa_service.values import TextDrafted


class Instruction(NamedTuple):
    """What the model is told to do."""

    plain: str
    told: str
    """Where the words that answer are known, and it is no yes or no; they go into the braces."""


ASK = Instruction(
    "Answer the question in one short sentence, with words from the passages only.",
    'The answer is "{}". Say it in one short sentence, with words from the passages only.',
)
COPY = Instruction(
    "Copy the one sentence from the passages that answers the question.",
    'The answer is "{}". Copy the one sentence from the passages that says so.',
)
_PASSAGE_NUMBER = re.compile(r"\s*\[\d+\]|\b[Pp]assage \[?\d+\]?")
_LONG = 10
"""Letters from which on one may be another."""
_SAME_RATIO = 90.0
"""Of rapidfuzz's normalised similarity, 0 to 100."""
_STOP = ("\n\n", "\nQuestion:", "\nPassages:")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What the model said; nothing in it is verified yet."""

    text: str
    past_deadline: bool = False


def generate(
    brief: Brief,
    decision: Decision,
    *,
    session: ModelSession,
    settings: AnswerSettings,
    deadline_s: float,
    tell: Callable[[TextDrafted], None] = lambda _: None,
    instruction: Instruction = ASK,
) -> Draft:
    """Return the model's answer, told piece by piece on the way to `tell`; an empty draft when the gate is closed.

    When `time.monotonic()` passes `deadline_s` the draft ends where it is.
    """
    if decision.reason is not None:
        return Draft(text="")
    if time.monotonic() > deadline_s:
        return Draft(text="", past_deadline=True)
    text = ""
    words = decision.words
    told = asks_for_words(brief.question) and any(stands_in(words, passage.text) for passage in brief.passages)
    ask = instruction.told.format(words) if told else instruction.plain
    pieces = session.generate(brief.prompt(ask), max_tokens=settings.max_tokens, stop=_STOP)
    for piece in pieces:
        text += piece
        tell(TextDrafted(text=piece))
        if time.monotonic() > deadline_s:
            return Draft(text=_clean(text), past_deadline=True)
    return Draft(text=_clean(text))


def stands_in(words: str, text: str) -> bool:
    """Tell whether `text` has these words, but for capitals and a letter in ten ("kilometers" for "kilometres"), with
    the numbers as they are; false for none.
    """
    if not words:
        return False
    if re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE):
        return True
    same = len(words) >= _LONG and fuzz.partial_ratio(words.casefold(), text.casefold()) >= _SAME_RATIO
    return same and keys(terms(words), "number") <= keys(terms(text), "number")


def _clean(text: str) -> str:
    """Drop the passage numbers that the model copies: markers are the server's to give."""
    return " ".join(_PASSAGE_NUMBER.sub("", text).split())
