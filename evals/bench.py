"""The command behind `make bench`: how fast each part is, next to the library that it stands on.

    python -m evals.bench [--profile NAME] [--rounds N] [--only NAME] [--json FILE] [--html FILE]

The figures of two runs compare badly, because machines are shared and processors change their clock; the ratios of one
run compare well. What each line means stands in docs/benchmarks.md.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from rich.console import Console

from config.cli import Failure, quiet_libraries
from config.errors import FootnoteError
from config.settings import load_settings
from evals.benchmarks.report import SECTIONS, SectionName

_FILE_COLUMNS = 120
"""Width of the tables where there is no terminal to ask."""


@click.command()
@click.option("--profile", metavar="NAME|PATH", help="A shipped profile or a TOML file.  [env: FOOTNOTE_PROFILE]")
@click.option(
    "--rounds", type=click.IntRange(1, 1000), default=5, show_default=True, help="How often to measure everything."
)
@click.option("--only", type=click.Choice(SECTIONS), multiple=True, help="Only this section; may be repeated.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write the report here."
)
@click.option(
    "--html", "html_file", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write a page here."
)
def bench(
    profile: str | None, rounds: int, only: Sequence[SectionName], json_file: Path | None, html_file: Path | None
) -> None:
    """Time indexing, searching, the language model and whole answers on the sample corpus, each next to its floor."""
    quiet_libraries()
    from evals.benchmarks.page import render_page  # noqa: PLC0415
    from evals.benchmarks.run import run  # noqa: PLC0415  torch, llama.cpp and more: seconds
    from evals.benchmarks.tables import render  # noqa: PLC0415

    sections = [name for name in SECTIONS if name in only or not only]
    try:
        report = run(load_settings(profile), sections=sections, rounds=rounds, tell=_tell)
    except FootnoteError as error:
        raise Failure(str(error)) from error
    for file in filter(None, (json_file, html_file)):
        file.parent.mkdir(parents=True, exist_ok=True)
    if html_file:
        html_file.write_text(render_page(report), encoding="utf-8")
    if json_file:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    Console(width=None if sys.stdout.isatty() else _FILE_COLUMNS).print(render(report))


def _tell(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    bench(prog_name="python -m evals.bench")
