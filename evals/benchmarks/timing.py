"""Seconds of one call, and what several rounds of the same measurement come to."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

_T = TypeVar("_T")

MS = 1000.0
"""Milliseconds in a second."""


class Spread(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The values of all rounds and where they lie."""

    median: float
    low: float
    high: float
    rounds: tuple[float, ...]
    """One value a round, in the order of the rounds."""


def spread(rounds: Sequence[float]) -> Spread:
    """Return median, least and greatest of at least one round."""
    return Spread(median=statistics.median(rounds), low=min(rounds), high=max(rounds), rounds=tuple(rounds))


def ratios(measured: Sequence[float], floor: Sequence[float]) -> Spread:
    """Divide round by round, and only then take the median: both sides of a round saw the same machine."""
    return spread([value / base for value, base in zip(measured, floor, strict=True)])


def timed(call: Callable[[], _T]) -> tuple[_T, float]:
    """Return what `call` returns, and its seconds."""
    started_s = time.perf_counter()
    returned = call()
    return returned, time.perf_counter() - started_s
