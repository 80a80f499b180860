"""`GET /health/live` and `GET /health/ready`: for whoever starts, watches and balances the service."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler

from qa_service.errors import ModelError
from qa_service.web.described import problem_responses

if TYPE_CHECKING:
    from qa_service.bootstrap import Parts


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """The process runs and answers."""

    status: Literal["live"] = "live"


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Questions can be answered."""

    status: Literal["ready"] = "ready"
    index_version: str
    document_count: int
    model: str


def check_ready(parts: "Parts") -> Ready:
    """Return what questions would be answered from. Raises the error that a question would get now."""
    with parts.keeper.lease() as index:
        ready = Ready(index_version=index.generation.id, document_count=index.document_count, model=parts.model.name)
    if not parts.model.ready():
        raise ModelError(f"model {parts.model.name} cannot be reached or has stopped; `footnote doctor` looks into it")
    return ready


def health_routes(parts: "Parts") -> Sequence[HTTPRouteHandler]:
    """Return the handlers of this topic."""

    @get("/health/live", sync_to_thread=False, operation_id="live", tags=["Health"], summary="Is the process alive?")
    def live() -> Live:
        """Answer 200 whenever the process can answer at all; restart it when it does not."""
        return Live()

    @get(
        "/health/ready",
        sync_to_thread=True,
        operation_id="ready",
        tags=["Health"],
        summary="Can questions be answered?",
        responses=problem_responses(503),
    )
    def ready() -> Ready:
        """Answer 200 when there is an index and a model, 503 with the reason when not; send no traffic meanwhile."""
        return check_ready(parts)

    return [live, ready]
