"""Claims are drawn evenly, judged by hand without being lost, and counted by case."""

import datetime
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from config.cli import main
from evals.cli import evaluate
from evals.errors import JudgedError
from evals.judged import (
    JudgedClaim,
    JudgedQuote,
    draw_claims,
    read_claims,
    read_judged,
    shares_of,
    write_claims,
)
from evals.report_files import write_baseline, write_report
from evals.values import Report
from qa_service.values import Claim
from tests.evals.answers_by_hand import answer
from tests.evals.report_factory import make_cases, make_report, make_scored

REPORT = make_report(case_count=80, with_baseline=False)
CLAIM = JudgedClaim(
    case="toll",
    suite="sample",
    answer="a1",
    status="answered",
    question="Toll?",
    claim="It is 3 marks.",
    quotes=(JudgedQuote(title="Bridge opens", published_at=datetime.date(2025, 8, 30), quote="A toll of 3 marks."),),
    verdict=None,
)


def named(report: Report, suite: str) -> Report:
    return msgspec.structs.replace(report, provenance=msgspec.structs.replace(report.provenance, suite=suite))


def report_of(*answers: object, suite: str = "sample") -> Report:
    """Of the first cases of the factory, with these answers."""
    cases = [make_scored(case, "right") for case in make_cases(len(answers) + 1)[1:]]
    return msgspec.structs.replace(
        named(REPORT, suite),
        cases=tuple(
            msgspec.structs.replace(scored, outcome=msgspec.structs.replace(scored.outcome, answer=made))
            for scored, made in zip(cases, answers, strict=True)
        ),
    )


def claims_file(path: Path, *claims: JudgedClaim) -> Path:
    path.write_bytes(msgspec.yaml.encode(claims))
    return path


def judged(case: str, *verdicts: str, suite: str = "sample") -> list[JudgedClaim]:
    """One claim a verdict, all of one answer."""
    return [msgspec.structs.replace(CLAIM, case=case, suite=suite, verdict=verdict) for verdict in verdicts]


def cases_of(claims: Sequence[JudgedClaim]) -> list[tuple[str, str]]:
    """The answers, in order."""
    return list(dict.fromkeys((claim.suite, claim.case) for claim in claims))


# Drawing


def test_a_record_holds_what_its_reader_needs_and_no_verdict() -> None:
    said = msgspec.structs.replace(
        answer(("Dogs go free at seven.", ["ferry-p2", "ferry-p1"]), status="partial", reason="deadline"),
        question="And dogs?",
        standalone_question="Do dogs travel free on the ferry?",
    )
    [first, second] = said.citations
    dated = msgspec.structs.replace(second, title="The ferry", published_at=datetime.date(2024, 5, 1))
    [claim] = said.claims
    turned = msgspec.structs.replace(claim, markers=(2, 1))
    report = report_of(msgspec.structs.replace(said, citations=(first, dated), claims=(turned,)))
    [record] = draw_claims({"r": report}, count=5, seed=0).claims
    assert record == JudgedClaim(
        case=report.cases[0].case.id,
        suite="sample",
        answer="a",
        status="partial",
        question="And dogs?",
        standalone_question="Do dogs travel free on the ferry?",
        claim="Dogs go free at seven.",
        quotes=(
            JudgedQuote(title="", quote="Dogs travel free."),
            JudgedQuote(title="The ferry", published_at=datetime.date(2024, 5, 1), quote="The ferry leaves at seven."),
        ),
        verdict=None,
    ), "quotes in the order of their markers"


def test_only_claims_marked_supported_are_drawn_and_answers_without_one_are_not() -> None:
    said = answer(("Dogs go free.", ["ferry-p2"]), ("Cats too.", ["ferry-p1"]), ("At seven.", ["ferry-p1"]))
    first, second, third = said.claims
    refuted: Claim = msgspec.structs.replace(second, verdict="contradicted")
    mixed = msgspec.structs.replace(said, claims=(first, refuted, third))
    none = msgspec.structs.replace(said, claims=(refuted,))
    drawn = draw_claims({"r": report_of(none, mixed, None, answer(text="Not stated."))}, count=9, seed=0)
    assert [claim.claim for claim in drawn.claims] == ["Dogs go free.", "At seven."]
    assert drawn.summary[0] == "1 of 1 answers with a claim marked supported, drawn with seed 0"


