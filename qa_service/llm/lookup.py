"""Guess the next tokens of an answer from the text that it repeats (prompt lookup, Saxena 2023,
https://github.com/apoorvumang/prompt-lookup-decoding).

A guess costs a row of the next step and saves a step if it is right. What is guessed never changes the answer: the
engine keeps of a guess what greedy decoding gives.
"""

from collections import defaultdict
from collections.abc import Sequence

_SHORTEST = 3
"""Tokens that must agree before what followed them is a guess."""
_FIRST_LOSS = 0.5
_LOSS_PER_TOKEN = 0.03
"""Steps that guesses may have cost more than they saved, by the length of the answer."""


class Lookup:
    """The tokens of one prompt and its answer so far, and how well guessing has paid."""

    def __init__(self, prompt: Sequence[int], *, row_cost: float) -> None:
        """`row_cost`: of one more row in a step, in steps."""
        self._row_cost = row_cost
        self._tokens: list[int] = []
        self._places: dict[tuple[int, ...], list[int]] = defaultdict(list)
        """From `_SHORTEST` tokens to the places right behind them."""
        self._balance = 0.0
        """Steps saved so far, less what they cost."""
        self._answered = 0
        self._longest = 1
        self._extend(prompt)

    def guess(self, most: int) -> list[int]:
        """Return up to `most` tokens that may come next: those behind the place that agrees longest, the latest of
        equals. None while guessing loses too much.
        """
        may_lose = self._balance + _FIRST_LOSS + _LOSS_PER_TOKEN * self._answered
        affordable = int(may_lose / self._row_cost) if self._row_cost else most
        count = min(most, self._longest, affordable)
        end = len(self._tokens)
        places = self._places.get(tuple(self._tokens[end - _SHORTEST :]), [])[:-1]  # the last is the end itself
        if count < 1 or not places:
            return []
        best = max(reversed(places), key=lambda place: self._agreement(place, end))
        return self._tokens[best : best + count]

    def told(self, tokens: Sequence[int], *, guessed: int) -> None:
        """Take in the tokens that a step gave, the first of which no guess was needed for."""
        if guessed:
            right = len(tokens) - 1
            self._balance += right - self._row_cost * guessed
            self._longest = 2 * guessed if right == guessed else max(1, right)
        self._answered += len(tokens)
        self._extend(tokens)

    def _extend(self, tokens: Sequence[int]) -> None:
        for token in tokens:
            self._tokens.append(token)
            if len(self._tokens) >= _SHORTEST:
                self._places[tuple(self._tokens[-_SHORTEST:])].append(len(self._tokens))

    def _agreement(self, place: int, end: int) -> int:
        length = _SHORTEST
        while length < place and self._tokens[place - length - 1] == self._tokens[end - length - 1]:
            length += 1
        return length
