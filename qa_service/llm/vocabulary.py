"""A GGUF model's own vocabulary as a tiktoken `Encoding`, so that counts and prompts need no model call.

llama.cpp keeps a byte-pair vocabulary as token texts in GPT-2's printable alphabet (Radford et al. 2019,
`bytes_to_unicode`); mapped back to bytes, with the token id as the merge rank, they are what tiktoken wants. The
pre-tokenizer's pattern is not in the file, only its name is: `_PATTERNS` gives the pattern of each name that we know.
"""

import ctypes
from collections.abc import Iterator

import llama_cpp
import tiktoken

from qa_service.errors import ModelError

_QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# llama.cpp splits single digits off before it applies GPT-2's pattern, so white space before a digit is a piece's end.
_SMOLLM = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?![^\s\p{N}])|\s+"
_LLAMA3 = _QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"

_PATTERNS = {"qwen2": _QWEN2, "smollm": _SMOLLM, "llama-bpe": _LLAMA3, "llama3": _LLAMA3, "gpt-2": _GPT2}

_SPECIAL = (
    llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED | llama_cpp.LLAMA_TOKEN_ATTR_UNUSED
)
_META_CHARS = 64


class Vocabulary:
    """A model's tokens: text to ids and back. Ids equal llama.cpp's with `parse_special=False`."""

    def __init__(self, encoding: tiktoken.Encoding, *, size: int) -> None:
        self._encoding = encoding
        self._size = size

    def encode(self, text: str) -> list[int]:
        """Return the ids of `text`, special tokens read as plain text. Bytes that the model has no token for are left
        out.
        """
        return [token for token in self._encoding.encode_ordinary(text) if token < self._size]

    def encode_template(self, text: str) -> list[int]:
        """Return the ids of a piece of the model's own chat template, special tokens and all."""
        return [token for token in self._encoding.encode(text, allowed_special="all") if token < self._size]

    def bytes_of(self, token: int) -> bytes:
        """Return the bytes of one token: part of a character, sometimes."""
        return self._encoding.decode_single_token_bytes(token)

    @property
    def special_tokens(self) -> frozenset[int]:
        """Ids that no text of a document or a user can turn into."""
        return frozenset(
            self._encoding.encode(text, allowed_special="all")[0] for text in self._encoding.special_tokens_set
        )


def vocabulary_of(model: llama_cpp.llama_model_p, name: str) -> Vocabulary:
    """Return the vocabulary of a loaded model (loaded with `vocab_only` is enough).

    Raises ModelError for a vocabulary which is not byte-pair, or whose pre-tokenizer is unknown.
    """
    kind, split = _meta(model, b"tokenizer.ggml.model"), _meta(model, b"tokenizer.ggml.pre")
    if kind != "gpt2" or split not in _PATTERNS:
        raise ModelError(
            f"{name}: tokenizer {kind!r} with pre-tokenizer {split!r} is not supported; use a model with a byte-pair "
            f"vocabulary and one of {', '.join(sorted(_PATTERNS))}"
        )
    to_byte = {char: byte for byte, char in _printable_bytes()}
    ranks: dict[bytes, int] = {}
    special: dict[str, int] = {}
    tokens = llama_cpp.llama_model_get_vocab(model)
    size = llama_cpp.llama_vocab_n_tokens(tokens)
    for token in range(size):
        text = llama_cpp.llama_vocab_get_text(tokens, token).decode()
        if llama_cpp.llama_vocab_get_attr(tokens, token) & _SPECIAL:
            special[text] = token
        else:
            ranks[bytes(to_byte[char] for char in text)] = token
    # tiktoken panics on a byte without a token, and some vocabularies lack a few: they get ids above the model's own.
    for byte in range(256):
        ranks.setdefault(bytes([byte]), size + byte)
    encoding = tiktoken.Encoding(name, pat_str=_PATTERNS[split], mergeable_ranks=ranks, special_tokens=special)
    return Vocabulary(encoding, size=size)


def _meta(model: llama_cpp.llama_model_p, key: bytes) -> str:
    buffer = ctypes.create_string_buffer(_META_CHARS)
    length = llama_cpp.llama_model_meta_val_str(model, key, buffer, _META_CHARS)
    return buffer.value.decode() if length >= 0 else ""


def _printable_bytes() -> Iterator[tuple[int, str]]:
    """Yield `(byte, character)` of GPT-2's alphabet: printable bytes stand for themselves, the rest from U+0100 on."""
    shifted = 0
    for byte in range(256):
        if 33 <= byte <= 126 or 161 <= byte <= 172 or 174 <= byte <= 255:
            yield byte, chr(byte)
        else:
            yield byte, chr(256 + shifted)
            shifted += 1
