"""The decision before answering."""

import threading
import time
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.settings import load_settings
from indexer.values import Hit
from qa_service.compose import compose
from qa_service.gate import Decision, gate
from qa_service.llm.scripted import ScriptedModel

SETTINGS = load_settings().answer


def decide(question: str, hits: list[Hit], *, log_odds: float | None = 5.0, left_s: float = 60.0) -> Decision:
    verdict = None if log_odds is None else lambda _prompt, choice: log_odds if choice == "Yes" else 0.0
    model = ScriptedModel(lambda _prompt: "", verdict=verdict)
    with model.admit(threading.Event()) as session:
        brief = compose(question, hits, whole=question, session=session, settings=SETTINGS)[-1]
        return gate(brief, hits, session=session, settings=SETTINGS, deadline_s=time.monotonic() + left_s)


def test_without_evidence_there_is_nothing_to_answer_from() -> None:
    assert decide("Who won?", []).reason == "no_hits"


def test_the_models_no_closes_the_gate_and_its_yes_opens_it(make_hit: Callable[..., Hit]) -> None:
    hits = [make_hit("Katrin Voss won the chess open.")]
    assert decide("Who won the chess open?", hits, log_odds=-20.0).reason == "low_relevance"
    opened = decide("Who won the chess open?", hits, log_odds=20.0)
    assert opened.reason is None
    assert opened.probability is not None
    assert opened.probability > 0.99


def test_a_model_that_cannot_tell_leaves_the_gate_open(make_hit: Callable[..., Hit]) -> None:
    assert decide("Who won?", [make_hit("Voss won.")], log_odds=None) == Decision(reason=None)


def test_a_name_that_stands_nowhere_in_the_evidence_closes_the_gate(make_hit: Callable[..., Hit]) -> None:
    hits = [make_hit("The prime minister went to Tarsk in May.")]
    found = decide("When did Prime Minister Stroud visit Tarsk?", hits)
    assert found.reason == "low_relevance"
    assert found.missing_names == ("Stroud",)


def test_names_match_over_case_typos_possessives_and_acronyms(make_hit: Callable[..., Hit]) -> None:
    hits = [make_hit("al-Khazali met the European Union's envoy, Ms. Bagheri; NATO watched.", title="Oslo talks")]
    for question in (
        "Did AL-KHAZALI meet Bagheri?",
        "When did Al-Khazalli meet Bagheri's envoy?",
        "What did the EU say in Oslo?",
        "What did the North Atlantic Treaty Organization say?",
    ):
        assert decide(question, hits).missing_names == (), question


def test_a_question_in_capitals_is_not_full_of_names(make_hit: Callable[..., Hit]) -> None:
    assert decide("WHO WON THE OPEN LAST WINTER", [make_hit("Voss won the open.")]).missing_names == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the fixture is a pure function
@given(question=st.text(min_size=1, max_size=80))
def test_any_question_gets_a_decision(question: str, make_hit: Callable[..., Hit]) -> None:
    decide(question, [make_hit("Voss won the open.")])


def test_a_figure_that_stands_nowhere_in_the_evidence_closes_the_gate(make_hit: Callable[..., Hit]) -> None:
    hits = [make_hit("Katrin Voss won the chess open on 4 May; 1,250 people came.")]
    assert decide("Who won the chess open in 1706?", hits).missing_names == ("1706",)
    for known in ("Who won the chess open on 14 March 2024?", "Did 1250 people come?", "Who of the 3 players won?"):
        assert decide(known, hits).missing_names == (), known


def test_past_the_deadline_the_model_is_not_asked(make_hit: Callable[..., Hit]) -> None:
    assert decide("Who won?", [make_hit("Voss won.")], left_s=-1.0) == Decision(reason="deadline")


def test_last_year_is_the_year_before_that_of_publication(make_hit: Callable[..., Hit]) -> None:
    hits = [make_hit("Last year 6,500 visitors came.")]
    assert decide("How many visitors came in 2023?", hits).reason is None
    assert decide("How many visitors came in 2022?", hits).missing_names == ("2022",)
