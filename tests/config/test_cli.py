import subprocess
import sys
from importlib import metadata
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from config.catalogue import load_catalogue
from config.cli import OWN_COMMANDS, QUIET_ENVIRONMENT, SHORT_HELP, Commands, main, quiet_libraries
from config.errors import ConfigError
from config.invocation import Invocation, ReadableText


def run(*arguments: str, home: Path | None = None, environ: dict[str, str] | None = None) -> Result:
    given = {"FOOTNOTE_HOME": str(home) if home else None, "FOOTNOTE_PROFILE": None, **(environ or {})}
    return CliRunner().invoke(main, list(arguments), env=given)


def root_with(command: click.Command) -> Commands:
    """A root command like ours with one command of the test's."""
    root = Commands("footnote")
    root.add_command(command)
    return root


def test_the_help_names_the_commands_with_one_line_each():
    result = run("--help")
    assert result.exit_code == 0
    assert SHORT_HELP["models"] in result.stdout


def test_neither_the_help_nor_the_models_command_imports_heavy_libraries():
    script = (
        "import sys\nfrom config.cli import main\n"
        "for arguments in (['--help'], ['models', '--help'], ['models', 'list']):\n"
        "    main(arguments, standalone_mode=False)\n"
        "print(sorted({'torch', 'litestar', 'chromadb', 'llama_cpp', 'transformers'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_one_line_help_of_every_command_is_what_it_says_itself_and_no_other_command_is_shown():
    commands = {
        entry_point.name: entry_point.load() for entry_point in metadata.entry_points(group="footnote.commands")
    }
    assert OWN_COMMANDS.keys() <= commands.keys()
    assert {name: command.get_short_help_str(limit=100) for name, command in commands.items()} == SHORT_HELP
    shown = run("--help").stdout.partition("Commands:\n")[2]
    assert [line.split()[0] for line in shown.splitlines()] == sorted(commands)


def test_bytes_of_the_command_line_that_are_no_text_become_question_marks():
    @click.command()
    @click.argument("text", type=ReadableText())
    def echo(text: str) -> None:
        click.echo(text)

    assert CliRunner().invoke(root_with(echo), ["echo", "caf\udce9 ☕"]).stdout == "caf? ☕\n"


def test_a_foreseen_error_is_one_line_and_exit_code_2():
    @click.command()
    def fail() -> None:
        raise ConfigError("x.toml: server.port = 1: wrong")

    result = CliRunner().invoke(root_with(fail), ["fail"])
    assert (result.exit_code, result.stderr, result.stdout) == (2, "footnote: x.toml: server.port = 1: wrong\n", "")


def test_an_interruption_is_exit_code_130():
    @click.command()
    def wait() -> None:
        raise KeyboardInterrupt

    result = CliRunner().invoke(root_with(wait), ["wait"])
    assert (result.exit_code, result.stderr) == (130, "footnote: interrupted\n")


def test_an_unforeseen_error_is_not_hidden():
    @click.command()
    def crash() -> None:
        raise ZeroDivisionError

    assert isinstance(CliRunner().invoke(root_with(crash), ["crash"]).exception, ZeroDivisionError)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("no_such_module_at_all:x", "command 'broken' cannot be loaded: No module named 'no_such_module_at_all'"),
        ("config.errors:FootnoteError", "command 'broken': config.errors:FootnoteError is no click command"),
    ],
)
def test_a_command_that_cannot_be_loaded_is_one_line(value: str, expected: str, monkeypatch: pytest.MonkeyPatch):
    broken = metadata.EntryPoint("broken", value, "footnote.commands")
    monkeypatch.setitem(OWN_COMMANDS, "broken", broken)
    result = run("broken")
    assert result.exit_code == 2
    assert expected in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_an_unknown_command_is_a_usage_error():
    result = run("frobnicate")
    assert result.exit_code == 2
    assert "No such command 'frobnicate'" in result.stderr


def test_the_version_is_shown():
    assert run("--version").stdout.startswith("footnote ")


def test_the_profile_reaches_the_command_and_is_loaded_only_when_asked_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("FOOTNOTE_PROFILE", raising=False)
    assert Invocation(profile="small").settings().answer.evidence_tokens == 300
    assert Invocation().settings({"server.port": 8003}).server.port == 8003
    Invocation(profile="no such profile")


def test_the_libraries_are_quiet_unless_the_user_says_otherwise():
    environ = {"HF_HUB_OFFLINE": "0"}
    quiet_libraries(environ)
    assert environ == {**QUIET_ENVIRONMENT, "HF_HUB_OFFLINE": "0"}


def test_the_list_shows_every_model_with_its_state(tmp_path: Path):
    result = run("models", "list", home=tmp_path)
    header, *rows = result.stdout.splitlines()
    assert header.split() == ["ID", "KIND", "SIZE", "LICENCE", "STATE"]
    assert [row.split()[0] for row in rows] == load_catalogue().ids()
    assert all(row.endswith("not here") for row in rows)
    assert max(len(row) for row in rows) <= 80


def test_an_altered_model_is_listed_with_a_doubt_and_refused_by_verify_and_path(tmp_path: Path):
    folder = tmp_path / "models" / "smollm2-135m-instruct-q4_1"
    folder.mkdir(parents=True)
    (folder / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"short")
    assert "altered?" in run("models", "list", home=tmp_path).stdout
    for arguments in (["verify"], ["verify", folder.name], ["path", folder.name]):
        result = run("models", *arguments, home=tmp_path)
        assert result.exit_code == 2
        assert (
            "has 5 bytes instead of 98362432: run `footnote models fetch smollm2-135m-instruct-q4_1`" in result.stderr
        )
        assert len(result.stderr.splitlines()) == 1


def test_verify_without_any_model_says_what_to_do(tmp_path: Path):
    result = run("models", "verify", home=tmp_path)
    assert result.exit_code == 0
    assert "no model is here" in result.stdout


def test_fetching_from_a_folder_without_the_model_fails_with_its_reason(tmp_path: Path):
    folder = tmp_path / "empty"
    folder.mkdir()
    result = run("models", "fetch", "smollm2-135m-instruct-q4_1", "--from", str(folder), home=tmp_path / "home")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith(
        f"footnote: model smollm2-135m-instruct-q4_1 could not be fetched: folder {folder}: has no SmolLM2"
    )


def test_fetch_without_an_id_takes_what_the_profile_needs(tmp_path: Path):
    folder = tmp_path / "empty"
    folder.mkdir()
    result = run("--profile", "small", "models", "fetch", "--from", str(folder), home=tmp_path / "home")
    assert "model all-MiniLM-L6-v2 could not be fetched" in result.stderr


@pytest.mark.parametrize("arguments", [["fetch", "nope"], ["verify", "nope"], ["path", "nope"]])
def test_an_unknown_model_is_one_line(arguments: list[str], tmp_path: Path):
    result = run("models", *arguments, home=tmp_path)
    assert result.exit_code == 2
    assert result.stderr.startswith("footnote: no model 'nope'")
    assert len(result.stderr.splitlines()) == 1


def test_a_wrong_profile_is_one_line(tmp_path: Path):
    result = run("--profile", "smal", "models", "fetch", home=tmp_path)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert result.stderr.startswith("footnote: profile: no profile 'smal' (did you mean 'small'?)")
