"""Prove that the model library runs on this processor: one decode, in a process of its own.

A library that was compiled for instructions that the processor does not have, or only claims to have, dies with a
signal. That must not take down who asks.

    python -m qa_service.decode_proof MODEL.gguf THREADS

prints one line of JSON (`Started`) when the library is loaded, and one (`Decoded`) when the model has made a token.
"""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from qa_service.errors import ModelError

TIMEOUT_S = 180.0
"""Enough to read a model of a few GB from a slow disk."""

REBUILD_LIBRARY = "build the model library for this processor with `make environment`"


class Started(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the loaded library says of itself."""

    system_info: str
    """llama.cpp's own line: `CPU : AVX2 = 1 | …`."""


class Decoded(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one decode came to."""

    token: str
    seconds: float
    """From the prompt to the token, without loading."""


class DecodeProof(msgspec.Struct, frozen=True, kw_only=True):
    """How the attempt ended."""

    system_info: str = ""
    """Empty when the library could not be loaded at all."""
    decoded: Decoded | None = None
    failure: str = ""
    """Why there is no token; empty when there is one."""


def prove_decode(model: Path, threads: int) -> DecodeProof:
    """Load `model` in a new process and decode one token."""
    return watch([sys.executable, "-m", "qa_service.decode_proof", str(model), str(threads)], timeout_s=TIMEOUT_S)


def watch(command: Sequence[str], *, timeout_s: float) -> DecodeProof:
    """Run the command that makes the proof, and say how it ended, also when it dies or hangs."""
    try:
        ended = subprocess.run(command, capture_output=True, timeout=timeout_s, check=False)
        lines, failure = ended.stdout.splitlines(), _failure(ended.returncode, ended.stderr)
    except subprocess.TimeoutExpired as hung:
        lines, failure = (hung.stdout or b"").splitlines(), f"no token within {timeout_s:.0f} s"
    except OSError as error:
        lines, failure = [], f"cannot start {command[0]}: {error.strerror}"
    started = msgspec.json.decode(lines[0], type=Started) if lines else Started(system_info="")
    if len(lines) == 2 and not failure:
        return DecodeProof(system_info=started.system_info, decoded=msgspec.json.decode(lines[1], type=Decoded))
    return DecodeProof(system_info=started.system_info, failure=failure or "it ended without a token")


def _failure(exit_code: int, errors: bytes) -> str:
    if exit_code == 0:
        return ""
    if exit_code < 0:
        return f"it died with {signal.Signals(-exit_code).name}; {REBUILD_LIBRARY}"
    last = errors.decode(errors="replace").strip().rpartition("\n")[2]
    return last or f"it ended with exit code {exit_code}"


def _prove(model: Path, threads: int) -> None:
    import llama_cpp  # noqa: PLC0415 (not in the process that watches)

    from qa_service.llm.llama import LlamaModel  # noqa: PLC0415
    from qa_service.llm.port import Prompt  # noqa: PLC0415

    _say(Started(system_info=llama_cpp.llama_print_system_info().decode()))
    llama = LlamaModel(
        model, name=model.name, context_tokens=512, memory_mib=64, threads=threads, parallel=1, queue_length=0
    )
    prompt = Prompt(system="Answer in one word.", shared=("What is the capital of France?",), ask="")
    started_s = time.perf_counter()
    with llama.admit(threading.Event()) as session:
        token = next(iter(session.generate(prompt, max_tokens=1)), "")
    _say(Decoded(token=token, seconds=time.perf_counter() - started_s))
    llama.close()


def _say(news: Started | Decoded) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(news) + b"\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        _prove(Path(sys.argv[1]), int(sys.argv[2]))
    except ModelError as wrong:
        sys.exit(str(wrong))
