"""The stories of one partition in memory: the articles of each, packed, and the day of the last message about it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from schemas.record import ArticleId
from stream_apps.tagging.members import Members
from stream_apps.tagging.rows import ArticleHead, StoryHead, is_article, is_place, is_story

_DAY = 3
"""Bytes of a day, counted from the year 1."""
SETTLED_AFTER = 8
"""Publications of the engine after which the stream's time is settled. What follows from one comes in the order of
stories, not of time, and those of two engines alternate.
"""
_UNKNOWN = StoryHead(under_way=False, day=0, version=0, articles=0)


class StoryIndex:
    """Some 230 bytes a story and 28 a further article. Follows from the rows."""

    def __init__(self) -> None:
        self._stories: dict[bytes, bytes] = {}
        self._by_day: defaultdict[int, set[bytes]] = defaultdict(set)
        self.today = 0
        """The newest day on which an article of the partition was first seen; the stream's own time."""
        self.settled = 0
        """``today`` before the last ``SETTLED_AFTER`` publications: nothing older will be extended."""
        self.swept = 0
        self._publications: deque[tuple[int, int]] = deque(maxlen=SETTLED_AFTER)
        """Version of each, and ``today`` before it."""
        self.rounds: dict[ArticleId, None] = {}
        """Stories whose articles are being gone through, first come first served."""
        self.torn: set[ArticleId] = set()
        """Stories of which some rows were written before a crash, and others not: the messages come again."""

    @classmethod
    def of(cls, rows: Iterable[tuple[bytes, bytes]]) -> Self:
        """Read all rows of a partition, once."""
        index, heads = cls(), {}
        articles: defaultdict[ArticleId, list[ArticleHead]] = defaultdict(list)
        changed: dict[tuple[ArticleId, ArticleId], ArticleHead] = {}
        for key, row in rows:
            if is_story(key):
                heads[key.decode()] = StoryHead.of(row)
            elif is_article(key) or is_place(key):
                story, article, *_ = key.decode().split("/")
                head = ArticleHead.of(article, row)
                if is_place(key):
                    changed[story, article] = head
                else:
                    articles[story].append(head)
        for story in sorted(heads.keys() | articles.keys()):
            now = [head.with_changes(changed.get((story, head.entry.article))) for head in articles[story]]
            index._load(story, heads.get(story, _UNKNOWN), now)
        index.today = max((head.day for head in heads.values()), default=0)
        return index

    def advance(self, version: int, days: Iterable[int]) -> None:
        """Note a message of the engine: its version, and the days on which its articles were first seen."""
        if all(version != known for known, _ in self._publications):
            self._publications.append((version, self.today))
            if len(self._publications) == SETTLED_AFTER:
                self.settled = self._publications[0][1]
        self.today = max(self.today, *days, 0)

    def _load(self, story: ArticleId, head: StoryHead, articles: Sequence[ArticleHead]) -> None:
        self.put(story, head.day, Members(b"".join(sorted(article.entry.packed() for article in articles))))
        if head.under_way:
            self.rounds[story] = None
        if len(articles) != head.articles or any(article.stored > head.version for article in articles):
            self.torn.add(story)

    def __len__(self) -> int:
        return len(self._stories)

    def members(self, story: ArticleId) -> Members:
        """The articles of a story; a copy."""
        return Members(self._stories.get(bytes.fromhex(story), b"")[_DAY:])

    def day(self, story: ArticleId) -> int:
        """Of the last message about a story; 0 where none is known."""
        return int.from_bytes(self._stories.get(bytes.fromhex(story), b"")[:_DAY], "big")

    def put(self, story: ArticleId, day: int, members: Members) -> None:
        """Keep a story as it is now."""
        key = bytes.fromhex(story)
        before = self.day(story)
        if key not in self._stories or before != day:
            self._by_day[before].discard(key)
            self._by_day[day].add(key)
        self._stories[key] = day.to_bytes(_DAY, "big") + members.packed

    def remove(self, story: ArticleId) -> None:
        key = bytes.fromhex(story)
        self._by_day[self.day(story)].discard(key)
        self._stories.pop(key, None)
        self.rounds.pop(story, None)
        self.torn.discard(story)

    def before(self, day: int) -> Iterator[ArticleId]:
        """Stories of which nothing was heard since before ``day``."""
        for past in sorted(self._by_day):
            if past < day:
                yield from sorted(key.hex() for key in self._by_day[past])
                if not self._by_day[past]:
                    del self._by_day[past]
