"""Seconds by stage."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Adds up the time of named stages and knows the total since its birth."""

    def __init__(self) -> None:
        self._born_s = time.perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of the block under `name`, also when it raises."""
        start_s = time.perf_counter()
        try:
            yield
        finally:
            self._stages[name] = self._stages.get(name, 0.0) + time.perf_counter() - start_s

    def seconds(self) -> dict[str, float]:
        """Return seconds by stage, and `total`, rounded to 0.1 ms."""
        stages = self._stages | {"total": time.perf_counter() - self._born_s}
        return {name: round(seconds, 4) for name, seconds in stages.items()}
