"""The ranker on the weights of a small sentence-transformers model (BERT), with low-rank matrices added to them."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import Linear
from torch.nn.functional import one_hot
from transformers import AutoModel, AutoTokenizer, BertModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from config.errors import ModelFileError
from indexer.sentence_embedder import on_one_core
from indexer.values import Hit
from qa_service.evidence import sentences_of
from qa_service.ranker import Scores

_MOST_TOKENS = 320
_QUESTION_TOKENS = 64
_TITLE_TOKENS = 24
_SENTENCE_TOKENS = 96
_NOT_READ = -1e4
"""The score of a sentence beyond the window: below all others."""
_BATCH_PARAGRAPHS = 8


class Layout(NamedTuple):
    """A question and a paragraph as the model reads them: the same length each."""

    tokens: list[int]
    segments: list[int]
    """0 for the question, 1 for title and paragraph."""
    sentences: list[int]
    """The number of the sentence that each token belongs to, -1 for none."""


class SentenceRanker:
    """Port `Ranker`: the score of a sentence comes from the mean of its tokens' last states, read in one pass with the
    question, the title and the whole paragraph.
    """

    def __init__(self, folder: Path, weights: Path, *, threads: int) -> None:
        """Load the model in `folder` and add the weights of `weights` to it. As many batches as `threads` run side by
        side, each on one core (see `SentenceEmbedder`). Raises ModelFileError when they do not go together.
        """
        try:
            self._tokenizer, self._model = open_encoder(folder)
            added = {name: tensor.float() for name, tensor in load_file(weights).items()}
            for name, layer in projections(self._model):
                layer.weight.data += added[f"{name}.up"] @ added[f"{name}.down"]
            self._head = added["head"]
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            raise ModelFileError(
                f"{weights}: cannot be added to the model in {folder} ({' '.join(str(error).split())}); name in"
                " retrieval.ranker one that was made for it"
            ) from error
        self._threads = threads
        self._lock = threading.Lock()

    def score(self, question: str, hits: Sequence[Hit]) -> Scores:
        """See `Ranker.score`."""
        paragraphs = [sentences_of(hit) for hit in hits]
        with self._lock:
            layouts = [
                laid_out(self._tokenizer, question, hit.title, [sentence.text for sentence in paragraph])
                for hit, paragraph in zip(hits, paragraphs, strict=True)
            ]
        by_length = sorted(range(len(layouts)), key=lambda at: len(layouts[at].tokens))
        batches = [by_length[at : at + _BATCH_PARAGRAPHS] for at in range(0, len(by_length), _BATCH_PARAGRAPHS)]
        with ThreadPoolExecutor(self._threads, initializer=on_one_core) as pool:
            scored = list(pool.map(self._run, [[layouts[at] for at in batch] for batch in batches]))
        found = {
            at: row for batch, rows in zip(batches, scored, strict=True) for at, row in zip(batch, rows, strict=True)
        }
        return {
            sentence.place: row[index] if index < len(row) else _NOT_READ
            for at, paragraph in enumerate(paragraphs)
            for row in [found[at]]
            for index, sentence in enumerate(paragraph)
        }

    @torch.inference_mode()
    def _run(self, layouts: Sequence[Layout]) -> list[list[float]]:
        scores: list[list[float]] = (states(self._model, layouts) @ self._head).tolist()
        return [row[: max(layout.sentences) + 1] for row, layout in zip(scores, layouts, strict=True)]


def open_encoder(folder: Path) -> tuple[PreTrainedTokenizerBase, BertModel]:
    """Return tokenizer and encoder of a sentence-transformers folder."""
    # "Loading weights" would flash up on every start, for less than a second.
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    return tokenizer, AutoModel.from_pretrained(str(folder), local_files_only=True).eval()


def projections(model: BertModel) -> list[tuple[str, Linear]]:
    """Return the layers that something is added to, by name: all matrices of each block."""
    return [(name, layer) for name, layer in model.encoder.named_modules() if isinstance(layer, Linear)]


def laid_out(tokenizer: PreTrainedTokenizerBase, question: str, title: str, sentences: Sequence[str]) -> Layout:
    """Return how the model reads a question, and behind it a paragraph by its title and sentences, as far as they fit
    its window.
    """
    asked, titled, *read = tokenizer([question, title, *sentences], add_special_tokens=False, verbose=False)[
        "input_ids"
    ]
    before = [tokenizer.cls_token_id, *asked[:_QUESTION_TOKENS], tokenizer.sep_token_id]
    tokens = [*before, *titled[:_TITLE_TOKENS]]
    numbers = [-1] * len(tokens)
    for number, sentence in enumerate(read):
        room = min(_SENTENCE_TOKENS, _MOST_TOKENS - 1 - len(tokens))
        tokens += sentence[: max(room, 0)]
        numbers += [number] * (len(tokens) - len(numbers))
    tokens.append(tokenizer.sep_token_id)
    numbers.append(-1)
    return Layout(tokens, [0] * len(before) + [1] * (len(tokens) - len(before)), numbers)


def states(model: BertModel, layouts: Sequence[Layout]) -> Tensor:
    """Return the mean state of each sentence: paragraphs, sentences, width; zeros for one that is not there."""
    longest = max(len(layout.tokens) for layout in layouts)

    def padded(rows: Sequence[Sequence[int]], filling: int) -> Tensor:
        return torch.tensor([[*row, *[filling] * (longest - len(row))] for row in rows])

    sentences = padded([layout.sentences for layout in layouts], -1)
    read = model(
        input_ids=padded([layout.tokens for layout in layouts], 0),
        token_type_ids=padded([layout.segments for layout in layouts], 0),
        attention_mask=padded([[1] * len(layout.tokens) for layout in layouts], 0),
    ).last_hidden_state
    belongs = one_hot(sentences + 1)[:, :, 1:].to(read.dtype)
    mean: Tensor = belongs.transpose(1, 2) @ read / belongs.sum(1).clamp(min=1).unsqueeze(-1)
    return mean
