"""What every adapter's session has: its place in the queue, what it has spent, and the context's limit."""

import queue
from types import TracebackType
from typing import Self, TypeVar

from qa_service.errors import CancelledError, ModelError
from qa_service.llm.places import POLL_S, Place
from qa_service.llm.port import Budget

_Item = TypeVar("_Item")


class PlacedSession:
    """A session that holds a place until the block is left. Adapters add the calls."""

    def __init__(self, place: Place, *, model_name: str, context_tokens: int) -> None:
        self.model_name = model_name
        self.context_tokens = context_tokens
        self.spent = Budget()
        self.place = place

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.place.leave()

    def wait(self) -> None:
        """Return when it is this request's turn."""
        self.place.wait()

    def next_of(self, arriving: "queue.SimpleQueue[_Item]") -> _Item:
        """Return what arrives next. Raises CancelledError when nobody waits for the answer any more."""
        while not self.place.cancel.is_set():
            try:
                return arriving.get(timeout=POLL_S)
            except queue.Empty:
                continue
        raise CancelledError("nobody waits for this answer any more")

    def spend(self, *, prompt_tokens: int = 0, reused_tokens: int = 0, answer_tokens: int = 0) -> None:
        """Add to what the session has spent."""
        self.spent = Budget(
            prompt_tokens=self.spent.prompt_tokens + prompt_tokens,
            reused_tokens=self.spent.reused_tokens + reused_tokens,
            answer_tokens=self.spent.answer_tokens + answer_tokens,
        )

    def check_fit(self, *, prompt_tokens: int, answer_tokens: int) -> None:
        """Raise ModelError when prompt and answer do not fit the context together."""
        if prompt_tokens + answer_tokens > self.context_tokens:
            raise ModelError(
                f"a prompt of {prompt_tokens} tokens and an answer of {answer_tokens} do not fit the context of "
                f"{self.context_tokens}; lower answer.evidence_tokens or answer.max_tokens"
            )
