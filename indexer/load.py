"""The first stage of a build: from paths to files, and from a file to a document.

Titles: what the format states, else the first heading, else a short first line, else the file's name, made readable.
Dates: only what the document states; a file's time of modification says when it was copied, not when it was published.
"""

import hashlib
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
_UNLISTED = "folder that cannot be listed; check its permissions"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


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
    """Its path below the folder that was named, with forward slashes: part of the document's identity.

    Bytes of a name that are no text are written out (`caf\\xe9.txt`).
    """


class FoundFiles(msgspec.Struct, frozen=True, kw_only=True):
    """What lies at and below the paths that were named."""

    files: tuple[SourceFile, ...]
    """Sorted by place, each once."""
    unsupported_count: int
    """Files of kinds that cannot be read, which were left out."""


def require_readable_kinds(paths: Sequence[Path]) -> None:
    """Raises LoadError for a path that does not exist, cannot be reached, or is a file of an unknown kind."""
    for path in paths:
        if not _is_folder(path) and not _is_known(path):
            raise LoadError(str(path), _unknown_kind(path))


def find_files(paths: Sequence[Path]) -> FoundFiles:
    """All files of known kinds at or below the paths.

    Hidden files and folders are left out, symbolic links are followed, and a file that is reached twice counts once.
    Files of other kinds are left out and counted. A folder that cannot be listed is returned like a file, so that
    loading it reports the reason. Files below two named folders can have the same place: with different content they
    are different documents.

    Raises LoadError as `require_readable_kinds` does, and EmptyCorpusError when nothing is found.
    """
    require_readable_kinds(paths)
    found: dict[Path, SourceFile] = {}
    unsupported: set[Path] = set()
    for path in paths:
        for file, is_loadable in _below(path):
            real = file.path.resolve()
            if is_loadable:
                found.setdefault(real, file)
            else:
                unsupported.add(real)
    if not found:
        where = ", ".join(str(path) for path in paths) or "the given paths"
        others = f" ({len(unsupported)} of other kinds left out)" if unsupported else ""
        raise EmptyCorpusError(f"{where}: no file of a known kind is there{others}; {_known()}")
    files = sorted(found.values(), key=lambda file: (file.place, file.path))
    return FoundFiles(files=tuple(files), unsupported_count=len(unsupported))


def _is_known(path: Path) -> bool:
    return path.suffix.lower() in FORMATS


def _known() -> str:
    return f"known are {' '.join(FORMATS)}"


def _unknown_kind(path: Path) -> str:
    return f"unknown kind of file {path.suffix or '(no extension)'}; {_known()}"


def _is_folder(path: Path) -> bool:
    """Raises LoadError when it does not exist or cannot be reached."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError) as fault:
        raise LoadError(str(path), "does not exist; name a file or folder") from fault
    except OSError as fault:
        raise LoadError(str(path), f"cannot be reached: {fault.strerror}") from fault


def _below(path: Path) -> Iterator[tuple[SourceFile, bool]]:
    """Yield each file with whether it is to be loaded, rather than counted as one of another kind."""
    if _is_folder(path):
        yield from _walk(path)
    else:
        yield _placed(path, path.parent), True


def _walk(root: Path) -> Iterator[tuple[SourceFile, bool]]:
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
                path = Path(folder) / name
                yield _placed(path, root), _is_known(path)
    for path in unlisted:
        if path == root:
            raise LoadError(str(root), _UNLISTED)
        yield _placed(path, root), True


def _placed(path: Path, root: Path) -> SourceFile:
    place = os.fsencode(path.relative_to(root).as_posix()).decode(errors="backslashreplace")
    return SourceFile(path=path, place=place)


def load(file: SourceFile) -> Document:
    """Reads one file as a document with its text, metadata and spans.

    Raises LoadError, and nothing else, for whatever is wrong with the file: unreadable, empty, over `MAX_FILE_BYTES`,
    of an unknown kind, broken, encrypted, or without text.
    """
    content = _content(file)
    if not _is_known(file.path):
        raise LoadError(file.place, _unknown_kind(file.path))
    format_ = FORMATS[file.path.suffix.lower()]
    parsed = format_.parse(content, file.place)
    if not parsed.text.strip():
        raise LoadError(file.place, "holds no text")
    return Document(
        id="d" + hashlib.sha256(os.fsencode(file.place) + b"\0" + content).hexdigest()[:16],
        path=file.place,
        media_type=format_.media_type,
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
            raise LoadError(file.place, _UNLISTED)
        if not stat.S_ISREG(status.st_mode):
            raise LoadError(file.place, "not a regular file, such as a pipe or a device")
        with file.path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except PermissionError as fault:
        raise LoadError(file.place, "no permission to read it; check its permissions") from fault
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
