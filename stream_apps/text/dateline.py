"""The dateline: where, when and by which agency a story says it was filed.

The grammar, over the first characters of a paragraph::

    dateline = [place] [date] bracketed-agencies [date] [separator]      Panaji, Jun 18 (PTI) · PARIS (AP) —
             | agencies separator [place] [date] separator               PTI, New Delhi:
             | place [date] separator agencies separator                 New Delhi, June 18, IANS:
             | place [date] separator                                    MYSURU: · Chennai, Tamil Nadu, India –

A place is any run of capitalised words; it has to be a known one only where nothing else says that this is a dateline.
"""

# ruff: noqa: RUF001, RUF002, SIM905 -- lists of words read better in one string; dashes and quotation marks as newspapers print them
from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from schemas.public_records import Dateline
from stream_apps.text import dateline_places as places
from stream_apps.text.agencies import GENERIC, Catalogue, Name
from stream_apps.text.calibration import Strength
from stream_apps.text.days import DATE, day_of
from stream_apps.text.evidence import Piece, Said, credited, own_services, without, words

_MOST_LINE = 110
_MOST_ALONE = 60
_STOP_AT_END = re.compile(r"[?!.\"”]\s*$")
HEAD = 200
"""Characters of a paragraph that can belong to its dateline."""

_OPENING = re.compile(
    r"[\s\"'“”‘’*•>|–—-]*(?:(?:From|By)\s(?i:our|an?|the)\s(?:[\w-]+\s){0,2}(?i:correspondent|reporter|representative)s?[,.:]?\s+)?"
)
_BRACKET = re.compile(r"\(([^()]{2,60})\)|\[([^\[\]]{2,60})\]|(?<![^\s.,])/\s?([A-Z][\w &-]{1,23}\w)\s?/")
_HOLLOW = re.compile(r"\(\s*\)|\[\s*\]")
_SEPARATOR = re.compile(r"\s*(?:[.:;]?\s*[-–—―‑]{1,3}|[:|.])\s*|\s+")
# A hyphen without a space before it ends a dateline, too, and so does a dash that was lost on the way (U+FFFD).
_STOP = re.compile(r"\s*[:|]\s+|\s+[-–—―\ufffd]{1,3}\s+|\s*[—–]\s*|\s--\s?|(?<=\w)-\s+|:$")
_STAMP = re.compile(
    r"[\s|,(–—-]*\b(?:last\s)?(?:updated|created|published|posted|modified|first\spublished)\b.*", re.IGNORECASE
)
_PLACE_THEN_SENTENCE = re.compile(
    r"(?P<place>[A-Z][\w.'’-]+(?:\s[A-Z][\w.'’-]+){0,2}),\s(?:The|An?|At|In|With|After|Amid|As|On|Over|Two|Three|Four"
    r"|Five|Six|Police|Union|Prime|Chief|Former|Senior|Several|More|Actor|Veteran)\s[\w’'-]+\s"
)
_AGENCIES = ("Agencies", "AGENCIES")
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d\d\b(?:\s?[ap]m)?(?:\s?(?:IST|GMT|E[SD]?T|UTC|hrs))?", re.IGNORECASE)
_BY = re.compile(r"By\s+(?=[A-Z])")
_COUNTRY = re.compile(r"\s*(?:\[[^\[\]]*\]|\([^()]*\))")
_LINKS = frozenset("of de da do du la le el al es and the on upon au in near via st dar bin hrs ist".split())
_NO_PLACES = frozenset(
    "watch breaking exclusive video photos explained update updates alert alerts flash corrected refile repeat opinion "
    "analysis factbox timeline interview highlights context summary verdict review note warning disclaimer question "
    "answer editorial morning evening report profile result results score scores squad teams toss posted published "
    "updated with for after to from as not poll live look quiz recap preview roundup podcast column letter letters "
    "commentary essay feature obituary spoiler bonus part chapter step day week round game match final note tip tips "
    "fact myth pros cons yes no plus also on today sun mon tue wed thu fri sat".split()
)
_NAMES_ONLY = re.compile(
    r"[\s/,;&|+.-]*(?:(?:and|with|news|photo|desk|feed|service|the|correspondent|bureau|reporter)\b[\s/,;&|+.-]*)*",
    re.IGNORECASE,
)
_PARTNER = re.compile(r"[A-Za-z][\w .&-]{1,30}")


