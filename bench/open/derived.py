"""The bulk of the hard kinds: made by rule from events of the wire day that the wire day of the set leaves out.

Each rule is a kind of the guidelines: what an outlet does with an agency's text, and what comes close to it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bench.open.written import IST, Line, neutral
from wirecopy.wireday.agencies import WireText, as_filed
from wirecopy.wireday.chance import chance
from wirecopy.wireday.credit_forms import with_quoted
from wirecopy.wireday.events import Event, Paragraphs
from wirecopy.wireday.items import version
from wirecopy.wireday.outlets import Outlet

START = datetime(2026, 6, 18, 7, tzinfo=IST)
"""The day after the wire day."""
QUOTED_WORDS = 16
"""Fewest words of a quotation that is worth printing twice."""
STANDING: Mapping[str, str] = {
    "PTI": "The state has seen four such cases since January, in which 23 people lost their lives, and an all-party "
    "committee that was set up after the third of them has met once, without its chairman, and adjourned.",
    "IANS": "The government launched a scheme for such cases in 2023 with an outlay of Rs 640 crore, of which less "
    "than a fifth had been spent by the end of the last financial year, according to a reply in Parliament.",
    "ANI": "Residents have held protests over the matter for several weeks, and the district administration had "
    "assured them in April that a detailed report would be made public before the onset of the monsoon.",
    "UNI": "It may be recalled that a commission headed by a retired judge had gone into the whole question in 2019 "
    "and made 41 recommendations, of which nine have been accepted and two carried out so far.",
    "Reuters": "The government, which faces an election in the autumn, has promised to cut red tape and bring down "
    "prices, but opinion polls show it trailing two opposition parties by more than six percentage points.",
    "AP": "Lawmakers from both parties have called for hearings since the first reports appeared in March, and a "
    "federal watchdog opened a review in April that is expected to take the better part of a year.",
    "AFP": "The issue has divided the country since a referendum in 2021 that was decided by fewer than ten thousand "
    "votes, and the highest court is to rule in the autumn on whether it has to be repeated.",
}
"""What an agency puts under whatever it files."""


@dataclass(frozen=True)
class Made:
    """An article and its labels; ``story`` names its story within the set."""

    key: str
    outlet: Outlet
    at: datetime
    headline: str
    byline: str
    paragraphs: Paragraphs
    story: str
    event: str
    credits: tuple[tuple[str, str], ...]
    origin: str | None
    """None where nothing in the set shows it."""
    agency: str | None
    undisclosed: bool = False
    includes: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    """Agencies that may be read as credited, or not."""

    @property
    def id(self) -> str:
        return neutral(f"derived-{self.key}")

    def line(self) -> Line:
        body = version(self.outlet, self.at, self.headline, self.byline, self.paragraphs)
        published, host = self.at.isoformat(), self.outlet.host
        article = {"id": self.id, "source": host, "published": published, "title": body.headline}
        return article | {"byline": body.byline, "text": body.text}


@dataclass(frozen=True)
class Printed:
    """What is printed, and how many minutes after the group's first article."""

    minutes: int
    headline: str
    byline: str
    paragraphs: Paragraphs


@dataclass(frozen=True)
class Labels:
    """What is true of it."""

    story: str
    origin: str | None
    credits: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Desk:
    """One event, and who prints the agency's story of it."""

    event: Event
    filer: Outlet
    outlets: Sequence[Outlet]
    rng: random.Random
    at: datetime

    @property
    def agency(self) -> str:
        return self.event.agency

    @property
    def name(self) -> str:
        return f"derived/{self.event.id}"

    @property
    def sole(self) -> tuple[tuple[str, str], ...]:
        return ((self.agency, "sole"),)

    def filing(self) -> Made:
        return self.filed("filing", self.event.headline, self.event.paragraphs)

    def filed(self, key: str, headline: str, paragraphs: Paragraphs, minutes: int = 0, suffix: str = "") -> Made:
        """What the agency sends; with a suffix, a story beside the first."""
        event = self.event
        assert event.agency
        wire = WireText(event.id, event.agency, event.place, event.region, headline, paragraphs)
        sent = as_filed(wire, self.at + timedelta(minutes=minutes), self.rng)
        labels = Labels(self.name + suffix, "wire_verbatim", self.sole)
        return self._made(key, self.filer, Printed(minutes, headline, self.agency, sent), labels)

    def copy(self, key: str, number: int, paragraphs: Paragraphs, origin: str | None, minutes: int) -> Made:
        """A copy under the agency's byline."""
        headline = self.event.alternatives[number % len(self.event.alternatives)]
        printed = Printed(minutes, headline, self.agency, self._under(number, paragraphs))
        return self._made(key, self.outlets[number], printed, Labels(self.name, origin, self.sole))

    def own(self, key: str, number: int, paragraphs: Paragraphs) -> Made:
        """A report by the outlet's own staff, a story of its own."""
        byline = self.rng.choice(self.outlets[number].staff)
        printed = Printed(180, self.event.alternatives[-1], byline, self._under(number, paragraphs))
        return self._made(key, self.outlets[number], printed, Labels(f"{self.name}/own", "original", ()))

    def _under(self, number: int, paragraphs: Paragraphs) -> Paragraphs:
        return (*paragraphs, *self.outlets[number].boilerplate)

    def _made(self, key: str, outlet: Outlet, printed: Printed, labels: Labels) -> Made:
        return Made(
            key=f"{self.event.id}-{key}",
            outlet=outlet,
            at=self.at + timedelta(minutes=printed.minutes),
            headline=printed.headline,
            byline=printed.byline,
            paragraphs=printed.paragraphs,
            story=labels.story,
            event=self.name,
            credits=with_quoted(labels.credits, printed.paragraphs),
            origin=labels.origin,
            agency=None if labels.origin == "original" else self.agency,
        )


