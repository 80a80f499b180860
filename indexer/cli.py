"""The commands `footnote index` and `footnote search`. What takes long to import is imported when a command runs."""

import re
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config.invocation import Invocation
from config.paths import footnote_home

if TYPE_CHECKING:
    from indexer.build import BuildReport
    from indexer.values import Hit

EXIT_SKIPPED = 1

_DAY = click.DateTime(formats=["%Y-%m-%d"])
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")  # in a document they could move the cursor or change the terminal


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--strict", is_flag=True, help=f"Exit with code {EXIT_SKIPPED} if any file had to be skipped.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def index(invocation: Invocation, *, paths: tuple[Path, ...], strict: bool, as_json: bool) -> None:
    """Make the documents under each PATH searchable.

    They replace what was indexed before. A file that cannot be read is skipped with its reason. The old index stays in
    use until the new one is complete, and unchanged text is not embedded again.
    """
    from indexer.build import build  # noqa: PLC0415
    from indexer.embed import open_embedder  # noqa: PLC0415

    settings = invocation.settings()
    embedder = open_embedder(settings.embedder, home=footnote_home())
    report = build(paths, settings=settings, embedder=embedder, tell=lambda line: click.echo(line, err=True))
    click.echo(_json(report) if as_json else _summary(report, settings.index.directory))
    if strict and report.skipped:
        sys.exit(EXIT_SKIPPED)


@click.command()
@click.argument("query")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Most paragraphs to show.")
@click.option("--from", "published_from", type=_DAY, metavar="DATE", help="Only documents published then or later.")
@click.option("--to", "published_to", type=_DAY, metavar="DATE", help="Only documents published then or earlier.")
@click.option("--document", "document_ids", multiple=True, metavar="ID", help="Only this document; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print the paragraphs as JSON.")
@click.pass_obj
def search(
    invocation: Invocation,
    *,
    query: str,
    limit: int,
    published_from: datetime | None,
    published_to: datetime | None,
    document_ids: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show the paragraphs that fit QUERY best, with the scores by meaning (cosine) and by words (BM25)."""
    from contextlib import closing  # noqa: PLC0415

    from indexer.embed import open_embedder  # noqa: PLC0415
    from indexer.search import open_index  # noqa: PLC0415
    from indexer.values import Filters  # noqa: PLC0415

    settings = invocation.settings()
    filters = Filters(document_ids=document_ids, published_from=_day(published_from), published_to=_day(published_to))
    embedder = open_embedder(settings.embedder, home=footnote_home())
    with closing(open_index(settings, embedder)) as opened:
        hits = opened.search(query, filters=filters, limit=limit)
        version = opened.generation.id
    if as_json:
        click.echo(_json({"query": query, "index_version": version, "hits": hits}))
    else:
        _show(hits)


def _summary(report: "BuildReport", directory: str) -> str:
    generation = report.generation
    outcomes = {
        "built": f"Published {generation.id} in {directory}",
        "republished": f"Nothing changed since {generation.id}, published again in {directory}",
        "unchanged": f"Nothing changed: {generation.id} in {directory} is up to date",
    }
    lines = [
        f"{outcomes[report.outcome]} ({sum(report.duration_s.values()):.1f} s).",
        f"Indexed {_counted(generation.document_count, 'document')}, "
        f"{_counted(generation.paragraph_count, 'paragraph')}, {_counted(generation.chunk_count, 'chunk')}: "
        f"{report.embedded_chunks} embedded, {report.reused_chunks} reused.",
        f"Skipped {_counted(len(report.skipped), 'file')}{':' if report.skipped else '.'}",
        *(f"  {_plain(file.path)}: {_plain(file.reason)}" for file in report.skipped),
    ]
    if report.duplicate_count:
        lines.append(f"Counted once: {_counted(report.duplicate_count, 'duplicate')} of the same place and content.")
    return "\n".join(lines)


def _show(hits: list["Hit"]) -> None:
    """Print a block a paragraph: place, scores, text."""
    from rich.console import Console  # noqa: PLC0415
    from rich.padding import Padding  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False, markup=False, emoji=False)
    if not hits:
        console.print("No paragraph was found.")
    for rank, hit in enumerate(hits, start=1):
        origin = ", ".join(filter(None, [hit.source, hit.published_at.isoformat() if hit.published_at else ""]))
        page = f", page {hit.paragraph.page}" if hit.paragraph.page else ""
        scores = f"{hit.paragraph.id}{page}   fused {hit.fused_score:.4f}   {_scores(hit)}"
        console.print(Text.assemble((f"{rank}. {_plain(hit.title)}", "bold"), f" ({_plain(origin)})" if origin else ""))
        console.print(Padding(Text(scores, style="dim"), (0, 3)))
        console.print(Padding(Text(_plain(hit.paragraph.text)), (0, 3, 1, 3)))


def _scores(hit: "Hit") -> str:
    cosine = "-" if hit.cosine_similarity is None else f"{hit.cosine_similarity:.3f}"
    bm25 = "-" if hit.bm25_score is None else f"{hit.bm25_score:.2f}"
    return f"cosine {cosine}   BM25 {bm25}"


def _json(value: object) -> str:
    import msgspec  # noqa: PLC0415

    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", text)
