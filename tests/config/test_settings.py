from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import ConfigError
from config.fields import dotted_keys, sections_of
from config.layers import shipped_profiles
from config.settings import PROMPT_HEADROOM_TOKENS, Settings, load_settings


def error_of(
    profile: str | None = None, environ: dict[str, str] | None = None, overrides: dict[str, object] | None = None
) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(profile, environ or {}, overrides)
    message = str(caught.value)
    assert "\n" not in message
    return message


def refusal_of(environ: dict[str, str]) -> str:
    """The error's message, or nothing when the settings are accepted."""
    try:
        load_settings(None, environ)
    except ConfigError as error:
        return str(error)
    return ""


def profile_file(folder: Path, text: str, name: str = "mine.toml") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_default_profile_holds_what_the_documentation_says():
    settings = load_settings(environ={})
    assert settings.server.port == 8000
    assert settings.embedder.model == "all-MiniLM-L6-v2"
    assert settings.llm.model == "qwen2.5-coder-1.5b-instruct-q4_k_m"
    assert settings.index.directory == "data/index"
    assert settings.verifier.model == ""


@pytest.mark.parametrize("name", ["default", "server", "small"])
def test_every_shipped_profile_is_valid(name: str):
    assert name in shipped_profiles()
    load_settings(name, {})


def test_the_small_profile_differs_from_the_default_only_where_it_says_so():
    small, default = load_settings("small", {}), load_settings("default", {})
    assert small.llm.model == "smollm2-135m-instruct-q4_1"
    assert small.answer.evidence_tokens < default.answer.evidence_tokens
    assert small.server == default.server
    assert small.index == default.index


def test_the_server_profile_names_both_servers():
    settings = load_settings("server", {})
    assert (settings.vectors.kind, settings.vectors.url) == ("server", "http://127.0.0.1:8100")
    assert (settings.llm.kind, settings.llm.url) == ("openai", "http://127.0.0.1:8080/v1")


def test_the_environment_names_the_profile_unless_the_caller_does():
    environ = {"FOOTNOTE_PROFILE": "small"}
    assert load_settings(None, environ).answer.evidence_tokens == 300
    assert load_settings("default", environ).answer.evidence_tokens == 440


def test_overrides_win_over_the_environment_which_wins_over_the_profile():
    environ = {"FOOTNOTE_SERVER__PORT": "8001", "FOOTNOTE_SERVER__HOST": "0.0.0.0"}
    settings = load_settings(None, environ, {"server.port": 8002})
    assert (settings.server.port, settings.server.host) == (8002, "0.0.0.0")


def test_an_override_of_none_counts_as_not_given():
    assert load_settings(None, {}, {"server.port": None}).server.port == 8000


def test_text_of_the_environment_becomes_the_type_of_its_field():
    environ = {
        "FOOTNOTE_LLM__QUEUE_LENGTH": "10",
        "FOOTNOTE_ANSWER__DEADLINE_S": "2.5",
        "FOOTNOTE_ANSWER__SUPPORT_THRESHOLD": "1",
        "FOOTNOTE_SERVER__PUBLIC_URL": "https://example.org/footnote",
        "FOOTNOTE_EMBEDDER__MODEL": "8",
    }
    settings = load_settings(None, environ)
    assert settings.llm.queue_length == 10
    assert settings.answer.deadline_s == 2.5
    assert settings.answer.support_threshold == 1.0
    assert settings.server.public_url == "https://example.org/footnote"
    assert settings.embedder.model == "8"


@given(st.integers(0, 65_535))
def test_every_allowed_port_comes_through_the_environment_unchanged(port: int):
    assert load_settings(None, {"FOOTNOTE_SERVER__PORT": str(port)}).server.port == port


@given(st.text(max_size=200), st.sampled_from(sorted(dotted_keys(sections_of(Settings)))))
def test_any_text_in_the_environment_is_accepted_or_refused_on_one_line_that_names_the_variable(text: str, key: str):
    name = f"FOOTNOTE_{key.upper().replace('.', '__')}"
    message = refusal_of({name: text})
    assert message.startswith(f"{name}: {key} = ") or "because" in message or not message
    assert len(message.splitlines()) <= 1


def test_a_whole_number_in_toml_is_accepted_where_a_number_is_asked_for(tmp_path: Path):
    profile = profile_file(tmp_path, 'extends = "default"\n[answer]\ndeadline_s = 5\n')
    assert load_settings(profile, {}).answer.deadline_s == 5.0


