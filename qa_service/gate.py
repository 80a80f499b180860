"""Stage: decide before answering whether the evidence answers exactly this question.

A small model that is asked to answer will answer. Asked first whether the passages answer the question, its yes-no
log-odds tell answerable from near-miss questions far better than anything it says afterwards. What it overlooks, a name
that stands nowhere in the evidence, is looked up.
"""

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import date

import msgspec
from rapidfuzz import fuzz, process

from config.settings import AnswerSettings
from indexer.values import Hit
from qa_service.answerability import (
    BEFORE_WORDS,
    CHOICES,
    LoadedAdapter,
    deciding,
    load_adapter,
    log_odds,
    probability,
)
from qa_service.compose import Brief
from qa_service.evidence import date_in_words
from qa_service.llm.port import ModelSession, Telling
from qa_service.terms import SAME_WORD_RATIO, TIME_KEYS, terms
from qa_service.values import Reason
from qa_service.years import day_in_words, years_meant

_WORDS_TOKENS = 24
"""Of the answers that the adapter learnt from, one in a hundred is longer."""
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_FIGURE = re.compile(r"\d[\d.,:]*\d")
_CAPITAL = re.compile(r"\b[A-Z]\w+")
_CAPITAL_RUN = re.compile(r"\b[A-Z]\w+(?:\s+(?:(?:of|the|and|for)\s+)*[A-Z]\w+)+")


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Whether to go on, and what told so."""

    reason: Reason | None
    """Why not to answer; None to go on."""
    missing_names: tuple[str, ...] = ()
    """Names in the question, as written there, which the evidence does not hold."""
    probability: float | None = None
    """That the evidence answers the question, 0 to 1; None when the model was not asked or cannot tell."""
    sure: bool = False
    """Whether it is so probable that no more evidence needs to be read."""
    words: str = ""
    """Those that answer, as the model's adapter reads them; none where it was not asked, or has none."""


def gate(
    brief: Brief,
    hits: Sequence[Hit],
    *,
    session: ModelSession,
    settings: AnswerSettings,
    deadline_s: float,
    more: bool = False,
) -> Decision:
    """Decide whether to answer from `brief`, cheapest signal first, and read which words answer where it is answered.

    `more` tells that there is more evidence to read, so that only what is sure is answered from this. The model is not
    asked once `time.monotonic()` is past `deadline_s`.
    """
    if not brief.passages:
        return Decision(reason="no_hits")
    if missing := _missing_names(brief.question, hits):
        return Decision(reason="low_relevance", missing_names=missing)
    if time.monotonic() > deadline_s:
        return Decision(reason="deadline")
    return decide(brief, session=session, settings=settings, more=more)


def decide(brief: Brief, *, session: ModelSession, settings: AnswerSettings, more: bool = False) -> Decision:
    """Ask the model whether `brief` answers its question, and in which words."""
    loaded = load_adapter(settings.adapter)
    scale = loaded.adapter.decide if loaded else None
    least = settings.first_threshold if more else settings.answerability_threshold
    reading = session.read(deciding(brief), CHOICES, telling=_telling(loaded, least))
    if reading is None:
        return Decision(reason=None)
    found = probability(reading, scale)
    opened = found >= settings.answerability_threshold
    return Decision(
        reason=None if opened else "low_relevance",
        probability=found,
        sure=opened and found >= settings.first_threshold,
        words=_as_written(" ".join(reading.words.split()).rstrip(".")),
    )


def _as_written(words: str) -> str:
    """Return a date that is told as it stands behind titles, 2024-01-31, in the words of the documents."""
    if _ISO_DATE.fullmatch(words):
        with suppress(ValueError):  # as 2024-13-31
            return day_in_words(date.fromisoformat(words))
    return words


def _telling(loaded: LoadedAdapter | None, least: float) -> Telling | None:
    """Return how the words that answer are asked for; None where the adapter tells none."""
    if loaded is None or not loaded.adapter.tells_words:
        return None
    return Telling(opening=BEFORE_WORDS, max_tokens=_WORDS_TOKENS, least_margin=log_odds(least, loaded.adapter.decide))


def _missing_names(question: str, hits: Sequence[Hit]) -> tuple[str, ...]:
    """Return the question's names and figures that stand in no retrieved paragraph, title or date; a name not even with
    a typo or as an acronym.
    """
    asked = terms(question)
    names = [
        term
        for term in asked
        if (term.kind == "name" and term.key not in TIME_KEYS) or _FIGURE.fullmatch(question, term.start, term.end)
    ]
    if all(question[term.start].isupper() for term in asked if question[term.start].isalpha()):
        return ()  # capitals throughout say nothing about names
    present: set[str] = set()
    for text in {text for hit in hits for text in _texts_of(hit)}:
        present.update(term.key for term in terms(text))
        present.update(acronym for acronym, _ in _acronyms(text))
    for hit in hits:
        present |= years_meant(hit.paragraph.text, hit.published_at)
    spelt_out = {key for acronym, words in _acronyms(question) if acronym in present for key in words}
    return tuple(
        question[name.start : name.end]
        for name in names
        if name.key not in present
        and name.key not in spelt_out
        and (
            name.kind == "number"
            or not process.extractOne(name.key, present, scorer=fuzz.ratio, score_cutoff=SAME_WORD_RATIO)
        )
    )


def _texts_of(hit: Hit) -> tuple[str, ...]:
    return (hit.title, hit.source, date_in_words(hit), hit.paragraph.heading, hit.paragraph.text)


def _acronyms(text: str) -> list[tuple[str, frozenset[str]]]:
    """Return `(acronym, keys of its words)` for each run of capitalised words: `European Union` gives `eu`."""
    return [
        ("".join(word[0] for word in _CAPITAL.findall(run)).casefold(), frozenset(term.key for term in terms(run)))
        for run in _CAPITAL_RUN.findall(text)
    ]
