"""The language model on this machine's cores: a process of its own runs it, requests reach it through a bounded queue.

If that process dies, with the native library or by the system's hand, or hangs and is ended, those who wait get an
error that says so, the model is not ready until a new process has loaded it, and nothing else is lost.
"""

import codecs
import itertools
import math
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from qa_service.errors import ModelAwayError, ModelError
from qa_service.llm import protocol
from qa_service.llm.native import load_language
from qa_service.llm.places import Place, PlaceQueue
from qa_service.llm.port import Prompt, Reading, Telling
from qa_service.llm.session import PlacedSession
from qa_service.llm.stopping import until_stop

_END_TIMEOUT_S = 10.0
"""What the process has to end by itself."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 60.0
"""Before a process that died is started anew; doubled as long as none loads."""
_POLL_S = 0.5

_News = protocol.Loaded | protocol.LoadFailed | protocol.Alive | protocol.Reply
_Inbox = queue.SimpleQueue[protocol.Reply]


class _Process:
    """A process that has loaded the model."""

    def __init__(self, wanted: protocol.Engine) -> None:
        """Start it and wait until it has loaded. Raises ModelError when it cannot."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "qa_service.llm.worker", str(theirs.fileno())], pass_fds=[theirs.fileno()]
            )
        self._socket = ours
        self._connection = Connection(os.dup(ours.fileno()))
        self._sending = threading.Lock()
        self.send(wanted)
        try:
            news = self.receive()
        except ModelError:
            self.end()
            raise
        if not isinstance(news, protocol.Loaded):
            self.end()
            raise ModelError(news.message if isinstance(news, protocol.LoadFailed) else f"unexpected {news!r}")

    @property
    def pid(self) -> int:
        """Of the operating system."""
        return self._process.pid

    def send(self, message: protocol.Engine | protocol.Request) -> None:
        """Send a message; to a dead process it is lost."""
        with self._sending, suppress(OSError):  # `receive` tells
            self._connection.send_bytes(msgspec.msgpack.encode(message))

    def receive(self, *, longest_silence_s: float = math.inf, is_due: Callable[[], bool] = lambda: True) -> _News:
        """Return the next message. Raises ModelError when the process is dead, and when it has sent nothing for
        `longest_silence_s` while a message `is_due`: then it hangs, and is ended.
        """
        heard_s = time.monotonic()
        try:
            while not self._connection.poll(_POLL_S):
                if not is_due():
                    heard_s = time.monotonic()
                elif time.monotonic() - heard_s > longest_silence_s:
                    self._process.kill()
                    raise ModelError(f"the model's process did nothing for {longest_silence_s:.0f} s and was ended")
            news: _News = msgspec.msgpack.decode(self._connection.recv_bytes(), type=_News)
        except (EOFError, OSError):
            raise ModelError(f"the model's process {_ending(self._process.wait())}") from None
        return news

    def end(self) -> None:
        """Have it end, and wait for that."""
        with suppress(OSError):  # the other end may be gone
            self._socket.shutdown(socket.SHUT_RDWR)  # unlike closing, it ends a `receive` of another thread
        try:
            self._process.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._connection.close()
        self._socket.close()


class LlamaModel:
    """A GGUF model on this machine's cores. Loading takes seconds and happens in the constructor."""

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        context_tokens: int,
        memory_mib: int,
        threads: int,
        parallel: int,
        queue_length: int,
        timeout_s: float = math.inf,
        adapter: Path | None = None,
    ) -> None:
        """Load the model in its process, with the adapter (a GGUF file) that `read` uses. Raises ModelError when that
        fails. A process that takes no step for `timeout_s` while it should is given up.
        """
        self.name = name
        self.context_tokens = context_tokens
        self._wanted = protocol.Engine(
            path=str(path),
            name=name,
            context_tokens=context_tokens,
            memory_mib=memory_mib,
            threads=threads,
            adapter=str(adapter) if adapter else None,
        )
        self._process: _Process | None = _Process(self._wanted)
        self.vocabulary, self.template = load_language(path, name=name)
        self._timeout_s = timeout_s
        self._places = PlaceQueue(queue_length, served=parallel)
        self._inboxes: dict[int, _Inbox] = {}
        self._changing = threading.Lock()
        self._ids = itertools.count()
        self._orders = itertools.count()
        self._closed = threading.Event()
        self._receiver = threading.Thread(target=self._receive, name="llama-receiver", daemon=True)
        self._receiver.start()

    def admit(self, cancel: threading.Event) -> "LlamaSession":
        """Take a place in the queue, or raise QueueFullError; ModelError while no process has loaded the model."""
        if self._process is None:
            raise self._absence()
        return LlamaSession(self, self._places.admit(cancel), next(self._orders))

    def ready(self) -> bool:
        """Tell whether a process has loaded the model."""
        return self._process is not None

    def process_id(self) -> int | None:
        """Return the id of the process that has loaded the model."""
        process = self._process
        return process.pid if process else None

    def close(self) -> None:
        """Refuse new requests, end the process, and with it what is under way."""
        self._places.close()
        self._closed.set()
        with self._changing:
            process = self._process
        if process:
            process.end()
        self._receiver.join()

    def call(self, call: protocol.Call, inbox: _Inbox) -> None:
        """Have the process answer `call` into `inbox`. Raises ModelError when there is none."""
        with self._changing:
            if self._process is None:
                raise self._absence()
            self._inboxes[call.id] = inbox
            self._process.send(call)

    def forget(self, call_id: int, *, finished: bool) -> None:
        """Take no more replies to a call, and have it dropped unless it is `finished`."""
        with self._changing:
            del self._inboxes[call_id]
            if self._process and not finished:
                self._process.send(protocol.Drop(id=call_id))

    def forget_evaluated(self) -> None:
        """Have the process keep nothing of what it evaluated for earlier requests; for measurements."""
        with self._changing:
            if self._process:
                self._process.send(protocol.Forget())

    def new_id(self) -> int:
        """Return a number that no other call has."""
        return next(self._ids)

    def _absence(self) -> ModelError:
        if self._closed.is_set():
            return ModelError("the model is closed")
        return ModelAwayError("the model's process died and is being started again; try again in some seconds")

    def _receive(self) -> None:
        """Hand out replies, and put a new process in the place of one that died, until the model is closed."""
        while (process := self._process) is not None:
            try:
                while True:
                    reply = process.receive(longest_silence_s=self._timeout_s, is_due=lambda: bool(self._inboxes))
                    if isinstance(reply, protocol.Loaded | protocol.LoadFailed | protocol.Alive):
                        continue
                    with self._changing:
                        inbox = self._inboxes.get(reply.id)
                    if inbox is not None:
                        inbox.put(reply)
            except ModelError as error:
                self._lose(f"{error}; it is being started again")
            process.end()
            self._restart()

    def _lose(self, message: str) -> None:
        """Tell all who wait that their process is dead."""
        with self._changing:
            self._process = None
            for call_id, inbox in self._inboxes.items():
                inbox.put(protocol.Failed(id=call_id, message=message))

    def _restart(self) -> None:
        """Start a new process, as often as it takes."""
        pause_s = _FIRST_PAUSE_S
        while not self._closed.wait(pause_s):
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            try:
                process = _Process(self._wanted)
            except ModelError:
                continue
            with self._changing:
                self._process = process
            if self._closed.is_set():
                process.end()
            return


