"""`footnote doctor`: what it finds, and that a crash of the model library does not take it down."""

import io
import sys
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from config.processor import available_cores
from config.settings import load_settings
from qa_service.decode_proof import Decoded, DecodeProof, prove_decode, watch
from qa_service.doctor import Report, examine, judge_instruction_sets, render_report
from tests.qa_service.test_models import SILENT, served
from tests.tiny_cross_encoder import save_cross_encoder

FLAGS = {"sse4_2", "avx", "avx2", "fma", "f16c", "bmi2", "avx_vnni"}
AVX512 = {"avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw"}
BUILT = "CPU : SSE3 = 1 | SSSE3 = 1 | AVX = 1 | AVX_VNNI = 1 | AVX2 = 1 | F16C = 1 | FMA = 1 | BMI2 = 1 | OPENMP = 1 | "
DECODED = DecodeProof(system_info=BUILT, decoded=Decoded(token=" Paris", seconds=0.2))


def python(code):
    return [sys.executable, "-c", code]


def small_settings(tmp_path, **overrides):
    """Settings that find a model in `tmp_path` and no index."""
    model = tmp_path / "tiny.gguf"
    model.write_bytes(b"GGUF")
    given = {"llm.model": str(model), "index.directory": str(tmp_path / "index"), **overrides}
    return load_settings("small", environ={}, overrides=given)


def by_topic(report):
    return {finding.topic: finding for finding in report.findings}


def test_a_token_proves_the_decode():
    code = 'print(\'{"system_info":"CPU : AVX2 = 1"}\'); print(\'{"token":" Paris","seconds":0.5}\')'
    assert watch(python(code), timeout_s=20) == DecodeProof(
        system_info="CPU : AVX2 = 1", decoded=Decoded(token=" Paris", seconds=0.5)
    )


@pytest.mark.parametrize("signal_name", ["SIGSEGV", "SIGILL"])
def test_a_crash_is_reported_by_its_signal_with_the_remedy_and_what_was_said_before(signal_name):
    code = (
        "import os, signal, sys; "
        'print(\'{"system_info":"CPU : AMX_INT8 = 1"}\'); sys.stdout.flush(); '
        f"os.kill(os.getpid(), signal.{signal_name})"
    )
    proof = watch(python(code), timeout_s=20)
    assert proof.decoded is None
    assert proof.system_info == "CPU : AMX_INT8 = 1"
    assert signal_name in proof.failure
    assert "make environment" in proof.failure


def test_an_error_is_reported_by_its_last_line():
    assert watch(python("raise ValueError('no model')"), timeout_s=20).failure == "ValueError: no model"


def test_a_hanging_library_is_given_up():
    assert watch(python("import time; time.sleep(60)"), timeout_s=0.5).failure == "no token within 0 s"


def test_an_end_without_a_token_is_a_failure():
    assert watch(python("pass"), timeout_s=20).failure == "it ended without a token"


def test_a_missing_interpreter_is_a_failure():
    assert "cannot start" in watch(["/no/such/python"], timeout_s=20).failure


def test_a_library_with_all_that_the_processor_has_is_well():
    finding = judge_instruction_sets(BUILT, machine="x86_64", flags=FLAGS)
    assert finding.well
    assert "AVX2" in finding.says


def test_a_library_without_what_the_processor_has_is_slower():
    finding = judge_instruction_sets("CPU : AVX = 1 | FMA = 1 | F16C = 1 | BMI2 = 1", machine="x86_64", flags=FLAGS)
    assert not finding.well
    assert "slower without AVX2, AVX_VNNI" in finding.says
    assert "make environment" in finding.remedy


@pytest.mark.parametrize("foreign", ["AVX512", "AMX_INT8"])
def test_a_library_with_what_the_processor_lacks_can_crash(foreign):
    finding = judge_instruction_sets(f"{BUILT}{foreign} = 1", machine="x86_64", flags=FLAGS)
    assert not finding.well
    assert f"{foreign} can crash" in finding.says


def test_a_library_may_go_without_amx_where_that_does_not_run():
    flags = {*FLAGS, *AVX512, "avx512_vnni", "amx_int8", "amx_tile"}
    built = f"{BUILT}AVX512 = 1 | AVX512_VNNI = 1"
    assert judge_instruction_sets(built, machine="x86_64", flags=flags).well
    assert judge_instruction_sets(f"{built} | AMX_INT8 = 1", machine="x86_64", flags=flags).well


def test_a_library_is_not_judged_by_flags_that_the_system_does_not_tell():
    assert judge_instruction_sets(BUILT, machine="x86_64", flags=()).well
    assert judge_instruction_sets("CPU : NEON = 1 | ", machine="aarch64", flags=()).says == "CPU : NEON = 1"


def test_the_report_proves_the_configured_model_with_the_configured_threads(tmp_path):
    tried = []

    def prove(model, threads):
        tried.append((model, threads))
        return DECODED

    report = examine(small_settings(tmp_path, **{"llm.threads": 1}), prove=prove)
    assert tried == [(tmp_path / "tiny.gguf", 1)]
    findings = by_topic(report)
    assert findings["decode"].well
    assert "' Paris'" in findings["decode"].says
    assert report.packages["msgspec"] == msgspec.__version__


