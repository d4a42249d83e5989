"""What an agency has put right or taken back in a story, and which copies still carry the old text.

A pure function of the family's articles with their earlier texts. Only the agency's word counts: its own filing where
the family has one, else a text that is credited to it alone. What a correction changed is found sentence by sentence,
for a copy keeps some sentences, drops others and restyles a few; a copy has the old text where a sentence of it is the
old one rather than the new.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher
from functools import cached_property, lru_cache
from itertools import pairwise

from schemas.records import Article, ArticleId, Credit, PublishedArticle, Revision, Signal, StoryCorrection
from stream_apps.tagging.correction_notes import slips
from stream_apps.text.annotations import without
from stream_apps.text.credits import CreditReading, read_credits
from stream_apps.text.filing import is_filing
from stream_apps.text.sentences import sentences

MAX_SENTENCES = 20
"""Sentences told of one correction on each side: a correction is short, and a rewritten story is not listed whole."""
SAME = 0.6
"""Share of the words of two sentences that must agree for the one to be a version of the other."""
KEPT = 0.5
"""Share of the words that a correction took out of, or put into, a sentence that must stand in a copy's."""
TAKEN_BACK: frozenset[Signal] = frozenset({"withdrawn", "kill", "hold"})
CORRECTED: frozenset[Signal] = frozenset({"corrected", "refile"})

_WORD = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")
_NOTE = re.compile(r"correct|error|wrong|misstat|incorrect", re.IGNORECASE)
_DIGIT_COMMA = re.compile(r"(?<=\d),(?=\d)")
_FIGURES = {
    word: str(number)
    for number, word in enumerate(
        ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 2
    )
}
"""Numbers that one house writes out and another does not."""
Words = tuple[str, ...]


@dataclass(frozen=True)
class _Text:
    """One text of an article: the current one or an earlier."""

    article: Article
    story: str
    """The text without marks: an agency's note says in its own words what was wrong."""
    at: datetime
    signal: Signal | None
    current: bool
    dated: bool = True
    """The feed said when this text was made; else ``at`` is that of the text before. When it was fetched would be
    a time of processing, which two runs over the same feeds do not share."""

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        return tuple(s for paragraph in self.story.split("\n") for s in sentences(paragraph))


@dataclass(frozen=True)
class _Change:
    """A sentence that a correction replaced; ``new`` is empty where it was taken out."""

    old: Words
    new: Words

    @cached_property
    def out(self) -> Counter[str]:
        return Counter(self.old) - Counter(self.new)

    @cached_property
    def into(self) -> Counter[str]:
        return Counter(self.new) - Counter(self.old)


def corrections(articles: Sequence[PublishedArticle]) -> tuple[StoryCorrection, ...]:
    """Every correction, hold and withdrawal of the agency, by time; each with the copies that do not follow it."""
    spoken = {record.article.id: _texts(record) for record in _speakers(articles)}
    said = sorted(
        (text for texts in spoken.values() for text in texts if _holds(text)),
        key=lambda text: (text.at, text.article.id),
    )
    if not said:
        return ()
    ordered = sorted(articles, key=lambda record: (record.article.published, record.article.id))
    here = [_texts(record)[-1] for record in ordered if record.membership.removed is None]
    return tuple(_correction(text, _before(text, spoken), here) for text in said)


def is_stale(article: Article, found: Iterable[StoryCorrection]) -> bool:
    """Whether an article carries what was corrected or taken back."""
    return any(article.id in correction.carried_by for correction in found)


def stale_since(article: Article, found: Iterable[StoryCorrection]) -> datetime | None:
    """Since when: from the first such correction on, or from its publication; none where the first is not dated."""
    moments = [correction.at for correction in found if article.id in correction.carried_by]
    dated = [moment for moment in moments if moment is not None]
    return max(min(dated), article.published) if dated and len(dated) == len(moments) else None


# ---- who says so, and when ------------------------------------------------------------------------------------


def _speakers(articles: Sequence[PublishedArticle]) -> list[PublishedArticle]:
    """The agency's own filings, or else what is credited to an agency alone."""
    sole = [record for record in articles if _agency_alone(record.article.credits)]
    return [record for record in sole if is_filing(record.article)] or sole


def _agency_alone(credits_: Sequence[Credit]) -> bool:
    roles = {credit.role for credit in credits_}
    return "sole" in roles and "inputs" not in roles


def _holds(text: _Text) -> bool:
    """A correction holds for good; what is held or taken back may be released by the next text."""
    return text.signal in CORRECTED or (text.signal in TAKEN_BACK and text.current)


def _texts(record: PublishedArticle) -> list[_Text]:
    """Every text of an article, oldest first."""
    article = record.article
    earlier = [_earlier(article, revision) for revision in record.revisions]
    story = without(article.text, article.annotations)
    texts = [*earlier, _Text(article, story, article.versioncreated, _current_signal(article), current=True)]
    return [texts[0], *(replace(late, dated=late.at > early.at) for early, late in pairwise(texts))]


