"""`footnote eval` as a maintainer runs it, with the small model."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from evals.report_files import of_target, read_report

pytestmark = pytest.mark.e2e

SUITE = """
name: tiny
corpus: corpus
strata:
  - {name: stated, title: Stated}
  - {name: elsewhere, title: Stated nowhere}
"""
STATED = """
- id: ferry-time
  question: When does the ferry to Gannet leave?
  expect:
    status: [answered]
    facts: [{any: [seven]}]
    support: [[{document: ferry.txt, anchor: leaves at seven}]]
"""
ELSEWHERE = """
- id: ferry-captain
  question: Who was the captain of the Titanic?
  expect: {status: [refused]}
"""
TEXT = "Ferry timetable\n\nThe ferry to Gannet leaves at seven.\n\nDogs travel free of charge.\n"

Footnote = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    suite = tmp_path / "suite"
    (suite / "corpus").mkdir(parents=True)
    (suite / "corpus" / "ferry.txt").write_text(TEXT)
    for name, text in (("suite", SUITE), ("stated", STATED), ("elsewhere", ELSEWHERE)):
        (suite / f"{name}.yaml").write_text(text)
    return suite


def test_a_run_writes_its_report_and_a_second_one_comes_from_the_cache(
    footnote: Footnote, tiny: Path, tmp_path: Path
) -> None:
    arguments = ("eval", "--suite", str(tiny), "--folder", str(tmp_path / "out"))
    first = footnote(*arguments, index=tmp_path / "unused", profile="small")
    report = read_report(tmp_path / "out" / "report.json")
    assert first.returncode == (1 if report.alarms else 0), first.stderr
    assert [summary.target for summary in report.summaries] == ["footnote", "plain"]
    assert [each.crashed for each in report.cases] == [False] * 4
    assert not (tmp_path / "unused").exists()
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Who was the captain of the Titanic?" in page
    assert "right outcome" in first.stdout.lower()

    second = footnote(*arguments, index=tmp_path / "unused", profile="small")
    assert second.returncode == first.returncode
    again = read_report(tmp_path / "out" / "report.json")
    assert [summary.cached for summary in again.summaries] == [2, 2]
    assert [each.scores for each in again.cases] == [each.scores for each in report.cases]
    compared = footnote(
        "eval", "compare", str(tmp_path / "out" / "report.json"), str(tmp_path / "out" / "report.json"), index=tmp_path
    )
    assert compared.returncode == 0, compared.stderr
    assert "no evidence" in compared.stdout


def test_an_anchor_that_no_longer_fits_ends_the_run_before_anything_is_asked(
    footnote: Footnote, tiny: Path, tmp_path: Path
) -> None:
    (tiny / "corpus" / "ferry.txt").write_text(TEXT.replace("seven", "eight"))
    done = footnote(
        "eval", "--suite", str(tiny), "--folder", str(tmp_path / "out"), index=tmp_path / "unused", profile="small"
    )
    assert done.returncode == 2
    assert "case ferry-time: ferry.txt has no paragraph with the anchor “leaves at seven”" in done.stderr


def test_a_baseline_that_is_better_shuts_the_gate_and_the_flip_is_shown(
    footnote: Footnote, tiny: Path, tmp_path: Path
) -> None:
    arguments = ("eval", "--suite", str(tiny), "--folder", str(tmp_path / "out"), "--target", "footnote")
    footnote(*arguments, index=tmp_path / "unused", profile="small")
    path = tmp_path / "out" / "report.json"
    report = read_report(path)
    assert len(of_target(report, "footnote")) == 2
    turned = tuple(
        msgspec.structs.replace(each, scores={**each.scores, "right": 1 - each.scores["right"]})
        for each in report.cases
    )
    baseline = tmp_path / "baseline.json"
    baseline.write_bytes(msgspec.json.encode(msgspec.structs.replace(report, cases=turned)))
    done = footnote(*arguments, "--baseline", str(baseline), index=tmp_path / "unused", profile="small")
    flipped = read_report(path).comparisons[0].flips
    assert {flip.case_id for flip in flipped} == {"ferry-time", "ferry-captain"}
    assert "When does the ferry to Gannet leave?" in done.stdout
    assert done.returncode == (1 if read_report(path).alarms else 0)
