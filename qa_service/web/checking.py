"""What a request must be like before its handler sees it, and what its client wants back."""

from collections.abc import Sequence
from typing import Any

from litestar import Request
from litestar.exceptions import ClientException, HTTPException, SerializationException, ValidationException

JSON = "application/json"


class MalformedJsonError(ClientException):
    """The body of a request is not JSON. Litestar tells this from other mistakes by its text only, if at all."""


async def require_json(request: Request[Any, Any, Any]) -> None:
    """Refuse a body of another media type (415), a missing one, and one that is not JSON (400)."""
    media_type, parameters = request.content_type
    if media_type != JSON or parameters.get("charset", "utf-8").lower() != "utf-8":
        sent = request.headers.get("Content-Type", "none")
        raise HTTPException(status_code=415, detail=f"Content-Type is {sent}: expected {JSON} in UTF-8")
    if not await request.body():
        raise invalid("body", "Expected a JSON object, got nothing")
    try:
        await request.json()
    except SerializationException as error:
        raise MalformedJsonError(error.detail) from error
    except UnicodeDecodeError as error:
        raise MalformedJsonError(f"not UTF-8: {error.reason} at byte {error.start}") from error
    except RecursionError as error:
        raise MalformedJsonError("nested too deeply") from error


def refuse_unknown_parameters(request: Request[Any, Any, Any]) -> None:
    """Refuse a query parameter that the handler does not have, or one given twice that it takes once: a misspelt or
    overridden filter would silently not filter.
    """
    parameters = request.route_handler.parsed_fn_signature.parameters
    known = parameters.keys() - {"request"} - request.path_params.keys()
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        allowed = ", ".join(sorted(known)) or "none"
        raise invalid(unknown[0], f"Unknown query parameter; allowed are {allowed}")
    for name, values in request.query_params.dict().items():
        if len(values) > 1 and not any(kind.is_non_string_collection for kind in parameters[name].inner_types):
            raise invalid(name, f"Given {len(values)} times, expected once")


def invalid(field: str, message: str) -> ValidationException:
    """Return the error for one wrong field, in the form that Litestar gives its own."""
    return ValidationException(detail=f"{field}: {message}", extra=[{"key": field, "message": message}])


def prefers(request: Request[Any, Any, Any], media_type: str, *, over: Sequence[str] = (JSON,)) -> bool:
    """Tell whether the client asks for `media_type` more than for `over`; a client without wishes does not."""
    return request.accept.best_match([*over, media_type]) == media_type
