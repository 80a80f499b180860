"""Stage: make a follow-up question stand alone, only when it needs it."""

import re
from collections.abc import Sequence

from qa_service.models.port import ModelSession, Prompt
from qa_service.terms import keys, terms
from qa_service.values import MAX_QUESTION_CHARS, Turn

_LEANS = re.compile(
    r"^\s*(?:and|but|so|then|also|what about|how about|why not|really|what else|who else|where else)\b"
    r"|\b(?:he|him|his|she|her|hers|it|its|they|them|their|theirs|this|that|these|those|there|then|former|latter|same|one)\b",
    re.IGNORECASE,
)
_FEWEST_CONTENT_WORDS = 2
_RECENT_TURNS = 4
_RECENT_CHARS = 600
_MAX_TOKENS = 64

_SYSTEM = "You rewrite the last question of a conversation so that it can be understood without the conversation."
_ASK = (
    "Rewrite the last question as one complete question: replace pronouns by the names they stand for and add what is "
    "left unsaid. Do not answer it. Change nothing else."
)


def condense(question: str, conversation: Sequence[Turn], *, session: ModelSession) -> str | None:
    """Return the standalone form of `question`, or None when it stands alone as it is.

    A rewrite that is no question, or brings a name or number that nobody mentioned, is discarded: the question is then
    asked as it is. The conversation reaches no further than this stage, so it never becomes evidence.
    """
    if not conversation or not _leans_on_conversation(question):
        return None
    recent = conversation[-_RECENT_TURNS:]
    lines = [f"{turn.role.capitalize()}: {turn.text[:_RECENT_CHARS]}" for turn in recent]
    talk = "Conversation:\n" + "\n".join(lines)
    prompt = Prompt(system=_SYSTEM, shared=(talk, f"\n\nLast question: {question}\n\n"), ask=_ASK)
    rewritten = "".join(session.generate(prompt, max_tokens=_MAX_TOKENS, stop=("\n",))).strip()
    known = keys(terms(" ".join([question, *(turn.text for turn in recent)])), "name", "number", "content", "function")
    invented = keys(terms(rewritten), "name", "number") - known
    if not rewritten.endswith(("?", "\u061f", "\uff1f")) or invented or len(rewritten) > MAX_QUESTION_CHARS:
        return None
    return None if rewritten.casefold() == question.strip().casefold() else rewritten


def _leans_on_conversation(question: str) -> bool:
    words = [term for term in terms(question) if term.kind != "function"]
    return bool(_LEANS.search(question)) or len(words) < _FEWEST_CONTENT_WORDS
