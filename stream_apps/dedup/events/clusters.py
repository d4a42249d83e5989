"""Average-linkage clustering of a small group whose clusters differ in how alike they are inside.

Agglomerative clustering with average linkage (Sokal and Michener, 1958). One fixed threshold cannot serve both the big
story of the day, told by thirty outlets in nearly the same words, and a feature that shares little more than the names:
so two clusters join only if they are nearly as alike as the looser of them is inside. Measured: docs/decisions/0008.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

LEAST = 0.05
"""Likeness on average below which nothing is joined."""
COHESION = 0.7
"""Share of the likeness inside the looser cluster that two clusters must have to each other."""

Likenesses = npt.NDArray[np.float64]


def clusters(names: Sequence[str], edges: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    """The clusters of ``names``; what ``edges`` does not hold is not alike. Ties go by the order of the names."""
    if len(names) == 1:
        return [list(names)]
    return _Agglomeration(_matrix(names, edges)).run(names)


def _matrix(names: Sequence[str], edges: Mapping[str, Mapping[str, float]]) -> Likenesses:
    place = {name: number for number, name in enumerate(names)}
    alike = np.zeros((len(names), len(names)))
    for name, row in place.items():
        for other, value in edges[name].items():
            if other in place:
                alike[row, place[other]] = value
    return alike


class _Agglomeration:
    """``average`` holds the mean likeness of any two clusters that may still join; -1 where they may not."""

    def __init__(self, alike: Likenesses) -> None:
        self._average = alike
        np.fill_diagonal(self._average, -1.0)
        self._open = self._average.copy()
        self._inside = [0.0] * len(alike)
        """Sum of the likenesses of all pairs within."""

    def run(self, names: Sequence[str]) -> list[list[str]]:
        members = [[name] for name in names]
        while True:
            kept, gone = divmod(int(self._open.argmax()), len(names))
            alike = float(self._open[kept, gone])
            if alike < LEAST:
                return [cluster for cluster in members if cluster]
            if alike < COHESION * min(self._cohesion(kept, members), self._cohesion(gone, members)):
                self._open[kept, gone] = self._open[gone, kept] = -1.0
                continue
            self._join(kept, gone, len(members[kept]), len(members[gone]))
            members[kept] += members[gone]
            members[gone] = []

    def _cohesion(self, cluster: int, members: Sequence[Sequence[str]]) -> float:
        pairs = len(members[cluster]) * (len(members[cluster]) - 1) / 2
        return self._inside[cluster] / pairs if pairs else 0.0

    def _join(self, kept: int, gone: int, many: int, more: int) -> None:
        self._inside[kept] += self._inside[gone] + self._average[kept, gone] * many * more
        joined = (self._average[kept] * many + self._average[gone] * more) / (many + more)
        joined[kept] = -1.0
        self._average[kept] = self._average[:, kept] = joined
        self._average[gone] = self._average[:, gone] = -1.0
        self._average[kept, gone] = self._average[gone, kept] = -1.0
        self._open[kept] = self._open[:, kept] = self._average[kept]
        self._open[gone] = self._open[:, gone] = -1.0
