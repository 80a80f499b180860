"""A language model without one: what follows a text is a function of the text."""

import zlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from qa_service.errors import CancelledError, ModelError
from qa_service.llm.native import Row

WORDS = 32
"""Tokens of the fake's vocabulary; the last one ends an answer."""


def next_token(tokens: Sequence[int]) -> int:
    """Return what follows: seldom the end, often what stood behind the same two tokens before."""
    for place in range(len(tokens) - 2, 1, -1):
        if tuple(tokens[place - 2 : place]) == tuple(tokens[-2:]) and len(tokens) % 7:
            return tokens[place]
    return zlib.crc32(bytes(tokens)) % WORDS


def expected_answer(prompt: Sequence[int], max_tokens: int) -> list[int]:
    """Return the greedy continuation, one token after the other."""
    answer: list[int] = []
    while len(answer) < max_tokens and (token := next_token([*prompt, *answer])) != WORDS - 1:
        answer.append(token)
    return answer


class FakeContext:
    """Holds the tokens of every sequence, and refuses what llama.cpp would take and answer wrongly."""

    def __init__(self, *, sequences: int, has_adapter: bool = False) -> None:
        self.sequences = sequences
        self.has_adapter = has_adapter
        self.held: list[list[int]] = [[] for _ in range(sequences)]
        self.copies = 0
        self.steps: list[int] = []
        """Rows of each step."""
        self.adapted: list[bool] = []
        """Whether each step was taken with the adapter."""
        self.fail_at: int | None = None
        """The step that fails."""
        self.before_step: Callable[[], None] = lambda: None
        self._logits: list[int] = []

    def decode(
        self, rows: Sequence[Row], *, every: bool = False, adapted: bool = False, stop: Callable[[], bool] | None = None
    ) -> None:
        """Evaluate `rows`."""
        self.before_step()
        self.steps.append(len(rows))
        self.adapted.append(adapted)
        if self.fail_at == len(self.steps):
            raise ModelError("llama_decode failed with code -3")
        if stop is not None and stop():
            raise CancelledError("nobody waits for this answer any more")
        self._logits = []
        for row in rows:
            assert row.position == len(self.held[row.sequence]), "a gap in a sequence"
            self.held[row.sequence].append(row.token)
            self._logits.append(next_token(self.held[row.sequence]))

    def logits(self, row: int = -1) -> NDArray[np.float32]:
        """Return certainty."""
        return np.eye(WORDS, dtype=np.float32)[self._logits[row]]

    def copy(self, source: int, target: int) -> None:
        """Make `target` what `source` is."""
        assert source != target
        self.copies += 1
        self.held[target] = list(self.held[source])

    def cut(self, sequence: int, tokens: int) -> None:
        """Forget what lies behind the first `tokens` tokens."""
        assert tokens <= len(self.held[sequence])
        del self.held[sequence][tokens:]

    def clear(self) -> None:
        """Forget everything."""
        self.held = [[] for _ in self.held]

    def ends_answer(self, token: int) -> bool:
        """Tell whether the token is the last of the vocabulary."""
        return token == WORDS - 1
