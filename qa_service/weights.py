"""Folders of weights that are shipped: a file of them beside the record of what they are."""

import hashlib
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from config.errors import ConfigError

RECORD = "record.json"


class Recorded(Protocol):
    """A record of weights."""

    @property
    def sha256(self) -> str:
        """Of the weights."""
        ...


_Record = TypeVar("_Record", bound=Recorded)


def read_weights(name: str, file_name: str, kind: type[_Record], *, shipped: Path, key: str) -> tuple[_Record, Path]:
    """Return the record in the folder of `shipped` by that name, or in the one at that path (with a `/`), and the path
    of the file of weights beside it, which has been found to be what the record names.

    Raises ConfigError, naming the setting `key`, when one is missing or they do not go together.
    """
    folder = Path(name) if "/" in name else shipped / name
    weights = folder / file_name
    try:
        record = msgspec.json.decode((folder / RECORD).read_bytes(), type=kind)
        with weights.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        names = ", ".join(sorted(path.parent.name for path in shipped.glob(f"*/{RECORD}"))) or "none"
        raise ConfigError(
            f"{key} = {name!r}: {error.filename} cannot be read ({error.strerror}); shipped are: {names}"
        ) from error
    except msgspec.DecodeError as error:
        raise ConfigError(f"{key} = {name!r}: {folder / RECORD} is no record of one ({error})") from error
    if found != record.sha256:
        raise ConfigError(
            f"{key} = {name!r}: {weights} is not what its record names (SHA-256 {found[:12]}…, not "
            f'{record.sha256[:12]}…); restore it, or set {key} to ""'
        )
    return record, weights
