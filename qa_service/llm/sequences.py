"""Which sequence a call gets, and how much of its prompt is evaluated in it already.

Prompts are reused part by part, and each part is decoded in steps of its own where the numbers that llama.cpp computes
for a token depend, in their last digits, on what is decoded with it: an answer must not depend on the question before.
"""

from collections.abc import Sequence
from typing import Protocol

Part = tuple[int, ...]

_CHEAP = 64
"""Tokens, a slice's, that are rather evaluated again than kept in a sequence of their own."""


class SequenceMemory(Protocol):
    """The operations of `NativeContext` that rearrange what is evaluated."""

    def copy(self, source: int, target: int) -> None:
        """Make `target` what `source` is."""
        ...

    def cut(self, sequence: int, tokens: int) -> None:
        """Forget all of a sequence but its first `tokens` tokens."""
        ...


class Sequences:
    """Gives out sequences, and keeps what was evaluated in them until they are needed, the longest unused first."""

    def __init__(self, memory: SequenceMemory, *, count: int) -> None:
        self._memory = memory
        self._parts: list[list[Part]] = [[] for _ in range(count)]
        """Of each sequence, what is evaluated whole."""
        self._idle = dict.fromkeys(range(count))
        """Sequences that nobody uses, the longest unused first."""

    @property
    def in_use(self) -> int:
        """Sequences that were opened and not closed."""
        return len(self._parts) - len(self._idle)

    def open(self, parts: Sequence[Part]) -> tuple[int, int] | None:
        """Return a sequence in which as many of `parts` as possible are evaluated, and their number; None when all
        sequences are in use.
        """
        if not self._idle:
            return None
        common = [_common(held, parts) for held in self._parts]
        most = max(common)
        fitting = (each for each in self._idle if common[each] == most and self._beyond(each, most) <= _CHEAP)
        chosen = next(fitting, None)
        if chosen is None:
            best = common.index(most)
            chosen = next((each for each in self._idle if each != best), best)
            if chosen != best:
                self._memory.copy(best, chosen)
                self._parts[chosen] = self._parts[best]
        self._keep(chosen, most)
        del self._idle[chosen]
        return chosen, most

    def grow(self, sequence: int, part: Part) -> None:
        """Note that the sequence now has `part` evaluated. It stays for later prompts."""
        self._parts[sequence].append(part)

    def close(self, sequence: int) -> None:
        """Take a sequence out of use; its whole parts are kept."""
        self._keep(sequence, len(self._parts[sequence]))
        self._idle[sequence] = None

    def forget(self) -> None:
        """Keep nothing but what is in use."""
        for sequence in self._idle:
            self._keep(sequence, 0)

    def clear(self) -> None:
        """Note that nothing is evaluated any more, and nothing in use."""
        self._parts = [[] for _ in self._parts]
        self._idle = dict.fromkeys(range(len(self._parts)))

    def _beyond(self, sequence: int, count: int) -> int:
        """Tokens of the sequence behind its first `count` parts."""
        return sum(map(len, self._parts[sequence][count:]))

    def _keep(self, sequence: int, count: int) -> None:
        self._parts[sequence] = self._parts[sequence][:count]
        self._memory.cut(sequence, sum(map(len, self._parts[sequence])))


def _common(left: Sequence[Part], right: Sequence[Part]) -> int:
    """Return how many parts both begin with."""
    return next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
