"""The README's commands, run as they stand there."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Service, environment

pytestmark = pytest.mark.e2e

README = Path(__file__).resolve().parents[2] / "README.md"
COMMANDS = [line[2:] for line in README.read_text(encoding="utf-8").splitlines() if line.startswith("$ ")]
OURS = [
    command
    for command in COMMANDS
    if command.startswith(("footnote ", "curl ")) and not command.startswith("footnote eval")  # minutes: see test_eval
]


def test_the_readme_shows_commands() -> None:
    assert len(OURS) >= 8
    assert {"make serve", "make test", "make bench"} <= {command.partition("#")[0].strip() for command in COMMANDS}


@pytest.mark.parametrize("command", OURS)
def test_a_command_of_the_readme_works(command: str, service: Service, repository: Path) -> None:
    tools = str(Path(sys.executable).parent)
    run = subprocess.run(
        shlex.split(command.replace("http://127.0.0.1:8000", service.address)),
        cwd=repository,
        env=environment(service.index) | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()
    assert '"status":4' not in run.stdout
