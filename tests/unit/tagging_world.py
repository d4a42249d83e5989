"""Invented articles, and an engine of a few lines that says of them what the real one would: for tests of tagging.

Which story an article is of is given. Everything else is a function of the articles of a story, as the engine has it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from schemas.ids import article_id
from schemas.internal_records import Resolved, StoryMember, StorySummary
from schemas.public_records import Article, Credit, Place, Signal
from schemas.record import ArticleId
from schemas.topics import RESOLVED
from schemas.versions import version
from stream_apps.runtime.stage_interface import Incoming, Outgoing
from stream_apps.runtime.state_store import StateStore
from stream_apps.tagging import alias_set
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.stage import TaggingStage

START = datetime(2026, 6, 18, 4, 0, tzinfo=UTC)
ALIASES = alias_set.compile_entities([])
WORDS = [f"{a}{b}" for a in ("ka", "ri", "mo", "tel", "su", "van") for b in ("na", "lo", "mit", "gar", "we")]
REPRESENTATIVES = 8
KEPT = 20


def prose(seed: int, words: int) -> list[str]:
    rng = random.Random(seed)
    return [rng.choice(WORDS) for _ in range(words)]


def story_id(name: str) -> ArticleId:
    return article_id("story.example", name)


def article(
    name: str, text: str, *, outlet: str = "", minute: float = 0, agency: str | None = None, revision: int = 1,
    later: float = 0, signal: Signal | None = None,
) -> Article:  # fmt: skip
    """An article of ``outlet`` published ``minute`` minutes into the day; its text was made ``later`` after that."""
    seen = START + timedelta(minutes=minute)
    made = seen + timedelta(minutes=later)
    outlet = outlet or f"{name}.example"
    credits_ = (Credit(agency=agency, role="sole", evidence="byline", confidence=0.9),) if agency else ()
    return Article(
        id=article_id(outlet, name), revision=revision, outlet=outlet, feed=outlet, headline=f"Report {name}",
        text=text, published=seen, versioncreated=made, first_seen=seen, fetched=made, credits=credits_, signal=signal,
    )  # fmt: skip


class CapitalsModel:
    """Takes every run of capitalised words for a person: enough to see mentions travel with their text."""

    def __init__(self) -> None:
        self.tagged: list[str] = []

    async def tag(self, paragraphs: Sequence[str]) -> list[tuple[RawMention, ...]]:
        self.tagged += paragraphs
        return [tuple(_capitals(paragraph)) for paragraph in paragraphs]


def _capitals(paragraph: str) -> Iterable[RawMention]:
    for found in re.finditer(r"[A-Z]\w+(?: [A-Z]\w+)*", paragraph):
        yield (found.start(), found.end(), "PERSON")


@dataclass
class Engine:
    """What the engine says: ``put`` an article into a story, take it out, merge."""

    stories: dict[ArticleId, ArticleId] = field(default_factory=dict)
    texts: dict[ArticleId, dict[int, Article]] = field(default_factory=dict)
    removed: dict[ArticleId, datetime] = field(default_factory=dict)
    offset: int = 0
    _said: dict[tuple[ArticleId, ArticleId], Place] = field(default_factory=dict)
    _members: dict[ArticleId, set[ArticleId]] = field(default_factory=dict)

    def put(self, one: Article, story: str) -> list[Resolved]:
        """An article, or a new text of it, that belongs into ``story``."""
        here, before = story_id(story), self.stories.get(one.id)
        known = self.texts.setdefault(one.id, {})
        if one.revision < max(known, default=-1):
            here = before or here  # an older text moves nothing
        known[one.revision] = one
        self.stories[one.id] = here
        moved = before is not None and before != here
        texts = [known[n] for n in _kept(known)] if moved else [one]
        if before is None or moved:
            self._members.setdefault(here, set()).add(one.id)
        if not moved:
            return [self._say(here, texts=texts)]
        assert before is not None
        self._members[before].discard(one.id)
        merged = None if self._members[before] else here
        return [self._say(before, left=[one.id], step=False, redirect_to=merged), self._say(here, texts=texts)]

    def expire(self, one: Article) -> list[Resolved]:
        story = self.stories.pop(one.id)
        self._members[story].discard(one.id)
        return [self._say(story, expired=[one.id])]

    def remove(self, one: Article, at: datetime) -> list[Resolved]:
        """Found gone from its feed."""
        self.removed[one.id] = at
        return [self._say(self.stories[one.id])]

    def merge(self, gone: str, into: str) -> list[Resolved]:
        """Every article of one story is of another now."""
        old, new = story_id(gone), story_id(into)
        moving = sorted(self._members[old])
        self._members[old] = set()
        self._members.setdefault(new, set()).update(moving)
        self.stories |= dict.fromkeys(moving, new)
        texts = [self.texts[a][n] for a in moving for n in _kept(self.texts[a])]
        return [self._say(old, left=moving, step=False, redirect_to=new), self._say(new, texts=texts)]

    def _say(
        self, story: ArticleId, *, texts: Sequence[Article] = (), left: Sequence[ArticleId] = (),
        expired: Sequence[ArticleId] = (), step: bool = True, redirect_to: ArticleId | None = None,
    ) -> Resolved:  # fmt: skip
        members = sorted((self._newest(a) for a in self._members[story]), key=lambda a: (a.first_seen, a.id))
        places = {a.id: self._place(story, a, _canonical(members)) for a in members} if members else {}
        sent = {text.id for text in texts}
        new = [a for a in members if a.id in sent or self._said.get((story, a.id)) != places[a.id]]
        for a in new:
            self._said[story, a.id] = places[a.id]
        for gone in (*left, *expired):
            self._said.pop((story, gone), None)
        said = Resolved(
            story=story,
            version=version(1, self.offset),
            members=tuple(StoryMember(article=a.id, revision=a.revision, place=places[a.id]) for a in new),
            texts=tuple(texts),
            left=tuple(left),
            expired=tuple(expired),
            summary=_summary(members) if members else None,
            redirect_to=redirect_to,
        )
        self.offset += step
        return said

    def _newest(self, name: ArticleId) -> Article:
        return self.texts[name][max(self.texts[name])]

    def _place(self, story: ArticleId, one: Article, canonical: Article) -> Place:
        shared = round(min(len(one.text), len(canonical.text)) / max(1, len(one.text), len(canonical.text)), 3)
        return Place(
            story=story,
            canonical_article=canonical.id,
            relation=None if one is canonical else "near",
            containment=shared,
            coverage=shared,
            lag=(one.published - canonical.published).total_seconds(),
            origin_class="wire_verbatim" if one.credits else "wire_edited",
            agencies=tuple(credit.agency for credit in one.credits),
            removed=self.removed.get(one.id),
        )


def _kept(known: dict[int, Article]) -> list[int]:
    newest = sorted(known)
    return sorted({newest[0], *newest[-KEPT - 1 :]})


def _canonical(members: Sequence[Article]) -> Article:
    return min(members, key=lambda a: (not a.credits, a.first_seen, a.id))


def _summary(members: Sequence[Article]) -> StorySummary:
    first = min(members, key=lambda a: (a.published, a.id))
    return StorySummary(
        canonical_article=_canonical(members).id,
        representatives=tuple(a.id for a in members[:REPRESENTATIVES]),
        articles=len(members),
        outlets=len({a.outlet for a in members}),
        first_published=first.published,
        last_published=max(a.published for a in members),
        first_seen=members[0].first_seen,
        first_outlet=first.outlet,
    )


def outgoing(said: Iterable[Resolved]) -> list[Outgoing]:
    return [Outgoing(RESOLVED, one.story.encode(), one.to_bytes()) for one in said]


def incoming(said: Iterable[Resolved]) -> list[Incoming]:
    """As one partition gives them."""
    return [Incoming(RESOLVED.name, 0, n, m.key, m.value) for n, m in enumerate(outgoing(said))]


def make_stage(rows: StateStore, model: CapitalsModel | None = None, max_chars: int = 10_000) -> TaggingStage:
    return TaggingStage(
        rows, model or CapitalsModel(), "capitals-1", ALIASES, window_days=7, max_chars=max_chars, cache_paragraphs=500
    )


async def work(stage: TaggingStage, rows: StateStore, batch: Sequence[Incoming]) -> list[Outgoing]:
    """One batch as the runtime does it."""
    await stage.prepare(batch)
    sent = [message for incoming_ in batch for message in stage.handle(incoming_)]
    sent += stage.finish()
    rows.commit()
    return sent


async def rest(stage: TaggingStage, rows: StateStore) -> list[Outgoing]:
    """What was put off."""
    sent: list[Outgoing] = []
    while stage.unfinished:
        sent += await work(stage, rows, ())
    return sent
