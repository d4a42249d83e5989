"""How alike two ways of sorting the same things into groups are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping


def adjusted_rand(ours: Mapping[str, Hashable], theirs: Mapping[str, Hashable]) -> float:
    """Adjusted Rand index (Hubert and Arabie, "Comparing partitions", 1985) over the things that both sort.

    1 where they agree, about 0 where they agree no more than by chance.
    """
    both = ours.keys() & theirs.keys()
    together = _pairs(Counter((ours[name], theirs[name]) for name in both))
    in_ours, in_theirs = (_pairs(Counter(side[name] for name in both)) for side in (ours, theirs))
    every = len(both) * (len(both) - 1) / 2
    expected = in_ours * in_theirs / every if every else 0.0
    most = (in_ours + in_theirs) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)


def _pairs(sizes: Counter[Hashable]) -> float:
    return sum(size * (size - 1) / 2 for size in sizes.values())
