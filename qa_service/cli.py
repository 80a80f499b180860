"""The commands `footnote serve`, `ask` and `doctor`."""

import datetime
import logging
import os
import signal
import sys
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from rich.console import Console
from rich.markup import escape

from config.invocation import Invocation, ReadableText
from config.settings import Settings
from indexer.folder import IndexFolder
from indexer.values import Filters
from qa_service.errors import QuestionError
from qa_service.terminal import render_answer
from qa_service.values import MAX_QUESTION_CHARS, Answer, EvidenceFound, Progress, Question

if TYPE_CHECKING:
    from qa_service.bootstrap import Parts
    from qa_service.web.health import Ready
    from qa_service.web.running import AskFunction

EXIT_REFUSED = 3
EXIT_NOT_WELL = 1

_OWN_LOGGERS = ("config", "indexer", "qa_service", "footnote")
"""What libraries have to say below a warning is noise to whoever runs the server."""

_DAY = click.DateTime(["%Y-%m-%d"])
_DRAFT_CHARS = 60
"""Of the draft, what fits behind the spinner."""


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on.  [default: server.host, 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 is any.  [default: server.port, 8000]"
)
@click.option(
    "--open/--no-open", "open_page", default=True, help="Open the page in a browser, when there is a desktop."
)
@click.pass_obj
def serve(invocation: Invocation, host: str | None, port: int | None, open_page: bool) -> None:
    """Serve questions over HTTP, with the page to ask them on.

    Runs until interrupted. Without an index it starts all the same, says so, and takes up the index when there is one.
    """
    settings = invocation.settings({"server.host": host, "server.port": port})
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for ours in _OWN_LOGGERS:
        logging.getLogger(ours).setLevel(logging.INFO)
    with _terminated_like_interrupted():
        _serve(settings, open_page=open_page and _has_desktop())


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Have SIGTERM raise KeyboardInterrupt, as Ctrl-C does, so that the parts are closed. Only for the main thread."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _serve(settings: Settings, *, open_page: bool) -> None:
    from qa_service.bootstrap import open_parts  # noqa: PLC0415 (torch, llama.cpp and more: seconds)
    from qa_service.web.app import create_app  # noqa: PLC0415
    from qa_service.web.server import FootnoteServer, address_of, bind  # noqa: PLC0415

    with bind(settings.server.host, settings.server.port) as bound:
        address = address_of(bound)
        click.echo(f"Footnote is loading {settings.llm.model}…")
        with open_parts(settings) as parts:

            def on_ready(ready: "Ready") -> None:
                documents = "1 document" if ready.document_count == 1 else f"{ready.document_count} documents"
                click.echo(
                    f"Footnote is ready at {address} ({documents}, index {ready.index_version}, model {ready.model}); "
                    "Ctrl-C stops it"
                )
                if open_page:
                    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

            server = FootnoteServer(
                create_app(parts),
                parts,
                on_ready=on_ready,
                on_wait=lambda error: click.echo(f"Footnote serves {address} but cannot answer yet: {error}"),
            )
            try:
                server.run(sockets=[bound])
            except KeyboardInterrupt:
                # uvicorn ends all its work first and then raises the signal again.
                click.echo("Footnote has stopped")


@click.command()
@click.argument("question", type=ReadableText())
@click.option("--json", "as_json", is_flag=True, help="Print the whole value as JSON.")
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
@click.pass_obj
def ask(
    invocation: Invocation,
    *,
    question: str,
    as_json: bool,
    published_from: datetime.datetime | None,
    published_to: datetime.datetime | None,
    document_ids: Sequence[str],
) -> None:
    """Ask a question and print the answer with its footnotes.

    Exit code: 0 with an answer (also a partial one, or one that asks back), 3 when it is refused because the documents
    do not say it, 2 on an error.
    """
    asked = question_of(
        question,
        document_ids=document_ids,
        published_from=published_from.date() if published_from else None,
        published_to=published_to.date() if published_to else None,
    )
    settings = invocation.settings()
    IndexFolder(Path(settings.index.directory)).current_id()  # what is missing is told before the models are loaded
    progress = Console(stderr=True)
    with progress.status("Loading the models…"):
        from qa_service.ask import ask as answer_question  # noqa: PLC0415 (seconds, under the spinner)
        from qa_service.bootstrap import open_parts  # noqa: PLC0415

        parts = open_parts(settings)
    with parts:
        answer = answer_on_terminal(parts, asked, ask=answer_question, progress=progress)
    print_answer(answer, as_json=as_json)
    sys.exit(exit_code_of(answer))


def exit_code_of(answer: Answer) -> int:
    """Return the exit code that tells a script whether there is an answer to use."""
    return EXIT_REFUSED if answer.status == "refused" else 0


def question_of(
    text: str,
    *,
    document_ids: Sequence[str] = (),
    published_from: datetime.date | None = None,
    published_to: datetime.date | None = None,
) -> Question:
    """Return a checked question. Raises QuestionError when it is empty or too long."""
    text = text.strip()
    if not text:
        raise QuestionError("the question is empty; say what you want to know")
    if len(text) > MAX_QUESTION_CHARS:
        raise QuestionError(f"the question has {len(text)} characters, {MAX_QUESTION_CHARS} are allowed; shorten it")
    filters = Filters(document_ids=tuple(document_ids), published_from=published_from, published_to=published_to)
    return Question(question=text, filters=filters)


def answer_on_terminal(parts: "Parts", question: Question, *, ask: "AskFunction", progress: Console) -> Answer:
    """Answer in this thread, with a spinner and the end of the draft on `progress` if that is a terminal."""
    cancel = threading.Event()
    draft = ""
    with progress.status("Searching…") as status:

        def tell(news: Progress) -> None:
            nonlocal draft
            if isinstance(news, EvidenceFound):
                count = len(news.evidence)
                status.update(f"Reading {count} paragraph{'' if count == 1 else 's'}…")
            else:
                draft += news.text
                status.update(_last_words(draft))

        try:
            with parts.model.admit(cancel) as session, parts.keeper.lease() as index:
                return ask(
                    question,
                    index=index,
                    session=session,
                    settings=parts.settings,
                    checker=parts.checker,
                    ranker=parts.ranker,
                    tell=tell,
                )
        finally:
            cancel.set()


def print_answer(answer: Answer, *, as_json: bool) -> None:
    """Print the answer to stdout, wrapped with its footnotes, or as indented JSON."""
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2))
        return
    Console(highlight=False).print(render_answer(answer))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def doctor(invocation: Invocation, as_json: bool) -> None:
    """Say what is installed, and prove that the model library runs.

    The proof is one decode in a process of its own, so that a crash of the library is only a line of the report.
    Exit code: 0 when all is well, 1 when something has to be mended, each with its remedy.
    """
    from qa_service.doctor import examine, render_report  # noqa: PLC0415 (numpy)

    report = examine(invocation.settings())
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2))
    else:
        Console(highlight=False).print(render_report(report))
    if not report.well:
        sys.exit(EXIT_NOT_WELL)


def _last_words(draft: str) -> str:
    flat = " ".join(draft.split())
    return escape(flat if len(flat) <= _DRAFT_CHARS else f"…{flat[-_DRAFT_CHARS:]}")


def _has_desktop() -> bool:
    """Tell whether opening a browser would show one: `webbrowser` alone might start one in the terminal."""
    if not sys.stdout.isatty():
        return False
    return sys.platform in {"darwin", "win32"} or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
