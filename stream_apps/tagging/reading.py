"""One text as the rules read it: words, and the names that the model, the rules and the aliases see in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple, TypeVar

from schemas.public_records import EntityType
from stream_apps.tagging import cues, names
from stream_apps.tagging.alias_set import Alias, AliasSet
from stream_apps.tagging.designations import designations, people
from stream_apps.tagging.normalise import plain
from stream_apps.tagging.paragraphs import Mark, blank
from stream_apps.tagging.phrases import Line, as_phrase
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.spans import LABELS, NameSpan, disjoint, lay_over, moved, touching
from stream_apps.tagging.vocabulary import COMMON, SHIPS

Found = TypeVar("Found")

MODEL_CONFIDENCE = 0.6
ALIAS_CONFIDENCE = {"strong": 0.98, "abbreviation": 0.95, "weak": 0.85}
_NAMED_AFTER_NOTHING = frozenset({"ORG", "FACILITY", "LAW"})
ROW, MOST = 3, 0.55
"""Names in an enumeration that tell the type of the others: how many at least, and the share that has the type."""
_ENUMERATION = re.compile(r", ?(?:and |& |or )?| (?:and|&|or) ")
_NOUN = re.compile(r"(?:capital|city|town|province|president|actor|actress|singer) (?=[A-Z])")
_FULL_NAME = re.compile(r"[A-Z][A-Za-z.'-]+(?: [A-Z][A-Za-z.'-]*){1,3}")
_JOINED = re.compile(r"(?P<possessive>'s )| (?:and|&) |/")
_ARTICLES = frozenset({"The", "A", "An"})
MAX_NAME = 120
"""Characters: what is longer is a slip of the model."""


class PlacedLine(NamedTuple):
    """A line that has words, and where in its text its characters and its words begin."""

    start: int
    first: int
    line: Line


class Match(NamedTuple):
    """Where the words of an alias stand: in characters, which word of the text is the first, and how many they are."""

    start: int
    end: int
    at: int
    length: int
    aliases: Sequence[Alias]


class Standing(NamedTuple):
    """Aliases of the same words where they stand, whatever the rest of the story says."""

    start: int
    end: int
    aliases: Sequence[Alias]
    names: Sequence[tuple[NameSpan, Alias]] | None
    """What is named there in any story; none where some of the aliases ask what the story says."""


@dataclass(frozen=True)
class UnmarkedText:
    """A text, of which only what is unmarked is read, and the lines of it that have words."""

    text: str
    lines: Sequence[PlacedLine]

    @cached_property
    def words(self) -> Sequence[str]:
        """The folded words."""
        return list(chain.from_iterable(placed.line.words for placed in self.lines))

    @cached_property
    def _phrase(self) -> str:
        return as_phrase(self.words)

    @cached_property
    def _known_phrases(self) -> dict[str, bool]:
        return {}

    def has(self, phrase: str) -> bool:
        """Whether a phrase stands in the text (``as_phrase``); looked up once, whatever story asks."""
        known = self._known_phrases.get(phrase)
        if known is None:
            known = self._known_phrases[phrase] = phrase in self._phrase
        return known

    def standing(self, aliases: AliasSet) -> Sequence[Standing]:
        """Where aliases stand as they are written, and what they stand beside speaks for them."""
        return _once(self, "_standing", aliases, lambda: list(_standing(self, aliases)))

    def matches(self, aliases: AliasSet) -> Sequence[Match]:
        """Every place where the words of an alias stand; looked up once, however often it is asked."""
        return _once(self, "_matches", aliases, lambda: [
            Match(start + begin, start + end, first + at, length, group)
            for start, first, line in self.lines
            for begin, end, at, length, group in _matches(line, aliases)
        ])  # fmt: skip


def _matches(line: Line, aliases: AliasSet) -> Sequence[Match]:
    return _once(line, "_matches", aliases, lambda: [
        Match(line.tokens[at].start, line.tokens[at + length - 1].end, at, length, group)
        for at, length, group in aliases.table.matches(line)
    ])  # fmt: skip


def _once(owner: Line | UnmarkedText, name: str, aliases: AliasSet, look: Callable[[], list[Found]]) -> Sequence[Found]:
    """What was found of these aliases; looked up once, and kept under this name by the text that it was found in."""
    known: tuple[AliasSet, Sequence[Found]] | None = owner.__dict__.get(name)
    if known is None or known[0] is not aliases:
        known = owner.__dict__[name] = (aliases, look())
    return known[1]


def read(text: str, annotations: Iterable[Mark] = (), line_of: Callable[[str], Line] = Line) -> UnmarkedText:
    """Prepare a text; offsets into it stay those of ``text``. ``line_of``: gives a line with its words."""
    story = blank(plain(text), annotations)
    return UnmarkedText(story, list(_placed(story, line_of)))


def _placed(story: str, line_of: Callable[[str], Line]) -> Iterator[PlacedLine]:
    start = first = 0
    for text in story.split("\n"):
        if text and not text.isspace() and (line := line_of(text)).tokens:
            yield PlacedLine(start, first, line)
            first += len(line.tokens)
        start += len(text) + 1


class SmallLetters:
    """Which words stand in small letters in a text; remembers what was asked."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.answers: dict[str, bool] = {}

    def have(self, word: str) -> bool:
        """Whether this word does."""
        if word not in self.answers:
            self.answers[word] = cues.openings.stands_in(self.text, word)
        return self.answers[word]