class LlamaSession(PlacedSession):
    """One request's calls on the model, in its turn. Not shared between threads."""

    def __init__(self, model: LlamaModel, place: Place, order: int) -> None:
        super().__init__(place, model_name=model.name, context_tokens=model.context_tokens)
        self._model = model
        self._order = order

    def count(self, text: str) -> int:
        """Tokens of `text` as plain text."""
        return len(self._model.vocabulary.encode(text))

    def count_prompt(self, prompt: Prompt) -> int:
        """Tokens of the prompt with its template."""
        return sum(map(len, self._model.template.encode(prompt, self._model.vocabulary)))

    def generate(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Iterator[str]:
        """Yield the greedy continuation; see the port."""
        return until_stop(self._pieces(prompt, max_tokens), stop)

    def read(self, prompt: Prompt, choices: Sequence[str], *, telling: Telling | None = None) -> Reading:
        """Log-probability of each choice's first token after the prompt; see the port."""
        vocabulary = self._model.vocabulary
        opening = vocabulary.encode(choices[0] + telling.opening) if telling else []
        most = telling.max_tokens if telling else 0
        parts = self._fitting(prompt, answer_tokens=1 + len(opening) + most)
        call = protocol.Read(
            id=self._model.new_id(),
            order=self._order,
            parts=parts,
            firsts=[vocabulary.encode(choice)[0] for choice in choices],
            opening=opening,
            max_tokens=most,
            least_margin=telling.least_margin if telling else 0.0,
        )
        for reply in self._replies(call):
            if isinstance(reply, protocol.ReadOut):
                self.spend(
                    prompt_tokens=sum(map(len, parts)), reused_tokens=reply.reused, answer_tokens=len(reply.said)
                )
                said = b"".join(map(vocabulary.bytes_of, reply.said)).decode(errors="replace")
                return Reading(log_probabilities=tuple(reply.log_probabilities), adapted=reply.adapted, words=said)
        raise ModelError("the model's process gave no reading")

    def _pieces(self, prompt: Prompt, max_tokens: int) -> Iterator[str]:
        parts = self._fitting(prompt, answer_tokens=max_tokens)
        call = protocol.Write(id=self._model.new_id(), order=self._order, parts=parts, max_tokens=max_tokens)
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        count = reused = 0
        try:
            for reply in self._replies(call):
                if not isinstance(reply, protocol.Tokens):
                    continue
                reused = reply.reused
                for token in reply.tokens:
                    count += 1
                    if piece := decoder.decode(self._model.vocabulary.bytes_of(token)):
                        yield piece
        finally:
            self.spend(prompt_tokens=sum(map(len, parts)), reused_tokens=reused, answer_tokens=count)

    def _replies(self, call: protocol.Call) -> Iterator[protocol.Reply]:
        """Yield the replies to a call in its turn; leaving the iterator drops what is left of it."""
        self.place.wait()
        inbox: _Inbox = queue.SimpleQueue()
        self._model.call(call, inbox)
        finished = False
        try:
            while not finished:
                reply = self.next_of(inbox)
                finished = not isinstance(reply, protocol.Tokens) or reply.last
                if isinstance(reply, protocol.Failed):
                    raise ModelError(reply.message)
                yield reply
        finally:
            self._model.forget(call.id, finished=finished)

    def _fitting(self, prompt: Prompt, *, answer_tokens: int) -> protocol.Parts:
        parts = self._model.template.encode(prompt, self._model.vocabulary)
        self.check_fit(prompt_tokens=sum(map(len, parts)), answer_tokens=answer_tokens)
        return parts


def _ending(code: int) -> str:
    return f"died with {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
