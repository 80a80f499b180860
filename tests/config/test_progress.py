import io
import threading

import pytest
from rich.console import Console

from config.progress import progress_bar


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def log() -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, force_terminal=False, width=40), stream


def test_short_work_shows_nothing():
    console, stream = log()
    clock = Clock()
    with progress_bar("embedding", total=10, unit="chunks", console=console, clock=clock) as bar:
        clock.now_s += 1.9
        bar.advance(10)
    assert stream.getvalue() == ""


def test_long_work_shows_amount_rate_and_time_left_at_most_every_two_seconds():
    console, stream = log()
    clock = Clock()
    with progress_bar("embedding", total=100, unit="chunks", console=console, clock=clock) as bar:
        for _ in range(10):
            clock.now_s += 0.5
            bar.advance(10)
    assert stream.getvalue().splitlines() == [
        "embedding: 40 % (40 of 100 chunks), 20 chunks/s, 3 s left",
        "embedding: 80 % (80 of 100 chunks), 20 chunks/s, 1 s left",
        "embedding: 100 % (100 of 100 chunks), 20 chunks/s",
    ]


def test_what_an_interrupted_run_had_done_counts_as_done_but_not_in_the_rate():
    console, stream = log()
    clock = Clock()
    with progress_bar("fetching", total=1_000_000, completed=500_000, console=console, clock=clock) as bar:
        clock.now_s += 2
        bar.reach(600_000)
    assert stream.getvalue().splitlines() == ["fetching: 60 % (600.0 kB of 1.0 MB), 50.0 kB/s, 8 s left"]


def test_an_unknown_total_shows_the_amount_alone():
    console, stream = log()
    clock = Clock()
    with progress_bar("reading", total=None, unit="files", console=console, clock=clock) as bar:
        clock.now_s += 4
        bar.advance(2)
    assert stream.getvalue().splitlines() == ["reading: 2 files, 0.5 files/s"]


def test_nothing_to_do_is_no_division_by_zero():
    console, stream = log()
    clock = Clock()
    with progress_bar("reading", total=0, unit="files", console=console, clock=clock) as bar:
        bar.describe("still reading")
        clock.now_s += 3
        bar.advance(0)
    assert stream.getvalue().splitlines() == ["still reading: 100 % (0 of 0 files), 0 files/s"]


def test_a_line_that_is_said_appears_at_once_and_unchanged():
    console, stream = log()
    with progress_bar("reading", total=1, console=console, clock=Clock()) as bar:
        bar.say("[red]broken.pdf[/red]: is longer than the forty columns of this console, and stays one line")
    assert stream.getvalue() == (
        "[red]broken.pdf[/red]: is longer than the forty columns of this console, and stays one line\n"
    )


@pytest.mark.parametrize("unit", ["bytes", "chunks"])
def test_on_a_terminal_short_work_draws_no_bar_and_lines_come_through(unit: str):
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80, _environ={"TERM": "xterm"})
    with progress_bar("embedding", total=2, unit=unit, completed=1, console=console) as bar:
        bar.describe("nearly done")
        bar.advance()
        bar.reach(2)
        bar.say("one line")
    assert "one line" in stream.getvalue()
    assert "nearly done" not in stream.getvalue()


class WatchedStream(io.StringIO):
    """Tells when a bar has been drawn on it."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = threading.Event()

    def write(self, text: str) -> int:
        if "embedding" in text:
            self.drawn.set()
        return super().write(text)


def test_on_a_terminal_long_work_draws_a_bar_with_its_rate():
    stream = WatchedStream()
    console = Console(file=stream, force_terminal=True, width=100, _environ={"TERM": "xterm"})
    with progress_bar("embedding", total=3, unit="chunks", console=console, quiet_s=0) as bar:
        bar.advance()
        assert stream.drawn.wait(10)
        bar.advance()
        bar.advance()
    assert "chunks/s" in stream.getvalue()


def test_an_error_passes_through_the_bar():
    console, _ = log()
    with pytest.raises(KeyError), progress_bar("reading", total=1, console=console):
        raise KeyError
