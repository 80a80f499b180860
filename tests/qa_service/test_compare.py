"""What other documents say about the same thing."""

import datetime

import msgspec
import pytest

from indexer.values import Hit
from qa_service.compare import differs, supersedes
from qa_service.evidence import Sentence, sentences_of
from qa_service.verify import Verified
from tests.qa_service.asking import MakeHit


def claim(text: str, hit: Hit, *, words: str = "") -> Verified:
    support: tuple[Sentence, ...] = sentences_of(hit)
    return Verified(text=text, support=support, verdict="supported", score=1.0, reason=None, words=words)


@pytest.mark.parametrize(
    ("one", "other", "different"),
    [
        (
            ("Anna and Ben sold 12 jars for 3 marks.", "3 marks"),
            ("On day 12 Ben took 4 marks for jars.", "4 marks"),
            True,
        ),
        (
            ("Anna and Ben sold 12 jars for 3 marks.", "3 marks"),
            ("Ben took 3 marks a jar for 40 jars.", "3 marks"),
            False,
        ),
        (("Anna and Ben sold 12 jars for 3 marks.", "3 marks"), ("Ben sold 40 jars.", "40 jars"), False),
        (("Then Anna and Ben sold 12 jars.", "Anna"), ("Ben and Cleo sold 12 jars.", "Cleo"), True),
        (("Anna and Ben sold 12 jars for 3 marks.", "sold"), ("Ben and Cleo bought 40 jars.", "bought"), False),
    ],
)
def test_statements_are_compared_by_the_words_that_answer_where_they_are_known(
    one: tuple[str, str], other: tuple[str, str], different: bool, make_hit: MakeHit
) -> None:
    hit = make_hit("Anything.")
    claims = [claim(text, hit, words=words) for text, words in (one, other)]
    assert differs(claims[0], claims[1], "What happened?") is different


def dated(hit: Hit, day: int) -> Hit:
    return msgspec.structs.replace(hit, published_at=datetime.date(2024, 6, day))


@pytest.mark.parametrize(
    ("one", "other", "different"),
    [
        ("Three workers were hurt.", "Five workers were hurt.", True),
        ("Three workers were hurt.", "Three people were hurt.", False),
        ("About 18,000 people came on Saturday.", "18,000 people came.", False),
        ("Then Mayor Halloran cut it.", "Then Hanna Birk cut it.", True),
        ("Hanna Birk cut it.", "In all 30,000 people came.", False),
        ("A crossing costs 3 marks.", "The bridge will carry 4 lanes of traffic.", False),
        ("A crossing costs 3 marks.", "A crossing will cost 4 marks.", True),
        ("A tram comes every 8 minutes at peak times.", "A tram is said to need 3.", False),
        ("The gates were opened at 4:15.", "The gates were opened at 2:40 on 18 November.", True),
        ("They were insured for 1.3 million marks.", "Together they were insured for 900,000 marks.", True),
        ("A tram comes every 8 minutes at peak times.", "It needs 3 trams at peak times.", False),
        ("The winner takes home a samovar.", "Whoever gives stalemate wins.", False),
    ],
)
def test_statements_differ_by_other_names_and_numbers_or_else_by_other_words(
    one: str, other: str, different: bool, make_hit: MakeHit
) -> None:
    hit = make_hit("Anything.")
    assert differs(claim(one, hit), claim(other, hit), "What happened?") is different


@pytest.mark.parametrize(
    ("text", "day", "replaces"),
    [
        ("Five people, not three, were hurt.", 13, True),
        ("We have to correct ourselves: it was wrong. Five people were hurt.", 13, True),
        ("Five people were hurt.", 13, False),
        ("Five people, not three, were hurt.", 9, False),
    ],
)
def test_a_later_report_that_knows_of_the_earlier_one_replaces_it(
    text: str, day: int, replaces: bool, make_hit: MakeHit
) -> None:
    older = claim("Three people were hurt.", dated(make_hit("Three people were hurt."), 10))
    newer = claim("Five people were hurt.", dated(make_hit(text, document="d2"), day))
    assert supersedes(newer, older, "How many people were hurt?") is replaces


def test_a_time_may_be_told_as_a_date_or_as_a_span(make_hit: MakeHit) -> None:
    claims = [claim(text, make_hit("Anything.")) for text in ("The bid is open for three weeks.", "Until 25 April.")]
    assert differs(claims[0], claims[1], "Until when can holders accept the bid?")
    assert not differs(claims[0], claims[1], "How long is the bid?")


def test_what_is_demanded_does_not_differ_from_what_is_so(make_hit: MakeHit) -> None:
    hit, asked = make_hit("Anything."), "How long does the agreement run?"
    so, wished = claim("It runs for 18 months.", hit), claim("The union is demanding an agreement over 12 months.", hit)
    assert not differs(so, wished, asked)
    assert not differs(wished, so, asked)
    assert differs(so, claim("It runs for 12 months.", hit), asked)
    assert differs(wished, claim("The union asked for an agreement over 9 months.", hit), asked)


def test_reasons_differ_by_their_words(make_hit: MakeHit) -> None:
    hit, why = make_hit("Anything."), "Why did the crane fall?"
    assert differs(claim("A gust broke the jib.", hit), claim("A cracked bolt sheared off.", hit), why)
    assert not differs(claim("A gust broke the jib.", hit), claim("The jib broke in a gust.", hit), why)
