"""The links among a few articles, from which one of them decides: each article's are read when they are asked for.

Nearly every decision asks for those of one article alone, and who decides about a newcomer has read them before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from schemas.record import ArticleId
from stream_apps.dedup.compare import Overlap
from stream_apps.dedup.links import Links

Row = Mapping[ArticleId, Overlap]


class View(Mapping[ArticleId, Row]):
    """For each of some articles what it shares with each other of them: valid until a link among them changes."""

    __slots__ = ("_links", "_numbers", "_rows")

    def __init__(self, links: Links, numbers: Mapping[ArticleId, int]) -> None:
        self._links = links
        self._numbers = numbers
        self._rows: dict[ArticleId, Row] = {}

    def __getitem__(self, article: ArticleId) -> Row:
        row = self._rows.get(article)
        if row is None:
            row = self._rows[article] = self._read(article)
        return row

    def _read(self, article: ArticleId) -> Row:
        return self._links.among(self._numbers[article], self._numbers)

    def __contains__(self, article: object) -> bool:
        return article in self._numbers

    def __iter__(self) -> Iterator[ArticleId]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def and_also(self, article: ArticleId, number: int) -> View:
        """Return the view with one more article."""
        return _Wider(self, article, number)


class _Wider(View):
    """A view with one more article: what was read of the others serves here too."""

    __slots__ = ("_newcomer", "_view")

    def __init__(self, view: View, article: ArticleId, number: int) -> None:
        super().__init__(view._links, {**view._numbers, article: number})  # noqa: SLF001  # of its own class
        self._view = view
        self._newcomer = article

    def _read(self, article: ArticleId) -> Row:
        if article == self._newcomer:
            return super()._read(article)
        known, newcomer = self._view[article], self._newcomer
        overlap = self._links.overlap(self._numbers[article], self._numbers[newcomer])
        return known if overlap is None else {**known, newcomer: overlap}
