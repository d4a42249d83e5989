"""The entries of the wire day's feeds, and the truth about each."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from schemas.ids import article_id
from schemas.public_records import OriginClass
from wirecopy.wireday.credit_forms import Credits
from wirecopy.wireday.events import Paragraphs
from wirecopy.wireday.outlets import Outlet
from wirecopy.wireday.style import curly, title_case

Kind = Literal["filing", "copy", "merged", "original", "alert", "digest", "paid", "advisory"]


@dataclass(frozen=True)
class Version:
    """What an entry reads from a moment on; ``paragraphs`` hold credits and boilerplate too."""

    at: datetime
    headline: str
    byline: str
    paragraphs: Paragraphs

    @property
    def text(self) -> str:
        return "\n".join(self.paragraphs)


@dataclass(frozen=True)
class Item:
    """One entry of one feed through all its versions, oldest first, with the truth about it."""

    outlet: Outlet
    kind: Kind
    key: str
    event: str
    story: str
    beat: str
    relation: OriginClass
    versions: tuple[Version, ...]
    credits: Credits = ()
    undisclosed: bool = False
    includes: tuple[str, ...] = ()
    stale: bool = False
    """Still has at the end of the day what the agency has corrected."""

    @property
    def published(self) -> datetime:
        return self.versions[0].at

    @property
    def number(self) -> int:
        """Twelve digits of its own, as content management systems give out."""
        digest = hashlib.blake2b(f"{self.outlet.id}/{self.key}".encode(), digest_size=8).digest()
        return 10**11 + int.from_bytes(digest, "big") % (9 * 10**11)

    @property
    def url(self) -> str:
        return f"https://www.{self.outlet.host}/{self.beat}/{slug(self.versions[0].headline)}-{self.number}"

    @property
    def guid(self) -> str:
        match self.outlet.feed.guid:
            case "address":
                return self.url
            case "number":
                return f"{self.outlet.id}-{self.number}"
            case "tag":
                return f"tag:{self.outlet.host},{self.published:%Y-%m-%d}:{self.number}"

    @property
    def id(self) -> str:
        return article_id(self.outlet.host, self.guid)


def slug(headline: str) -> str:
    """The first words of a headline as they stand in an address."""
    return "-".join(re.findall(r"[a-z0-9]+", headline.lower())[:8])


def version(outlet: Outlet, at: datetime, headline: str, byline: str, paragraphs: Paragraphs) -> Version:
    """A version in the outlet's house style of headlines and quotation marks."""
    headline = title_case(headline) if outlet.headlines == "title" else headline
    if outlet.feed.quotes != "straight":
        headline, paragraphs = curly(headline), tuple(curly(paragraph) for paragraph in paragraphs)
    return Version(at, headline, byline, paragraphs)


def truth(item: Item) -> dict[str, Any]:
    """What is true of an item: its story and event, how it came about and what it admits.

    ``relation`` is its origin class; ``includes`` the stories of which a digest or merged copy holds parts;
    ``stale``: at the end of the day it still has what its agency has corrected.
    """
    return {
        "id": item.id,
        "article_guid": item.guid,
        "outlet": item.outlet.host,
        "feed": item.outlet.id,
        "url": item.url,
        "kind": item.kind,
        "event": item.event,
        "story": item.story,
        "relation": item.relation,
        "credits": [list(credit) for credit in item.credits],
        "undisclosed": item.undisclosed,
        "includes": list(item.includes),
        "stale": item.stale,
        "published": item.published.isoformat(),
        "revision_count": len(item.versions),
    }


def article(item: Item) -> dict[str, Any]:
    """The last version of an item as ``wirecopy eval dedup`` reads it."""
    last = item.versions[-1]
    return {
        "id": item.id,
        "text": last.text,
        "title": last.headline,
        "byline": last.byline,
        "source": item.outlet.host,
        "url": item.url,
        "published": item.published.isoformat(),
    }
