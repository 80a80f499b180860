"""From dotted keys to validated Structs, with errors that name origin, key, value and what is allowed."""

import math
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from config.errors import ConfigError
from config.layers import Given, Layer, shown, suggestion

S = TypeVar("S", bound=msgspec.Struct)

PLAIN_NAMES: dict[object, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


class Hidden:
    """Stands in an error message for a value that may be a secret."""

    def __repr__(self) -> str:
        return "(not shown)"


class Field(NamedTuple):
    """One setting: its annotated type, and what to call the allowed values in an error."""

    annotation: Any
    allowed: str
    may_be_secret: bool
    """True when a wrong value is likely a key pasted into the wrong place: it must not reach a log."""


Sections = dict[str, dict[str, Field]]
"""From section to key to field, in the order of declaration."""


def sections_of(root: type[msgspec.Struct]) -> Sections:
    """List the fields of a Struct whose fields are Structs of plain values: one section each."""
    return {
        section: {
            key: Field(hint, describe(hint), _may_be_secret(hint))
            for key, hint in get_type_hints(struct, include_extras=True).items()
        }
        for section, struct in get_type_hints(root).items()
    }


def dotted_keys(sections: Sections) -> list[str]:
    """Name every setting: `server.port`."""
    return [f"{section}.{key}" for section, fields in sections.items() for key in fields]


def describe(annotation: object) -> str:
    """Say in words which values a type allows: `a whole number from 1 to 65535`."""
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(f'"{choice}"' for choice in get_args(annotation))
    if get_origin(annotation) is not Annotated:
        return PLAIN_NAMES[annotation]
    meta = _meta(annotation)
    if meta.description is not None:
        return meta.description
    return " ".join([PLAIN_NAMES[get_args(annotation)[0]], *_bounds(meta)])


def _meta(annotation: object) -> msgspec.Meta:
    return next((meta for meta in get_args(annotation) if isinstance(meta, msgspec.Meta)), msgspec.Meta())


def _may_be_secret(annotation: object) -> bool:
    return bool((_meta(annotation).extra or {}).get("may_be_secret", False))


def _bounds(meta: msgspec.Meta) -> list[str]:
    words = []
    if meta.ge is not None:
        words.append(f"from {meta.ge}")
    if meta.gt is not None:
        words.append(f"above {meta.gt}")
    if meta.le is not None:
        words.append(f"to {meta.le}" if meta.ge is not None else f"up to {meta.le}")
    return words


def build(root: type[S], layer: Layer, *, profile: str) -> S:
    """Validate every value and build the Struct.

    Raises ConfigError for an unknown, missing or wrong key; `profile` is the file to blame for a missing one.
    """
    sections = sections_of(root)
    for key, given in layer.items():
        _require_known(key, given, sections)
    tables = {
        section: {key: _value(f"{section}.{key}", field, layer, profile=profile) for key, field in fields.items()}
        for section, fields in sections.items()
    }
    return msgspec.convert(tables, root, strict=True)


def _value(key: str, field: Field, layer: Layer, *, profile: str) -> object:
    if key not in layer:
        raise ConfigError(
            f'{profile}: {key} is missing: add it ({field.allowed}), or start the file with extends = "default"'
        )
    given = layer[key]
    error_given = given._replace(value=Hidden()) if field.may_be_secret else given
    try:
        value = msgspec.convert(given.value, field.annotation, strict=not given.is_text)
    except msgspec.ValidationError as error:
        raise wrong_value(key, error_given, f"must be {field.allowed}") from (None if field.may_be_secret else error)
    if isinstance(value, float) and not math.isfinite(value):
        raise wrong_value(key, given, f"must be {field.allowed}")
    return value


def wrong_value(key: str, given: Given, requirement: str) -> ConfigError:
    """Make the error for a key whose value cannot stand."""
    return ConfigError(f"{given.origin}: {key} = {shown(given.value)}: {requirement}")


def _require_known(key: str, given: Given, sections: Sections) -> None:
    section, dot, name = key.partition(".")
    if section not in sections:
        allowed, where = list(sections), "unknown section" if dot or given.value == {} else "unknown key"
        wrong = section
    elif name in sections[section] or (not dot and given.value == {}):
        return
    elif not dot:
        raise wrong_value(key, given, f"must be a section with the keys {', '.join(sections[section])}")
    else:
        allowed, where, wrong = list(sections[section]), f"unknown key in [{section}]", name
    raise wrong_value(key, given, f"{where}{suggestion(wrong, allowed)}: allowed are {', '.join(allowed)}")
