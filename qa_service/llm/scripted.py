"""A language model without a model: it says what its script says. For tests and for trying a client; never a profile's
choice.
"""

import math
import threading
from collections.abc import Callable, Iterator, Sequence

from qa_service.errors import CancelledError
from qa_service.llm.places import Place, PlaceQueue
from qa_service.llm.port import Prompt, Reading, Telling
from qa_service.llm.session import PlacedSession
from qa_service.llm.stopping import until_stop


class ScriptedModel:
    """Answers with `script(prompt)`, word by word; reads with `verdict(prompt, choice)`; says `words(prompt)` behind
    what it reads, as one that has an adapter. A word is a token.
    """

    def __init__(
        self,
        script: Callable[[Prompt], str],
        *,
        verdict: Callable[[Prompt, str], float] | None = None,
        words: Callable[[Prompt], str] | None = None,
        context_tokens: int = 2048,
        queue_length: int = 4,
        name: str = "scripted",
    ) -> None:
        self.name = name
        self.context_tokens = context_tokens
        self.script = script
        self.verdict = verdict
        self.words = words
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


class ScriptedSession(PlacedSession):
    """One request's calls on the script."""

    def __init__(self, model: ScriptedModel, place: Place) -> None:
        super().__init__(place, model_name=model.name, context_tokens=model.context_tokens)
        self._model = model

    def count(self, text: str) -> int:
        """Words of `text`."""
        return len(text.split())

    def count_prompt(self, prompt: Prompt) -> int:
        """Words of the whole prompt."""
        return sum(map(self.count, (prompt.system, *prompt.shared, prompt.ask, prompt.answer_start)))

    def generate(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Iterator[str]:
        """Yield the script's answer word by word."""
        self.check_fit(prompt_tokens=self.count_prompt(prompt), answer_tokens=max_tokens)
        return until_stop(self._words(prompt, max_tokens), stop)

    def read(self, prompt: Prompt, choices: Sequence[str], *, telling: Telling | None = None) -> Reading | None:
        """Return the script's verdicts; None when it has none."""
        self.place.wait()
        if self._model.verdict is None:
            return None
        first, *others = (self._model.verdict(prompt, choice) for choice in choices)
        words = ""
        if self._model.words and telling and first - max(others, default=-math.inf) >= telling.least_margin:
            words = " ".join(self._model.words(prompt).split(" ")[: telling.max_tokens])
        return Reading(log_probabilities=(first, *others), adapted=self._model.words is not None, words=words)

    def _words(self, prompt: Prompt, max_tokens: int) -> Iterator[str]:
        self.place.wait()
        words = self._model.script(prompt).split(" ")[:max_tokens]
        self.spend(prompt_tokens=self.count_prompt(prompt), answer_tokens=len(words))
        for number, word in enumerate(words):
            if self.place.cancel.is_set():
                raise CancelledError("nobody waits for this answer any more")
            yield word if number == 0 else f" {word}"
