"""The data of the pages of outlets, agencies, names and trends, from the index's answers. Pure.

``pages/profiles.py`` has the handlers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stream_apps.indexing import profiles
from stream_apps.indexing.profiles import AgencyTally, Carried, Firsts, Spelling
from stream_apps.indexing.tallies import OutletTally, Trend, median_lag
from stream_apps.web.answers import Table
from stream_apps.web.histogram import Histogram, histogram
from stream_apps.web.period import Period
from stream_apps.web.story_line import StoryLine, story_line

SHOWN_OUTLETS: Final = 10
"""Outlets of an agency in the table of all agencies; its own page and the CSV have more."""


@dataclass(frozen=True)
class Counted:
    """A value and its number of articles or stories."""

    value: str
    number: int


@dataclass(frozen=True)
class OutletsPage:
    period: Period
    outlets: tuple[OutletTally, ...]


@dataclass(frozen=True)
class OutletPage:
    """One outlet's use of the wire. ``median_lag``: of its copies of agency text, in seconds."""

    outlet: str
    period: Period
    articles: int
    wire: int
    undisclosed: int
    stale: int
    median_lag: float | None
    firsts: Firsts
    origins: tuple[Counted, ...]
    agencies: tuple[Carried, ...]
    times: Histogram | None


@dataclass(frozen=True)
class AgenciesPage:
    period: Period
    agencies: tuple[AgencyTally, ...]


@dataclass(frozen=True)
class AgencyPage:
    """The use of one agency's text. ``first``: who published its stories first, of those with several carriers."""

    agency: str
    period: Period
    tally: AgencyTally | None
    stories: int
    corrected: int
    first: tuple[Counted, ...]
    times: Histogram | None


@dataclass(frozen=True)
class Bearer:
    """An entity that bears the name; a name may have several."""

    id: str
    kind: str
    name: str


@dataclass(frozen=True)
class NamePage:
    """The articles with one name.

    ``spellings`` are of the newest articles alone; ``aliases`` come from alias files, empty while these are read.
    """

    name: str
    period: Period
    bearers: tuple[Bearer, ...]
    spellings: tuple[Spelling, ...]
    aliases: tuple[str, ...] | None
    articles: int
    stories_count: int
    stories: tuple[StoryLine, ...]
    outlets: tuple[Counted, ...]
    agencies: tuple[Counted, ...]
    beside: Mapping[str, tuple[Counted, ...]]
    """Names of other entities in these stories, by kind, in how many of them."""
    times: Histogram | None


@dataclass(frozen=True)
class TrendsPage:
    period: Period
    before: str
    kinds: tuple[str, ...]
    trends: tuple[Trend, ...]


def outlet_page(outlet: str, period: Period, articles: Mapping[str, Any], stories: Mapping[str, Any]) -> OutletPage:
    """Make the page from the answers to ``outlet_request`` and ``firsts_request``."""
    found = articles["aggregations"]
    return OutletPage(
        outlet=outlet,
        period=period,
        articles=articles["hits"]["total"]["value"],
        wire=found["wire"]["doc_count"],
        undisclosed=found["undisclosed"]["doc_count"],
        stale=found["stale"]["doc_count"],
        median_lag=median_lag(found["wire"]["copies"]),
        firsts=profiles.firsts(stories),
        origins=_counted(found["origins"]),
        agencies=tuple(profiles.carried_by(outlet, articles)),
        times=histogram(found["times"], period.interval),
    )


def agency_page(agency: str, period: Period, tallies: Sequence[AgencyTally], stories: Mapping[str, Any]) -> AgencyPage:
    """Make the page from the tallies of ``agencies_request`` and the answer to ``agency_stories_request``."""
    tally = next((tally for tally in tallies if tally.agency.casefold() == agency.casefold()), None)
    found = stories["aggregations"]
    return AgencyPage(
        agency=tally.agency if tally else agency,
        period=period,
        tally=tally,
        stories=stories["hits"]["total"]["value"],
        corrected=found["corrected"]["doc_count"],
        first=_counted(found["first"]["outlets"]),
        times=histogram(found["times"], period.interval),
    )


def bearers(name: str, articles: Mapping[str, Any]) -> tuple[Bearer, ...]:
    """Return the entities of a name or an id, from the answer to ``name_request``."""
    meant = profiles.bearers(name, [hit["_source"] for hit in articles["hits"]["hits"]])
    return tuple(Bearer(identity, kind, one) for identity, (kind, one) in meant.items())


def name_page(
    name: str,
    period: Period,
    articles: Mapping[str, Any],
    stories: Mapping[str, Any],
    *,
    meant: Sequence[Bearer],
    aliases: tuple[str, ...] | None,
) -> NamePage:
    """Make the page from the answers to ``name_request`` and ``name_stories_request``; ``aliases`` of its entities."""
    read = [hit["_source"] for hit in articles["hits"]["hits"]]
    called = {bearer.name: None for bearer in meant}
    found = articles["aggregations"]
    return NamePage(
        name=next(iter(called), name),
        period=period,
        bearers=tuple(meant),
        spellings=tuple(profiles.spellings([bearer.id for bearer in meant], read)),
        aliases=aliases,
        articles=articles["hits"]["total"]["value"],
        stories_count=stories["hits"]["total"]["value"],
        stories=tuple(story_line(hit["_source"]) for hit in stories["hits"]["hits"]),
        outlets=_counted(found["outlets"]),
        agencies=_counted(found["agencies"]),
        beside={
            kind: tuple(one for one in _counted(answer) if one.value not in called)[: profiles.MAX_NAMES]
            for kind, answer in stories["aggregations"].items()
        },
        times=histogram(found["times"], period.interval),
    )


def _counted(aggregation: Mapping[str, Any]) -> tuple[Counted, ...]:
    return tuple(Counted(value, number) for value, number in profiles.counted(aggregation))


# ---- as CSV ---------------------------------------------------------------------------------------------------


def outlets_table(page: OutletsPage) -> Table:
    head = ("outlet", "articles", "wire", "wire_share", "undisclosed", "not_corrected", "median_lag_seconds")
    rows = (
        (o.outlet, o.articles, o.wire, round(o.wire_share, 4), o.undisclosed, o.stale, o.median_lag)
        for o in page.outlets
    )
    return Table(head, rows)


CARRIED_HEAD: Final = ("agency", "outlet", "articles", "undisclosed", "not_corrected", "median_lag_seconds")


def carried_table(carried: Iterator[Carried]) -> Table:
    """Return the table of outlets and the agencies that they carry."""
    return Table(
        CARRIED_HEAD, ((c.agency, c.outlet, c.articles, c.undisclosed, c.stale, c.median_lag) for c in carried)
    )


def name_table(page: NamePage) -> Table:
    head = ("story", "headline", "first_published", "outlets", "agencies")
    rows = ((s.story, s.headline, s.first_published, s.outlets, " ".join(s.agencies)) for s in page.stories)
    return Table(head, rows)


def trends_table(page: TrendsPage) -> Table:
    head = ("name", "kind", "stories", "before", "expected", "score")
    return Table(head, ((t.name, t.kind, t.stories, t.before, t.expected, t.score) for t in page.trends))
