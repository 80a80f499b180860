import hashlib
import os
from pathlib import Path

import pytest

from config.catalogue import Catalogue, Model
from config.errors import ModelFileError
from config.models import known_model, local_path, model_folder, model_sha256, needed_models, require, verify
from config.settings import load_settings
from config.verification import MARKER_NAME, find_problems, state_at_a_glance

WEIGHTS = b"weights" * 1000


@pytest.fixture
def gguf(make_model) -> Model:
    return make_model({"tiny.gguf": WEIGHTS})


@pytest.fixture
def embedder(make_model) -> Model:
    return make_model(
        {"model.safetensors": WEIGHTS, "modules.json": b"[]", "1_Pooling/config.json": b"{}"},
        kind="sentence_transformers",
    )


def lay_out(model: Model, home: Path, contents: dict[str, bytes]) -> Path:
    folder = model_folder(model, home)
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def require_it(model: Model, home: Path) -> Path:
    return require(model.id, home=home, catalogue=Catalogue(models=(model,)))


def refusal(model: Model, home: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        require_it(model, home)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def alter_unnoticed(path: Path, content: bytes) -> None:
    """Write other bytes of the same length and restore the time, as no editor would."""
    before = path.stat()
    assert len(content) == before.st_size
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_model_that_was_never_fetched_is_refused_with_the_command_that_fetches_it(gguf: Model, tmp_path: Path):
    assert refusal(gguf, tmp_path) == (
        f"model tiny is not here ({tmp_path}/models/tiny): run `footnote models fetch tiny`"
    )


def test_a_gguf_model_is_given_as_its_file(gguf: Model, tmp_path: Path):
    folder = lay_out(gguf, tmp_path, {"tiny.gguf": WEIGHTS})
    assert require_it(gguf, tmp_path) == folder / "tiny.gguf" == local_path(gguf, tmp_path)


def test_an_embedder_is_given_as_its_folder(embedder: Model, tmp_path: Path):
    contents = {"model.safetensors": WEIGHTS, "modules.json": b"[]", "1_Pooling/config.json": b"{}"}
    folder = lay_out(embedder, tmp_path, contents)
    assert require_it(embedder, tmp_path) == folder


def test_a_truncated_file_is_refused_with_both_sizes(gguf: Model, tmp_path: Path):
    lay_out(gguf, tmp_path, {"tiny.gguf": WEIGHTS[:-1]})
    assert "tiny.gguf has 6999 bytes instead of 7000: run `footnote models fetch tiny`" in refusal(gguf, tmp_path)


def test_an_altered_file_of_the_right_size_is_refused_with_both_hashes(gguf: Model, tmp_path: Path):
    altered = b"W" + WEIGHTS[1:]
    lay_out(gguf, tmp_path, {"tiny.gguf": altered})
    message = refusal(gguf, tmp_path)
    assert f"has SHA-256 {hashlib.sha256(altered).hexdigest()} instead of {gguf.weights.sha256}" in message


def test_a_missing_small_file_is_refused_by_name(embedder: Model, tmp_path: Path):
    lay_out(embedder, tmp_path, {"model.safetensors": WEIGHTS, "modules.json": b"[]"})
    assert "1_Pooling/config.json is missing" in refusal(embedder, tmp_path)


def test_several_problems_are_counted(embedder: Model, tmp_path: Path):
    lay_out(embedder, tmp_path, {"model.safetensors": WEIGHTS})
    assert "modules.json is missing (and 1 more)" in refusal(embedder, tmp_path)


def test_a_file_altered_after_it_was_verified_is_hashed_again(gguf: Model, tmp_path: Path):
    path = lay_out(gguf, tmp_path, {"tiny.gguf": WEIGHTS}) / "tiny.gguf"
    require_it(gguf, tmp_path)
    path.write_bytes(b"W" + WEIGHTS[1:])
    os.utime(path, ns=(1, 1))
    assert "has SHA-256" in refusal(gguf, tmp_path)


def test_the_marker_saves_hashing_as_long_as_size_and_time_agree_and_verify_does_not_look_at_it(
    gguf: Model, tmp_path: Path
):
    path = lay_out(gguf, tmp_path, {"tiny.gguf": WEIGHTS}) / "tiny.gguf"
    require_it(gguf, tmp_path)
    alter_unnoticed(path, b"W" + WEIGHTS[1:])
    assert require_it(gguf, tmp_path) == path
    with pytest.raises(ModelFileError, match="has SHA-256"):
        verify(gguf, home=tmp_path)
    assert "has SHA-256" in refusal(gguf, tmp_path)


def test_a_marker_of_another_hash_vouches_for_nothing(gguf: Model, make_model, tmp_path: Path):
    lay_out(gguf, tmp_path, {"tiny.gguf": WEIGHTS})
    require_it(gguf, tmp_path)
    other = make_model({"tiny.gguf": b"W" + WEIGHTS[1:]})
    assert "has SHA-256" in refusal(other, tmp_path)


@pytest.mark.parametrize("marker", [b"", b"{", b'{"tiny.gguf": 5}', b"\xff"])
def test_a_damaged_marker_costs_only_a_hash(gguf: Model, tmp_path: Path, marker: bytes):
    folder = lay_out(gguf, tmp_path, {"tiny.gguf": WEIGHTS, MARKER_NAME: marker})
    assert require_it(gguf, tmp_path) == folder / "tiny.gguf"


def test_a_folder_that_may_not_be_read_is_refused_with_the_reason_and_both_ways_out(gguf: Model, tmp_path: Path):
    home = tmp_path / ("too long a name " * 20)  # what the system refuses to look at, also when the tests run as root
    assert refusal(gguf, home) == (
        f"model tiny: {home}/models/tiny/tiny.gguf cannot be read (File name too long): see to its permissions, "
        "or set FOOTNOTE_HOME to a folder of your own and run `footnote models fetch tiny`"
    )
    assert state_at_a_glance(gguf, model_folder(gguf, home)) == "unreadable"
    with pytest.raises(ModelFileError, match="cannot be read"):
        require(str(home), home=tmp_path)


def test_states_at_a_glance(embedder: Model, tmp_path: Path):
    folder = model_folder(embedder, tmp_path)
    assert state_at_a_glance(embedder, folder) == "not here"
    lay_out(embedder, tmp_path, {"modules.json": b"[]"})
    assert state_at_a_glance(embedder, folder) == "incomplete"
    lay_out(embedder, tmp_path, {"model.safetensors": WEIGHTS, "1_Pooling/config.json": b"{}"})
    assert state_at_a_glance(embedder, folder) == "altered?"
    assert find_problems(embedder, folder) == []
    assert state_at_a_glance(embedder, folder) == "here"


def test_a_path_is_taken_as_it_is(tmp_path: Path):
    file = tmp_path / "own.gguf"
    file.write_bytes(b"x")
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "modules.json").write_text("[]")
    assert require(str(file), home=tmp_path) == file
    assert require(str(folder), home=tmp_path) == folder


