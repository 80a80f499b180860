"""What the service and the process that runs the model say to each other: MessagePack, one tagged value a message."""

import msgspec

Parts = list[list[int]]
"""A prompt's tokens in the parts that can be reused by a later one; the last part never is."""


class Engine(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What to load, and how large. The first message."""

    path: str
    name: str
    context_tokens: int
    """Of one prompt with its answer, at most."""
    memory_mib: int
    """For evaluated tokens, of all calls together and of those kept for later ones."""
    threads: int
    adapter: str | None
    """A LoRA in a GGUF file, which `Read` uses for the last part of its prompt."""


class Read(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Tell how probable each of `firsts` is as the next token; and what is said behind `opening` with the adapter."""

    id: int
    order: int
    """Of the request it belongs to: older ones, with smaller numbers, are evaluated first."""
    parts: Parts
    firsts: list[int]
    opening: list[int]
    max_tokens: int
    """Of what is said behind the opening; 0, and without an adapter, nothing is."""
    least_margin: float
    """Of the first of `firsts` over the second, as log-odds: where it is less, nothing is said."""


class Write(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Go on greedily, for at most `max_tokens` tokens."""

    id: int
    order: int
    parts: Parts
    max_tokens: int


class Drop(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Nobody waits for this call any more. It is not answered."""

    id: int


class Forget(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Keep nothing of what was evaluated for calls that are at their end."""


Call = Read | Write
Request = Call | Drop | Forget


class Loaded(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The model is ready."""


class LoadFailed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The model cannot be used, and why."""

    message: str


class Tokens(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The next tokens of a `Write`."""

    id: int
    tokens: list[int]
    reused: int
    """Tokens of the prompt that were evaluated before."""
    last: bool
    """Whether the answer is at its end; then there may be no tokens."""


class ReadOut(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The outcome of a `Read`."""

    id: int
    reused: int
    log_probabilities: list[float]
    adapted: bool
    said: list[int]


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The library failed on this call."""

    id: int
    message: str


class Alive(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Steps are being taken: told now and then in a long evaluation, so that silence means trouble."""


Reply = Tokens | ReadOut | Failed
