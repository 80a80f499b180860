"""Finer comparisons of a claim with its evidence."""

from collections.abc import Callable

import pytest

from qa_service.evidence import Sentence
from qa_service.wordings import (
    clauses_of,
    drops_bound,
    drops_hedge,
    other_bearer,
    other_clause,
    other_figure,
    other_year,
    says_unknown,
    swaps_roles,
    tells_as_happened,
    with_qualifiers,
)

Make = Callable[..., tuple[Sentence, ...]]


@pytest.mark.parametrize(
    ("claim", "evidence", "dropped"),
    [
        ("The captain sold the ship.", "The captain reportedly sold the ship.", True),
        ("The captain reportedly sold the ship.", "The captain reportedly sold the ship.", False),
        ("The captain may have sold the ship.", "The captain reportedly sold the ship.", False),
        ("The captain sold the ship.", "The captain sold the ship; he may buy another.", False),
        ("The ship was sold in May.", "The ship was sold in May.", False),
        ("The mill may close.", "The mill is to close.", False),
        ("He asked for a watch.", "He is said to have asked for a watch.", True),
    ],
)
def test_a_hedge_of_the_evidence_must_not_get_lost(claim: str, evidence: str, dropped: bool) -> None:
    assert drops_hedge(claim, "What happened?", evidence) is dropped


def test_the_hedge_of_another_figure_takes_nothing_back() -> None:
    evidence = "It is now expected to cost 241 million marks, up from the 214 million that the council approved."
    question = "What price did the council approve?"
    assert not drops_hedge("The council approved a price of 214 million marks.", question, evidence)
    assert drops_hedge("It costs 241 million marks.", "What does it cost?", evidence)


def test_the_hedge_of_the_next_statement_takes_nothing_back() -> None:
    evidence = "The mast measured 41 kilometres an hour, and the crane may be used in up to 72."
    assert not drops_hedge("The mast measured 41 kilometres an hour.", "What did the mast measure?", evidence)
    assert drops_hedge("The crane is used in up to 72 kilometres.", "In what wind is it used?", evidence)


def test_a_hedge_that_the_question_itself_has_may_be_left_to_it() -> None:
    assert not drops_hedge("He sold the ship.", "What did the captain reportedly do?", "He reportedly sold the ship.")


@pytest.mark.parametrize(
    ("claim", "evidence", "other"),
    [
        ("It is 3 kilometres long.", "It is 3 miles long.", True),
        ("It is 3 km long.", "It is 3 kilometres long.", False),
        ("It opened on 9 September.", "It opened on 16 September and closed on 9 October.", True),
        ("It opened on September 9.", "It opened on 9 September.", False),
        ("It cost 3 million.", "It cost 3 thousand.", True),
        ("Three workers were hurt.", "Three workers were hurt in five days.", False),
        ("It has 40 rooms.", "It has 40 rooms.", False),
        ("It is insured for 61,000 marks.", "Insured for marks. It had 61,000 visitors last year.", True),
        ("It is insured for 900,000 marks.", "It had 900,000 visitors; it is insured for 900,000.", False),
        ("Two people were hurt.", "Two divers were hurt.", False),
        ("It cost 247 million marks.", "The bill is 247 million marks.", False),
        ("He ran 12 kilometres.", "He ran 12 fast kilometres.", False),
    ],
)
def test_a_number_keeps_its_unit_or_month(claim: str, evidence: str, other: bool) -> None:
    assert other_figure(claim, evidence) is other


@pytest.mark.parametrize(
    ("claim", "evidence", "other"),
    [
        ("The farms delivered 186 litres in 2023.", "In 2024 the farms delivered 186 litres, four more.", True),
        ("The farms delivered 186 litres in 2024.", "In 2024 the farms delivered 186 litres, four more.", False),
        ("The farms delivered 186 litres in 2023.", "The farms delivered 186 litres. In 2024 they grew.", False),
        ("The farms delivered 186 litres in 2023.", "In 2023 it was 186 litres, in 2024 too.", False),
        ("The farms grew in 2023.", "In 2024 the farms grew by 186 litres.", False),
    ],
)
def test_a_number_is_said_of_its_year(claim: str, evidence: str, other: bool, make_sentences: Make) -> None:
    assert other_year(claim, "How much did the farms deliver in 2023?", make_sentences(evidence)) is other


@pytest.mark.parametrize(
    ("claim", "evidence", "other"),
    [
        ("Then the German citizens left.", "The Polish citizens left in May.", True),
        ("Then the German citizens left.", "The Polish citizens left, and the German citizens too.", False),
        ("Then the German citizens left.", "The citizens left, and the Polish citizens too.", False),
        ("Then the German citizens left.", "The Polish citizens and those of German descent left.", False),
        ("Then the Polish citizens left.", "The Polish citizens left in May.", False),
    ],
)
def test_what_is_told_of_one_is_not_told_of_another(
    claim: str, evidence: str, other: bool, make_sentences: Make
) -> None:
    question = "When did the German citizens leave?"
    assert other_bearer(claim, question.replace("German", claim.split()[2]), make_sentences(evidence)) is other


