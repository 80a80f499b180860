"""The application factory: every topic's handlers, and what holds for all of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from litestar import Litestar

from qa_service.web.asking import asking_routes
from qa_service.web.documents import document_routes
from qa_service.web.health import health_routes
from qa_service.web.observing import ObservedApp
from qa_service.web.page import page_routes
from qa_service.web.problems import answer_problem
from qa_service.web.reference import openapi_config, reference_routes
from qa_service.web.running import AskDesk, AskFunction
from qa_service.web.searching import searching_routes

if TYPE_CHECKING:
    from qa_service.bootstrap import Parts


def create_app(parts: "Parts", *, ask: AskFunction | None = None) -> Litestar:
    """Return the ASGI application over `parts`, which stay open: who opened them closes them afterwards.

    `ask` stands in for `qa_service.ask.ask`. The application's `state.desk` is its AskDesk. Browsers may ask from no
    other origin than the service's own.
    """
    desk = AskDesk(parts, ask or _real_ask())

    @asynccontextmanager
    async def open_desk(_app: Litestar) -> AsyncIterator[None]:
        yield
        desk.close()

    app = ObservedApp(
        route_handlers=[
            *asking_routes(desk),
            *searching_routes(parts),
            *document_routes(parts),
            *health_routes(parts),
            *page_routes(),
            *reference_routes(),
        ],
        exception_handlers={Exception: answer_problem},
        lifespan=[open_desk],
        # Litestar would set up logging for the whole process.
        logging_config=None,
        openapi_config=openapi_config(),
        request_max_body_size=parts.settings.server.max_body_bytes,
    )
    app.state.desk = desk
    return app


def _real_ask() -> AskFunction:
    from qa_service.ask import ask  # noqa: PLC0415 (it brings in the index and the language model)

    return ask
