"""The single writer of families: takes each article with its verified links, tells who belongs with whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import orjson

from schemas.records import ArticleId, Departure, FamilyUpdate, Kinship, Link, Membership, Resolved
from schemas.topics import RESOLVED
from stream_apps.dedup.compare import Likeness
from stream_apps.dedup.kinship import component, sources
from stream_apps.dedup.membership import Standing, standings
from stream_apps.dedup.profile import Profile, profile_of
from stream_apps.runtime.messages import Incoming, Outgoing, Stage
from stream_apps.runtime.rows import Rows

EXTRA_DAYS = 3
"""A family outlives the window by this much, so that no link can come for an article that is gone."""


@dataclass
class _Node:
    """One article: what is known of it, the links it owns, and what was last told of it."""

    profile: Profile
    links: dict[ArticleId, Likeness]
    told: dict[str, Any] | None = None
    """Its last membership, less the version."""
    removed: str | None = None
    """When it was found to be gone from its feed, in ISO 8601."""
    left: dict[str, Any] | None = None
    """The last family that a new text took it out of (``Departure``)."""

    def to_bytes(self) -> bytes:
        links = {other: astuple(like) for other, like in self.links.items()}
        return orjson.dumps([self.profile, links, self.told, self.removed, self.left])  # orjson writes a dataclass as an object

    @classmethod
    def from_bytes(cls, row: bytes) -> _Node:
        profile, links, told, removed, *left = orjson.loads(row)
        known: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in profile.items()}
        likenesses = {other: _unpacked(like) for other, like in links.items()}
        return cls(Profile(**known), likenesses, told, removed, *left)

    @property
    def family(self) -> ArticleId | None:
        return self.told["family"] if self.told else None


class FamiliesStage(Stage):
    """Takes ``FamilyUpdate``, gives ``Resolved``: for the article itself, and for all whose standing it changed."""

    name = "families"

    def __init__(self, rows: Rows, window_days: int) -> None:
        self._rows = rows
        self._window = timedelta(days=window_days + EXTRA_DAYS)
        self._loaded = False
        self._nodes: dict[ArticleId, _Node] = {}
        self._links: defaultdict[ArticleId, dict[ArticleId, Likeness]] = defaultdict(dict)
        self._members: defaultdict[ArticleId, set[ArticleId]] = defaultdict(set)
        self._today = date.min

    def forget(self) -> None:
        self._loaded = False
        self._nodes.clear()
        self._links.clear()
        self._members.clear()

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        update = FamilyUpdate.from_bytes(message.value)
        self._load(message.partition)
        node = self._nodes.get(update.id)
        if node is None and update.article is None:
            return ()  # left the window
        if node is not None and node.profile.revision > update.revision:
            return ()  # an older text delivered again
        before = set(self._links[update.id])
        kin = self._others(node) if node is not None and node.profile.revision < update.revision else frozenset()
        self._change(update, node)
        changed = self._recompute({update.id} | before | set(self._links[update.id]))
        if node is not None and kin and not kin & self._others(self._nodes[update.id], changed.get(update.id)):
            changed[update.id] = self._depart(update, node, changed.get(update.id))
        if update.article is not None and update.id not in changed:
            told = self._nodes[update.id].told
            assert told is not None, "an article without a membership has just been given one"
            changed[update.id] = told  # the text has to go on, even where nothing about its place is new
        outgoing = [self._tell(article, told, update, message) for article, told in sorted(changed.items())]
        for article in changed.keys() | {update.id}:
            self._rows.put(message.partition, article.encode(), self._nodes[article].to_bytes())
        self._expire(message.partition, self._nodes[update.id].profile.first_seen)
        return outgoing

    def _others(self, node: _Node, told: dict[str, Any] | None = None) -> frozenset[ArticleId]:
        """The other members of an article's family, as it is told or is about to be."""
        family = told["family"] if told else node.family
        return frozenset(self._members.get(family, set()) - {node.profile.id}) if family else frozenset()

    def _depart(self, update: FamilyUpdate, old: _Node, told: dict[str, Any] | None) -> dict[str, Any]:
        """The membership of an article whose new text shares nothing with those that it was of one family with."""
        assert old.told is not None
        node = self._nodes[update.id]
        at = update.article.fetched.isoformat() if update.article else node.profile.first_seen
        node.left = {"family": old.told["family"], "revision": update.revision, "at": at}
        return {**(told or old.told), "left": node.left}

    # ---- the graph ------------------------------------------------------------------------------------------

    def _load(self, partition: int) -> None:
        if self._loaded:
            return
        for key, row in self._rows.items(partition):
            article, node = key.decode(), _Node.from_bytes(row)
            self._nodes[article] = node
            self._connect(article, node.links)
            if node.family:
                self._members[node.family].add(article)
        self._loaded = True

    def _change(self, update: FamilyUpdate, node: _Node | None) -> None:
        for other in node.links if node else ():
            self._links[other].pop(update.id, None)
            self._links[update.id].pop(other, None)
        profile = profile_of(update.article, update.tokens) if update.article else node.profile if node else None
        assert profile is not None
        links = {link.b: _likeness(link) for link in update.links}
        removed = update.removed.isoformat() if update.removed else None
        told, left = (node.told, node.left) if node else (None, None)
        self._nodes[update.id] = _Node(profile, links, told, removed, left)
        self._connect(update.id, links)

    def _connect(self, article: ArticleId, links: dict[ArticleId, Likeness]) -> None:
        for other, like in links.items():
            self._links[article][other] = like
            self._links[other][article] = _reversed(like)

    def _recompute(self, start: set[ArticleId]) -> dict[ArticleId, dict[str, Any]]:
        """The memberships of every article that a change at ``start`` can reach, as far as they changed."""
        pending = {member for article in start if article in self._nodes for member in self._kin(article)}
        told: dict[ArticleId, dict[str, Any]] = {}
        done: set[ArticleId] = set()
        families: dict[ArticleId, frozenset[ArticleId]] = {}
        while pending:
            family = frozenset(a for a in component(self._links, pending.pop()) if a in self._nodes)
            pending -= family
            done |= family
            for member in family:
                families[member] = family
                self._join(member, min(family))
        for family in set(families.values()):
            told |= self._memberships(family)
        return {a: membership for a, membership in told.items() if membership != self._nodes[a].told}

    def _kin(self, article: ArticleId) -> set[ArticleId]:
        """The article, its family so far, and what is put together from them."""
        node = self._nodes[article]
        family = self._members.get(node.family, set()) if node.family else set()
        near = {other for member in family | {article} for other in self._links[member]}
        return {a for a in family | {article} | near if a in self._nodes}

    def _join(self, article: ArticleId, family: ArticleId) -> None:
        node = self._nodes[article]
        if node.family and node.family != family:
            self._members[node.family].discard(article)
        self._members[family].add(article)

    def _memberships(self, family: frozenset[ArticleId]) -> dict[ArticleId, dict[str, Any]]:
        parts = {member: sources(self._links, member) for member in family}
        profiles = {member: self._nodes[member].profile for member in family}
        # What is an agency's alone was not put together from those who took some of it over.
        merged = {m for m, found in parts.items() if found is not None and not profiles[m].agency_alone}
        known = standings(profiles, self._links, merged)
        return {
            member: _membership(
                self._nodes[member],
                min(family),
                known[member],
                self._kinship(member, family),
                self._included(member, family) if member in merged else (),
            )
            for member in family
        }

    def _kinship(self, article: ArticleId, family: frozenset[ArticleId]) -> tuple[Kinship, ...]:
        return tuple(
            Kinship(
                other=other,
                inside=other in family,
                relation=like.relation,
                containment=round(like.containment_a, 4),
                coverage=round(like.containment_b, 4),
                shared=like.shared,
                cover=f"{like.cover_a:016x}",
            )
            for other, like in sorted(self._links[article].items())
            if other in self._nodes
        )

    def _included(self, article: ArticleId, family: Iterable[ArticleId]) -> tuple[ArticleId, ...]:
        """The other families that an article is put together from."""
        found = sources(self._links, article)
        others = {other for group in found.groups for other in group} - set(family) if found else set()
        return tuple(sorted({min(component(self._links, other)) for other in others if other in self._nodes}))

    # ---- what is told ---------------------------------------------------------------------------------------

    def _tell(self, article: ArticleId, told: dict[str, Any], update: FamilyUpdate, message: Incoming) -> Outgoing:
        """The article's place, to the owner of its family; a move goes by way of the family that it leaves."""
        node = self._nodes[article]
        text = update.article if article == update.id else None
        previous = node.family
        node.told = told
        moved_from = previous if previous and previous != told["family"] else None
        membership = Membership.model_validate({**told, "version": message.offset})
        record = Resolved(membership=membership, article=text, moved_from=moved_from)
        return Outgoing(RESOLVED, (moved_from or membership.family).encode(), record.to_bytes())

    def _expire(self, partition: int, first_seen: str) -> None:
        """Forget families that nothing has joined for longer than the window, by the stream's own time."""
        today = date.fromisoformat(first_seen[:10])
        if today <= self._today:
            return
        self._today = today
        oldest = (today - self._window).isoformat()
        newest: dict[ArticleId, str] = defaultdict(str)
        for node in self._nodes.values():
            if node.family:
                newest[node.family] = max(newest[node.family], node.profile.first_seen[:10])
        for family in [family for family, day in newest.items() if day < oldest]:
            for article in self._members.pop(family, set()):
                self._forget_article(partition, article)

    def _forget_article(self, partition: int, article: ArticleId) -> None:
        for other in self._links.pop(article, {}):
            self._links[other].pop(article, None)
        del self._nodes[article]
        self._rows.delete(partition, article.encode())


