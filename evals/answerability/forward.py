"""Qwen2 in torch, with the weights of a GGUF file: what the training of an adapter needs of it and no more.

A passage is evaluated once, without an adapter and without gradients; what is asked about it is evaluated with the
adapter, behind the keys and values of the passage. That is how llama.cpp runs it in the service, where one evaluated
passage serves the adapter and the model itself (Greenewald et al. 2025, "Activated LoRA", arXiv:2504.12397).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear, rms_norm, silu

PROJECTIONS = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")

Read = Callable[[str], Tensor]
"""Returns a tensor of the file by its name, dequantized."""
Adapters = Mapping[str, tuple[Tensor, Tensor]]
"""`(a (adapters, rank, in), b (adapters, out, rank))` of a weight's name: adapters that are run side by side."""
SCALE = 2.0
"""Of what an adapter adds: alpha over rank."""


class Shape(NamedTuple):
    """A model's sizes."""

    layers: int
    width: int
    heads: int
    key_heads: int
    rope_base: float
    epsilon: float


class Memory(NamedTuple):
    """Keys and values of evaluated tokens, a pair `(batch, key heads, tokens, head width)` a layer, and which count."""

    pairs: list[tuple[Tensor, Tensor]]
    counts: Tensor
    """`(batch, tokens) bool`: false for padding."""


