"""Reports and baselines as files. A baseline is a report without what is only nice to read."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from evals.errors import BaselineError
from evals.values import Outcome, Report, ScoredCase
from evals.whole_files import write_whole


def write_report(path: Path, report: Report) -> None:
    """Write the whole report as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, msgspec.json.encode(report) + b"\n")


def read_report(path: Path) -> Report:
    """Read a report or a baseline. Raises BaselineError when there is none, or not of this version."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except OSError as error:
        raise BaselineError(f"{path}: cannot be read ({error.strerror}); name a report or a baseline") from error
    except msgspec.DecodeError as error:
        remedy = "make it anew with `footnote eval --update-baseline`"
        raise BaselineError(f"{path}: is no report of this version ({error}); {remedy}") from error


def write_baseline(path: Path, report: Report, *, target: str) -> None:
    """Write what later runs are compared with: one target's cases, one a line, so that a diff can be read."""
    cases = [_slim(each) for each in report.cases if each.outcome.target == target]
    summaries = tuple(each for each in report.summaries if each.target == target)
    head = msgspec.structs.replace(report, cases=(), summaries=summaries, comparisons=())
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(msgspec.json.encode(each).decode() for each in cases)
    body = msgspec.json.encode(head).decode().replace('"cases":[]', f'"cases":[\n{lines}\n]', 1)
    write_whole(path, f"{body}\n".encode())


def of_target(report: Report, target: str) -> Sequence[ScoredCase]:
    """Return the cases of one target."""
    return [each for each in report.cases if each.outcome.target == target]


def _slim(scored: ScoredCase) -> ScoredCase:
    answer = scored.outcome.answer
    kept = msgspec.structs.replace(answer, evidence=()) if answer else None
    outcome = Outcome(
        case_id=scored.outcome.case_id, target=scored.outcome.target, answer=kept, error=scored.outcome.error
    )
    return msgspec.structs.replace(scored, outcome=outcome)
