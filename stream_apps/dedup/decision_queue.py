"""Decisions of articles about their neighbours that are still to be made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class DecisionQueue:
    """All in the order in which it came up."""

    changed: dict[int, None] = field(default_factory=dict)
    """Articles whose view has changed: they have to decide about all their neighbours again."""
    covered_anew: dict[int, dict[int, None]] = field(default_factory=dict)
    """Article: the neighbours that have another part of it than before."""
    undecided: dict[int, dict[int, None]] = field(default_factory=dict)
    """Article: the neighbours about which it has to decide."""

    def __bool__(self) -> bool:
        return bool(self.changed or self.covered_anew or self.undecided)

    def put(self, article: int, others: Iterable[int]) -> None:
        """Queue decisions of an article about others."""
        self.undecided.setdefault(article, {}).update(dict.fromkeys(others))

    def drop(self, article: int) -> None:
        """Drop all decisions of an article."""
        for queue in (self.changed, self.covered_anew, self.undecided):
            queue.pop(article, None)

    def drop_pair(self, article: int, other: int) -> None:
        """Drop the decision of an article about another."""
        if article in self.undecided:
            self.undecided[article].pop(other, None)

    def move_to(self, queue: DecisionQueue) -> None:
        """Queue everything behind what another queue has."""
        queue.changed.update(self.changed)
        for article, others in self.covered_anew.items():
            queue.covered_anew.setdefault(article, {}).update(others)
        for article, others in self.undecided.items():
            queue.put(article, others)
        for waiting in (self.changed, self.covered_anew, self.undecided):
            waiting.clear()
