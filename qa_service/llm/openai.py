"""The same port on any server that speaks the OpenAI API: llama-server, vLLM and the like.

The server queues and batches by itself, so several requests are in flight; what we bound is how many. It does not say
how many tokens a text has, so its tokenizer's vocabulary is read from a GGUF file of the same model family.
"""

import json
import queue
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import msgspec

from qa_service.errors import ModelError
from qa_service.llm.places import Place, PlaceQueue
from qa_service.llm.port import Prompt, Reading, Telling
from qa_service.llm.session import PlacedSession
from qa_service.llm.stopping import until_stop
from qa_service.llm.vocabulary import Vocabulary

_TEMPLATE_TOKENS = 32
"""At most what the server's chat template adds around two messages."""
_MOST_LIKELY = 20
"""The most alternatives per token that the API offers."""
_CONNECT_TIMEOUT_S = 5.0


class _Alternative(msgspec.Struct, frozen=True):
    token: str
    logprob: float


class _TokenScores(msgspec.Struct, frozen=True):
    top_logprobs: list[_Alternative] = []


class _Scores(msgspec.Struct, frozen=True):
    content: list[_TokenScores] | None = None


class _Delta(msgspec.Struct, frozen=True):
    content: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    delta: _Delta | None = None
    logprobs: _Scores | None = None


class _Completion(msgspec.Struct, frozen=True):
    choices: list[_Choice] = []


class OpenAIModel:
    """A model behind `<url>/chat/completions`. Nothing is sent before the first question."""

    def __init__(
        self,
        url: str,
        *,
        name: str,
        vocabulary: Vocabulary,
        api_key: str | None,
        context_tokens: int,
        parallel: int,
        queue_length: int,
        timeout_s: float,
    ) -> None:
        self.name = name
        self.context_tokens = context_tokens
        self.vocabulary = vocabulary
        self.client = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
            timeout=httpx.Timeout(timeout_s, connect=_CONNECT_TIMEOUT_S),
            trust_env=False,
        )
        self._places = PlaceQueue(queue_length, served=parallel)

    def admit(self, cancel: threading.Event) -> "OpenAISession":
        """Take a place in the queue, or raise QueueFullError."""
        return OpenAISession(self, self._places.admit(cancel))

    def ready(self) -> bool:
        """Tell whether the server lists its models."""
        try:
            return self.client.get("/models", timeout=_CONNECT_TIMEOUT_S).is_success
        except httpx.HTTPError:
            return False

    def close(self) -> None:
        """Refuse new requests and drop the connections."""
        self._places.close()
        self.client.close()


class OpenAISession(PlacedSession):
    """One request's calls on the server."""

    def __init__(self, model: OpenAIModel, place: Place) -> None:
        super().__init__(place, model_name=model.name, context_tokens=model.context_tokens)
        self._model = model

    def count(self, text: str) -> int:
        """Tokens of `text` in the configured tokenizer's vocabulary."""
        return len(self._model.vocabulary.encode(text))

    def count_prompt(self, prompt: Prompt) -> int:
        """Tokens of the prompt, and an upper bound for the server's template."""
        return sum(map(self.count, (prompt.system, *prompt.shared, prompt.ask))) + _TEMPLATE_TOKENS

    def generate(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Iterator[str]:
        """Yield the greedy continuation; see the port. `answer_start` is ignored."""
        return until_stop(self._pieces(prompt, max_tokens), stop)

    def read(self, prompt: Prompt, choices: Sequence[str], *, telling: Telling | None = None) -> Reading | None:
        """Log-probability of each choice, from the server's most likely first tokens; None when it gives none.

        A choice that is not among them counts as improbable as the least of them.
        """
        completions = self._stream(prompt, max_tokens=1, extra={"logprobs": True, "top_logprobs": _MOST_LIKELY})
        first = next((c.logprobs for x in completions for c in x.choices if c.logprobs and c.logprobs.content), None)
        if first is None or not first.content or not first.content[0].top_logprobs:
            return None
        likely = {item.token.strip(): item.logprob for item in reversed(first.content[0].top_logprobs)}
        least = min(likely.values())
        return Reading(log_probabilities=tuple(likely.get(choice, least) for choice in choices))

    def _pieces(self, prompt: Prompt, max_tokens: int) -> Iterator[str]:
        said = ""
        for completion in self._stream(prompt, max_tokens=max_tokens, extra={}):
            for choice in completion.choices:
                if choice.delta and choice.delta.content:
                    said += choice.delta.content
                    yield choice.delta.content
        self.spend(answer_tokens=self.count(said))

    def _stream(self, prompt: Prompt, *, max_tokens: int, extra: dict[str, Any]) -> Iterator[_Completion]:
        prompt_tokens = self.count_prompt(prompt)
        self.check_fit(prompt_tokens=prompt_tokens, answer_tokens=max_tokens)
        self.place.wait()
        self.spend(prompt_tokens=prompt_tokens)
        messages = [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": "".join((*prompt.shared, prompt.ask))},
        ]
        body = {
            "model": self.model_name,
            "messages": messages,
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
        }
        return self._events(body | extra)

    def _events(self, body: dict[str, Any]) -> Iterator[_Completion]:
        """Yield what the server sends. A reading thread of its own lets us notice a cancelled request between two
        events.
        """
        arrived: queue.SimpleQueue[_Completion | ModelError | None] = queue.SimpleQueue()
        left = threading.Event()

        def read() -> None:
            try:
                with self._model.client.stream("POST", "/chat/completions", json=body) as response:
                    _check(response)
                    for line in response.iter_lines():
                        if left.is_set():
                            return
                        if line.startswith("data:") and (data := line[5:].strip()) != "[DONE]":
                            arrived.put(msgspec.json.decode(data, type=_Completion))
                arrived.put(None)
            except httpx.HTTPError as error:
                arrived.put(ModelError(f"the model server at {self._model.client.base_url} failed: {error!r}"))
            except msgspec.DecodeError as error:
                arrived.put(
                    ModelError(f"the model server at {self._model.client.base_url} sent no valid event: {error}")
                )
            except ModelError as error:
                arrived.put(error)

        threading.Thread(target=read, name="openai-reader", daemon=True).start()
        try:
            while True:
                event = self.next_of(arrived)
                if event is None:
                    return
                if isinstance(event, ModelError):
                    raise event
                yield event
        finally:
            left.set()


def _check(response: httpx.Response) -> None:
    if not response.is_success:
        response.read()
        raise ModelError(f"the model server answered {response.status_code} to {response.url}: {_detail(response)}")


def _detail(response: httpx.Response) -> str:
    try:
        return " ".join(json.dumps(response.json()).split())[:300]
    except ValueError:
        return " ".join(response.text.split())[:300]