def test_reports_give_the_same_number_and_small_ones_all_they_have() -> None:
    one = answer(("Dogs go free.", ["ferry-p2"]))
    reports = {"large": named(REPORT, "large"), "small": report_of(one, one, one, suite="small"), "other": REPORT}
    drawn, all_of_one = draw_claims(reports, count=23, seed=0), draw_claims({"r": REPORT}, count=999, seed=0)
    available = len(cases_of(all_of_one.claims))
    assert Counter(suite for suite, _ in cases_of(drawn.claims)) == {"large": 10, "small": 3, "sample": 10}
    assert [line.partition(",")[0] for line in drawn.summary[1:]] == [
        f"large: 10 of {available}",
        "small: 3 of 3",
        f"other: 10 of {available}",
    ]
    assert "suite large, model qwen2.5-coder-1.5b-instruct-q4_k_m, pipeline 555555555555" in drawn.summary[1]


def test_strata_give_the_same_number_within_a_report() -> None:
    stratum_of = {scored.case.id: scored.case.stratum for scored in REPORT.cases}
    drawn = draw_claims({"r": REPORT}, count=13, seed=0)
    assert Counter(stratum_of[case] for _, case in cases_of(drawn.claims)) == {
        "single-paragraph": 2,
        "several-documents": 2,
        "conflict": 2,
        "correction": 2,
        "follow-up": 2,
        "numbers-dates": 2,
        "near-miss": 1,  # one is answered, wrongly; the others are refused
    }


def test_only_the_products_answers_are_drawn() -> None:
    right = {
        scored.case.id
        for scored in REPORT.cases
        if scored.outcome.target == "footnote" and scored.outcome.answer and scored.outcome.answer.claims
    }
    assert {case for _, case in cases_of(draw_claims({"r": REPORT}, count=999, seed=0).claims)} == right


def test_the_order_is_the_suites_and_the_same_seed_draws_the_same() -> None:
    drawn = draw_claims({"r": REPORT}, count=20, seed=1)
    suite = [scored.case.id for scored in REPORT.cases]
    places = [suite.index(case) for _, case in cases_of(drawn.claims)]
    assert places == sorted(places)
    assert draw_claims({"r": REPORT}, count=20, seed=1) == drawn
    assert draw_claims({"r": REPORT}, count=20, seed=2).claims != drawn.claims


def test_a_larger_sample_holds_the_smaller_one() -> None:
    reports = {"one": REPORT, "other": named(REPORT, "other")}
    small, large = (set(cases_of(draw_claims(reports, count=count, seed=0).claims)) for count in (9, 40))
    assert small < large


def test_a_cached_answer_that_stands_in_two_reports_is_drawn_once() -> None:
    drawn = draw_claims({"one": REPORT, "again": REPORT}, count=999, seed=0)
    assert drawn.claims == draw_claims({"one": REPORT}, count=999, seed=0).claims
    assert drawn.summary[2].startswith("again: 0 of 0, ")


def test_without_a_claim_there_is_nothing_to_draw() -> None:
    report = report_of(answer(text="Not stated."))
    with pytest.raises(JudgedError, match=r"^r.json, s.json: no answer of footnote has a claim marked supported"):
        draw_claims({"r.json": report, "s.json": report}, count=9, seed=0)


def test_a_baseline_can_be_drawn_from_as_well(tmp_path: Path) -> None:
    write_report(tmp_path / "report.json", REPORT)
    write_baseline(tmp_path / "baseline.json", REPORT, target="footnote")
    for name in ("report", "baseline"):
        assert eval_judge("draw", "--from", tmp_path / f"{name}.json", "--to", tmp_path / f"{name}.yaml").exit_code == 0
    assert read_claims(tmp_path / "baseline.yaml") == read_claims(tmp_path / "report.yaml") != []


