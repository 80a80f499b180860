"""What the processor can do: compiler flags for llama-cpp-python, and how many cores are ours.

llama.cpp's own choice (`GGML_NATIVE`) compiles for whatever the processor advertises, AMX included, which does not
always run (see `config.amx`). So native detection is off, and each instruction set is on exactly when the kernel lists
it in /proc/cpuinfo; whoever builds takes the flags of AMX away where it does not run.

Needs the standard library alone, so that it runs before anything is installed:

    python3 -m config.processor                  the value for CMAKE_ARGS
    python3 -m config.processor --fingerprint    a short key that differs where those flags differ
"""

import hashlib
import os
import platform
import sys
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

X86_MACHINES = frozenset({"x86_64", "amd64", "i386", "i686"})

AMX_FLAGS = frozenset({"amx_tile", "amx_int8", "avx512_vnni"})
"""What llama.cpp's matrix kernels need, all of them."""

INSTRUCTION_SETS: dict[str, Set[str]] = {
    "SSE42": {"sse4_2"},
    "AVX": {"avx"},
    "AVX2": {"avx2"},
    "FMA": {"fma"},
    "F16C": {"f16c"},
    "BMI2": {"bmi2"},
    "AVX_VNNI": {"avx_vnni"},
    "AVX512": {"avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw"},
    "AVX512_VBMI": {"avx512vbmi"},
    "AVX512_VNNI": {"avx512_vnni"},
    "AVX512_BF16": {"avx512_bf16"},
    "AMX_TILE": AMX_FLAGS,
    "AMX_INT8": AMX_FLAGS,
}
"""From the GGML option to the flags of /proc/cpuinfo that it needs, all of them."""

CPUINFO = Path("/proc/cpuinfo")
CGROUP_OF_SELF = Path("/proc/self/cgroup")
CGROUP_ROOT = Path("/sys/fs/cgroup")


def flags_of(cpuinfo: str) -> frozenset[str]:
    """Give the flags that every core in the text of /proc/cpuinfo has; empty when it lists none."""
    lists = [
        frozenset(line.partition(":")[2].split())
        for line in cpuinfo.splitlines()
        if line.partition(":")[0].strip() == "flags"
    ]
    return frozenset.intersection(*lists) if lists else frozenset()


def cmake_args(machine: str, flags: Iterable[str]) -> list[str]:
    """Give the CMake options that fit the processor; none for anything but x86, where native detection works.

    `machine` is `platform.machine()`. Without flags (no /proc/cpuinfo: not Linux) the choice of instruction sets is
    left to llama.cpp's portable defaults.
    """
    if machine.lower() not in X86_MACHINES:
        return []
    has = frozenset(flags)
    if not has:
        return ["-DGGML_NATIVE=OFF"]
    on = {option: needs <= has for option, needs in INSTRUCTION_SETS.items()}
    # The kernels behind the AVX512 extensions are compiled only where the base set is.
    on = {
        option: value and (on["AVX512"] or not option.startswith(("AVX512_", "AMX_"))) for option, value in on.items()
    }
    return ["-DGGML_NATIVE=OFF", *(f"-DGGML_{option}={'ON' if on[option] else 'OFF'}" for option in on)]


def fingerprint(machine: str, flags: Iterable[str], extra: str = "") -> str:
    """Give 12 hexadecimal digits that are equal exactly where machine, options and `extra` are.

    It does not depend on the order of the flags, nor on flags that no option asks for. `extra` is for options that the
    user adds.
    """
    text = "\n".join([machine.lower(), *sorted(cmake_args(machine, flags)), extra.strip()])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def processor_flags(cpuinfo: Path = CPUINFO) -> frozenset[str]:
    """Read this machine's flags; empty where there is no /proc/cpuinfo."""
    try:
        return flags_of(cpuinfo.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return frozenset()


def available_cores(*, cgroup_of_self: Path = CGROUP_OF_SELF, cgroup_root: Path = CGROUP_ROOT) -> int:
    """Count the cores that this process may use, by its affinity and the limits of its cgroups (v2); at least 1.

    A limit of 1.5 cores counts as 1: llama.cpp's threads wait for each other in a busy loop, and a thread that is
    throttled stops all of them.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limits = [int(limit) for limit in _cgroup_core_limits(cgroup_of_self, cgroup_root)]
    return max(1, min([cores, *limits]))


def _cgroup_core_limits(cgroup_of_self: Path, cgroup_root: Path) -> list[float]:
    """Read `cpu.max` of the process's cgroup and of every one above it."""
    try:
        lines = cgroup_of_self.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    own = next((line.removeprefix("0::") for line in lines if line.startswith("0::")), None)
    if own is None:
        return []
    folder = cgroup_root / own.lstrip("/")
    return [limit for level in (folder, *folder.parents) if (limit := _core_limit(level / "cpu.max")) is not None]


def _core_limit(cpu_max: Path) -> float | None:
    """Read `<quota µs> <period µs>`; None for `max` or where there is no such file."""
    try:
        quota, period = cpu_max.read_text(encoding="utf-8").split()
        return int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def main(arguments: Sequence[str]) -> int:
    """Print the options, or with `--fingerprint` the key, of this machine."""
    machine, flags = platform.machine(), processor_flags()
    if list(arguments) == ["--fingerprint"]:
        line = fingerprint(machine, flags)
    elif not arguments:
        line = " ".join(cmake_args(machine, flags))
    else:
        sys.stderr.write("usage: python3 -m config.processor [--fingerprint]\n")
        return 2
    sys.stdout.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