def seen_in_line(
    text: str, line: Line, start: int, mentions: Iterable[RawMention], letters: SmallLetters
) -> list[NameSpan]:
    """What the model sees in the line that begins at ``start``, and over it what the rules see; disjoint, sorted.

    ``mentions``: those in the line. ``letters``: of the whole text, of which ``text`` may be a part.
    """
    modelled = by_enumeration(text, disjoint(from_model(text, mentions, letters)))
    ruled = _by_rules(line)
    seen = lay_over(list(moved(ruled.people, start)), modelled)
    return by_first_ship(text, lay_over(seen, list(moved(ruled.designations, start))))


def designated(reading: UnmarkedText) -> list[NameSpan]:
    """The designations in a text; disjoint, sorted by position."""
    return [span for start, _, line in reading.lines for span in moved(_by_rules(line).designations, start)]


class _Ruled(NamedTuple):
    """What the rules see in a line, counted from its beginning."""

    people: Sequence[NameSpan]
    designations: Sequence[NameSpan]


def _by_rules(line: Line) -> _Ruled:
    known: _Ruled | None = line.__dict__.get("_by_rules")
    if known is None:
        known = line.__dict__["_by_rules"] = _Ruled(people(line.text), designations(line.text))
    return known


def from_model(text: str, mentions: Iterable[RawMention], letters: SmallLetters) -> Iterator[NameSpan]:
    """The model's mentions of things that are entities here, without titles and possessives."""
    for begin, finish, label in mentions:
        kind = LABELS.get(label)
        if kind is None or finish - begin > MAX_NAME:
            continue
        start, end = names.trim(text, begin, finish, kind)
        start = cues.openings.without_opening_verb(text, start, end)
        end = cues.edges.without_adjective(text, start, end) if kind != "PERSON" else end
        name = text[start:end]
        if not name or name.lower() in COMMON or "\n" in name:
            continue
        if cues.openings.is_common_word(text, start, end, letters.have):
            continue
        span = _by_its_words(text, NameSpan(start, end, kind, "model", MODEL_CONFIDENCE))
        if span.type == "WORK" and not cues.works.is_beside_works(text, span.start, span.end):
            continue
        if two := cues.places.two_places(text, span.start, span.end, span.type):
            yield from (span._replace(start=first, end=last) for first, last in two)
        elif not (
            cues.not_names.is_no_name(text, start, end, kind)
            or cues.not_names.is_of_an_office(text, span.start, span.end)
        ):
            yield span


