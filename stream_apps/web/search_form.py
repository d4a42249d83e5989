"""The parameters of a search page, read from its address and written into one. Pure.

``pages/search.py`` has the handlers, ``search_page.py`` the data of the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from stream_apps.indexing.faceted import FACETS, MAX_ROWS, FacetedSearch, Sort
from stream_apps.indexing.queries import BadQuery, Circle, Search, circle, parse_moment
from stream_apps.indexing.query_language import MAX_CHARACTERS

ROWS: Final = 25
MAX_VALUES: Final = 20
"""Chosen values of one facet."""
MAX_VALUE: Final = 256
"""Characters of one."""
MAX_ORIGINS: Final = 99
RECENT: Final = timedelta(days=7)
"""What a search that asks for nothing looks at."""
Time = Literal["published", "seen"]


@dataclass(frozen=True)
class SearchForm:
    """The parameters of a search page. ``since`` and ``until`` are as written."""

    words: str = ""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: str = ""
    until: str = ""
    time: Time = "published"
    sort: Sort | None = None
    origins: str = ""
    """How many independent origins a story's event has."""
    first: str = ""
    """The outlet that published a story first."""
    near: str = ""
    """A place that something named is near to, and ``within`` how far."""
    within: str = ""
    copies: bool = False
    everywhere: bool = False
    page: int = 1

    @property
    def order(self) -> Sort:
        """Return the order in effect; by default by relevance where there are words, else newest first."""
        if self.sort is not None and (self.sort != "relevance" or self.words):
            return self.sort
        return "relevance" if self.words else "newest"

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked but how to show what is found."""
        shown = replace(self, sort=None, time="published", within="", copies=False, everywhere=False, page=1)
        return shown == SearchForm()

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the address, without those at their default."""
        return {
            "q": self.words,
            **{key: list(values) for key, values in self.chosen.items()},
            "from": self.since,
            "to": self.until,
            "time": self.time if self.time != "published" else "",
            "sort": self.sort or "",
            "origins": self.origins,
            "first": self.first,
            "near": self.near,
            "within": self.within if self.near else "",
            "copies": "1" if self.copies else "",
            "everywhere": "1" if self.everywhere else "",
            "page": self.page if self.page > 1 else "",
        }

    def toggled(self, key: str, value: str) -> SearchForm:
        """Return the form with one value of a facet chosen or dropped, at the first page."""
        had = self.chosen.get(key, ())
        values = tuple(v for v in had if v != value) if value in had else (*had, value)
        chosen = {name: kept for name, kept in {**self.chosen, key: values}.items() if kept}
        return replace(self, chosen=chosen, page=1)

    def between(self, since: str, until: str) -> SearchForm:
        return replace(self, since=since, until=until, page=1)

    def at_page(self, page: int) -> SearchForm:
        return replace(self, page=page)


def read_form(query: QueryParams) -> SearchForm:
    """Read the form of an address. Raises ``BadQuery`` naming the bad parameter."""
    words = query.get("q", "").strip()
    if len(words) > MAX_CHARACTERS:
        raise BadQuery(f"more than {MAX_CHARACTERS} characters to look for: use fewer words")
    chosen = {facet.key: _values(query.getlist(facet.key), facet.key) for facet in FACETS}
    return SearchForm(
        words=words,
        chosen={key: values for key, values in chosen.items() if values},
        since=query.get("from", "").strip(),
        until=query.get("to", "").strip(),
        time=_one_of(query, "time", get_args(Time), "published"),
        sort=_one_of(query, "sort", get_args(Sort), None),
        origins=_number(query.get("origins", ""), "origins", MAX_ORIGINS),
        first=_text(query, "first"),
        near=_text(query, "near"),
        within=_text(query, "within"),
        copies=query.get("copies") == "1",
        everywhere=query.get("everywhere") == "1",
        page=int(_number(query.get("page") or "1", "page", MAX_ROWS // ROWS)),
    )


def _values(given: Sequence[str], key: str) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(value.strip() for value in given if value.strip()))
    if len(values) > MAX_VALUES or any(len(value) > MAX_VALUE for value in values):
        raise BadQuery(f"{key}: at most {MAX_VALUES} values of {MAX_VALUE} characters")
    return values


def _one_of(query: QueryParams, key: str, allowed: Sequence[str], default: Any) -> Any:
    value = query.get(key)
    if not value:
        return default
    if value not in allowed:
        raise BadQuery(f"{key} is one of {', '.join(allowed)}, not {value[:40]!r}")
    return value


def _text(query: QueryParams, key: str) -> str:
    return next(iter(_values([query.get(key, "")], key)), "")


def _number(text: str, key: str, most: int) -> str:
    """Read a whole number from 1 on, as written; empty without one."""
    if text and not (re.fullmatch(r"[1-9][0-9]{0,5}", text) and int(text) <= most):
        raise BadQuery(f"{key} is a number from 1 to {most}")
    return text


def to_search(form: SearchForm, now: datetime, zone: ZoneInfo) -> FacetedSearch:
    """Return the search of the index. Raises ``BadQuery`` for a bad time, or a period that ends before it starts."""
    since = read_moment(form.since, now, zone) if form.since else None
    until = read_moment(form.until, now, zone, end=True) if form.until else None
    if since and until and until <= since:
        raise BadQuery("the time ends before it begins: exchange from and to")
    names = ("published_since", "published_until") if form.time == "published" else ("since", "until")
    search = Search(
        words=form.words,
        copies=form.copies,
        everywhere=form.everywhere,
        origins=int(form.origins) if form.origins else None,
        first=[form.first] if form.first else (),
        near=_circle(form),
        limit=ROWS,
        **dict(zip(names, (since, until), strict=True)),  # type: ignore[arg-type]  # both are times
    )
    time: Literal["published", "first_seen"] = "published" if form.time == "published" else "first_seen"
    return FacetedSearch(search, form.chosen, form.order, time, zone.key, (form.page - 1) * ROWS)


def recent(wanted: FacetedSearch, now: datetime) -> FacetedSearch:
    """Only what wirecopy saw within ``RECENT``: counting by facet takes as long as there are articles to count."""
    return replace(wanted, search=replace(wanted.search, since=now - RECENT))


def _circle(form: SearchForm) -> Circle | None:
    return circle(form.near, form.within or None) if form.near else None


def read_moment(text: str, now: datetime, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """Read a time as ``parse_moment`` does, by default in ``zone``. Raises ``BadQuery``."""
    moment = parse_moment(text, now, end=end)
    try:
        named = datetime.fromisoformat(text)
    except ValueError:
        return moment
    return moment if named.tzinfo else moment.replace(tzinfo=zone)
