"""The wire day as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property

from wirecopy.wireday.agencies import FULL_NAMES
from wirecopy.wireday.derive import Vocabulary, derived, vocabulary
from wirecopy.wireday.events import Event, load_events
from wirecopy.wireday.items import Item
from wirecopy.wireday.newsroom import Newsroom, event_items
from wirecopy.wireday.outlets import Outlet, is_agency, load_outlets
from wirecopy.wireday.specials import advisories, digests, load_press_releases, paid

IST = timezone(timedelta(hours=5, minutes=30))
START = datetime(2026, 6, 17, 6, tzinfo=IST)
"""A Wednesday, as the texts have it; fixed, so that every run gives the same articles."""

LENGTH = timedelta(hours=16)
COMPRESS = 1440.0
"""Simulated seconds a real second: the day in 40 seconds."""


@dataclass(frozen=True)
class WireDay:
    """A day's entries, computed when they are asked for."""

    seed: int
    scale: int
    start: datetime
    compress: float
    events: tuple[Event, ...]
    outlets: tuple[Outlet, ...]

    def items(self) -> Iterator[Item]:
        """Every entry: the day's own, then ``scale - 1`` times as many again from derived events.

        Lazy and in constant memory: one turn's entries at a time, each turn by time of publication.
        """
        for turn in range(1, self.scale + 1):
            yield from self._in_order(turn)

    def first_turn(self) -> tuple[Item, ...]:
        """The entries of the events as they were written, by time of publication."""
        return self._in_order(1)

    def offset(self, moment: datetime) -> float:
        """Real seconds from the start of the release to a moment of the day."""
        return (moment - self.start).total_seconds() / self.compress

    @cached_property
    def carriers(self) -> tuple[Outlet, ...]:
        return tuple(outlet for outlet in self.outlets if not is_agency(outlet))

    @cached_property
    def agencies(self) -> dict[str, Outlet]:
        """The feed of each agency by the agency's short name."""
        by_id = {outlet.id: outlet for outlet in self.outlets if is_agency(outlet)}
        return {name: by_id[name.lower()] for name in FULL_NAMES}

    @cached_property
    def _releases(self) -> tuple[Event, ...]:
        return load_press_releases()

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return vocabulary((*self.events, *self._releases))

    def _in_order(self, turn: int) -> tuple[Item, ...]:
        return tuple(sorted(self._turn(turn), key=lambda item: (item.published, item.id)))

    def _turn(self, turn: int) -> Iterator[Item]:
        events, releases = self._derived(turn, self.events), self._derived(turn, self._releases)
        headlines = tuple(event.headline for event in events)
        room = Newsroom(self.seed, self.start, self.carriers, self.agencies, headlines)
        for event in events:
            yield from event_items(room, event)
        yield from digests(room, events, turn)
        yield from paid(room, releases)
        if turn == 1:
            yield from advisories(room)

    def _derived(self, turn: int, events: tuple[Event, ...]) -> tuple[Event, ...]:
        if turn == 1:
            return events
        exchange = self._vocabulary.exchange(self.seed, turn)
        return tuple(derived(event, turn, exchange) for event in events)


def generate(
    seed: int = 1,
    scale: int = 1,
    start: datetime = START,
    compress: float = COMPRESS,
    *,
    events: tuple[Event, ...] | None = None,
    outlets: tuple[Outlet, ...] | None = None,
) -> WireDay:
    """The wire day that belongs to these arguments; equal arguments give equal entries, on any machine.

    ``scale`` multiplies the events, by different texts, within the same 16 hours. ``compress`` is how many seconds
    of the day are released in one. ``events`` and ``outlets`` default to those of the package. Raises
    ``BadInput`` where those cannot be read and ``ValueError`` for a scale below 1 or a compression not above 0.
    """
    if scale < 1 or compress <= 0:
        raise ValueError(f"scale must be at least 1 and compress above 0, not {scale} and {compress}")
    return WireDay(seed, scale, start, compress, events or load_events(), outlets or load_outlets())