def by_enumeration(text: str, spans: Sequence[NameSpan]) -> list[NameSpan]:
    """Names in a row of three or more, with the type of most of them where those are places or people."""
    found: list[NameSpan] = []
    for row in _rows(text, spans):
        places = len(row) > 1 and cues.places.are_places(text, row[0].start, row[-1].end)
        if len(row) < ROW and not places:
            found += row
            continue
        votes: Counter[EntityType] = Counter()
        for span in row:  # people in a row mostly have two names
            votes[span.type] += 1 if span.type == "PERSON" and " " not in text[span.start : span.end] else 2
        kind, count = votes.most_common(1)[0]
        if places:
            kind, count = "PLACE", votes.total()
        sure = count >= MOST * votes.total() and kind in {"PLACE", "PERSON"}
        found += [_one_of(kind, text, span) for span in row] if sure else row
    return found


def by_first_ship(text: str, spans: Sequence[NameSpan]) -> list[NameSpan]:
    """Names in a row that begins with a ship are ships: "INS Kalvari, [Khanderi] and [Vela]"."""
    found: list[NameSpan] = []
    for row in _rows(text, spans):
        ships = row[0].type == "PRODUCT" and text[row[0].start : row[0].end].split(" ", maxsplit=1)[0].lower() in SHIPS
        found += [row[0], *(_ship(text, span) if ships else span for span in row[1:])]
    return found


def _ship(text: str, span: NameSpan) -> NameSpan:
    known = span.type not in {"PERSON", "PLACE", "ORG", "NORP"} or " " in text[span.start : span.end]
    return span if known else span._replace(type="PRODUCT", method="rule")


def _rows(text: str, spans: Sequence[NameSpan]) -> Iterator[list[NameSpan]]:
    row: list[NameSpan] = []
    for span in spans:
        if row and not _ENUMERATION.fullmatch(text, row[-1].end, span.start):
            yield row
            row = []
        row.append(span)
    if row:
        yield row


def _one_of(kind: EntityType, text: str, span: NameSpan) -> NameSpan:
    """A span that is of another type than its neighbours; a short form may well be."""
    if span.type not in {"PERSON", "PLACE", "ORG", "NORP"} or text[span.start : span.end].isupper():
        return span
    return span if cues.bodies.is_body(text[span.start : span.end]) else span._replace(type=kind)


def _by_its_words(text: str, span: NameSpan) -> NameSpan:
    """The span as a body's where its words say so, as a person's where a title in it or initials before it do."""
    if span.type in {"ORG", "NORP"}:
        span = span._replace(end=cues.edges.with_head(text, cues.edges.without_rank(text, span.start, span.end)))
    if span.type == "EVENT":
        span = span._replace(end=cues.edges.with_poll(text, span.start, span.end))
    body = cues.bodies.is_body(text[span.start : span.end])
    if body or span.type in {"FACILITY", "PLACE"}:
        span = span._replace(start=cues.edges.with_sir(text, span.start))
    if body:
        event = span.type == "EVENT" and not cues.bodies.is_committee(text[span.start : span.end])
        return span if event or span.type in _NAMED_AFTER_NOTHING else span._replace(type="ORG")
    if kind := cues.type_rules.type_by_form(text, span.start, span.end, span.type):
        return span._replace(type=kind)
    name = cues.edges.titled_person(text, span.start, span.end)
    if span.type != "PERSON" and name < span.end:
        return span._replace(start=name, type="PERSON")
    start = cues.edges.with_initials(text, span.start, span.end, span.type)
    return span if start == span.start else span._replace(start=start, type="PERSON")


