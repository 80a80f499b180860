"""A language model without a model: it says what its script says. For tests and for trying a client; never a profile's
choice.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

from qa_service.errors import CancelledError, ModelError
from qa_service.models.places import Place, PlaceQueue
from qa_service.models.port import Budget, Prompt
from qa_service.models.stopping import until_stop


class ScriptedModel:
    """Answers with `script(prompt)`, word by word; scores with `verdict(prompt, choice)`. A word is a token."""

    def __init__(
        self,
        script: Callable[[Prompt], str],
        *,
        verdict: Callable[[Prompt, str], float] | None = None,
        context_tokens: int = 2048,
        queue_length: int = 4,
        name: str = "scripted",
    ) -> None:
        self.name = name
        self.context_tokens = context_tokens
        self.script = script
        self.verdict = verdict
        self._places = PlaceQueue(queue_length)
        self._open = True

    def admit(self, cancel: threading.Event) -> "ScriptedSession":
        """Take a place in the queue, or raise QueueFullError."""
        return ScriptedSession(self, self._places.admit(cancel))

    def ready(self) -> bool:
        """Tell whether `close` has not been called."""
        return self._open

    def close(self) -> None:
        """Refuse new requests."""
        self._open = False
        self._places.close()


class ScriptedSession:
    """One request's calls on the script."""

    def __init__(self, model: ScriptedModel, place: Place) -> None:
        self.model_name = model.name
        self.context_tokens = model.context_tokens
        self.spent = Budget()
        self._model = model
        self._place = place

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._place.leave()

    def count(self, text: str) -> int:
        """Words of `text`."""
        return len(text.split())

    def count_prompt(self, prompt: Prompt) -> int:
        """Words of the whole prompt."""
        return sum(map(self.count, (prompt.system, *prompt.shared, prompt.ask, prompt.answer_start)))

    def generate(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Iterator[str]:
        """Yield the script's answer word by word."""
        if self.count_prompt(prompt) + max_tokens > self.context_tokens:
            raise ModelError(f"the prompt and {max_tokens} tokens do not fit the context of {self.context_tokens}")
        return until_stop(self._words(prompt, max_tokens), stop)

    def score(self, prompt: Prompt, choices: Sequence[str]) -> tuple[float, ...] | None:
        """Return the script's verdicts; None when it has none."""
        self._place.wait()
        if self._model.verdict is None:
            return None
        return tuple(self._model.verdict(prompt, choice) for choice in choices)

    def _words(self, prompt: Prompt, max_tokens: int) -> Iterator[str]:
        self._place.wait()
        words = self._model.script(prompt).split(" ")[:max_tokens]
        prompt_tokens = self.count_prompt(prompt)
        self.spent = Budget(
            prompt_tokens=self.spent.prompt_tokens + prompt_tokens,
            answer_tokens=self.spent.answer_tokens + len(words),
        )
        for number, word in enumerate(words):
            if self._place.cancel.is_set():
                raise CancelledError("nobody waits for this answer any more")
            yield word if number == 0 else f" {word}"
