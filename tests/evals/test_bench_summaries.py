"""How rounds become lines: every expectation is computed by hand."""

from statistics import StatisticsError

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.benchmarks.asking import Asked, Moments, Timed, ask_lines, summarise, work_of
from evals.benchmarks.searching import SearchTimes, queries_from_titles, search_lines
from evals.benchmarks.timing import ratios, spread, timed
from qa_service.values import EvidenceFound, TextDrafted, Usage
from tests.evals.answers_by_hand import answer

EVIDENCE = EvidenceFound(index_version="g1", standalone_question=None, evidence=())


def test_a_spread_holds_the_median_the_extremes_and_every_round_in_order() -> None:
    assert spread([3.0, 1.0, 2.0, 10.0]).median == 2.5
    assert (spread([3.0, 1.0, 2.0]).low, spread([3.0, 1.0, 2.0]).high) == (1.0, 3.0)
    assert spread([3.0, 1.0, 2.0]).rounds == (3.0, 1.0, 2.0)


def test_one_round_is_its_own_median_and_no_round_is_an_error() -> None:
    assert spread([7.0]).median == spread([7.0]).low == spread([7.0]).high == 7.0
    with pytest.raises(StatisticsError):
        spread([])


def test_ratios_are_taken_round_by_round_and_not_between_medians() -> None:
    """The medians are 20 and 10 here; no round saw the ratio 2."""
    assert ratios([10.0, 20.0, 90.0], [10.0, 5.0, 30.0]).rounds == (1.0, 4.0, 3.0)
    assert ratios([10.0, 20.0, 90.0], [10.0, 5.0, 30.0]).median == 3.0


def test_sides_with_different_numbers_of_rounds_have_no_ratio() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        ratios([1.0, 2.0], [1.0])


def test_a_timed_call_returns_what_it_returns_and_time_does_not_run_backwards() -> None:
    returned, seconds = timed(lambda: "done")
    assert returned == "done"
    assert seconds >= 0


def test_queries_are_the_titles_each_once_in_their_order() -> None:
    assert queries_from_titles(["A wire", "B", "A wire", "C"], 3) == ["A wire", "B", "C"]
    assert queries_from_titles(["A", "B", "C"], 2) == ["A", "B"]


def test_where_titles_are_few_each_is_joined_with_the_next_and_then_with_the_one_after() -> None:
    assert queries_from_titles(["A", "B", "C"], 8) == ["A", "B", "C", "A B", "B C", "C A", "A C", "B A"]


def test_there_are_no_more_queries_than_pairs_of_titles_give() -> None:
    assert queries_from_titles(["A", "B"], 50) == ["A", "B", "A B", "B A"]
    assert queries_from_titles(["Only"], 50) == ["Only"]
    assert queries_from_titles([], 50) == []


@given(st.lists(st.text(max_size=4), max_size=9), st.integers(0, 30))
def test_queries_are_different_at_most_as_many_as_asked_and_begin_with_the_titles(titles: list[str], count: int):
    queries = queries_from_titles(titles, count)
    different = list(dict.fromkeys(titles))
    assert len(queries) == len(set(queries)) <= count
    assert queries[: len(different)] == different[:count]


def times(hybrid: float, embedding: float = 1.0, chroma: float = 2.0, fts: float = 1.0) -> SearchTimes:
    return SearchTimes(hybrid=hybrid, embedding=embedding, chroma=chroma, fts=fts)


def test_a_search_is_compared_with_the_sum_of_its_floors_in_the_same_round() -> None:
    lines = search_lines([[times(4.0), times(6.0), times(8.0)], [times(9.0, embedding=5.0, chroma=0.5, fts=0.5)]])
    values = {line.name: line.value.rounds for line in lines}
    assert values["hybrid search, median query"] == (6.0, 9.0)
    assert values["floor: embed the query"] == (1.0, 5.0)
    assert values["floor: bare Chroma query"] == (2.0, 0.5)
    assert values["floor: bare FTS5 query"] == (1.0, 0.5)
    assert values["hybrid / the three one after the other"] == (6.0 / 4.0, 9.0 / 6.0)


