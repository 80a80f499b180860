"""The language model in this process: one owner thread holds the llama.cpp context, requests reach it through a bounded
queue.
"""

import codecs
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from qa_service.errors import CancelledError, ModelError
from qa_service.models.native import NativeContext
from qa_service.models.places import Place, PlaceQueue
from qa_service.models.port import Prompt, Reading
from qa_service.models.session import PlacedSession
from qa_service.models.stopping import until_stop

_Job = Callable[[NativeContext], None]


class LlamaModel:
    """A GGUF model on this machine's cores. Loading takes seconds and happens in the constructor."""

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        context_tokens: int,
        threads: int,
        queue_length: int,
        adapter: Path | None = None,
    ) -> None:
        """Load the model in its owner thread, with the adapter (a GGUF file) that `read` uses. Raises ModelError when
        that fails.
        """
        self.name = name
        self.context_tokens = context_tokens
        self._places = PlaceQueue(queue_length)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        loaded: queue.SimpleQueue[NativeContext | ModelError] = queue.SimpleQueue()

        def own() -> None:
            try:
                context = NativeContext(
                    path, name=name, context_tokens=context_tokens, threads=threads, adapter=adapter
                )
            except ModelError as error:
                loaded.put(error)
                return
            loaded.put(context)
            while (job := self._jobs.get()) is not None:
                job(context)
            context.close()

        self._owner = threading.Thread(target=own, name="llama-owner", daemon=True)
        self._owner.start()
        outcome = loaded.get()
        if isinstance(outcome, ModelError):
            raise outcome
        self.vocabulary = outcome.vocabulary
        self.template = outcome.template

    def admit(self, cancel: threading.Event) -> "LlamaSession":
        """Take a place in the queue, or raise QueueFullError."""
        return LlamaSession(self, self._places.admit(cancel))

    def ready(self) -> bool:
        """Tell whether the owner thread lives."""
        return self._owner.is_alive()

    def close(self) -> None:
        """Refuse new requests, let the running call end, and free the model."""
        self._places.close()
        self._jobs.put(None)
        self._owner.join()

    def submit(self, job: _Job) -> None:
        """Have the owner thread run `job`. Jobs must catch their own errors."""
        self._jobs.put(job)


class LlamaSession(PlacedSession):
    """One request's calls on the model, in its turn. Not shared between threads."""

    def __init__(self, model: LlamaModel, place: Place) -> None:
        super().__init__(place, model_name=model.name, context_tokens=model.context_tokens)
        self._model = model

    def count(self, text: str) -> int:
        """Tokens of `text` as plain text."""
        return len(self._model.vocabulary.encode(text))

    def count_prompt(self, prompt: Prompt) -> int:
        """Tokens of the prompt with its template."""
        return sum(map(len, self._model.template.encode(prompt, self._model.vocabulary)))

    def generate(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Iterator[str]:
        """Yield the greedy continuation; see the port."""
        return until_stop(self._pieces(prompt, max_tokens), stop)

    def read(self, prompt: Prompt, choices: Sequence[str]) -> Reading:
        """Log-probability of each choice's first token after the prompt."""
        parts = self._fitting(prompt, answer_tokens=1)
        cancel = self.place.cancel
        firsts = [self._model.vocabulary.encode(choice)[0] for choice in choices]
        outcome: queue.SimpleQueue[tuple[int, Reading] | CancelledError | ModelError] = queue.SimpleQueue()

        def job(context: NativeContext) -> None:
            try:
                reused = context.evaluate(parts, cancel, adapted=True)
                logits = context.logits().astype(np.float64)
                total = np.logaddexp.reduce(logits)
                log_probabilities = tuple(float(logits[first] - total) for first in firsts)
                outcome.put((reused, Reading(log_probabilities=log_probabilities, adapted=context.has_adapter)))
            except (CancelledError, ModelError) as error:
                outcome.put(error)

        self.place.wait()
        self._model.submit(job)
        result = outcome.get()
        if isinstance(result, Exception):
            raise result
        reused, reading = result
        self.spend(prompt_tokens=sum(map(len, parts)), reused_tokens=reused)
        return reading

    def _pieces(self, prompt: Prompt, max_tokens: int) -> Iterator[str]:
        parts = self._fitting(prompt, answer_tokens=max_tokens)
        cancel, left = self.place.cancel, threading.Event()
        made: queue.SimpleQueue[int | CancelledError | ModelError | None] = queue.SimpleQueue()
        reused = 0

        def job(context: NativeContext) -> None:
            nonlocal reused
            try:
                reused = context.evaluate(parts, cancel)
                for index in range(max_tokens):
                    token = int(np.argmax(context.logits()))
                    if left.is_set() or context.ends_answer(token):
                        break
                    made.put(token)
                    if index + 1 < max_tokens:
                        context.append(token)
                made.put(None)
            except (CancelledError, ModelError) as error:
                made.put(error)

        self.place.wait()
        self._model.submit(job)
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        count = 0
        try:
            while (token := made.get()) is not None:
                if isinstance(token, Exception):
                    raise token
                count += 1
                if piece := decoder.decode(self._model.vocabulary.bytes_of(token)):
                    yield piece
        finally:
            left.set()
            self.spend(prompt_tokens=sum(map(len, parts)), reused_tokens=reused, answer_tokens=count)

    def _fitting(self, prompt: Prompt, *, answer_tokens: int) -> list[list[int]]:
        parts = self._model.template.encode(prompt, self._model.vocabulary)
        self.check_fit(prompt_tokens=sum(map(len, parts)), answer_tokens=answer_tokens)
        return parts
