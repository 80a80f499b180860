"""The scheduler: many calls on one context, in the thread that owns it.

Between two steps calls come and go. Prompts are evaluated one at a time, the oldest request's first, in slices; those
calls that write have as much time as the slice took before the next one, so that answers go on while others are read.
All that write do so in the same step, and guesses of what comes next fill it up.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain, islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qa_service.errors import CancelledError, ModelError
from qa_service.llm.lookup import SHORTEST, SHORTEST_OF_QUOTED, Lookup
from qa_service.llm.native import BLOCK_TOKENS, SLICE_TOKENS, Row, StepCosts
from qa_service.llm.protocol import Call, Drop, Failed, Forget, Read, ReadOut, Reply, Request, Tokens
from qa_service.llm.sequences import Part, SequenceMemory, Sequences

_LONGEST_SLICE_TOKENS = 128
"""Where it changes no logit, and nobody else waits."""
_ALIVE_EVERY_S = 1.0


class Context(SequenceMemory, Protocol):
    """What the engine needs of `NativeContext`."""

    sequences: int

    @property
    def has_adapter(self) -> bool:
        """Whether an adapter was loaded."""
        ...

    def decode(
        self, rows: Sequence[Row], *, every: bool = False, adapted: bool = False, stop: Callable[[], bool] | None = None
    ) -> None:
        """Evaluate tokens in one step."""
        ...

    def logits(self, row: int = -1) -> NDArray[np.float32]:
        """Return what follows a row of the last step."""
        ...

    def clear(self) -> None:
        """Forget all sequences."""
        ...

    def ends_answer(self, token: int) -> bool:
        """Tell whether `token` ends a generation."""
        ...


class _Work:
    """A call that has a sequence."""

    def __init__(self, call: Call, parts: Sequence[Part], sequence: int, reused: int) -> None:
        self.call = call
        self.sequence = sequence
        self.unread = deque(parts[reused:])
        self.offset = 0
        """Tokens of `unread[0]` that are evaluated."""
        self.position = self.reused = sum(map(len, parts[:reused]))
        self.answer: list[int] = []
        self.reading: ReadOut | None = None
        """Of a `Read` that has something to say behind it."""
        shortest = SHORTEST_OF_QUOTED if isinstance(call, Read) else SHORTEST
        self.lookup = Lookup([token for part in parts for token in part], shortest=shortest)

    @property
    def room(self) -> int:
        """Tokens that the answer may still have."""
        return self.call.max_tokens - len(self.answer)

    @property
    def adapted(self) -> bool:
        """Whether what comes next is evaluated with the adapter: a call's question of its own, and what it says."""
        return len(self.unread) <= 1 and isinstance(self.call, Read)

    def next_slice(self) -> list[int]:
        """Return what is evaluated next, of one part."""
        return list(self.unread[0][self.offset : self.offset + SLICE_TOKENS])

    def next_blocks(self, most: int) -> list[int]:
        """Return up to `most` tokens to evaluate next, of all parts that are read alike: whole blocks while there are
        such, since a part of one takes as long.
        """
        alike = len(self.unread) - 1 if isinstance(self.call, Read) and len(self.unread) > 1 else len(self.unread)
        ahead = list(islice(chain.from_iterable(islice(self.unread, alike)), self.offset, self.offset + most))
        return ahead[: len(ahead) - len(ahead) % BLOCK_TOKENS] or ahead

    def advance(self, tokens: int) -> list[Part]:
        """Note that the next tokens are evaluated; return the parts that are now evaluated whole."""
        self.position += tokens
        self.offset += tokens
        done = []
        while self.unread and self.offset >= len(self.unread[0]):
            done.append(self.unread.popleft())
            self.offset -= len(done[-1])
        return done


