"""Names made from words that others chose, such as questions, titles and ids of public sets."""

import hashlib
import re
import unicodedata

_UNFIT = re.compile(r"[^a-z0-9._-]")
_SLUG_CHARS = 40


def slug(text: str) -> str:
    """Return the first words of a text as part of a name, such as `the-lune-bridge`: at most 40 of a-z, 0-9 and `-`.

    Empty for a text without Latin letters and digits.
    """
    latin = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", latin.replace("'", "")).strip("-")
    return name if len(name) <= _SLUG_CHARS else name[: _SLUG_CHARS + 1].rpartition("-")[0] or name[:_SLUG_CHARS]


def digest(content: bytes, *, digits: int) -> str:
    """Return the first hexadecimal digits of the SHA-256."""
    return hashlib.sha256(content).hexdigest()[:digits]


def case_id(raw: str) -> str:
    """Return `q-` and an id of a public set as a CaseId; to one that does not fit as it is, a hash of it is added."""
    fitted = _UNFIT.sub("-", raw.lower())
    return f"q-{raw}" if fitted == raw else f"q-{fitted}-{digest(raw.encode(), digits=8)}"


def suite_name(raw: str) -> str:
    """Return the name of a file or folder as a CaseId."""
    return _UNFIT.sub("-", raw.lower()).lstrip("._-") or "set"
