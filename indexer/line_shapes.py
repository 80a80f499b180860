"""What a line looks like on its own: a list item, a table row, the end of a sentence, a name.

Plain text says nothing of its structure, so the loaders, the segmenter and the sentence splitter read it off the lines;
they share these rules, so that they never disagree.
"""

import re

_LIST_ITEM = re.compile(r"\s*(?:[-*+•·‣⁃▪▸◦●○■□–—]|\(?\d{1,3}[.)]|\(?[A-Za-z]\))\s+\S")
_TABLE_ROW = re.compile(r"\s*\S.*?(?:\t| \| )\s*\S")
_CELL_END = re.compile(r"\t|(?:^| )\|(?= |$)")
_SENTENCE_END = re.compile(r"[.!?…。！？؟۔।॥][\"'”’»›)\]」』]*\s*$")

MAX_SECTION_WORDS = 4
MAX_SECTION_CHARS = 40


def is_list_item(line: str) -> bool:
    """Whether the line starts with a bullet, `1.`, `2)` or `(a)` and something behind it."""
    return _LIST_ITEM.match(line) is not None


def is_table_row(line: str) -> bool:
    """Whether the line holds cells, separated by tabs or ` | `."""
    return _TABLE_ROW.match(line) is not None


def cells_of(line: str) -> tuple[str, ...]:
    """Return the cells of a table's row; the whole line where it is none. The first cell may be empty."""
    if not is_table_row(line):
        return (line,)
    return tuple(cell.strip() for cell in _CELL_END.split(line))


def ends_sentence(line: str) -> bool:
    """Whether the line ends like a sentence, in any of the scripts whose full stops we know, closing quotes aside."""
    return _SENTENCE_END.search(line) is not None


def is_section_line(line: str) -> bool:
    """Whether the line can be the name of a site's section or an outlet above a title: a few words, not a sentence."""
    words = line.split()
    return (
        0 < len(words) <= MAX_SECTION_WORDS
        and len(line.strip()) <= MAX_SECTION_CHARS
        and not ends_sentence(line)
        and not line.rstrip().endswith((":", ",", ";"))
        and not is_list_item(line)
    )


def is_name(line: str) -> bool:
    """Whether the line reads like the name of an outlet or a person: up to six words, the longer ones capitalised."""
    words = line.split()
    return (
        0 < len(words) <= 6
        and len(line) <= 60
        and not any(character.isdigit() for character in line)
        and not line.rstrip().endswith((".", "!", "?", ":", ",", ";"))
        and all(not word[0].islower() for word in words if len(word) > 3)
        and any(character.isalpha() for character in line)
    )


def folded(text: str) -> str:
    """The text with its white space collapsed and its case folded, to compare titles and names."""
    return " ".join(text.split()).casefold()
