"""Finer comparisons of a claim with its evidence, by the order and neighbourhood of words."""

import re
from collections.abc import Sequence
from itertools import combinations, pairwise

from rapidfuzz import fuzz

from qa_service.english import HEDGES, IRREGULAR, MONTHS, UNITS, UNKNOWNS, WISHES
from qa_service.evidence import Sentence
from qa_service.terms import MONTH_KEYS, SAME_WORD_RATIO, Term, content_keys, keys, terms

_BEFORE_REPLACED = r"(?:(?:up|down) from|compared (?:with|to)|rather than|instead of)"
"""Stands before what a figure came in place of."""
_CLAUSE_END = re.compile(rf"[.;:!?]\s+|,\s+(?:but|while|whereas|though|although)\s+|,?\s+{_BEFORE_REPLACED}\s+")
_NEXT_STATEMENT = re.compile(r",\s+and\s+")
_IN_PLACE_OF = re.compile(rf"^{_BEFORE_REPLACED}\b", re.IGNORECASE)
_DATELINE = re.compile(r"^\W*[A-Z][A-Z' .-]+,[^()\u2013\u2014]{4,40}(?:\([^)]*\) ?)?[-\u2013\u2014] ")
"""Where and when a report was sent: "LINDMOOR, 6 May 2025 (VPA) - "."""
_HEARSAY = re.compile(r"\b(?:is|are|was|were) (?:said|reported|understood) to\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:1\d{3}|20\d{2})\b")
_ANNOUNCED = re.compile(
    r"\b(?:will|shall|(?:is|are|was|were) (?:(?:due|set|going|planned|scheduled|supposed|meant) )?to"
    r"|(?:plan|intend|aim|hope)(?:s|ed)? to)\b",
    re.IGNORECASE,
)
_WISH = re.compile(rf"\b(?:{WISHES})\b", re.IGNORECASE)
_AHEAD = re.compile(
    r"\b(?:will|would|shall|should|can|could|may|might|to|next|future|(?:plan|due|announc|propos|schedul|intend|call)\w*)\b",
    re.IGNORECASE,
)
"""Words of a claim that may tell that something is yet to come."""
_PAST = re.compile(r"\b(?:was|were|did|had|has|have|\w+ed)\b", re.IGNORECASE)
_UNKNOWN = re.compile(rf"\b(?:{UNKNOWNS})\b", re.IGNORECASE)
_BOUNDS = "up to|at least|at most|more than|less than|fewer than|nearly|almost"
_BOUND = re.compile(rf"\b(?:{_BOUNDS}|over|under)(?: an?| the)?\s*[$€£]?\s*$", re.IGNORECASE)
_QUALIFIER = re.compile(rf"\b({_BOUNDS}|about|around|roughly|approximately|some)\s*$", re.IGNORECASE)
_LIMIT = re.compile(
    r"\b(?:(?:high|low|great|small|larg|tall|long|short|deep|wid)est|most|least|maximum|minimum|limit|possible)\b",
    re.IGNORECASE,
)
"""Words that say of a number that it is a bound."""
_OPENING_WORDS = 4
_COORDINATED = re.compile(r"[,;:]\s+|\s+(?:and|but|while|or)\s+", re.IGNORECASE)
_PASSIVE = re.compile(r"\b(?:by|from)\b", re.IGNORECASE)
_UNIT_KEYS = frozenset(term.key for unit in (*UNITS, *MONTHS) for term in terms(unit))
(_PEOPLE,) = (term.key for term in terms("people"))
"""What workers, visitors and divers all are."""
_SAME_UNITS = {
    "worker": "peopl",
    "pct": "percent",
    "km": "kilomet",
    "kilometr": "kilomet",
    "kg": "kilogram",
    "kilo": "kilogram",
    "metr": "meter",
}


def clauses_of(evidence: str, answer: frozenset[str]) -> str:
    """Return the clauses that hold something of what answers; all when none does."""
    clauses = _CLAUSE_END.split(evidence)
    return ". ".join(clause for clause in clauses if content_keys(clause) & answer) or evidence


def drops_hedge(claim: str, question: str, evidence: str) -> bool:
    """Tell whether the evidence hedges what answers ("reportedly", "may", "is said to") and neither claim nor question
    does. "It blew at 41, and 72 may be exceeded" hedges no 41.
    """
    return bool(_hedges(_stating(claim, question, evidence))) and not _hedges(claim) and not _hedges(question)


def tells_as_happened(claim: str, question: str, evidence: str) -> bool:
    """Tell whether the claim is in the past tense and the evidence announces what answers: "they will stop work for 72
    hours" tells of no strike that lasted 72 hours.
    """
    words = (claim[term.start : term.end].casefold() for term in terms(claim))
    if _AHEAD.search(claim) or not (_PAST.search(claim) or any(word in IRREGULAR for word in words)):
        return False
    stating = _DATELINE.sub("", _stating(claim, question, evidence))
    new = content_keys(claim) - content_keys(question)
    answering = next((term.start for term in terms(stating) if term.key in new), 0)
    return bool(_ANNOUNCED.search(stating, 0, answering))


