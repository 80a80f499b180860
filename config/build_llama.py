"""Build the wheel of llama-cpp-python for this processor, once, and keep it.

    python -m config.build_llama --version 0.3.36 [--wheel-dir DIR]

The last line on stdout is the path of the wheel; progress goes to stderr. The wheel lies in `<DIR>/<version>-<key>/`,
where the key tells processors and compiler options apart (see `config.processor`): pip's own cache does not look at
`CMAKE_ARGS` and would give back a wheel that was built for another machine. DIR is `wheels` in FOOTNOTE_HOME, or in the
user's cache folder, unless given. Options in the environment's `CMAKE_ARGS` are added behind ours, so that they win.

Needs pip and the standard library alone: it runs before anything is installed.
"""

import argparse
import fcntl
import os
import platform
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from config.amx import amx_compiler_options
from config.errors import FootnoteError
from config.long_command import Say, run_logged
from config.processor import AMX_FLAGS, available_cores, cmake_args, fingerprint, processor_flags

PACKAGE = "llama-cpp-python"
FASTER_BUILD = [
    "-DLLAVA_BUILD=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_TOOLS=OFF",
    "-DLLAMA_BUILD_SERVER=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
]
"""Leaves out what the Python package does not load: images, tests, programs, the server's page."""

PIP = (sys.executable, "-m", "pip")
REPORT_EVERY_S = 10.0
LOG_TAIL_BYTES = 1 << 16
NINJA_STEP = re.compile(r"^\s*(\[\d+/\d+\])", re.MULTILINE)


class BuildError(FootnoteError):
    """The wheel could not be built: names the reason, and the file with the whole log."""


def build_wheel(
    version: str,
    wheel_dir: Path,
    *,
    environ: Mapping[str, str],
    say: Say,
    pip: Sequence[str] = PIP,
    report_every_s: float = REPORT_EVERY_S,
) -> Path:
    """Give the path of the wheel for this processor, and build it if it is not there.

    A second process that builds the same wheel waits for the first. An interrupted build leaves nothing behind but its
    log. `environ` is the environment of the build; `pip` is the command to run.

    Raises BuildError when there is no compiler, or the build fails.
    """
    key = f"{version}-{build_key(environ)}"
    wheel_dir.mkdir(parents=True, exist_ok=True)
    with _alone(wheel_dir / f".{key}.lock", say):
        finished = wheel_dir / key
        found = _wheel_in(finished)
        if found is None:
            require_compiler(environ)
            _build_into(finished, version, environ=environ, pip=pip, say=say, report_every_s=report_every_s)
            found = _wheel_in(finished)
    if found is None:
        raise BuildError(f"building {PACKAGE} {version} left no wheel in {finished}")
    return found


def require_compiler(environ: Mapping[str, str]) -> None:
    """Raise BuildError when there is no C or no C++ compiler (`CC` and `CXX` name other ones)."""
    for variable, usual, language in (("CXX", ("g++", "c++", "clang++"), "C++"), ("CC", ("gcc", "cc", "clang"), "C")):
        wanted = [environ[variable].split()[0]] if environ.get(variable, "").strip() else list(usual)
        if not any(shutil.which(name, path=environ.get("PATH")) for name in wanted):
            raise BuildError(f"{wanted[0]} not found: install a {language} compiler, e.g. apt-get install {usual[0]}")


def build_key(environ: Mapping[str, str]) -> str:
    """Give what tells builds apart: see `config.processor.fingerprint`."""
    flags, _ = _usable(environ)
    return fingerprint(platform.machine(), flags, environ.get("CMAKE_ARGS", ""))


def build_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of the build: compiler options for this processor, and all cores at work."""
    flags, compiler_options = _usable(environ)
    options = [*cmake_args(platform.machine(), flags), *FASTER_BUILD]
    return {
        "CMAKE_BUILD_PARALLEL_LEVEL": str(available_cores()),
        **environ,
        "CMAKE_ARGS": " ".join([*options, environ.get("CMAKE_ARGS", "")]).strip(),
        "CXXFLAGS": " ".join([*compiler_options, environ.get("CXXFLAGS", "")]).strip(),
    }


def _usable(environ: Mapping[str, str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Give the processor's flags, without AMX where that does not run, and the C++ options that it takes to run."""
    flags = processor_flags()
    if not flags >= AMX_FLAGS:
        return flags, ()
    options = amx_compiler_options(environ)
    return (flags - {"amx_tile"}, ()) if options is None else (flags, options)


