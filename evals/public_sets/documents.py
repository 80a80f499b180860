"""From the texts of a public set to Markdown documents that say, once loaded, exactly what the set says.

Markdown and not plain text: of a plain text the loader has to guess which lines are title, outlet, date or list, and
passages of encyclopedias look like all of these. In Markdown the front matter gives the title, and a backslash before a
character that could be syntax makes it a plain one (CommonMark 0.31, 2.4), so that nothing is left to guess.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec

from evals.cases import Case
from evals.errors import CaseError
from evals.ids import digest, slug
from evals.whole_files import write_whole
from indexer.loaders.decode import readable

_INLINE_SYNTAX = re.compile(r"[\\`*_<>\[\]&~|]")
_BLOCK_SYNTAX = re.compile(r"^(\d{0,9})([-+#.)])")


def collapsed(text: str) -> str:
    """Return a text as it stands in a loaded document: on one line, single-spaced, without what cannot be shown."""
    return " ".join(readable(text).split())


def markdown(title: str, paragraphs: Iterable[str], *, source: str = "", day: date | None = None) -> str:
    """Return a Markdown document whose paragraphs, once loaded, are `paragraphs`; these are collapsed and not empty.

    An empty title is left out: the loader then takes a short first paragraph or the file's name.
    """
    fields = {"title": title, "source": source, "date": day.isoformat() if day else ""}
    lines = "".join(f"{key}: {msgspec.json.encode(value).decode()}\n" for key, value in fields.items() if value)
    head = f"---\n{lines}---\n\n" if lines else ""
    return head + "\n\n".join(_escaped(paragraph) for paragraph in paragraphs) + "\n"


def _escaped(paragraph: str) -> str:
    return _BLOCK_SYNTAX.sub(r"\1\\\2", _INLINE_SYNTAX.sub(r"\\\g<0>", paragraph))


def file_name(key: str) -> str:
    """Return a file name for a document: safe on every file system, a different one for each key."""
    return f"{slug(key)}-{digest(key.encode(), digits=16)}.md".removeprefix("-")


def write_documents(folder: Path, documents: Mapping[str, str]) -> None:
    """Make `folder` hold these documents, by file name; those that are there already are not written again.

    Raises CaseError when the folder cannot be written, or holds other files, which would be indexed along.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        present = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
        if strange := sorted(present - documents.keys()):
            raise CaseError(f"{folder}: holds {strange[0]}, which is not of this set; empty the folder or name another")
        for name, text in documents.items():
            path, content = folder / name, text.encode()
            if name not in present or path.read_bytes() != content:
                write_whole(path, content)
    except OSError as error:
        raise CaseError(f"{folder}: the documents of the set cannot be written there ({error.strerror})") from error


def require_different_ids(cases: Sequence[Case], path: Path) -> None:
    """Raise CaseError when two cases have one id."""
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise CaseError(f"{path}: the question id of {case.id} is used more than once; give each question its own")
        seen.add(case.id)
