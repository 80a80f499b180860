"""Answers that were given before, so that an interrupted run goes on and a repeated one takes seconds."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from evals.values import Outcome
from evals.whole_files import write_whole


class OutcomeCache:
    """A folder of outcomes, one JSON file each, named by a hash of everything that determines them.

    Several runs may share it: files appear whole, and two runs that write the same one write the same. A file that
    cannot be read counts as missing. Crashes are not kept: they are tried again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> Outcome | None:
        """Return what was kept under `key`, or None."""
        try:
            return msgspec.json.decode(self._path(key).read_bytes(), type=Outcome)
        except (OSError, msgspec.DecodeError):
            return None

    def put(self, key: str, outcome: Outcome) -> None:
        """Keep an outcome, unless it is a crash."""
        if outcome.error:
            return
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, msgspec.json.encode(outcome))

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"


def cache_key(parts: Mapping[str, object]) -> str:
    """Return the name of an outcome: SHA-256 of the values that determine it, as JSON with sorted keys."""
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()
