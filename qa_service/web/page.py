"""The chat page at `/`, and the files that it needs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from qa_service.web.assets import answer_file

_PAGE = Path(__file__).parent / "page"


def page_routes() -> Sequence[HTTPRouteHandler]:
    """Return the handlers of this topic."""

    @get("/", sync_to_thread=True, include_in_schema=False)
    def show_page(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return the chat page."""
        return answer_file(request, _PAGE, "index.html")

    @get("/static/{name:path}", sync_to_thread=True, include_in_schema=False)
    def show_asset(request: Request[Any, Any, Any], name: Annotated[Path, Parameter()]) -> Response[bytes]:
        """Return one of the page's files."""
        return answer_file(request, _PAGE, name.as_posix().lstrip("/"))

    return [show_page, show_asset]