def test_a_profile_may_extend_one_beside_it(tmp_path: Path):
    profile_file(tmp_path, 'extends = "small"\n[server]\nport = 9000\nhost = "0.0.0.0"\n', "base.toml")
    profile = profile_file(tmp_path, 'extends = "base.toml"\n[server]\nport = 9001\n')
    settings = load_settings(profile, {})
    assert (settings.server.port, settings.server.host) == (9001, "0.0.0.0")
    assert settings.llm.context_tokens == 2048


def test_an_empty_section_changes_nothing(tmp_path: Path):
    profile = profile_file(tmp_path, 'extends = "default"\n[server]\n')
    assert load_settings(profile, {}) == load_settings("default", {})


@pytest.mark.parametrize(
    ("toml", "key_and_value", "allowed"),
    [
        ("[server]\nport = 70000", "server.port = 70000", "must be a whole number from 0 to 65535"),
        ('[server]\nport = "8000"', "server.port = '8000'", "must be a whole number from 0 to 65535"),
        ("[server]\nport = true", "server.port = True", "must be a whole number from 0 to 65535"),
        ("[server]\nport = 80.0", "server.port = 80.0", "must be a whole number from 0 to 65535"),
        ('[vectors]\nkind = "faiss"', "vectors.kind = 'faiss'", 'must be one of "embedded", "server"'),
        ("[answer]\ndeadline_s = 0", "answer.deadline_s = 0", "must be a number above 0 up to 3600"),
        ("[answer]\ndeadline_s = nan", "answer.deadline_s = nan", "must be a number above 0 up to 3600"),
        ("[answer]\nanswerability_threshold = inf", "answer.answerability_threshold = inf", "from 0 to 1"),
        ('[llm]\nurl = "localhost:8080"', "llm.url = 'localhost:8080'", "an address with http:// or https://"),
        ('[index]\ndirectory = ""', "index.directory = ''", "must be text that is not empty"),
        ("[verifier]\nmodel = false", "verifier.model = False", "must be text"),
        ("[verifier]\nchecker_threshold = 1.5", "verifier.checker_threshold = 1.5", "must be a number from 0 to 1"),
        ("[llm]\ntokenizer = 5", "llm.tokenizer = 5", "must be text"),
        (
            "[server]\nprot = 1",
            "server.prot = 1",
            "unknown key in [server] (did you mean 'port'?): allowed are host, port",
        ),
        (
            "[sever]\nport = 1",
            "sever.port = 1",
            "unknown section (did you mean 'server'?): allowed are index, embedder",
        ),
        ("[sever]", "sever = {}", "unknown section (did you mean 'server'?)"),
        ("port = 1", "port = 1", "unknown key"),
        ("server = 1", "server = 1", "must be a section with the keys host, port, public_url, max_body_bytes"),
        ("[server.port]\nnumber = 1", "server.port.number = 1", "unknown key in [server]"),
    ],
)
def test_a_wrong_setting_in_a_file_names_file_key_value_and_what_is_allowed(
    tmp_path: Path, toml: str, key_and_value: str, allowed: str
):
    top_level, tables = (toml, "") if not toml.startswith("[") else ("", toml)
    profile = profile_file(tmp_path, f'extends = "default"\n{top_level}\n{tables}\n')
    message = error_of(profile)
    assert message.startswith(f"{profile}: {key_and_value}: ")
    assert allowed in message


def test_a_wrong_override_is_named_as_one():
    assert error_of(overrides={"server.port": -1}).startswith("override: server.port = -1: must be")


def test_a_long_wrong_value_is_cut_and_its_line_breaks_are_escaped():
    message = error_of(environ={"FOOTNOTE_SERVER__PORT": "1\n" * 1000})
    assert "'1\\n1\\n" in message
    assert len(message) < 250


def test_a_key_pasted_in_place_of_its_variables_name_is_not_shown():
    message = error_of(environ={"FOOTNOTE_LLM__API_KEY_ENV": "sk-abc-secret"})
    assert "sk-abc" not in message
    assert "llm.api_key_env = (not shown): must be empty, or the name of an environment variable" in message


def test_an_unknown_variable_with_our_prefix_is_refused_with_the_closest_one():
    message = error_of(environ={"FOOTNOTE_SERVER__PROT": "1"})
    assert message.startswith("FOOTNOTE_SERVER__PROT = '1': unknown environment variable")
    assert "did you mean 'FOOTNOTE_SERVER__PORT'?" in message


def test_variables_that_say_where_to_look_are_no_settings():
    load_settings(
        None, {"FOOTNOTE_HOME": "/x", "FOOTNOTE_MODEL_PATH": "/y", "FOOTNOTE_PROFILE": "small", "PATH": "/bin"}
    )