@dataclass(frozen=True)
class DatelineReading:
    """A dateline of a paragraph; offsets count from the start of the paragraph."""

    place: str | None
    date: str | None
    start: int
    end: int
    names: tuple[Name, ...] = ()
    names_span: tuple[int, int] = (0, 0)
    hollow: bool = False
    """The agency's name was taken out of its bracket: ``New Delhi, Dec 21 () …``."""

    @property
    def agencies(self) -> tuple[str, ...]:
        return credited(self.names) or ((GENERIC,) if self.hollow else ())

    @property
    def paid(self) -> bool:
        return any(name.kind == "paid" for name in self.names)

    def piece(self) -> Piece:
        """What the dateline credits, as the sole source of what follows."""
        strength: Strength = "guess" if self.hollow else "plain"
        found = tuple(Said(label, "sole", "dateline", self.names_span, strength) for label in self.agencies)
        services = own_services(self.names, "dateline", self.names_span)
        return Piece("dateline", self.start, self.end, found, self.paid, services)

    def record(self, offset: int, published: dt.date | None = None) -> Dateline:
        """The record, for a paragraph that starts at ``offset`` of a text that was ``published`` that day."""
        named = places.split(self.place) if self.place else ()
        return Dateline(
            place="/".join(named) or None,
            places=named,
            date=self.date,
            day=day_of(self.date, published) if self.date else None,
            span=(self.start + offset, self.end + offset),
        )


def read(paragraph: str, catalogue: Catalogue, *, places_only: bool = True) -> DatelineReading | None:
    """The dateline that a paragraph opens with; ``places_only`` accepts one that names no agency."""
    head = paragraph[:HEAD]
    opening = _OPENING.match(head)
    start = opening.end() if opening else 0
    named = any(name.start < HEAD for name in catalogue.find(paragraph, loose=True))
    found = (_bracketed(head, start, catalogue) or _bare(head, start, catalogue)) if named else None
    if found is None and places_only:
        found = _hollow(head, start) or _place_only(head, start) or _alone(head, start) or _cut_out(head, start)
    return found


def on_own_line(line: str, catalogue: Catalogue) -> DatelineReading | None:
    """A line that is nothing but a place, or an agency and a place: ``New Delhi`` · ``Press Trust of India Mumbai``.

    The agency is read by ``byline``, as any line is that says who sent the story.
    """
    if len(line) > _MOST_LINE:
        return None
    rest = without(line, catalogue.find(line))
    if "(" in rest or not _may_be_dateline(_STAMP.sub("", rest)):
        return None
    place, date = _place_and_date(rest)
    if place is None or not places.load().is_known(place) or len(words(place)) > 4 or _STOP_AT_END.search(line):
        return None
    return DatelineReading(place, date, 0, len(line.rstrip()))


def bracketed_line(line: str, catalogue: Catalogue) -> DatelineReading | None:
    """A dateline that names its agency in brackets and has the line for itself: ``NEW DELHI, Nov. 5 (PTI)``."""
    if len(line) > _MOST_LINE or "(" not in line:
        return None
    reading = read(line, catalogue, places_only=False)
    return reading if reading and reading.place and reading.end >= len(line.rstrip()) else None


def _hollow(head: str, start: int) -> DatelineReading | None:
    """``New Delhi, Dec 21 () State-run …``: some outlets take the agency's name out of its bracket."""
    bracket = _HOLLOW.search(head, start)
    if bracket is None or not _may_be_dateline(head[start : bracket.start()]):
        return None
    place, date = _place_and_date(head[start : bracket.start()])
    if place is None or date is None:
        return None
    end, _ = _end(head, bracket.end())
    return DatelineReading(place, date, start, end, (), bracket.span(), hollow=True)


def names_in_brackets(content: str, catalogue: Catalogue) -> tuple[Name, ...]:
    """The names in a bracket that holds nothing but names; empty otherwise.

    After ``ANI/`` and the like stands a partner that need not be known.
    """
    names = tuple(catalogue.find(content, loose=content.islower()))
    if not names or names[0].start > 4:
        return ()
    rest = without(content, names).strip()
    if _NAMES_ONLY.fullmatch(rest):
        return names
    return names if rest.startswith("/") and names[0].kind == "agency" and _PARTNER.fullmatch(rest[1:].strip()) else ()


