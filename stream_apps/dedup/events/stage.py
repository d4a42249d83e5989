"""The single writer of events: takes the profile of each family, tells which families are about one event.

Rows: a family's profile. The graph, and what was last told of each event, are derived from them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from hashlib import blake2b
from itertools import count

from schemas.records import ArticleId, Event, FamilyProfile
from schemas.topics import EVENT_PLACES, EVENTS
from stream_apps.dedup.events.graph import EventGraph, Report
from stream_apps.dedup.events.records import event_of, place_of
from stream_apps.runtime.messages import Incoming, Outgoing, Stage
from stream_apps.runtime.rows import Rows

EXTRA_DAYS = 4
"""A family stays here longer than where it is decided, so that nothing can be told of a family that is gone."""


class _Families:
    """The event of each family, by its id; one that is alone is an event of its own here."""

    def __init__(self) -> None:
        self.events: dict[ArticleId, ArticleId] = {}
        self.members: defaultdict[ArticleId, set[ArticleId]] = defaultdict(set)
        self._graph = EventGraph()
        self._numbers: dict[ArticleId, int] = {}
        self._names: dict[int, ArticleId] = {}
        self._count = count()

    def put(self, family: ArticleId, report: Report) -> set[ArticleId]:
        """Take a family in, or what is new of it. The events, old and new, that this changed."""
        if family not in self._numbers:
            self._numbers[family] = next(self._count)
            self._names[self._numbers[family]] = family
        changed = self._graph.put(self._numbers[family], bytes.fromhex(family), report)
        return self._follow(changed | ({self._numbers[family]} if family not in self.events else set()))

    def remove(self, family: ArticleId) -> set[ArticleId]:
        """Forget a family. The events, old and new, that this changed."""
        number = self._numbers.pop(family)
        changed = self._graph.remove(number)
        del self._names[number]
        event = self.events.pop(family)
        self.members[event].discard(family)
        return self._without_empty({event, *self._follow(changed)})

    def _follow(self, changed: Iterable[int]) -> set[ArticleId]:
        events: set[ArticleId] = set()
        for number in changed:
            family, event = self._names[number], self._graph.event_of(number)
            before = self.events.pop(family, None)
            after = self.events[family] = family if event is None else self._names[event]
            if before is not None:
                self.members[before].discard(family)
                events.add(before)
            self.members[after].add(family)
            events.add(after)
        return self._without_empty(events)

    def _without_empty(self, events: set[ArticleId]) -> set[ArticleId]:
        for event in events:
            if not self.members[event]:
                del self.members[event]
        return events


class EventsStage(Stage):
    """Takes ``FamilyProfile``; gives ``Event``, and an ``EventPlace`` to each family whose event changed.

    A family that is alone with what it tells is no event: nothing is sent of it until another tells the same.
    """

    name = "events"

    def __init__(self, rows: Rows, window_days: int) -> None:
        self._rows = rows
        self._window = timedelta(days=window_days + EXTRA_DAYS)
        self._start()

    def _start(self) -> None:
        self._loaded = False
        self._graph = _Families()
        self._told: dict[ArticleId, bytes] = {}
        """Event: digest of what was last told of it; of one with a single family only where it had more."""
        self._placed: set[ArticleId] = set()
        """Families that were told of an event with others."""
        self._days: defaultdict[str, set[ArticleId]] = defaultdict(set)
        self._today = ""

    def forget(self) -> None:
        self._start()

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        profile = FamilyProfile.from_bytes(message.value)
        self._load(message.partition)
        known = self._profile(message.partition, profile.family)
        if known is not None and known.version > profile.version:
            return ()  # an older state of the family delivered again
        changed = self._leave(message.partition, profile.family) if profile.gone_to else self._take(profile, known)
        if not profile.gone_to:
            self._rows.put(message.partition, profile.family.encode(), profile.to_bytes())
        outgoing = [sent for event in sorted(changed) for sent in self._tell(message.partition, event, profile)]
        self._expire(message.partition)
        return outgoing

    # ---- families -------------------------------------------------------------------------------------------

    def _load(self, partition: int) -> None:
        if self._loaded:
            return
        for _, row in self._rows.items(partition):
            self._take(FamilyProfile.from_bytes(row), None)
        for event, families in self._graph.members.items():
            if len(families) > 1:
                self._told[event] = _digest(self._event(partition, event, 0))
                self._placed |= families
        self._loaded = True

    def _profile(self, partition: int, family: ArticleId) -> FamilyProfile | None:
        row = self._rows.get(partition, family.encode())
        return FamilyProfile.from_bytes(row) if row else None

    def _take(self, profile: FamilyProfile, known: FamilyProfile | None) -> set[ArticleId]:
        """The events that a family's profile changes, its own always among them."""
        if known is not None:
            self._days[known.seen].discard(profile.family)
        self._days[profile.seen].add(profile.family)
        assert profile.first_published is not None, profile.family
        alone = profile.outlets[0] if len(profile.outlets) == 1 else ""
        changed = self._graph.put(profile.family, Report(profile.terms, profile.first_published.timestamp(), alone))
        return {*changed, self._graph.events[profile.family]}

    def _leave(self, partition: int, family: ArticleId) -> set[ArticleId]:
        known = self._profile(partition, family)
        if known is None:
            return set()
        self._days[known.seen].discard(family)
        self._rows.delete(partition, family.encode())
        return self._graph.remove(family)

    # ---- what is told ---------------------------------------------------------------------------------------

    def _tell(self, partition: int, event: ArticleId, cause: FamilyProfile) -> Iterable[Outgoing]:
        """The event as it is now, to everybody and to each of its families; where it went, if it is no more."""
        before = self._told.pop(event, None)
        if event not in self._graph.members:
            if before is not None:
                into = self._graph.events.get(event) or self._graph.events.get(cause.gone_to or "")
                yield _message(Event(id=event, version=cause.version, redirect_to=into))
            return
        record = self._event(partition, event, cause.version)
        if len(record.families) > 1 or before is not None:
            digest = self._told[event] = _digest(record)
            if digest == before:
                return
            yield _message(record)
        yield from self._place(record, cause.seen or max(self._days))

    def _place(self, record: Event, seen: str) -> Iterable[Outgoing]:
        """To each family what the event is now; one that is alone is told so only if it was not before."""
        families = {family.family for family in record.families}
        told = families if len(families) > 1 else families & self._placed
        for family in sorted(told):
            yield Outgoing(EVENT_PLACES, family.encode(), place_of(record, family, seen).to_bytes())
        (self._placed.update if len(families) > 1 else self._placed.difference_update)(told)

    def _event(self, partition: int, event: ArticleId, version: int) -> Event:
        members = sorted(self._graph.members[event])
        profiles = [profile for family in members if (profile := self._profile(partition, family)) is not None]
        return event_of(event, profiles, version)

    def _expire(self, partition: int) -> None:
        """Forget events that nothing was added to for longer than the window, by the stream's own time.

        What was told of them stays as it is. Looked for once a day.
        """
        today = max((day for day, families in self._days.items() if families), default="")
        if today <= self._today:
            return
        self._today = today
        oldest = (date.fromisoformat(today) - self._window).isoformat()
        fresh = {self._graph.events[f] for day, families in self._days.items() if day >= oldest for f in families}
        for event in sorted(self._graph.members.keys() - fresh):
            for family in list(self._graph.members.get(event, ())):
                self._leave(partition, family)
            self._told.pop(event, None)
        self._days = defaultdict(set, {day: families for day, families in self._days.items() if families})


def _message(record: Event) -> Outgoing:
    return Outgoing(EVENTS, record.id.encode(), record.to_bytes())


def _digest(record: Event) -> bytes:
    return blake2b(record.model_copy(update={"version": 0}).to_bytes(), digest_size=8).digest()
