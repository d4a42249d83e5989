"""The engine: decides what is a copy of what, which copies are a story, and which stories tell of one event.

One process, one state, plain function calls: candidates, comparison, links, stories, events. A message of ``clean`` is
applied at once; its distant effects (a story of thousands whose first article was replaced) wait in queues that are
part of the state and are worked off within a budget, so that no message delays the next. Once the queues are empty, the
state is a function of the texts, whatever their order of arrival.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime

import numpy as np
import orjson

from schemas.clean import Clean
from schemas.features import Features
from schemas.record import RecordError
from stream_apps.dedup.candidates import Arrival, Candidates
from stream_apps.dedup.compare import ComparedText, Overlap, overlaps_of
from stream_apps.dedup.events.graph import EventGraph
from stream_apps.dedup.graph import Graph
from stream_apps.dedup.stories import Stories
from stream_apps.dedup.story_places import Decisions, PlaceFinder
from stream_apps.dedup.window import Window

EXTRA_DAYS = 1
"""Articles stay for this much longer than they are compared with new ones, so that what is late finds its like."""
COMPARISONS, VIEWS = 64, 64
"""What one message may take: pairs compared, views decided from. What it would take more waits."""
WAITING_COMPARISONS, WAITING_VIEWS, EXPIRIES = 8, 8, 64
"""What is worked off besides with each message of what waits, so that none takes long; and articles that leave."""
IDLE_COMPARISONS, IDLE_VIEWS = 24, 40
"""The same where no message comes."""
HISTORY = 20
"""Earlier texts of an article whose place in ``clean`` is known, besides the first."""


class Engine:
    """The state, and the messages that change it."""

    def __init__(self, window_days: int) -> None:
        self.window_days = window_days
        self.window = Window()
        self.graph = Graph(self.window)
        self.stories = Stories(self.window, self.graph)
        self.places = PlaceFinder(self.window, self.graph, self.stories)
        self.decisions = Decisions()
        self.events = EventGraph()
        self.candidates = Candidates(self.window, window_days)
        self.removed: dict[int, tuple[int, str]] = {}
        """Articles gone from their feeds: the revision of the notice, and when the article was found gone."""
        self.history: dict[int, list[int]] = {}
        """Articles with earlier texts: the offsets of these in ``clean``, oldest first."""
        self.fresh: dict[int, bool] = {}
        """Articles whose text has come since the last publication, and whether they have a new number."""
        self.passed_over: dict[int, list[int]] = {}
        """Articles with texts that lived for less than a batch: the offsets of these, which nobody has been sent."""
        self.replaced: dict[int, int] = {}
        """Articles whose text was replaced since the last publication: old number, new number."""
        self.former_members: dict[int, tuple[list[int], str]] = {}
        """Articles whose text was replaced: who represented the old text's story, and when the new text was made."""
        self.late: list[tuple[int, int]] = []
        """Texts older than those that the articles have: the number of the article, and the offset."""
        self._pairs: deque[tuple[int, list[int], bool]] = deque()
        """Articles, each with others to compare it with, and whether links that there are have to be measured again."""
        self._reviews: dict[int, None] = {}
        """Articles that represent other hashes than before: their candidates are to be looked up."""
        self._leaving: deque[int] = deque()
        """Articles that have left the window; behind those of a day the day, negated."""
        self._left: list[int] = []
        self._newest_day = -1

    @property
    def is_busy(self) -> bool:
        """Whether there is queued work."""
        return bool(self._pairs or self._reviews or self._leaving or self.graph.is_busy)

    def is_story(self, number: int) -> bool:
        """Whether there is a story of this number: of several articles, or of one."""
        if number in self.stories.known:
            return True
        is_article = number < len(self.window.alive) and bool(self.window.alive[number])
        return is_article and self.stories.of(number) is None

    @property
    def _oldest_day(self) -> int:
        """The oldest day of the window, in days since 1970."""
        return self._newest_day - self.window_days - EXTRA_DAYS

    # ---- messages -------------------------------------------------------------------------------------------

    def apply(self, clean: Clean, offset: int) -> None:
        """Apply one message of ``clean``. Raises ``RecordError``, with nothing changed, where it cannot be read."""
        if clean.features:
            features = Features.from_bytes(clean.features)
            self._take_text(features, clean, offset)
        else:
            self._take_removal(clean)
        self._work(WAITING_COMPARISONS, WAITING_VIEWS)

    def work(self) -> None:
        """Work off some of what is queued."""
        self._work(IDLE_COMPARISONS, IDLE_VIEWS)

    def _work(self, comparisons: int, views: int) -> None:
        self._look_up()
        self._compare_waiting(comparisons)
        self._decide(self.graph.decide(views))
        self.stories.name()
        self._expire(EXPIRIES)

    def _take_text(self, features: Features, clean: Clean, offset: int) -> None:
        known = self.window.number_of(features.id)
        if known is not None:
            if self.window.blob(known) == clean.features:
                return  # delivered again
            if self.window.revisions[known] > features.revision:
                self.late.append((known, offset))
                return
        made = _versioncreated(clean) if known is not None else ""
        self._enter_day(features.first_seen)
        if known is None:
            number = self.window.add(features, clean.features, offset)
        elif self._is_amended(known, features):
            self._amend(known, features, clean, offset, made)
            return
        else:
            number = self._replace(known, features, clean, offset, made)
        self._restore_if_newer(number, features.revision)
        self.fresh[number] = True
        self.stories.changed[number] = None
        self.stories.unsettled[number] = None
        self._compare_new(number, self.candidates.add(number), again=False)

    def _take_removal(self, clean: Clean) -> None:
        """Mark an article as gone from its feed. It remains a copy of the same texts."""
        try:
            said = orjson.loads(clean.article)
            identity, revision, at = bytes.fromhex(said["id"]), int(said["revision"]), str(said["removed"])
            datetime.fromisoformat(at)
        except (ValueError, KeyError, TypeError) as error:
            raise RecordError(f"Clean: neither an article nor a removal ({error})") from None
        number = self.window.number_of(identity)
        if number is None or self.window.revisions[number] > revision:
            return  # it has left the window, or has come back since
        self.removed[number] = (revision, at)
        self.stories.unsettled[number] = None

    def _restore_if_newer(self, number: int, revision: int) -> None:
        """Unmark an article as gone where this text is newer than the one that was found gone."""
        if number in self.removed and self.removed[number][0] < revision:
            del self.removed[number]

    def _compare_new(self, number: int, arrival: Arrival, *, again: bool) -> None:
        """Compare a new text with older articles, and decide what follows. It may have any number of younger ones."""
        now, later = arrival.older[:COMPARISONS], arrival.older[COMPARISONS:]
        with self.graph.at_once():
            self._compare(number, now, again=again)
        self._decide(self.graph.decide_new(VIEWS))
        self._pairs.extend((number, others, again) for others in (later, arrival.younger) if others)
        self._reviews.update(dict.fromkeys(arrival.displaced))

    # ---- new texts ------------------------------------------------------------------------------------------

    def _is_amended(self, number: int, features: Features) -> bool:
        """Whether a new text has most of the old one, so that only what differs is worked out anew."""
        if self.window.day(number) < self._oldest_day:
            return False  # it is about to leave
        before, after = self.window.text(number).sketch, ComparedText.of(features).sketch
        return 2 * len(np.intersect1d(before, after, assume_unique=True)) > max(len(before), len(after))

    def _amend(self, number: int, features: Features, clean: Clean, offset: int, made: str) -> None:
        """Change the text of an article, which stays in its story as long as its links do."""
        self._remember(number, number, made)
        before = self.window.text(number).sketch
        self.window.amend(number, features, clean.features, offset)
        self._restore_if_newer(number, features.revision)
        self.fresh[number] = self.fresh.pop(number, False)
        self.stories.amended(number)
        arrival = self.candidates.amend(number, before)
        self._forget_waiting(number)
        for other in sorted(self.graph.links.of(number).keys() - {*arrival.older, *arrival.younger}):
            self._disconnect(number, other)
        self._compare_new(number, arrival, again=True)

    def _forget_waiting(self, number: int) -> None:
        """Drop what waits to be done for an article, whose candidates were looked up anew."""
        self._reviews.pop(number, None)
        waiting = (
            (one, [other for other in others if other != number] if number in others else others, again)
            for one, others, again in self._pairs
            if one != number
        )
        self._pairs = deque(pairs for pairs in waiting if pairs[1])

    def _remember(self, known: int, number: int, made: str) -> None:
        """Remember what an article was before its new text, which has this number and was made then."""
        story, is_fresh = self.stories.of(known), known in self.fresh
        former = self.former_members.pop(known, None)
        if story is not None:
            members = [other for other in (story.canonical, *story.representatives) if other != known]
            self.former_members[number] = (members, made)
        elif former is not None and is_fresh:
            self.former_members[number] = former
        past, offset = self.history.pop(known, []), self.window.offsets[known]
        self.history[number] = [*past[:1], *past[1:][-HISTORY + 1 :], offset]
        if is_fresh:
            self.passed_over[number] = [*self.passed_over.pop(known, []), offset]

    def _replace(self, known: int, features: Features, clean: Clean, offset: int, made: str) -> int:
        """Replace the text of an article, which keeps the time at which it was first seen. ``made``: its own time."""
        hashes = self.window.text(known).sketch
        number = self.window.add(features, clean.features, offset, self.window.seen[known])
        self._remember(known, number, made)
        if known in self.removed:
            self.removed[number] = self.removed.pop(known)
        self.replaced[number] = self.replaced.pop(known, known)
        self._take_out(known)
        self.window.retire(known)
        self._reviews.update(dict.fromkeys(self.candidates.remove(known, hashes)))
        return number

    def _take_out(self, number: int, *, expired: bool = False) -> None:
        """Take an article out of the graph and of its story."""
        joined = self.graph.isolate(number)
        self.stories.leave(number, joined, expired=expired)
        self.fresh.pop(number, None)
        self._reviews.pop(number, None)

    # ---- the queues -----------------------------------------------------------------------------------------

    def _look_up(self) -> None:
        """Look up an article that represents other hashes than before: drop obsolete links, queue new comparisons."""
        if not self._reviews:
            return
        number = next(iter(self._reviews))
        del self._reviews[number]
        wanted = self.candidates.younger(number)
        for other in self._no_longer_compared(number, set(wanted)):
            self._disconnect(number, other)
        linked = self.graph.links.of(number)
        new = [other for other in wanted if other not in linked]
        if new:
            self._pairs.append((number, new, False))

    def _no_longer_compared(self, number: int, wanted: set[int]) -> list[int]:
        rank, mine = self.window.rank, self.window.rank(number)
        return [other for other in self.graph.links.of(number) if other not in wanted and rank(other) > mine]

    def _compare_waiting(self, most: int) -> None:
        while self._pairs and most > 0:
            number, others, again = self._pairs.popleft()
            now, later = others[:most], others[most:]
            most -= len(now)
            if later:
                self._pairs.appendleft((number, later, again))
            if self.window.alive[number]:
                self._compare(number, now, again=again)

    def _compare(self, a: int, others: Sequence[int], *, again: bool) -> None:
        """Compare an article with others. ``again``: those too that it is linked with."""
        links = self.graph.links.of(a)
        wanted = [b for b in others if self.window.alive[b] and (again or b not in links)]
        linked = [b in links for b in wanted]
        for b, was_linked, overlap in zip(wanted, linked, self._overlaps(a, wanted), strict=True):
            if was_linked:
                self._change(a, b, overlap)
            elif overlap is not None:
                self.graph.connect(a, b, overlap)

    def _change(self, a: int, b: int, overlap: Overlap | None) -> None:
        """Change the overlap of two articles that are linked."""
        if overlap is None:
            self._disconnect(a, b)
            return
        story = self.stories.of(a)
        if self.graph.change(a, b, overlap) and story is not None:
            self.stories.part(story, (a, b))

    def _overlaps(self, a: int, others: Sequence[int]) -> list[Overlap | None]:
        window, outlets = self.window, self.window.outlets
        timely = [b for b in others if self._of_one_time(a, b)]
        texts = [(window.text(b), outlets[a] == outlets[b]) for b in timely]
        found = dict(zip(timely, overlaps_of(window.text(a), texts), strict=True))
        return [found.get(b) for b in others]

    def _of_one_time(self, a: int, b: int) -> bool:
        """Whether two articles may be compared where one is from an archive.

        Feeds bring news, so articles that arrive together are of one time. An archive passes through within hours: its
        report of last year's budget speech is no copy of this year's.
        """
        first, second = self.window.features(a), self.window.features(b)
        if not (first.backfill or second.backfill):
            return True
        return abs(first.published - second.published) <= self.window_days * 86_400

    def _disconnect(self, a: int, b: int) -> None:
        story = self.stories.of(a)
        if self.graph.disconnect(a, b) and story is not None:
            self.stories.part(story, (a, b))

    def _decide(self, decisions: Iterable[tuple[int, int, bool]]) -> None:
        for a, b, joined in list(decisions):
            if joined:
                self.stories.join(a, b)
            elif (story := self.stories.of(a)) is not None:
                self.stories.part(story, (a, b))
        self.stories.unsettled.update(self.graph.unsettled)
        self.graph.unsettled.clear()

    # ---- time -----------------------------------------------------------------------------------------------

    def _enter_day(self, first_seen: int) -> None:
        """Advance the stream's own time: days that leave the window queue their articles for expiry."""
        day = first_seen // 86_400_000_000
        if day <= self._newest_day:
            return
        self._newest_day = day
        for past in sorted(past for past in self.window.days if past < self._oldest_day):
            self.candidates.expire(past)
            self._leaving.extend(self.window.leave(past))
            self._leaving.append(-past)

    def _expire(self, most: int) -> None:
        for _ in range(min(most, len(self._leaving))):
            if self._leaving[0] in self.fresh:
                break  # not before it was published
            number = self._leaving.popleft()
            if number < 0:
                self.window.forget_day(-number)
                continue
            if self.window.alive[number]:
                self._take_out(number, expired=True)
            self.removed.pop(number, None)
            self.history.pop(number, None)
            self.window.retire(number)
            self._left.append(number)

    def forget_left(self) -> None:
        """Free the numbers of articles that have left the window, once that is published."""
        for number in self._left:
            self.window.free(number)
        self._left.clear()


def _versioncreated(clean: Clean) -> str:
    """Return when a text was made. Raises ``RecordError`` where the message holds no article."""
    try:
        return str(orjson.loads(clean.article)["versioncreated"])
    except (ValueError, KeyError, TypeError) as error:
        raise RecordError(f"Clean: not an article ({error!r})") from None
