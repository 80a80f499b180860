"""Runs `footnote` commands, each in a child process forked after the slow imports; started by `test_kill.py`.

Reads two lines for each. The first is a JSON object: `arguments` of `footnote`, variables of the `environment`, and
`output`, the file for what the child prints. The second is `wait` or `kill`; then the child's exit code is written
(negative: the number of the signal that ended it).
"""

import json
import os
import signal
import sys

import indexer.build
import indexer.sentence_embedder  # noqa: F401
from config.cli import main, quiet_libraries
from indexer.chroma import ChromaFolders  # noqa: F401
from indexer.cli import index


def run(arguments: list[str], environment: dict[str, str], output: str) -> None:
    os.environ.update(environment)
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    main(arguments, prog_name="footnote")


def serve() -> None:
    quiet_libraries()
    main.add_command(index)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            run(**order)
        if sys.stdin.readline() == "kill\n":
            os.kill(child, signal.SIGKILL)  # not reaped yet, so the number is still the child's
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