def _bracketed(head: str, start: int, catalogue: Catalogue) -> DatelineReading | None:
    for match in _BRACKET.finditer(head, start):
        prefix = head[start : match.start()]
        if not _may_be_dateline(prefix):
            return None
        content = match.group(1) or match.group(2) or match.group(3)
        names = names_in_brackets(content, catalogue)
        if names and _accepts(prefix, names, head, match.end(), catalogue):
            end, late_date = _end(head, match.end())
            place, date = _place_and_date(prefix)
            if place is None and date is None:
                return _place_after(head, end, start, names, match.span())
            return DatelineReading(place, date or late_date, start, end, names, match.span())
    return None


def _accepts(prefix: str, names: tuple[Name, ...], head: str, end: int, catalogue: Catalogue) -> bool:
    """Whether a bracket of names closes a dateline, given what stands around it."""
    spelt_out = {name.label for name in catalogue.find(prefix)}
    if spelt_out & {name.label for name in names}:
        return False  # "Press Trust of India (PTI) …" explains an acronym
    if len(names) == 1 and names[0].label == "AP" and _is_state(prefix, head, end, catalogue):
        return False
    separator = _separator(head, end)
    followed_by_text = head[end + len(separator) : end + len(separator) + 1]
    closed = bool(separator.strip())
    if followed_by_text.islower() and not closed:
        return False
    if head[end : end + 1] == "," and not DATE.match(
        head, end + 1 + len(head[end + 1 :]) - len(head[end + 1 :].lstrip())
    ):
        return False
    known = not prefix.strip() or bool(DATE.search(prefix)) or places.load().is_known(_bare_place(prefix))
    return known or closed or (not names[0].ambiguous and len(words(prefix)) <= 4)


def _is_state(prefix: str, head: str, end: int, catalogue: Catalogue) -> bool:
    """Whether ``(AP)`` is Andhra Pradesh: after one of its towns, or before the rest of a dateline."""
    if not prefix.strip():
        return False
    if DATE.search(prefix):
        return False
    place = _bare_place(prefix)
    if places.load().in_andhra(place) or head[end : end + 1] in (",", "/"):
        return True
    later = _BRACKET.search(head, end)
    if (
        later
        and _may_be_dateline(head[end : later.start()])
        and names_in_brackets(later.group().strip("()[]/"), catalogue)
    ):
        return True
    dashed = re.match(r"\s*[-–—]", head[end:]) is not None
    return not dashed and not places.load().is_known(place)


def _bare(head: str, start: int, catalogue: Catalogue) -> DatelineReading | None:
    """Agencies without brackets: ``PTI, New Delhi:`` and ``New Delhi, PTI:``; the longest that reads as a dateline."""
    best = None
    for stop in _stops(head, start):
        prefix = head[start : stop.start()]
        names = tuple(
            name
            for name in catalogue.find(prefix)
            if (name.kind != "generic" or prefix[name.start : name.end] in _AGENCIES)
            and not prefix[: name.start].rstrip().endswith(("(", "["))
        )
        if not names or not _may_be_dateline(prefix) or _state_alone(prefix, names):
            continue
        rest = without(prefix, names)
        place, date = _place_and_date(rest)
        known = place is not None and places.load().is_known(place)
        barred = "|" in prefix and not names[0].ambiguous
        if (known or date or barred) if place or names[0].ambiguous or len(names) > 2 else True:
            span = (start + names[0].start, start + names[-1].end)
            best = DatelineReading(place, date, start, _stop_end(head, stop), names, span)
    return best


def _state_alone(prefix: str, names: tuple[Name, ...]) -> bool:
    """``Rayachoti, AP``: a town of Andhra Pradesh with its state."""
    return [name.label for name in names] == ["AP"] and places.load().in_andhra(_bare_place(without(prefix, names)))


def _place_only(head: str, start: int) -> DatelineReading | None:
    for stop in _stops(head, start):
        prefix = head[start : stop.start()]
        if not _may_be_dateline(prefix) or len(words(prefix)) > 9:
            return None
        place, date = _place_and_date(prefix)
        sign = stop.group().strip()
        hyphen = sign == "-" and stop.group()[:1] == "-"  # "Calcutta- Mr Roy", but not "Pro- and anti-"
        if hyphen and not places.load().is_known(place or ""):
            continue
        dashed = len(sign) > 1 or sign in ("—", "–")
        if place and _is_place(place, dated=bool(date), colon=":" in sign, dashed=dashed):
            return DatelineReading(place, date, start, _stop_end(head, stop))
    return None