# The file


def test_a_file_reads_well_and_is_the_same_each_time(tmp_path: Path) -> None:
    path = tmp_path / "new" / "claims.yaml"
    quote = "The bridge over the Lune opened in May, after three years of work, and cost nine million crowns. " * 2
    said = answer(("Dogs go free.", ["ferry-p2"]), ("It cost nine million.", ["ferry-p1"]))
    [first, second] = said.citations
    long = msgspec.structs.replace(second, title="Où ?", published_at=datetime.date(2024, 5, 1), quote=quote.strip())
    report = report_of(msgspec.structs.replace(said, citations=(first, long)))
    drawn = draw_claims({"r\n.json": report}, count=5, seed=0)
    write_claims(path, drawn)
    head, _, records = path.read_text().partition("\n\n")
    assert head == (
        "# 1 of 1 answers with a claim marked supported, drawn with seed 0\n"
        "# r .json: 1 of 1, suite sample, model qwen2.5-coder-1.5b-instruct-q4_k_m, pipeline 555555555555\n"
        "# How to judge: evals/judged/README.md"
    )
    about = f"- case: {report.cases[0].case.id}\n  suite: sample\n  answer: a\n  status: answered\n  question: '?'\n"
    assert records == (
        f"{about}"
        "  claim: Dogs go free.\n"
        "  quotes:\n"
        "  - title: ''\n"
        "    quote: Dogs travel free.\n"
        "  verdict:\n"
        "\n"
        f"{about}"
        "  claim: It cost nine million.\n"
        "  quotes:\n"
        "  - title: Où ?\n"
        "    published_at: 2024-05-01\n"
        "    quote: >-\n"
        "      The bridge over the Lune opened in May, after three years of work, and cost nine million crowns."
        " The bridge over the\n"
        "      Lune opened in May, after three years of work, and cost nine million crowns.\n"
        "  verdict:\n"
    )
    written = path.read_bytes()
    write_claims(path, drawn)
    assert path.read_bytes() == written


def test_hostile_text_and_any_script_is_read_back_as_it_was(tmp_path: Path) -> None:
    drawn = draw_claims({"r": REPORT}, count=999, seed=0)
    write_claims(tmp_path / "claims.yaml", drawn)
    text = (tmp_path / "claims.yaml").read_text()
    assert tuple(read_claims(tmp_path / "claims.yaml")) == drawn.claims
    assert "\x1b" not in text
    assert "منكب الجوزاء" in text


def test_a_claim_without_quotes_is_a_record_as_well(tmp_path: Path) -> None:
    drawn = draw_claims({"r": report_of(answer(("So.", [])))}, count=1, seed=0)
    write_claims(tmp_path / "claims.yaml", drawn)
    [claim] = read_claims(tmp_path / "claims.yaml")
    assert claim.quotes == ()


@pytest.mark.parametrize("filled", ["  verdict: partly\n", "  verdict:\n  note: Who says so?\n"])
def test_a_file_that_holds_a_judgement_is_never_overwritten(tmp_path: Path, filled: str) -> None:
    path = tmp_path / "claims.yaml"
    drawn = draw_claims({"r": REPORT}, count=3, seed=0)
    write_claims(path, drawn)
    before, _, after = path.read_text().rpartition("  verdict:\n")
    text = before + filled + after
    path.write_text(text)
    number = len(drawn.claims)
    message = rf"claims.yaml: holds judgements, as record {number}, case {drawn.claims[-1].case}; name another file"
    with pytest.raises(JudgedError, match=message):
        write_claims(path, draw_claims({"r": REPORT}, count=9, seed=1))
    assert path.read_text() == text


@pytest.mark.parametrize("content", ["- case: [\n", "claims: 1\n", "- case: mine\n", "My notes.\n", "\xff"])
def test_a_file_that_is_something_else_is_not_overwritten_either(tmp_path: Path, content: str) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(JudgedError, match=r"claims.yaml: .*; it is not overwritten: name another file"):
        write_claims(path, draw_claims({"r": REPORT}, count=3, seed=0))
    assert path.read_text(encoding="latin-1") == content


