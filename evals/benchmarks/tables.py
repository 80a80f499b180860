"""A report as a terminal shows it."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from evals.benchmarks.report import AskedQuestion, Line, Report
from evals.benchmarks.timing import Spread

_MEGABYTE = 1_000_000


def render(report: Report) -> RenderableType:
    """Lay out the facts of the machine, every line, and the questions one by one."""
    questions = [question for section in report.sections for question in section.questions]
    return Group(_heading(report), _lines(report), *([_questions(questions)] if questions else []))


def shown(value: float) -> str:
    """Write a number with three digits that count, and no exponent: `0.0123`, `1.23`, `12.3`, `1234`."""
    if abs(value) >= 99.95:
        return f"{value:.0f}"
    return f"{value:#.3g}" if abs(value) >= 0.001 else f"{value:.3f}"


def _heading(report: Report) -> Text:
    machine = report.machine
    packages = ", ".join(f"{name} {version}" for name, version in machine.packages.items())
    return Text(
        f"{report.started_at:%Y-%m-%d %H:%M} UTC, rounds: {report.rounds}, "
        f"index {report.generation_id} ({report.chunk_count} chunks)\n"
        f"{machine.processor} ({machine.processor_fingerprint}), {machine.cores} cores, "
        f"load average {machine.load_average} before the run\n"
        f"{report.embedder.id}, {report.language_model.id}\n"
        f"Python {machine.python}, {packages}"
    )


def _lines(report: Report) -> Table:
    table = Table("section", "measured", "median", "min - max", "unit")
    for section in report.sections:
        for place, line in enumerate(section.lines):
            table.add_row(section.name if place == 0 else "", line.name, *_cells(line))
        peak = shown(section.peak_memory_bytes / _MEGABYTE)
        table.add_row("", "peak memory of the process so far", peak, "", "MB", end_section=True)
    return table


def _cells(line: Line) -> tuple[str, str, str]:
    return shown(line.value.median), _range(line.value), line.unit


def _range(value: Spread) -> str:
    return f"{shown(value.low)} - {shown(value.high)}"


def _questions(questions: list[AskedQuestion]) -> Table:
    table = Table(
        "question", "status", "evidence\ns", "draft\ns", "answer\ns", "prompt - reused\n+ answer tokens",
        "share of\nllama.cpp",
    )  # fmt: skip
    for asked in questions:
        table.add_row(
            Text(asked.question),
            asked.status,
            shown(asked.evidence_s.median),
            shown(asked.draft_s.median) if asked.draft_s else "-",
            shown(asked.answer_s.median),
            f"{asked.prompt_tokens} - {asked.reused_tokens} + {asked.answer_tokens}",
            shown(asked.raw_share.median),
        )
    return table
