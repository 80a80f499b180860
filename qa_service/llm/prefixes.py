"""Which prompts are evaluated: a tree of their parts, so that a later prompt starts where it leaves an earlier one.

Prompts are reused part by part, and each part is decoded in steps of its own: the numbers that llama.cpp computes for a
token depend, in their last digits, on what is decoded with it, and an answer must not depend on the question before.
"""

from collections.abc import Sequence
from typing import Protocol

Part = tuple[int, ...]


class SequenceMemory(Protocol):
    """The operations of `NativeContext` that rearrange what is evaluated."""

    def share(self, source: int, target: int, tokens: int) -> None:
        """Have the empty sequence `target` begin with the first `tokens` tokens of `source`."""
        ...

    def cut(self, sequence: int, tokens: int) -> None:
        """Forget all of a sequence but its first `tokens` tokens."""
        ...


class _Node:
    """An evaluated part behind the parts above it."""

    __slots__ = ("children", "end", "holders", "parent", "part")

    def __init__(self, parent: "_Node | None", part: Part) -> None:
        self.parent = parent
        self.part = part
        self.end: int = (parent.end if parent else 0) + len(part)
        """Tokens from the beginning of the prompt to the end of this part."""
        self.children: dict[Part, _Node] = {}
        self.holders: set[int] = set()
        """Sequences that have this part evaluated."""


class PrefixTree:
    """Gives out sequences, and keeps what was evaluated in them until the room is needed, the longest unused first."""

    def __init__(self, memory: SequenceMemory, *, sequences: int, cells: int) -> None:
        self._memory = memory
        self._cells = cells
        self._root = _Node(None, ())
        self._free = list(range(sequences))
        self._at: dict[int, _Node] = {}
        """Of each sequence in use or kept, the end of what is evaluated whole."""
        self._reserved: dict[int, int] = {}
        """Of each sequence in use, the tokens that it may still evaluate."""
        self._kept: dict[int, None] = {}
        """Sequences not in use, the longest unused first."""
        self._held = 0
        """Tokens of all nodes."""

    @property
    def used(self) -> int:
        """Tokens that are evaluated or set aside for a sequence in use."""
        return self._held + sum(self._reserved.values())

    @property
    def in_use(self) -> int:
        """Sequences that were opened and not closed."""
        return len(self._reserved)

    def open(self, parts: Sequence[Part], *, more: int) -> tuple[int, int] | None:
        """Return a sequence in which as many of `parts` as possible are evaluated, and their number; set room aside for
        the others and `more` tokens. None when there is no room until a sequence is closed.
        """
        node = self._root
        reused = 0
        while reused < len(parts) and (child := node.children.get(parts[reused])):
            node, reused = child, reused + 1
        sequence = self._sequence_at(node)
        if sequence is None:
            return None
        needed = sum(map(len, parts[reused:])) + more
        while self.used + needed > self._cells:
            if not self._kept:
                self._reserved[sequence] = 0
                self.close(sequence)
                return None
            self._forget(next(iter(self._kept)))
        self._reserved[sequence] = needed
        return sequence, reused

    def follow(self, sequence: int, part: Part) -> bool:
        """Tell whether `part` is evaluated by now behind what the sequence has, and if so, have the sequence share it."""
        child = self._at[sequence].children.get(part)
        if child is None:
            return False
        source = next(iter(child.holders))
        self._memory.cut(sequence, 0)
        self._memory.share(source, sequence, child.end)
        self._reserved[sequence] -= len(part)
        self._hold(sequence, child)
        return True

    def grow(self, sequence: int, part: Part) -> None:
        """Note that the sequence now has `part` evaluated. It stays for later prompts."""
        if self.follow(sequence, part):  # another call was faster
            return
        parent = self._at[sequence]
        node = parent.children[part] = _Node(parent, part)
        self._held += len(part)
        self._reserved[sequence] -= len(part)
        self._hold(sequence, node)

    def close(self, sequence: int) -> None:
        """Take a sequence out of use; its whole parts are kept."""
        del self._reserved[sequence]
        node = self._at[sequence]
        self._memory.cut(sequence, node.end)
        self._kept[sequence] = None
        if node is self._root or len(node.holders) > 1:
            self._forget(sequence)

    def forget(self) -> None:
        """Keep nothing but what is in use."""
        while self._kept:
            self._forget(next(iter(self._kept)))

    def clear(self) -> None:
        """Note that nothing is evaluated any more."""
        self._free.extend(self._at)
        self._root = _Node(None, ())
        self._at.clear()
        self._reserved.clear()
        self._kept.clear()
        self._held = 0

    def _sequence_at(self, node: _Node) -> int | None:
        """Return a sequence that has exactly the parts down to `node`: a kept one that ends there, else another."""
        ending = next((each for each in node.holders if each in self._kept and self._at[each] is node), None)
        if ending is not None:
            del self._kept[ending]
            return ending
        source = next(iter(node.holders), None)
        if not self._free:
            unneeded = next((each for each in self._kept if each != source), None)
            if unneeded is None:
                return None
            self._forget(unneeded)
        sequence = self._free.pop()
        if source is not None:
            self._memory.share(source, sequence, node.end)
        self._at[sequence] = self._root
        self._hold(sequence, node)
        return sequence

    def _hold(self, sequence: int, node: _Node) -> None:
        self._at[sequence] = node
        step: _Node | None = node
        while step is not None and step is not self._root and sequence not in step.holders:
            step.holders.add(sequence)
            step = step.parent

    def _forget(self, sequence: int) -> None:
        del self._kept[sequence]
        self._memory.cut(sequence, 0)
        node = self._at.pop(sequence)
        self._free.append(sequence)
        while node.parent is not None:
            node.holders.discard(sequence)
            if not node.holders:
                del node.parent.children[node.part]
                self._held -= len(node.part)
            node = node.parent
