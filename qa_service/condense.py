"""Stage: make a follow-up question stand alone, only when it needs it."""

import re
from collections.abc import Sequence

from config.settings import AnswerSettings
from qa_service.divide import divide
from qa_service.llm.port import ModelSession
from qa_service.rewrite import as_lines, invents_nothing, rewritten, written_anew
from qa_service.terms import TIME_KEYS, content_keys, keys, terms
from qa_service.values import MAX_QUESTION_CHARS, Turn

_LEANS = re.compile(
    r"^\s*(?:and|but|so|then|also|what about|how about|why not|really|what else|who else|where else|no,|no no)\b"
    r"|\b(?:he|him|his|she|her|hers|it|its|they|them|their|theirs|this|that|these|those|there|then|former|latter|same|one)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:he|him|his|she|her|hers|it|its|they|them|their|theirs|this|that|these|those|there|one)\b", re.IGNORECASE
)
_YEAR = re.compile(r"[12]\d{3}")
_OPENING = re.compile(r"^\s*(?:and|but|so|then|also|what about|how about|no|no no)\b[\s,]*", re.IGNORECASE)
_FEWEST_CONTENT_WORDS = 2
_RECENT_TURNS = 6
_RECENT_CHARS = 400

_SYSTEM = "You rewrite the last question of a conversation so that it can be understood without the conversation."
_EXAMPLES = (
    "User: Who designed Arlby town hall?\nAssistant: Ida Brun, in 1904.\n"
    "Last question: and who paid for it?\nComplete question: Who paid for Arlby town hall?\n\n"
    "User: How many ships called at Varn in 2019?\nAssistant: 412 ships.\n"
    "Last question: And the year after?\nComplete question: How many ships called at Varn in 2020?\n\n"
    "User: Has the stolen violin been found?\nAssistant: Yes, in a locker.\n"
    "Last question: what about the cello?\nComplete question: Has the stolen cello been found?\n\n"
)
"""How it is done, once for each kind of follow-up: a pronoun, another time, another thing."""


def condense(
    question: str, conversation: Sequence[Turn], *, session: ModelSession, settings: AnswerSettings
) -> str | None:
    """Return the standalone form of `question`, or None when it stands alone as it is.

    An adapter that learnt to tells whether there has to be another form, and which. Without one the words of the
    question tell whether, and the model is shown how, twice if need be: the second time its rewrite begins as the
    question does, up to its first pronoun, as a small model likes to write down the question before. A rewrite that is
    no question, brings a name or number that nobody mentioned (but for a year before or after one that was), or loses
    what the question itself says is discarded, and the question asked with an earlier one in brackets. Parts that get
    lost in it are put behind it. The conversation reaches no further than this stage, so it never becomes evidence.
    """
    if not conversation:
        return None
    recent = conversation[-_RECENT_TURNS:]
    talk = [(turn.role, turn.text[:_RECENT_CHARS]) for turn in recent]
    if complete := written_anew(question, talk, session=session, settings=settings):
        if complete.casefold() == question.strip().casefold():
            return None
        sound = _is_sound(complete, question, recent, may_lose=1)
        return _with_lost_parts(complete, question) if sound else _behind_an_earlier_one(question, recent)
    if not _leans_on_conversation(question):
        return None
    given = f"{as_lines(talk)}Last question: {question}\n"
    for begun in dict.fromkeys(("", _up_to_a_pronoun(question))):
        complete = rewritten(_SYSTEM, _EXAMPLES, given, name="complete", session=session, begun=begun)
        unchanged = _words(complete) == _words(_OPENING.sub("", question))
        if _is_sound(complete, question, recent, may_lose=1 if begun else 0) and not (begun and unchanged):
            same = complete.casefold() == question.strip().casefold()
            return None if same else _with_lost_parts(complete, question)
    return _behind_an_earlier_one(question, recent)


def _up_to_a_pronoun(question: str) -> str:
    """Return what the question says before its first pronoun; "" where it has none."""
    own = _OPENING.sub("", question).strip()
    pronoun = _PRONOUN.search(own)
    begun = own[: pronoun.start()].strip() if pronoun else ""
    return begun[:1].upper() + begun[1:]


def _is_sound(complete: str, question: str, recent: Sequence[Turn], *, may_lose: int) -> bool:
    """Tell whether a rewrite is a question, invents nothing, and still asks what the question asks: it has no earlier
    one over again, and loses no more than `may_lose` words or half of them.
    """
    if any(turn.role == "user" and f" {_words(turn.text)} " in f" {_words(complete)} " for turn in recent):
        return False
    said = " ".join([question, *(turn.text for turn in recent)])
    known = keys(terms(said), "name", "number", "content", "function")
    years = {str(int(key) + step) for key in known if _YEAR.fullmatch(key) for step in (-1, 1)}
    own = content_keys(_OPENING.sub("", question)) - TIME_KEYS
    lost = own - content_keys(complete)
    return invents_nothing(complete, known | years) and len(lost) <= max(may_lose, len(own) // 2)


def _with_lost_parts(complete: str, question: str) -> str:
    """Return a rewrite with the last parts of the question behind it, if it has fewer ("…, and what for?")."""
    lost = divide(question).parts[len(divide(complete).parts) :]
    together = ", and ".join([complete, *lost]).replace("?,", ",") if lost else complete
    return together if len(together) <= MAX_QUESTION_CHARS else complete


def _words(text: str) -> str:
    return " ".join(term.key for term in terms(text))


def _behind_an_earlier_one(question: str, recent: Sequence[Turn]) -> str | None:
    """Return this question with an earlier one of the user in brackets, when it has a pronoun or hardly a word of its
    own: the one that, together with what it was told, has most words in common with it; of equals the last.
    """
    asked = [place for place, turn in enumerate(recent) if turn.role == "user"]
    own = content_keys(question)

    def common(place: int) -> int:
        exchange = [recent[place], *(turn for turn in recent[place + 1 : place + 2] if turn.role == "assistant")]
        return len(own & content_keys(" ".join(turn.text for turn in exchange)))

    before = recent[max(asked, key=lambda place: (common(place), place))].text if asked else ""
    together = f"{question.strip().rstrip('?')} (asked after: {before.strip().rstrip('?')})?"
    needs_it = _PRONOUN.search(question) or len(own) < _FEWEST_CONTENT_WORDS
    return together if before and needs_it and len(together) <= MAX_QUESTION_CHARS else None


def _leans_on_conversation(question: str) -> bool:
    words = [term for term in terms(question) if term.kind != "function"]
    return bool(_LEANS.search(question)) or len(words) < _FEWEST_CONTENT_WORDS
