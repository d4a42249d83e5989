"""The data of the search page, from the index's answer. Pure. ``pages/search.py`` has the handlers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from stream_apps.indexing.faceted import FACETS, MAX_ROWS, MAX_VALUES, Facet
from stream_apps.indexing.faceted_finder import FacetedResults
from stream_apps.indexing.finder import ITSELF, MatchingCopies
from stream_apps.web.answers import Table
from stream_apps.web.histogram import Histogram, histogram
from stream_apps.web.marking import Marked, highlighted
from stream_apps.web.search_form import ROWS, SearchForm
from stream_apps.web.wording import LANGUAGES, ORIGINS

SHOWN_VALUES: Final = 6
"""Values of a facet that are shown at once."""


@dataclass(frozen=True)
class Copy:
    """A matching article under its story."""

    id: str
    outlet: str
    headline: str
    published: str
    agencies: tuple[str, ...]
    relation: str | None
    origin_class: str
    url: str | None
    undisclosed: bool


@dataclass(frozen=True)
class Row:
    """A story, or an article where copies are rows."""

    article: str
    story: str
    headline: tuple[Marked, ...]
    snippets: tuple[tuple[Marked, ...], ...]
    outlet: str
    published: str
    first_published: str
    last_published: str
    agencies: tuple[str, ...]
    articles: int
    outlets: int
    undisclosed: int
    stale: int
    origins: int
    first_outlet: str
    origin_class: str
    matching: int
    copies: tuple[Copy, ...]


@dataclass(frozen=True)
class Value:
    """A value of a facet and its number of stories."""

    value: str
    label: str
    stories: int
    chosen: bool


@dataclass(frozen=True)
class FacetValues:
    """The values of a facet, chosen ones first; ``shown`` of them are not folded."""

    key: str
    title: str
    values: tuple[Value, ...]
    shown: int


@dataclass(frozen=True)
class SearchPage:
    """The model of the page and its JSON twin."""

    form: SearchForm
    articles: int
    stories: int
    rows: tuple[Row, ...]
    facets: tuple[FacetValues, ...]
    times: Histogram | None
    more: bool
    """Whether there is another page."""
    among: int | None = None
    """The number of stories that match the story filters. Set only if the search looked at the newest alone."""
    loosely: bool = False
    """Whether no result has the words as spelled, and these have similar ones."""
    recent: bool = False
    """Whether only what was seen in the last days was looked at."""


def search_page(form: SearchForm, results: FacetedResults, *, recent: bool = False) -> SearchPage:
    """What was found. ``recent``: the search looked at the last days alone."""
    hits = results.answer["hits"]["hits"]
    counts = results.answer["aggregations"]
    articles, stories = results.answer["hits"]["total"]["value"], counts["stories"]["value"]
    shown = form.page * ROWS
    return SearchPage(
        form=form,
        articles=articles,
        stories=stories,
        rows=tuple(
            _row(hit, results.stories.get(story, {}), results.matching.get(story, ITSELF), alone=form.copies)
            for hit in hits
            for story in [hit["_source"]["story"]]
        ),
        facets=tuple(_facet(facet, form, counts[facet.key]) for facet in FACETS),
        times=histogram(counts["times"], results.interval),
        more=len(hits) == ROWS and shown < (articles if form.copies else stories) and shown < MAX_ROWS,
        among=results.among,
        loosely=results.loosely and bool(hits),
        recent=recent,
    )


def _row(hit: Mapping[str, Any], story: Mapping[str, Any], matching: MatchingCopies, *, alone: bool) -> Row:
    article, marks = hit["_source"], hit.get("highlight", {})
    headline = article["headline"] if alone else story.get("headline") or article["headline"]
    return Row(
        article=article["id"],
        story=article["story"],
        headline=_headline(headline, [*marks.get("headline", []), *marks.get("headline.exact", [])]),
        snippets=tuple(highlighted(fragment) for fragment in marks.get("text", [])),
        outlet=article["outlet"],
        published=article["published"],
        first_published=story.get("first_published") or article["published"],
        last_published=story.get("last_published") or article["published"],
        agencies=tuple(article["agencies"] if alone else story.get("agencies", article["agencies"])),
        articles=story.get("articles_count", 1),
        outlets=story.get("outlets_count", 1),
        undisclosed=story.get("undisclosed_count", 0),
        stale=story.get("stale_count", 0),
        origins=story.get("origins_count", 1),
        first_outlet=story.get("first_outlet") or article["outlet"],
        origin_class=article["origin_class"],
        matching=matching.count,
        copies=tuple(_copy(found) for found in matching.first),
    )


def _headline(shown: str, marked: list[str]) -> tuple[Marked, ...]:
    """Return the shown headline (the canonical article's) with the most marks of the fields that match it.

    Words match by stems, and phrases as written: each is marked in a field of its own.
    """
    found = [highlighted(text) for text in marked]
    fitting = [pieces for pieces in found if "".join(piece.text for piece in pieces) == shown]
    return max(fitting, key=lambda pieces: sum(p.hit for p in pieces), default=(Marked(shown, hit=False),))


def _copy(article: Mapping[str, Any]) -> Copy:
    return Copy(
        id=article["id"],
        outlet=article["outlet"],
        headline=article["headline"],
        published=article["published"],
        agencies=tuple(article["agencies"]),
        relation=article.get("relation"),
        origin_class=article["origin_class"],
        url=article.get("url"),
        undisclosed=article.get("undisclosed", False),
    )


def _facet(facet: Facet, form: SearchForm, counted: Mapping[str, Any]) -> FacetValues:
    """Return the counted values, and the chosen ones without any hit."""
    chosen = form.chosen.get(facet.key, ())
    buckets = counted["values"]["buckets"]
    values = [_value(facet, str(b["key"]), b["stories"]["value"], chosen) for b in buckets]
    # Elasticsearch counts articles: those of the values with most articles are the ones to choose from.
    values = sorted(values, key=lambda value: (-value.stories, value.label))[:MAX_VALUES]
    folded = {value.value.casefold() for value in values}
    values += [_value(facet, name, 0, chosen) for name in chosen if name.casefold() not in folded]
    kept = [value for value in values if facet.kind != "flag" or value.value == "1"]
    kept.sort(key=lambda value: not value.chosen)
    shown = max(SHOWN_VALUES, sum(value.chosen for value in kept))
    return FacetValues(facet.key, facet.title, tuple(kept), shown if len(kept) > shown + 1 else len(kept))


def _value(facet: Facet, value: str, stories: int, chosen: tuple[str, ...]) -> Value:
    labels = {"origin": ORIGINS, "language": LANGUAGES}.get(facet.key, {})
    label = facet.title if facet.kind == "flag" else labels.get(value, value)
    return Value(value, label, stories, value.casefold() in {name.casefold() for name in chosen})


def search_table(page: SearchPage) -> Table:
    """Return the rows for CSV."""
    head = ("story", "article", "headline", "first_published", "last_published", "agencies", "outlets", "articles",
            "undisclosed", "stale", "matching")  # fmt: skip
    rows = (
        (r.story, r.article, "".join(piece.text for piece in r.headline), r.first_published, r.last_published,
         " ".join(r.agencies), r.outlets, r.articles, r.undisclosed, r.stale, r.matching)
        for r in page.rows
    )  # fmt: skip
    return Table(head, rows)
