"""Evaluations index their corpus in a folder of their own: the index that the settings name is never touched."""

from pathlib import Path

import msgspec

from config.settings import Settings


def with_index_in(settings: Settings, folder: Path) -> Settings:
    """Return the settings with another index folder."""
    return msgspec.structs.replace(settings, index=msgspec.structs.replace(settings.index, directory=str(folder)))
