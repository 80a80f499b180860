"""YAML that people read and complete: keys in the order given, long texts on several lines, nothing for None."""

import yaml  # type: ignore[import-untyped]

from indexer.loaders.decode import readable

_LINE_CHARS = 120


def yaml_text(value: object) -> str:
    """Return plain values as YAML, from which they are read back as they were; it ends with a newline."""
    return str(yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_LINE_CHARS))


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Writes long texts on several lines, and leaves the place of None empty."""


def _represented(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = ">" if len(text) > _LINE_CHARS // 2 or "\n" in text else None
    if readable(text) != text:
        style = '"'  # PyYAML 6.0.3 loses NEL, U+2028 and their kin in every other style
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _represented_none(dumper: _Dumper, _none: None) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:null", "")


_Dumper.add_representer(str, _represented)
_Dumper.add_representer(type(None), _represented_none)
