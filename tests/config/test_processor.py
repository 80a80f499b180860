import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import config
from config.processor import available_cores, cmake_args, fingerprint, flags_of, main, processor_flags

HASWELL = {"sse4_2", "avx", "avx2", "fma", "f16c", "bmi2"}
AVX512_BASE = {"avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw"}
SAPPHIRE_RAPIDS = HASWELL | AVX512_BASE | {
    "avx512vbmi", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8",
}  # fmt: skip


def test_a_processor_with_everything_gets_everything():
    assert cmake_args("x86_64", SAPPHIRE_RAPIDS) == [
        "-DGGML_NATIVE=OFF",
        "-DGGML_SSE42=ON",
        "-DGGML_AVX=ON",
        "-DGGML_AVX2=ON",
        "-DGGML_FMA=ON",
        "-DGGML_F16C=ON",
        "-DGGML_BMI2=ON",
        "-DGGML_AVX_VNNI=ON",
        "-DGGML_AVX512=ON",
        "-DGGML_AVX512_VBMI=ON",
        "-DGGML_AVX512_VNNI=ON",
        "-DGGML_AVX512_BF16=ON",
        "-DGGML_AMX_TILE=ON",
        "-DGGML_AMX_INT8=ON",
    ]


@pytest.mark.parametrize("missing", ["amx_tile", "amx_int8", "avx512_vnni", "avx512bw"])
def test_amx_is_on_only_with_all_that_its_kernels_need(missing: str):
    assert {"-DGGML_AMX_TILE=OFF", "-DGGML_AMX_INT8=OFF"} <= set(cmake_args("x86_64", SAPPHIRE_RAPIDS - {missing}))


def test_an_older_processor_gets_what_it_has():
    args = cmake_args("x86_64", HASWELL)
    assert {"-DGGML_AVX2=ON", "-DGGML_FMA=ON", "-DGGML_AVX512=OFF", "-DGGML_AVX_VNNI=OFF"} <= set(args)


@pytest.mark.parametrize("missing", sorted(AVX512_BASE))
def test_avx512_is_on_only_with_all_five_of_its_base_sets_and_takes_its_extensions_along(missing: str):
    args = cmake_args("x86_64", SAPPHIRE_RAPIDS - {missing})
    assert {"-DGGML_AVX512=OFF", "-DGGML_AVX512_VBMI=OFF", "-DGGML_AVX512_VNNI=OFF", "-DGGML_AVX512_BF16=OFF"} <= set(
        args
    )
    assert "-DGGML_AVX_VNNI=ON" in args


def test_other_machines_are_left_to_native_detection():
    assert cmake_args("aarch64", {"asimd", "sve"}) == []
    assert cmake_args("arm64", set()) == []


def test_an_x86_without_known_flags_gets_portable_defaults():
    assert cmake_args("AMD64", []) == ["-DGGML_NATIVE=OFF"]


def test_only_flags_that_every_core_has_count():
    text = "processor\t: 0\nflags\t\t: avx avx2 fma\nvmx flags\t: x\n\nprocessor\t: 1\nflags\t\t: avx avx2\n"
    assert flags_of(text) == {"avx", "avx2"}
    assert flags_of("") == frozenset()
    assert flags_of("Features\t: asimd\n") == frozenset()


def test_without_cpuinfo_there_are_no_flags(tmp_path: Path):
    assert processor_flags(tmp_path / "none") == frozenset()


@given(st.permutations(sorted(SAPPHIRE_RAPIDS)), st.sets(st.sampled_from(["sse", "hypervisor", "rdrand"])))
def test_the_fingerprint_depends_neither_on_order_nor_on_flags_without_an_option(flags: list[str], others: set[str]):
    assert fingerprint("x86_64", [*flags, *others]) == fingerprint("x86_64", sorted(SAPPHIRE_RAPIDS))


def test_the_fingerprint_tells_processors_machines_and_options_of_the_user_apart():
    keys = [
        fingerprint("x86_64", HASWELL),
        fingerprint("x86_64", SAPPHIRE_RAPIDS),
        fingerprint("aarch64", HASWELL),
        fingerprint("x86_64", HASWELL, "-DGGML_CUDA=ON"),
    ]
    assert len(set(keys)) == 4
    assert all(len(key) == 12 for key in keys)
    assert fingerprint("x86_64", HASWELL, "  ") == keys[0]


def cgroup(folder: Path, own: str, limits: dict[str, str]) -> dict[str, Path]:
    membership = folder / "self_cgroup"
    membership.write_text(f"1:cpu:/x\n0::{own}\n")
    for name, limit in limits.items():
        level = folder / "root" / name
        level.mkdir(parents=True, exist_ok=True)
        (level / "cpu.max").write_text(limit)
    return {"cgroup_of_self": membership, "cgroup_root": folder / "root"}


def unlimited(folder: Path) -> int:
    return available_cores(**cgroup(folder, "/none", {}))


def test_a_limit_of_the_cgroup_takes_cores_away(tmp_path: Path):
    assert available_cores(**cgroup(tmp_path, "/a/b", {"a/b": "100000 100000\n"})) == 1


def test_a_limit_of_a_cgroup_above_counts_too(tmp_path: Path):
    assert available_cores(**cgroup(tmp_path, "/a/b", {"a": "100000 100000\n", "a/b": "max 100000\n"})) == 1


def test_half_a_core_counts_as_one(tmp_path: Path):
    assert available_cores(**cgroup(tmp_path, "/", {"": "50000 100000\n"})) == 1


@pytest.mark.parametrize("limit", ["max 100000\n", "", "garbage", "100000 0", "99900000 100000"])
def test_no_limit_a_wide_one_and_a_broken_one_take_nothing_away(tmp_path: Path, limit: str):
    assert available_cores(**cgroup(tmp_path, "/", {"": limit})) == unlimited(tmp_path)


def test_without_cgroups_the_affinity_counts(tmp_path: Path):
    none = tmp_path / "none"
    assert available_cores(cgroup_of_self=none, cgroup_root=none) >= 1


def test_the_command_prints_the_options_or_the_key(capsys: pytest.CaptureFixture[str]):
    assert main([]) == 0
    assert main(["--fingerprint"]) == 0
    options, key = capsys.readouterr().out.split("\n")[:2]
    assert options == "" or options.startswith("-DGGML_NATIVE=OFF ")
    assert len(key) == 12
    assert main(["--wrong"]) == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["config.processor", "config.amx", "config.build_llama"])
def test_what_runs_before_the_installation_needs_the_standard_library_alone(module: str):
    root = Path(config.__file__).parents[1]
    script = f"import sys; sys.path.insert(0, {str(root)!r}); import {module}"
    subprocess.run([sys.executable, "-I", "-S", "-c", script], check=True)