def test_a_folder_is_known_by_the_file_that_is_asked_for(tmp_path: Path):
    (tmp_path / "config.json").write_text("{}")
    assert require(str(tmp_path), home=tmp_path, sign="config.json") == tmp_path
    with pytest.raises(ModelFileError, match=r"with modules\.json in it"):
        require(str(tmp_path), home=tmp_path)


@pytest.mark.parametrize("name", ["readme.txt", "empty"])
def test_a_path_that_holds_no_model_is_refused(tmp_path: Path, name: str):
    (tmp_path / "readme.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelFileError, match=r"is no model: expected a \.gguf file, or a sentence-transformers folder"):
        require(str(tmp_path / name), home=tmp_path)


def test_an_unknown_model_is_refused_with_the_closest_one(tmp_path: Path):
    with pytest.raises(ModelFileError, match=r"no model 'all-MiniLM' \(did you mean 'all-MiniLM-L6-v2'\?\)"):
        require("all-MiniLM", home=tmp_path)
    with pytest.raises(ModelFileError, match="no model 'x'"):
        known_model("x")


def test_a_profile_needs_its_embedder_and_its_language_model_but_no_remote_one():
    assert [model.id for model in needed_models(load_settings("small", {}))] == [
        "all-MiniLM-L6-v2",
        "smollm2-135m-instruct-q4_1",
    ]
    assert [model.id for model in needed_models(load_settings("server", {}))] == [
        "all-MiniLM-L6-v2",
        "qwen2.5-coder-1.5b-instruct-q4_k_m",
    ]
    assert needed_models(load_settings(None, {}, {"embedder.model": "/a", "llm.model": "/b.gguf"})) == []


def test_the_hash_of_a_model_is_that_of_its_weights(gguf: Model, tmp_path: Path):
    catalogue = Catalogue(models=(gguf,))
    assert model_sha256("tiny", tmp_path, catalogue) == hashlib.sha256(WEIGHTS).hexdigest()
    own = tmp_path / "own.gguf"
    own.write_bytes(b"own")
    assert model_sha256(str(own), own) == hashlib.sha256(b"own").hexdigest()


def test_the_hash_of_a_folder_is_that_of_all_its_weights_in_the_order_of_their_paths(tmp_path: Path):
    (tmp_path / "2_Dense").mkdir()
    (tmp_path / "2_Dense" / "model.safetensors").write_bytes(b"first")
    (tmp_path / "model.safetensors").write_bytes(b"second")
    assert model_sha256(str(tmp_path), tmp_path) == hashlib.sha256(b"firstsecond").hexdigest()


def test_a_folder_without_weights_has_no_hash(tmp_path: Path):
    with pytest.raises(ModelFileError, match="has no weights"):
        model_sha256(str(tmp_path), tmp_path)
