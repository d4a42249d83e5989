"""How one event goes through the day: filed by agencies, printed by outlets, corrected."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from schemas.public_records import OriginClass
from wirecopy.wireday import edits
from wirecopy.wireday.agencies import WireText, as_filed, corrected_filing, repeated_filing
from wirecopy.wireday.chance import chance
from wirecopy.wireday.credit_forms import Printed, Setting, print_inputs, print_sole, with_quoted
from wirecopy.wireday.events import Event, Paragraphs
from wirecopy.wireday.items import Item, Version, version
from wirecopy.wireday.outlets import Outlet
from wirecopy.wireday.style import edited

Treatment = Literal["verbatim", "abridged", "edited", "plus_staff", "merged", "second", "alert"]

LAST_FILING = timedelta(hours=12)
CORRECTED_AFTER = timedelta(hours=1)
LONGEST_LAG = timedelta(hours=2)
CARRIERS = (2, 3, 5, 6, 5, 4, 3, 2, 1)
"""How likely an event is to be carried by 1, 2 … 9 outlets."""

_RELATIONS: dict[Treatment, OriginClass] = {
    "verbatim": "wire_verbatim",
    "second": "wire_verbatim",
    "abridged": "wire_abridged",
    "edited": "wire_edited",
    "plus_staff": "wire_plus_staff",
    "merged": "wire_plus_staff",
}
_NOTES = (
    'Correction: An earlier version of this report said "{old}". It should have read "{new}". The error is regretted.',
    'This story has been updated to correct "{old}" to "{new}".',
)


@dataclass(frozen=True)
class Newsroom:
    """What the events of a day have in common."""

    seed: int
    start: datetime
    outlets: tuple[Outlet, ...]
    agencies: dict[str, Outlet]
    headlines: tuple[str, ...]
    """Headlines of the day, to link to under an article."""

    def under(self, outlet: Outlet, rng: random.Random) -> Paragraphs:
        """What an outlet prints under an article."""
        link = (outlet.also_read + rng.choice(self.headlines),) if outlet.also_read else ()
        return (*link, *outlet.boilerplate)


def event_items(room: Newsroom, event: Event) -> Iterator[Item]:
    """Every entry that one event causes, in no order."""
    if not event.agency:
        yield _original(room, event)
        return
    rng = chance(room.seed, event.id)
    filed = room.start + _minutes(rng, 5, LAST_FILING.total_seconds() / 60)
    filings = _Filings(room, event, filed, filed + _minutes(rng, 5, 60), rng.random())
    yield _filing(filings)
    if filings.second:
        yield _item(
            filings, filings.second, room.agencies[filings.second.agency], "filing", (filings.filing_of_second(),)
        )
    count = min(rng.choices(range(1, 10), CARRIERS)[0], len(room.outlets))
    carriers = rng.sample(room.outlets, k=count)
    for outlet, treatment in zip(carriers, _treatments(event, count, rng), strict=True):
        yield _alert(filings, outlet) if treatment == "alert" else _copy(filings, outlet, treatment)


@dataclass(frozen=True)
class _Filings:
    """The texts of agencies on one event, with their times."""

    room: Newsroom
    event: Event
    filed: datetime
    second_filed: datetime
    repeat_draw: float

    @property
    def first(self) -> WireText:
        return self.wire(self.filed)

    @property
    def corrected_at(self) -> datetime:
        return self.filed + CORRECTED_AFTER

    @property
    def second(self) -> WireText | None:
        event, second = self.event, self.event.second
        if second is None:
            return None
        story = f"{event.id}-{second.agency.lower()}"
        return WireText(story, second.agency, event.place, event.region, event.alternatives[0], second.paragraphs)

    def wire(self, at: datetime) -> WireText:
        """The first agency's text as it stands at a time, the error in it or not."""
        event = self.event
        assert event.agency
        paragraphs = event.corrected() if at >= self.corrected_at else event.paragraphs
        return WireText(event.id, event.agency, event.place, event.region, event.headline, paragraphs)

    def rng(self, *key: object) -> random.Random:
        return chance(self.room.seed, self.event.id, *key)

    def filing_of_second(self) -> Version:
        assert self.second
        paragraphs = as_filed(self.second, self.second_filed, self.rng("second"))
        agency = self.room.agencies[self.second.agency]
        return version(agency, self.second_filed, self.second.headline, self.second.agency, paragraphs)


def _filing(filings: _Filings) -> Item:
    agency = filings.room.agencies[filings.first.agency]
    versions = [_filed_version(filings, agency, filings.filed, _as_is)]
    if filings.event.correction:
        versions.append(_filed_version(filings, agency, filings.corrected_at, _as_corrected))
    elif filings.repeat_draw < 0.1:
        versions.append(_filed_version(filings, agency, filings.filed + timedelta(minutes=50), _as_repeated))
    return _item(filings, filings.first, agency, "filing", tuple(versions))


