"""A CrossEncoder small enough to be made by a test, with weights set by hand: it counts words.

It finds that output strongest whose word is the most frequent in evidence and claim together. Attention is uniform, so
the first token gets the mean of all; the word of each output has a direction of its own, and every other word none.
"""

from collections.abc import Sequence
from pathlib import Path

WORDS = ("alpha", "beta", "gamma")
"""`WORDS[n]` speaks for output `n`. Of a single output, the second speaks against it."""
WINDOW = 16
"""Tokens, three of them special."""
_VOCABULARY = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, "the", "a", "tower", "ferry", ".")
_DIMENSIONS = 16
_CERTAINTY = 4.0


def save_cross_encoder(folder: Path, labels: Sequence[str] | None) -> Path:
    """Save such a model with these labels; None makes a single output without a name."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    names = {"num_labels": 1} if labels is None else {"id2label": dict(enumerate(labels))}
    model = BertForSequenceClassification(BertConfig(**_shape(), **names))
    identity = torch.eye(_DIMENSIONS)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.fill_(1.0 if name.endswith("LayerNorm.weight") else 0.0)
        for place, word in enumerate(WORDS):
            model.bert.embeddings.word_embeddings.weight[_VOCABULARY.index(word), place] = 1.0
        (layer,) = model.bert.encoder.layer
        for weight in (layer.attention.self.value, layer.attention.output.dense, model.bert.pooler.dense):
            weight.weight.copy_(identity)
        head = _CERTAINTY * identity[: model.num_labels]
        model.classifier.weight.copy_(head if labels is not None else head - _CERTAINTY * identity[1])
    return _save(model, folder)


def save_headless(folder: Path) -> Path:
    """Save a BERT that embeds text and classifies nothing."""
    from transformers import BertConfig, BertModel

    return _save(BertModel(BertConfig(**_shape())), folder)


def _shape() -> dict[str, int]:
    return {
        "vocab_size": len(_VOCABULARY),
        "hidden_size": _DIMENSIONS,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "intermediate_size": _DIMENSIONS,
        "max_position_embeddings": WINDOW,
    }


def _save(model, folder: Path) -> Path:
    from transformers import BertTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(_VOCABULARY), encoding="utf-8")
    BertTokenizerFast(vocab=str(vocabulary), model_max_length=WINDOW).save_pretrained(folder)
    model.save_pretrained(folder)
    return folder
