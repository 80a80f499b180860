"""Where Footnote keeps what it downloads and builds."""

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs


def footnote_home(environ: Mapping[str, str] | None = None) -> Path:
    """Give the absolute path of Footnote's cache folder: `FOOTNOTE_HOME`, or `footnote` in the user's cache folder.

    The folder need not exist yet. `environ` stands in for `os.environ`.
    """
    chosen = (os.environ if environ is None else environ).get("FOOTNOTE_HOME", "")
    if chosen:
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_cache_path("footnote", appauthor=False)