_Marker = Callable[[Event, WireText, Paragraphs], tuple[str, Paragraphs]]


def _filed_version(filings: _Filings, agency: Outlet, at: datetime, marker: _Marker) -> Version:
    # The sign-off stays as it was: the same chance for every version.
    wire = filings.wire(at)
    headline, paragraphs = marker(filings.event, wire, as_filed(wire, filings.filed, filings.rng("filing")))
    return version(agency, at, headline, wire.agency, paragraphs)


def _as_is(_: Event, wire: WireText, paragraphs: Paragraphs) -> tuple[str, Paragraphs]:
    return wire.headline, paragraphs


def _as_corrected(event: Event, wire: WireText, paragraphs: Paragraphs) -> tuple[str, Paragraphs]:
    assert event.correction
    what = f"paragraph {event.correction.paragraph + 1}"
    if len(event.correction.new) <= 80:
        what += f', which should read "{event.correction.new}"'
    return corrected_filing(wire.agency, wire.headline, paragraphs, what)


def _as_repeated(_: Event, wire: WireText, paragraphs: Paragraphs) -> tuple[str, Paragraphs]:
    return repeated_filing(wire.agency, wire.headline, paragraphs)


def _treatments(event: Event, count: int, rng: random.Random) -> list[Treatment]:
    """What each of ``count`` outlets does. At most one of them has the event's staff paragraphs, or merges."""
    special: list[Treatment] = []
    if event.staff and rng.random() < 0.55:
        special.append("plus_staff")
    if event.second and rng.random() < 0.6:
        special.append("merged")
    if event.second and rng.random() < 0.6:
        special.append("second")
    if len(event.staff) > 1 and count > 2 and rng.random() < 0.3:
        special.append("alert")
    plain: Sequence[Treatment] = ("verbatim", "abridged", "edited")
    chosen = [*special[:count], *rng.choices(plain, (45, 30, 25), k=max(0, count - len(special)))]
    rng.shuffle(chosen)
    return chosen


def _copy(filings: _Filings, outlet: Outlet, treatment: Treatment) -> Item:
    rng = filings.rng(outlet.id)
    from_second = treatment == "second" and filings.second is not None
    wire = filings.second if treatment == "second" and filings.second else filings.first
    filed = filings.second_filed if from_second or treatment == "merged" else filings.filed
    published = filed + _lag(rng)
    headline = rng.choice((filings.event.headline, *filings.event.alternatives, *filings.event.alternatives))
    printed = _printed(filings, outlet, treatment, published)
    under = filings.room.under(outlet, filings.rng(outlet.id, "under"))
    versions = [version(outlet, published, headline, printed.byline, (*printed.paragraphs, *under))]
    update = None if from_second else _update(filings, outlet, treatment, published, rng)
    if update:
        at, later, note = update
        versions.append(version(outlet, at, headline, later.byline, (*later.paragraphs, note, *under)))
        printed = later
    return Item(
        outlet=outlet,
        kind="merged" if treatment == "merged" else "copy",
        key=filings.event.id,
        event=filings.event.id,
        story=wire.story,
        beat=filings.event.beat,
        relation=_RELATIONS[treatment],
        versions=tuple(versions),
        credits=with_quoted(printed.credits, versions[-1].paragraphs),
        undisclosed=not printed.credits,
        includes=(filings.second.story,) if treatment == "merged" and filings.second else (),
        stale=not from_second and printed != _printed(filings, outlet, treatment, max(published, filings.corrected_at)),
    )


def _update(
    filings: _Filings, outlet: Outlet, treatment: Treatment, published: datetime, rng: random.Random
) -> tuple[datetime, Printed, str] | None:
    """When and how an outlet puts right what it took over wrong; many never do, some had cut the error anyway."""
    wrong, at = filings.event.correction, filings.corrected_at
    if wrong is None or published >= at or rng.random() < 0.4:
        return None
    printed = _printed(filings, outlet, treatment, at)
    if printed == _printed(filings, outlet, treatment, published):
        return None
    short = len(wrong.old) <= 80 and len(wrong.new) <= 80
    note = rng.choice(_NOTES).format(old=wrong.old, new=wrong.new) if short else "The error is regretted."
    return at + _minutes(rng, 10, 60), printed, note


