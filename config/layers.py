"""Settings in layers: profile files, then the environment, then what the caller gives; the last one that speaks wins.

Every value remembers where it came from, so that an error can name the file or the variable to change.
"""

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from config.errors import ConfigError

SHIPPED = Path(__file__).parent / "profiles"
ENV_PREFIX = "FOOTNOTE_"
NOT_SETTINGS = ("FOOTNOTE_PROFILE", "FOOTNOTE_HOME", "FOOTNOTE_MODEL_PATH")
"""Variables with our prefix that are not settings: they say where to look, before there are settings."""

MAX_SHOWN_CHARS = 80


class Given(NamedTuple):
    """One value, and who gave it."""

    value: object
    origin: str
    """The path of a profile, the name of an environment variable, or `override`."""
    is_text: bool = False
    """True when the value is text that stands for the field's type, as in the environment."""


Layer = dict[str, Given]
"""From dotted key (`server.port`) to the value given for it."""


def shown(value: object) -> str:
    """Render a value for an error message: on one line, and short."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN_CHARS else text[: MAX_SHOWN_CHARS - 1] + "…"


def suggestion(wrong: str, allowed: Iterable[str]) -> str:
    """Give ` (did you mean 'port'?)` when one of the allowed names is close, else nothing."""
    close = get_close_matches(wrong, list(allowed), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def shipped_profiles() -> list[str]:
    """Name the profiles that come with Footnote, in alphabetical order."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def locate_profile(profile: str, *, relative_to: Path, named_by: str) -> Path:
    """Find a profile by the name of a shipped one, or by the path of a TOML file.

    Raises ConfigError, which starts with `named_by`, when there is none.
    """
    if profile in shipped_profiles():
        return SHIPPED / f"{profile}.toml"
    path = (relative_to / Path(profile).expanduser()).absolute()
    if path.is_file():
        return path
    names = shipped_profiles()
    raise ConfigError(
        f"{named_by}: no profile {shown(profile)}{suggestion(profile, names)}: "
        f"allowed are {', '.join(names)}, or the path of a TOML file"
    )


def profile_layers(path: Path) -> list[Layer]:
    """Read a profile and those that it extends, the most basic one first.

    Raises ConfigError when a file cannot be read, is not TOML, or extends itself.
    """
    layers: list[Layer] = []
    chain: list[Path] = []
    following: Path | None = path.resolve()
    while following is not None:
        chain.append(following)
        table = _read_toml(following)
        base = table.pop("extends", None)
        layers.insert(0, flatten(table, origin=str(following)))
        following = None if base is None else _base_profile(base, chain)
    return layers


def _base_profile(base: object, chain: list[Path]) -> Path:
    extending = chain[-1]
    if not isinstance(base, str):
        raise ConfigError(f"{extending}: extends = {shown(base)}: must be the name or the path of a profile, as text")
    found = locate_profile(base, relative_to=extending.parent, named_by=f"{extending}: extends").resolve()
    if found in chain:
        raise ConfigError(f"{extending}: extends = {shown(base)}: goes round in a circle over {len(chain)} file(s)")
    return found


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text, at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error


def flatten(table: Mapping[str, object], *, origin: str) -> Layer:
    """Turn tables into dotted keys: `{"server": {"port": 1}}` gives `{"server.port": Given(1, origin)}`."""
    layer: Layer = {}
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            inner = flatten(value, origin=origin)
            layer.update({f"{key}.{name}": given for name, given in inner.items()})
        else:
            layer[key] = Given(value, origin)
    return layer


def environment_layer(environ: Mapping[str, str], keys: Iterable[str]) -> Layer:
    """Read `FOOTNOTE_<SECTION>__<KEY>` for each dotted key.

    Raises ConfigError for a variable with our prefix that is no setting: most likely it is misspelt, and would be
    silently without effect.
    """
    key_of = {ENV_PREFIX + key.upper().replace(".", "__"): key for key in keys}
    layer: Layer = {}
    for name in sorted(environ):
        if name in key_of:
            layer[key_of[name]] = Given(environ[name], name, is_text=True)
        elif name.startswith(ENV_PREFIX) and name not in NOT_SETTINGS:
            raise ConfigError(
                f"{name} = {shown(environ[name])}: unknown environment variable"
                f"{suggestion(name, [*key_of, *NOT_SETTINGS])}: allowed are {', '.join(NOT_SETTINGS)} "
                f"and {ENV_PREFIX}<SECTION>__<KEY> for the keys of a profile"
            )
    return layer


def merge(layers: Iterable[Layer]) -> Layer:
    """Lay the layers over each other: a later one wins, key by key."""
    merged: Layer = {}
    for layer in layers:
        merged.update(layer)
    return merged