def test_an_unknown_profile_is_refused_with_the_shipped_ones():
    assert error_of("smal").startswith(
        "profile: no profile 'smal' (did you mean 'small'?): allowed are default, server"
    )
    assert error_of(environ={"FOOTNOTE_PROFILE": "nope"}).startswith("FOOTNOTE_PROFILE: no profile 'nope'")


def test_a_missing_key_says_what_to_add(tmp_path: Path):
    profile = profile_file(tmp_path, "[server]\nport = 1\n")
    message = error_of(profile)
    assert message.startswith(f"{profile}: index.directory is missing")
    assert 'extends = "default"' in message


def test_a_circle_of_profiles_is_refused(tmp_path: Path):
    profile_file(tmp_path, 'extends = "b.toml"', "a.toml")
    profile_file(tmp_path, 'extends = "a.toml"', "b.toml")
    assert "goes round in a circle" in error_of(str(tmp_path / "a.toml"))


def test_a_base_that_is_not_there_is_blamed_on_the_file_that_names_it(tmp_path: Path):
    profile = profile_file(tmp_path, 'extends = "nowhere.toml"')
    assert error_of(profile).startswith(f"{profile}: extends: no profile 'nowhere.toml'")


def test_a_base_that_is_not_text_is_refused(tmp_path: Path):
    profile = profile_file(tmp_path, "extends = 5")
    assert error_of(profile).startswith(f"{profile}: extends = 5: must be")


def test_a_file_that_is_not_toml_is_refused_with_the_line(tmp_path: Path):
    profile = profile_file(tmp_path, "[server\nport = 1")
    message = error_of(profile)
    assert message.startswith(f"{profile}: is not TOML: ")
    assert "line 1" in message


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path):
    path = tmp_path / "latin.toml"
    path.write_bytes(b'extends = "default" # caf\xe9')
    assert error_of(str(path)) == f"{path}: is not UTF-8 text, at byte 25"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (
            {"FOOTNOTE_VECTORS__KIND": "server"},
            "vectors.url = '': must be the address of a Chroma server, because vectors.kind = \"server\"",
        ),
        (
            {"FOOTNOTE_LLM__KIND": "openai"},
            "llm.url = '': must be the address of an OpenAI-compatible server",
        ),
        (
            {"FOOTNOTE_LLM__KIND": "openai", "FOOTNOTE_LLM__URL": "http://127.0.0.1:1/v1"},
            "llm.tokenizer = '': must be a catalogue id or a .gguf file that counts tokens",
        ),
        (
            {"FOOTNOTE_RETRIEVAL__EVIDENCE_PARAGRAPHS": "81"},
            "FOOTNOTE_RETRIEVAL__EVIDENCE_PARAGRAPHS: retrieval.evidence_paragraphs = '81': must be at most 80",
        ),
        (
            {"FOOTNOTE_LLM__MODEL": "all-MiniLM-L6-v2"},
            "FOOTNOTE_LLM__MODEL: llm.model = 'all-MiniLM-L6-v2': is a sentence_transformers model: must be a gguf",
        ),
        (
            {"FOOTNOTE_EMBEDDER__MODEL": "smollm2-135m-instruct-q4_1"},
            "is a gguf model: must be a sentence_transformers model (all-MiniLM-L6-v2, all-mpnet-base-v2), or a path",
        ),
        (
            {"FOOTNOTE_VERIFIER__MODEL": "all-MiniLM-L6-v2"},
            "is a sentence_transformers model: must be a cross_encoder model (the catalogue has none), or a path",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(environ: dict[str, str], expected: str):
    assert expected in error_of(environ=environ)


def test_a_model_that_checks_facts_is_named_by_its_path():
    environ = {"FOOTNOTE_VERIFIER__MODEL": "models/nli", "FOOTNOTE_VERIFIER__CHECKER_THRESHOLD": "0.9"}
    verifier = load_settings(None, environ).verifier
    assert (verifier.model, verifier.checker_threshold) == ("models/nli", 0.9)


def test_evidence_answer_and_headroom_may_just_fill_the_context():
    room = 2048 - 160 - PROMPT_HEADROOM_TOKENS
    load_settings(None, {"FOOTNOTE_ANSWER__EVIDENCE_TOKENS": str(room)})
    message = error_of(environ={"FOOTNOTE_ANSWER__EVIDENCE_TOKENS": str(room + 1)})
    assert f"answer.evidence_tokens = '{room + 1}': must be at most {room}" in message
