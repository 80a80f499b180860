"""Whether matrix instructions (AMX) run here: a small program is compiled, run, and its product compared.

That the processor lists them is not enough. GCC 12 takes the stores that fill llama.cpp's tile configuration for dead
ones, since `_tile_loadconfig` names but the first eight of its 64 bytes, and the program dies with SIGSEGV (in
`ggml_backend_amx_mul_mat`) at the first decode; compiled with `KEEP_STORES` it runs. Some virtual machines fault
whatever the compiler does. The program fills its configuration as llama.cpp does, so that it fails where that would.

Needs the standard library and a C++ compiler.
"""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

KEEP_STORES = ("-fno-tree-dse", "-fno-dse")
"""For GCC. Other compilers do not know the second one, and do without."""

_TIMEOUT_S = 60.0
_PROGRAM = r"""
#include <immintrin.h>
#include <cstdint>
#include <sys/syscall.h>
#include <unistd.h>

struct Config {
    uint8_t palette = 0, start_row = 0, reserved[14] = {0};
    uint16_t bytes[16] = {0};
    uint8_t rows[16] = {0};
};

static void configure() {
    static thread_local bool done = false;
    if (done) return;
    alignas(64) Config config = {};
    config.palette = 1;
    config.rows[0] = 16; config.bytes[0] = 64;
    config.rows[1] = 16; config.bytes[1] = 64;
    config.rows[2] = 16; config.bytes[2] = 64;
    _tile_loadconfig(&config);
    done = true;
}

int main() {
    const long request_permission = 0x1023, tile_data = 18;
    if (syscall(SYS_arch_prctl, request_permission, tile_data)) return 1;
    configure();
    alignas(64) int8_t left[16 * 64];
    alignas(64) uint8_t right[16 * 64];
    alignas(64) int32_t product[16 * 16];
    for (int at = 0; at < 16 * 64; ++at) left[at] = -1, right[at] = 2;
    _tile_zero(0);
    _tile_loadd(1, left, 64);
    _tile_loadd(2, right, 64);
    _tile_dpbsud(0, 1, 2);
    _tile_stored(0, product, 64);
    for (int at = 0; at < 16 * 16; ++at) if (product[at] != -128) return 2;
    return 0;
}
"""
_OPTIONS = ("-O3", "-mavx512f", "-mamx-tile", "-mamx-int8")


def amx_compiler_options(environ: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the C++ options with which AMX code runs here, or None where it does not run."""
    compiler = environ.get("CXX", "").split() or ["c++"]
    with tempfile.TemporaryDirectory(prefix="footnote-amx-") as folder:
        source, program = Path(folder, "amx.cpp"), Path(folder, "amx")
        source.write_text(_PROGRAM, encoding="utf-8")
        for options in (KEEP_STORES, ()):
            build = [*compiler, *_OPTIONS, *options, str(source), "-o", str(program)]
            if _succeeds(build, environ) and _succeeds([str(program)], environ):
                return options
    return None


def _succeeds(command: list[str], environ: Mapping[str, str]) -> bool:
    try:
        done = subprocess.run(command, env=dict(environ), capture_output=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
