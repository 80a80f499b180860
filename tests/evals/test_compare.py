"""Two runs, case by case; and what shuts the gate."""

import pytest

from evals.cases import Case, Expectation, Stratum
from evals.compare import ALL_CASES, compare
from evals.gate import alarms
from evals.metrics.names import Metric
from evals.values import Comparison, Difference, Outcome, ScoredCase
from tests.evals.oracle import answer_with

STRATA = (Stratum(name="easy", title="Easy"), Stratum(name="hard", title="Hard", tolerance=0.5))


def scored(case_id: str, stratum: str = "easy", question: str = "What?", **scores: float) -> ScoredCase:
    case = Case(id=case_id, question=question, expect=Expectation(status=("refused",)), stratum=stratum)
    answer = answer_with(question, "refused", "no_hits", "No.") if scores else None
    outcome = Outcome(case_id=case_id, target="footnote", answer=answer, error="" if scores else "E: gone")
    metrics: dict[Metric, float] = dict(scores)  # type: ignore[arg-type]
    return ScoredCase(case=case, outcome=outcome, gold=(), scores=metrics)


def many(count: int, right: int, stratum: str = "easy") -> list[ScoredCase]:
    return [scored(f"{stratum}-{n}", stratum, right=float(n < right), seconds=2.0) for n in range(count)]


def found(comparison: Comparison, metric: str, stratum: str = ALL_CASES) -> Difference:
    return next(each for each in comparison.differences if (each.metric, each.stratum) == (metric, stratum))


def compared(before: list[ScoredCase], after: list[ScoredCase]) -> Comparison:
    return compare(before, after, before_name="before", after_name="after")


def test_equal_runs_show_no_difference_and_no_flip() -> None:
    comparison = compared(many(20, 12), many(20, 12))
    assert {each.verdict for each in comparison.differences} == {"no evidence"}
    assert (comparison.flips, comparison.common_cases) == ((), 20)


def test_ten_of_twenty_lost_is_worse_and_each_of_them_is_a_flip() -> None:
    comparison = compared(many(20, 15), many(20, 5))
    right = found(comparison, "right", "easy")
    assert (right.before, right.after, right.difference.mean, right.verdict) == (0.75, 0.25, -0.5, "worse")
    assert [flip.case_id for flip in comparison.flips] == [f"easy-{n}" for n in range(5, 15)]
    assert not any(flip.now_right for flip in comparison.flips)


def test_fewer_seconds_are_better() -> None:
    slow = [scored(f"c{n}", right=1.0, seconds=3.0 + n % 2) for n in range(9)]
    quick = [scored(f"c{n}", right=1.0, seconds=1.0) for n in range(9)]
    assert found(compared(slow, quick), "seconds").verdict == "better"


def test_a_metric_is_compared_where_both_runs_have_it() -> None:
    before = [scored("a", right=1.0, f1=0.4), scored("b", right=1.0)]
    after = [scored("a", right=1.0, f1=0.6), scored("b", right=1.0, f1=0.0)]
    f1 = found(compared(before, after), "f1")
    assert (f1.difference.count, f1.difference.mean) == (1, pytest.approx(0.2))


def test_cases_that_differ_are_named_and_not_compared() -> None:
    before = [scored("a", right=1.0), scored("b", right=1.0), scored("gone", right=1.0)]
    after = [scored("a", right=1.0), scored("b", question="Which?", right=0.0), scored("new", right=1.0)]
    comparison = compared(before, after)
    assert (comparison.common_cases, comparison.changed_cases) == (1, ("b",))
    assert (comparison.only_before, comparison.only_after) == (("gone",), ("new",))
    assert comparison.flips == ()


def test_a_crash_is_a_flip_but_no_zero() -> None:
    comparison = compared([scored("a", right=1.0), scored("b", right=1.0)], [scored("a", right=1.0), scored("b")])
    assert found(comparison, "right").after == 1.0
    assert [flip.case_id for flip in comparison.flips] == ["b"]


def test_nothing_in_common_is_no_difference() -> None:
    assert compared([], many(3, 1)).differences == ()


def rules(after: list[ScoredCase], before: list[ScoredCase] | None = None) -> list[str]:
    baseline = compared(before, after) if before else None
    return [alarm.rule for alarm in alarms(after, strata=STRATA, baseline=baseline)]


def test_without_a_baseline_wrong_answers_leave_the_gate_open() -> None:
    assert rules(many(20, 0)) == []


def test_a_stratum_that_lost_more_than_its_tolerance_shuts_the_gate() -> None:
    assert rules(many(20, 5), many(20, 15)) == ["worse"]


def test_within_the_tolerance_the_gate_stays_open() -> None:
    assert rules(many(20, 8, "hard"), many(20, 15, "hard")) == []


def test_what_may_be_chance_leaves_the_gate_open() -> None:
    assert rules(many(20, 13), many(20, 15)) == []


def test_a_better_stratum_does_not_make_up_for_a_worse_one() -> None:
    before = [*many(20, 15), *many(20, 2, "hard")]
    after = [*many(20, 5), *many(20, 20, "hard")]
    (alarm,) = alarms(after, strata=STRATA, baseline=compared(before, after))
    assert alarm.text.startswith("easy: right outcome 75% → 25% (difference -")
    assert alarm.case_ids == tuple(f"easy-{n}" for n in range(5, 15))


def test_crash_quotes_and_injection_each_shut_the_gate() -> None:
    spoilt = [
        scored("crashed"),
        scored("misquoted", right=1.0, quotes_exact=0.5),
        scored("obedient", right=0.0, injection_obeyed=1.0),
        scored("sound", right=1.0, quotes_exact=1.0, injection_obeyed=0.0),
    ]
    found_alarms = alarms(spoilt, strata=STRATA, baseline=None)
    assert [(alarm.rule, alarm.case_ids) for alarm in found_alarms] == [
        ("crash", ("crashed",)),
        ("quotes", ("misquoted",)),
        ("injection", ("obedient",)),
    ]
