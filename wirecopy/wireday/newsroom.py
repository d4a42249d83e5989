"""How one story goes through the day: filed by agencies, printed by outlets, corrected."""

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
from wirecopy.wireday.items import Item, Version, version
from wirecopy.wireday.outlets import Outlet
from wirecopy.wireday.stories import Paragraphs, Story
from wirecopy.wireday.style import edited

Treatment = Literal["verbatim", "abridged", "edited", "plus_staff", "merged", "second", "alert"]

LAST_FILING = timedelta(hours=12)
CORRECTED_AFTER = timedelta(hours=1)
LONGEST_LAG = timedelta(hours=2)
CARRIERS = (2, 3, 5, 6, 5, 4, 3, 2, 1)
"""How likely a story is to be carried by 1, 2 … 9 outlets."""

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
    """All that the stories of a day have in common."""

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


def story_items(room: Newsroom, story: Story) -> Iterator[Item]:
    """Every entry that one story causes, in no order."""
    if not story.agency:
        yield _original(room, story)
        return
    rng = chance(room.seed, story.id)
    filed = room.start + _minutes(rng, 5, LAST_FILING.total_seconds() / 60)
    desk = _Desk(room, story, filed, filed + _minutes(rng, 5, 60), rng.random())
    yield _filing(desk)
    if desk.second:
        yield _item(desk, desk.second, room.agencies[desk.second.agency], "filing", (desk.filing_of_second(),))
    count = min(rng.choices(range(1, 10), CARRIERS)[0], len(room.outlets))
    carriers = rng.sample(room.outlets, k=count)
    for outlet, treatment in zip(carriers, _treatments(story, count, rng), strict=True):
        yield _alert(desk, outlet) if treatment == "alert" else _copy(desk, outlet, treatment)


@dataclass(frozen=True)
class _Desk:
    """One agency story with its times."""

    room: Newsroom
    story: Story
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
        story, second = self.story, self.story.second
        if second is None:
            return None
        family = f"{story.id}-{second.agency.lower()}"
        return WireText(family, second.agency, story.place, story.region, story.alternatives[0], second.paragraphs)

    def wire(self, at: datetime) -> WireText:
        """The first agency's text as it stands at a time, the error in it or not."""
        story = self.story
        assert story.agency
        paragraphs = story.corrected() if at >= self.corrected_at else story.paragraphs
        return WireText(story.id, story.agency, story.place, story.region, story.headline, paragraphs)

    def rng(self, *key: object) -> random.Random:
        return chance(self.room.seed, self.story.id, *key)

    def filing_of_second(self) -> Version:
        assert self.second
        paragraphs = as_filed(self.second, self.second_filed, self.rng("second"))
        agency = self.room.agencies[self.second.agency]
        return version(agency, self.second_filed, self.second.headline, self.second.agency, paragraphs)


def _filing(desk: _Desk) -> Item:
    agency = desk.room.agencies[desk.first.agency]
    versions = [_filed_version(desk, agency, desk.filed, _as_is)]
    if desk.story.correction:
        versions.append(_filed_version(desk, agency, desk.corrected_at, _as_corrected))
    elif desk.repeat_draw < 0.1:
        versions.append(_filed_version(desk, agency, desk.filed + timedelta(minutes=50), _as_repeated))
    return _item(desk, desk.first, agency, "filing", tuple(versions))


_Marker = Callable[[Story, WireText, Paragraphs], tuple[str, Paragraphs]]


def _filed_version(desk: _Desk, agency: Outlet, at: datetime, marker: _Marker) -> Version:
    # The sign-off stays as it was: the same chance for every version.
    wire = desk.wire(at)
    headline, paragraphs = marker(desk.story, wire, as_filed(wire, desk.filed, desk.rng("filing")))
    return version(agency, at, headline, wire.agency, paragraphs)


def _as_is(_: Story, wire: WireText, paragraphs: Paragraphs) -> tuple[str, Paragraphs]:
    return wire.headline, paragraphs


def _as_corrected(story: Story, wire: WireText, paragraphs: Paragraphs) -> tuple[str, Paragraphs]:
    assert story.correction
    what = f"paragraph {story.correction.paragraph + 1}"
    if len(story.correction.new) <= 80:
        what += f', which should read "{story.correction.new}"'
    return corrected_filing(wire.agency, wire.headline, paragraphs, what)


