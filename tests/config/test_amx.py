"""On fake compilers, which are shell scripts that write the program, or fail."""

from pathlib import Path

import pytest

from config.amx import KEEP_STORES, amx_compiler_options

COMPILER = """#!/bin/sh
{fails}
while [ "$1" != "-o" ]; do shift; done
printf '#!/bin/sh\n{runs}\n' > "$2"
chmod +x "$2"
"""


def compiled_by(folder: Path, *, fails: str = "", runs: str) -> dict[str, str]:
    compiler = folder / "fake-c++"
    compiler.write_text(COMPILER.format(fails=fails, runs=runs))
    compiler.chmod(0o755)
    return {"CXX": str(compiler), "PATH": "/usr/bin:/bin"}


def test_a_program_that_gives_the_right_product_shows_that_amx_runs(tmp_path: Path):
    assert amx_compiler_options(compiled_by(tmp_path, runs="exit 0")) == KEEP_STORES


def test_a_compiler_that_does_not_know_the_options_does_without(tmp_path: Path):
    environ = compiled_by(tmp_path, fails='case "$*" in *-fno-dse*) exit 1;; esac', runs="exit 0")
    assert amx_compiler_options(environ) == ()


@pytest.mark.parametrize("runs", ["kill -SEGV $$", "exit 1", "exit 2"])
def test_a_program_that_dies_or_computes_something_else_shows_that_it_does_not(tmp_path: Path, runs: str):
    assert amx_compiler_options(compiled_by(tmp_path, runs=runs)) is None


def test_without_a_compiler_it_does_not_run(tmp_path: Path):
    assert amx_compiler_options({"CXX": str(tmp_path / "none")}) is None
