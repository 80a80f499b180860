"""What a run is shown as and written as, and which settings it refuses."""

import datetime

import msgspec
import pytest
from click.testing import CliRunner
from rich.console import Console

from config.errors import ConfigError
from config.settings import load_settings
from evals.bench import bench
from evals.benchmarks.machine import describe_machine, peak_memory_bytes, processor_name
from evals.benchmarks.page import axis_of, render_page
from evals.benchmarks.report import SECTIONS, AskedQuestion, Line, Machine, Report, Section, UsedModel
from evals.benchmarks.run import BENCHMARKS
from evals.benchmarks.tables import render, shown
from evals.benchmarks.timing import spread
from evals.benchmarks.workbench import require_local
from evals.own_index import with_index_in

REPORT = Report(
    started_at=datetime.datetime(2026, 11, 23, 21, 4, tzinfo=datetime.UTC),
    rounds=3,
    settings=load_settings("default", environ={}),
    machine=Machine(
        system="Linux",
        processor="Abacus 9000",
        processor_fingerprint="0123456789ab",
        cores=2,
        memory_bytes=8_000_000_000,
        load_average=1.5,
        python="3.11.7",
        packages={"torch": "2.13.0"},
    ),
    embedder=UsedModel(id="a-small-embedder", sha256="e" * 64),
    language_model=UsedModel(id="a-small-model", sha256="f" * 64),
    generation_id="g0123456789abcdef",
    chunk_count=410,
    sections=(
        Section(
            name="model",
            lines=(Line(name="decode", unit="tokens/s", value=spread([14.0, 15.0, 16.25])),),
            peak_memory_bytes=1_500_000_000,
        ),
        Section(
            name="ask",
            lines=(Line(name="share", unit="ratio", value=spread([0.9, 0.95, 1.0])),),
            questions=(
                AskedQuestion(
                    question="Is [bold]this[/bold] answered?",
                    status="refused",
                    evidence_s=spread([0.02]),
                    draft_s=None,
                    answer_s=spread([3.5]),
                    prompt_tokens=700,
                    reused_tokens=300,
                    answer_tokens=20,
                    raw_share=spread([0.875]),
                ),
            ),
            peak_memory_bytes=1_600_000_000,
        ),
    ),
)


def rendered(report: Report) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(render(report))
    return capture.get()


def test_the_table_shows_median_extremes_and_unit_of_every_line() -> None:
    row = next(line for line in rendered(REPORT).splitlines() if "decode" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "model",
        "decode",
        "15.0",
        "14.0 - 16.2",
        "tokens/s",
    ]


def test_the_table_names_machine_models_and_index() -> None:
    text = rendered(REPORT)
    for fact in ("Abacus 9000", "0123456789ab", "2 cores", "1.5", "a-small-embedder", "a-small-model", "torch 2.13.0"):
        assert fact in text
    assert "g0123456789abcdef (410 chunks)" in text


def test_a_question_is_shown_as_it_was_asked_with_its_tokens() -> None:
    row = next(line for line in rendered(REPORT).splitlines() if "answered?" in line)
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells == ["Is [bold]this[/bold] answered?", "refused", "0.0200", "-", "3.50", "700 - 300 + 20", "0.875"]


def test_without_questions_there_is_no_table_of_them() -> None:
    assert "reused" not in rendered(msgspec.structs.replace(REPORT, sections=REPORT.sections[:1]))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"),
        (0.0001, "0.000"),
        (0.01234, "0.0123"),
        (1.0, "1.00"),
        (12.34, "12.3"),
        (99.94, "99.9"),
        (99.96, "100"),
        (1234.5, "1234"),
    ],
)
def test_a_number_is_shown_with_three_digits_that_count(value: float, text: str) -> None:
    assert shown(value) == text


def test_a_report_survives_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(REPORT), type=Report) == REPORT


def test_the_processor_is_named_by_its_first_core() -> None:
    cpuinfo = "processor\t: 0\nmodel\t\t: 17\nmodel name\t: Abacus: 9000\n\nprocessor\t: 1\nmodel name\t: Other\n"
    assert processor_name(cpuinfo) == "Abacus: 9000"


def test_a_processor_without_a_name_has_an_empty_one() -> None:
    assert processor_name("") == ""
    assert processor_name("processor\t: 0\nCPU implementer\t: 0x41\n") == ""


def test_the_facts_of_this_machine_are_there() -> None:
    machine = describe_machine()
    assert machine.cores >= 1
    assert machine.processor
    assert len(machine.processor_fingerprint) == 12
    assert machine.packages["torch"] != "not installed"
    assert 0 < peak_memory_bytes() < machine.memory_bytes


def test_another_index_folder_changes_nothing_else(tmp_path) -> None:
    settings = REPORT.settings
    changed = with_index_in(settings, tmp_path)
    assert changed.index.directory == str(tmp_path)
    assert msgspec.structs.replace(changed, index=settings.index) == settings


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            {"llm.kind": "llama_cpp", "llm.model": "small.gguf"},
            'vectors.kind is "server": the benchmarks need "embedded"',
        ),
        ({"vectors.kind": "embedded"}, 'llm.kind is "openai": the benchmarks need "llama_cpp"'),
    ],
)
def test_settings_that_leave_this_process_are_refused(override: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        require_local(load_settings("server", environ={}, overrides=override))


def test_every_section_has_its_benchmark() -> None:
    assert tuple(BENCHMARKS) == SECTIONS


def test_a_wrong_profile_is_one_line_and_exit_code_2() -> None:
    result = CliRunner().invoke(bench, ["--profile", "no-such-profile"])
    assert result.exit_code == 2
    assert result.stderr.startswith("footnote: ")
    assert result.stderr.count("\n") == 1


def test_an_unknown_section_is_refused_with_the_known_ones() -> None:
    result = CliRunner().invoke(bench, ["--only", "coffee"])
    assert result.exit_code == 2
    assert all(name in result.stderr for name in SECTIONS)


def test_the_page_shows_every_line_and_refers_to_nothing_outside() -> None:
    page = render_page(REPORT)
    for section in REPORT.sections:
        for line in section.lines:
            assert f"<b>{shown(line.value.median)}</b>" in page
            assert page.count('class="round"') >= len(line.value.rounds)
    assert "http" not in page.replace("http-equiv", "")


def test_an_axis_begins_at_zero_and_has_room_for_one_under_a_ratio() -> None:
    ratio = axis_of(Line(name="a", unit="ratio", value=spread([0.2, 0.4])))
    seconds = axis_of(Line(name="b", unit="s", value=spread([2.0, 4.0])))
    assert ratio(0) == seconds(0) == 0
    assert ratio(1) == pytest.approx(90.91)
    assert seconds(4.0) == pytest.approx(90.91)
    assert axis_of(Line(name="c", unit="s", value=spread([0.0])))(0.0) == 0.0
