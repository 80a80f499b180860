"""The port through which the stages reach a language model.

A request takes a place in the model's queue with `admit`, before anything is sent to the client, and keeps it for all
its calls, so that the evaluated prefix of one call serves the next.
"""

import threading
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self

import msgspec


class Prompt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One exchange: what stays the same comes first, so that it stays evaluated."""

    system: str
    shared: tuple[str, ...]
    """The head of the user's message in parts, equal in several calls: evidence, one passage a part, and the question.

    What two prompts have in common is reused part by part: see `NativeContext.evaluate`."""
    ask: str
    """The tail of the user's message, different in each call."""
    answer_start: str = ""
    """Words that are put into the model's mouth; not part of what it returns. Ignored by servers that cannot do it."""


class Budget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tokens spent so far by one session, in the model's own vocabulary."""

    prompt_tokens: int = 0
    reused_tokens: int = 0
    answer_tokens: int = 0


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is to say behind the first choice, with the adapter that it was opened with."""

    opening: str
    """What follows the choice before it goes on by itself."""
    max_tokens: int
    least_margin: float
    """Log-odds of the first choice against the second: where they are less, nothing is said."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a model makes of a prompt before it says a word."""

    log_probabilities: tuple[float, ...]
    """That the continuation starts with each choice's first token, in the order of the choices."""
    adapted: bool = False
    """Whether the tail of the prompt was read with the adapter that the model was opened with."""
    words: str = ""
    """What the model says behind the first choice, as it was told to; nothing without an adapter."""


class ModelSession(Protocol):
    """One request's place at the model. Use it as a context manager: leaving it frees the place."""

    model_name: str
    context_tokens: int
    spent: Budget

    def __enter__(self) -> Self:
        """Return the session itself."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Free the place, whatever happened."""
        ...

    def wait(self) -> None:
        """Return when it is this request's turn. Raises CancelledError when nobody waits for the answer any more."""
        ...

    def count(self, text: str) -> int:
        """Tokens of `text` on its own, special tokens read as plain text."""
        ...

    def count_prompt(self, prompt: Prompt) -> int:
        """Tokens of the whole prompt, the chat template's own included."""
        ...

    def generate(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Iterator[str]:
        """Yield the greedy continuation in pieces of whole characters, up to `max_tokens` tokens or a stop string.

        The stop string itself is not yielded. Raises CancelledError soon after the session's cancel event is set,
        and ModelError when prompt and answer do not fit the context or the model fails.
        """
        ...

    def read(self, prompt: Prompt, choices: Sequence[str], *, telling: Telling | None = None) -> Reading | None:
        """Return how the model would go on; None if it cannot tell.

        Only `prompt.ask` is read with the model's adapter, if it has one: what comes before serves all calls. Such a
        model also says what `telling` asks for, greedily.
        """
        ...


class LanguageModel(Protocol):
    """A model with a bounded queue in front of it."""

    name: str

    def admit(self, cancel: threading.Event) -> ModelSession:
        """Take a place at once, or raise QueueFullError. The calls on the session wait for their turn."""
        ...

    def ready(self) -> bool:
        """Tell whether questions can be answered now."""
        ...

    def close(self) -> None:
        """End the model's thread and free its memory; sessions that still wait get CancelledError."""
        ...
