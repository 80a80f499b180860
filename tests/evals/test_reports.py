"""How a run looks: the figures in words, the page, the tables. What the page does is in test_report_page.py."""

import io
import json
import re

import msgspec
import pytest
from lxml import html
from rich.console import Console, RenderableType

from evals.cases import Expectation, Fact
from evals.compare import compare
from evals.reports.case_views import case_views, paragraph_texts
from evals.reports.figures import baseline_of, changes, duration, gate, key_rows, number, stratum_rows, with_unit
from evals.reports.flips import worst_first
from evals.reports.html import render_html
from evals.reports.tables import render_comparison, render_flips, render_report
from evals.summarise import summarise
from evals.values import Difference, Interval, Report
from tests.evals.report_factory import ATTACK, BASELINE, CHINESE, STRATA, make_cases, make_report, make_scored

REPORT = make_report()
CASES = make_cases(14)


def shown(renderable: RenderableType, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(renderable)
    return console.file.getvalue()


def text_of(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def page_of(report: Report) -> html.HtmlElement:
    return html.document_fromstring(render_html(report))


# Figures


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(0.7125, "share", "71.2 %"), (1.0, "share", "100.0 %"), (0.0, "share", "0.0 %"), (3.456, "s", "3.46 s")],
)
def test_a_value_is_said_with_its_unit(value: float, unit: str, said: str) -> None:
    assert with_unit(value, unit) == said


def test_tokens_are_whole_and_grouped() -> None:
    assert number(1234.4, "tokens") == "1,234"


