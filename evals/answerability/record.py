"""What a training writes: adapters as llama.cpp reads them, and the record of each beside it."""

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import gguf
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from evals.answerability.data import Examples
from evals.answerability.forward import SCALE, Adapters

_RECORDED = ("folds", "epochs", "minutes", "batch", "rank", "first_layer", "rate", "seed")
_KIND = gguf.GGMLQuantizationType.Q8_0
_BLOCK = gguf.GGML_QUANT_SIZES[_KIND][0]
"""Numbers in a block of it."""


class Judged(NamedTuple):
    """What adapters make of examples."""

    margins: NDArray[np.float64]
    """`(examples,)`: log-odds of yes against no; nan for what was left out."""
    told: NDArray[np.float64]
    """`(examples,)`: 1 where the words behind a yes are told token for token, else 0; nan where there are none."""


def write_adapter(adapters: Adapters, number: int, target: Path, *, architecture: str = "qwen2") -> str:
    """Write one adapter as llama.cpp reads it, and return its SHA-256.

    In q8_0, its rank filled up with zeros to whole blocks: llama.cpp multiplies that as it does the model's own
    weights, so that a token gets the same logits alone and in company, and in half the time of f16 of a small rank. In
    f16 where the model itself is no whole number of blocks wide.
    """
    rank = -(-next(iter(adapters.values()))[0].shape[1] // _BLOCK) * _BLOCK
    writer = gguf.GGUFWriter(target, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", SCALE * rank)
    for name, (a, b) in adapters.items():
        down, up = (each[number].detach().float().cpu().numpy() for each in (a, b))
        more = rank - len(down)
        _add(writer, f"{name}.lora_a", np.pad(down, ((0, more), (0, 0))))
        _add(writer, f"{name}.lora_b", np.pad(up, ((0, 0), (0, more))))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return hashlib.sha256(target.read_bytes()).hexdigest()


def _add(writer: gguf.GGUFWriter, name: str, weights: NDArray[np.float32]) -> None:
    kind = _KIND if weights.shape[-1] % _BLOCK == 0 else gguf.GGMLQuantizationType.F16
    writer.add_tensor(name, gguf.quantize(weights, kind), raw_dtype=kind)


def folders_of(options: argparse.Namespace) -> list[Path]:
    """Return where each adapter goes: into `options.to` the one that has seen all, below it one a fold."""
    return [*(options.to / f"without-{number}" for number in range(options.folds)), options.to]


def write_adapters(adapters: Adapters, options: argparse.Namespace) -> list[str]:
    """Write each adapter; return their SHA-256."""
    found = []
    for number, folder in enumerate(folders_of(options)):
        folder.mkdir(parents=True, exist_ok=True)
        found.append(write_adapter(adapters, number, folder / "adapter.gguf"))
    return found


def write_records(
    sha256: Sequence[str],
    examples: Examples,
    fold_of: Mapping[str, int],
    *,
    held_out: Judged,
    plain: Judged,
    steps: int,
    options: argparse.Namespace,
) -> None:
    """Write the record of each adapter beside it, and what those that had not seen an example make of it."""
    np.savez_compressed(options.to / "held_out.npz", margins=held_out.margins, told=held_out.told)
    record = {
        "version": 3,
        "model": options.id,
        **scales(examples, held_out.margins),
        "record": {
            "made_on": datetime.now(UTC).date().isoformat(),
            "script": "python -m evals.answerability.train",
            "data": options.data,
            "examples": len(examples.evidence),
            "steps": steps,
            "options": {key: str(value) for key, value in vars(options).items() if key in _RECORDED},
            "cross_validated_auc": areas(examples, held_out.margins),
            "plain_auc": areas(examples, plain.margins),
            "cross_validated_words": shares(examples, held_out.told),
            "plain_words": shares(examples, plain.told),
        },
    }
    for number, (folder, digest) in enumerate(zip(folders_of(options), sha256, strict=True)):
        unseen = [name for name, fold in fold_of.items() if fold == number]
        text = json.dumps({**record, "sha256": digest, "held_out": unseen}, indent=1, ensure_ascii=False)
        (folder / "record.json").write_text(text + "\n", encoding="utf-8")
    tell(f"{options.to}: {json.dumps(record['record'], indent=1)}")


def tell(text: str) -> None:
    """Write a line of progress."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def areas(examples: Examples, margins: NDArray[np.float64]) -> dict[str, float]:
    """Return areas under the ROC curve, of each kind of example."""
    return {
        kind: round(float(roc_auc_score(examples.holds[which], margins[which])), 4)
        for kind, which in _kinds(examples, margins)
    }


def shares(examples: Examples, told: NDArray[np.float64]) -> dict[str, float]:
    """Return the share of the words behind a yes that are told token for token, of each kind of example."""
    return {kind: round(float(told[which].mean()), 4) for kind, which in _kinds(examples, told)}


def scales(examples: Examples, margins: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    """Return slope and offset that make held-out margins log-odds (Platt 1999), of each kind of example."""
    found = {}
    for kind, which in _kinds(examples, margins):
        scaling = LogisticRegression(C=1e6).fit(margins[which, None], examples.holds[which])
        found[kind] = {"slope": float(scaling.coef_[0, 0]), "offset": float(scaling.intercept_[0])}
    return found


def _kinds(examples: Examples, values: NDArray[np.float64]) -> list[tuple[str, NDArray[np.bool_]]]:
    known = ~np.isnan(values)
    kinds = [(kind, known & (examples.kind == kind)) for kind in np.unique(examples.kind).tolist()]
    return [(kind, which) for kind, which in kinds if which.any()]
