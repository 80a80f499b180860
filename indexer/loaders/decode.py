"""From bytes to text: the encoding is found, line ends become \\n, and what breaks a display is dropped."""

import codecs
import re

import charset_normalizer

from indexer.errors import LoadError

# UTF-32 before UTF-16: the mark of UTF-16-LE is a prefix of that of UTF-32-LE.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Controls, lone surrogates, byte order marks inside, noncharacters, and the two bidirectional overrides, which make a
# text show in another order than it is stored; marks and isolates, which right-to-left text needs, stay.
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff\u202d\u202e]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
_MAX_CONTROL_SHARE = 0.02
_MAX_CONTROLS = 3
_REMEDY = "give the file the extension of its format"


def decode(content: bytes, place: str) -> str:
    """The text of a file: by its byte order mark, as UTF-8, or in the encoding that charset-normalizer finds.

    Raises LoadError when the bytes are no text: NUL bytes, no encoding that fits, or more than three control characters
    that make up more than 2 %.
    """
    text = _decoded(content, place)
    if len(_CONTROL.findall(text)) > max(_MAX_CONTROLS, _MAX_CONTROL_SHARE * len(text)):
        raise LoadError(place, f"binary, not text: full of control characters; {_REMEDY}")
    return readable(text)


def _decoded(content: bytes, place: str) -> str:
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    if encoding is None and b"\0" in content:
        offset = content.index(b"\0")
        raise LoadError(place, f"binary, not text: NUL byte at offset {offset}; {_REMEDY}")
    try:
        return content.decode(encoding or "utf-8")
    except UnicodeDecodeError as fault:
        guess = None if encoding else charset_normalizer.from_bytes(content).best()
        if guess is None:
            reason = f"neither valid {encoding or 'UTF-8'} nor text in a recognisable encoding; save it as UTF-8"
            raise LoadError(place, reason) from fault
        return str(guess)


def readable(text: str) -> str:
    """The text with every line end as \\n and without characters that cannot be shown; nothing else changes."""
    return _UNPRINTABLE.sub("", _LINE_END.sub("\n", text))