def _alone(head: str, start: int) -> DatelineReading | None:
    """A dateline on a line of its own: ``Chandigarh, June 5``."""
    if len(head) > _MOST_ALONE or not _may_be_dateline(head[start:]):
        return None
    place, date = _place_and_date(head[start:])
    if not date or not place:
        return None
    known = _is_place(place, dated=True, colon=False) and not head.rstrip().endswith(".")
    return DatelineReading(place, date, start, len(head.rstrip())) if known else None


def _cut_out(head: str, start: int) -> DatelineReading | None:
    """``Chennai, The swashbuckling …``: what is left where date and agency were cut out of a dateline."""
    opening = _PLACE_THEN_SENTENCE.match(head, start)
    if opening is None or not places.load().one(opening["place"]):
        return None
    return DatelineReading(opening["place"], None, start, opening.end("place") + 1)


def _is_place(place: str, *, dated: bool, colon: bool, dashed: bool = False) -> bool:
    tokens = words(place)
    if any(token.casefold() in _NO_PLACES for token in tokens) or any(c.isdigit() for c in place):
        return False
    if places.load().is_known(place):
        return len(tokens) <= 7
    if len(tokens) <= 6 and places.load().in_state(place):
        return True
    capitals = place.isupper() and len(place) >= 5 and len(tokens) <= 3
    return len(tokens) <= 4 and (dated or (capitals and (colon or dashed)))


def _stops(head: str, start: int) -> Iterator[re.Match[str]]:
    for count, stop in enumerate(_STOP.finditer(head, start, min(len(head), start + 110))):
        if count == 4:
            return
        yield stop


def _stop_end(head: str, stop: re.Match[str]) -> int:
    return len(head[: stop.end()].rstrip())


def _may_be_dateline(prefix: str) -> bool:
    """Whether these are nothing but capitalised words, figures and what links them."""
    if re.search(r"[\"“”?!=]|\.\s+[a-z]", prefix):
        return False
    tokens = words(prefix)
    return len(tokens) <= 20 and all(
        token[0].isupper() or token[0].isdigit() or token.casefold() in _LINKS or not token.isascii()
        for token in tokens
    )


def _end(head: str, position: int) -> tuple[int, str | None]:
    """Where the dateline ends after the agency, and the date that may follow it."""
    late = re.compile(r"\s*,?\s*").match(head, position)
    date = DATE.match(head, late.end()) if late else None
    if date and re.match(r"\s*[:–—-]", head[date.end() :]):
        position = date.end()
        return position + len(_separator(head, position).rstrip()), date.group()
    return position + len(_separator(head, position).rstrip()), None


def _place_after(head: str, end: int, start: int, names: tuple[Name, ...], span: tuple[int, int]) -> DatelineReading:
    """``(ANSA) - ROME, JUN 5 - …``: the place after the agency."""
    position = end + len(head[end:]) - len(head[end:].lstrip())
    after = _place_only(head, position)
    if after is None:
        return DatelineReading(None, None, start, end, names, span)
    return DatelineReading(after.place, after.date, start, after.end, names, span)


def _separator(head: str, position: int) -> str:
    match = _SEPARATOR.match(head, position)
    return match.group() if match else ""


def _place_and_date(prefix: str) -> tuple[str | None, str | None]:
    stamp = _STAMP.search(prefix)
    match = DATE.search(prefix, 0, stamp.start() if stamp else len(prefix)) or DATE.search(prefix)
    date = match.group().strip() if match else None
    place = _bare_place(prefix)
    return (place if any(map(str.isalpha, place)) else None), date


def _bare_place(prefix: str) -> str:
    """The place without date, state and country: ``Chandrapur (Maharashtra)/ Mumbai, Nov 02`` is Chandrapur/Mumbai."""
    place = _COUNTRY.sub("", _CLOCK.sub(" ", DATE.sub(" ", _STAMP.sub("", prefix))))
    place = re.sub(r"\s*/\s*", "/", place)
    return _behind_name(re.sub(r"\s+", " ", place).strip(" ,.;:|/–—-()[]"))


def _behind_name(place: str) -> str:
    """The place behind the writer's name: ``By Asha R Pradhan Kathmandu`` is Kathmandu."""
    if not _BY.match(place):
        return place
    named = place.split()[1:]
    rests = [" ".join(named[at:]) for at in range(1, len(named))]
    return next((rest for rest in rests if places.load().is_known(rest)), rests[-1] if rests else place)
