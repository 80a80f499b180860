"""The command `footnote`: global options, and the commands that the floors bring, each imported only when used."""

import os
from collections.abc import MutableMapping
from importlib import metadata
from typing import Any

import click

from config.errors import FootnoteError
from config.invocation import Invocation

ENTRY_POINT_GROUP = "footnote.commands"

OWN_COMMANDS = {"models": metadata.EntryPoint("models", "config.models_cli:models", ENTRY_POINT_GROUP)}
"""This floor's commands: they work in a bare checkout, too, where no entry points are registered."""

SHORT_HELP = {
    "ask": "Ask a question and print the answer with its footnotes.",
    "doctor": "Say what is installed, and prove that the model library runs.",
    "eval": "Ask every case of a suite and tell how well it went, with error bars.",
    "index": "Make the documents under the given paths searchable.",
    "models": "List, fetch and verify model files.",
    "search": "Show the paragraphs that fit a query best.",
    "serve": "Serve questions over HTTP, with the page to ask them on.",
}
"""For `footnote --help`, one line a command: asking the commands themselves would import torch and more."""

QUIET_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
}

EXIT_WRONG = 2
EXIT_INTERRUPTED = 130


def quiet_libraries(environ: MutableMapping[str, str] = os.environ) -> None:
    """Keep libraries from reaching for the network and from reporting home; what the user set stays.

    Works only before they are imported.
    """
    for name, value in QUIET_ENVIRONMENT.items():
        environ.setdefault(name, value)


class Failure(click.ClickException):
    """A foreseen error, as a command shows it: `footnote: <message>`, exit code 2."""

    exit_code = EXIT_WRONG

    def show(self, file: Any = None) -> None:  # noqa: ANN401 - click's signature
        """Write the line to stderr."""
        click.echo(f"footnote: {self.format_message()}", err=True, file=file)


class Commands(click.Group):
    """The root group: finds its commands through entry points, and imports none until it is asked for."""

    def main(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401 - click's signature
        """Run the command line."""
        quiet_libraries()
        return super().main(*args, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Run the chosen command; foreseen errors become one line and exit code 2, an interruption exit code 130."""
        try:
            return super().invoke(ctx)
        except FootnoteError as error:
            raise Failure(str(error)) from error
        except KeyboardInterrupt:
            click.echo("footnote: interrupted", err=True)
            ctx.exit(EXIT_INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands, without importing one."""
        return sorted({*super().list_commands(ctx), *_entry_points()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of that name; None when there is none."""
        entry_point = _entry_points().get(cmd_name)
        if entry_point is None:
            return super().get_command(ctx, cmd_name)
        try:
            command = entry_point.load()
        except ImportError as error:
            raise Failure(
                f"command {cmd_name!r} cannot be loaded: {error}: install Footnote with all that it needs"
            ) from error
        if not isinstance(command, click.Command):
            raise Failure(f"command {cmd_name!r}: {entry_point.value} is no click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their one-line help, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, SHORT_HELP.get(name, "")) for name in self.list_commands(ctx)])


def _entry_points() -> dict[str, metadata.EntryPoint]:
    registered = {entry_point.name: entry_point for entry_point in metadata.entry_points(group=ENTRY_POINT_GROUP)}
    return {**registered, **OWN_COMMANDS}


def _version() -> str:
    try:
        return metadata.version("footnote")
    except metadata.PackageNotFoundError:
        return "not installed"


def _show_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"footnote {_version()}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--profile",
    metavar="NAME|PATH",
    help="A shipped profile (default, small, server) or a TOML file.  [env: FOOTNOTE_PROFILE]",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the version."
)
@click.pass_context
def main(ctx: click.Context, profile: str | None) -> None:
    """Answers over your documents, with a footnote to the exact paragraph behind every sentence."""
    ctx.obj = Invocation(profile=profile)


if __name__ == "__main__":
    main(prog_name="footnote")
