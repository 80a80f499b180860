"""The commands `footnote index` and `footnote search`. What takes long to import is imported when a command runs."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config.invocation import Invocation, ReadableText
from config.paths import footnote_home
from config.settings import Settings

if TYPE_CHECKING:
    from indexer.build import BuildReport
    from indexer.embed import Embedder
    from indexer.values import Hit

EXIT_SKIPPED = 1

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(readable=False, path_type=Path), metavar="PATH...")
@click.option("--strict", is_flag=True, help=f"Exit with code {EXIT_SKIPPED} if any file had to be skipped.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def index(invocation: Invocation, *, paths: tuple[Path, ...], strict: bool, as_json: bool) -> None:
    """Make the documents under the given paths searchable.

    They replace what was indexed before. A file that cannot be read is skipped with its reason. The old index stays in
    use until the new one is complete, and unchanged text is not embedded again.
    """
    from indexer.build import build  # noqa: PLC0415
    from indexer.load import require_readable_kinds  # noqa: PLC0415

    settings = invocation.settings()
    require_readable_kinds(paths)  # a misspelt path is told before the embedder takes seconds to load
    embedder = _load_embedder(settings)
    report = build(paths, settings=settings, embedder=embedder, tell=lambda line: click.echo(line, err=True))
    click.echo(_json(report) if as_json else _summary(report, settings.index.directory))
    if strict and report.skipped:
        sys.exit(EXIT_SKIPPED)


@click.command()
@click.argument("query", type=ReadableText())
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Most paragraphs to show.")
@click.option("--from", "published_from", type=_DAY, metavar="YYYY-MM-DD", help="Only documents published since then.")
@click.option("--to", "published_to", type=_DAY, metavar="YYYY-MM-DD", help="Only documents published until then.")
@click.option(
    "--document",
    "document_ids",
    type=ReadableText(),
    multiple=True,
    metavar="ID",
    help="Only this document; may be repeated.",
)
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
    """Show the paragraphs that fit a query best.

    Each with its scores: by meaning (cosine similarity), by words (BM25), and both combined.
    """
    from contextlib import closing  # noqa: PLC0415

    from indexer.folder import IndexFolder  # noqa: PLC0415
    from indexer.search import open_index  # noqa: PLC0415
    from indexer.values import Filters  # noqa: PLC0415

    _require_query(query)
    settings = invocation.settings()
    IndexFolder(Path(settings.index.directory)).current_id()  # what is missing is told before the embedder is loaded
    filters = Filters(document_ids=document_ids, published_from=_day(published_from), published_to=_day(published_to))
    embedder = _load_embedder(settings)
    with closing(open_index(settings, embedder)) as opened:
        hits = opened.search(query, filters=filters, limit=limit)
        version = opened.generation.id
    if as_json:
        click.echo(_json({"query": query, "index_version": version, "hits": hits}))
    else:
        _show(hits)


def _load_embedder(settings: Settings) -> "Embedder":
    from rich.console import Console  # noqa: PLC0415

    with Console(stderr=True).status("Loading the embedder…"):
        from indexer.embed import open_embedder  # noqa: PLC0415

        return open_embedder(settings.embedder, home=footnote_home())


def _require_query(query: str) -> None:
    from indexer.errors import QueryError  # noqa: PLC0415
    from indexer.search import MAX_QUERY_CHARS  # noqa: PLC0415

    if not query.strip():
        raise QueryError("the query is empty; say what to look for")
    if len(query) > MAX_QUERY_CHARS:
        raise QueryError(f"the query has {len(query)} characters, {MAX_QUERY_CHARS} are allowed; shorten it")


def _summary(report: "BuildReport", directory: str) -> str:
    from indexer.terminal import plain  # noqa: PLC0415

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
        *(f"  {plain(file.path)}: {plain(file.reason)}" for file in report.skipped),
    ]
    if report.duplicate_count:
        lines.append(f"Counted once: {_counted(report.duplicate_count, 'duplicate')} of the same place and content.")
    if report.unsupported_count:
        lines.append(f"{_counted(report.unsupported_count, 'file')} of other kinds left out.")
    return "\n".join(lines)


def _show(hits: list["Hit"]) -> None:
    from rich.console import Console  # noqa: PLC0415

    from indexer.terminal import render_hit  # noqa: PLC0415

    console = Console(highlight=False, markup=False, emoji=False)
    if not hits:
        console.print("No paragraph was found.")
    for rank, hit in enumerate(hits, start=1):
        if rank > 1:
            console.print()
        for line in render_hit(hit, rank=rank, console=console):
            console.print(line)


def _json(value: object) -> str:
    import msgspec  # noqa: PLC0415

    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
