"""Files for a browser, revalidated by their hash on each use: a new version shows at once, the same costs nothing."""

import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.exceptions import NotFoundException

MEDIA_TYPES: Mapping[str, str] = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
"""What is served; not from `mimetypes`, which differs between systems."""

PAGE_HEADERS: Mapping[str, str] = {
    # No inline script or style, nothing from elsewhere: a document's text does no harm even where it is shown wrongly.
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
}
"""Of every page that shows documents or answers."""


def answer_file(
    request: Request[Any, Any, Any], folder: Path, name: str, *, headers: Mapping[str, str] = PAGE_HEADERS
) -> Response[bytes]:
    """Return the file `name` of `folder`, or 304 when the client has it.

    Raises NotFoundException for what is not a file of the folder, or of no type that a browser needs.
    """
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in MEDIA_TYPES}
    if name not in names:
        raise NotFoundException
    path = folder / name
    content, etag = _load(path, path.stat().st_mtime_ns)
    return answer_bytes(request, content, etag=etag, media_type=MEDIA_TYPES[path.suffix], headers=headers)


def answer_bytes(
    request: Request[Any, Any, Any], content: bytes, *, etag: str, media_type: str, headers: Mapping[str, str]
) -> Response[bytes]:
    """Return `content`, or 304 when the client names its `etag` (RFC 9110, section 13.1.2)."""
    cached = {**headers, "Cache-Control": "no-cache", "ETag": etag}
    given = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    if given & {etag, "*"}:
        return Response(b"", status_code=304, media_type=media_type, headers=cached)
    return Response(content, media_type=media_type, headers=cached)


def etag_of(content: bytes) -> str:
    """Return the entity tag of `content`, with its quotes."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


@functools.lru_cache(maxsize=64)
def _load(path: Path, _changed_ns: int) -> tuple[bytes, str]:
    content = path.read_bytes()
    return content, etag_of(content)
