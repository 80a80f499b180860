"""Facts of the machine, without which no figure means anything."""

import importlib.metadata
import os
import platform
import resource
import sys

from config.processor import CPUINFO, available_cores, fingerprint, processor_flags
from evals.benchmarks.report import Machine

PACKAGES = ("footnote", "llama-cpp-python", "torch", "sentence-transformers", "chromadb", "tiktoken", "numpy")
"""Whose versions change the figures."""


def describe_machine() -> Machine:
    """Look at this machine, now."""
    return Machine(
        system=platform.platform(),
        processor=processor_name(_cpuinfo()) or platform.processor() or platform.machine(),
        processor_fingerprint=fingerprint(platform.machine(), processor_flags()),
        cores=available_cores(),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        load_average=round(os.getloadavg()[0], 2),
        python=platform.python_version(),
        packages={name: _version(name) for name in PACKAGES},
    )


def processor_name(cpuinfo: str) -> str:
    """Give the model name of the first core in the text of /proc/cpuinfo; empty when it names none."""
    fields = (line.partition(":") for line in cpuinfo.splitlines())
    return next((value.strip() for key, _, value in fields if key.strip() == "model name"), "")


def peak_memory_bytes() -> int:
    """Give the most memory that this process ever had resident, the pages of a mapped model file included."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak  # Linux counts in KiB, macOS in bytes


def _cpuinfo() -> str:
    try:
        return CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