def _likeness(link: Link) -> Likeness:
    return Likeness(
        link.relation,
        link.containment_a,
        link.containment_b,
        link.shared,
        link.cover_a,
        link.cover_b,
        link.own_a,
        link.own_b,
        link.edits,
        link.moved,
    )


def _unpacked(row: Sequence[Any]) -> Likeness:
    """A likeness as it was stored, with or without the fields that came later."""
    head, passages, rest = row[:6], row[6:8], row[8:]
    return Likeness(*head, *(tuple((start, end) for start, end in each) for each in passages), *rest)


def _reversed(like: Likeness) -> Likeness:
    return replace(
        like,
        containment_a=like.containment_b,
        containment_b=like.containment_a,
        cover_a=like.cover_b,
        cover_b=like.cover_a,
        own_a=like.own_b,
        own_b=like.own_a,
    )


def _membership(
    node: _Node,
    family: ArticleId,
    standing: Standing,
    links: tuple[Kinship, ...],
    includes: tuple[ArticleId, ...],
) -> dict[str, Any]:
    like = standing.like
    record = Membership(
        article=node.profile.id,
        revision=node.profile.revision,
        version=0,
        family=family,
        canonical_article=standing.canonical,
        relation=like.relation if like else None,
        containment=round(like.containment_a, 4) if like else 1.0,
        coverage=round(like.containment_b, 4) if like else 1.0,
        lag=standing.lag,
        origin_class=standing.origin_class,
        agencies=standing.agencies,
        undisclosed=standing.undisclosed,
        links=links,
        includes=includes,
        removed=datetime.fromisoformat(node.removed) if node.removed else None,
        left=Departure.model_validate(node.left) if node.left else None,
    )
    return record.model_dump(mode="json", exclude={"version"})