def tells_a_wish(text: str) -> bool:
    """Tell whether a text speaks of what somebody demands or asks for: that is not yet so."""
    return bool(_WISH.search(text))


def _stating(claim: str, question: str, evidence: str) -> str:
    """Return the clause with most of the claim's new names and numbers, then words, as far as its statement goes, which
    ends with the last of them; "" where none has any.
    """
    new = content_keys(claim) - content_keys(question)
    clauses = [clause for clause in _CLAUSE_END.split(evidence) if content_keys(clause) & new]
    if not clauses:
        return ""
    stating = max(
        clauses,
        key=lambda clause: (len(keys(terms(clause), "name", "number") & new), len(content_keys(clause) & new)),
    )
    statements = list(_NEXT_STATEMENT.finditer(stating))
    ends = (end.start() for end in statements if not content_keys(stating[end.end() :]) & new)
    return stating[: next(ends, None)]


def says_unknown(claim: str, question: str, support: Sequence[Sentence]) -> bool:
    """Tell whether the sentence that speaks most of what the question asks says that it is not known or not told, and
    the claim does not.
    """
    asked = content_keys(question)
    if _UNKNOWN.search(claim) or not support:
        return False
    nearest = max(support, key=lambda sentence: len(content_keys(sentence.text) & asked))
    clause = max(_CLAUSE_END.split(nearest.text), key=lambda clause: len(content_keys(clause) & asked))
    return bool(_UNKNOWN.search(clause))


def other_figure(claim: str, evidence: str) -> bool:
    """Tell whether a number of the claim has a unit or month beside it, and wherever it stands in the evidence another
    one, or counts something else ("61,000 visitors" is no "61,000 marks").
    """
    there = figures(evidence)
    counted = counting(evidence)
    numbers = {number for number, _ in there} | counted.keys()
    return any(
        number in numbers and (number, unit) not in there and unit not in counted.get(number, ())
        for number, unit in figures(claim)
    )


def other_year(claim: str, question: str, evidence: Sequence[Sentence]) -> bool:
    """Tell whether a number of the claim is said of a year in it, and wherever it stands in the evidence of another
    one: "In 2024 the farms delivered 186 million litres" tells nothing of 2023.
    """
    years = frozenset(_YEAR.findall(claim))
    new = keys(terms(claim), "number") - content_keys(question) - years
    stating = [sentence.text for sentence in evidence if keys(terms(sentence.text), "number") & new]
    told = [frozenset(_YEAR.findall(text)) for text in stating]
    return bool(years and told) and all(own and not own & years for own in told)


def other_bearer(claim: str, question: str, evidence: Sequence[Sentence]) -> bool:
    """Tell whether a name of the question stands right before another of its words in the claim, and in the evidence
    only other names do: what is told of the Polish citizens is told of no German ones.
    """
    asked = content_keys(question)
    said = [sentence.text for sentence in evidence]
    return any(
        first.key in asked
        and second.key in asked
        and first.kind == "name"
        and second.kind in ("name", "content")
        and (before := _names_before(second.key, said))
        and not any(fuzz.partial_ratio(first.key, other) >= SAME_WORD_RATIO for other in before)
        and not any(first.key in content_keys(text) for text in said)
        for first, second in pairwise(terms(claim))
    )


def _names_before(key: str, texts: Sequence[str]) -> frozenset[str]:
    """Return the names right before a word wherever it stands; none where something else or nothing stands there."""
    before = [first for text in texts for first, second in pairwise(terms(text)) if second.key == key]
    named = all(first.kind == "name" for first in before)
    return frozenset(first.key for first in before) if named else frozenset()


def other_clause(claim: str, question: str, evidence: Sequence[Sentence]) -> bool:
    """Tell whether a number of the claim stands in one clause of a sentence, and a word that claim and question say of
    it only in a later one, beside another number: "to lorries above 80 and to all traffic above 100" closes nothing to
    traffic above 80. What a figure came in place of is said of it too: "92 marks a share, instead of the 88 offered".
    """
    asked = content_keys(question)
    said = content_keys(claim) & asked
    claimed = keys(terms(claim), "number")
    for sentence in evidence:
        parts = (part for part in _COORDINATED.split(sentence.text) if not _IN_PLACE_OF.match(part))
        clauses = [clause for clause in map(terms, parts) if clause]
        if clauses and len(clauses[0]) <= _OPENING_WORDS:
            del clauses[0]  # "In 1976," belongs to all of the sentence
        bags = [(keys(clause, "name", "content"), keys(clause, "number")) for clause in clauses]
        for place, (_, numbers) in enumerate(bags):
            if numbers & claimed - asked:
                before = frozenset[str]().union(*(words for words, _ in bags[: place + 1]))
                behind = (words for words, others in bags[place + 1 :] if others and not others & (claimed | asked))
                if any(words & said - before for words in behind):
                    return True
    return False


