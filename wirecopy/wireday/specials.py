"""What the day holds besides copied stories: digests, paid releases passed on, and an agency's advisories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from wirecopy.wireday.agencies import WireText, dateline
from wirecopy.wireday.chance import chance
from wirecopy.wireday.edits import brief
from wirecopy.wireday.events import Event, Paragraphs
from wirecopy.wireday.items import Item, version
from wirecopy.wireday.newsroom import Newsroom
from wirecopy.wireday.outlets import Outlet
from wirecopy.wireday.style import edited, telegraphic

PRESS_RELEASES = Path(__file__).with_name("press_releases.yml")
DIGESTS = 2
EVENTS_IN_DIGEST = 3

_OPENINGS = (
    "Good evening. Three things that made the day, in two minutes, before the kettle boils.",
    "Back from work and missed it all? Here are the headlines that people will ask you about at dinner.",
)
_CLOSINGS = (
    "And finally: the night desk recommends an early bed. We are back at six.",
    "That is the round-up. Tell us which of these you would like to read more about.",
)
_ADVERTORIAL = (
    "(ADVERTORIAL DISCLAIMER: The above press release has been provided by NewsVoir. ANI will not be responsible in "
    "any way for the content of the same.)"
)
_BRAND_DISCLAIMER = "(This is partnered content. The newsroom of {outlet} had no part in its making.)"


def load_press_releases() -> tuple[Event, ...]:
    return TypeAdapter(tuple[Event, ...]).validate_python(yaml.safe_load(PRESS_RELEASES.read_text(encoding="utf-8")))


def digests(room: Newsroom, events: Sequence[Event], cycle: int) -> Iterator[Item]:
    """Two outlets' evening round-ups of three agency texts each: short, reworded, under numbered heads."""
    rng = chance(room.seed, cycle, "digests")
    wire = [event for event in events if event.agency]
    count = min(DIGESTS, len(wire) // EVENTS_IN_DIGEST)
    chosen = rng.sample(wire, k=count * EVENTS_IN_DIGEST)
    for number, outlet in enumerate(rng.sample(room.outlets, k=count)):
        part = chosen[number * EVENTS_IN_DIGEST : (number + 1) * EVENTS_IN_DIGEST]
        yield _digest(room, outlet, part, f"digest{number + 1}.{cycle}", number)


def _digest(room: Newsroom, outlet: Outlet, events: Sequence[Event], key: str, number: int) -> Item:
    rng = chance(room.seed, key)
    at = room.start + timedelta(hours=14, minutes=30 + 60 * number)
    agencies = tuple(dict.fromkeys(event.agency for event in events))
    blocks = [text for i, event in enumerate(events, 1) for text in _block(room, event, i, key)]
    credit = f"(With inputs from {', '.join(agencies)})"
    text = (_OPENINGS[number], *blocks, _CLOSINGS[number], credit, *room.under(outlet, rng))
    return Item(
        outlet=outlet,
        kind="digest",
        key=key,
        event=key,
        story=key,
        beat="culture",
        relation="wire_abridged",
        versions=(version(outlet, at, f"{outlet.name} at {at:%H:%M}: three stories", outlet.desks[0], text),),
        credits=tuple((agency, "inputs") for agency in agencies),
        includes=tuple(event.id for event in events),
    )


def _block(room: Newsroom, event: Event, number: int, key: str) -> Paragraphs:
    rng = chance(room.seed, key, event.id)
    return (
        f"{number}. {rng.choice(event.alternatives)}",
        *edited((telegraphic(brief(event.corrected())),), rng, every=6),
    )


def paid(room: Newsroom, releases: Sequence[Event]) -> Iterator[Item]:
    """Press releases: through the agency's paid service, and under an outlet's brand desk."""
    for release in releases:
        rng = chance(room.seed, release.id)
        at = room.start + timedelta(minutes=rng.randint(180, 600))
        outlet = rng.choice(room.outlets)
        text = (*release.paragraphs, _BRAND_DISCLAIMER.format(outlet=outlet.name), *room.under(outlet, rng))
        yield _paid(
            release, room.agencies["ANI"], at, "ANI/NewsVoir", _passed_on(release, at), credits_=(("ANI", "sole"),)
        )
        yield _paid(release, outlet, at + timedelta(minutes=45), "Brand Desk", text)


def _passed_on(release: Event, at: datetime) -> Paragraphs:
    wire = WireText(release.id, "ANI", release.place, release.region, release.headline, release.paragraphs)
    head = dateline(wire, at, chance(release.id)).replace("(ANI)", "(ANI/NewsVoir)")
    return (head + release.paragraphs[0], *release.paragraphs[1:], _ADVERTORIAL)


def _paid(
    release: Event,
    outlet: Outlet,
    at: datetime,
    byline: str,
    text: Paragraphs,
    *,
    credits_: tuple[tuple[str, str], ...] = (),
) -> Item:
    return Item(
        outlet=outlet,
        kind="paid",
        key=release.id,
        event=release.id,
        story=release.id,
        beat=release.beat,
        relation="paid",
        versions=(version(outlet, at, release.headline, byline, text),),
        credits=credits_,
    )


def advisories(room: Newsroom) -> Iterator[Item]:
    """Notes of agencies to their subscribers: a story held and then killed, and one withdrawn."""
    noon = room.start + timedelta(hours=6)
    hold = (
        "HOLD: Subscribers are asked to hold the story slugged BZ-KHARADI-LEASE moved at 11:40. Its figures are being "
        "checked with the municipal office and a fresh version may follow."
    )
    kill = (
        "KILL: The story slugged BZ-KHARADI-LEASE moved at 11:40 is killed. Please do not print, broadcast or archive "
        "it; the document on which it rested could not be verified. We regret the trouble."
    )
    withdrawn = (
        "STORY WITHDRAWN: The report on a merger of two Mumbai shipbrokers, issued at 1325 IST, is withdrawn because "
        "the statement that it cited did not come from either firm. There will be no substitute."
    )
    yield _advisory(
        room.agencies["PTI"],
        "PTI",
        [(noon, "HOLD: BZ-KHARADI-LEASE", hold), (noon + _AN_HOUR, "KILL: BZ-KHARADI-LEASE", kill)],
    )
    yield _advisory(room.agencies["Reuters"], "Reuters", [(noon + _AN_HOUR, "STORY WITHDRAWN-Shipbrokers", withdrawn)])


_AN_HOUR = timedelta(hours=1)


def _advisory(agency: Outlet, name: str, texts: Sequence[tuple[datetime, str, str]]) -> Item:
    key = f"advisory-{agency.id}"
    return Item(
        outlet=agency,
        kind="advisory",
        key=key,
        event=key,
        story=key,
        beat="business",
        relation="wire_verbatim",
        versions=tuple(version(agency, at, headline, name, (text,)) for at, headline, text in texts),
        credits=((name, "sole"),),
    )
