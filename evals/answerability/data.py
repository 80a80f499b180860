"""Examples as the training takes them: tokens, by the evidence that they share, in folds and batches."""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_MOST_ASKED = 112
"""Tokens, the words that answer included; what is longer, one example in forty, would set the memory that all need."""


class Examples(NamedTuple):
    """What `evals.answerability.examples` wrote."""

    evidence: list[NDArray[np.int32]]
    asked: list[NDArray[np.int32]]
    words: list[NDArray[np.int32]]
    holds: NDArray[np.bool_]
    kind: NDArray[np.str_]
    article: NDArray[np.str_]


class Group(NamedTuple):
    """Examples over the same evidence."""

    evidence: NDArray[np.int32]
    members: list[int]


def read_examples(path: Path) -> Examples:
    """Read what `evals.answerability.examples` wrote."""
    with np.load(path) as arrays:
        return Examples(
            np.split(arrays["evidence"], arrays["evidence_ends"][:-1]),
            np.split(arrays["asked"], arrays["asked_ends"][:-1]),
            np.split(arrays["words"], arrays["words_ends"][:-1]),
            arrays["holds"],
            arrays["kind"],
            arrays["article"],
        )


def grouped(examples: Examples) -> list[Group]:
    """Return the examples with those over the same evidence together."""
    groups: list[Group] = []
    for member, evidence in enumerate(examples.evidence):
        if len(examples.asked[member]) + len(examples.words[member]) > _MOST_ASKED:
            continue
        if groups and np.array_equal(groups[-1].evidence, evidence):
            groups[-1].members.append(member)
        else:
            groups.append(Group(evidence, [member]))
    return groups


def folds_of(examples: Examples, count: int) -> dict[str, int]:
    """Deal the articles out, those with the most examples that do not hold first."""
    sizes = Counter(examples.article[~examples.holds].tolist())
    names = sorted(set(examples.article.tolist()), key=lambda name: (-sizes[name], name))
    return {name: at % count for at, name in enumerate(names)}


def batches(groups: Sequence[Group], size: int, draw: random.Random) -> list[list[Group]]:
    """Return the groups in batches of about the same length, in random order."""
    order = sorted(groups, key=lambda group: len(group.evidence) * draw.uniform(0.9, 1.1))
    cut = [order[start : start + size] for start in range(0, len(order), size)]
    draw.shuffle(cut)
    return cut


def padded(texts: Sequence[NDArray[np.int32]], device: str) -> tuple[Tensor, Tensor]:
    """Return texts as one tensor, padded at their end, and their lengths."""
    lengths = torch.tensor([len(text) for text in texts])
    tokens = torch.zeros(len(texts), int(lengths.max()), dtype=torch.int64)
    for row, text in enumerate(texts):
        tokens[row, : len(text)] = torch.from_numpy(text.astype(np.int64))
    return tokens.to(device), lengths.to(device)
