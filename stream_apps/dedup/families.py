"""The single writer of families: takes each article with its verified links, tells who belongs with whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any

import orjson

from schemas.records import (
    Article,
    ArticleId,
    Departure,
    FamilyProfile,
    FamilyUpdate,
    Kinship,
    Link,
    Membership,
    Resolved,
)
from schemas.topics import FAMILY_PROFILES, RESOLVED
from stream_apps.dedup.compare import Likeness
from stream_apps.dedup.events import terms
from stream_apps.dedup.events.profiles import FamilyMember, family_profile
from stream_apps.dedup.kinship import component, sources
from stream_apps.dedup.membership import Standing, standings
from stream_apps.dedup.packing import pack, unpack
from stream_apps.dedup.profile import Profile, profile_of
from stream_apps.runtime.messages import Incoming, Outgoing, Stage
from stream_apps.runtime.rows import Rows
from stream_apps.text.marks import without

_MOST_HEADLINE = 300
COMMON = (
    b'"derived",0.4,0.9"partial",0.5"near",0.9"exact",1.0,1.0,[],[],0,0[{"id":"","revision":1,"outlet":".com",'
    b'"published":178,"first_seen":"2026-01-01T00:00:00.000000+00:00","tokens":,"sole":["PTI"],"inputs":[],"paid":false,'
    b'"quoted":[],"reporting":false,"roundup":false,"filed":false},{},"","",null,null,""]'
)
"""What rows have in common (``packing``)."""
EXTRA_DAYS = 3
"""A family outlives the window by this much, so that no link can come for an article that is gone."""


@dataclass
class _Node:
    """One article: what is known of it, the links it owns, and what was last told of it."""

    profile: Profile
    links: dict[ArticleId, Likeness]
    family: ArticleId | None = None
    """Of its last membership."""
    told: str = ""
    """Digest of its last membership, less the version."""
    removed: str | None = None
    """When it was found to be gone from its feed, in ISO 8601."""
    left: dict[str, Any] | None = None
    """The last family that a new text took it out of (``Departure``)."""
    headline: str = ""
    terms: bytes = b""
    """What it is about (``events.terms``)."""

    def to_bytes(self) -> bytes:
        links = {other: astuple(like) for other, like in self.links.items()}
        # orjson writes a dataclass as an object
        head = [self.profile, links, self.family, self.told, self.removed, self.left, self.headline]
        return len(self.terms).to_bytes(2, "big") + self.terms + pack(orjson.dumps(head), COMMON)

    @classmethod
    def from_bytes(cls, row: bytes) -> _Node:
        end = 2 + int.from_bytes(row[:2], "big")
        profile, links, family, told, removed, left, headline = orjson.loads(unpack(row[end:], COMMON))
        known: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in profile.items()}
        likenesses = {other: _unpacked(like) for other, like in links.items()}
        return cls(Profile(**known), likenesses, family, told, removed, left, headline, row[2:end])

    @property
    def day(self) -> str:
        """When it was first seen, in ISO 8601."""
        return self.profile.first_seen[:10]


class FamiliesStage(Stage):
    """Takes ``FamilyUpdate``, gives ``Resolved``: for the article itself, and for all whose standing it changed.

    Rows are read where an article is touched; in memory are only the links, and families of two or more.
    """

    name = "families"

    def __init__(self, rows: Rows, window_days: int) -> None:
        self._rows = rows
        self._window = timedelta(days=window_days + EXTRA_DAYS)
        self._partition: int | None = None
        self._open: dict[ArticleId, _Node] = {}
        """Those that the message under way has touched."""
        self._links: defaultdict[ArticleId, dict[ArticleId, Likeness]] = defaultdict(dict)
        self._members: defaultdict[ArticleId, set[ArticleId]] = defaultdict(set)
        self._days: defaultdict[str, list[bytes]] = defaultdict(list)

    def forget(self) -> None:
        self._partition = None
        self._open.clear()
        self._links.clear()
        self._members.clear()
        self._days.clear()

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        update = FamilyUpdate.from_bytes(message.value)
        self._load(message.partition)
        node = self._node(update.id)
        if node is None and update.article is None:
            return ()  # left the window
        if node is not None and node.profile.revision > update.revision:
            return ()  # an older text delivered again
        before = set(self._links.get(update.id, ()))
        kin = self._others(update.id, node.family) if node and node.profile.revision < update.revision else None
        self._change(update, node)
        known = self._recompute({update.id} | before | set(self._links.get(update.id, ())))
        if node and kin and kin.isdisjoint(self._others(update.id, known[update.id]["family"])):
            known[update.id]["left"] = self._depart(update, node)
        changed = {
            article: told
            for article, told in known.items()
            if _digest(told) != self._known(article).told
            # A new text has to go on, even where nothing about its place is new.
            or (article == update.id and update.article is not None)
        }
        left = {family for article in known if (family := self._known(article).family) is not None}
        outgoing = [self._tell(article, told, update, message) for article, told in sorted(changed.items())]
        outgoing += self._profiles(known, left, message.offset)
        for article in changed.keys() | {update.id}:
            self._rows.put(message.partition, bytes.fromhex(article), self._known(article).to_bytes())
        self._expire(self._known(update.id), is_new=node is None)
        self._open.clear()
        return outgoing

    def _others(self, article: ArticleId, family: ArticleId | None) -> set[ArticleId]:
        return self._members.get(family, set()) - {article} if family else set()

    def _depart(self, update: FamilyUpdate, old: _Node) -> dict[str, Any]:
        """Note that a new text shares nothing with those that the article was of one family with."""
        assert old.family is not None
        at = update.article.versioncreated if update.article else datetime.fromisoformat(old.profile.first_seen)
        left = Departure(family=old.family, revision=update.revision, at=at).model_dump(mode="json")
        self._known(update.id).left = left
        return left

    # ---- the graph ------------------------------------------------------------------------------------------

    def _load(self, partition: int) -> None:
        if self._partition is not None:
            return
        self._partition = partition
        for key, row in self._rows.items(partition):
            node = _Node.from_bytes(row)
            article = node.profile.id
            self._connect(article, node.links)
            self._days[node.day].append(key)
            if node.family and node.family != article:
                self._members[node.family].add(article)
        for family, members in self._members.items():
            members.add(family)  # its id is that of its smallest member

    def _node(self, article: ArticleId) -> _Node | None:
        if article not in self._open:
            assert self._partition is not None
            row = self._rows.get(self._partition, bytes.fromhex(article))
            if row is None:
                return None
            self._open[article] = _Node.from_bytes(row)
        return self._open[article]

    def _known(self, article: ArticleId) -> _Node:
        node = self._node(article)
        assert node is not None, article
        return node

    def _change(self, update: FamilyUpdate, node: _Node | None) -> None:
        self._disconnect(update.id, node.links if node else ())
        profile = profile_of(update.article, update.tokens) if update.article else node.profile if node else None
        assert profile is not None
        links = {link.b: _likeness(link) for link in update.links}
        removed = update.removed.isoformat() if update.removed else None
        last = (node.family, node.told) if node else (None, "")
        about = _about(update.article) if update.article else (node.headline, node.terms) if node else ("", b"")
        self._open[update.id] = _Node(profile, links, *last, removed, node.left if node else None, *about)
        self._connect(update.id, links)

    def _connect(self, article: ArticleId, links: dict[ArticleId, Likeness]) -> None:
        for other, like in links.items():
            self._links[article][other] = like
            self._links[other][article] = reversed_likeness(like)

    def _disconnect(self, article: ArticleId, others: Iterable[ArticleId]) -> None:
        for other in others:
            for one, two in ((article, other), (other, article)):
                links = self._links.get(one, {})
                links.pop(two, None)
                if not links:
                    self._links.pop(one, None)

    def _recompute(self, start: set[ArticleId]) -> dict[ArticleId, dict[str, Any]]:
        """The memberships of every article that a change at ``start`` can reach."""
        pending = {member for article in start if self._node(article) for member in self._kin(article)}
        told: dict[ArticleId, dict[str, Any]] = {}
        while pending:
            family = frozenset(a for a in component(self._links, pending.pop()) if self._node(a))
            pending -= family
            for member in family:
                self._join(member, min(family), len(family))
            told |= self._memberships(family)
        return told

    def _kin(self, article: ArticleId) -> set[ArticleId]:
        """The article, its family so far, and what is put together from them."""
        node = self._known(article)
        family = self._members.get(node.family, set()) if node.family else set()
        near = {other for member in family | {article} for other in self._links.get(member, ())}
        return {a for a in family | {article} | near if self._node(a)}

    def _join(self, article: ArticleId, family: ArticleId, size: int) -> None:
        """Into the set of its family; who is alone has none."""
        last = self._known(article).family
        if last is not None and (last != family or size < 2):
            self._part(article, last)
        if size > 1:
            self._members[family].add(article)

    def _part(self, article: ArticleId, family: ArticleId) -> None:
        members = self._members.get(family, set())
        members.discard(article)
        if not members:
            self._members.pop(family, None)

    def _memberships(self, family: frozenset[ArticleId]) -> dict[ArticleId, dict[str, Any]]:
        parts = {member: sources(self._links, member) for member in family}
        profiles = {member: self._known(member).profile for member in family}
        # What is an agency's alone was not put together from those who took some of it over.
        merged = {m for m, found in parts.items() if found is not None and not profiles[m].agency_alone}
        known = standings(profiles, self._links, merged)
        return {
            member: _membership(
                self._known(member),
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
            for other, like in sorted(self._links.get(article, {}).items())
            if self._node(other)
        )

    def _included(self, article: ArticleId, family: Iterable[ArticleId]) -> tuple[ArticleId, ...]:
        """The other families that an article is put together from."""
        found = sources(self._links, article)
        others = {other for group in found.groups for other in group} - set(family) if found else set()
        return tuple(sorted({min(component(self._links, other)) for other in others if self._node(other)}))

    # ---- what is told ---------------------------------------------------------------------------------------

    def _tell(self, article: ArticleId, told: dict[str, Any], update: FamilyUpdate, message: Incoming) -> Outgoing:
        """The article's place, to the owner of its family; a move goes by way of the family that it leaves."""
        node = self._known(article)
        text = update.article if article == update.id else None
        previous = node.family
        node.family, node.told = told["family"], _digest(told)
        moved_from = previous if previous and previous != told["family"] else None
        membership = Membership.model_validate({**told, "version": message.offset})
        record = Resolved(membership=membership, article=text, moved_from=moved_from)
        return Outgoing(RESOLVED, (moved_from or membership.family).encode(), record.to_bytes())

    def _profiles(
        self, known: Mapping[ArticleId, dict[str, Any]], before: AbstractSet[ArticleId], version: int
    ) -> Iterator[Outgoing]:
        """Every family that the change has reached, as the writer of events needs it, and those that are no more."""
        families: defaultdict[ArticleId, list[FamilyMember]] = defaultdict(list)
        for article, told in sorted(known.items()):
            node = self._known(article)
            families[told["family"]].append(FamilyMember(node.profile, told, node.headline, node.terms))
        for family, members in families.items():
            profile = family_profile(family, members, version)
            yield Outgoing(FAMILY_PROFILES, family.encode(), profile.to_bytes())
        for family in sorted(before - families.keys()):
            gone = FamilyProfile(family=family, version=version, gone_to=self._known(family).family)
            yield Outgoing(FAMILY_PROFILES, family.encode(), gone.to_bytes())

    def _expire(self, newest: _Node, *, is_new: bool) -> None:
        """Forget families that nothing has joined for longer than the window, by the stream's own time."""
        if is_new:
            self._days[newest.day].append(bytes.fromhex(newest.profile.id))
        oldest = (date.fromisoformat(max(self._days)) - self._window).isoformat()
        for day in [day for day in self._days if day < oldest]:
            for key in self._days.pop(day):
                self._leave(key, oldest)

    def _leave(self, key: bytes, oldest: str) -> None:
        """One article's day has left the window: it goes, or stays as long as the newest of its family."""
        article = key.hex()
        if article in self._links:
            node = self._known(article)
            family = self._members.get(node.family or article, set())
            latest = max((self._known(member).day for member in family), default="")
            if latest >= oldest:
                self._days[latest].append(key)
                return
            self._disconnect(article, list(self._links.get(article, ())))
            self._part(article, node.family or article)
        assert self._partition is not None
        self._open.pop(article, None)
        self._rows.delete(self._partition, key)


def _about(article: Article) -> tuple[str, bytes]:
    """Headline and terms of an article's story."""
    return article.headline[:_MOST_HEADLINE], terms.pack(article.headline, without(article.text, article.marks))


def _digest(told: dict[str, Any]) -> str:
    return blake2b(orjson.dumps(told), digest_size=8).hexdigest()


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


def reversed_likeness(like: Likeness) -> Likeness:
    """The same, seen from the other text."""
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
