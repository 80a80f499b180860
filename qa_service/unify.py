"""Stage: turn a question about several accounts ("does the Post say the same?") into the one that each account answers.

Whether accounts agree is told by comparing what they answer, which a later stage does for every question. A small model
asked directly says yes.
"""

import re

from qa_service.llm.port import ModelSession
from qa_service.rewrite import invents_nothing, rewritten
from qa_service.terms import content_keys, keys, terms

_SYSTEM = (
    "You rewrite a question that asks whether several sources agree into the one question that each of them answers."
)
_EXAMPLES = (
    "Question: Do the Arlby Post and the police agree on how many cars burnt in Varn?\n"
    "Plain question: How many cars burnt in Varn?\n\n"
    "Question: The ministry writes that the dam held 9 million tonnes. Does the Varn Gazette give the same figure?\n"
    "Plain question: How many tonnes did the dam hold?\n\n"
    "Question: Who won the Varn regatta according to the club, and according to the agency?\n"
    "Plain question: Who won the Varn regatta?\n\n"
    "Question: Ida Brun says the fire began in the kitchen. Was that also what the report of 2019 found?\n"
    "Plain question: Where did the fire begin?\n\n"
)
_COMPARES = re.compile(
    r"(?:^|[.!?;:,]\s+)(?:and\s+|but\s+)?(?:do|does|did|is|are|was|were|has|have)\b[^.?]*"
    r"\b(?:the same|(?:dis)?agrees? (?:on|about|over|as to|in|wh\w+|how)\b|differ\b|contradicts?|tally|tallies"
    r"|match(?:es)?\?|coincide|also (?:what|how))"
    r"|\baccording to\b.*\baccording to\b"
    r"|\b(?:what|which|how (?:many|much))\b[^.?]*\b(?:did|do|does)"
    r" (?:(?:(?:they )?(?:each|both)|the two)(?: \w+){0,2}|they (?:give|name|report))\?",
    re.IGNORECASE | re.DOTALL,
)
_ASKS = r"(?:what|which|who|whom|whose|when|where|why|how|did|do|does|is|are|was|were|has|have|had|will|would)\b"
_ACCOUNTS_BEHIND = re.compile(
    r"(?:\s*[,;:]|\s+[-\u2013\u2014])\s*(?:"
    rf"according to [^?]+? and (?!{_ASKS})[^?]+|according to (?:the two|both|each)\b[^?,]+"
    rf"|(?P<by>by|as|in|going by|in the view of|if you ask) [^?,]+? and (?P=by) (?!{_ASKS})[^?,]+"
    r"|going by [^?,]+? and by [^?,]+|in the view of each\b[^?,]*)\?\s*$"
    r"|\s+according to [^?,]+?,? and (?:according )?to [^?,]+\?\s*$"
    r"|\s+[-\u2013\u2014]\s+(?:what|how) (?:do|does|did|is) [^?]+? and [^?]*\bsays?\b[^?]*\?\s*$"
    r"|(?:\s+[-\u2013\u2014]\s+|[,;]\s+and\s+)(?:do|does|did|are|is) [^?]*"
    r"\b(?:the same|agree|of one mind|alike|differ)\b[^?]*\?\s*$",
    re.IGNORECASE,
)
"""Whose accounts are compared, behind a question that stands by itself: ", by the police and by the organisers?"."""
_ON_WHAT = re.compile(
    r"^\W*(?:do|does|did|have|has)\b[^.?]*\b(?:"
    r"(?:agree|disagree|differ) (?:on|about|over) (?P<asked>(?:how|what|why|who|whom|whose|when|where|which)\b[^?]*)"
    r"|(?:give|name|count|see|have|report|tell|quote|put|state|find|reach) the same"
    r" (?P<thing>(?!about\b|as\b)\w+ [^?]*))\?\s*$",
    re.IGNORECASE,
)
"""What accounts are asked to agree on, itself a question or something with what is told of it."""
_LEAST_KEPT = 2
"""Content words that the plain question must share with the one it stands for."""


def unify(question: str, *, session: ModelSession) -> str | None:
    """Return the question that each account answers; None for one that compares none, or if there is none that is
    sound: it invents no name or number, and compares nothing itself.

    Where the question holds it word for word nothing else is asked; the model writes it where it does not.
    """
    inside = _inside(question)
    if inside and len(content_keys(inside)) >= _LEAST_KEPT:
        return inside
    if not _COMPARES.search(question):
        return None
    plain = rewritten(_SYSTEM, _EXAMPLES, f"Question: {question}\n", name="plain", session=session)
    kept = content_keys(plain) & content_keys(question)
    known = keys(terms(question), "name", "number", "content", "function")
    sound = invents_nothing(plain, known) and len(kept) >= _LEAST_KEPT and not _COMPARES.search(plain)
    return plain if sound else None


def _inside(question: str) -> str | None:
    """Return the question to which accounts are put as it stands in one that compares them."""
    if behind := _ACCOUNTS_BEHIND.search(question):
        return f"{question[: behind.start()].rstrip()}?"
    if what := _ON_WHAT.search(question):
        return f"{what['asked'][0].upper()}{what['asked'][1:]}?" if what["asked"] else f"What is the {what['thing']}?"
    return None
