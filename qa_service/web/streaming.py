"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import msgspec
from litestar import Request
from litestar.response.streaming import ASGIStreamingResponse
from litestar.types import Receive, Scope, Send

from qa_service.values import EvidenceFound, Progress
from qa_service.web.problems import problem_of
from qa_service.web.running import RunningAsk

EVENT_STREAM = "text/event-stream"

HEARTBEAT_S = 10.0
"""Proxies close connections on which nothing comes; a prefill of several seconds behind a long queue sends nothing."""

_HEARTBEAT = b": still working\n\n"
_HEADERS = {
    "Cache-Control": "no-store",
    "Vary": "Accept",
    # nginx would collect the events until its buffer is full.
    "X-Accel-Buffering": "no",
}


class EventStream(ASGIStreamingResponse):
    """A response of events that calls `on_end` when its last event is sent and as soon as its client goes away.

    The clean-up cannot stand in the generator: it is suspended at a `yield` while an event is being sent, and a client
    that goes away then leaves it to the garbage collector.
    """

    def __init__(self, events: AsyncGenerator[bytes, None], *, on_end: Callable[[], None]) -> None:
        super().__init__(iterator=events, media_type=EVENT_STREAM, headers=dict(_HEADERS))
        self._events = events
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events; see the ASGI specification."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._on_end()
            await self._events.aclose()


async def events_of(
    running: RunningAsk, request: Request[Any, Any, Any], *, heartbeat_s: float = HEARTBEAT_S
) -> AsyncGenerator[bytes, None]:
    """Yield evidence, tokens, and the answer or the error, each as one event; a comment when nothing comes for long."""
    async for told in running.progress(heartbeat_s):
        yield _HEARTBEAT if told is None else _progress_event(told)
    error = running.answer.exception()
    if error is None:
        yield event("answer", msgspec.json.encode(running.answer.result()))
    else:
        yield event("error", msgspec.json.encode(problem_of(error, request)))


def event(name: str, data: bytes) -> bytes:
    """Frame one event. `data` is JSON from an encoder, which has no line breaks."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


def _progress_event(told: Progress) -> bytes:
    return event("evidence" if isinstance(told, EvidenceFound) else "token", msgspec.json.encode(told))
