"""Runs `footnote` commands, each in a child process forked after the slow imports; started by `test_kill.py`.

Reads one JSON object a line: `arguments` of `footnote`, and `output`, the file for what the child prints. Writes the
child's process id, and, when it has ended, its exit code (negative: the number of the signal).
"""

import json
import os
import sys

import indexer.build
import indexer.sentence_embedder  # noqa: F401
from config.cli import main, quiet_libraries
from indexer.chroma import ChromaFolders  # noqa: F401
from indexer.cli import index


def run(arguments: list[str], output: str) -> None:
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
            run(order["arguments"], order["output"])
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