def _as_repeated(_: Story, wire: WireText, paragraphs: Paragraphs) -> tuple[str, Paragraphs]:
    return repeated_filing(wire.agency, wire.headline, paragraphs)


def _treatments(story: Story, count: int, rng: random.Random) -> list[Treatment]:
    """What each of ``count`` outlets does. At most one of them has the story's staff paragraphs, or merges."""
    special: list[Treatment] = []
    if story.staff and rng.random() < 0.55:
        special.append("plus_staff")
    if story.second and rng.random() < 0.6:
        special.append("merged")
    if story.second and rng.random() < 0.6:
        special.append("second")
    if len(story.staff) > 1 and count > 2 and rng.random() < 0.3:
        special.append("alert")
    plain: Sequence[Treatment] = ("verbatim", "abridged", "edited")
    chosen = [*special[:count], *rng.choices(plain, (45, 30, 25), k=max(0, count - len(special)))]
    rng.shuffle(chosen)
    return chosen


def _copy(desk: _Desk, outlet: Outlet, treatment: Treatment) -> Item:
    rng = desk.rng(outlet.id)
    from_second = treatment == "second" and desk.second is not None
    wire = desk.second if treatment == "second" and desk.second else desk.first
    filed = desk.second_filed if from_second or treatment == "merged" else desk.filed
    published = filed + _lag(rng)
    headline = rng.choice((desk.story.headline, *desk.story.alternatives, *desk.story.alternatives))
    printed = _printed(desk, outlet, treatment, published)
    under = desk.room.under(outlet, desk.rng(outlet.id, "under"))
    versions = [version(outlet, published, headline, printed.byline, (*printed.paragraphs, *under))]
    update = None if from_second else _update(desk, outlet, treatment, published, rng)
    if update:
        at, later, note = update
        versions.append(version(outlet, at, headline, later.byline, (*later.paragraphs, note, *under)))
        printed = later
    return Item(
        outlet=outlet,
        kind="merged" if treatment == "merged" else "copy",
        key=desk.story.id,
        story=desk.story.id,
        family=wire.family,
        beat=desk.story.beat,
        relation=_RELATIONS[treatment],
        versions=tuple(versions),
        credits=with_quoted(printed.credits, versions[-1].paragraphs),
        undisclosed=not printed.credits,
        includes=(desk.second.family,) if treatment == "merged" and desk.second else (),
        stale=not from_second and printed != _printed(desk, outlet, treatment, max(published, desk.corrected_at)),
    )


def _update(
    desk: _Desk, outlet: Outlet, treatment: Treatment, published: datetime, rng: random.Random
) -> tuple[datetime, Printed, str] | None:
    """When and how an outlet puts right what it took over wrong; many never do, some had cut the error anyway."""
    wrong, at = desk.story.correction, desk.corrected_at
    if wrong is None or published >= at or rng.random() < 0.4:
        return None
    printed = _printed(desk, outlet, treatment, at)
    if printed == _printed(desk, outlet, treatment, published):
        return None
    short = len(wrong.old) <= 80 and len(wrong.new) <= 80
    note = rng.choice(_NOTES).format(old=wrong.old, new=wrong.new) if short else "The error is regretted."
    return at + _minutes(rng, 10, 60), printed, note


def _printed(desk: _Desk, outlet: Outlet, treatment: Treatment, at: datetime) -> Printed:
    """The article as an outlet prints it from what the agencies have sent by ``at``.

    Two calls differ by the agency's correction alone: every choice has the same chance again.
    """
    wire = desk.second if treatment == "second" and desk.second else desk.wire(at)
    filed = desk.second_filed if treatment == "second" else desk.filed
    setting = Setting(outlet, wire, filed, desk.rng(outlet.id, "credit"))
    body = _treated(desk, treatment, wire, desk.rng(outlet.id, "edit"))
    if treatment == "plus_staff":
        return print_inputs(setting.rng.choice(outlet.inputs), setting, body, (wire.agency,))
    if treatment == "merged" and desk.second:
        form = setting.rng.choice([form for form in outlet.inputs if form != "none"])
        return print_inputs(form, setting, body, (wire.agency, desk.second.agency))
    return print_sole(setting.rng.choice(outlet.sole), setting, body)


