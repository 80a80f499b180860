"""The contract of the port Embedder, on the shipped fake and on the real model."""

import threading
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from config.errors import ModelFileError
from config.settings import EmbedderSettings
from indexer.embed import Embedder, HashingEmbedder, open_embedder


@pytest.fixture(params=["hashing", pytest.param("minilm", marks=pytest.mark.contract)])
def any_embedder(request: pytest.FixtureRequest) -> Embedder:
    embedder: Embedder = HashingEmbedder() if request.param == "hashing" else request.getfixturevalue("minilm")
    return embedder


def test_documents_become_rows_of_unit_length_in_their_order(any_embedder: Embedder) -> None:
    texts = [
        "The ferry leaves at seven.",
        "x",
        "The ferry leaves at seven in the morning, and dogs travel free of charge.",
    ]
    vectors = any_embedder.embed_documents(texts)
    assert vectors.shape == (3, any_embedder.dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        assert any_embedder.embed_documents([text])[0] @ vector > 0.9998  # in bf16 a digit depends on the company


def test_no_text_becomes_no_row(any_embedder: Embedder) -> None:
    assert any_embedder.embed_documents([]).shape == (0, any_embedder.dimensions)
    assert any_embedder.count_tokens([]) == []


def test_a_query_becomes_one_vector_of_unit_length(any_embedder: Embedder) -> None:
    vector = any_embedder.embed_query("When does the ferry leave?")
    assert vector.shape == (any_embedder.dimensions,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_a_query_is_nearest_to_the_text_that_shares_its_words(any_embedder: Embedder) -> None:
    texts = [
        "The ferry to Gannet leaves at seven.",
        "A brass astrolabe was stolen.",
        "The bridge cost nine million crowns.",
    ]
    similarities = any_embedder.embed_documents(texts) @ any_embedder.embed_query("ferry to Gannet")
    assert int(np.argmax(similarities)) == 0


@pytest.mark.parametrize("text", ["", "   ", "北京", "مرحبا بالعالم", "🙂", "\0", "a" * 20_000, "word " * 5_000])
def test_any_text_has_a_vector_and_a_count(any_embedder: Embedder, text: str) -> None:
    assert np.isfinite(any_embedder.embed_documents([text])).all()
    assert np.isfinite(any_embedder.embed_query(text)).all()
    assert any_embedder.count_tokens([text])[0] >= 2


def test_counts_include_what_lies_beyond_the_window(any_embedder: Embedder) -> None:
    short, long = any_embedder.count_tokens(["one two", "one two " * any_embedder.max_tokens])
    assert short == 4
    assert long > any_embedder.max_tokens


def test_it_says_what_it_is(any_embedder: Embedder) -> None:
    assert any_embedder.name
    assert len(any_embedder.sha256) == 64
    assert any_embedder.max_tokens >= 16


def test_several_threads_get_what_one_thread_gets(any_embedder: Embedder) -> None:
    texts = [f"question number {number} " * (number + 1) for number in range(8)]
    expected = [any_embedder.embed_query(text) for text in texts]
    got: dict[int, np.ndarray] = {}

    def ask(number: int) -> None:
        any_embedder.count_tokens([texts[number]])
        got[number] = any_embedder.embed_query(texts[number])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, vector in enumerate(expected):
        np.testing.assert_allclose(got[number], vector, atol=1e-5)


@given(st.text(max_size=200))
def test_the_fake_gives_any_text_a_finite_unit_vector(text: str) -> None:
    vector = HashingEmbedder(dimensions=32).embed_query(text)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_the_fake_gives_the_same_vector_on_every_machine() -> None:
    # SHAKE-256 of "ferry" begins with 100a 539f c574 9220: four numbers, centred on 32767.5 and scaled to unit length.
    raw = np.array([0x100A, 0x539F, 0xC574, 0x9220]) - 32767.5
    np.testing.assert_allclose(
        HashingEmbedder(dimensions=4).embed_query("Ferry!"), raw / np.linalg.norm(raw), atol=1e-6
    )


def test_fakes_of_other_dimensions_are_other_embedders() -> None:
    assert HashingEmbedder(dimensions=4).sha256 != HashingEmbedder(dimensions=8).sha256


def test_texts_without_a_common_word_are_nearly_orthogonal_to_the_fake() -> None:
    ferry, museum = HashingEmbedder(dimensions=1024).embed_documents(["ferry seven Gannet", "astrolabe stolen brass"])
    assert abs(float(ferry @ museum)) < 0.2


def test_a_missing_model_names_the_remedy(tmp_path) -> None:
    with pytest.raises(ModelFileError, match="footnote models fetch all-MiniLM-L6-v2"):
        open_embedder(EmbedderSettings(model="all-MiniLM-L6-v2", threads=0), home=tmp_path)


@pytest.mark.contract
def test_a_folder_that_is_no_model_is_refused_on_one_line(tmp_path) -> None:
    (tmp_path / "modules.json").write_text("[]")
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelFileError, match=r"not a usable sentence-transformers folder") as caught:
        open_embedder(EmbedderSettings(model=str(tmp_path), threads=1), home=tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.contract
def test_the_window_of_minilm_is_its_own_256_tokens(minilm: Embedder) -> None:
    assert (minilm.dimensions, minilm.max_tokens) == (384, 256)


@pytest.mark.contract
def test_batches_of_documents_are_embedded_side_by_side_eachon_one_core(
    minilm: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(2, timeout=30)
    cores: list[int] = []
    run = minilm._run  # type: ignore[attr-defined]

    def met(inputs: Any) -> Any:
        both.wait()
        cores.append(torch.get_num_threads())
        return run(inputs)

    monkeypatch.setattr(minilm, "_run", met)
    texts = [f"The ferry leaves at {hour}." for hour in range(32)]
    vectors = minilm.embed_documents(texts)
    assert cores == [1, 1]
    monkeypatch.setattr(minilm, "_run", run)
    assert vectors[7] @ minilm.embed_documents([texts[7]])[0] > 0.9998
    minilm.embed_query("When does the ferry leave?")
    assert torch.get_num_threads() == 1
