"""Text as it reads, for matching only: what is shown, quoted and indexed keeps its characters.

Compatibility forms (full width, mathematical, circled) become plain letters, accents and invisible characters go, the
tag characters of Unicode, which nobody sees, become the ASCII that they stand for, and Cyrillic and Greek letters that
look like Latin ones become those. A text that is really Cyrillic or Greek becomes nonsense, evenly: fold a pattern and
it still fits.
"""

import re
import unicodedata

_TAGS = {0xE0000 + code: chr(code) for code in range(0x20, 0x7F)}
_LOOKALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d\u04cf\u043a\u043c\u0442"
    "\u043d\u0432\u03b1\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03f2\u0131\u0261\u0251",
    "aeopcyxijshdqwlkmthbaeikvoptuxciga",
)
_BULLETS = dict.fromkeys(map(ord, "\u2022\u2023\u25e6\u25aa\u25cf\u25a0\u25cb\u2043"), "|")
_FIGURES = str.maketrans("01345789@$!|", "oieastbgasii")
_MIXED_WORD = re.compile(r"(?<!\w)(?=\S*[a-z])(?=\S*[013457@$!|])[a-z\d@$!|]{3,}(?!\w)")
_INVISIBLE = {"Mn", "Me", "Cf"}


def visible(text: str) -> str:
    """Return `text` in plain letters, without accents and invisible characters; its case stays."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKD", text.translate(_TAGS))
    return "".join(char for char in plain if unicodedata.category(char) not in _INVISIBLE)


def folded(text: str) -> str:
    """Return what `visible` returns, in lower case, with lookalikes made Latin and bullets made bars, as in tables."""
    lowered = visible(text).casefold()
    return lowered if lowered.isascii() else lowered.translate(_LOOKALIKES).translate(_BULLETS)


def spelt_out(text: str) -> str:
    """Return folded text with figures among letters read as the letters that they imitate: `1gn0re` is `ignore`."""
    return _MIXED_WORD.sub(lambda match: match.group().translate(_FIGURES), text)