def alias_spans(
    reading: UnmarkedText,
    aliases: AliasSet,
    in_story: Callable[[str], bool],
    established: AbstractSet[str] = frozenset(),
) -> Sequence[tuple[NameSpan, Alias]]:
    """Every place where an alias stands as it is written, in a story that has the phrases that it asks for.

    Of weak ones all that entities share stand there, one behind the other.
    ``established``: entities that the story names in another way; their names need no words beside them.
    """
    found: list[tuple[NameSpan, Alias]] = []
    for start, end, group, named_anyway in reading.standing(aliases):
        if named_anyway is not None:
            found += named_anyway
        else:
            fitting = [alias for alias in group if _fits(alias, in_story, established)]
            found += _named_there(reading.text, start, end, fitting)
    return found


def _named_there(text: str, start: int, written: int, group: Iterable[Alias]) -> Iterator[tuple[NameSpan, Alias]]:
    """The strong alias of a group, or all weak ones, with what belongs to the name behind it."""
    end = written
    for alias in group:
        if end == written or _as_written(text[start:end], alias):
            confidence = ALIAS_CONFIDENCE[alias.strength]
            end = cues.edges.with_legal_form(text, end) if alias.entity.type == "ORG" else end
            end = cues.edges.with_year(text, end) if alias.entity.type == "EVENT" else end
            yield NameSpan(start, end, alias.entity.type, "alias", confidence, alias.entity.id), alias
            if alias.strength != "weak":
                break


def overlay(reading: UnmarkedText, seen: Sequence[NameSpan], aliases: Iterable[NameSpan]) -> list[NameSpan]:
    """Aliases over what was seen.

    On the same span the alias wins; inside a longer name it gives way; one of several words replaces the shorter
    names that it overlaps.
    """
    above: list[NameSpan] = []
    known = disjoint(aliases)
    by_start = {alias.start: alias for alias in known}
    for alias in known:
        touched = touching(seen, alias)
        if parted := parted_behind(reading.text, alias, touched, by_start):
            above += parted
            continue
        if touched and touched[-1].start > alias.start and touched[-1].end > alias.end:
            # "Jammu and [Kashmir Cricket Association]"
            above.append(touched[-1]._replace(start=alias.start))
            continue
        longer = any(span.covers(alias) and span.end - span.start > alias.end - alias.start for span in touched)
        if not longer and (all(alias.covers(span) for span in touched) or _is_phrase(reading, alias)):
            above.append(alias)
    return lay_over(seen, disjoint(above))


def parted_behind(
    text: str, alias: NameSpan, touched: Sequence[NameSpan], known: Mapping[int, NameSpan]
) -> list[NameSpan]:
    """The names in a span of the model that begins with an alias and is no name as a whole; else none.

    "[Australian] [Asha Rane]", "[Lebanese] [Shia]", "[Indian] e-commerce", "[Congress] Government",
    "[AAP] & [Congress]", "[Unilever]'s [India]". ``known``: the aliases by where they begin.
    """
    span = touched[0] if len(touched) == 1 else None
    if span is None or span.method != "model" or span.start != alias.start or span.end <= alias.end:
        return []
    if alias.type == "NORP":
        return _behind_a_people(text, alias, span, known.get(alias.end + 1))
    if alias.type in {"ORG", "PERSON"} and text[alias.end : span.end] in {" Government", " Govt"}:
        return [alias] if span.type == "ORG" else []
    joined = _JOINED.match(text, alias.end, span.end) if alias.type in {"ORG", "PLACE"} else None
    return _joined_to(text, alias, span, joined, known.get(joined.end())) if joined else []


def _behind_a_people(text: str, people: NameSpan, span: NameSpan, other: NameSpan | None) -> list[NameSpan]:
    rest = text[people.end + 1 : span.end]
    if rest.islower():
        return [people]
    if noun := _NOUN.match(rest):  # "the Chechen capital Grozny"
        return [people, span._replace(start=people.end + 1 + noun.end())]
    if span.type in {"PERSON", "WORK"} and _FULL_NAME.fullmatch(rest):
        return [people, span._replace(start=people.end + 1, type="PERSON")]
    return [people, other] if other and other.type == "NORP" and other.end == span.end else []


