"""Chunks carry their context, keep the text and never exceed the window, on the fake and on the real tokenizer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import ConfigError
from indexer.chunk import chunk
from indexer.embed import Embedder, HashingEmbedder
from indexer.values import Chunk, Paragraph


@pytest.fixture(params=["hashing", pytest.param("minilm", marks=pytest.mark.contract)])
def any_embedder(request: pytest.FixtureRequest) -> Embedder:
    embedder: Embedder = HashingEmbedder() if request.param == "hashing" else request.getfixturevalue("minilm")
    return embedder


def paragraph(text: str, heading: str = "") -> Paragraph:
    return Paragraph(id="d1-p2", document_id="d1", number=2, start=0, end=len(text), text=text, heading=heading)


def require_windows(chunks: list[Chunk], embedder: Embedder, max_tokens: int) -> None:
    assert [item.id for item in chunks] == [f"d1-p2-c{number}" for number in range(1, len(chunks) + 1)]
    assert {item.paragraph_id for item in chunks} == {"d1-p2"}
    assert max(embedder.count_tokens([item.text for item in chunks])) <= max_tokens


def test_a_short_paragraph_is_one_chunk_below_its_title_and_heading() -> None:
    chunks = chunk(
        paragraph("The ferry leaves at seven.", "Times"), title="Ferry", embedder=HashingEmbedder(), max_tokens=64
    )
    assert chunks == [Chunk(id="d1-p2-c1", paragraph_id="d1-p2", text="Ferry\nTimes\nThe ferry leaves at seven.")]


def test_a_long_paragraph_is_cut_into_windows_of_whole_sentences() -> None:
    # Per sentence: 5 words and a full stop are 6 tokens; the title is 1, the frame 2: two sentences in 16 tokens.
    text = "One two three four five. Six seven eight nine ten. Eleven dozen many more come."
    chunks = chunk(paragraph(text), title="T", embedder=HashingEmbedder(), max_tokens=16)
    assert [item.text for item in chunks] == [
        "T\nOne two three four five. Six seven eight nine ten.",
        "T\nEleven dozen many more come.",
    ]


def test_a_sentence_that_is_too_long_is_cut_at_white_space() -> None:
    text = " ".join(f"word{number}" for number in range(30))
    chunks = chunk(paragraph(text), title="T", embedder=HashingEmbedder(), max_tokens=16)
    assert [len(item.text.split()) - 1 for item in chunks] == [13, 13, 4]
    assert " ".join(item.text.removeprefix("T\n") for item in chunks) == text


def test_sentences_around_one_that_is_too_long_are_kept_in_order() -> None:
    text = "Short one. " + " ".join(f"Word{number}" for number in range(30)) + ". Last one."
    chunks = chunk(paragraph(text), title="T", embedder=HashingEmbedder(), max_tokens=16)
    assert " ".join(item.text.removeprefix("T\n") for item in chunks) == text
    assert chunks[0].text == "T\nShort one."


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000,
        "é🙂" * 50_000,
        "北京是中国的首都。" * 5_000,
        "A sentence of some words. " * 2_000,
        "1,234.5;" * 10_000,
        ". " * 20_000,
    ],
    ids=["letters", "emoji", "Chinese", "sentences", "numbers", "stops"],
)
def test_no_text_makes_a_chunk_that_exceeds_the_window(any_embedder: Embedder, text: str) -> None:
    chunks = chunk(paragraph(text), title="Title", embedder=any_embedder, max_tokens=any_embedder.max_tokens)
    require_windows(chunks, any_embedder, any_embedder.max_tokens)
    assert kept(chunks, "Title\n") == "".join(text.split())


def test_an_over_long_title_gives_way_to_the_paragraph(any_embedder: Embedder) -> None:
    chunks = chunk(
        paragraph("The ferry leaves at seven.", "heading " * 500),
        title="title " * 5_000,
        embedder=any_embedder,
        max_tokens=32,
    )
    require_windows(chunks, any_embedder, 32)
    assert len(chunks) == 1
    assert chunks[0].text.startswith("title title")
    assert chunks[0].text.endswith("\nThe ferry leaves at seven.")


def test_a_heading_that_does_not_fit_is_left_out() -> None:
    [only] = chunk(paragraph("Body.", "long " * 40), title="Short", embedder=HashingEmbedder(), max_tokens=64)
    assert only.text == "Short\nBody."


def test_a_document_without_title_has_bare_chunks() -> None:
    [only] = chunk(paragraph("Body."), title="", embedder=HashingEmbedder(), max_tokens=64)
    assert only.text == "Body."


@pytest.mark.parametrize("max_tokens", [0, 15, 65])
def test_a_window_that_cannot_be_is_refused_with_what_is_allowed(max_tokens: int) -> None:
    with pytest.raises(ConfigError, match=rf"max_chunk_tokens is {max_tokens}: allowed are 16 to 64"):
        chunk(paragraph("Body."), title="", embedder=HashingEmbedder(), max_tokens=max_tokens)


@given(st.text(min_size=1, max_size=400), st.text(max_size=80), st.text(max_size=80), st.integers(16, 64))
@settings(deadline=None)
def test_chunks_of_any_text_fit_and_keep_every_character(text: str, title: str, heading: str, max_tokens: int) -> None:
    embedder = HashingEmbedder()
    chunks = chunk(paragraph(text, heading), title=title, embedder=embedder, max_tokens=max_tokens)
    assert chunks
    require_windows(chunks, embedder, max_tokens)
    context = common_context(chunks, title, heading, embedder, max_tokens)
    assert kept(chunks, context) == "".join(text.split())


def common_context(chunks: list[Chunk], title: str, heading: str, embedder: Embedder, max_tokens: int) -> str:
    """The context does not depend on the paragraph's text: take it from a paragraph of one letter."""
    [bare] = chunk(paragraph("x", heading), title=title, embedder=embedder, max_tokens=max_tokens)
    assert all(item.text.startswith(bare.text[:-1]) for item in chunks)
    return bare.text[:-1]


def kept(chunks: list[Chunk], context: str) -> str:
    return "".join("".join(item.text.removeprefix(context).split()) for item in chunks)
