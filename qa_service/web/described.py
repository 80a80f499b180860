"""The prose and the examples of the OpenAPI description that types cannot give."""

from collections.abc import Mapping
from dataclasses import dataclass

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example, OpenAPIHeader, OpenAPIMediaType, OpenAPIType, Operation, Schema
from litestar.openapi.spec.response import OpenAPIResponse

from qa_service.web.problems import PROBLEM_JSON, Problem

SERVICE_DESCRIPTION = """\
Ask questions of the indexed documents. Every sentence of an answer carries footnotes to the exact paragraphs, quoted
character by character; what the documents do not say is refused, with the reason and the nearest paragraphs.

**Offsets** (`start`, `end`) count Unicode code points, end exclusive. A quote always equals that slice of the
document's text.

**Errors** are problem documents (RFC 9457, `application/problem+json`): `type` tells programs what went wrong, `detail`
tells people and names the remedy, `errors` names the wrong fields, and `instance` has the request's id, which is also
in the header `X-Request-ID` and in the server's log. Send an `X-Request-ID` of your own (up to 64 letters, digits,
`.`, `_`, `-`) to find your requests again. With status 503 and `Retry-After`, try again after that many seconds.

**Versions**: every response names the `index_version` that it was drawn from. A new version is taken up between two
requests.
"""

STREAM_DESCRIPTION = """\
Server-sent events, each with one JSON value as `data`:

| event | data | when |
|---|---|---|
| `evidence` | `{"index_version", "standalone_question", "evidence": [Hit…]}` | once, when the paragraphs are found |
| `token` | `{"text"}` | for each piece of the draft, which is not verified yet: the answer replaces it |
| `answer` | `Answer`, the same value as without streaming | once, last |
| `error` | `Problem` | once, last, instead of `answer` |

A refused question can come without any `token`. Lines that start with `:` keep the connection open. A full queue or
a missing index is a response with status 503 and no stream.
"""

_STREAM_EXAMPLE = """\
event: evidence
data: {"index_version":"g1f0c…","standalone_question":null,"evidence":[…]}

event: token
data: {"text":"The bridge cost"}

event: answer
data: {"id":"4b1d…","status":"answered","text":"The bridge cost 247 million marks.[1]","citations":[…],…}

"""

QUESTION_EXAMPLES = [
    Example(
        summary="A question",
        value={"question": "What did the Gannet Bridge cost?"},
    ),
    Example(
        summary="A follow-up, among the documents of one year",
        value={
            "question": "And when did it open?",
            "conversation": [
                {"role": "user", "text": "What did the Gannet Bridge cost?"},
                {"role": "assistant", "text": "The bridge cost 247 million marks.[1]"},
            ],
            "filters": {"published_from": "2025-01-01", "published_to": "2025-12-31"},
        },
    ),
]

ANSWER_EXAMPLE = Example(
    summary="An answer with one footnote",
    value={
        "id": "4b1d2c6de0a64f0a9d1c6a3b7a54a1f0",
        "status": "answered",
        "reason": None,
        "question": "What did the Gannet Bridge cost?",
        "standalone_question": None,
        "text": "The bridge cost 247 million marks.[1]",
        "claims": [{"start": 0, "end": 34, "verdict": "supported", "score": 1.0, "markers": [1]}],
        "citations": [
            {
                "marker": 1,
                "document_id": "d0f3a9c1b2d4e5f60",
                "title": "Bridge cost rises again",
                "source": "The Callan Courier",
                "published_at": "2025-08-31",
                "paragraph_id": "d0f3a9c1b2d4e5f60-p4",
                "paragraph_number": 4,
                "page": None,
                "start": 400,
                "end": 435,
                "quote": "The final bill is 247 million marks",
                "url": "/documents/d0f3a9c1b2d4e5f60#p4",
            }
        ],
        "evidence": [],
        "removed_claims": 0,
        "answerability": 0.93,
        "index_version": "g1f0c2b3a4d5e6f70",
        "model": "qwen2.5-coder-1.5b-instruct-q4_k_m",
        "usage": {"prompt_tokens": 412, "reused_tokens": 96, "answer_tokens": 14},
        "timings_s": {"retrieve": 0.04, "generate": 2.1, "total": 2.3},
    },
)

