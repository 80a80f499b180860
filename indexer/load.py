"""The first stage of a build: from paths to files, and from a file to a document.

Titles: what the format states, else the first heading, else a short first line, else the file's name, made readable.
Dates: only what the document states; a file's time of modification says when it was copied, not when it was published.
"""

import hashlib
import logging
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from indexer.errors import EmptyCorpusError, LoadError
from indexer.loaders.docx import parse_docx
from indexer.loaders.html import parse_html
from indexer.loaders.markdown import parse_markdown
from indexer.loaders.parsed import Parsed
from indexer.loaders.pdf import parse_pdf
from indexer.loaders.text import parse_text
from indexer.values import Document

MAX_FILE_BYTES = 50_000_000
MAX_TITLE_CHARS = 300
_MAX_TITLE_LINE_CHARS = 120
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_log = logging.getLogger(__name__)


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A format of files that can be read."""

    media_type: str
    parse: Callable[[bytes, str], Parsed]


_TEXT = Format(media_type="text/plain", parse=parse_text)
_MARKDOWN = Format(media_type="text/markdown", parse=parse_markdown)
_HTML = Format(media_type="text/html", parse=parse_html)
FORMATS: Mapping[str, Format] = {
    ".txt": _TEXT,
    ".text": _TEXT,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": Format(media_type="application/xhtml+xml", parse=parse_html),
    ".pdf": Format(media_type="application/pdf", parse=parse_pdf),
    ".docx": Format(media_type=_DOCX, parse=parse_docx),
}
"""By extension, in lower case."""


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be loaded."""

    path: Path
    place: str
    """Its path below the folder that was named, with forward slashes: part of the document's identity."""


def find_files(paths: Sequence[Path]) -> list[SourceFile]:
    """All files of known formats at or below the paths, sorted by place, each once.

    Hidden files and folders are left out, symbolic links are followed, and a file that is reached twice counts once.
    Files of other formats are skipped, and their number is logged. A folder that cannot be listed is returned like a
    file, so that loading it reports the reason. Files below two named folders can have the same place: with different
    content they are different documents.

    Raises LoadError for a path that does not exist or a named file of another format, and EmptyCorpusError when nothing
    is found.
    """
    found: dict[Path, SourceFile] = {}
    skipped = 0
    for path in paths:
        for file in _below(path):
            if file.path.suffix.lower() not in FORMATS and not file.path.is_dir():
                skipped += 1
                continue
            real = file.path.resolve()
            if real in found:
                continue
            found[real] = file
    if skipped:
        _log.info("%d files of other formats skipped; known are %s", skipped, _known())
    if not found:
        where = ", ".join(str(path) for path in paths) or "the given paths"
        raise EmptyCorpusError(f"no document under {where} ({skipped} files of other formats); known: {_known()}")
    return sorted(found.values(), key=lambda file: (file.place, file.path))


def _known() -> str:
    return " ".join(FORMATS)


def _below(path: Path) -> Iterator[SourceFile]:
    if path.is_dir():
        yield from _walk(path)
    elif not path.exists():
        raise LoadError(str(path), "does not exist; name a file or folder")
    elif path.suffix.lower() not in FORMATS:
        raise LoadError(str(path), f"unknown format {path.suffix or '(no extension)'}; known: {_known()}")
    else:
        yield SourceFile(path=path, place=path.name)


def _walk(root: Path) -> Iterator[SourceFile]:
    unlisted: list[Path] = []
    seen: set[Path] = set()

    def note(fault: OSError) -> None:
        unlisted.append(Path(fault.filename))

    for folder, folders, names in os.walk(root, followlinks=True, onerror=note):
        real = Path(folder).resolve()
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield _placed(Path(folder) / name, root)
    for path in unlisted:
        yield _placed(path, root)


def _placed(path: Path, root: Path) -> SourceFile:
    return SourceFile(path=path, place=path.relative_to(root).as_posix())


def load(file: SourceFile) -> Document:
    """Reads one file as a document with its text, metadata and spans.

    Raises LoadError, and nothing else, for whatever is wrong with the file: unreadable, empty, over `MAX_FILE_BYTES`,
    of an unknown format, broken, encrypted, or without text.
    """
    content = _content(file)
    suffix = file.path.suffix.lower()
    if suffix not in FORMATS:
        raise LoadError(file.place, f"unknown format {suffix or '(no extension)'}; known: {_known()}")
    parsed = FORMATS[suffix].parse(content, file.place)
    if not parsed.text.strip():
        raise LoadError(file.place, "holds no text")
    return Document(
        id="d" + hashlib.sha256(os.fsencode(file.place) + b"\0" + content).hexdigest()[:16],
        path=file.place,
        media_type=FORMATS[suffix].media_type,
        title=_title(parsed, file),
        source=parsed.source[:MAX_TITLE_CHARS],
        published_at=parsed.published_at,
        text=parsed.text,
        url=parsed.url if parsed.url and re.match(r"https?://\S+$", parsed.url) else None,
        page_starts=parsed.page_starts,
        heading_spans=parsed.heading_spans,
        block_spans=parsed.block_spans,
    )


def _content(file: SourceFile) -> bytes:
    try:
        status = file.path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise LoadError(file.place, "folder that cannot be listed; check its permissions")
        if not stat.S_ISREG(status.st_mode):
            raise LoadError(file.place, "not a regular file")
        with file.path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except PermissionError as fault:
        raise LoadError(file.place, "no permission to read it") from fault
    except OSError as fault:
        raise LoadError(file.place, f"cannot be read: {fault.strerror or fault}") from fault
    if len(content) > MAX_FILE_BYTES:
        raise LoadError(file.place, f"larger than {MAX_FILE_BYTES:,} bytes ({status.st_size:,}); split it")
    if not content.strip():
        raise LoadError(file.place, "empty file")
    return content


def _title(parsed: Parsed, file: SourceFile) -> str:
    first_heading = parsed.text[slice(*parsed.heading_spans[0])] if parsed.heading_spans else ""
    first_line = parsed.text.strip().split("\n", 1)[0].strip()
    for candidate in (parsed.title, first_heading, first_line if len(first_line) <= _MAX_TITLE_LINE_CHARS else ""):
        title = " ".join(candidate.split())[:MAX_TITLE_CHARS]
        if title:
            return title
    name = " ".join(re.split(r"[\s_-]+", file.path.stem)).strip() or file.path.name
    return name[:1].upper() + name[1:]