def drops_bound(claim: str, evidence: str) -> bool:
    """Tell whether a number of the claim has a bound before it wherever it stands in the evidence ("up to three
    years"), and none in the claim, which does not speak of a limit either.
    """
    if _LIMIT.search(claim):
        return False
    bounded, free = _bounded(evidence)
    _, claimed_free = _bounded(claim)
    return bool(claimed_free & (bounded - free))


def with_qualifiers(claim: str, question: str, evidence: str) -> str:
    """Return the claim with what stands before a number wherever it stands in the evidence ("about 18,000", "up to
    three years"), where neither claim nor question has anything of the kind: a small model drops it.
    """
    if _LIMIT.search(claim):
        return claim
    before: dict[str, set[str]] = {}
    for term in terms(evidence):
        if term.kind == "number":
            before.setdefault(term.key, set()).add(_qualifier(evidence, term))
    asked = keys(terms(question), "number")
    for number in reversed(terms(claim)):
        qualifiers = before.get(number.key, set())
        bare = not (_qualifier(claim, number) or _BOUND.search(claim, 0, number.start))
        if (
            number.kind == "number"
            and len(qualifiers) == 1
            and "" not in qualifiers
            and bare
            and number.key not in asked
        ):
            (qualifier,) = qualifiers
            rest = claim[number.start :]
            if number.start == 0:
                qualifier, rest = qualifier.capitalize(), rest[:1].lower() + rest[1:]
            claim = f"{claim[: number.start]}{qualifier} {rest}"
    return claim


def _qualifier(text: str, number: Term) -> str:
    found = _QUALIFIER.search(text, 0, number.start)
    return found.group(1).casefold() if found else ""


def _bounded(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the numbers of `text` with a bound right before them, and those without."""
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for term in terms(text):
        if term.kind == "number":
            found[bool(_BOUND.search(text, 0, term.start))].add(term.key)
    return frozenset(found[True]), frozenset(found[False])


def swaps_roles(claim: str, support: Sequence[Sentence]) -> bool:
    """Tell whether the claim has two names around a word in one order and the evidence only in the other, both in the
    active voice.
    """
    said = _triples(claim)
    if not said:
        return False
    found = frozenset[tuple[str, str, str]]().union(*(_triples(sentence.text) for sentence in support))
    return any((after, verb, before) in found and (before, verb, after) not in found for before, verb, after in said)


def _hedges(text: str) -> frozenset[str]:
    hearsay = {match.group() for match in _HEARSAY.finditer(text)}
    words = (text[term.start : term.end] for term in terms(text))
    return frozenset(word for word in words if word.casefold() in HEDGES and word != "May") | hearsay


def figures(text: str) -> frozenset[tuple[str, str]]:
    """Return each number with each unit or month right beside it."""
    words = terms(text)
    pairs = set()
    for first, second in pairwise(words):
        gap = text[first.end : second.start]
        if gap.strip(" -\u00a0\u2011"):
            continue
        if first.kind == "number" and second.key in _UNIT_KEYS:
            pairs.add((first.key, _SAME_UNITS.get(second.key, second.key)))
        elif second.kind == "number" and first.key in MONTH_KEYS and len(second.key) <= 2:
            pairs.add((second.key, first.key))
    return frozenset(pairs)


def counting(text: str) -> dict[str, frozenset[str]]:
    """Return the numbers with a content word right behind them wherever they stand, each with the two words behind it:
    what they count ("12 fast kilometres"). Workers, visitors and divers all are people.
    """
    words = terms(text)
    counted: dict[str, frozenset[str]] = {}
    free = set[str]()
    for place, number in enumerate(words):
        if number.kind != "number":
            continue
        behind = words[place + 1 : place + 3]
        if behind and behind[0].kind == "content" and not text[number.end : behind[0].start].strip(" -"):
            named = {_PEOPLE} if behind[0].key not in _UNIT_KEYS else set[str]()
            things = {_SAME_UNITS.get(term.key, term.key) for term in behind if term.kind != "function"}
            counted[number.key] = counted.get(number.key, frozenset()) | things | named
        else:
            free.add(number.key)
    return {number: words for number, words in counted.items() if number not in free}


def _triples(text: str) -> frozenset[tuple[str, str, str]]:
    """Return `(name, verb-like word, name)` in the order of the text, where nothing turns the order around."""
    if _PASSIVE.search(text):
        return frozenset()
    words = terms(text)
    names = [place for place, word in enumerate(words) if word.kind == "name"]
    found: set[tuple[str, str, str]] = set()
    for left, right in combinations(names, 2):
        between: tuple[Term, ...] = words[left + 1 : right]
        found.update((words[left].key, verb, words[right].key) for verb in keys(between, "content"))
    return frozenset(found)