def _joined_to(
    text: str, alias: NameSpan, span: NameSpan, joined: re.Match[str], other: NameSpan | None
) -> list[NameSpan]:
    if joined["possessive"] and text[joined.end()].isupper():
        return [alias, other or span._replace(start=joined.end())]
    return [alias, other] if other and other.end == span.end else []


def _is_phrase(reading: UnmarkedText, span: NameSpan) -> bool:
    return " " in reading.text[span.start : span.end]


def addable(reading: UnmarkedText, span: NameSpan, alias: Alias, established: AbstractSet[str] = frozenset()) -> bool:
    """Whether an alias may be added where the model saw nothing.

    A phrase or a short form may; a single word only if it is known to be safe or the story names its entity in
    another way too, and not beside another capitalised word, which it might be the first or second half of.
    """
    if len(alias.words) > 1 or alias.strength == "abbreviation" or alias.text.isupper() or _is_phrase(reading, span):
        return True
    known = alias.entity.safe or alias.entity.id in established
    return known and not _beside_capital(reading.text, span)


def _beside_capital(text: str, span: NameSpan) -> bool:
    after = text[span.end : span.end + 2]
    before = text[max(0, span.start - 30) : span.start].rsplit(maxsplit=1)
    follows = (
        bool(before)
        and text[span.start - 1] == " "
        and before[-1][0].isupper()
        and before[-1][-1].isalpha()
        and before[-1] not in _ARTICLES
    )
    return follows or (len(after) == 2 and after[0] in " -" and after[1].isupper())


def _as_written(surface: str, alias: Alias) -> bool:
    """Short forms letter by letter; other names by their capitals, or all in capitals."""
    if alias.strength == "abbreviation":
        return _letters(surface) == _letters(alias.text)
    if surface.isupper() and len(surface) > 4:
        return True
    theirs, ours = alias.text.split(), surface.split()
    return surface[0].isupper() == alias.text[0].isupper() and all(
        not their[0].isupper() or our[0].isupper() for their, our in zip(theirs, ours, strict=False)
    )


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def _standing(reading: UnmarkedText, aliases: AliasSet) -> Iterator[Standing]:
    text = reading.text
    for match in reading.matches(aliases):
        start, end = match.start, match.end
        end += text[end : end + 1] == ")" and "(" in text[start:end]
        surface = text[start:end]
        group = [alias for alias in match.aliases if _as_written(surface, alias) and _stands(reading, match, alias)]
        if group:
            asks = any(alias.needs or alias.unless for alias in group)
            yield Standing(start, end, group, None if asks else list(_named_there(text, start, end, group)))


def _stands(reading: UnmarkedText, match: Match, alias: Alias) -> bool:
    """Whether the words right beside an alias let it stand."""
    behind = reading.text[match.end : match.end + 1]
    if (
        reading.text[match.start - 1 : match.start] == "-"
        or behind == "$"
        or (behind == "-" and alias.words[0] == "the")
    ):
        return False  # IIT-Madras, US$, the Hindu-Muslim divide
    if alias.as_place and not cues.places.speaks_of_a_place(reading.text, match.start, match.end):
        return False
    last = match.at + match.length
    following = reading.words[last : last + 1]
    if alias.not_before and following and following[0] in alias.not_before:
        return False
    return not any(
        len(word) <= match.at and tuple(reading.words[match.at - len(word) : match.at]) == word
        for word in alias.not_after
    )


def _fits(alias: Alias, in_story: Callable[[str], bool], established: AbstractSet[str]) -> bool:
    """Whether the words of the story let an alias stand."""
    if alias.unless and any(map(in_story, alias.unless)):
        return False
    return not alias.needs or alias.entity.id in established or any(map(in_story, alias.needs))
