"""On a fake pip, which leaves a log and perhaps a wheel as the real one does."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from config.build_llama import BuildError, build_environment, build_wheel, main, require_compiler
from config.processor import available_cores

FAKE_PIP = """
import os, pathlib, sys, time
arguments = sys.argv[1:]
here = pathlib.Path(__file__).parent
with (here / "calls").open("a") as calls:
    calls.write(" ".join(arguments) + "\\n")
(here / "cmake_args").write_text(os.environ["CMAKE_ARGS"])
(here / "pid").write_text(str(os.getpid()))
print("  [1/140] g++ -c a.cpp", flush=True)
print("  [37/140] g++ -c b.cpp", flush=True)
while (here / "wait").exists():
    time.sleep(0.05)
if (here / "fail").exists():
    print("  b.cpp:1:1: error: no such thing", flush=True)
    print("  ninja: build stopped: subcommand failed.", flush=True)
    print("ERROR: Failed to build llama-cpp-python", flush=True)
    sys.exit(1)
folder = pathlib.Path(arguments[arguments.index("-w") + 1])
folder.mkdir()
(folder / "llama_cpp_python-9.9-py3-none-any.whl").write_bytes(b"wheel")
"""


class FakePip:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.command = (sys.executable, str(folder / "fake_pip.py"))
        (folder / "fake_pip.py").write_text(FAKE_PIP)

    def shall(self, what: str) -> None:
        (self.folder / what).touch()

    def need_not(self, what: str) -> None:
        (self.folder / what).unlink()

    @property
    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def pip(tmp_path: Path) -> FakePip:
    folder = tmp_path / "pip"
    folder.mkdir()
    return FakePip(folder)


@pytest.fixture
def compilers(tmp_path: Path) -> dict[str, str]:
    """An environment whose PATH has compilers and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("g++", "gcc"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return {"PATH": str(folder)}


def build(pip: FakePip, wheels: Path, environ: dict[str, str], said: list[str] | None = None) -> Path:
    said = [] if said is None else said
    return build_wheel("9.9", wheels, environ=environ, say=said.append, pip=pip.command, report_every_s=0.3)


def test_a_wheel_is_built_from_source_and_kept_in_a_folder_of_version_and_processor(
    pip: FakePip, compilers: dict[str, str], tmp_path: Path
):
    wheel = build(pip, tmp_path / "wheels", compilers)
    assert wheel.read_bytes() == b"wheel"
    assert wheel.parent.parent == tmp_path / "wheels"
    assert wheel.parent.name.startswith("9.9-")
    [call] = pip.calls
    assert call.startswith("wheel -v --no-binary llama-cpp-python --no-cache-dir --no-deps")
    assert call.endswith(" llama-cpp-python==9.9")


def test_a_wheel_that_is_there_is_not_built_again(pip: FakePip, compilers: dict[str, str], tmp_path: Path):
    first = build(pip, tmp_path / "wheels", compilers)
    assert build(pip, tmp_path / "wheels", {"PATH": ""}) == first
    assert len(pip.calls) == 1


def test_options_of_the_user_come_last_and_make_another_wheel(pip: FakePip, compilers: dict[str, str], tmp_path: Path):
    first = build(pip, tmp_path / "wheels", compilers)
    second = build(pip, tmp_path / "wheels", {**compilers, "CMAKE_ARGS": "-DGGML_CUDA=ON"})
    assert first.parent != second.parent
    assert (pip.folder / "cmake_args").read_text().endswith(" -DGGML_CUDA=ON")


def test_the_build_leaves_out_what_is_not_loaded_and_uses_all_cores():
    environ = build_environment({"HOME": "/h"})
    assert "-DLLAVA_BUILD=OFF" in environ["CMAKE_ARGS"].split()
    assert environ["CMAKE_BUILD_PARALLEL_LEVEL"] == str(available_cores())
    assert environ["HOME"] == "/h"
    assert build_environment({"CMAKE_BUILD_PARALLEL_LEVEL": "7"})["CMAKE_BUILD_PARALLEL_LEVEL"] == "7"


def test_a_failed_build_names_the_first_error_and_the_log_and_leaves_no_wheel(
    pip: FakePip, compilers: dict[str, str], tmp_path: Path
):
    pip.shall("fail")
    with pytest.raises(BuildError) as caught:
        build(pip, tmp_path / "wheels", compilers)
    message = str(caught.value)
    assert "\n" not in message
    assert " with exit code 1: b.cpp:1:1: error: no such thing: the whole log is in " in message
    log = Path(message.rpartition(" ")[2])
    assert "ninja: build stopped" in log.read_text()
    assert [path for path in (tmp_path / "wheels").rglob("*") if path.suffix == ".whl" or path.is_dir()] == []


def test_a_failed_build_can_be_tried_again(pip: FakePip, compilers: dict[str, str], tmp_path: Path):
    pip.shall("fail")
    with pytest.raises(BuildError):
        build(pip, tmp_path / "wheels", compilers)
    pip.need_not("fail")
    assert build(pip, tmp_path / "wheels", compilers).exists()


def test_progress_says_how_far_the_compiler_is(pip: FakePip, compilers: dict[str, str], tmp_path: Path):
    pip.shall("wait")
    said: list[str] = []
    seen = threading.Event()

    def say(line: str) -> None:
        said.append(line)
        if "[37/140]" in line and not seen.is_set():
            seen.set()
            pip.need_not("wait")

    build_wheel("9.9", tmp_path / "wheels", environ=compilers, say=say, pip=pip.command, report_every_s=0.2)
    assert seen.is_set()
    assert said[0].startswith("building llama-cpp-python 9.9 for this processor")
    assert said[-1].startswith("built llama-cpp-python 9.9 in ")


def test_a_second_process_waits_for_the_first_and_takes_its_wheel(
    pip: FakePip, compilers: dict[str, str], tmp_path: Path
):
    pip.shall("wait")
    said: list[str] = []
    waiting = threading.Event()
    wheels: list[Path] = []

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("another process"):
            waiting.set()

    def run() -> None:
        wheels.append(build_wheel("9.9", tmp_path / "wheels", environ=compilers, say=say, pip=pip.command))

    threads = [threading.Thread(target=run, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert waiting.wait(10)
    pip.need_not("wait")
    for thread in threads:
        thread.join(10)
    assert len(set(wheels)) == 1
    assert len(wheels) == 2
    assert len(pip.calls) == 1


def test_an_interruption_ends_the_compilers_and_leaves_no_wheel(
    pip: FakePip, compilers: dict[str, str], tmp_path: Path
):
    pip.shall("wait")

    def interrupt(line: str) -> None:
        if line.startswith("building: "):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_wheel("9.9", tmp_path / "wheels", environ=compilers, say=interrupt, pip=pip.command, report_every_s=0.2)
    assert list((tmp_path / "wheels").rglob("*.whl")) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int((pip.folder / "pid").read_text()), 0)


def test_a_missing_compiler_is_one_line_with_the_remedy(pip: FakePip, compilers: dict[str, str], tmp_path: Path):
    with pytest.raises(BuildError) as caught:
        build(pip, tmp_path / "wheels", {"PATH": str(tmp_path / "nothing")})
    assert str(caught.value) == "g++ not found: install a C++ compiler, e.g. apt-get install g++"
    assert pip.calls == []
    (Path(compilers["PATH"]) / "gcc").unlink()
    with pytest.raises(BuildError, match="gcc not found: install a C compiler"):
        require_compiler(compilers)


def test_the_environment_names_another_compiler(compilers: dict[str, str]):
    require_compiler({**compilers, "CXX": "g++ -m64"})
    with pytest.raises(BuildError, match=r"mycc\+\+ not found"):
        require_compiler({**compilers, "CXX": "mycc++"})


def test_the_command_prints_the_path_of_the_wheel_last(
    pip: FakePip, tmp_path: Path, compilers: dict[str, str], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.setenv("PATH", f"{compilers['PATH']}:{os.environ['PATH']}")
    assert main(["--version", "9.9", "--wheel-dir", str(tmp_path / "wheels")], pip=pip.command) == 0
    output = capsys.readouterr()
    assert output.out.splitlines()[-1].endswith("llama_cpp_python-9.9-py3-none-any.whl")
    assert "building llama-cpp-python 9.9" in output.err
    pip.shall("fail")
    assert main(["--version", "9.8", "--wheel-dir", str(tmp_path / "wheels")], pip=pip.command) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("footnote: building llama-cpp-python 9.8 failed")


def test_the_module_runs_as_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "config.build_llama", "--help"], capture_output=True, text=True, check=True
    )
    assert "--wheel-dir" in done.stdout
