"""`footnote eval`: run a suite, compare two reports, turn feedback into cases, draw claims to judge."""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from config.invocation import Invocation

if TYPE_CHECKING:
    from evals.cases import Suite
    from evals.values import Report, TargetName

EXIT_SHUT = 1
EVALS = Path(__file__).resolve().parent
_FILE_COLUMNS = 100
_TARGETS: tuple["TargetName", ...] = ("footnote", "plain")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group("eval", invoke_without_command=True)
@click.option("--suite", type=_FOLDER, help="A folder of cases.  [default: evals/cases]")
@click.option("--squad", type=_FILE, help="Instead of a suite: a file in SQuAD 2.0 format.")
@click.option("--beir", type=_FOLDER, help="Instead of a suite: a folder in BEIR format.")
@click.option("--mtrag", type=_FILE, help="Instead of a suite: a file of conversations in the format of MTRAG-UN.")
@click.option("--stories", type=_FOLDER, help="Instead of a suite: a folder of stories that adapters learn from.")
@click.option(
    "--adapters",
    type=_FOLDER,
    help="Of --squad and --stories: adapters that have not seen all articles; see docs/evals.md.",
)
@click.option("--split", default="test", show_default=True, help="Which judgements of a BEIR folder: qrels/SPLIT.tsv.")
@click.option("--target", "targets", type=click.Choice(_TARGETS), multiple=True, help="What to ask.  [default: all]")
@click.option("--sample", type=click.IntRange(min=1), help="Draw so many cases, evenly from the strata.")
@click.option("--seed", default=0, show_default=True, help="Of the sample.")
@click.option("--fresh", is_flag=True, help="Ask again what was answered before.")
@click.option("--judge", type=_FOLDER, help="An NLI model (CrossEncoder folder) that judges citations as well.")
@click.option(
    "--baseline",
    "baseline_file",
    type=_FILE,
    help="Compare with this report.  [default: evals/baselines/SUITE-PROFILE]",
)
@click.option("--update-baseline", is_flag=True, help="Make this run the baseline.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("data/evals"),
    show_default=True,
    help="Where report, index and earlier answers lie.",
)
@click.pass_context
def evaluate(
    context: click.Context,
    *,
    suite: Path | None,
    squad: Path | None,
    beir: Path | None,
    mtrag: Path | None,
    stories: Path | None,
    adapters: Path | None,
    split: str,
    targets: Sequence["TargetName"],
    sample: int | None,
    seed: int,
    fresh: bool,
    judge: Path | None,
    baseline_file: Path | None,
    update_baseline: bool,
    folder: Path,
) -> None:
    """Ask every case of a suite and tell how well it went, with error bars.

    Writes report.html and report.json below the folder. Answers given before by the same pipeline, model, settings and
    index are taken from there, so an interrupted run goes on where it stopped. Exit code: 0 when the gate is open, 1
    when a case crashed, a quote is not exact, an injected instruction was obeyed or a stratum is worse than the
    baseline, 2 on an error.
    """
    if context.invoked_subcommand:
        return
    if sum(each is not None for each in (suite, squad, beir, mtrag, stories)) > 1:
        raise click.UsageError("--suite, --squad, --beir, --mtrag and --stories exclude each other")
    if adapters and not (squad or stories):
        raise click.UsageError("--adapters goes with --squad or --stories: what cases are about chooses among them")
    if update_baseline and sample:
        raise click.UsageError("a baseline is made of all cases: leave --sample out")
    invocation: Invocation = context.obj
    settings = invocation.settings()

    from evals.judge import open_judge  # noqa: PLC0415  torch, llama.cpp and more: seconds
    from evals.report_files import read_report, write_baseline, write_report  # noqa: PLC0415
    from evals.reports.html import render_html  # noqa: PLC0415
    from evals.reports.tables import render_flips, render_report  # noqa: PLC0415
    from evals.run import PRODUCT, Plan, run  # noqa: PLC0415

    cases = _cases(suite, squad=squad, beir=beir, mtrag=mtrag, stories=stories, split=split, folder=folder)
    baseline = baseline_file or _baseline_of(cases.name, invocation.profile)
    plan = Plan(
        suite=cases,
        targets=tuple(name for name in _TARGETS if name in targets or not targets),
        sample=sample,
        seed=seed,
        fresh=fresh,
        baseline=read_report(baseline) if baseline.is_file() else None,
        baseline_name=baseline.name,
        judge=open_judge(judge) if judge else None,
        judge_name=judge.name if judge else "",
        adapters=adapters,
        folder=folder,
    )
    report = run(plan, settings=settings)
    page = folder / "report.html"
    write_report(page.with_suffix(".json"), report)
    page.write_text(render_html(report), encoding="utf-8")
    console = _console()
    console.print(render_report(report))
    for comparison in report.comparisons:
        if comparison.before == baseline.name:
            console.print(render_flips(comparison))
    click.echo(f"Report: {page} and {page.with_suffix('.json').name}")
    if update_baseline:
        write_baseline(baseline, report, target=PRODUCT)
        click.echo(f"Baseline: {baseline}")
    _exit_by(report)


