"""The running server: says when it is ready, and ends its questions before it ends."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn
from litestar import Litestar

from config.errors import ConfigError, FootnoteError
from qa_service.web.health import Ready, check_ready
from qa_service.web.running import AskDesk

if TYPE_CHECKING:
    from qa_service.bootstrap import Parts

GRACE_S = 5
"""How long open connections may take to end after the questions were cancelled."""

_POLL_S = 0.5

log = logging.getLogger("footnote.server")


class FootnoteServer(uvicorn.Server):
    """A uvicorn server that reports on its readiness, and that does not wait for unfinished questions when it stops."""

    def __init__(
        self,
        app: Litestar,
        parts: "Parts",
        *,
        on_ready: Callable[[Ready], None],
        on_wait: Callable[[FootnoteError], None],
    ) -> None:
        """Prepare to serve `app`.

        `on_wait` is told why questions cannot be answered yet, each reason once; `on_ready` that they can, once. Both
        are called from the event loop's thread.
        """
        super().__init__(
            uvicorn.Config(
                app, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_S, server_header=False
            )
        )
        self._desk: AskDesk = app.state.desk
        self._parts = parts
        self._on_ready = on_ready
        self._on_wait = on_wait
        self._announcing: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, and begin to look whether questions can be answered."""
        await super().startup(sockets)
        self._announcing = asyncio.create_task(self._announce())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cancel the questions on their way, then wait for the connections."""
        if self._announcing is not None:
            self._announcing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._announcing
        self._desk.stop()
        await super().shutdown(sockets)

    async def _announce(self) -> None:
        told = ""
        while True:
            try:
                self._on_ready(await asyncio.to_thread(check_ready, self._parts))
            except FootnoteError as error:
                if str(error) != told:
                    told = str(error)
                    self._on_wait(error)
                await asyncio.sleep(_POLL_S)
            else:
                return


def bind(host: str, port: int) -> socket.socket:
    """Take the address before anything slow is loaded; port 0 takes a free one. Raises ConfigError when it is taken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
        # Until uvicorn accepts, connections wait in the backlog. Without this, two servers that start at once could
        # both bind.
        bound.listen()
    except OSError as error:
        bound.close()
        raise _cannot_listen(host, port, error) from error
    return bound


def address_of(bound: socket.socket) -> str:
    """Return the address under which a browser on this machine reaches the server."""
    host, port = bound.getsockname()[:2]
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (it is compared, not bound)
    return f"http://[{local}]:{port}" if ":" in local else f"http://{local}:{port}"


def _cannot_listen(host: str, port: int, error: OSError) -> ConfigError:
    return ConfigError(
        f"cannot listen on {host} port {port}: {error.strerror or error}; "
        "end the program that has the port, or choose another with --port"
    )
