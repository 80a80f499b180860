"""Cut a stream of text at the first stop string, even when it arrives in pieces."""

from collections.abc import Iterator, Sequence


def until_stop(pieces: Iterator[str], stop: Sequence[str]) -> Iterator[str]:
    """Yield `pieces` up to, and without, the first occurrence of any stop string; then close `pieces`.

    Holds back only what may be the beginning of a stop string.
    """
    held = ""
    try:
        for piece in pieces:
            held += piece
            found = [at for text in stop if (at := held.find(text)) >= 0]
            if found:
                held = held[: min(found)]
                break
            keep = max((_overlap(held, text) for text in stop), default=0)
            if ready := held[: len(held) - keep]:
                yield ready
            held = held[len(held) - keep :]
        if held:
            yield held
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of `text` that is a beginning of `stop`, shorter than `stop`."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:n])), 0)
