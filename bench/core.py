"""The dedup stages' logic without their messages: fingerprint, index, comparison and families in one loop.

What MinHash libraries are measured by, so that like is held beside like; the stages add
JSON and the hops between owners.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.records import Article, ArticleId, Fingerprint
from stream_apps.dedup import compare as comparing
from stream_apps.dedup import kinship
from stream_apps.dedup.compare import Likeness
from stream_apps.dedup.families import reversed_likeness
from stream_apps.dedup.owned import OWN_SHARED_SKETCH
from stream_apps.dedup.range_days import Day, Entry
from stream_apps.text.shingles import fingerprint, sketch, unpack


@dataclass
class Core:
    """Articles that have come, and the links between them."""

    seconds: list[float] = field(default_factory=list)
    """Of processor time, for each decision from the text to the family."""
    compared: int = 0
    links: defaultdict[ArticleId, dict[ArticleId, Likeness]] = field(default_factory=lambda: defaultdict(dict))
    _day: Day = field(default_factory=Day)
    _known: list[tuple[Article, Fingerprint]] = field(default_factory=list)
    _outlets: dict[str, int] = field(default_factory=dict)

    def add(self, article: Article) -> frozenset[ArticleId]:
        """Take an article; its family as it is now."""
        started = time.process_time()
        mine = fingerprint(article)
        hashes = sketch(unpack(mine.shingles))
        outlet = self._outlets.setdefault(article.outlet, len(self._outlets))
        for number, shared in zip(*(found.tolist() for found in self._day.find(hashes, outlet)), strict=True):
            other, theirs = self._known[number]
            own = other.outlet == article.outlet
            if shared < (OWN_SHARED_SKETCH if own else comparing.SHARED_SKETCH):
                continue
            self.compared += 1
            like = comparing.compare(mine, theirs, same_outlet=own)
            if like is not None:
                self.links[article.id][other.id] = like
                self.links[other.id][article.id] = reversed_likeness(like)
        self._day.add(article.id, Entry(1, article.outlet, 0, hashes), outlet)
        self._known.append((article, mine))
        family = kinship.component(self.links, article.id)
        self.seconds.append(time.process_time() - started)
        return family


def families(articles: Mapping[str, Article]) -> dict[str, str]:
    """The family of each article, by its name."""
    core = Core()
    for article in articles.values():
        core.add(article)
    return {name: min(kinship.component(core.links, article.id)) for name, article in articles.items()}
