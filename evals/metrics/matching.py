"""Whether a wording stands in a text: the one rule by which facts and unwanted wordings are found in answers.

The pipeline folds words for its search in a similar way; this is not that code, because a yardstick must not change
with what it measures.
"""

import re
import unicodedata
from collections.abc import Iterable

from qa_service.values import Answer

_MARKER = re.compile(r"\[(\d+)\]")
# What readers cannot see and writers leave out at will: soft hyphens, joiners, direction marks; accents, Hebrew points,
# Arabic vowels and stretching strokes. The marks of other scripts (Devanagari's vowels) make other words and stay.
_OPTIONAL = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]"
)
_ARABIC_SEPARATORS = {0x066B: ".", 0x066C: ","}
_THOUSANDS_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# Percent, degree and currency signs are no punctuation: without them "6.2 %" would stand in "6.2 metres".
_SIGNS = "%\u2030\u00b0$\u00a2-\u00a5\u20a0-\u20cf"
# Thai, Lao, Burmese, Khmer, kana, Han.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U000323af"
)
# A decimal number; a sign; a letter of an unspaced script with its marks (which `\w` leaves out); any other word.
_WORD = re.compile(rf"\d+(?:\.\d+)+|[{_SIGNS}]|[{_UNSPACED}](?:(?![\w{_SIGNS}])[^\s.])*|[^\s.{_SIGNS}{_UNSPACED}]+")
_SIGN = re.compile(f"[{_SIGNS}.]")


def text_without_markers(answer: Answer) -> str:
    """Return the answer's text with a space for each marker `[n]` of a citation; any other bracket stays."""
    cited = {str(citation.marker) for citation in answer.citations}
    return _MARKER.sub(lambda found: " " if found[1] in cited else found[0], answer.text)


def normalised(text: str) -> str:
    """Return the words of `text`, single-spaced, in the form in which two wordings are compared.

    NFKC, case and accents folded (Hebrew and Arabic vowel points too), punctuation turned into spaces; thousands commas
    removed, decimal points kept, digits of every script made ASCII; `%`, `°` and currency signs are words. Articles
    stay. Letters of scripts without spaces (Chinese, Japanese, Thai, …) are words of their own, so that whole words
    there mean any run of letters.
    """
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = unicodedata.normalize("NFC", _OPTIONAL.sub("", decomposed)).translate(_ARABIC_SEPARATORS)
    digits = re.sub(r"\d", lambda digit: str(int(digit[0])), plain)
    spaced = (char if _is_kept(char) else " " for char in _THOUSANDS_COMMA.sub("", digits))
    return " ".join(_WORD.findall("".join(spaced)))


def holds(text: str, wording: str) -> bool:
    """Return whether `wording` stands in `text` as whole words, one behind the other, both `normalised`.

    A wording of signs alone (an emoji, three stars) has no words; it is looked up as it is. The empty wording stands
    nowhere.
    """
    wanted = normalised(wording)
    if not wanted:
        return bool(wording.strip()) and wording.strip() in text
    return f" {wanted} " in f" {normalised(text)} "


def holds_any(text: str, wordings: Iterable[str]) -> bool:
    """Return whether one of `wordings` stands in `text`; False for no wordings."""
    return any(holds(text, wording) for wording in wordings)


def _is_kept(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM" or _SIGN.match(char) is not None