def _printed(filings: _Filings, outlet: Outlet, treatment: Treatment, at: datetime) -> Printed:
    """The article as an outlet prints it from what the agencies have sent by ``at``.

    Two calls differ by the agency's correction alone: every choice has the same chance again.
    """
    wire = filings.second if treatment == "second" and filings.second else filings.wire(at)
    filed = filings.second_filed if treatment == "second" else filings.filed
    setting = Setting(outlet, wire, filed, filings.rng(outlet.id, "credit"))
    body = _treated(filings, treatment, wire, filings.rng(outlet.id, "edit"))
    if treatment == "plus_staff":
        return print_inputs(setting.rng.choice(outlet.inputs), setting, body, (wire.agency,))
    if treatment == "merged" and filings.second:
        form = setting.rng.choice([form for form in outlet.inputs if form != "none"])
        return print_inputs(form, setting, body, (wire.agency, filings.second.agency))
    return print_sole(setting.rng.choice(outlet.sole), setting, body)


def _treated(filings: _Filings, treatment: Treatment, wire: WireText, rng: random.Random) -> Paragraphs:
    match treatment:
        case "abridged":
            return edits.abridged(wire.paragraphs, rng)
        case "edited":
            return edited(wire.paragraphs, rng)
        case "plus_staff":
            kept = edits.abridged(wire.paragraphs, rng, least=0.65, most=1) if rng.random() < 0.5 else wire.paragraphs
            return edits.plus_staff(kept, _for_copy(filings.event.staff), rng)
        case "merged":
            assert filings.second
            kept = edits.abridged(wire.paragraphs, rng, least=0.7, most=1)
            return edits.merged(kept, filings.second.paragraphs, rng)
        case _:
            return wire.paragraphs


def _for_copy(staff: Paragraphs) -> Paragraphs:
    """The staff paragraphs that stand beside agency text; the last of several is kept for an alert."""
    return staff[:-1] if len(staff) > 1 else staff


def _alert(filings: _Filings, outlet: Outlet) -> Item:
    """A few lines of the outlet's own that say who reported it: agency news, but not agency text."""
    rng = filings.rng(outlet.id, "alert")
    at = filings.filed + _minutes(rng, 2, 25)
    agency, headline = filings.first.agency, rng.choice(filings.event.alternatives)
    said = rng.choice(
        (f", {agency} reported on {at:%A}.", f", {agency} reported, citing officials.", f", said {agency}.")
    )
    lead = headline.rstrip(".?!") + said
    text = (lead, filings.event.staff[-1], *filings.room.under(outlet, rng))
    return Item(
        outlet=outlet,
        kind="alert",
        key=f"{filings.event.id}/alert",
        event=filings.event.id,
        story=f"{filings.event.id}-{outlet.id}",
        beat=filings.event.beat,
        relation="rewrite",
        versions=(version(outlet, at, headline, rng.choice(outlet.desks), text),),
        credits=((agency, "quoted"),),
    )


def _original(room: Newsroom, event: Event) -> Item:
    """An outlet's own report, carried by nobody else; an error in it is put right an hour later."""
    rng = chance(room.seed, event.id)
    outlet = rng.choice(room.outlets)
    at = room.start + _minutes(rng, 5, LAST_FILING.total_seconds() / 60)
    headline, byline = rng.choice((event.headline, *event.alternatives)), rng.choice(outlet.staff)
    under = room.under(outlet, rng)
    versions = [version(outlet, at, headline, byline, (*event.paragraphs, *under))]
    if event.correction:
        corrected = (*event.corrected(), "This report has been corrected.", *under)
        versions.append(version(outlet, at + CORRECTED_AFTER, headline, byline, corrected))
    elif event.staff and rng.random() < 0.5:
        longer = (*event.paragraphs, *event.staff, *under)
        versions.append(version(outlet, at + _minutes(rng, 30, 90), headline, byline, longer))
    return Item(
        outlet=outlet,
        kind="original",
        key=event.id,
        event=event.id,
        story=event.id,
        beat=event.beat,
        relation="original",
        versions=tuple(versions),
        credits=with_quoted((), versions[-1].paragraphs),
    )


def _item(
    filings: _Filings, wire: WireText, agency: Outlet, kind: Literal["filing"], versions: tuple[Version, ...]
) -> Item:
    return Item(
        outlet=agency,
        kind=kind,
        key=wire.story,
        event=filings.event.id,
        story=wire.story,
        beat=filings.event.beat,
        relation="wire_verbatim",
        versions=versions,
        credits=((wire.agency, "sole"),),
    )


def _minutes(rng: random.Random, least: float, most: float) -> timedelta:
    return timedelta(seconds=round(rng.uniform(least, most) * 60))


def _lag(rng: random.Random) -> timedelta:
    """From the agency's filing to the outlet's site: minutes for most, an hour or two for some."""
    return min(timedelta(seconds=round(60 * rng.lognormvariate(3, 0.9))) + timedelta(minutes=2), LONGEST_LAG)
