"""Make `.venv`: every package at its pinned version, and llama-cpp-python built for this processor.

    python3 -m config.environment

Does nothing when the environment is up to date, and goes on where an interrupted run stopped. Needs the standard
library alone. Progress goes to stderr, one line a step and one every ten seconds; pip's own words go to
`.venv/install.log`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

from config.build_llama import BuildError, build_key, require_compiler
from config.long_command import run_logged

REPOSITORY = Path(__file__).resolve().parent.parent
VENV = REPOSITORY / ".venv"
LOCK = REPOSITORY / "requirements.lock"
PROJECT = REPOSITORY / "pyproject.toml"
PYTHON = (3, 11)
REPORT_EVERY_S = 10.0

BUILT_HERE = "llama-cpp-python"
"""The one package that does not come ready-made."""


class EnvironmentSetupError(BuildError):
    """Something that the environment needs is missing, or pip failed."""


def make_environment() -> None:
    """Bring `.venv` up to date. Raises BuildError with a one-line remedy when it cannot."""
    require_prerequisites()
    stamp, wanted = VENV / "complete", _fingerprint()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    if not (VENV / "bin" / "python").exists():
        _say("[1/4] creating .venv")
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, with_pip=True)
    stamp.unlink(missing_ok=True)
    pins = locked_packages(LOCK.read_text(encoding="utf-8"))
    llama_version = pins.pop(BUILT_HERE)
    # Exactly the locked packages, without their dependencies: a package that wants any torch would bring the newest,
    # with gigabytes for graphics cards.
    _pip("[2/4] installing torch", "install", "--no-deps", f"torch=={pins['torch']}")
    _pip("[3/4] installing packages", "install", "--no-deps", *(f"{name}=={pin}" for name, pin in pins.items()))
    _say("[4/4] llama-cpp-python for this processor")
    wheel = _llama_wheel(llama_version)
    _pip("[4/4] installing llama-cpp-python", "install", "--no-deps", "--force-reinstall", str(wheel))
    _pip("[4/4] installing footnote", "install", "--no-deps", "--no-build-isolation", "--editable", str(REPOSITORY))
    _pip("[4/4] checking", "check")
    stamp.write_text(wanted, encoding="utf-8")
    _say("environment ready")


def require_prerequisites() -> None:
    """Raise BuildError unless Python is 3.11, can make environments, and a compiler is there."""
    if sys.version_info[:2] != PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        raise EnvironmentSetupError(f"Python 3.11 is needed, this is {found}: run make with PYTHON=/path/to/python3.11")
    try:
        import ensurepip  # noqa: F401, PLC0415  Debian ships Python without it
    except ImportError:
        raise EnvironmentSetupError("Python's ensurepip is missing: apt-get install python3-venv") from None
    require_compiler(os.environ)


def locked_packages(lock: str) -> dict[str, str]:
    """Return the version of each package of a lock file: lines of `name==version`, and comments."""
    pins = (line.partition("==") for line in lock.splitlines() if line.strip() and not line.startswith("#"))
    return {name.strip(): version.strip() for name, _, version in pins}


def _llama_wheel(version: str) -> Path:
    """Return the wheel for this processor; built by the environment's pip, which is newer than the system's."""
    command = [str(VENV / "bin" / "python"), "-m", "config.build_llama", "--version", version]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise EnvironmentSetupError("llama-cpp-python could not be built; the reason stands above")
    return Path(done.stdout.strip().splitlines()[-1])


def _fingerprint() -> str:
    texts = [LOCK.read_text(encoding="utf-8"), PROJECT.read_text(encoding="utf-8"), sys.version, build_key(os.environ)]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _pip(step: str, *arguments: str) -> None:
    _say(step)
    log = VENV / "install.log"
    command = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", *arguments]
    exit_code = run_logged(
        command,
        environ=os.environ,
        log=log,
        say=_say,
        report_every_s=REPORT_EVERY_S,
        describe=lambda seconds: f"{step}: {seconds:.0f} s",
    )
    if exit_code != 0:
        raise EnvironmentSetupError(f"{step} failed: {_reason(log)}; the whole log is {log}")


def _reason(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return next((line for line in reversed(lines) if "ERROR" in line), lines[-1] if lines else "pip said nothing")[:300]


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main(arguments: Sequence[str]) -> int:
    """Make the environment; 2 when that is impossible."""
    if arguments:
        _say("usage: python3 -m config.environment")
        return 2
    try:
        make_environment()
    except BuildError as error:
        _say(f"footnote: {error}")
        return 2
    except KeyboardInterrupt:
        _say("footnote: interrupted; run it again to go on")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