def default_wheel_dir(environ: Mapping[str, str]) -> Path:
    """Give `wheels` in the folder that `config.paths.footnote_home` gives on Linux, without its library."""
    if environ.get("FOOTNOTE_HOME"):
        return Path(environ["FOOTNOTE_HOME"]).expanduser().absolute() / "wheels"
    cache = environ.get("XDG_CACHE_HOME", "").strip()
    return (Path(cache) if cache else Path.home() / ".cache") / "footnote" / "wheels"


@contextmanager
def _alone(lock: Path, say: Say) -> Iterator[None]:
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is building this wheel; waiting for that")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _wheel_in(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob("*.whl"))), None)


def _build_into(
    finished: Path, version: str, *, environ: Mapping[str, str], pip: Sequence[str], say: Say, report_every_s: float
) -> None:
    unfinished = finished.with_name(f".{finished.name}.building")
    log = finished.with_name(f"{finished.name}.log")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(finished, ignore_errors=True)
    # `--no-binary`: a ready-made wheel would be for the least common processor, or for another one.
    command = [
        *pip,
        "wheel",
        "-v",
        "--no-binary",
        PACKAGE,
        "--no-cache-dir",
        "--no-deps",
        "--disable-pip-version-check",
    ]
    command += ["-w", str(unfinished), f"{PACKAGE}=={version}"]
    say(f"building {PACKAGE} {version} for this processor: takes some minutes, once; log: {log}")
    started_s = time.monotonic()
    try:
        exit_code = run_logged(
            command,
            environ=build_environment(environ),
            log=log,
            say=say,
            report_every_s=report_every_s,
            describe=lambda seconds: f"building: {seconds:.0f} s, step {_last_step(log)}",
        )
        took_s = time.monotonic() - started_s
        if exit_code != 0 or _wheel_in(unfinished) is None:
            raise BuildError(
                f"building {PACKAGE} {version} failed after {took_s:.0f} s with exit code {exit_code}: "
                f"{_failure_in(log)}: the whole log is in {log}"
            )
        unfinished.replace(finished)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    say(f"built {PACKAGE} {version} in {took_s:.0f} s")


def _tail(log: Path) -> str:
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - LOG_TAIL_BYTES))
        return stream.read().decode("utf-8", errors="replace")


def _last_step(log: Path) -> str:
    steps: list[str] = NINJA_STEP.findall(_tail(log))
    return steps[-1] if steps else "preparing"


def _failure_in(log: Path) -> str:
    """Give the first line that names an error; the last ones only say that something failed."""
    lines = [" ".join(line.split()) for line in _tail(log).splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"\berror\b", line, re.IGNORECASE)]
    return (telling or lines[-1:] or ["pip said nothing"])[0][:300]


def main(arguments: Sequence[str], *, pip: Sequence[str] = PIP) -> int:
    """Build the wheel and print its path."""
    parser = argparse.ArgumentParser(prog="python -m config.build_llama", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--version", required=True, help=f"the version of {PACKAGE}")
    parser.add_argument("--wheel-dir", type=Path, default=default_wheel_dir(os.environ), help="where wheels are kept")
    options = parser.parse_args(arguments)
    try:
        wheel = build_wheel(options.version, options.wheel_dir.absolute(), environ=os.environ, say=_say, pip=pip)
    except BuildError as error:
        _say(f"footnote: {error}")
        return 2
    except OSError as error:
        _say(f"footnote: cannot write {error.filename}: {error.strerror}")
        return 2
    except KeyboardInterrupt:
        _say("footnote: interrupted")
        return 130
    sys.stdout.write(f"{wheel}\n")
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
