from pathlib import Path

import pytest

from config.catalogue import HubAddress, Model, ModelFile
from config.fetch import fetch
from config.models import model_folder
from config.part_files import PartFile
from config.sources import FolderSource, HubSource, SourceError

WEIGHTS = bytes(range(256)) * 4000
URL = "/owner/name/resolve/main/tiny.gguf"


@pytest.fixture
def model(make_model) -> Model:
    return make_model({"tiny.gguf": WEIGHTS})


def ignore(_: str) -> None:
    return


def never_place(file: ModelFile) -> None:
    raise AssertionError(f"{file.name} must not be placed")


def source_of(endpoint: str) -> HubSource:
    return HubSource(HubAddress(repo="owner/name"), endpoint=endpoint)


def failure_of(source: HubSource | FolderSource, model: Model, folder: Path, bar) -> str:
    with pytest.raises(SourceError) as caught:
        source.fetch(model.files, folder, place=never_place, bar=bar)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def leave_part(model: Model, home: Path, content: bytes) -> PartFile:
    part = PartFile(model_folder(model, home) / "tiny.gguf")
    with part.append() as sink:
        sink.write(content)
    return part


def test_the_hub_gives_the_file_of_the_repository_at_its_revision(hub, model: Model, tmp_path: Path):
    hub.files[URL] = WEIGHTS
    path = fetch(model, home=tmp_path, sources=[source_of(hub.endpoint)], say=ignore)
    assert path.read_bytes() == WEIGHTS
    assert hub.ranges == [None]


def test_an_interrupted_download_goes_on_where_it_stopped(hub, model: Model, tmp_path: Path):
    hub.files[URL] = WEIGHTS
    leave_part(model, tmp_path, WEIGHTS[:1000])
    path = fetch(model, home=tmp_path, sources=[source_of(hub.endpoint)], say=ignore)
    assert path.read_bytes() == WEIGHTS
    assert hub.ranges == ["bytes=1000-"]


def test_a_whole_part_file_is_only_verified(hub, model: Model, tmp_path: Path):
    leave_part(model, tmp_path, WEIGHTS)
    path = fetch(model, home=tmp_path, sources=[source_of(hub.endpoint)], say=ignore)
    assert path.read_bytes() == WEIGHTS
    assert hub.ranges == []


def test_a_part_file_that_is_too_long_starts_over(hub, model: Model, tmp_path: Path):
    hub.files[URL] = WEIGHTS
    leave_part(model, tmp_path, WEIGHTS + b"x")
    assert fetch(model, home=tmp_path, sources=[source_of(hub.endpoint)], say=ignore).read_bytes() == WEIGHTS
    assert hub.ranges == [None]


def test_a_hub_without_ranges_starts_over(hub, model: Model, tmp_path: Path):
    hub.files[URL] = WEIGHTS
    hub.ignores_ranges = True
    leave_part(model, tmp_path, b"something else")
    assert fetch(model, home=tmp_path, sources=[source_of(hub.endpoint)], say=ignore).read_bytes() == WEIGHTS


def test_a_connection_that_breaks_is_taken_up_again_and_said(hub, model: Model, tmp_path: Path, bar):
    hub.files[URL] = WEIGHTS
    hub.break_after_bytes = [600_000, 300_000]
    placed: list[str] = []
    source_of(hub.endpoint).fetch(model.files, tmp_path, place=lambda file: placed.append(file.name), bar=bar)
    assert PartFile(tmp_path / "tiny.gguf").path.read_bytes() == WEIGHTS
    assert placed == ["tiny.gguf"]
    assert len(hub.ranges) == 3
    assert all("going on from there" in line for line in bar.lines)
    assert bar.completed == len(WEIGHTS)


def test_a_connection_that_brings_nothing_more_ends_the_attempt_and_keeps_what_came(
    hub, model: Model, tmp_path: Path, bar
):
    hub.files[URL] = WEIGHTS
    hub.break_after_bytes = [600_000, 0]
    assert failure_of(source_of(hub.endpoint), model, tmp_path, bar).startswith("tiny.gguf: ")
    length = PartFile(tmp_path / "tiny.gguf").length
    assert length == 600_000


def test_a_hub_that_cannot_be_reached_says_so(closed_endpoint: str, model: Model, tmp_path: Path, bar):
    assert failure_of(source_of(closed_endpoint), model, tmp_path, bar).startswith("tiny.gguf: cannot be reached: ")


def test_a_file_that_the_hub_lacks_is_an_error_with_its_address(hub, model: Model, tmp_path: Path, bar):
    assert failure_of(source_of(hub.endpoint), model, tmp_path, bar) == f"{hub.endpoint}{URL}: answered 404 Not Found"


def test_a_file_of_another_size_is_refused_before_it_is_downloaded(hub, model: Model, tmp_path: Path, bar):
    hub.files[URL] = WEIGHTS + b"x"
    assert failure_of(source_of(hub.endpoint), model, tmp_path, bar) == (
        "tiny.gguf has 1024001 bytes there instead of 1024000"
    )
    assert PartFile(tmp_path / "tiny.gguf").length == 0


@pytest.mark.parametrize("endpoint", ["http://[", "nonsense", "http://"])
def test_an_endpoint_that_is_no_address_is_an_error_of_this_source(endpoint: str, model: Model, tmp_path: Path, bar):
    assert failure_of(source_of(endpoint), model, tmp_path, bar)


def test_an_altered_file_on_the_hub_leaves_no_part_behind(hub, model: Model, tmp_path: Path):
    hub.files[URL] = b"x" + WEIGHTS[1:]
    with pytest.raises(SourceError.__base__, match="has SHA-256"):
        fetch(model, home=tmp_path, sources=[source_of(hub.endpoint)], say=ignore)
    assert [path.name for path in model_folder(model, tmp_path).iterdir()] == []


@pytest.mark.parametrize("place", ["tiny.gguf", "tiny/tiny.gguf"])
def test_a_folder_holds_the_file_itself_or_a_folder_of_the_models_name(place: str, model: Model, tmp_path: Path):
    there = tmp_path / "there"
    (there / place).parent.mkdir(parents=True)
    (there / place).write_bytes(WEIGHTS)
    source = FolderSource(there, model)
    assert source.has(model.files)
    assert fetch(model, home=tmp_path, sources=[source], say=ignore).read_bytes() == WEIGHTS


def test_a_single_file_of_any_name_will_do_for_a_model_of_one_file(model: Model, tmp_path: Path):
    there = tmp_path / "renamed.bin"
    there.write_bytes(WEIGHTS)
    path = fetch(model, home=tmp_path, sources=[FolderSource(there, model)], say=ignore)
    assert path.name == "tiny.gguf"
    assert path.read_bytes() == WEIGHTS
    assert there.exists()


def test_a_folder_without_the_file_says_what_it_looked_for(model: Model, tmp_path: Path, bar):
    source = FolderSource(tmp_path, model)
    assert not source.has(model.files)
    assert failure_of(source, model, tmp_path, bar) == "has no tiny.gguf, neither there nor in tiny/"


def test_an_altered_file_in_a_folder_is_refused(model: Model, tmp_path: Path):
    (tmp_path / "tiny.gguf").write_bytes(WEIGHTS[:-1])
    with pytest.raises(SourceError.__base__, match="has 1023999 bytes instead of 1024000"):
        fetch(model, home=tmp_path, sources=[FolderSource(tmp_path, model)], say=ignore)
