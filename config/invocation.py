"""What every command of `footnote` gets from the root command."""

from collections.abc import Mapping

import click
import msgspec

from config.settings import Settings, load_settings


class ReadableText(click.ParamType[str]):
    """Text of a command line, in which bytes that are no text become `?`: so it can be stored and printed."""

    name = "text"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """See click."""
        return str(value).encode(errors="replace").decode()


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """The global options of one run; the object of click's context (`@click.pass_obj`)."""

    profile: str | None = None
    """What `--profile` named; None leaves it to the environment, and then to `default`."""

    def settings(self, overrides: Mapping[str, object] | None = None) -> Settings:
        """Load the settings, with the command's own options laid over them. See `load_settings`."""
        return load_settings(self.profile, overrides=overrides)