# ---- the kinds --------------------------------------------------------------------------------------------------


def quotes(desk: Desk) -> Iterator[Made] | None:
    """The outlet's own report has the longest quotation of the agency's, and nothing else of it."""
    said = _most_quoted(desk.event.paragraphs)
    if said is None or not desk.event.staff:
        return None
    first, *rest = desk.event.staff
    own = desk.own("own", 1, (first, said, *rest))
    return iter((desk.filing(), desk.copy("copy", 0, desk.event.paragraphs, "wire_verbatim", 30), own))


def _most_quoted(paragraphs: Paragraphs) -> str | None:
    found = [(max(map(_words, paragraph.split('"')[1::2])), paragraph) for paragraph in paragraphs if '"' in paragraph]
    longest, paragraph = max(found, default=(0, ""))
    return paragraph if longest >= QUOTED_WORDS else None


def update(desk: Desk) -> Iterator[Made] | None:
    """One outlet prints the agency's first take, and hours later the whole of it as another item."""
    whole = desk.event.paragraphs
    first = whole[: max(3, len(whole) * 3 // 5)]
    if sum(map(_words, first)) < 100:
        return None
    # Whether the first take was all that the agency had, or was cut, nothing shows.
    takes = desk.copy("first", 0, first, None, 0), desk.copy("second", 0, whole, "wire_verbatim", 150)
    return iter((*takes, desk.copy("copy", 1, whole, "wire_verbatim", 200)))


def background(desk: Desk) -> Iterator[Made] | None:
    """An agency's standing paragraph under two stories that share nothing else."""
    standing = STANDING[desk.agency]
    half = len(desk.event.paragraphs) // 2
    first, second = desk.event.paragraphs[:half], desk.event.staff
    if sum(map(_words, second)) < 55:
        return None
    one = desk.filed("one", desk.event.headline, (*first, standing))
    other = desk.filed("other", desk.event.alternatives[-1], (*second, standing), 300, "/other")
    return iter((one, desk.copy("copy", 0, (*first, standing), "wire_verbatim", 60), other))


KINDS: Mapping[str, Callable[[Desk], Iterator[Made] | None]] = {
    "quotes": quotes,
    "update": update,
    "background": background,
}


def groups(
    events: Sequence[Event], filers: Mapping[str, Outlet], carriers: Sequence[Outlet]
) -> Iterator[tuple[str, str, list[Made]]]:
    """Name, kind and articles of each group: every event by the next kind that it fits, then templates and pages."""
    kinds = list(KINDS)
    first_takes: list[Made] = []
    for number, event in enumerate(event for event in events if event.agency):
        rng = chance(1, "open", event.id)
        outlets = rng.sample(list(carriers), len(carriers))
        desk = Desk(event, filers[event.agency], outlets, rng, START + timedelta(minutes=17 * number))
        for kind in kinds:
            made = KINDS[kind](desk)
            if made is not None:
                listed = list(made)
                first_takes.append(listed[0])
                yield f"derived-{kind}-{event.id}", kind, listed
                kinds = [*(other for other in kinds if other != kind), kind]
                break
    yield from _pages(first_takes, carriers)
    yield from _templates(filers, carriers)


def _pages(takes: Sequence[Made], carriers: Sequence[Outlet]) -> Iterator[tuple[str, str, list[Made]]]:
    """Front pages that hold the beginnings of four stories each."""
    for number, start in enumerate(range(0, len(takes) - 3, 4), 1):
        held, outlet = takes[start : start + 4], carriers[number % len(carriers)]
        teasers = [paragraph for take in held for paragraph in (take.headline.upper(), *take.paragraphs[:2])]
        yield (
            f"derived-page-{number}",
            "digest",
            [
                Made(
                    key=f"page-{number}",
                    outlet=outlet,
                    at=held[-1].at + timedelta(minutes=90),
                    headline=f"Top stories at {held[-1].at.hour + 2} o'clock",
                    byline=outlet.desks[0],
                    paragraphs=(*teasers, "(With inputs from agencies)"),
                    story=f"derived/page-{number}",
                    event=f"derived/page-{number}",
                    credits=tuple(sorted({(take.agency or "", "inputs") for take in held if _has_dateline(take)})),
                    optional=("agencies",),
                    origin="wire_abridged",
                    agency=None,
                    includes=tuple(take.story for take in held),
                )
            ],
        )


def _has_dateline(take: Made) -> bool:
    return f"({take.agency})" in take.paragraphs[0][:80]


_MARKETS = (
    ("Lasalgaon", "onion", "quintal", 1400, "PTI"),
    ("Guntur", "chilli", "quintal", 13200, "IANS"),
    ("Kochi", "black pepper", "quintal", 68100, "UNI"),
    ("Unjha", "cumin", "20 kg", 4150, "ANI"),
)
_TEMPLATE = """\
{good} prices at the {market} wholesale market {moved} by Rs {change} on {day}, {why}, traders said.
The average price settled at Rs {price:,} a {unit}, against Rs {before:,} on {yesterday}. The best lots fetched \
Rs {best:,} and the poorest Rs {poorest:,}.
Arrivals stood at {arrivals:,} tonnes, compared with {arrivals_before:,} tonnes in the previous session, according to \
figures of the market committee.
Traders expect prices to stay in a narrow range in the coming days as supplies from neighbouring districts are likely \
to remain steady and demand from other states is yet to pick up."""
_WHY = ("as arrivals thinned", "on steady demand from exporters", "as rain kept carts away", "on fresh arrivals")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


@dataclass(frozen=True)
class _Market:
    """What is sold where, and who reports on it."""

    town: str
    good: str
    unit: str
    agency: str
    filer: Outlet
    outlets: Sequence[Outlet]

    @property
    def good_first(self) -> str:
        return self.good.capitalize()


def _templates(filers: Mapping[str, Outlet], carriers: Sequence[Outlet]) -> Iterator[tuple[str, str, list[Made]]]:
    """A market's report on four days, each copied by two outlets: the same sentences with other numbers."""
    for town, good, unit, price, agency in _MARKETS:
        rng = chance(1, "open", town)
        market = _Market(town, good, unit, agency, filers[agency], rng.sample(list(carriers), 2))
        reports = _reports(market, price, rng)
        made = [one for day, text in enumerate(reports, 1) for one in _round(market, day, text)]
        yield f"derived-template-{town.lower()}", "template", made


def _reports(market: _Market, first: int, rng: random.Random) -> Iterator[Paragraphs]:
    """The text of each day. It tells the numbers of the day before, too."""
    price, arrivals = first, rng.randint(400, 900)
    for yesterday, day in pairwise(_DAYS):
        before, arrivals_before = price, arrivals
        price = before + 10 * rng.choice((-7, -4, -2, 3, 5, 8))
        arrivals += rng.randint(-90, 90)
        text = _TEMPLATE.format(
            good=market.good_first,
            market=market.town,
            unit=market.unit,
            moved="rose" if price > before else "fell",
            change=abs(price - before),
            day=day,
            yesterday=yesterday,
            why=rng.choice(_WHY),
            price=price,
            before=before,
            best=price * 23 // 20,
            poorest=price * 17 // 20,
            arrivals=arrivals,
            arrivals_before=arrivals_before,
        )
        yield tuple(text.split("\n"))


def _round(market: _Market, day: int, text: Paragraphs) -> Iterator[Made]:
    """One day's report by the agency and by two outlets."""
    at = datetime(2026, 6, 15 + day, 17, 30, tzinfo=IST)
    moved = "up" if " rose " in text[0] else "down"
    story = f"derived/{market.town.lower()}-{at:%d}"
    filed = (f"{market.town}, {at:%b} {at.day} ({market.agency}) {text[0]}", *text[1:])
    headlines = (f"{market.good_first} {moved} at {market.town}", f"{market.town} {market.good} prices today")
    copies = ((market.filer, filed, 0), (market.outlets[0], text, 0), (market.outlets[1], text, 1))
    for number, (outlet, paragraphs, headline) in enumerate(copies):
        yield Made(
            key=f"{market.town}-{at:%d}-{number}",
            outlet=outlet,
            at=at + timedelta(minutes=25 * number),
            headline=headlines[headline],
            byline=market.agency,
            paragraphs=paragraphs,
            story=story,
            event=story,
            credits=((market.agency, "sole"),),
            origin="wire_verbatim",
            agency=market.agency,
        )


def _words(text: str) -> int:
    return len(text.split())
