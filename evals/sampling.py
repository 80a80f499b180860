"""A smaller suite that still holds something of everything."""

import random
from collections.abc import Sequence

from evals.cases import Case


def draw(cases: Sequence[Case], *, count: int, seed: int) -> list[Case]:
    """Return `count` cases, evenly from the strata, in the order of the suite; all of them when there are fewer.

    Each stratum is shuffled on its own, so that a case added to one does not change what is drawn from the others, and
    a larger sample holds the smaller one.
    """
    queues: dict[str, list[Case]] = {}
    for case in cases:
        queues.setdefault(case.stratum, []).append(case)
    for stratum, queue in queues.items():
        random.Random(f"{seed} {stratum}").shuffle(queue)  # noqa: S311 - a sample, no secret
    chosen: set[str] = set()
    while len(chosen) < min(count, len(cases)):
        for queue in queues.values():
            if queue and len(chosen) < count:
                chosen.add(queue.pop(0).id)
    return [case for case in cases if case.id in chosen]