def test_a_failed_decode_and_a_missing_index_make_the_report_unwell(tmp_path):
    report = examine(
        small_settings(tmp_path), prove=lambda _model, _threads: DecodeProof(failure="it died with SIGSEGV")
    )
    findings = by_topic(report)
    assert not report.well
    assert "SIGSEGV" in findings["decode"].says
    assert not findings["index"].well
    assert "footnote index" in findings["index"].says
    assert "model library" not in findings


def test_a_missing_language_model_is_told_with_the_command_that_fetches_it(tmp_path, monkeypatch):
    monkeypatch.setenv("FOOTNOTE_HOME", str(tmp_path))
    settings = load_settings("small", environ={}, overrides={"index.directory": str(tmp_path)})

    def prove(_model, _threads):
        raise AssertionError("there is nothing to prove")

    findings = by_topic(examine(settings, prove=prove))
    assert "footnote models fetch" in findings["language model"].says
    assert not findings["decode"].well


def test_without_a_fact_checker_the_report_says_that_none_is_used(tmp_path):
    finding = by_topic(examine(small_settings(tmp_path), prove=lambda *_: DECODED))["fact checker"]
    assert finding.well
    assert finding.says.startswith("off")


def test_a_fact_checker_that_is_not_there_is_unwell(tmp_path):
    settings = small_settings(tmp_path, **{"verifier.model": str(tmp_path / "nli")})
    finding = by_topic(examine(settings, prove=lambda *_: DECODED))["fact checker"]
    assert not finding.well
    assert str(tmp_path / "nli") in finding.says


@pytest.mark.contract
def test_a_fact_checker_is_loaded_to_see_whether_it_can_be(tmp_path):
    for labels, well in ((("entailment", "neutral", "contradiction"), True), (("LABEL_0", "LABEL_1"), False)):
        folder = save_cross_encoder(tmp_path / "nli", labels)
        settings = small_settings(tmp_path, **{"verifier.model": str(folder)})
        finding = by_topic(examine(settings, prove=lambda *_: DECODED))["fact checker"]
        assert finding.well == well
        assert str(folder) in finding.says


def test_more_threads_than_cores_are_unwell(tmp_path):
    settings = small_settings(tmp_path, **{"llm.threads": available_cores() + 1})
    assert not by_topic(examine(settings, prove=lambda *_: DECODED))["threads"].well
    settings = small_settings(tmp_path)
    assert by_topic(examine(settings, prove=lambda *_: DECODED))["threads"].well


def test_an_unreachable_model_server_is_told_instead_of_a_decode(tmp_path):
    tokenizer = tmp_path / "tiny.gguf"
    overrides = {"llm.kind": "openai", "llm.url": "http://127.0.0.1:9/v1", "llm.tokenizer": str(tokenizer)}
    findings = by_topic(examine(small_settings(tmp_path, **overrides), prove=lambda *_: DECODED))
    assert "decode" not in findings
    assert not findings["model server"].well
    assert "http://127.0.0.1:9/v1/models" in findings["model server"].says


@pytest.mark.contract
def test_a_model_server_is_asked_whether_it_gives_probabilities(tmp_path, small_model):
    with served(small_model) as model:
        overrides = {"llm.kind": "openai", "llm.url": str(model.client.base_url), "llm.tokenizer": str(small_model)}
        found = by_topic(examine(small_settings(tmp_path, **overrides, **{"llm.model": "served"})))
        silent = by_topic(examine(small_settings(tmp_path, **overrides, **{"llm.model": SILENT})))
        unknown = by_topic(examine(small_settings(tmp_path, **overrides, **{"llm.model": "unknown"})))
    assert found["probabilities"].says.startswith("the server gives log-probabilities")
    assert silent["probabilities"].says.startswith("the server gives no log-probabilities")
    assert not unknown["probabilities"].well
    assert "404" in unknown["probabilities"].says


def test_the_report_reads_as_text_and_as_json(tmp_path):
    report = examine(small_settings(tmp_path), prove=lambda *_: DECODED)
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report
    console = Console(file=io.StringIO(), width=100)
    console.print(render_report(report))
    shown = " ".join(console.file.getvalue().split())
    assert "✓ decode" in shown
    assert "✗ index" in shown
    assert "Something has to be mended" in shown


@pytest.mark.contract
def test_the_model_library_of_this_environment_decodes(small_model: Path):
    proof = prove_decode(small_model, threads=available_cores())
    assert proof.failure == ""
    assert proof.decoded.token
    assert "=" in proof.system_info


@pytest.mark.contract
def test_a_file_that_is_no_model_is_a_failure_and_not_a_crash(tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    proof = prove_decode(broken, threads=1)
    assert proof.decoded is None
    assert "broken.gguf" in proof.failure