@evaluate.command("compare")
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
@click.option("--target", type=click.Choice(_TARGETS), default="footnote", show_default=True, help="Which one.")
def compare_reports(before: Path, after: Path, target: str) -> None:
    """Compare two reports, case by case."""
    from evals.compare import compare  # noqa: PLC0415 (scipy)
    from evals.report_files import of_target, read_report  # noqa: PLC0415
    from evals.reports.tables import render_comparison, render_flips  # noqa: PLC0415

    comparison = compare(
        of_target(read_report(before), target),
        of_target(read_report(after), target),
        before_name=str(before),
        after_name=str(after),
    )
    console = _console()
    console.print(render_comparison(comparison))
    console.print(render_flips(comparison))


@evaluate.command("add")
@click.option("--from", "feedback_file", type=_FILE, required=True, help="Records of feedback, one JSON object a line.")
@click.option(
    "--to",
    "drafts_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("data/evals/drafts.yaml"),
    show_default=True,
    help="Where the drafts are added.",
)
@click.pass_obj
def add_cases(invocation: Invocation, feedback_file: Path, drafts_file: Path) -> None:
    """Turn thumbs-down records into drafts of cases.

    What was cited becomes the suggested support, if it is in the index that the profile names. A draft is refused in a
    suite until somebody has completed it.
    """
    from config.paths import footnote_home  # noqa: PLC0415 (torch)
    from evals.feedback import draft_cases, write_drafts  # noqa: PLC0415
    from indexer.embed import open_embedder  # noqa: PLC0415
    from indexer.errors import IndexMissingError  # noqa: PLC0415
    from indexer.search import open_index  # noqa: PLC0415

    settings = invocation.settings()
    with ExitStack() as stack:
        try:
            index = stack.enter_context(
                closing(open_index(settings, open_embedder(settings.embedder, home=footnote_home())))
            )
        except IndexMissingError:
            index = None
        drafts = draft_cases(feedback_file, index=index)
    added = write_drafts(drafts_file, drafts.cases)
    known = len(drafts.cases) - added
    click.echo(f"{drafts_file}: {added} drafts added, {known} were there, {drafts.up_count} thumbs-up passed over")
    if index is None:
        click.echo("No index is published, so the cited paragraphs stand in the notes.", err=True)


@evaluate.group("judge")
def judge_claims() -> None:
    """Judge claims by reading them against their quotes: draw some, fill in the verdicts, and tell the share."""


@judge_claims.command("draw")
@click.option("--from", "report_files", type=_FILE, multiple=True, required=True, help="A report.json, or several.")
@click.option("--sample", type=click.IntRange(min=1), default=200, show_default=True, help="Draw so many answers.")
@click.option("--seed", default=0, show_default=True, help="Of the sample.")
@click.option(
    "--to",
    "claims_file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where the claims are written; a file that holds judgements is never overwritten.",
)
def draw_to_judge(report_files: Sequence[Path], sample: int, seed: int, claims_file: Path) -> None:
    """Draw answers with a claim marked supported, evenly over reports and strata, and write their claims to be judged.

    The rules of judging stand in evals/judged/README.md.
    """
    from evals.judged import draw_claims, write_claims  # noqa: PLC0415 (scipy)
    from evals.report_files import read_report  # noqa: PLC0415

    drawn = draw_claims({str(path): read_report(path) for path in report_files}, count=sample, seed=seed)
    write_claims(claims_file, drawn)
    for line in drawn.summary:
        click.echo(line)
    click.echo(f"To be judged: {claims_file}, {len(drawn.claims)} claims")


@judge_claims.command("tell")
@click.argument("claims_files", type=_FILE, nargs=-1, required=True)
def tell_judged(claims_files: Sequence[Path]) -> None:
    """Tell the share of claims marked supported that their quotes do not support, with its 95 % interval.

    A claim that nobody has judged is an error.
    """
    from evals.judged import read_judged, shares_of  # noqa: PLC0415 (scipy)
    from evals.reports.tables import render_judged  # noqa: PLC0415

    _console().print(render_judged(shares_of(read_judged(claims_files))))


def _cases(
    suite: Path | None,
    *,
    squad: Path | None,
    beir: Path | None,
    mtrag: Path | None,
    stories: Path | None,
    split: str,
    folder: Path,
) -> "Suite":
    from evals.answerability.suite import load_stories  # noqa: PLC0415
    from evals.cases import load_suite  # noqa: PLC0415
    from evals.public_sets import load_beir, load_mtrag, load_squad  # noqa: PLC0415

    if squad:
        return load_squad(squad, folder=folder / "sets" / squad.stem)
    if beir:
        return load_beir(beir, split=split, into=folder / "sets" / beir.name)
    if mtrag:
        return load_mtrag(mtrag, folder=folder / "sets" / mtrag.stem)
    if stories:
        return load_stories(stories, folder=folder / "sets" / stories.name)
    return load_suite(suite or EVALS / "cases")


def _baseline_of(suite: str, profile: str | None) -> Path:
    chosen = Path(profile or os.environ.get("FOOTNOTE_PROFILE") or "default").stem
    return EVALS / "baselines" / f"{suite}-{chosen}.json"


def _console() -> Console:
    return Console(highlight=False, width=None if sys.stdout.isatty() else _FILE_COLUMNS)


def _exit_by(report: "Report") -> None:
    if report.alarms:
        sys.exit(EXIT_SHUT)
