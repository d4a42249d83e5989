"""Average-linkage clustering of a small group whose clusters differ in how alike they are inside.

Agglomerative clustering with average linkage (Sokal and Michener, 1958). One fixed threshold cannot serve both the big
story of the day, told by thirty outlets in nearly the same words, and a feature that shares little more than the names:
so two clusters join only if they are nearly as alike as the looser of them is inside. Measured: docs/decisions/0008.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stream_apps.dedup.events.similarity import SCALE

LEAST = 0.05
"""Similarity on average below which nothing is joined."""
COHESION = 0.7
"""Share of the similarity inside the looser cluster that two clusters must have to each other."""

Similarities = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_MANY = 32
"""Clusters from which on …"""
_SHARE = 8
"""… joining certain pairs at once is cheaper than one after the other, where they are at least this share of all."""


def clusters(alike: Similarities) -> list[list[int]]:
    """Return the clusters of the rows of a symmetric matrix of whole numbers up to ``SCALE``; its diagonal is 0.

    Ties go by row. The matrix is written over.
    """
    group = _Agglomeration(alike)
    group.join_certain()
    group.join_likest()
    return [cluster for cluster in group.members if cluster]


class _Agglomeration:
    """Sums of similarities are whole numbers below 2^53, so that no order of adding changes them."""

    def __init__(self, alike: Similarities) -> None:
        self._sums = alike
        """Of the similarities of all pairs between two clusters; 0 of a cluster to itself."""
        self._inside = np.zeros(len(alike))
        """Sum of the similarities of all pairs within."""
        self._sizes = np.ones(len(alike))
        """Of a cluster that is gone it is endless, so that it is like nothing on average."""
        self._needed = np.full(len(alike), LEAST * SCALE)
        """Similarity that another must have on average; the less of what two clusters need is enough for both."""
        self.members = [[row] for row in range(len(alike))]

    # ---- many at once ---------------------------------------------------------------------------------------

    def join_certain(self) -> None:
        """Join pairs that would be joined whatever else is, for as long as there are some."""
        while len(self._sums) >= _MANY:
            kept, gone = self._certain()
            if _SHARE * len(kept) < len(self._sums):
                return
            self._join_pairs(kept, gone)

    def _certain(self) -> tuple[Places, Places]:
        """Pairs that may join and are more alike than either is to any other.

        The similarity to two joined clusters lies between those to each of them. So nothing else that is joined brings
        either of such a pair nearer to another than they are to each other (Bruynooghe's reducibility, 1977).
        """
        average = self._averages()
        rows, nearest = np.arange(len(average)), average.argmax(1)
        kept = ((rows < nearest) & (nearest[nearest] == rows)).nonzero()[0]
        gone = nearest[kept]
        best = average[kept, gone]
        tied = (average[kept] == best[:, None]).sum(1) + (average[gone] == best[:, None]).sum(1) > 2
        sure = (best >= np.minimum(self._needed[kept], self._needed[gone])) & ~tied
        return kept[sure], gone[sure]

    def _join_pairs(self, kept: Places, gone: Places) -> None:
        self._inside[kept] += self._inside[gone] + self._sums[kept, gone]
        self._sizes[kept] += self._sizes[gone]
        self._needed[kept] = np.maximum(LEAST * SCALE, _cohesion(self._inside[kept], self._sizes[kept]))
        self._sums[kept] += self._sums[gone]
        self._sums[kept, kept] = self._sums[kept, gone] = 0
        for one, other in zip(kept.tolist(), gone.tolist(), strict=True):
            self.members[one] += self.members[other]
        stays = np.ones(len(self._sums), np.bool_)
        stays[gone] = False
        self._sums = self._sums[stays]
        self._sums[:, kept] += self._sums[:, gone]
        self._keep_only(stays.nonzero()[0])

    def _keep_only(self, left: Places) -> None:
        self._sums = self._sums.take(left, 1)
        self._inside, self._sizes, self._needed = self._inside[left], self._sizes[left], self._needed[left]
        self.members = [self.members[row] for row in left.tolist()]

    # ---- one after the other --------------------------------------------------------------------------------

    def join_likest(self) -> None:
        """Join the two clusters that are most alike of those that may join, until none may.

        ``allowed`` is the similarity on average where two clusters may join, and -1 elsewhere.
        """
        average = self._averages()
        allowed = np.where(average >= np.minimum(self._needed[:, None], self._needed), average, -1.0)
        while True:
            kept, gone = divmod(int(allowed.argmax()), len(allowed))
            if allowed[kept, gone] < 0:
                return
            row = self._join(kept, gone)
            allowed[kept] = allowed[:, kept] = row
            allowed[gone] = allowed[:, gone] = -1.0

    def _join(self, kept: int, gone: int) -> Similarities:
        """Join two clusters. How alike what they are now is to each it may join."""
        sums = self._sums[kept]
        self._inside[kept] += self._inside[gone] + sums[gone]
        sums += self._sums[gone]
        sums[kept] = sums[gone] = 0
        self._sums[:, kept] = sums
        size = self._sizes[kept] = self._sizes[kept] + self._sizes[gone]
        self._sizes[gone] = np.inf
        needed = self._needed[kept] = np.maximum(LEAST * SCALE, _cohesion(self._inside[kept], size))
        self.members[kept] += self.members[gone]
        self.members[gone] = []
        average = sums / (self._sizes * size)
        return np.where(average >= np.minimum(self._needed, needed), average, -1.0)

    def _averages(self) -> Similarities:
        return self._sums / (self._sizes[:, None] * self._sizes)


def _cohesion(inside: Similarities, sizes: Similarities) -> Similarities:
    """Similarity within on average of clusters of two or more, as far as it is asked for."""
    return COHESION * (inside / (sizes * (sizes - 1) / 2))
