from pathlib import Path

import platformdirs
import pytest

from config.build_llama import default_wheel_dir
from config.paths import footnote_home


def test_the_variable_names_the_home():
    assert footnote_home({"FOOTNOTE_HOME": "/somewhere/else"}) == Path("/somewhere/else")


def test_the_home_is_absolute_and_knows_the_tilde():
    assert footnote_home({"FOOTNOTE_HOME": "here"}) == Path.cwd() / "here"
    assert footnote_home({"FOOTNOTE_HOME": "~/here"}) == Path.home() / "here"


def test_without_the_variable_it_is_in_the_users_cache_folder():
    expected = platformdirs.user_cache_path("footnote", appauthor=False)
    assert footnote_home({}) == expected
    assert footnote_home({"FOOTNOTE_HOME": ""}) == expected
    assert expected.name == "footnote"


@pytest.mark.parametrize("environ", [{}, {"FOOTNOTE_HOME": "/else"}, {"XDG_CACHE_HOME": "/cache"}])
def test_the_build_that_runs_before_anything_is_installed_finds_the_same_home(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert default_wheel_dir(environ) == footnote_home(environ) / "wheels"
