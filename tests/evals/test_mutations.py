"""A pipeline that goes wrong in one way is caught by the metric for that way, and the gate shuts."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from config.settings import load_settings
from evals.anchors import Anchors
from evals.cases import Case, Suite, load_suite
from evals.cli import EVALS
from evals.own_index import with_index_in
from evals.run import Bench, Plan, evaluate
from evals.values import Report
from indexer.build import build
from indexer.embed import HashingEmbedder
from indexer.search import Index, open_index
from qa_service.values import Answer
from tests.evals.oracle import Mutate, Oracle, answer_with, any_paragraph, unchanged

pytestmark = pytest.mark.contract

SETTINGS = load_settings("default", environ={})


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite(EVALS / "cases")


@pytest.fixture(scope="module")
def index(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    settings = with_index_in(SETTINGS, tmp_path_factory.mktemp("mutations") / "index")
    embedder = HashingEmbedder()
    build([suite.corpus], settings=settings, embedder=embedder)
    with closing(open_index(settings, embedder)) as opened:
        yield opened


@pytest.fixture(scope="module")
def sound(suite: Suite, index: Index, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report_on(suite, index, unchanged, tmp_path_factory.mktemp("sound"))


def report_on(suite: Suite, index: Index, mutate: Mutate, folder: Path, baseline: Report | None = None) -> Report:
    plan = Plan(suite=suite, targets=("footnote",), folder=folder, baseline=baseline, baseline_name="sound")
    oracle = Oracle(suite.cases, index, mutate=mutate)
    return evaluate(plan, Bench(settings=SETTINGS, index=index, targets=(oracle,), model_sha256="0" * 64))


def mean(report: Report, metric: str) -> float:
    return report.summaries[0].overall.metrics[metric].mean


def alarmed(report: Report, rule: str) -> list[str]:
    return [alarm.text for alarm in report.alarms if alarm.rule == rule]


def test_answers_as_the_suite_expects_them_are_right_in_every_respect_and_open_the_gate(sound: Report) -> None:
    for metric in ("right", "answered_right", "refused_right", "citation_precision", "citation_recall", "quotes_exact",
                   "support_recall", "containment", "nugget_recall", "claims_verified", "refusal_recall"):  # fmt: skip
        wrong = [each.case.id for each in sound.cases if each.scores.get(metric, 1.0) != 1.0]
        assert (metric, wrong) == (metric, [])
    assert mean(sound, "false_refusal") == mean(sound, "injection_obeyed") == 0.0
    assert sound.alarms == ()


def test_wrong_citations_are_caught_by_citation_precision_and_recall(
    suite: Suite, index: Index, sound: Report, tmp_path: Path
) -> None:
    anchors = Anchors(index)

    def cite_elsewhere(case: Case, answer: Answer) -> Answer:
        other = any_paragraph(index, beside=anchors.gold_of(case).relevance)
        if not answer.citations:
            return answer
        words = answer.text[: answer.claims[0].end]
        return answer_with(case.question, answer.status, answer.reason, words, [other] * len(answer.citations))

    report = report_on(suite, index, cite_elsewhere, tmp_path, sound)
    assert mean(report, "citation_precision") == mean(report, "citation_recall") == 0.0
    assert (mean(report, "answered_right"), mean(report, "quotes_exact")) == (1.0, 1.0)
    assert any("citation precision 100% → 0%" in text for text in alarmed(report, "worse"))


def test_always_refusing_is_caught_by_false_refusals(suite: Suite, index: Index, sound: Report, tmp_path: Path) -> None:
    def refuse(case: Case, answer: Answer) -> Answer:
        return answer_with(case.question, "refused", "low_relevance", "The documents do not state it.")

    report = report_on(suite, index, refuse, tmp_path, sound)
    assert mean(report, "false_refusal") > 0.9  # a few cases may be answered or refused
    assert mean(report, "answered_right") < 0.1
    assert mean(report, "refusal_recall") == 1.0
    assert mean(report, "refusal_precision") < 0.5
    assert any(text.startswith("single-paragraph: right outcome") for text in alarmed(report, "worse"))
    assert not any(text.startswith("off-topic") for text in alarmed(report, "worse"))


def test_never_refusing_is_caught_by_the_unanswerable_cases(
    suite: Suite, index: Index, sound: Report, tmp_path: Path
) -> None:
    anything = any_paragraph(index, beside={})

    def answer_anyway(case: Case, answer: Answer) -> Answer:
        if case.answerable:
            return answer
        return answer_with(case.question, "answered", None, "It was so.", [anything])

    report = report_on(suite, index, answer_anyway, tmp_path, sound)
    assert (mean(report, "answered_right"), mean(report, "false_refusal")) == (1.0, 0.0)
    assert mean(report, "refused_right") < 0.1
    worse = " ".join(alarmed(report, "worse"))
    assert "near-miss: right outcome" in worse
    assert "off-topic: right outcome" in worse


def test_one_altered_character_of_one_quote_shuts_the_gate(
    suite: Suite, index: Index, sound: Report, tmp_path: Path
) -> None:
    spoilt = next(each.case.id for each in sound.cases if each.outcome.answer and each.outcome.answer.citations)

    def alter(case: Case, answer: Answer) -> Answer:
        if case.id != spoilt:
            return answer
        first, *others = answer.citations
        quote = first.quote[:-1] + ("x" if first.quote[-1] != "x" else "y")
        return msgspec.structs.replace(answer, citations=(msgspec.structs.replace(first, quote=quote), *others))

    report = report_on(suite, index, alter, tmp_path, sound)
    (alarm,) = report.alarms
    assert (alarm.rule, alarm.case_ids) == ("quotes", (spoilt,))
    assert mean(report, "quotes_exact") < 1.0


def test_crashes_on_a_tenth_of_the_cases_are_listed_and_are_no_zeros(
    suite: Suite, index: Index, sound: Report, tmp_path: Path
) -> None:
    doomed = [case.id for case in suite.cases[::10]]

    def crash(case: Case, answer: Answer) -> Answer:
        if case.id in doomed:
            raise ZeroDivisionError("on purpose")
        return answer

    report = report_on(suite, index, crash, tmp_path, sound)
    (alarm,) = (alarm for alarm in report.alarms if alarm.rule == "crash")
    assert list(alarm.case_ids) == doomed
    assert [each.case.id for each in report.cases if each.outcome.error == "ZeroDivisionError: on purpose"] == doomed
    assert report.summaries[0].overall.crashed == len(doomed)
    assert mean(report, "right") == 1.0
    assert len(report.cases) == len(suite.cases)


def test_an_obeyed_instruction_shuts_the_gate(suite: Suite, index: Index, sound: Report, tmp_path: Path) -> None:
    attacked = next(case for case in suite.cases if case.expect.obeys)

    def obey(case: Case, answer: Answer) -> Answer:
        if case.id != attacked.id:
            return answer
        return answer_with(case.question, "answered", None, f"Yes: {attacked.expect.obeys[0]}.")

    report = report_on(suite, index, obey, tmp_path, sound)
    (alarm,) = report.alarms
    assert (alarm.rule, alarm.case_ids) == ("injection", (attacked.id,))


def test_a_repeated_run_asks_nothing_again_and_crashes_are_tried_again(
    suite: Suite, index: Index, tmp_path: Path
) -> None:
    asked: list[str] = []

    def crash_once(case: Case, answer: Answer) -> Answer:
        asked.append(case.id)
        if len(asked) == 3:
            raise KeyError("the third")
        return answer

    oracle = Oracle(suite.cases, index, mutate=crash_once)
    plan = Plan(suite=suite, targets=("footnote",), folder=tmp_path, sample=26)
    bench = Bench(settings=SETTINGS, index=index, targets=(oracle,), model_sha256="0" * 64)
    first, second = evaluate(plan, bench), evaluate(plan, bench)
    assert (len(asked), asked[-1]) == (27, asked[2])
    assert (first.summaries[0].cached, second.summaries[0].cached) == (0, 25)
    assert [alarm.rule for alarm in first.alarms] == ["crash"]
    assert second.alarms == ()
