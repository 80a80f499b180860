"""The OpenAPI description at `/schema/openapi.json`, and at `/docs` a page that shows it without a network.

Litestar's own pages load Swagger UI from elsewhere. Here its files come from the package `swagger-ui-py`, of which
nothing else is used or imported.
"""

import importlib.metadata
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import License, Tag
from litestar.params import Parameter

from config.errors import ConfigError
from qa_service.web.assets import MEDIA_TYPES, PAGE_HEADERS, answer_bytes, answer_file, etag_of
from qa_service.web.described import SERVICE_DESCRIPTION

_HEADERS: Mapping[str, str] = {
    **PAGE_HEADERS,
    # Swagger UI sets styles in place and draws its icons from data URLs.
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'self'",
}

_PAGE = b"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Footnote: API</title>
  <link rel="icon" href="static/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="docs/swagger-ui.css">
  <script defer src="docs/swagger-ui-bundle.js"></script>
  <script defer src="docs/start.js"></script>
</head>
<body><div id="reference"></div></body>
</html>
"""

_START = b"""SwaggerUIBundle({
  url: "schema/openapi.json",
  domNode: document.getElementById("reference"),
  deepLinking: true,
  validatorUrl: null,
  syntaxHighlight: { theme: "idea" },
});
"""


def openapi_config() -> OpenAPIConfig:
    """Describe the service as a whole."""
    return OpenAPIConfig(
        title="Footnote",
        version=importlib.metadata.version("footnote") if _is_installed("footnote") else "0",
        summary="Answers over your documents, with a footnote to the exact paragraph behind every sentence",
        description=SERVICE_DESCRIPTION,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        tags=[
            Tag(name="Questions", description="Answers with footnotes"),
            Tag(name="Documents", description="What the answers come from"),
            Tag(name="Health", description="For whoever runs the service"),
        ],
        use_handler_docstrings=True,
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        openapi_router=Router(
            "/schema", route_handlers=[], include_in_schema=False, after_request=_refuse_unknown_address
        ),
    )


def reference_routes() -> Sequence[HTTPRouteHandler]:
    """Return the handlers of this topic. Raises ConfigError when the package with Swagger UI is missing."""
    swagger_ui = _swagger_ui_folder()

    @get("/docs", sync_to_thread=False, include_in_schema=False)
    def show_reference(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return the page."""
        return answer_bytes(request, _PAGE, etag=etag_of(_PAGE), media_type=MEDIA_TYPES[".html"], headers=_HEADERS)

    @get("/docs/start.js", sync_to_thread=False, include_in_schema=False)
    def show_start(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return the script that sets Swagger UI going; inline it would need a weaker content security policy."""
        return answer_bytes(request, _START, etag=etag_of(_START), media_type=MEDIA_TYPES[".js"], headers=_HEADERS)

    @get("/docs/{name:str}", sync_to_thread=True, include_in_schema=False)
    def show_swagger_ui(request: Request[Any, Any, Any], name: Annotated[str, Parameter()]) -> Response[bytes]:
        """Return one of Swagger UI's files."""
        if name not in {"swagger-ui.css", "swagger-ui-bundle.js"}:
            raise NotFoundException
        return answer_file(request, swagger_ui, name, headers=_HEADERS)

    return [show_reference, show_start, show_swagger_ui]


def _refuse_unknown_address(response: Response[Any]) -> Response[Any]:
    """Turn Litestar's HTML page for unknown addresses below `/schema` into an error like every other."""
    if response.status_code == 404:
        raise NotFoundException
    return response


def _swagger_ui_folder() -> Path:
    spec = importlib.util.find_spec("swagger_ui")
    if spec is None or spec.origin is None:
        raise ConfigError("the package swagger-ui-py is not installed; run `make environment`")
    return Path(spec.origin).parent / "static"


def _is_installed(distribution: str) -> bool:
    return any(True for _ in importlib.metadata.distributions(name=distribution))