def test_drawn_again_before_anything_was_judged_it_is_another_draw(tmp_path: Path) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text("")
    for seed in (0, 1):
        drawn = draw_claims({"r": REPORT}, count=9, seed=seed)
        write_claims(path, drawn)
        assert tuple(read_claims(path)) == drawn.claims


# Reading what was judged

GOOD = msgspec.to_builtins(msgspec.structs.replace(CLAIM, verdict="supported"))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({**GOOD, "verdict": "yes"}, r"record 2, case toll: Invalid enum value 'yes' - at `\$\.verdict`"),
        ({**GOOD, "verdict": True}, r"record 2, case toll: .* - at `\$\.verdict`"),
        ({**GOOD, "verdcit": "partly"}, "record 2, case toll: Object contains unknown field `verdcit`"),
        ({**GOOD, "note": 3}, r"record 2, case toll: Expected `str`, got `int` - at `\$\.note`"),
        ({**GOOD, "claim": ""}, r"record 2, case toll: .* - at `\$\.claim`"),
        ({"verdict": "partly"}, "record 2: Object missing required field `case`"),
        ({key: value for key, value in GOOD.items() if key != "verdict"}, "record 2, case toll: .* field `verdict`"),
        ("supported", "record 2: Expected `object`, got `str`"),
    ],
)
def test_a_broken_record_is_named_with_its_key(tmp_path: Path, broken: object, message: str) -> None:
    path = tmp_path / "claims.yaml"
    path.write_bytes(msgspec.yaml.encode([GOOD, broken]))
    with pytest.raises(JudgedError, match=rf"claims.yaml: {message}"):
        read_judged([path])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"- case: [", "is no YAML"),
        (b"\xff\xfe\xff", "is no YAML"),
        (b"- published_at: 2024-13-45", "is no YAML"),
        (b"claims: 1", "expected a list of claims, got dict"),
        (b"", "holds no claims; name a file that"),
        (b"# nothing yet\n[]", "holds no claims; name a file that"),
    ],
)
def test_a_file_that_holds_no_claims_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "claims.yaml"
    path.write_bytes(content)
    with pytest.raises(JudgedError, match=f"claims.yaml: {message}"):
        read_judged([path])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(JudgedError, match=r"none.yaml: cannot be read \(No such file"):
        read_judged([tmp_path / "none.yaml"])


def test_the_first_claim_without_a_verdict_is_named(tmp_path: Path) -> None:
    done = claims_file(tmp_path / "done.yaml", *judged("a", "supported"))
    path = claims_file(tmp_path / "open.yaml", *judged("b", "partly"), *[CLAIM] * 3)
    with pytest.raises(JudgedError) as caught:
        read_judged([done, path])
    assert str(caught.value) == (
        f"{path}: record 2, case toll: “It is 3 marks.” is not judged, nor are 2 others; "
        "fill its verdict with supported, unsupported or partly"
    )


def test_an_answer_that_stands_in_two_files_would_count_twice(tmp_path: Path) -> None:
    one = claims_file(tmp_path / "one.yaml", *judged("a", "supported"), *judged("b", "supported", "partly"))
    other = claims_file(tmp_path / "other.yaml", *judged("c", "supported"), *judged("b", "supported"))
    with pytest.raises(JudgedError, match=rf"other.yaml: case b: its answer a1 stands in {one} too"):
        read_judged([one, other])
    with pytest.raises(JudgedError, match=r"case a: .* would count twice"):
        read_judged([one, one])
    again = claims_file(tmp_path / "again.yaml", *judged("b", "supported", suite="another"))
    assert len(read_judged([one, again])) == 4


# Counting