def test_a_change_has_a_sign_and_none_has_no_sign() -> None:
    change = Difference(
        metric="right",
        stratum="",
        before=0.5,
        after=0.4,
        difference=Interval(mean=-0.1, low=-0.2504, high=0.0001, count=10),
        verdict="no evidence",
    )
    (said,) = changes([change])
    assert (said.before, said.after, said.change, said.range) == ("50.0 %", "40.0 %", "−10.0", "−25.0 to 0.0")


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (3900, "1 h 5 min")]
)
def test_a_duration_is_said_in_at_most_two_units(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_answered_and_right_stands_next_to_refused_and_right() -> None:
    titles = [row.title for row in key_rows(REPORT)]
    assert titles.index("Refused and right") == titles.index("Answered and right") + 1


@pytest.mark.parametrize(
    ("seconds", "value", "middle_half"),
    [([5.0], "5.00 s", "5.00–5.00"), ([1.0, 2.0, 3.0, 4.0, 10.0], "3.00 s", "2.00–4.00")],
)
def test_of_the_seconds_the_median_and_the_middle_half_are_shown(
    seconds: list[float], value: str, middle_half: str
) -> None:
    scored = [
        make_scored(case, "right", seconds=each) for case, each in zip(CASES[1:4] + CASES[5:7], seconds, strict=False)
    ]
    figure = key_rows(msgspec.structs.replace(make_report(targets=["footnote"]), cases=tuple(scored)))[-1].figures[0]
    assert (figure.value, figure.range, figure.count) == (value, middle_half, len(seconds))


def test_strata_come_in_their_order_below_all_cases_with_their_crashes() -> None:
    rows = stratum_rows(REPORT)
    assert [row.title for row in rows[:2]] == ["All cases", "Answerable from one paragraph"]
    assert rows[0].note == "40 cases"
    assert rows[0].crashed == "footnote 2, plain 2"
    assert rows[1].crashed == ""


def test_a_stratum_of_which_every_case_crashed_has_no_figure() -> None:
    crashed = [make_scored(CASES[5], "crashed")]
    report = make_report(targets=["footnote"], case_count=6, with_baseline=False)
    assert [each.case.id for each in report.cases if each.crashed] == [crashed[0].case.id]
    row = next(row for row in stratum_rows(report) if row.title == "Conflicting sources")
    assert row.figures == (None,)
    assert row.crashed == "footnote 1"


def test_the_gate_is_shut_by_alarms_open_with_a_baseline_and_otherwise_unknown() -> None:
    calm = msgspec.structs.replace(REPORT, alarms=())
    alone = make_report(with_baseline=False, with_crashes=False)
    assert gate(REPORT).state == "shut"
    assert (gate(calm).state, gate(calm).against) == ("open", f"against {BASELINE}")
    assert alone.alarms == ()
    assert (gate(alone).state, gate(alone).against) == ("unknown", "no baseline to compare with")


def test_a_comparison_of_two_targets_is_no_baseline() -> None:
    assert baseline_of(make_report(with_baseline=False)) is None


# Cases and flips


def test_a_case_shows_every_target_and_which_facts_each_answer_holds() -> None:
    case = CASES[5]
    report = msgspec.structs.replace(
        REPORT,
        comparisons=(),
        cases=(make_scored(case, "right"), make_scored(case, "crashed", target="plain")),
    )
    (view,) = case_views(report)
    assert [(target.target, target.result, target.status) for target in view.targets] == [
        ("footnote", "right", "conflict"),
        ("plain", "crashed", ""),
    ]
    assert [(check.kind, check.wordings[0], check.held) for check in view.checks] == [
        ("vital fact", "cracked bolt", (True, None)),
        ("vital fact", "gust", (True, None)),
        ("fact", "marks", (False, None)),
    ]


def test_a_refusal_holds_no_fact_whatever_its_words() -> None:
    expect = msgspec.structs.replace(CASES[1].expect, facts=(Fact(any=("documents",)),))
    case = msgspec.structs.replace(CASES[1], expect=expect)
    (view,) = case_views(msgspec.structs.replace(REPORT, comparisons=(), cases=(make_scored(case, "refused"),)))
    assert view.checks[0].held == (False,)


def test_only_markers_that_have_a_citation_are_markers() -> None:
    scored = make_scored(CASES[1], "right")
    answer = msgspec.structs.replace(scored.outcome.answer, text="So it is [7].[1]")
    scored = msgspec.structs.replace(scored, outcome=msgspec.structs.replace(scored.outcome, answer=answer))
    (view,) = case_views(msgspec.structs.replace(REPORT, comparisons=(), cases=(scored,)))
    assert view.targets[0].text == (("So it is ", False), ("[7]", False), (".", False), ("[1]", True))


def test_ten_retrieved_paragraphs_are_shown_and_gold_beyond_them_is_named() -> None:
    scored = make_scored(CASES[1], "right")
    moved = (*scored.outcome.retrieved[1:], scored.outcome.retrieved[0])
    scored = msgspec.structs.replace(scored, outcome=msgspec.structs.replace(scored.outcome, retrieved=moved))
    (view,) = case_views(msgspec.structs.replace(REPORT, comparisons=(), cases=(scored,)))
    assert [ranked.rank for ranked in view.targets[0].hits] == list(range(1, 11))
    assert view.targets[0].missed == ("dbridge-p1",)


def test_flips_say_what_was_expected_and_what_is_wrong_now_comes_first() -> None:
    before = [make_scored(CASES[1], "refused"), make_scored(CASES[2], "right"), make_scored(CASES[3], "right")]
    after = [make_scored(CASES[1], "right"), make_scored(CASES[2], "crashed"), make_scored(CASES[3], "right")]
    first, second = worst_first(compare(before, after, before_name="before", after_name="after"))
    assert (first.case_id, first.before.result, first.after.result) == ("toll-2", "right", "crashed")
    assert (second.case_id, second.before.result, second.after.result) == ("bridge-1", "wrong", "right")
    assert second.expected == ("answered or partial", "“247 million” / “247 MILLION”", "never “214 million”")


def test_where_a_baseline_kept_no_paragraphs_the_cited_titles_are_the_evidence() -> None:
    flip = next(flip for flip in worst_first(baseline_of(REPORT)) if flip.case_id == "minutes-13")
    assert (flip.before.evidence_kind, len(flip.before.evidence)) == ("cited", 1)
    assert (flip.after.evidence_kind, len(flip.after.evidence)) == ("read", 4)


# The page


def test_no_word_of_an_answer_or_a_document_becomes_markup() -> None:
    page = page_of(REPORT)
    assert ATTACK in page.text_content()
    assert len(page.xpath("//script")) == 2
    assert page.xpath("//img | //iframe | //object | //link | //*[@src] | //*[@style] | //*[@onerror]") == []
    assert {link[0] for link in page.xpath("//@href")} == {"#"}


def test_the_data_are_each_paragraph_once_and_cannot_end_their_element() -> None:
    (element,) = page_of(REPORT).xpath("//script[@id='paragraphs']")
    found = json.loads(element.text)
    assert "<" not in element.text
    assert found == paragraph_texts(case_views(REPORT))
    assert found["dchess-p1"] == CHINESE


def test_everything_that_one_asks_of_a_run_is_on_its_page() -> None:
    page = page_of(REPORT)
    said = text_of(page)
    for words in (
        "23 November 2026, 21:04 UTC",
        "qwen2.5-coder-1.5b-instruct-q4_k_m",
        "g0123456789abcdef",
        "Gate shut",
        f"Against the baseline {BASELINE}",
        "footnote against plain",
        "no evidence",
        "2 of 40 cases crashed",
        "published to 2024-06-30",
        "What is the price of milk?",
        "The wire has another figure.",
    ):
        assert words in said
    assert len(page.find_class("case")) == 40
    assert len(page.find_class("flip")) == len(baseline_of(REPORT).flips)
    assert page.findtext("head/title") == "sample · 2026-11-23 · Footnote evaluation"


def test_a_case_has_both_answers_side_by_side_with_all_that_bears_on_them() -> None:
    case = page_of(REPORT).get_element_by_id("case=bolt-18")
    outcomes = case.find_class("outcome")
    assert [text_of(each.find("h4")) for each in outcomes] == [
        "footnote ✓ right conflict: contradicted",
        "plain ✓ right conflict: contradicted",
    ]
    assert (
        text_of(outcomes[0].find_class("claims")[0][0])
        == "supported 0.83 A cracked bolt in the slewing ring gave way.[1]"
    )
    assert text_of(outcomes[0].find_class("hits")[0][0]) == "1 Inspectors find a cracked bolt ¶ 1 · 0.900 gold read"
    assert case.find_class("gold")[0].xpath("li/code/text()") == ["dbolt-p1", "dwind-p1"]
    assert "Right outcome 100.0 %" in text_of(outcomes[0].find_class("pairs")[1])


def test_a_reference_answer_is_shown_as_text_with_what_is_expected() -> None:
    expect = Expectation(status=("answered",), reference=f"It cost 247 million. {ATTACK}")
    scored = make_scored(msgspec.structs.replace(CASES[1], expect=expect), "right")
    summaries = (summarise("footnote", [scored], strata=STRATA, cached=0),)
    page = page_of(msgspec.structs.replace(REPORT, comparisons=(), cases=(scored,), summaries=summaries))
    expected = page.find_class("expected")[0]
    assert f"Expected answered Reference answer: It cost 247 million. {ATTACK}" in text_of(expected)
    assert "Reference F1" in text_of(page)
    assert page.xpath("//img") == []


def test_a_plot_puts_dots_and_bars_where_the_figures_are() -> None:
    report = make_report(targets=["footnote"], with_baseline=False)
    page = page_of(report)
    share = report.summaries[0].overall.metrics["right"]
    bar, dot = page.find_class("bar")[0], page.find_class("dot")[0]
    assert [bar.get("x1"), bar.get("x2"), dot.get("x")] == [
        f"{round(100 * each, 2)}%" for each in (share.low, share.high, share.mean)
    ]


def test_a_target_without_a_figure_leaves_the_others_their_place_and_colour() -> None:
    scored = [make_scored(CASES[1], "crashed"), make_scored(CASES[1], "right", target="plain")]
    summaries = tuple(summarise(each.outcome.target, [each], strata=STRATA, cached=0) for each in scored)
    page = page_of(msgspec.structs.replace(REPORT, comparisons=(), cases=tuple(scored), summaries=summaries))
    (group,) = {bar.getparent().get("class") for bar in page.find_class("bar")}
    assert group == "target-2"


def test_six_hundred_outcomes_stay_below_six_megabytes() -> None:
    copies = tuple(
        msgspec.structs.replace(each, case=msgspec.structs.replace(each.case, id=f"{each.case.id}-{copy}"))
        for copy in range(8)
        for each in REPORT.cases
    )
    assert len(copies) >= 600
    assert len(render_html(msgspec.structs.replace(REPORT, cases=copies)).encode()) < 6_000_000


@pytest.mark.parametrize("targets", [["footnote"], ["plain"], ["footnote", "plain", "other"]])
def test_a_report_of_any_number_of_targets_without_a_baseline_is_shown(targets: list[str]) -> None:
    report = make_report(case_count=8, targets=targets, with_baseline=False)
    assert "no baseline to compare with" in page_of(report).text_content()
    assert "no baseline to compare with" in shown(render_report(report))


def test_a_report_without_a_case_is_shown() -> None:
    empty = msgspec.structs.replace(REPORT, cases=(), summaries=(), comparisons=(), alarms=())
    assert "0 cases" in page_of(empty).text_content()
    assert "0 cases" in shown(render_report(empty))


# The tables


@pytest.mark.parametrize("width", [80, 100])
def test_tables_fit_their_width_without_blanks_at_the_ends(width: int) -> None:
    comparison = REPORT.comparisons[0]
    for part in (render_report(REPORT), render_comparison(comparison), render_flips(comparison)):
        lines = shown(part, width).splitlines()
        assert [line for line in lines if line != line.rstrip()] == []
        assert max(map(len, lines)) <= width
        assert "…" not in shown(part, width).replace("… to", "")


def test_a_row_of_the_table_has_each_target_with_its_interval_and_its_cases() -> None:
    report = make_report(case_count=8, with_crashes=False, with_baseline=False)
    cells = [
        (f"{100 * found.mean:.1f} %", f"{100 * found.low:.1f}–{100 * found.high:.1f}", "6")
        for found in (summary.overall.metrics["answered_right"] for summary in report.summaries)
    ]
    row = next(line for line in shown(render_report(report)).splitlines() if line.startswith("Answered and right"))
    assert re.split(" {2,}", row)[1:] == [*cells[0], *cells[1]]


def test_the_report_ends_with_the_gate_and_its_alarms() -> None:
    end = shown(render_report(REPORT)).rstrip().split("\n\n")[-1].splitlines()
    assert end[0] == f"Gate shut: 1 alarm (against {BASELINE})"
    assert end[1] == "2 of 40 cases crashed: bolt-5, crane-6"


def test_crashes_are_listed_up_to_ten() -> None:
    crashed = tuple(make_scored(case, "crashed") for case in make_cases(12))
    report = msgspec.structs.replace(REPORT, cases=crashed, comparisons=())
    assert shown(render_report(report)).count("DecodeError") == 10
    assert "and 2 more" in shown(render_report(report))


def test_nothing_of_a_document_is_markup_or_an_order_to_the_terminal() -> None:
    comparison = REPORT.comparisons[0]
    said = shown(render_report(REPORT)) + shown(render_comparison(comparison)) + shown(render_flips(comparison))
    assert "\x1b" not in said
    assert "\x07" not in said
    assert "[bold red]not markup[/]" in said
    assert "Minutes of the council [31m" in said


def test_a_flip_is_told_with_question_expectation_answers_and_evidence() -> None:
    before, after = make_scored(CASES[9], "right"), make_scored(CASES[9], "refused")
    assert shown(render_flips(compare([before], [after], before_name="a", after_name="b"))) == (
        "milk-9, follow-up: right → wrong\n"
        "asked     And from when?\n"
        "expected  answered or partial; “1 April” / “1 APRIL”\n"
        "before    answered. The base price rises to 43.2 cents on 1 April.[1]\n"
        "          read: Milk price up again; Bridge costs 247 million in the end; Gannet Bridge opens in\n"
        "          Port Callan; The day the bridge opened\n"
        "after     refused: low_relevance. The documents do not answer this.\n"
        "          read: Bridge costs 247 million in the end; Milk price up again; Gannet Bridge opens in\n"
        "          Port Callan; The day the bridge opened\n"
        "\n"
    )


def test_without_flips_one_line_says_so() -> None:
    same = [make_scored(CASES[1], "right")]
    assert (
        shown(render_flips(compare(same, same, before_name="a", after_name="b"))) == "No case came out differently.\n"
    )


def test_cases_that_are_not_compared_are_named() -> None:
    changed = msgspec.structs.replace(CASES[1], expect=Expectation(status=("refused",)))
    before = [make_scored(CASES[1], "right"), make_scored(CASES[2], "right")]
    after = [make_scored(changed, "refused"), make_scored(CASES[3], "right")]
    said = shown(render_comparison(compare(before, after, before_name="a.json", after_name="b.json")))
    assert said == (
        "a.json → b.json: 0 cases in common, 0 wrong now, 0 right now\n"
        "changed, not compared: bridge-1\n"
        "only before: toll-2\n"
        "only after: ribbon-3\n"
        "\n"
    )
