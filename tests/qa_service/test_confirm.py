"""Asking the model whether its own answer is right."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import pytest

import qa_service.confirm
from config.settings import AnswerSettings, load_settings
from indexer.values import Hit
from qa_service.answerability import LoadedAdapter
from qa_service.compose import Brief, compose
from qa_service.confirm import confirm
from qa_service.llm.port import ModelSession, Prompt, Reading
from qa_service.llm.scripted import ScriptedModel
from qa_service.verify import Verified
from tests.qa_service.test_answerability import ADAPTER

SETTINGS = msgspec.structs.replace(
    load_settings().answer, trust_threshold=0.8, confidence_threshold=0.25, adapter="one"
)
HOLDS = Verified(text="Voss won.", support=(), verdict="supported", score=1.0, reason=None)
REWORDS = Verified(
    text="Voss triumphed.", support=(), verdict="unsupported", score=0.5, reason="unsupported", rewords=True
)
FAILS = Verified(text="Adler won.", support=(), verdict="contradicted", score=0.5, reason="contradicted")


class Reader:
    """A session that finds every answer as probable as it is told, and counts what it is asked."""

    def __init__(self, log_odds: float, *, adapted: bool = True) -> None:
        self.log_odds, self.adapted = log_odds, adapted
        self.asked: list[Prompt] = []

    def read(self, prompt: Prompt, _choices: Sequence[str]) -> Reading:
        self.asked.append(prompt)
        return Reading(log_probabilities=(self.log_odds, 0.0), adapted=self.adapted)


@pytest.fixture(autouse=True)
def adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: Any = LoadedAdapter(adapter=ADAPTER, weights=None)  # type: ignore[arg-type]
    monkeypatch.setattr(qa_service.confirm, "load_adapter", lambda name: loaded if name else None)


@pytest.fixture
def brief(make_hit: Callable[..., Hit]) -> Iterator[Brief]:
    model = ScriptedModel(lambda _prompt: "")
    with model.admit(threading.Event()) as session:
        hits = [make_hit("Voss won in May.")]
        yield compose("Who won?", hits, whole="Who won?", session=session, settings=SETTINGS)[-1]


def verdicts(
    claims: list[Verified],
    brief: Brief,
    reader: Reader,
    *,
    answerable: float | None,
    settings: AnswerSettings = SETTINGS,
) -> list[str]:
    session: ModelSession = reader  # type: ignore[assignment]  # all that is asked of it
    found = confirm(
        claims,
        "The draft.",
        brief=brief,
        answerable=answerable,
        session=session,
        settings=settings,
    )
    assert [claim.text for claim in found] == [claim.text for claim in claims]
    assert all((claim.verdict == "supported") == (claim.reason is None) for claim in found)
    return [claim.verdict for claim in found]


def test_an_answer_that_only_rewords_holds_when_the_model_is_confident_of_it(brief: Brief) -> None:
    reader = Reader(2.0)
    assert verdicts([REWORDS, FAILS, HOLDS], brief, reader, answerable=0.9) == [
        "supported",
        "contradicted",
        "supported",
    ]
    assert "Answer: The draft." in reader.asked[0].ask
    assert verdicts([REWORDS], brief, Reader(0.2), answerable=0.9) == ["unsupported"]
    assert verdicts([REWORDS], brief, Reader(9.0), answerable=0.5) == ["supported"]


@pytest.mark.parametrize(
    ("claims", "answerable"), [([HOLDS], 0.97), ([FAILS], 0.9), ([FAILS], 0.5), ([], 0.5), ([HOLDS], None)]
)
def test_without_doubt_nothing_is_asked(claims: list[Verified], answerable: float | None, brief: Brief) -> None:
    reader = Reader(-9.0)
    assert verdicts(claims, brief, reader, answerable=answerable) == [claim.verdict for claim in claims]
    assert not reader.asked


@pytest.mark.parametrize(("log_odds", "verdict"), [(-4.5, "unsupported"), (-2.0, "supported")])
def test_what_the_model_is_not_confident_of_is_taken_back(log_odds: float, verdict: str, brief: Brief) -> None:
    reader = Reader(log_odds)
    assert verdicts([HOLDS, FAILS], brief, reader, answerable=0.7) == [verdict, "contradicted"]
    assert len(reader.asked) == 1
    assert verdicts([HOLDS], brief, Reader(-9.0, adapted=False), answerable=0.7) == ["supported"]


def test_what_rewords_and_is_not_confident_is_doubted(brief: Brief) -> None:
    session: ModelSession = Reader(-9.0)  # type: ignore[assignment]  # all that is asked of it
    found = confirm([REWORDS, FAILS], "It.", brief=brief, answerable=0.7, session=session, settings=SETTINGS)
    assert [claim.doubted for claim in found] == [True, False]


def test_without_an_adapter_the_words_decide(brief: Brief) -> None:
    assert verdicts([REWORDS], brief, Reader(9.0, adapted=False), answerable=0.9) == ["unsupported"]
    none = msgspec.structs.replace(SETTINGS, adapter="")
    reader = Reader(9.0)
    assert verdicts([REWORDS], brief, reader, answerable=0.9, settings=none) == ["unsupported"]
    assert not reader.asked
