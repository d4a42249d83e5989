"""What an agency has put right or taken back in a story, and which copies still carry the old text.

Pure functions of the story's articles with their earlier texts. Only the agency's word counts: its own filing where
the story has one, else a text that is credited to it alone. What a correction changed is found sentence by sentence,
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

from schemas.public_records import Article, Place, Revision, Signal, StoryCorrection
from schemas.record import ArticleId, Record, Span
from stream_apps.tagging.correction_notes import slips
from stream_apps.tagging.members import FILING, MAX_CORRECTIONS, REMOVED, SAYS, SOLE, Members
from stream_apps.text.annotations import without
from stream_apps.text.filing import is_filing
from stream_apps.text.sentences import sentences

MAX_SENTENCES = 20
"""Sentences told of one correction on each side: a correction is short, and a rewritten story is not listed whole."""
SAME = 0.6
"""Share of the words of two sentences that must agree for the one to be a version of the other."""
KEPT = 0.5
"""Share of the words that a correction took out of, or put into, a sentence that must stand in a copy's."""
MAX_CHANGES = 60
"""Sentences by which copies are told to be old."""
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
class Text:
    """One text of an article: the current one or an earlier."""

    article: ArticleId
    agencies: frozenset[str]
    """Whose text it is by its credits."""
    story: str
    """The text without annotations: an agency's note says in its own words what was wrong."""
    notes: tuple[str, ...]
    """The annotated stretches of the current text."""
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
class Earlier:
    """An earlier text of an article, and what was read from it."""

    revision: Revision
    signal: Signal | None
    annotations: tuple[Span, ...]


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


class Correction(Record):
    """A correction of the agency, its hold or its taking a story back; and which sentences it replaced by which."""

    article: ArticleId
    signal: Signal
    at: datetime | None
    changes: tuple[tuple[str, str], ...]

    @property
    def takes_back(self) -> bool:
        return self.signal in TAKEN_BACK

    @cached_property
    def replaced(self) -> Sequence[_Change]:
        """The sentences as their words."""
        return [_Change(_words(old), _words(new)) for old, new in self.changes]

    def published(self, carried_by: Iterable[ArticleId]) -> StoryCorrection:
        """As the story's record has it."""
        return StoryCorrection(
            article=self.article,
            signal=self.signal,
            at=self.at,
            old=tuple(old for old, _ in self.changes)[:MAX_SENTENCES],
            new=tuple(new for _, new in self.changes if new)[:MAX_SENTENCES],
            carried_by=tuple(carried_by),
        )


def corrections(spoken: Mapping[ArticleId, Sequence[Text]]) -> tuple[Correction, ...]:
    """Every correction, hold and withdrawal of the agency in the texts of these articles, by time."""
    said = sorted(
        (text for texts in spoken.values() for text in texts if _holds(text)),
        key=lambda text: (text.at, text.article),
    )
    return tuple(_correction(text, _before(text, spoken)) for text in said[:MAX_CORRECTIONS])


def carried(text: Text, found: Sequence[Correction]) -> int:
    """Which of the corrections an article's current text does not follow: bit n for the n-th."""
    return sum(1 << number for number, correction in enumerate(found) if _carries(text, correction))


def stale_since(published: datetime, bits: int, found: Sequence[Correction]) -> datetime | None:
    """Since when an article is stale: from the first correction that it carries the old text of, or from its own
    publication; none where one of them is not dated.
    """
    moments = [correction.at for number, correction in enumerate(found) if bits >> number & 1]
    dated = [moment for moment in moments if moment is not None]
    return max(min(dated), published) if dated and len(dated) == len(moments) else None


# ---- who says so, and when ------------------------------------------------------------------------------------


def flags(article: Article, place: Place, earlier: Iterable[Signal | None]) -> int:
    """What counts of an article here; ``earlier``: the signals of its earlier texts."""
    says = _current_signal(article) in CORRECTED | TAKEN_BACK or any(signal in CORRECTED for signal in earlier)
    sole = _agency_alone(article)
    filing = sole and is_filing(article)
    return FILING * filing | SOLE * sole | SAYS * (sole and says) | REMOVED * (place.removed is not None)


def considered(members: Members) -> list[ArticleId]:
    """The articles whose texts corrections are read from; none where nobody has corrected anything.

    The agency's own filings, or else what is credited to an agency alone: the first of those that say something, and
    the first of all for what was said before.
    """
    speaker = FILING if members.count(FILING) else SOLE
    saying = members.flagged(SAYS | speaker, MAX_CORRECTIONS)
    if not saying:
        return []
    return sorted({entry.article for entry in (*saying, *members.flagged(speaker, MAX_CORRECTIONS))})