def _earlier(article: Article, revision: Revision) -> _Text:
    reading = _read(revision.headline, revision.text)
    story = without(revision.text, reading.annotations)
    return _Text(article, story, revision.versioncreated, reading.signal, current=False)


@lru_cache(maxsize=500)
def _read(headline: str, text: str) -> CreditReading:
    """An earlier text is kept without what was read from it."""
    return read_credits(text, None, headline)


def _current_signal(article: Article) -> Signal | None:
    if article.signal is None and article.pubstatus == "canceled":
        return "withdrawn"
    return "hold" if article.signal is None and article.pubstatus == "withheld" else article.signal


# ---- what was changed, and who still has it -------------------------------------------------------------------


def _correction(text: _Text, before: _Text | None, here: Sequence[_Text]) -> StoryCorrection:
    """What was said, and the articles of those that are still in their feeds that do not follow it."""
    assert text.signal is not None
    others = [other for other in here if other.article.id != text.article.id]
    taken_back = text.signal in TAKEN_BACK
    changes = [] if taken_back else _changes(before, text) if before else _noted(text)
    return StoryCorrection(
        article=text.article.id,
        signal=text.signal,
        at=text.at if text.dated else None,
        old=tuple(old for old, _ in changes)[:MAX_SENTENCES],
        new=tuple(new for _, new in changes if new)[:MAX_SENTENCES],
        carried_by=tuple(other.article.id for other in others if taken_back or _carries(other, changes)),
    )


def _before(text: _Text, spoken: Mapping[ArticleId, Sequence[_Text]]) -> _Text | None:
    """The text that was corrected: the one before it of the article, else the agency's last before it."""
    own = spoken[text.article.id]
    place = own.index(text)
    if place:
        return own[place - 1]
    agencies = _sole(text.article)
    earlier = [
        other
        for article, texts in spoken.items()
        for other in texts
        if article != text.article.id and other.at < text.at and agencies & _sole(other.article)
    ]
    return max(earlier, key=lambda other: (other.at, other.article.id), default=None)


def _sole(article: Article) -> set[str]:
    return {credit.agency for credit in article.credits if credit.role == "sole"}


def _changes(before: _Text, after: _Text) -> list[tuple[str, str]]:
    """The sentences that were replaced or taken out, each with what stands in its place."""
    old = [s for s in before.sentences if _words(s)]
    new = [s for s in after.sentences if _words(s)]
    matcher = SequenceMatcher(a=[_words(s) for s in old], b=[_words(s) for s in new], autojunk=False)
    changed: list[tuple[str, str]] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal":
            changed += _paired(old[a:b], new[c:d])
    standing = set(map(_words, new))
    return [(o, n) for o, n in changed if o and _words(o) not in standing and _words(o) != _words(n)]


def _noted(text: _Text) -> list[tuple[str, str]]:
    """What the agency's own note says was wrong, where the text before was never seen."""
    noted = [text.article.text[start:end] for start, end in text.article.annotations] if text.current else []
    return [slip for note in noted if _NOTE.search(note) for slip in slips(note, text.sentences)]


def _paired(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each old sentence with the new one that is most like it, if one is."""
    for sentence in old:
        best = max(new, key=lambda other: _likeness(_words(sentence), _words(other)), default="")
        yield sentence, best if best and _likeness(_words(sentence), _words(best)) >= SAME else ""


def _carries(copy: _Text, changes: Sequence[tuple[str, str]]) -> bool:
    found = [_Change(_words(old), _words(new)) for old, new in changes]
    return any(_has_old(_words(sentence), change) for change in found for sentence in copy.sentences)


def _has_old(sentence: Words, change: _Change) -> bool:
    """Whether a copy's sentence is the old one: it has what was taken out, and not what was put in."""
    if sentence == change.old:
        return True
    if _coverage(sentence, change.old) < SAME or sentence == change.new:
        return False
    if not change.new:
        return _likeness(sentence, change.old) >= SAME
    has_old, has_new = _share(change.out, sentence), _share(change.into, sentence)
    if not change.out:
        return has_new < KEPT and _likeness(sentence, change.old) >= SAME
    return has_old >= KEPT and has_old > (has_new if change.into else 0.0)


def _share(wanted: Counter[str], sentence: Words) -> float:
    """Share of the words that stand in a sentence."""
    return (wanted & Counter(sentence)).total() / wanted.total() if wanted else 0.0


def _coverage(sentence: Words, old: Words) -> float:
    """Share of a sentence's words that the old one has: the copy may have cut it."""
    return (Counter(sentence) & Counter(old)).total() / max(1, len(sentence)) if len(sentence) > 3 else 0.0


def _likeness(a: Words, b: Words) -> float:
    """Share of the words of both that agree (Dice)."""
    return 2 * (Counter(a) & Counter(b)).total() / max(1, len(a) + len(b))


@lru_cache(maxsize=20_000)
def _words(text: str) -> Words:
    found = _WORD.findall(_DIGIT_COMMA.sub("", text).casefold())
    return tuple(_FIGURES.get(word, word) for word in found)