class Engine:
    """Runs calls until `stop`. All but `run` may be called from any thread."""

    def __init__(
        self,
        context: Context,
        *,
        costs: StepCosts,
        adapted_costs: StepCosts,
        emit: Callable[[Reply], None],
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        """`costs` are those of a step, `adapted_costs` those of one with the adapter. `emit` is called in the thread
        that runs, and must not wait. So is `alive`, now and then while steps are taken.
        """
        self._context = context
        self._costs = costs
        self._adapted_costs = adapted_costs
        self._emit = emit
        self._alive = alive
        self._sequences = Sequences(context, count=context.sequences)
        self._arrived: deque[Request | None] = deque()
        self._arrival = threading.Condition()
        self._waiting: list[Call] = []
        self._works: list[_Work] = []
        self._dropped: set[int] = set()
        self._owed_s = 0.0
        """Time that those who write have before the next slice is read."""
        self._alive_s = time.monotonic()

    @property
    def sequences_in_use(self) -> int:
        """Of calls under way."""
        return self._sequences.in_use

    def submit(self, request: Request) -> None:
        """Have a call run, or dropped."""
        with self._arrival:
            self._arrived.append(request)
            if isinstance(request, Drop):
                self._dropped.add(request.id)
            self._arrival.notify()

    def stop(self) -> None:
        """End `run`; calls that are under way are not answered."""
        with self._arrival:
            self._arrived.append(None)
            self._arrival.notify()

    def run(self) -> None:
        """Serve until stopped."""
        while self._take_in():
            self._start_waiting()
            reading = min((work for work in self._works if work.unread), key=lambda each: each.call.order, default=None)
            writing = [work for work in self._works if not work.unread]
            started_s = time.monotonic()
            if writing and (reading is None or self._owed_s > 0):
                self._write(writing)
                self._owed_s -= time.monotonic() - started_s
            elif reading is not None:
                self._read(reading)
                self._owed_s = time.monotonic() - started_s
            if time.monotonic() - self._alive_s > _ALIVE_EVERY_S:
                self._alive_s = time.monotonic()
                self._alive()

    def _take_in(self) -> bool:
        """Take what has arrived, waiting for it if there is nothing to do. Return False at the end."""
        with self._arrival:
            while not (self._arrived or self._waiting or self._works):
                self._arrival.wait()
            arrived = list(self._arrived)
            self._arrived.clear()
        for request in arrived:
            if request is None:
                return False
            if isinstance(request, Drop):
                self._drop(request.id)
            elif isinstance(request, Forget):
                self._sequences.forget()
            else:
                self._waiting.append(request)
        return True

    def _drop(self, call_id: int) -> None:
        self._dropped.discard(call_id)
        self._waiting = [call for call in self._waiting if call.id != call_id]
        for work in [work for work in self._works if work.call.id == call_id]:
            self._end(work)

    def _start_waiting(self) -> None:
        """Start the calls that there is a sequence for, the oldest request's first."""
        self._waiting.sort(key=lambda call: call.order)
        while self._waiting:
            parts = [tuple(part) for part in self._waiting[0].parts]
            try:
                opened = self._sequences.open(parts[:-1])
            except ModelError as error:
                self._fail_all(str(error))
                return
            if opened is None:
                return
            self._works.append(_Work(self._waiting.pop(0), parts, *opened))

    def _read(self, work: _Work) -> None:
        """Evaluate the next slice of a prompt; behind the last one comes the outcome of a `Read` or the first token."""
        if self._costs.exact_slices:
            tokens = work.next_blocks(SLICE_TOKENS if len(self._works) > 1 else _LONGEST_SLICE_TOKENS)
        else:
            tokens = work.next_slice()
        rows = [Row(token, work.position + place, work.sequence) for place, token in enumerate(tokens)]
        stop = partial(self._dropped.__contains__, work.call.id)
        if rows and not self._decoded([work], rows, adapted=work.adapted, stop=stop):  # a part may be empty
            return
        done = work.advance(len(tokens))
        for part in done if work.unread else done[:-1]:
            self._sequences.grow(work.sequence, part)
        if work.unread:
            return
        if isinstance(work.call, Read) and work.reading is None:
            self._read_out(work, work.call)
        else:
            self._told(work, [self._likeliest(-1)])

    def _read_out(self, work: _Work, call: Read) -> None:
        logits = self._context.logits().astype(np.float64)
        total = np.logaddexp.reduce(logits)
        first, *others = (float(logits[first] - total) for first in call.firsts)
        reading = ReadOut(
            id=call.id,
            reused=work.reused,
            log_probabilities=[first, *others],
            adapted=self._context.has_adapter,
            said=work.answer,
        )
        if reading.adapted and call.max_tokens and first - max(others, default=-np.inf) >= call.least_margin:
            work.reading = reading
            work.unread.append(tuple(call.opening))
        else:
            self._emit(reading)
            self._end(work)

    def _write(self, works: Sequence[_Work]) -> None:
        """Take one step in every answer, in as many batches as exactness asks for; what is said with the adapter in
        batches of its own.
        """
        for adapted, costs in ((True, self._adapted_costs), (False, self._costs)):
            alike = [work for work in works if work.adapted == adapted]
            most = costs.exact_rows
            for start in range(0, len(alike), most):
                if not self._works:  # they all failed
                    return
                batch = alike[start : start + most]
                self._write_together(batch, spare=most - len(batch), costs=costs, adapted=adapted)

    def _write_together(self, works: Sequence[_Work], *, spare: int, costs: StepCosts, adapted: bool) -> None:
        """Take one step in these answers, with up to `spare` guesses in all."""
        rows: list[Row] = []
        guesses: list[tuple[list[int], float]] = []
        """With their cost."""
        for number, work in enumerate(works):
            share = min(spare // (len(works) - number), work.room - 1)
            taken = len(rows) + len(works) - number
            of_more = costs.of_more(taken)[:share]
            guess = work.lookup.guess(of_more)
            spare -= len(guess)
            guesses.append((guess, of_more[len(guess) - 1] if guess else 0.0))
            rows += [
                Row(token, work.position + place, work.sequence)
                for place, token in enumerate([work.answer[-1], *guess])
            ]
        if not self._decoded(works, rows, every=True, adapted=adapted):
            return
        likeliest = [self._likeliest(row) for row in range(len(rows))]
        start = 0
        for work, (guess, cost) in zip(works, guesses, strict=True):
            given = likeliest[start : start + len(guess) + 1]
            start += len(given)
            right = next((place for place, token in enumerate(guess) if token != given[place]), len(guess))
            work.position += 1 + right
            if right < len(guess):
                self._context.cut(work.sequence, work.position)
            self._told(work, given[: right + 1], guessed=len(guess), cost=cost)

    def _told(self, work: _Work, tokens: list[int], *, guessed: int = 0, cost: float = 0.0) -> None:
        """Pass on an answer's next tokens, and end it at its end."""
        kept = tokens[: work.room]
        end = next((place for place, token in enumerate(kept) if self._context.ends_answer(token)), None)
        told = kept[:end]
        work.answer += told
        last = end is not None or work.room == 0
        if work.reading is None:
            self._emit(Tokens(id=work.call.id, tokens=told, reused=work.reused, last=last))
        elif last:
            self._emit(work.reading)
        if last:
            self._end(work)
        else:
            work.lookup.told(told, guessed=guessed, cost=cost)

    def _decoded(
        self,
        works: Sequence[_Work],
        rows: Sequence[Row],
        *,
        every: bool = False,
        adapted: bool = False,
        stop: Callable[[], bool] | None = None,
    ) -> bool:
        """Decode, and end the calls if that fails."""
        try:
            self._context.decode(rows, every=every, adapted=adapted, stop=stop)
        except CancelledError:
            for work in works:
                self._end(work)
        except ModelError as error:
            self._fail_all(str(error))
        else:
            return True
        return False

    def _fail_all(self, message: str) -> None:
        """Start afresh: after a failure nobody knows what the memory holds."""
        for work in self._works:
            self._emit(Failed(id=work.call.id, message=message))
        self._works.clear()
        self._context.clear()
        self._sequences.clear()

    def _end(self, work: _Work) -> None:
        self._works.remove(work)
        self._sequences.close(work.sequence)

    def _likeliest(self, row: int) -> int:
        return int(np.argmax(self._context.logits(row)))