@pytest.mark.parametrize(
    ("claim", "evidence", "announced"),
    [
        ("The strike lasted 72 hours.", "Drivers will stop work for 72 hours, their union said.", True),
        ("The strike began on 2 September.", "ORVA, 2 September 2024 (XPA) - They will begin on 9 September.", True),
        ("The strike will last 72 hours.", "Drivers will stop work for 72 hours, their union said.", False),
        ("The union planned a strike of 72 hours.", "Drivers will stop work for 72 hours.", False),
        ("The strike lasted 72 hours.", "The strike took 72 hours and will be remembered.", False),
    ],
)
def test_what_is_announced_has_not_happened(claim: str, evidence: str, announced: bool) -> None:
    assert tells_as_happened(claim, "How long did the strike last?", evidence) is announced


def test_who_did_it_to_whom_must_not_be_turned_around(make_sentences: Make) -> None:
    evidence = make_sentences("In May Halloran sued Voss over the tower.")
    assert swaps_roles("Then Voss sued Halloran over the tower.", evidence)
    assert not swaps_roles("Then Halloran sued Voss over the tower.", evidence)
    assert not swaps_roles("Then Voss was sued by Halloran.", evidence)
    assert not swaps_roles("The tower was sued.", evidence)


def test_only_the_clauses_that_answer_are_looked_at() -> None:
    evidence = "The bridge opened in June, but the tower did not."
    assert clauses_of(evidence, frozenset({"june"})) == "The bridge opened in June"
    assert clauses_of(evidence, frozenset({"zebra"})) == evidence


@pytest.mark.parametrize(
    ("claim", "evidence", "unknown"),
    [
        ("Piers Lowther was on duty.", "Who was on duty at the weir that night, the county would not say.", True),
        ("The county would not say who was on duty.", "Who was on duty, the county would not say.", False),
        ("Piers Lowther was on duty.", "Piers Lowther was on duty; the county did not name anybody else.", False),
        ("The buyer is Ivo Lenz.", "The boats were on duty until the city sold them without naming the buyer.", True),
    ],
)
def test_what_the_evidence_says_is_not_told_cannot_be_claimed(
    claim: str, evidence: str, unknown: bool, make_sentences: Make
) -> None:
    assert says_unknown(claim, "Who was on duty at the weir?", make_sentences(evidence)) is unknown


@pytest.mark.parametrize(
    ("claim", "evidence", "dropped"),
    [
        ("He faces three years in prison.", "He faces up to three years in prison.", True),
        ("He faces up to three years in prison.", "He faces up to three years in prison.", False),
        ("It cost 5 million.", "It cost more than 5 million; exactly 5 million had been planned.", False),
        ("At least 67 percent must accept.", "It needs at least 67 percent of the shares.", False),
        ("67 percent must accept.", "It needs at least 67 percent of the shares.", True),
    ],
)
def test_a_bound_before_a_number_must_not_get_lost(claim: str, evidence: str, dropped: bool) -> None:
    assert drops_bound(claim, evidence) is dropped


@pytest.mark.parametrize(
    ("claim", "question", "elsewhere"),
    [
        ("It is closed to all traffic above 80.", "At what wind is the bridge closed to all traffic?", True),
        ("It is closed to all traffic above 100.", "At what wind is the bridge closed to all traffic?", False),
        ("It is closed to lorries above 80.", "At what wind is the bridge closed to lorries?", False),
    ],
)
def test_a_number_belongs_to_the_words_of_its_own_clause(
    claim: str, question: str, elsewhere: bool, make_sentences: Make
) -> None:
    evidence = make_sentences("The bridge is closed to lorries when the wind exceeds 80 and to all traffic above 100.")
    assert other_clause(claim, question, evidence) is elsewhere


def test_an_opening_phrase_belongs_to_its_whole_sentence(
    make_sentences: Make,
) -> None:
    evidence = make_sentences("In 1976, the miners lost the vote, and three clubs left.")
    assert not other_clause("The miners lost it in 1976.", "When did the miners lose the vote?", evidence)


def test_what_a_figure_came_in_place_of_is_said_of_it_too(make_sentences: Make) -> None:
    evidence = make_sentences("Holders receive 92.50 marks a share, instead of the 88 marks offered in February.")
    assert not other_clause("The offer is 92.50 marks a share.", "What is the offer for a share?", evidence)


@pytest.mark.parametrize(
    ("claim", "evidence", "kept"),
    [
        ("18,000 people came.", "About 18,000 people crossed it.", "About 18,000 people came."),
        ("Marsh faces three years.", "He faces up to three years.", "Marsh faces up to three years."),
        ("Three years is what he faces.", "He faces up to three years.", "Up to three years is what he faces."),
        ("Nearly 40 came, 7 left.", "About 40 came and at least 7 left.", "Nearly 40 came, at least 7 left."),
        ("It cost 5 million.", "It cost more than 5 million; exactly 5 million were planned.", "It cost 5 million."),
        ("The highest fine is 8 million.", "It faces a fine of up to 8 million.", "The highest fine is 8 million."),
        ("The stage is 96 kilometres long.", "It leads over 96 flat kilometres.", "The stage is 96 kilometres long."),
        ("In 2024 nobody came.", "By 2024 some 12 had left.", "In 2024 nobody came."),
    ],
)
def test_what_stands_before_a_number_is_put_back(claim: str, evidence: str, kept: str) -> None:
    assert with_qualifiers(claim, "How many?", evidence) == kept


def test_a_number_of_the_question_stays_as_it_was_asked() -> None:
    assert (
        with_qualifiers("The 40 came in May.", "When did the 40 come?", "About 40 came in May.")
        == "The 40 came in May."
    )