def test_partly_and_unsupported_are_not_supported_and_shown_apart() -> None:
    claims = [
        *judged("a", "supported", "supported", "partly"),
        *judged("b", "unsupported"),
        *judged("c", "supported"),
        *judged("a", "supported", "supported", "supported", suite="squad"),
    ]
    overall, sample, squad = shares_of(claims)
    assert (overall.suite, sample.suite, squad.suite) == ("", "sample", "squad")
    assert (overall.answers, overall.supported, overall.partly, overall.unsupported) == (4, 6, 1, 1)
    assert (sample.answers, sample.supported, sample.partly, sample.unsupported) == (3, 3, 1, 1)
    assert (squad.answers, squad.supported, squad.partly, squad.unsupported) == (1, 3, 0, 0)
    assert [share.not_supported.mean for share in (overall, sample, squad)] == [0.25, 0.4, 0.0]
    assert [share.not_supported.count for share in (overall, sample, squad)] == [8, 5, 3]


def test_claims_of_one_answer_are_no_independent_draws() -> None:
    """Clopper and Pearson over ten answers, not over twenty claims: 1 - 0.025 ** (1 / 10) = 0.3085."""
    claims = [claim for number in range(10) for claim in judged(f"c{number}", "supported", "supported")]
    found = shares_of(claims)[0].not_supported
    assert (found.low, found.high) == (0.0, pytest.approx(0.3085, abs=1e-4))


def test_answers_to_one_case_are_no_independent_draws_but_two_answers() -> None:
    claims = judged("a", "partly", "partly")
    other = [msgspec.structs.replace(claim, answer="a2") for claim in claims]
    [overall, _] = shares_of([*claims, *other])
    assert overall.answers == 2
    assert (overall.not_supported.low, overall.not_supported.high) == (pytest.approx(0.025), 1.0)


def test_of_nothing_there_is_no_share() -> None:
    assert shares_of([]) == []


# The commands


def eval_judge(*arguments: object) -> Result:
    """Run `footnote eval judge` as installed."""
    commands = dict(main.commands)
    main.add_command(evaluate)
    try:
        return CliRunner().invoke(main, ["eval", "judge", *map(str, arguments)])
    finally:
        main.commands = commands


def test_claims_are_drawn_judged_and_told(tmp_path: Path) -> None:
    reports = [tmp_path / "one.json", tmp_path / "other.json"]
    write_report(reports[0], REPORT)
    write_report(reports[1], named(REPORT, "squad"))
    path = tmp_path / "judged" / "claims.yaml"
    draw = ("draw", "--from", reports[0], "--from", reports[1], "--sample", 12, "--seed", 3, "--to", path)
    done = eval_judge(*draw)
    assert done.exit_code == 0, done.output
    claims = read_claims(path)
    assert len(cases_of(claims)) == 12
    assert f"{reports[1]}: 6 of " in done.stdout
    assert done.stdout.endswith(f"To be judged: {path}, {len(claims)} claims\n")

    early = eval_judge("tell", path)
    assert (early.exit_code, early.stdout) == (2, "")
    assert early.stderr.startswith(f"footnote: {path}: record 1, case {claims[0].case}: “")

    filled = path.read_text().replace("verdict:\n", "verdict: unsupported\n", 1)
    path.write_text(filled.replace("verdict:\n", "verdict: supported\n"))
    told = eval_judge("tell", path)
    assert told.exit_code == 0, told.output
    head, *rows = told.stdout.splitlines()
    assert head.split("  ")[0] == "Claims marked supported"
    assert [row.split()[:2] for row in rows[:3]] == [["All", "suites"], ["sample", "6"], ["squad", "6"]]
    assert rows[0].split()[2:7] == ["12", str(len(claims)), str(len(claims) - 1), "0", "1"]
    assert rows[0].split()[7:9] == [f"{100 / len(claims):.1f}", "%"]

    again = eval_judge(*draw)
    assert again.exit_code == 2
    assert f"{path}: holds judgements, as record 1, case {claims[0].case}; name another file" in again.stderr


def test_the_commands_need_their_files(tmp_path: Path) -> None:
    assert "Missing option '--from'" in eval_judge("draw", "--to", tmp_path / "claims.yaml").stderr
    assert "Missing argument" in eval_judge("tell").stderr