def texts_of(article: Article, earlier: Iterable[Earlier]) -> list[Text]:
    """Every text of an article, oldest first."""
    texts = [*(_earlier(article, one) for one in earlier), current_text(article)]
    return [texts[0], *(replace(late, dated=late.at > early.at) for early, late in pairwise(texts))]


def current_text(article: Article) -> Text:
    """The newest text of an article."""
    notes = tuple(article.text[start:end] for start, end in article.annotations)
    story = without(article.text, article.annotations)
    return Text(
        article.id, _sole(article), story, notes, article.versioncreated, _current_signal(article), current=True
    )


def _earlier(article: Article, earlier: Earlier) -> Text:
    said = earlier.revision
    story = without(said.text, earlier.annotations)
    return Text(article.id, _sole(article), story, (), said.versioncreated, earlier.signal, current=False)


def _sole(article: Article) -> frozenset[str]:
    return frozenset(credit.agency for credit in article.credits if credit.role == "sole")


def _agency_alone(article: Article) -> bool:
    roles = {credit.role for credit in article.credits}
    return "sole" in roles and "inputs" not in roles


def _holds(text: Text) -> bool:
    """A correction holds for good; what is held or taken back may be released by the next text."""
    return text.signal in CORRECTED or (text.signal in TAKEN_BACK and text.current)


def _current_signal(article: Article) -> Signal | None:
    if article.signal is None and article.pubstatus == "canceled":
        return "withdrawn"
    return "hold" if article.signal is None and article.pubstatus == "withheld" else article.signal


# ---- what was changed, and who still has it -------------------------------------------------------------------


def _correction(text: Text, before: Text | None) -> Correction:
    """What was said."""
    assert text.signal is not None
    changes = [] if text.signal in TAKEN_BACK else _changes(before, text) if before else _noted(text)
    at = text.at if text.dated else None
    return Correction(article=text.article, signal=text.signal, at=at, changes=tuple(changes[:MAX_CHANGES]))


def _before(text: Text, spoken: Mapping[ArticleId, Sequence[Text]]) -> Text | None:
    """The text that was corrected: the one before it of the article, else the agency's last before it."""
    own = spoken[text.article]
    place = next(number for number, one in enumerate(own) if one is text)
    if place:
        return own[place - 1]
    earlier = [
        other
        for article, texts in spoken.items()
        for other in texts
        if article != text.article and other.at < text.at and text.agencies & other.agencies
    ]
    return max(earlier, key=lambda other: (other.at, other.article), default=None)


def _changes(before: Text, after: Text) -> list[tuple[str, str]]:
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


def _noted(text: Text) -> list[tuple[str, str]]:
    """What the agency's own note says was wrong, where the text before was never seen."""
    return [slip for note in text.notes if _NOTE.search(note) for slip in slips(note, text.sentences)]


def _paired(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each old sentence with the new one that is most like it, if one is."""
    for sentence in old:
        best = max(new, key=lambda other: _similarity(_words(sentence), _words(other)), default="")
        yield sentence, best if best and _similarity(_words(sentence), _words(best)) >= SAME else ""


def _carries(copy: Text, correction: Correction) -> bool:
    if copy.article == correction.article:
        return False
    found = correction.replaced
    return correction.takes_back or any(_has_old(_words(sentence), one) for one in found for sentence in copy.sentences)


def _has_old(sentence: Words, change: _Change) -> bool:
    """Whether a copy's sentence is the old one: it has what was taken out, and not what was put in."""
    if sentence == change.old:
        return True
    if _coverage(sentence, change.old) < SAME or sentence == change.new:
        return False
    if not change.new:
        return _similarity(sentence, change.old) >= SAME
    has_old, has_new = _share(change.out, sentence), _share(change.into, sentence)
    if not change.out:
        return has_new < KEPT and _similarity(sentence, change.old) >= SAME
    return has_old >= KEPT and has_old > (has_new if change.into else 0.0)


def _share(wanted: Counter[str], sentence: Words) -> float:
    """Share of the words that stand in a sentence."""
    return (wanted & Counter(sentence)).total() / wanted.total() if wanted else 0.0


def _coverage(sentence: Words, old: Words) -> float:
    """Share of a sentence's words that the old one has: the copy may have cut it."""
    return (Counter(sentence) & Counter(old)).total() / max(1, len(sentence)) if len(sentence) > 3 else 0.0


def _similarity(a: Words, b: Words) -> float:
    """Share of the words of both that agree (Dice)."""
    return 2 * (Counter(a) & Counter(b)).total() / max(1, len(a) + len(b))


@lru_cache(maxsize=20_000)
def _words(text: str) -> Words:
    found = _WORD.findall(_DIGIT_COMMA.sub("", text).casefold())
    return tuple(_FIGURES.get(word, word) for word in found)
