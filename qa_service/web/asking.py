"""`POST /ask`: a question in, an answer with footnotes out, at once or as a stream."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Body
from litestar.response.base import ASGIResponse

from qa_service.values import Answer, Question
from qa_service.web.checking import JSON, invalid, prefers, require_json
from qa_service.web.described import ANSWER_EXAMPLE, QUESTION_EXAMPLES, AskOperation, problem_responses
from qa_service.web.running import AskDesk
from qa_service.web.streaming import EVENT_STREAM, EventStream, events_of


def asking_routes(desk: AskDesk) -> Sequence[HTTPRouteHandler]:
    """Return the handlers of this topic."""

    @post(
        "/ask",
        status_code=200,
        before_request=require_json,
        operation_class=AskOperation,
        operation_id="ask",
        tags=["Questions"],
        summary="Ask a question",
        responses={
            200: ResponseSpec(
                Answer,
                description="The answer, or a refusal with its reason",
                examples=[ANSWER_EXAMPLE],
                generate_examples=False,
            ),
            **problem_responses(400, 413, 415, 500, 503),
        },
    )
    async def answer_question(
        data: Annotated[Question, Body(examples=QUESTION_EXAMPLES)], request: Request[Any, Any, Any]
    ) -> ASGIResponse:
        """Answer from the indexed documents, with a footnote to the exact paragraph behind every sentence.

        A question that the documents do not answer comes back with status `refused` and a reason: that is an answer,
        not an error. Earlier turns of the conversation help to understand the question and are never evidence.

        With `Accept: text/event-stream` the same comes as a stream of events. Closing the connection stops the work.
        """
        if not data.question.strip():
            raise invalid("question", "Expected a question, got only white space")
        running = desk.open(data)
        if prefers(request, EVENT_STREAM):
            await running.until_started(request.receive)
            return EventStream(events_of(running, request), on_end=running.leave)
        answer = await running.until_answered(request.receive)
        headers = {"Cache-Control": "no-store", "Vary": "Accept"}
        return ASGIResponse(body=msgspec.json.encode(answer), media_type=JSON, headers=headers)

    return [answer_question]
