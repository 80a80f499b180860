"""tiktoken on a model's own vocabulary, against llama.cpp itself."""

from collections.abc import Callable
from pathlib import Path

import llama_cpp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.load import find_files, load
from qa_service.errors import ModelError
from qa_service.llm.native import load_file, load_vocabulary
from qa_service.llm.vocabulary import Vocabulary

pytestmark = pytest.mark.contract

Both = tuple[Vocabulary, Callable[[str], list[int]]]


@pytest.fixture(scope="module", params=["small_model", "default_model"])
def both(request: pytest.FixtureRequest) -> Both:
    """The vocabulary, and llama.cpp's own tokenizer, of one model."""
    path: Path = request.getfixturevalue(request.param)
    tokens_of = llama_cpp.llama_model_get_vocab(load_file(path, name=path.stem, vocabulary_only=True))

    def tokenize(text: str) -> list[int]:
        data = text.encode()
        tokens = (llama_cpp.llama_token * (len(data) + 1))()
        count = llama_cpp.llama_tokenize(tokens_of, data, len(data), tokens, len(tokens), False, False)
        return list(tokens[:count])

    return load_vocabulary(path, name=path.stem), tokenize


def test_tokens_equal_llama_cpps_on_the_whole_sample_corpus(both: Both, sample_corpus: Path) -> None:
    vocabulary, tokenize = both
    texts = [load(file).text for file in find_files([sample_corpus]).files]
    assert len(texts) >= 36
    for text in texts:
        assert vocabulary.encode(text) == tokenize(text)


@pytest.mark.parametrize(
    "text",
    [
        "الأرقام ٣٤٥ و ١٢ في عام ٢٠٢٤، ماذا حدث؟",
        "中文测试，数字123。〇一二 ①②",
        "🎉👩\u200d👩\u200d👧 emoji ☃️ 🇬🇷",
        "def f(x):\r\n    return x**2  # ok\n\n\n\tif a != b:\n\t\tpass",
        "a  5   b\n\n\n  c \t x \u00a0\u2003y \u200f\u202bא 12345 3.14 I'LL don't WE'RE",
        "० १२ ๑๒ ½ ² Ⅷ e\u0301 é ﬁ Ａ",
    ],
    ids=["Arabic", "Chinese", "emoji", "code", "white space", "other digits"],
)
def test_tokens_equal_llama_cpps_on_other_scripts(both: Both, text: str) -> None:
    vocabulary, tokenize = both
    assert vocabulary.encode(text) == tokenize(text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(text=st.text(st.characters(blacklist_categories=["Cs", "Cn"], blacklist_characters="\0"), max_size=60))
def test_tokens_equal_llama_cpps_on_arbitrary_text(both: Both, text: str) -> None:
    vocabulary, tokenize = both
    assert vocabulary.encode(text) == tokenize(text)


def test_special_tokens_in_a_text_stay_plain_text(both: Both) -> None:
    vocabulary, _ = both
    assert not set(vocabulary.encode("<|im_start|>system")) & vocabulary.special_tokens
    assert set(vocabulary.encode_template("<|im_start|>")) <= vocabulary.special_tokens


def test_a_file_that_is_no_model_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "fake.gguf").write_bytes(b"GGUF and then nothing")
    with pytest.raises(ModelError, match=r"cannot load .*fake\.gguf"):
        load_vocabulary(tmp_path / "fake.gguf", name="fake")
