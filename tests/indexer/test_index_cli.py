"""`footnote index` and `footnote search` on the real parts: what they print and how they exit."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from config.cli import main
from config.settings import load_settings
from indexer.build import build
from indexer.cli import index, search
from indexer.embed import Embedder
from tests.indexer.conftest import TEXTS

pytestmark = pytest.mark.contract


@pytest.fixture
def footnote(tmp_path: Path, home: Path, minilm):
    """Run a command as installed; the embedder's fixture has seen to it that the model is there."""
    del minilm
    commands = dict(main.commands)
    main.add_command(index)
    main.add_command(search)

    def run(*arguments: str) -> Result:
        environment = {"FOOTNOTE_HOME": str(home), "FOOTNOTE_INDEX__DIRECTORY": str(tmp_path / "index")}
        return CliRunner().invoke(main, list(arguments), env=environment)

    yield run
    main.commands = commands


@pytest.fixture(scope="session")
def made_index(tmp_path_factory: pytest.TempPathFactory, minilm: Embedder) -> Path:
    """An index of the small corpus, made once."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "corpus").mkdir()
    for name, text in TEXTS.items():
        (folder / "corpus" / name).write_text(text, encoding="utf-8")
    settings = load_settings("default", environ={}, overrides={"index.directory": str(folder / "index")})
    build([folder / "corpus"], settings=settings, embedder=minilm)
    return folder / "index"


@pytest.fixture
def indexed(made_index: Path, tmp_path: Path) -> Path:
    """The folder of the index that the commands of a test find: a copy, as after `footnote index`."""
    return Path(shutil.copytree(made_index, tmp_path / "index"))


def test_the_summary_counts_what_was_indexed_and_what_was_skipped(footnote, corpus: Path) -> None:
    (corpus / "broken.pdf").write_bytes(b"no PDF")
    result = footnote("index", str(corpus))
    assert result.exit_code == 0
    assert "Indexed 3 documents, 6 paragraphs, 6 chunks: 6 embedded, 0 reused." in result.stdout
    assert "Skipped 1 file:\n  broken.pdf: " in result.stdout
    assert "left out" not in result.stdout
    again = footnote("index", str(corpus))
    assert again.stdout.startswith("Nothing changed: g")


def test_a_skipped_file_is_a_failure_when_strict(footnote, corpus: Path) -> None:
    assert footnote("index", str(corpus), "--strict").exit_code == 0
    (corpus / "broken.pdf").write_bytes(b"no PDF")
    result = footnote("index", str(corpus), "--strict")
    assert result.exit_code == 1
    assert "Skipped 1 file" in result.stdout


def test_the_report_as_json_names_generation_and_skipped_files(footnote, corpus: Path) -> None:
    (corpus / "broken.pdf").write_bytes(b"no PDF")
    report = json.loads(footnote("index", str(corpus), "--json").stdout)
    assert report["outcome"] == "built"
    assert report["generation"]["paragraph_count"] == 6
    assert [file["path"] for file in report["skipped"]] == ["broken.pdf"]


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize("content", [None, "broken.pdf"])
def test_no_readable_document_is_one_line_and_exit_code_2_and_the_old_index_stays(
    footnote, tmp_path: Path, content: str | None
) -> None:
    (tmp_path / "empty").mkdir()
    if content:
        (tmp_path / "empty" / content).write_bytes(b"no PDF")
    result = footnote("index", str(tmp_path / "empty"))
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "no file of a known kind" in result.stderr or "broken.pdf: broken PDF" in result.stderr
    assert "astrolabe" in footnote("search", "astrolabe").stdout


def test_files_of_other_kinds_are_left_out_and_counted_and_are_no_failure(footnote, corpus: Path) -> None:
    (corpus / "a.png").touch()
    (corpus / "b.csv").touch()
    result = footnote("index", str(corpus), "--strict")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "2 files of other kinds left out.")
    assert json.loads(footnote("index", str(corpus), "--json").stdout)["unsupported_count"] == 2


@pytest.mark.parametrize("name", ["missing", "missing/a.txt", "a.png"])
def test_a_wrong_path_is_one_line_that_names_it_before_anything_is_loaded(footnote, tmp_path: Path, name: str) -> None:
    (tmp_path / "a.png").touch()
    result = footnote("index", str(tmp_path / name))
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert result.stderr.startswith(f"footnote: {tmp_path / name}: ")


def test_an_index_folder_that_cannot_be_written_is_one_line(footnote, corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "index").touch()
    result = footnote("index", str(corpus))
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert result.stderr.startswith(f"footnote: {tmp_path / 'index'}: cannot be written (File exists); see that")


def test_an_index_that_does_not_fit_or_is_damaged_is_one_line_and_building_again_mends_it(
    footnote, corpus: Path, indexed: Path
) -> None:
    (manifest,) = indexed.glob("g*/manifest.json")
    sound = json.loads(manifest.read_text())
    shutil.rmtree(manifest.with_name("chroma"))
    for content, says in (
        (sound, "is missing, the manifest says"),
        (sound | {"embedder_sha256": "0" * 64}, "configured is all-MiniLM-L6-v2"),
        ("broken", "is no manifest"),
        (sound | {"format_version": 99}, "has index format 99"),
    ):
        manifest.write_text(json.dumps(content))
        result = footnote("search", "astrolabe")
        assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
        assert says in result.stderr
        assert result.stderr.strip().endswith("build it again with `footnote index PATH…`")
    assert footnote("index", str(corpus)).stdout.startswith("Published g")
    assert "astrolabe" in footnote("search", "astrolabe").stdout


@pytest.mark.parametrize(("query", "says"), [("", "is empty"), (" \n\t", "is empty"), ("x" * 100_000, "100000 char")])
def test_an_empty_or_endless_query_is_one_line(footnote, query: str, says: str) -> None:
    result = footnote("search", query)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert says in result.stderr


@pytest.mark.usefixtures("indexed")
def test_bytes_of_the_command_line_that_are_no_text_can_be_searched_for(footnote) -> None:
    found = json.loads(footnote("search", "astrolabe \udcff", "--document", "\udcff", "--json").stdout)
    assert (found["query"], found["hits"]) == ("astrolabe ?", [])


@pytest.mark.usefixtures("indexed")
def test_search_shows_ranked_paragraphs_with_both_scores_at_80_columns(footnote) -> None:
    result = footnote("search", "Who stole the astrolabe?", "--limit", "2")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "1. Museum theft"
    assert lines[1].startswith("   d")
    assert lines[2].startswith("   fused 1.000   cosine 0.")
    assert "BM25 " in lines[2]
    assert lines[3] == "   A brass astrolabe was stolen from the museum."
    assert max(len(line) for line in lines) <= 80
    assert [line for line in lines if line != line.rstrip()] == []
    assert "3. " not in result.stdout


@pytest.mark.usefixtures("indexed")
def test_search_as_json_holds_whole_hits(footnote) -> None:
    found = json.loads(footnote("search", "astrolabe", "--limit", "1", "--json").stdout)
    assert found["query"] == "astrolabe"
    assert found["index_version"].startswith("g")
    assert found["hits"][0]["paragraph"]["text"] == "A brass astrolabe was stolen from the museum."


def test_search_filters_by_date_and_document(footnote, corpus: Path) -> None:
    (corpus / "strike.md").write_text(
        "---\ntitle: Strike\ndate: 2024-08-06\n---\n\nThe crew of the ferry went on strike.\n"
    )
    footnote("index", str(corpus))
    dated = json.loads(footnote("search", "ferry", "--from", "2024-08-06", "--to", "2024-08-06", "--json").stdout)
    assert [hit["title"] for hit in dated["hits"]] == ["Strike"]
    document_id = dated["hits"][0]["paragraph"]["document_id"]
    chosen = json.loads(footnote("search", "museum", "--document", document_id, "--json").stdout)
    assert [hit["title"] for hit in chosen["hits"]] == ["Strike"]
    assert footnote("search", "ferry", "--to", "2000-01-01").stdout == "No paragraph was found.\n"


def test_what_could_drive_a_terminal_is_not_printed(footnote, corpus: Path) -> None:
    (corpus / "trick.txt").write_text("Trick\n\nAn escape \x1b]0;sequence\x07 inside [bold]text[/bold] :smile: here.\n")
    footnote("index", str(corpus))
    shown = footnote("search", "escape sequence", "--limit", "1").stdout
    assert "\x1b" not in shown
    assert "[bold]text[/bold] :smile: here." in shown


def test_searching_before_indexing_names_the_remedy(footnote) -> None:
    result = footnote("search", "anything")
    assert result.exit_code == 2
    assert result.stderr.strip().endswith("build one with `footnote index PATH…`")
