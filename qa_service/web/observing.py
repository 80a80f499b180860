"""What holds for every response, also for those of unknown addresses: a request id and one line in the access log.

Litestar runs its middleware for known routes only, so this sits around the whole application.
"""

import logging
import re
import time
import urllib.parse
import uuid
from typing import cast

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import HTTPScope, LifeSpanReceive, LifeSpanScope, LifeSpanSend, Message, Receive, Scope, Send

access_log = logging.getLogger("footnote.access")

_REQUEST_ID = b"x-request-id"

_ACCEPTED_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""An id is echoed into headers and logs, so nothing else is taken over."""


class ObservedApp(Litestar):
    """A Litestar application that names and logs each request.

    The line holds method, path, status, seconds and id, never the query string: it may hold a question.
    """

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        """Serve one connection; see the ASGI specification."""
        if scope["type"] == ScopeType.HTTP:
            await self._observe(cast("HTTPScope", scope), cast("Receive", receive), cast("Send", send))
        else:
            await super().__call__(scope, receive, send)

    async def _observe(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        started_s = time.perf_counter()
        status = 0

        async def mark(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                added = ((_REQUEST_ID, request_id.encode()), (b"x-content-type-options", b"nosniff"))
                message["headers"] = [*message.get("headers", []), *added]
            await send(message)

        # Litestar has no HEAD of its own; the server leaves the body out (RFC 9110, section 9.3.2).
        served = cast("HTTPScope", {**scope, "method": "GET"}) if scope["method"] == "HEAD" else scope
        try:
            await super().__call__(served, receive, mark)
        finally:
            seconds = time.perf_counter() - started_s
            # Quoted again, because a path can hold line breaks.
            path = urllib.parse.quote(scope["path"])
            access_log.info("%s %s %d %.3f s %s", scope["method"], path, status, seconds, request_id)


def request_id_of(scope: HTTPScope) -> str:
    """Return the id of the request that `scope` belongs to."""
    return str(scope["state"]["request_id"])


def _request_id(scope: HTTPScope) -> str:
    given = next((value for name, value in scope["headers"] if name == _REQUEST_ID), b"")
    return given.decode() if _ACCEPTED_ID.fullmatch(given) else uuid.uuid4().hex
