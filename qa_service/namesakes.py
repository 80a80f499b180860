"""Stage: where a question asks who somebody is by a name that several people bear, find them all."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from indexer.search import Index
from indexer.values import Filters, Hit
from qa_service.asked import is_possessive
from qa_service.evidence import Sentence, sentences_of
from qa_service.instructions import gives_orders
from qa_service.terms import Term, content_keys, terms

_ASKS_WHO = re.compile(
    r"^\W*(?:(?:so|and|but|please|tell me),?\s+)*"
    r"(?:who(?:['\u2019]s| is| was| exactly is)|what (?:does|did)|tell me about|(?:more )?about)\s",
    re.IGNORECASE,
)
_OCCUPATION_KEYS = content_keys("living job work profession occupation")
_FEWEST_LETTERS = 3
_HONORIFICS = frozenset({"mrs", "miss", "prof", "sir", "dame", "lord", "lady"})
_SEARCHED = 40
"""Paragraphs that are looked through for the name."""
_MOST_NAMESAKES = 4
_SMALL = re.compile(r"\b[^\W\d_]+")


class Namesake(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who bears the name, and a sentence that tells of them."""

    name: str
    """As the sentence has it, with the first name."""
    sentence: Sentence


def namesakes(question: str, *, index: Index, filters: Filters) -> tuple[Namesake, ...]:
    """Return up to four people who bear the one name that `question` is about, those whom the index tells most of
    first; none unless there are several.

    They are told apart by the capitalised word before the name, unless that is a title: an honorific, a word that
    stands before a first name elsewhere ("Mayor Halloran", "Mayor Nessa Halloran") or in small letters ("Judge Okonjo"
    where "the judge" is spoken of).
    """
    name = _name_asked_about(question)
    if name is None:
        return ()
    found = index.search(question[name.start : name.end], filters=filters, limit=_SEARCHED)
    hits = [hit for hit in found if not gives_orders(hit.paragraph.text)]
    titles = _HONORIFICS.union(*(_titles(hit.paragraph.text) for hit in hits))
    told: dict[str, list[Namesake]] = defaultdict(list)
    for first, namesake in _bearers(name.key, hits):
        if len(first) >= _FEWEST_LETTERS and first.casefold() not in titles:
            told[first].append(namesake)

    def others_in(namesake: Namesake) -> int:
        return sum(first in namesake.sentence.text for first in told)

    several = len(told) > 1
    return tuple(min(each, key=others_in) for each in told.values())[:_MOST_NAMESAKES] if several else ()


def _name_asked_about(question: str) -> Term | None:
    """Return the name, if the question asks who that is and nothing else; what has an article is no name."""
    asking = _ASKS_WHO.match(question)
    if asking is None:
        return None
    asked = [term for term in terms(question) if term.start >= asking.end()]
    own = [term for term in asked if term.kind != "function" and term.key not in _OCCUPATION_KEYS]
    if len(own) != 1 or own != asked[:1] or own[0].kind == "number":
        return None
    return None if is_possessive(question[own[0].start : own[0].end]) else own[0]


def _titles(text: str) -> set[str]:
    """Return words that are written small, and those before two capitalised ones: what may be a title elsewhere."""
    small = {word for word in _SMALL.findall(text) if word.islower()}
    words = terms(text)
    before = {
        text[one.start : one.end].casefold()
        for one, two, three in zip(words, words[1:], words[2:], strict=False)
        if text[one.end : two.start] == text[two.end : three.start] == " "
        and all(text[each.start].isupper() for each in (one, two, three))
    }
    return small | before


def _bearers(key: str, hits: Sequence[Hit]) -> Iterator[tuple[str, Namesake]]:
    """Yield the word before each mention of the name that has a capitalised one, with who that makes."""
    for sentence in (sentence for hit in hits for sentence in sentences_of(hit)):
        words = terms(sentence.text)
        for before, name in pairwise(words):
            first = sentence.text[before.start : before.end]
            named = sentence.text[name.start].isupper() and sentence.text[before.end : name.start] == " "
            if name.key == key and named and first[0].isupper() and before.kind in ("name", "content"):
                yield first, Namesake(name=sentence.text[before.start : name.end], sentence=sentence)
