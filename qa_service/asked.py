"""What a question asks for, read off its words: a reason, a number, a time, a place, who does something."""

import re

from qa_service.terms import MONTH_KEYS, TIME_KEYS, Term, content_keys, keys, terms

_WHY = re.compile(
    r"\b(?:why|how come|(?:for|because of) what|(?:for|on) what (?:reasons?|grounds)"
    r"|what(?:['\u2019]s| is| was| are| were| could be| might be) [^?.]{0,40}?\b(?:reasons?|motives?|explanation)"
    r"|what (?:did|does|do|had|has|have) [^?.]{1,60}? (?:die|died) (?:of|from)"
    r"|what (?:kept|led|prompted|drove|stopped|prevented|explains?|motivated|made (?!up\b))"
    r"|(?:reasons?|motives?) (?:for|that|why|behind))\b",
    re.IGNORECASE,
)
_SUGGESTS_CAUSE = re.compile(r"\b(?:because|due to|owing to|the reason)\b", re.IGNORECASE)
_HOW_MANY = re.compile(r"\bhow (?:many|much|old|long|far|tall|high|large|big)\b", re.IGNORECASE)
_WHEN = re.compile(
    r"(?:^\W*|[,;]\s*)when\b|\bwhen (?:did|do|does|is|was|are|were|will|would|has|have|had|can|could)\b"
    r"|\b(?:what|which) (?:year|month|day|date|time|hour|century|decade)\b|\bhow long ago\b",
    re.IGNORECASE,
)
_WHICH_MONTH = re.compile(r"\b(?:what|which) months?\b", re.IGNORECASE)
_WHO_ACTS = re.compile(
    r"^\W*who\s+(?!(?:is|are|was|were|did|do|does|has|have|had|will|would|can|could|may|might|else)\b)\w", re.IGNORECASE
)
"""Asks for the one who does something: "Who beat Halloran?"."""
_BY = re.compile(r"\bby\b", re.IGNORECASE)
_WHERE = re.compile(r"(?:^\W*|[,;]\s*|\b(?:from|to)\s+)where\b", re.IGNORECASE)
_HOW_LONG = re.compile(
    r"\bhow long (?:did|do|does|is|was|are|were|will|would|has|have|had|can|could|may)\b", re.IGNORECASE
)
_TIME = re.compile(
    r"\b\d{1,2}[:.]\d{2}\b|\b\d{1,2}\s?[ap]\.?m\b|\b\d{4}s?\b|\b\d{1,2}(?:st|nd|rd|th)\b|['\u2019]\d{2}s\b"
    r"|\b(?:in|by|since|until|till|before|after|around|about|from|between|and|at|on|c\.|circa|AD)\s+\d{1,4}\b(?!\s+[^\W\d])"
    r"|\b\d+ (?:BC|BCE|AD|CE)\b",
    re.IGNORECASE,
)
"""A year, an hour or a day in figures."""
_COUNTED_TIME = re.compile(r"\b(?:what|which) (?:decade|century|millennium)\b", re.IGNORECASE)
"""Asks for a time whose answer may be an ordinal alone: "the first century"."""
_WHAT_IS = re.compile(r"^\W*what(?:['\u2019]s| is| are| was| were)\b", re.IGNORECASE)
_WHO_IS = re.compile(r"^\W*(?:who|what|where)(?:['\u2019]s| is| are| was| were)\b", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['\u2019]s$|s['\u2019]$")
_MOST_WORDS_BESIDE_NAME = 1
_OPEN = re.compile(r"\b(?:who|whom|whose|what|which|where|why|how)\b", re.IGNORECASE)
_BEGINS_YES_OR_NO = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|has|have|had)(?:n['\u2019]t)?\b(?! (?:\w+ ){1,2}(?:know|say|tell|told))",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"(?<!known)(?<!clear)(?<!told)(?<!said)(?<!stated)(?<!named) (?:who|whom|whose|which|where)\b", re.IGNORECASE
)
"""Stands behind what it says more of: "all of the people who died"."""
_YES_OR_NO = re.compile(
    r"^\W*(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)(?:n['\u2019]t)?\b"
    r"|\b(?:whether|if)\b|,\s*\w+(?:n['\u2019]t)? (?:not )?(?:he|she|it|they|there|you|we)\s*\?",
    re.IGNORECASE,
)


def asks_about_a_name(question: str) -> bool:
    """Tell whether the question asks about a name and nothing else ("What does Halloran do for a living?")."""
    own = [term for term in terms(question) if term.kind in ("content", "number")]
    names = [question[term.start : term.end] for term in terms(question) if term.kind == "name"]
    if any(map(is_possessive, names)):
        return False
    return len(own) <= _MOST_WORDS_BESIDE_NAME if names else len(own) == 1 and bool(_WHO_IS.search(question))


def is_possessive(name: str) -> bool:
    """Tell whether a name stands in the genitive: the question is about something else then."""
    return bool(_POSSESSIVE.search(name))


def asks_what_it_is(question: str) -> bool:
    """Tell whether the question asks about something by its name, and what that is ("Tell me about the Orrin")."""
    return asks_about_a_name(question) and (bool(_WHAT_IS.search(question)) or not is_open(question))


def asks_why(question: str) -> bool:
    """Tell whether the question asks for a reason."""
    return bool(_WHY.search(question))


def asks_cause(question: str) -> bool:
    """Tell whether the question asks for a reason, or suggests one ("Was it because of the rift?")."""
    return asks_why(question) or (bool(_SUGGESTS_CAUSE.search(question)) and not is_open(question))


def asks_when(question: str) -> bool:
    """Tell whether the question asks for a time."""
    return bool(_WHEN.search(question))


def is_open(question: str) -> bool:
    """Tell whether the question asks for more than yes or no."""
    if _BEGINS_YES_OR_NO.search(question):
        question = _RELATIVE.sub(" ", question)
    return bool(_OPEN.search(question))


def asks_for_words(question: str) -> bool:
    """Tell whether words of a text can answer by themselves: the question asks for more than a yes or no."""
    return is_open(question) or asks_when(question) or not _YES_OR_NO.search(question)


def answers_kind(claim: str, question: str) -> bool:
    """Tell whether the claim brings what the question asks for: a number, a time, what may be a place or somebody else,
    or at least something new.
    """
    asked = content_keys(question)
    new = [term for term in terms(claim) if term.key not in asked]
    if _WHICH_MONTH.search(question):
        return any(term.key in MONTH_KEYS and term.kind != "function" for term in new)
    if asks_when(question):
        counted = bool(_COUNTED_TIME.search(question)) and any(term.kind == "number" for term in new)
        return counted or any(_is_time(term) for term in new) or bool(_TIME.search(claim))
    if _HOW_LONG.search(question):
        return any(term.kind == "number" or _is_time(term) for term in new)
    if _HOW_MANY.search(question):
        return any(term.kind == "number" for term in new)
    if _WHERE.search(question):
        return any(term.kind in ("name", "content") and not _is_time(term) for term in new)
    turned = _WHO_ACTS.search(question) and _turns_to_the_asked(claim, asked)
    return not turned and (not is_open(question) or any(term.kind != "function" for term in new))


def _turns_to_the_asked(claim: str, asked: frozenset[str]) -> bool:
    """Tell whether a claim without any new name begins with what the question names, in the active voice: it says what
    they did, not who did something to them.
    """
    first = next((term for term in terms(claim) if term.kind != "function"), None)
    return first is not None and first.key in asked and not keys(terms(claim), "name") - asked and not _BY.search(claim)


def _is_time(term: Term) -> bool:
    return term.key in TIME_KEYS