class Qwen2:
    """The model on one device."""

    def __init__(self, shape: Shape, read: Read, *, device: str, dtype: torch.dtype) -> None:
        """Take the weights to the device."""
        self.shape = shape
        self._dtype = dtype
        self.device = device

        def get(name: str) -> Tensor:
            return read(name).to(device=device, dtype=dtype)

        self.embedding = get("token_embd.weight")
        self._output = get("output.weight")
        self._output_norm = get("output_norm.weight")
        names = [
            "attn_norm.weight",
            "ffn_norm.weight",
            *(f"{projection}.weight" for projection in PROJECTIONS),
            *(f"{projection}.bias" for projection in PROJECTIONS[:3]),
        ]
        self._weights = {
            f"blk.{layer}.{name}": get(f"blk.{layer}.{name}") for layer in range(shape.layers) for name in names
        }

    def weight(self, name: str) -> Tensor:
        """Return a weight of a block, by its name in the file."""
        return self._weights[name]

    def remember(self, tokens: Tensor, counts: Tensor) -> Memory:
        """Evaluate passages without an adapter: `tokens (batch, tokens) int64`, rows padded at their end."""
        places = torch.arange(tokens.shape[1], device=self.device).expand_as(tokens)
        causal = torch.ones(tokens.shape[1], tokens.shape[1], dtype=torch.bool, device=self.device).tril()
        with torch.no_grad():
            _, pairs = self._run(tokens, places, causal & counts[:, None, None, :], past=None, adapters={})
        return Memory(pairs, counts)

    def follow(self, tokens: Tensor, memory: Memory, rows: Tensor, adapters: Adapters) -> Tensor:
        """Return the last layer's states `(adapters, n, tokens, width)` of n texts that follow a passage.

        `tokens (n, tokens) int64` are padded at their end, `rows (n,)` say which passage of `memory` each follows.
        Without adapters the model is run as it is, and their dimension is 1.
        """
        before = memory.counts[rows]
        steps = torch.arange(tokens.shape[1], device=self.device)
        places = before.sum(1, keepdim=True) + steps
        causal = (steps[:, None] >= steps)[None].expand(len(tokens), -1, -1)
        seen = before[:, None, :].expand(-1, len(steps), -1)
        mask = torch.cat([seen, causal], dim=2)[:, None]
        past = [(keys[rows], values[rows]) for keys, values in memory.pairs]
        hidden, _ = self._run(tokens, places, mask, past=past, adapters=adapters)
        return hidden.view(-1, *tokens.shape, self.shape.width)

    def logits(self, states: Tensor, tokens: Sequence[int] | None = None) -> Tensor:
        """Return what follows states of the last layer, `(…, tokens) float32`: of these tokens, or of all."""
        normed = rms_norm(states, (self.shape.width,), self._output_norm, self.shape.epsilon)
        return linear(normed, self._output if tokens is None else self._output[list(tokens)]).float()

    def _run(
        self,
        tokens: Tensor,
        places: Tensor,
        mask: Tensor,
        *,
        past: Sequence[tuple[Tensor, Tensor]] | None,
        adapters: Adapters,
    ) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        shape, head_width = self.shape, self.shape.width // self.shape.heads
        hidden = self.embedding[tokens]
        turns = self._turns(places, head_width)
        pairs: list[tuple[Tensor, Tensor]] = []

        def project(name: str, at: Tensor) -> Tensor:
            weight = self._weights[f"{name}.weight"]
            out = linear(at, weight, self._weights.get(f"{name}.bias"))
            if factors := adapters.get(f"{name}.weight"):
                a, b = (factor.to(self._dtype) for factor in factors)
                each = at.reshape(len(a), -1, at.shape[-1])
                out = out + torch.bmm(torch.bmm(each, a.mT), b.mT * SCALE).view(out.shape)
            return out

        def heads(at: Tensor, count: int) -> Tensor:
            return at.view(*at.shape[:2], count, head_width).transpose(1, 2)

        for layer in range(shape.layers):
            block = f"blk.{layer}"
            factors = adapters.get(f"{block}.{PROJECTIONS[0]}.weight")
            if factors and (times := len(factors[0]) * len(tokens) // len(hidden)) > 1:  # below, all adapters agree
                hidden, mask = hidden.repeat(times, 1, 1), mask.repeat(times, 1, 1, 1)
                turns = (turns[0].repeat(times, 1, 1, 1), turns[1].repeat(times, 1, 1, 1))
            normed = rms_norm(hidden, (shape.width,), self._weights[f"{block}.attn_norm.weight"], shape.epsilon)
            query = _turned(heads(project(f"{block}.attn_q", normed), shape.heads), turns)
            key = _turned(heads(project(f"{block}.attn_k", normed), shape.key_heads), turns)
            value = heads(project(f"{block}.attn_v", normed), shape.key_heads)
            pairs.append((key, value))
            if past:
                times = len(hidden) // len(tokens)
                key = torch.cat([past[layer][0].repeat(times, 1, 1, 1), key], dim=2)
                value = torch.cat([past[layer][1].repeat(times, 1, 1, 1), value], dim=2)
            attended = _attended(query, key, value, mask).transpose(1, 2).reshape(*hidden.shape)
            hidden = hidden + project(f"{block}.attn_output", attended)
            normed = rms_norm(hidden, (shape.width,), self._weights[f"{block}.ffn_norm.weight"], shape.epsilon)
            inner = silu(project(f"{block}.ffn_gate", normed)) * project(f"{block}.ffn_up", normed)
            hidden = hidden + project(f"{block}.ffn_down", inner)
        return hidden, pairs

    def _turns(self, places: Tensor, head_width: int) -> tuple[Tensor, Tensor]:
        steps = torch.arange(0, head_width, 2, device=self.device, dtype=torch.float32) / head_width
        angles = places[..., None].float() * self.shape.rope_base**-steps
        both = torch.cat([angles, angles], dim=-1)[:, None]
        return both.cos().to(self._dtype), both.sin().to(self._dtype)


def _turned(at: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    first, second = at.chunk(2, dim=-1)
    return at * turns[0] + torch.cat([-second, first], dim=-1) * turns[1]


def _attended(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """Attend; several query heads share a key head. All are `(batch, heads, tokens, head width)`.

    `mask` is `(batch, 1, tokens, seen tokens) bool`. As plain products: the fused kernels take no such mask with heads
    that are shared, and fall back to slower ones.
    """
    batch, heads, tokens, width = query.shape
    grouped = query.reshape(batch, key.shape[1], -1, width)
    scores = (grouped @ key.mT).view(batch, heads, tokens, -1) / width**0.5
    shares = scores.masked_fill(~mask, -torch.inf).softmax(-1)
    attended: Tensor = shares.view(batch, key.shape[1], -1, key.shape[2]) @ value
    return attended.view(batch, heads, tokens, width)
