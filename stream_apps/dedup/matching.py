"""At the owner of an article: gather its candidates, have each compared, tell the families what was verified.

An article waits here until every hash range has answered and every candidate was compared, so that a copy joins its
family with its first message and is tagged beside the others. Rows: the fingerprint (large, written once a text) and
the state of the matching (small, written with each message).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from schemas.records import (
    Article,
    ArticleId,
    Candidates,
    CleanArticle,
    CleanText,
    Comparison,
    FamilyUpdate,
    Link,
    Verdict,
)
from schemas.topics import CANDIDATES, CLEAN, COMPARISONS, FAMILIES, VERDICTS
from stream_apps.dedup.compare import compare
from stream_apps.dedup.owned import Matching, Text
from stream_apps.runtime.messages import Incoming, Outgoing, Stage
from stream_apps.runtime.rows import Rows

SETTLED_AFTER = 2_000
"""Texts of a partition that come after one before what the ranges told of it is dropped: far more than can be on their
way at a time."""
EXTRA_DAYS = 2
"""Fingerprints outlive the postings that lead to them: a comparison that was asked for always finds its text."""
_TEXT, _STATE = b"t", b"m"


class _Known:
    """Which texts a partition has, by the day that they leave with, and those last come, whose matching may go on."""

    def __init__(self, rows: Rows, partition: int) -> None:
        self.days: defaultdict[date, list[bytes]] = defaultdict(list)
        self.recent: deque[bytes] = deque()
        for stored, row in rows.items(partition):
            if stored.startswith(_TEXT):
                self.days[Text.day_of(row)].append(stored)
            else:
                self.recent.append(stored[len(_STATE) :])

    def expired(self, window: timedelta) -> Iterator[bytes]:
        """Forgets the days that have left the window; gives the row keys of their texts."""
        oldest = max(self.days) - window
        for day in [day for day in self.days if day < oldest]:
            yield from self.days.pop(day)


class MatchingStage(Stage):
    """Takes clean articles, candidates, comparisons and verdicts; gives comparisons, verdicts and family updates."""

    name = "matching"

    def __init__(self, rows: Rows, window_days: int) -> None:
        self._rows = rows
        self._together = timedelta(days=window_days)
        self._window = timedelta(days=window_days + EXTRA_DAYS)
        self._known: dict[int, _Known] = {}
        self._handlers: dict[str, Callable[[int, bytes], list[Outgoing]]] = {
            CLEAN.name: self._on_clean,
            CANDIDATES.name: self._on_candidates,
            COMPARISONS.name: self._on_comparison,
            VERDICTS.name: self._on_verdict,
        }

    def forget(self) -> None:
        self._known.clear()

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        return self._handlers[message.topic](message.partition, message.value)

    # ---- one handler a topic --------------------------------------------------------------------------------

    def _on_clean(self, partition: int, value: bytes) -> list[Outgoing]:
        clean = CleanArticle.from_bytes(value)
        if clean.text is None:
            return self._on_removed(partition, clean)
        return self._on_text(partition, clean.text)

    def _on_removed(self, partition: int, clean: CleanArticle) -> list[Outgoing]:
        """The article is gone from its feed. It stays a copy of whatever it is a copy of."""
        key = bytes.fromhex(clean.id)
        text, state = self._text(partition, key), self._state(partition, key)
        if text is None or text.revision > clean.revision or clean.removed is None:
            return []  # it has left the window, or has come back since
        state.removed = (clean.revision, clean.removed.isoformat())
        return self._proceed(partition, clean.id, text, state)

    def _on_text(self, partition: int, clean: CleanText) -> list[Outgoing]:
        article, key = clean.article, bytes.fromhex(clean.article.id)
        known = self._text(partition, key)
        if known is not None and known.revision > article.revision:
            return []  # an older text delivered again
        state = self._state(partition, key)
        if state.removed is not None and state.removed[0] < article.revision:
            state.removed = None  # it is back
        outgoing = []
        if state.held is not None and known is not None and known.revision < article.revision:
            # No text is passed over, even one that lived for a moment.
            outgoing.append(_family_update(known, state, article.id))
        if known is None or known.revision < article.revision:
            state.held = article.model_dump(mode="json", exclude_defaults=True)
        text = Text.of(clean)
        self._keep(partition, _TEXT + key, text, is_new=known is None)
        asked_of_us, state.waiting = state.waiting, []
        answers = [self._answer(partition, Comparison.model_validate(asked), state) for asked in asked_of_us]
        return [*outgoing, *_present(answers), *self._proceed(partition, article.id, text, state)]

    def _on_candidates(self, partition: int, value: bytes) -> list[Outgoing]:
        news = Candidates.from_bytes(value)
        key = bytes.fromhex(news.article)
        state = self._state(partition, key)
        owner = str(news.range)
        if news.revision < state.parts.get(owner, 0):
            return []  # about a text that has been replaced
        if news.complete:
            state.parts[owner] = news.revision
            state.shared[owner] = dict(news.shared)
        else:
            state.shared.setdefault(owner, {}).update(news.shared)
        return self._proceed(partition, news.article, self._text(partition, key), state)

    def _on_comparison(self, partition: int, value: bytes) -> list[Outgoing]:
        asked = Comparison.from_bytes(value)
        key = bytes.fromhex(asked.article)
        state = self._state(partition, key)
        answer = self._answer(partition, asked, state)
        if answer is None:
            self._rows.put(partition, _STATE + key, state.to_bytes())
        return _present([answer])

    def _on_verdict(self, partition: int, value: bytes) -> list[Outgoing]:
        verdict = Verdict.from_bytes(value)
        key = bytes.fromhex(verdict.article)
        text, state = self._text(partition, key), self._state(partition, key)
        if text is None or text.revision != verdict.revision:
            return []  # about a text that has been replaced, or left the window
        known = state.verdicts.get(verdict.other)
        if known is not None and (known[0], known[1]) > (verdict.revision, verdict.other_revision):
            return []
        link = verdict.link.model_dump(mode="json", exclude_defaults=True) if verdict.link else None
        state.verdicts[verdict.other] = (verdict.revision, verdict.other_revision, link)
        return self._proceed(partition, verdict.article, text, state)

    # ---- what follows ---------------------------------------------------------------------------------------

    def _answer(self, partition: int, asked: Comparison, state: Matching) -> Outgoing | None:
        """The verdict on a comparison; none yet, and the question kept, where our text is still on its way."""
        ours = self._text(partition, bytes.fromhex(asked.article))
        if ours is None or ours.revision < asked.revision:
            state.waiting.append(asked.model_dump(mode="json"))
            return None
        verdict = Verdict(
            article=asked.other,
            revision=asked.other_revision,
            other=asked.article,
            other_revision=ours.revision,
            link=_link(asked, ours, self._together),
        )
        return Outgoing(VERDICTS, asked.other.encode(), verdict.to_bytes())

    def _proceed(self, partition: int, article: ArticleId, text: Text | None, state: Matching) -> list[Outgoing]:
        """Once every range has answered: ask for comparisons, and with all verdicts in tell the families."""
        outgoing: list[Outgoing] = []
        if text is not None and all(state.parts.get(str(r)) == text.revision for r in range(text.ranges)):
            candidates = state.candidates()
            state.verdicts = {other: known for other, known in state.verdicts.items() if other in candidates}
            state.asked = {other: known for other, known in state.asked.items() if other in candidates}
            open_questions = [
                (other, revision)
                for other, revision in candidates.items()
                if not _answered(state.verdicts.get(other), text.revision, revision)
            ]
            for other, revision in open_questions:
                if state.asked.get(other) != [text.revision, revision]:
                    state.asked[other] = [text.revision, revision]
                    outgoing.append(_comparison(article, text, other, revision))
            if not open_questions:
                outgoing += _tell_families(text, state, article)
        self._rows.put(partition, _STATE + bytes.fromhex(article), state.to_bytes())
        return outgoing

    # ---- rows -----------------------------------------------------------------------------------------------

    def _text(self, partition: int, key: bytes) -> Text | None:
        row = self._rows.get(partition, _TEXT + key)
        return Text.from_bytes(row) if row else None

    def _state(self, partition: int, key: bytes) -> Matching:
        row = self._rows.get(partition, _STATE + key)
        if row is not None:
            return Matching.from_bytes(row)
        text = self._text(partition, key)
        return Matching.settled(text) if text else Matching()

    def _keep(self, partition: int, key: bytes, text: Text, *, is_new: bool) -> None:
        """Store a text; forget whole days that have left the window, by the stream's own time."""
        if partition not in self._known:
            self._known[partition] = _Known(self._rows, partition)
        known = self._known[partition]
        self._rows.put(partition, key, text.to_bytes())
        if is_new:
            known.days[date.fromordinal(text.day)].append(key)
        known.recent.append(key[len(_TEXT) :])
        for expired in known.expired(self._window):
            self._rows.delete(partition, expired)
            self._rows.delete(partition, _STATE + expired[len(_TEXT) :])
        if len(known.recent) > SETTLED_AFTER:
            self._settle(partition, known.recent)

    def _settle(self, partition: int, recent: deque[bytes]) -> None:
        """Drop what is no longer needed of the matching that began longest ago."""
        key = recent.popleft()
        row = self._rows.get(partition, _STATE + key)
        if row is None:
            return
        state = Matching.from_bytes(row)
        if state.held is not None or state.waiting:
            recent.append(key)
        elif state.settle():
            self._rows.put(partition, _STATE + key, state.to_bytes(packed=True))
        else:
            self._rows.delete(partition, _STATE + key)


