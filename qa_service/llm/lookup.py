"""Guess the next tokens of an answer from the text that it repeats (prompt lookup, Saxena 2023,
https://github.com/apoorvumang/prompt-lookup-decoding).

A guess costs a row of the next step and saves a step if it is right. What is guessed never changes the answer: the
engine keeps of a guess what greedy decoding gives.
"""

from collections import defaultdict
from collections.abc import Sequence

SHORTEST = 3
"""Tokens that must agree before what followed them is a guess."""
SHORTEST_OF_QUOTED = 2
"""The same for a few words that are copied word for word, most often."""
_FIRST_LOSS = 0.9
_LOSS_PER_TOKEN = 0.01
"""Steps that guesses may have cost more than they saved, by the length of the answer."""
_FIRST_RIGHT, _FIRST_TRIED = 1.5, 2.0
"""Tokens that were guessed right, of those tried, before any was: three of four, in an answer that quotes."""
_REMEMBERED = 0.8
"""Of what earlier guesses were like, at each new one."""


class Lookup:
    """The tokens of one prompt and its answer so far, and how well guessing has paid."""

    def __init__(self, prompt: Sequence[int], *, shortest: int = SHORTEST) -> None:
        """`shortest` is how many tokens must agree before what followed them is a guess."""
        self._shortest = shortest
        self._tokens: list[int] = []
        self._places: dict[tuple[int, ...], list[int]] = defaultdict(list)
        """From `shortest` tokens to the places right behind them."""
        self._balance = 0.0
        """Steps saved so far, less what they cost."""
        self._answered = 0
        self._right, self._tried = _FIRST_RIGHT, _FIRST_TRIED
        self._extend(prompt)

    def guess(self, costs: Sequence[float]) -> list[int]:
        """Return tokens that may come next: those behind the place that agrees longest, the latest of equals; as many
        as promise to save most, which may be none.

        `costs` has what one of them would cost, two, …, in steps of one token.
        """
        count = self._worthwhile(costs)
        end = len(self._tokens)
        places = self._places.get(tuple(self._tokens[end - self._shortest :]), [])[:-1]  # the last is the end itself
        if not (count and places):
            return []
        best = max(reversed(places), key=lambda place: self._agreement(place, end))
        return self._tokens[best : best + count]

    def told(self, tokens: Sequence[int], *, guessed: int, cost: float) -> None:
        """Take in the tokens that a step gave, the first of which no guess was needed for."""
        if guessed:
            right = len(tokens) - 1
            self._balance += right - cost
            self._right = _REMEMBERED * self._right + right
            self._tried = _REMEMBERED * self._tried + min(right + 1, guessed)
        self._answered += len(tokens)
        self._extend(tokens)

    def _worthwhile(self, costs: Sequence[float]) -> int:
        """Return the number of guesses that promises to save most, of those whose cost may be lost."""
        may_lose = self._balance + _FIRST_LOSS + _LOSS_PER_TOKEN * self._answered
        share = self._right / self._tried
        saved, best, most = 0.0, 0, 0.0
        for count, cost in enumerate(costs, 1):
            saved += share**count
            if cost <= may_lose and saved - cost > most:
                best, most = count, saved - cost
        return best

    def _extend(self, tokens: Sequence[int]) -> None:
        for token in tokens:
            self._tokens.append(token)
            if len(self._tokens) >= self._shortest:
                self._places[tuple(self._tokens[-self._shortest :])].append(len(self._tokens))

    def _agreement(self, place: int, end: int) -> int:
        length = self._shortest
        while length < place and self._tokens[place - length - 1] == self._tokens[end - length - 1]:
            length += 1
        return length
