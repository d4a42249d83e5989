"""Names that were seen once, found wherever they stand in the story, and given the type that most of them have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from schemas.public_records import EntityType
from stream_apps.tagging import names
from stream_apps.tagging.alias_set import AliasSet
from stream_apps.tagging.name_evidence import Settled
from stream_apps.tagging.names import Words
from stream_apps.tagging.normalise import words
from stream_apps.tagging.phrases import Line, PhraseTable
from stream_apps.tagging.reading import UnmarkedText
from stream_apps.tagging.spans import NameSpan, disjoint, lay_over, moved, touching

PROPAGATED = 0.55


class KnownForms:
    """The forms that texts settle, ready to be found in its texts."""

    def __init__(self, settled: Settled, aliases: AliasSet) -> None:
        self._settled = settled
        self._surnames = _surnames(settled, aliases)
        self._table = PhraseTable(_wanted(settled, self._surnames).items())
        self._in_line: dict[Line, Sequence[NameSpan]] = {}

    def propagate(self, reading: UnmarkedText, spans: Sequence[NameSpan]) -> list[NameSpan]:
        """``spans`` with settled types, and the known names that were missed."""
        retyped = [self._retype(reading, span) for span in spans if self._is_name(reading, span)]
        missed = self._missed(reading)
        if not missed:
            return retyped
        longer = [span for span in missed if _replaces(span, touching(retyped, span))]
        return lay_over(missed, lay_over(retyped, longer))

    def forms_of(self, *texts: tuple[UnmarkedText, Iterable[NameSpan]]) -> set[Words]:
        """The forms that stand in these texts."""
        return {names.key(reading.text[span.start : span.end], span.type) for reading, spans in texts for span in spans}

    def _is_name(self, reading: UnmarkedText, span: NameSpan) -> bool:
        if span.entity or not self._settled.unnamed:
            return True
        return names.key(reading.text[span.start : span.end], span.type) not in self._settled.unnamed

    def _retype(self, reading: UnmarkedText, span: NameSpan) -> NameSpan:
        if span.entity or span.method == "rule":
            return span
        form = names.key(reading.text[span.start : span.end], span.type)
        if form[-1:] == ("government",) and self._settled.kinds.get(form[:-1]) == "PERSON":
            end = span.start + len(reading.text[span.start : span.end].rsplit(" ", 1)[0])
            return span._replace(end=end, type="PERSON")  # "Rane Government"
        kind = "PERSON" if form in self._surnames else self._settled.kinds.get(form, span.type)
        return span if kind == span.type else span._replace(type=kind)

    def _missed(self, reading: UnmarkedText) -> list[NameSpan]:
        return [span for start, _, line in reading.lines for span in moved(self._missed_in(line), start)]

    def _missed_in(self, line: Line) -> Sequence[NameSpan]:
        """Copies share lines, and a line its names in the light of one story."""
        if line not in self._in_line:
            self._in_line[line] = disjoint(self._occurrences(line))
        return self._in_line[line]

    def _occurrences(self, line: Line) -> Iterator[NameSpan]:
        for at, length, kinds in self._table.matches(line):
            start, end = line.tokens[at].start, line.tokens[at + length - 1].end
            if _capitalised(line.text[start:end]) and not _inside_hyphens(line.text, start, end):
                yield NameSpan(start, end, kinds[0], "model", PROPAGATED)


def _replaces(known: NameSpan, seen: Sequence[NameSpan]) -> bool:
    """Whether a known name stands where the model saw only parts of it."""
    return bool(seen) and all(
        span.method == "model" and known.covers(span) and span.end - span.start < known.end - known.start
        for span in seen
    )


def _surnames(settled: Settled, aliases: AliasSet) -> Mapping[Words, EntityType]:
    """Last and first words of the people named in full, if nothing curated goes by that word."""
    found: dict[Words, EntityType] = {}
    for full in settled.people():
        found[(full[-1],)] = "PERSON"
        if len(full) > 2 and full[1:] in settled.kinds:
            found[full[1:]] = "PERSON"
        if (full[:1] in settled.kinds or full[0] in aliases.person_words) and len(full[0]) > 2:
            found[(full[0],)] = "PERSON"
    return {
        form: kind
        for form, kind in found.items()
        if len(form[-1]) > 2
        and form not in settled.entities
        and not any(a.entity.type != "PERSON" for a in aliases.exact(form))
    }


def _wanted(settled: Settled, surnames: Mapping[Words, EntityType]) -> dict[Words, EntityType]:
    wanted: dict[Words, EntityType] = dict(surnames)
    for form, kind in settled.kinds.items():
        if form not in settled.entities and form not in settled.unnamed and (len(form) > 1 or settled.is_steady(form)):
            wanted.setdefault(form, kind)
    for short, long_form in settled.acronyms.items():
        wanted.setdefault(words(short), settled.kinds[long_form])
    return wanted


def _capitalised(surface: str) -> bool:
    """Every long word of a name begins with a capital."""
    parts = surface.split()
    return surface[0].isupper() and all(not part[0].isalpha() or part[0].isupper() or len(part) < 4 for part in parts)


def _inside_hyphens(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start] == "-" or (text[end : end + 1] == "-" and text[end + 1 : end + 2].isupper())
