"""Run a command that takes minutes: its words go to a log file, the user sees now and then how far it is.

Needs the standard library alone, so that it serves before anything is installed.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

POLL_S = 0.2
STOP_GRACE_S = 10.0

Say = Callable[[str], None]


def run_logged(
    command: Sequence[str],
    *,
    environ: Mapping[str, str],
    log: Path,
    say: Say,
    report_every_s: float,
    describe: Callable[[float], str],
) -> int:
    """Run `command` with its output in `log`, and say `describe(seconds so far)` at every interval; return its exit
    code.

    However this ends, the command and its children have ended, too.
    """
    started_s = reported_s = time.monotonic()
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=dict(environ), stdout=output, stderr=output, start_new_session=True) as process,
    ):
        try:
            while process.poll() is None:
                time.sleep(POLL_S)
                if time.monotonic() - reported_s >= report_every_s:
                    reported_s = time.monotonic()
                    say(describe(reported_s - started_s))
        finally:
            _stop(process)
    return process.returncode


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End a command that still runs, compilers included: pip's children outlive pip."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