_PROBLEMS: Mapping[int, tuple[str, Mapping[str, object]]] = {
    400: (
        "The request is not valid: `errors` names each wrong field",
        {
            "type": "urn:footnote:problem:invalid-request",
            "title": "The request is not valid",
            "detail": "question: Expected `str` of length <= 2000",
            "errors": [{"field": "question", "message": "Expected `str` of length <= 2000"}],
        },
    ),
    404: (
        "The index has no such document",
        {
            "type": "urn:footnote:problem:not-found",
            "title": "There is no such thing",
            "detail": "the index g1f0c2b3a4d5e6f70 has no document d0; GET /documents lists those that it has",
        },
    ),
    413: (
        "The body is larger than `server.max_body_bytes`",
        {
            "type": "urn:footnote:problem:body-too-large",
            "title": "The body of the request is too large",
            "detail": "expected at most 1048576 bytes",
        },
    ),
    415: (
        "The body is not `application/json`",
        {
            "type": "urn:footnote:problem:unsupported-media-type",
            "title": "The body of the request is not JSON",
            "detail": "Content-Type is text/plain: expected application/json in UTF-8",
        },
    ),
    500: (
        "Something went wrong inside; the log has the reason under the request's id",
        {
            "type": "urn:footnote:problem:internal",
            "title": "Something went wrong inside the service",
            "detail": "The service could not finish the request; its log has the reason under 5f1c.",
        },
    ),
    503: (
        "Not now: the queue is full (with `Retry-After`), there is no index yet, the index belongs to another "
        "configuration, the model failed, or the service is stopping",
        {
            "type": "urn:footnote:problem:queue-full",
            "title": "Too many questions are waiting",
            "detail": "8 questions are already waiting for the model; try again in 20 s",
            "retry_after_s": 20,
        },
    ),
}


def problem_responses(*statuses: int) -> dict[int, ResponseSpec]:
    """Describe the problems that an operation can answer with."""
    return {status: _problem_response(status) for status in statuses}


def _problem_response(status: int) -> ResponseSpec:
    description, value = _PROBLEMS[status]
    whole = {**value, "status": status, "instance": "urn:footnote:request:5f1c"}
    example = Example(summary=str(value["title"]), value=whole)
    return ResponseSpec(
        Problem, description=description, media_type=PROBLEM_JSON, examples=[example], generate_examples=False
    )


@dataclass
class AskOperation(Operation):
    """`POST /ask` answers in two media types, of which Litestar describes one."""

    def __post_init__(self) -> None:
        """Add the stream and the header of a full queue."""
        self.description = f"{self.description}\n\n{STREAM_DESCRIPTION}"
        _add_media_type(self, "text/event-stream", example=_STREAM_EXAMPLE, description="See the table of events above")
        _response(self, 503).headers = {
            "Retry-After": OpenAPIHeader(
                schema=Schema(type=OpenAPIType.INTEGER), description="Seconds, when the queue is full"
            )
        }


@dataclass
class DocumentOperation(Operation):
    """`GET /documents/{id}` answers in two media types, of which Litestar describes one."""

    def __post_init__(self) -> None:
        """Add the page."""
        _add_media_type(self, "text/html", example="<!doctype html>…", description="A page with numbered paragraphs")


def _add_media_type(operation: Operation, media_type: str, *, example: str, description: str) -> None:
    response = _response(operation, 200)
    schema = Schema(type=OpenAPIType.STRING, description=description)
    response.content = {**(response.content or {}), media_type: OpenAPIMediaType(schema=schema, example=example)}


def _response(operation: Operation, status: int) -> OpenAPIResponse:
    response = (operation.responses or {})[str(status)]
    if not isinstance(response, OpenAPIResponse):
        raise TypeError(f"response {status} of {operation.operation_id} is {type(response).__name__}")
    return response
