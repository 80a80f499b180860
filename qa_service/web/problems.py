"""Every error leaves the service as a problem document (RFC 9457), whoever raised it: one table, one shape."""

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from config.errors import ConfigError, FootnoteError, ModelFileError
from indexer.errors import (
    EmptyCorpusError,
    IndexCorruptError,
    IndexerError,
    IndexMismatchError,
    IndexMissingError,
    IndexWriteError,
    LoadError,
    QueryError,
    VectorStoreError,
)
from qa_service.errors import (
    BrokenAnswerError,
    CancelledError,
    ModelAwayError,
    ModelError,
    NotFoundError,
    QuestionError,
    QueueFullError,
    ServiceError,
)
from qa_service.web.checking import MalformedJsonError
from qa_service.web.observing import request_id_of

PROBLEM_JSON = "application/problem+json"

log = logging.getLogger("footnote.errors")


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one part of a request."""

    field: str
    """Path of the field (`filters.published_from`, `conversation[0].role`); `body` for the whole."""
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem document (RFC 9457)."""

    type: str
    """`urn:footnote:problem:<name>`: tells programs what went wrong."""
    title: str
    """The same for all problems of the type."""
    status: int
    """The HTTP status; in a stream, the status that the response would have had."""
    detail: str
    """What went wrong this time, and the remedy."""
    instance: str
    """`urn:footnote:request:<id>`: also in the header `X-Request-ID` and in the server's log."""
    retry_after_s: int | None = None
    """Seconds after which trying again makes sense; also in the header `Retry-After`."""
    errors: tuple[FieldError, ...] = ()
    """Field by field, when the request itself is wrong."""


class ProblemKind(msgspec.Struct, frozen=True):
    """What all problems of one type share."""

    status: int
    name: str
    title: str


_INTERNAL = ProblemKind(500, "internal", "Something went wrong inside the service")
_INVALID = ProblemKind(400, "invalid-request", "The request is not valid")

PROBLEM_KINDS: Mapping[type[FootnoteError], ProblemKind] = {
    FootnoteError: _INTERNAL,
    ConfigError: _INTERNAL,
    ModelFileError: ProblemKind(503, "model-file", "A model file is missing or altered"),
    IndexerError: _INTERNAL,
    LoadError: _INTERNAL,
    EmptyCorpusError: _INTERNAL,
    QueryError: _INVALID,
    IndexWriteError: _INTERNAL,
    IndexMissingError: ProblemKind(503, "index-missing", "There is no index yet"),
    IndexMismatchError: ProblemKind(503, "index-mismatch", "The index belongs to another configuration"),
    IndexCorruptError: ProblemKind(503, "index-corrupt", "The index is damaged"),
    VectorStoreError: ProblemKind(503, "vector-store", "The vector database failed"),
    ServiceError: _INTERNAL,
    QuestionError: _INVALID,
    QueueFullError: ProblemKind(503, "queue-full", "Too many questions are waiting"),
    CancelledError: ProblemKind(503, "stopping", "The service is stopping"),
    NotFoundError: ProblemKind(404, "not-found", "There is no such thing"),
    ModelError: ProblemKind(503, "model-failed", "The language model failed"),
    ModelAwayError: ProblemKind(503, "model-away", "The language model is being started again"),
    BrokenAnswerError: _INTERNAL,
}
"""Our errors; a class that is not named takes its parent's row, and a test fails until it is named."""

_HTTP_KINDS: Mapping[int, ProblemKind] = {
    400: _INVALID,
    404: PROBLEM_KINDS[NotFoundError],
    405: ProblemKind(405, "method-not-allowed", "This address does not take that method"),
    413: ProblemKind(413, "body-too-large", "The body of the request is too large"),
    415: ProblemKind(415, "unsupported-media-type", "The body of the request is not JSON"),
}
_MISSING_PARAMETER = re.compile(r"Missing required query parameter '(.+?)'")
"""Litestar tells this one as text only."""

_MALFORMED = ProblemKind(400, "malformed-json", "The body of the request is not JSON")


def problem_of(error: BaseException, request: Request[Any, Any, Any]) -> Problem:
    """Describe `error` for the client of `request`. What the client cannot mend is logged, and its text not sent."""
    request_id = request_id_of(request.scope)
    kind = _kind_of(error)
    if kind.status == _INTERNAL.status:
        log.error("request %s failed", request_id, exc_info=error)
        detail = f"The service could not finish the request; its log has the reason under {request_id}."
    else:
        detail = _detail_of(error, request)
    errors = _field_errors(error)
    return Problem(
        type=f"urn:footnote:problem:{kind.name}",
        title=kind.title,
        status=kind.status,
        detail="; ".join(f"{wrong.field}: {wrong.message}" for wrong in errors) or detail,
        instance=f"urn:footnote:request:{request_id}",
        retry_after_s=error.retry_after_s if isinstance(error, ServiceError) else None,
        errors=errors,
    )


def answer_problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's handler of every exception."""
    problem = problem_of(error, request)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    headers["Cache-Control"] = "no-store"
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    return Response(msgspec.json.encode(problem), status_code=problem.status, media_type=PROBLEM_JSON, headers=headers)


def _kind_of(error: BaseException) -> ProblemKind:
    if isinstance(error, HTTPException):
        return _http_kind(error)
    rows = (PROBLEM_KINDS[ancestor] for ancestor in type(error).__mro__ if ancestor in PROBLEM_KINDS)
    return next(rows, _INTERNAL)


def _http_kind(error: HTTPException) -> ProblemKind:
    if isinstance(error, MalformedJsonError):
        return _MALFORMED
    if error.status_code >= 500 and error.status_code != 503:
        return _INTERNAL
    known = _HTTP_KINDS.get(error.status_code)
    return known or ProblemKind(error.status_code, f"http-{error.status_code}", _phrase(error.status_code))


def _phrase(status: int) -> str:
    known = {each.value: each.phrase for each in HTTPStatus}
    return known.get(status, f"Status {status}")


def _detail_of(error: BaseException, request: Request[Any, Any, Any]) -> str:
    if isinstance(error, CancelledError):
        # A client that still reads did not cancel, whatever the error says.
        return "the service is stopping; try again when it is back"
    if not isinstance(error, HTTPException):
        return str(error)
    if error.status_code == 404:
        return f"{request.method} {request.url.path}: there is nothing at this address; /docs lists all addresses"
    if error.status_code == 405:
        allowed = (error.headers or {}).get("allow", "other methods")
        return f"{request.method} {request.url.path}: expected {allowed}"
    if error.status_code == 413:
        return f"expected at most {request.route_handler.resolve_request_max_body_size()} bytes"
    return error.detail


def _field_errors(error: BaseException) -> tuple[FieldError, ...]:
    if not isinstance(error, HTTPException):
        return ()
    if missing := _MISSING_PARAMETER.match(error.detail):
        return (FieldError(field=missing.group(1), message="Missing required query parameter"),)
    if not isinstance(error.extra, list):
        return ()
    return tuple(_field_error(str(each.get("key", "")), str(each["message"])) for each in error.extra)


def _field_error(key: str, message: str) -> FieldError:
    """Name the field that msgspec names only in its message when it is unknown or missing."""
    unplaced = re.search(r"field `(.+)`$", message)
    path = "" if key == "data" else key.removeprefix("data")
    field = ".".join(part for part in (path, unplaced.group(1) if unplaced else "") if part)
    return FieldError(field=field or "body", message=message)
