"""`GET /documents` and `GET /documents/{id}`: what is indexed, for programs and for readers."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import jinja2
import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from indexer.values import Document, DocumentSummary, Paragraph
from qa_service.errors import NotFoundError
from qa_service.web.assets import PAGE_HEADERS
from qa_service.web.blocks import blocks_of
from qa_service.web.checking import JSON, prefers, refuse_unknown_parameters
from qa_service.web.described import DocumentOperation, problem_responses

if TYPE_CHECKING:
    from qa_service.bootstrap import Parts

MAX_LISTED = 500

_HTML = "text/html"
_TEMPLATES = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)


class DocumentList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the list of documents."""

    index_version: str
    total: int
    """How many documents the index holds."""
    offset: int
    documents: list[DocumentSummary]


class DocumentText(msgspec.Struct, frozen=True, kw_only=True):
    """A document with its text and paragraphs: `document.text[start:end]` is a paragraph's text."""

    index_version: str
    document: Document
    paragraphs: list[Paragraph]
    """In reading order."""


def document_routes(parts: "Parts") -> Sequence[HTTPRouteHandler]:
    """Return the handlers of this topic."""

    @get(
        "/documents",
        sync_to_thread=True,
        before_request=refuse_unknown_parameters,
        operation_id="listDocuments",
        tags=["Documents"],
        summary="List documents",
        response_description="One page of the list",
        responses=problem_responses(400, 500, 503),
    )
    def list_documents(
        offset: Annotated[int, Parameter(ge=0, le=2**31, description="How many documents to skip")] = 0,
        limit: Annotated[int, Parameter(ge=1, le=MAX_LISTED, description="How many documents at most")] = 50,
    ) -> DocumentList:
        """List what is indexed, in a stable order."""
        with parts.keeper.lease() as index:
            return DocumentList(
                index_version=index.generation.id,
                total=index.document_count,
                offset=offset,
                documents=list(index.documents(offset=offset, limit=limit)),
            )

    @get(
        "/documents/{document_id:str}",
        sync_to_thread=True,
        before_request=refuse_unknown_parameters,
        operation_class=DocumentOperation,
        operation_id="readDocument",
        tags=["Documents"],
        summary="Read a document",
        responses={
            200: ResponseSpec(DocumentText, description="The document with its text", generate_examples=False),
            **problem_responses(400, 404, 500, 503),
        },
    )
    def read_document(
        request: Request[Any, Any, Any],
        document_id: Annotated[str, Parameter(description="`d` and 16 hexadecimal digits", max_length=100)],
    ) -> Response[bytes]:
        """Return a document with its numbered paragraphs.

        With `Accept: text/html` it is a page to read, on which `#p3` is the third paragraph.
        """
        found = _read(parts, document_id)
        if prefers(request, _HTML):
            return Response(_page(found).encode(), media_type=_HTML, headers={**PAGE_HEADERS, "Vary": "Accept"})
        return Response(msgspec.json.encode(found), media_type=JSON, headers={"Vary": "Accept"})

    return [list_documents, read_document]


def _read(parts: "Parts", document_id: str) -> DocumentText:
    with parts.keeper.lease() as index:
        document = index.document(document_id)
        if document is None:
            raise NotFoundError(
                f"the index {index.generation.id} has no document {document_id}; GET /documents lists those that it has"
            )
        return DocumentText(
            index_version=index.generation.id, document=document, paragraphs=list(index.paragraphs(document_id))
        )


def _page(found: DocumentText) -> str:
    """Fill `templates/document.html`, whose context is `document`, its `blocks` (see `Block`), and `index_version`."""
    return _TEMPLATES.get_template("document.html").render(
        document=found.document,
        blocks=blocks_of(found.document, found.paragraphs),
        index_version=found.index_version,
    )