def _answered(verdict: tuple[int, int, Any] | None, ours: int, theirs: int) -> bool:
    return verdict is not None and verdict[0] == ours and verdict[1] >= theirs


def _present(outgoing: Sequence[Outgoing | None]) -> list[Outgoing]:
    return [message for message in outgoing if message is not None]


def _comparison(article: ArticleId, text: Text, other: ArticleId, revision: int) -> Outgoing:
    record = Comparison(
        article=other,
        revision=revision,
        other=article,
        other_revision=text.revision,
        other_outlet=text.outlet,
        other_published=datetime.fromtimestamp(text.published, UTC),
        other_backfill=text.backfill,
        fingerprint=text.fingerprint,
    )
    return Outgoing(COMPARISONS, other.encode(), record.to_bytes())


def _link(asked: Comparison, ours: Text, together: timedelta) -> Link | None:
    """What the two share; nothing where one is from an archive and the other is of another time.

    Feeds bring what is new, so what arrives together is of one time. An archive passes through within hours: what it
    holds of last year's budget speech is no copy of this year's.
    """
    apart = abs(asked.other_published.timestamp() - ours.published)
    if (asked.other_backfill or ours.backfill) and apart > together.total_seconds():
        return None
    likeness = compare(asked.fingerprint, ours.fingerprint, same_outlet=asked.other_outlet == ours.outlet)
    if likeness is None:
        return None
    return Link(
        a=asked.other,
        b=asked.article,
        a_revision=asked.other_revision,
        b_revision=ours.revision,
        relation=likeness.relation,
        containment_a=likeness.containment_a,
        containment_b=likeness.containment_b,
        shared=likeness.shared,
        cover_a=likeness.cover_a,
        cover_b=likeness.cover_b,
        own_a=likeness.own_a,
        own_b=likeness.own_b,
        edits=likeness.edits,
        moved=likeness.moved,
    )


def _tell_families(text: Text, state: Matching, article: ArticleId) -> list[Outgoing]:
    """The article with its links: its text the first time, then only when the links have changed."""
    update = _family_update(text, state, article)
    digest = state.digest(text)
    if state.held is None and digest == state.sent:
        return []
    state.held, state.sent = None, digest
    return [update]


def _family_update(text: Text, state: Matching, article: ArticleId) -> Outgoing:
    update = FamilyUpdate(
        id=article,
        revision=text.revision,
        tokens=text.fingerprint.tokens,
        article=Article.model_validate(state.held) if state.held else None,
        links=tuple(Link.model_validate(link) for link in state.links()),
        removed=datetime.fromisoformat(state.removed[1]) if state.removed else None,
    )
    return Outgoing(FAMILIES, article.encode(), update.to_bytes())