def test_the_95th_percentile_lies_between_the_queries_next_to_it() -> None:
    """Of 0 to 40 in steps of 1 it is at place 0.95 * 40 = 38."""
    lines = search_lines([[times(float(place)) for place in range(41)]])
    assert next(line for line in lines if "95th" in line.name).value.median == pytest.approx(38.0)


def usage(prompt: int = 0, reused: int = 0, written: int = 0) -> Usage:
    return Usage(prompt_tokens=prompt, reused_tokens=reused, answer_tokens=written)


def timed_answer(answer_s: float, draft_s: float | None, evidence_s: float | None = None) -> Timed:
    made = answer(status="refused" if draft_s is None else "answered")
    made = msgspec.structs.replace(made, usage=usage(prompt=700, reused=300, written=20))
    return Timed(answer=made, draft_s=draft_s, answer_s=answer_s, evidence_s=evidence_s)


def asked(answer_s: float, *, draft_s: float | None = 1.0, raw_s: float = 1.0, evidence_s: float = 0.5) -> Asked:
    return Asked(
        question="Why?",
        ours=timed_answer(answer_s, draft_s, evidence_s),
        raw_s=raw_s,
        plain=timed_answer(8.0, 4.0),
        our_follow_up=timed_answer(2.0, draft_s and 1.0, 0.5),
        plain_follow_up=timed_answer(10.0, 4.0),
    )


def test_reused_tokens_are_no_work() -> None:
    assert work_of(usage(prompt=700, reused=300, written=20)) == (400, 20)
    assert work_of(usage()) == (0, 0)


def test_the_share_of_llama_cpp_is_of_all_seconds_of_a_round_so_a_long_answer_weighs_more() -> None:
    lines = ask_lines([[asked(10.0, raw_s=9.0), asked(2.0, raw_s=0.0)], [asked(4.0, raw_s=2.0), asked(4.0, raw_s=1.0)]])
    share = next(line for line in lines if "llama.cpp" in line.name).value
    assert share.rounds == (9.0 / 12.0, 3.0 / 8.0)


def test_questions_without_a_draft_do_not_count_for_the_first_token() -> None:
    lines = ask_lines([[asked(3.0, draft_s=2.0), asked(5.0, draft_s=None), asked(4.0, draft_s=3.0)]])
    values = {line.name: line.value.median for line in lines}
    assert values["to the evidence, median question"] == 0.5
    assert values["to the first token of the draft, median question"] == 2.5
    assert values["to the complete answer, median question"] == 4.0


def test_seconds_stand_next_to_the_plain_pipelines_question_by_question() -> None:
    lines = ask_lines([[asked(2.0, draft_s=1.0), asked(4.0, draft_s=None), asked(12.0, draft_s=3.0)]])
    values = {line.name: line.value.median for line in lines}
    assert values["to the first token of the draft / plain pipeline's, median question"] == (0.25 + 0.75) / 2
    assert values["to the complete answer / plain pipeline's, median question"] == 0.5
    assert values["follow-up: to the first token of the draft / plain pipeline's, median question"] == 0.25
    assert values["follow-up: to the complete answer / plain pipeline's, median question"] == 0.2


def test_when_every_question_is_refused_there_is_no_line_for_the_first_token() -> None:
    assert not [line for line in ask_lines([[asked(3.0, draft_s=None)]]) if "draft" in line.name]


def test_a_question_is_summarised_over_its_rounds() -> None:
    summary = summarise([asked(4.0, raw_s=1.0), asked(2.0, raw_s=1.0)])
    assert summary.answer_s.rounds == (4.0, 2.0)
    assert summary.raw_share.rounds == (0.25, 0.5)
    assert (summary.prompt_tokens, summary.reused_tokens, summary.answer_tokens) == (700, 300, 20)


def test_a_refused_question_has_no_moment_of_a_draft() -> None:
    assert summarise([asked(4.0, draft_s=None)]).draft_s is None


def test_only_the_first_progress_of_each_kind_is_a_moment() -> None:
    readings = iter([10.0, 10.5, 12.0, 13.0, 14.0])
    moments = Moments(clock=lambda: next(readings))
    moments.tell(EVIDENCE)
    moments.tell(TextDrafted(text="It"))
    moments.tell(TextDrafted(text=" cost"))
    assert moments.first_s == {EvidenceFound: 0.5, TextDrafted: 2.0}
    assert moments.elapsed_s() == 4.0