def _treated(desk: _Desk, treatment: Treatment, wire: WireText, rng: random.Random) -> Paragraphs:
    match treatment:
        case "abridged":
            return edits.abridged(wire.paragraphs, rng)
        case "edited":
            return edited(wire.paragraphs, rng)
        case "plus_staff":
            kept = edits.abridged(wire.paragraphs, rng, least=0.65, most=1) if rng.random() < 0.5 else wire.paragraphs
            return edits.plus_staff(kept, _for_copy(desk.story.staff), rng)
        case "merged":
            assert desk.second
            kept = edits.abridged(wire.paragraphs, rng, least=0.7, most=1)
            return edits.merged(kept, desk.second.paragraphs, rng)
        case _:
            return wire.paragraphs


def _for_copy(staff: Paragraphs) -> Paragraphs:
    """The staff paragraphs that stand beside agency text; the last of several is kept for an alert."""
    return staff[:-1] if len(staff) > 1 else staff


def _alert(desk: _Desk, outlet: Outlet) -> Item:
    """A few lines of the outlet's own that say who reported it: agency news, but not agency text."""
    rng = desk.rng(outlet.id, "alert")
    at = desk.filed + _minutes(rng, 2, 25)
    agency, headline = desk.first.agency, rng.choice(desk.story.alternatives)
    said = rng.choice(
        (f", {agency} reported on {at:%A}.", f", {agency} reported, citing officials.", f", said {agency}.")
    )
    lead = headline.rstrip(".?!") + said
    text = (lead, desk.story.staff[-1], *desk.room.under(outlet, rng))
    return Item(
        outlet=outlet,
        kind="alert",
        key=f"{desk.story.id}/alert",
        story=desk.story.id,
        family=f"{desk.story.id}-{outlet.id}",
        beat=desk.story.beat,
        relation="rewrite",
        versions=(version(outlet, at, headline, rng.choice(outlet.desks), text),),
        credits=((agency, "quoted"),),
    )


def _original(room: Newsroom, story: Story) -> Item:
    """An outlet's own story, carried by nobody else; an error in it is put right an hour later."""
    rng = chance(room.seed, story.id)
    outlet = rng.choice(room.outlets)
    at = room.start + _minutes(rng, 5, LAST_FILING.total_seconds() / 60)
    headline, byline = rng.choice((story.headline, *story.alternatives)), rng.choice(outlet.staff)
    under = room.under(outlet, rng)
    versions = [version(outlet, at, headline, byline, (*story.paragraphs, *under))]
    if story.correction:
        corrected = (*story.corrected(), "This report has been corrected.", *under)
        versions.append(version(outlet, at + CORRECTED_AFTER, headline, byline, corrected))
    elif story.staff and rng.random() < 0.5:
        longer = (*story.paragraphs, *story.staff, *under)
        versions.append(version(outlet, at + _minutes(rng, 30, 90), headline, byline, longer))
    return Item(
        outlet=outlet,
        kind="original",
        key=story.id,
        story=story.id,
        family=story.id,
        beat=story.beat,
        relation="original",
        versions=tuple(versions),
        credits=with_quoted((), versions[-1].paragraphs),
    )


def _item(desk: _Desk, wire: WireText, agency: Outlet, kind: Literal["filing"], versions: tuple[Version, ...]) -> Item:
    return Item(
        outlet=agency,
        kind=kind,
        key=wire.family,
        story=desk.story.id,
        family=wire.family,
        beat=desk.story.beat,
        relation="wire_verbatim",
        versions=versions,
        credits=((wire.agency, "sole"),),
    )


def _minutes(rng: random.Random, least: float, most: float) -> timedelta:
    return timedelta(seconds=round(rng.uniform(least, most) * 60))


def _lag(rng: random.Random) -> timedelta:
    """From the agency's filing to the outlet's site: minutes for most, an hour or two for some."""
    return min(timedelta(seconds=round(60 * rng.lognormvariate(3, 0.9))) + timedelta(minutes=2), LONGEST_LAG)
