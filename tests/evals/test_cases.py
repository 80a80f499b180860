"""A suite is read strictly: whatever is not a case is an error that names file, case and key."""

from pathlib import Path

import pytest

from evals.cases import Fact, Support, load_suite
from evals.cli import EVALS
from evals.errors import CaseError

HEADER = """
name: tiny
corpus: corpus
strata:
  - {name: plain, title: Plain questions}
  - {name: gaps, title: Gaps, tolerance: 0.2}
"""
PLAIN = """
- id: ferry-time
  question: When does the ferry leave?
  expect:
    status: [answered]
    facts: [{any: [seven, "7"]}]
    support: [[{document: ferry.txt, anchor: leaves at seven}]]
"""
GAPS = """
- id: ferry-price
  question: What does the ferry cost?
  expect: {status: [refused]}
"""


def suite_in(folder: Path, *, header: str = HEADER, plain: str = PLAIN, gaps: str = GAPS) -> Path:
    for name, text in (("suite", header), ("plain", plain), ("gaps", gaps)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_suite_has_its_strata_in_order_and_its_cases_know_theirs(tmp_path: Path) -> None:
    suite = load_suite(suite_in(tmp_path))
    assert (suite.name, suite.corpus) == ("tiny", tmp_path / "corpus")
    assert [(stratum.name, stratum.tolerance) for stratum in suite.strata] == [("plain", 0.05), ("gaps", 0.2)]
    assert [(case.id, case.stratum, case.answerable) for case in suite.cases] == [
        ("ferry-time", "plain", True),
        ("ferry-price", "gaps", False),
    ]
    assert suite.cases[0].expect.facts == (Fact(any=("seven", "7")),)
    assert suite.cases[0].expect.support == ((Support(document="ferry.txt", anchor="leaves at seven"),),)


def test_a_reference_answer_stands_in_place_of_facts(tmp_path: Path) -> None:
    plain = PLAIN.replace('facts: [{any: [seven, "7"]}]', "reference: It leaves at seven.")
    [case, _] = load_suite(suite_in(tmp_path, plain=plain)).cases
    assert (case.expect.reference, case.expect.facts) == ("It leaves at seven.", ())
    every = plain.replace("[answered]", "[answered, partial, refused, conflict, clarify]")
    [case, _] = load_suite(suite_in(tmp_path, plain=every)).cases
    assert not case.judged_by_retrieval_alone
    with pytest.raises(CaseError, match=r"needs expect.facts and expect.support; expect.reference may stand in place"):
        load_suite(suite_in(tmp_path, plain=plain.partition("    support")[0]))


@pytest.mark.parametrize(
    ("plain", "says"),
    [
        (
            PLAIN.replace("question:", "quesion:"),
            "plain.yaml: case ferry-time: Object contains unknown field `quesion`",
        ),
        (PLAIN.replace("[answered]", "[answred]"), "case ferry-time: Invalid enum value 'answred'"),
        (PLAIN.replace("[answered]", "[]"), "Expected `array` of length >= 1 - at `$.expect.status`"),
        (PLAIN.replace("any: [seven", "all: [seven"), "unknown field `all` - at `$.expect.facts[0]`"),
        (PLAIN.replace("id: ferry-time", "id: Ferry Time"), "case Ferry Time: Expected `str` matching regex"),
        (PLAIN.replace("  question", "  stratum: gaps\n  question"), "stratum and cluster are not written in a file"),
        (PLAIN.replace('    facts: [{any: [seven, "7"]}]\n', ""), "needs expect.facts and expect.support"),
        (PLAIN.replace("[[{document: ferry.txt, anchor: leaves at seven}]]", "[[]]"), "a group of expect.support is"),
        (PLAIN + PLAIN, "the case id ferry-time is used more than once"),
        ("ferry: 1", "expected a list of cases, got dict"),
        ("- [1", "is no YAML"),
        ("- 5", "case number 1: Expected `object`, got `int`"),
    ],
)
def test_what_is_no_case_is_named(tmp_path: Path, plain: str, says: str) -> None:
    with pytest.raises(CaseError) as caught:
        load_suite(suite_in(tmp_path, plain=plain))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_stratum_without_file_and_a_file_without_stratum_are_named(tmp_path: Path) -> None:
    suite_in(tmp_path)
    (tmp_path / "gaps.yaml").rename(tmp_path / "gasp.yaml")
    with pytest.raises(CaseError, match=r"the stratum gaps has no file gaps\.yaml"):
        load_suite(tmp_path)
    (tmp_path / "gaps.yaml").write_text("[]")
    with pytest.raises(CaseError, match=r"gasp\.yaml: no stratum of that name"):
        load_suite(tmp_path)


def test_a_folder_without_suite_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"suite\.yaml: cannot be read \(No such file"):
        load_suite(tmp_path)


def test_the_sample_suite_has_twenty_cases_or_more_in_each_of_its_fourteen_strata() -> None:
    suite = load_suite(EVALS / "cases")
    counts = {stratum.name: 0 for stratum in suite.strata}
    for case in suite.cases:
        counts[case.stratum] += 1
    assert len(counts) == 14
    assert {name: count for name, count in counts.items() if count < 20} == {}
    assert len(suite.cases) >= 240
    assert len({(case.question, case.conversation, case.filters) for case in suite.cases}) == len(suite.cases)
