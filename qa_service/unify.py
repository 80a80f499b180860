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
    r"\b(?:the same|agrees?|disagrees?|differ|contradicts?|tally|tallies|match|matches|coincide|also (?:what|how))\b"
    r"|\baccording to\b.*\baccording to\b"
    r"|\b(?:what|which|how (?:many|much))\b[^.?]*"
    r"\b(?:did|do|does) (?:each|they each|both|the two|they (?:give|name|report))\b",
    re.IGNORECASE | re.DOTALL,
)
_LEAST_KEPT = 2
"""Content words that the plain question must share with the one it stands for."""


def unify(question: str, *, session: ModelSession) -> str | None:
    """Return the question that each account answers; None for one that compares none, or if the model finds none that
    is sound: it invents no name or number, and compares nothing itself.
    """
    if not _COMPARES.search(question):
        return None
    plain = rewritten(_SYSTEM, _EXAMPLES, f"Question: {question}\n", name="plain", session=session)
    kept = content_keys(plain) & content_keys(question)
    known = keys(terms(question), "name", "number", "content", "function")
    sound = invents_nothing(plain, known) and len(kept) >= _LEAST_KEPT and not _COMPARES.search(plain)
    return plain if sound else None
