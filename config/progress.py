"""The one home of progress bars: a bar with rate and time left on a terminal, plain lines elsewhere.

What takes less than two seconds shows nothing. All of it goes to stderr, so that stdout stays for results.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

QUIET_S = 2.0
"""Nothing is shown before this time has passed, and a plain line at most this often."""

BYTES = "bytes"
"""The unit that is shown with a size prefix."""


class Bar(Protocol):
    """One progress bar. All methods may be called from any thread."""

    def advance(self, amount: float = 1) -> None:
        """Count `amount` more as done."""

    def reach(self, completed: float) -> None:
        """Set how much is done in all."""

    def describe(self, description: str) -> None:
        """Say what is being done now."""

    def say(self, line: str) -> None:
        """Write one line above the bar, at once."""


@contextmanager
def progress_bar(
    description: str,
    *,
    total: float | None,
    unit: str = BYTES,
    completed: float = 0,
    console: Console | None = None,
    clock: Callable[[], float] = time.monotonic,
    quiet_s: float = QUIET_S,
) -> Iterator[Bar]:
    """Show how far something is, until the block is left, also by an exception.

    `total` None means unknown. `unit` is `bytes`, or the plural of what is counted (`chunks`). `completed` is what was
    done before, by an interrupted run: it counts as done, not in the rate. `console` is stderr's unless given. Nothing
    is shown in the first `quiet_s` seconds.
    """
    console = console or Console(stderr=True)
    if console.is_terminal and not console.is_dumb_terminal:
        with _live_bar(console, _columns(unit), quiet_s) as bar:
            bar.begin(description, total, completed)
            yield bar
    else:
        lines = _PlainLines(
            console=console,
            clock=clock,
            description=description,
            total=total,
            unit=unit,
            completed=completed,
            quiet_s=quiet_s,
        )
        yield lines
        lines.finish()


class _RateColumn(ProgressColumn):
    """`12.3 chunks/s`."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} {self._unit}/s", style="progress.data.speed")


def _columns(unit: str) -> list[ProgressColumn]:
    counts: list[ProgressColumn] = (
        [DownloadColumn(), TransferSpeedColumn()] if unit == BYTES else [MofNCompleteColumn(), _RateColumn(unit)]
    )
    return [
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        *counts,
        TimeRemainingColumn(),
    ]


@contextmanager
def _live_bar(console: Console, columns: Sequence[ProgressColumn], quiet_s: float) -> Iterator["_LiveBar"]:
    bar = _LiveBar(Progress(*columns, console=console, transient=True))
    starting = threading.Timer(quiet_s, bar.start)
    starting.daemon = True
    starting.start()
    try:
        yield bar
    finally:
        starting.cancel()
        bar.stop()


class _LiveBar:
    """A bar of rich that appears only when the work lasts."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = TaskID(0)
        self._lock = threading.Lock()
        self._stopped = False

    def begin(self, description: str, total: float | None, completed: float) -> None:
        self._task = self._progress.add_task(description, total=total, completed=int(completed))

    def start(self) -> None:
        with self._lock:
            if not self._stopped:
                self._progress.start()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            self._progress.stop()

    def advance(self, amount: float = 1) -> None:
        self._progress.advance(self._task, amount)

    def reach(self, completed: float) -> None:
        self._progress.update(self._task, completed=completed)

    def describe(self, description: str) -> None:
        self._progress.update(self._task, description=description)

    def say(self, line: str) -> None:
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)


class _PlainLines:
    """Lines for a log: `fetching x: 43 % (480.1 MB of 1.1 GB), 52.0 MB/s, 12 s left`."""

    def __init__(
        self,
        *,
        console: Console,
        clock: Callable[[], float],
        description: str,
        total: float | None,
        unit: str,
        completed: float,
        quiet_s: float,
    ) -> None:
        self._quiet_s = quiet_s
        self._console = console
        self._clock = clock
        self._description = description
        self._total = total
        self._unit = unit
        self._completed = completed
        self._completed_before = completed
        self._started_s = self._last_line_s = clock()
        self._last_line = ""
        self._lock = threading.Lock()

    def advance(self, amount: float = 1) -> None:
        with self._lock:
            self._completed += amount
            self._tick()

    def reach(self, completed: float) -> None:
        with self._lock:
            self._completed = completed
            self._tick()

    def describe(self, description: str) -> None:
        with self._lock:
            self._description = description
            self._tick()

    def say(self, line: str) -> None:
        self._write(line)

    def finish(self) -> None:
        """Write how it ended, if anything was written before."""
        with self._lock:
            line = self._line()
            if self._last_line and line != self._last_line:
                self._write(line)

    def _tick(self) -> None:
        now_s = self._clock()
        if now_s - self._last_line_s >= self._quiet_s:
            self._last_line_s = now_s
            self._last_line = self._line()
            self._write(self._last_line)

    def _write(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _line(self) -> str:
        elapsed_s = self._clock() - self._started_s
        rate = (self._completed - self._completed_before) / elapsed_s if elapsed_s > 0 else 0.0
        parts = [self._amount(), f"{self._counted(rate)}/s"]
        if self._total is not None and rate > 0 and self._completed < self._total:
            parts.append(f"{(self._total - self._completed) / rate:.0f} s left")
        return f"{self._description}: {', '.join(parts)}"

    def _amount(self) -> str:
        if self._total is None:
            return self._counted(self._completed)
        share = 100 * self._completed / self._total if self._total else 100
        done = decimal(int(self._completed)) if self._unit == BYTES else f"{self._completed:.0f}"
        return f"{share:.0f} % ({done} of {self._counted(self._total)})"

    def _counted(self, amount: float) -> str:
        if self._unit == BYTES:
            return decimal(int(amount))
        return f"{amount:.1f} {self._unit}" if amount % 1 else f"{amount:.0f} {self._unit}"
