"""What every command of `footnote` gets from the root command."""

from collections.abc import Mapping

import msgspec

from config.settings import Settings, load_settings


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """The global options of one run; the object of click's context (`@click.pass_obj`)."""

    profile: str | None = None
    """What `--profile` named; None leaves it to the environment, and then to `default`."""

    def settings(self, overrides: Mapping[str, object] | None = None) -> Settings:
        """Load the settings, with the command's own options laid over them. See `load_settings`."""
        return load_settings(self.profile, overrides=overrides)
