"""`GET /search`: the ranked paragraphs for a query, without any language model."""

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from indexer.search import MAX_QUERY_CHARS
from indexer.values import Filters, Hit
from qa_service.web.checking import invalid, refuse_unknown_parameters
from qa_service.web.described import problem_responses

if TYPE_CHECKING:
    from qa_service.bootstrap import Parts

MAX_HITS = 50


class SearchResults(msgspec.Struct, frozen=True, kw_only=True):
    """The paragraphs found for a query."""

    query: str
    index_version: str
    hits: list[Hit]
    """Best first; empty when the filters leave none."""


def searching_routes(parts: "Parts") -> Sequence[HTTPRouteHandler]:
    """Return the handlers of this topic."""

    @get(
        "/search",
        sync_to_thread=True,
        before_request=refuse_unknown_parameters,
        operation_id="search",
        tags=["Documents"],
        summary="Search paragraphs",
        response_description="The paragraphs, best first",
        responses=problem_responses(400, 500, 503),
    )
    def search(
        q: Annotated[
            str,
            Parameter(
                min_length=1, max_length=MAX_QUERY_CHARS, description="What to look for: words or a whole question"
            ),
        ],
        limit: Annotated[int, Parameter(ge=1, le=MAX_HITS, description="How many paragraphs at most")] = 10,
        published_from: Annotated[
            datetime.date | None, Parameter(description="Earliest day of publication, e.g. 2025-03-31")
        ] = None,
        published_to: Annotated[datetime.date | None, Parameter(description="Latest day of publication")] = None,
        document_id: Annotated[
            list[str] | None, Parameter(description="Only in this document; may be given several times")
        ] = None,
    ) -> SearchResults:
        """Find paragraphs by meaning and by words, the two rankings fused.

        An undated document passes no date filter.
        """
        if not q.strip():
            raise invalid("q", "Expected something to look for, got only white space")
        filters = Filters(
            document_ids=tuple(document_id or ()), published_from=published_from, published_to=published_to
        )
        with parts.keeper.lease() as index:
            hits = index.search(q, filters=filters, limit=limit)
            return SearchResults(query=q, index_version=index.generation.id, hits=list(hits))

    return [search]
