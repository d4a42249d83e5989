"""Field by field: is it the same to a reader, and if not, which rule of ours makes the difference?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from producers.formats import dates
from producers.formats.cleaning import visible_text
from producers.formats.language import language_tag
from tests.conformance.common import Entry, Feed

UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class Difference:
    """A field that is not what was expected; ``reason`` names the rule of ours that it follows from."""

    field: str
    ours: str
    theirs: str
    reason: str = UNEXPLAINED


@dataclass(frozen=True)
class Result:
    """Of one feed: how many fields were compared, and which differ."""

    compared: int
    differences: tuple[Difference, ...]


def compare(ours: Feed, theirs: Feed) -> Result:
    """Fields that neither side fills are not compared."""
    checks = [*_feed(ours, theirs)]
    if len(ours.entries) != len(theirs.entries):
        checks.append(Difference("entries", str(len(ours.entries)), str(len(theirs.entries))))
    else:
        for mine, other in zip(ours.entries, theirs.entries, strict=True):
            checks.extend(_entry(mine, other))
    made = [check for check in checks if check.ours or check.theirs]
    return Result(len(made), tuple(check for check in made if check.reason))


def _feed(ours: Feed, theirs: Feed) -> Iterator[Difference]:
    yield _check("feed.title", ours.title, theirs.title, _text)
    yield _check("feed.link", ours.link, theirs.link, _address)
    yield _check("feed.language", ours.language, theirs.language, _language)
    yield _check("feed.hints", " ".join(ours.hints), " ".join(theirs.hints), str)


def _entry(ours: Entry, theirs: Entry) -> Iterator[Difference]:
    yield _check("guid", ours.guid, theirs.guid, _line)
    yield _check("link", ours.link, theirs.link, _address)
    yield _check("title", ours.title, theirs.title, _text)
    yield _check("published", ours.published, theirs.published, _date)
    yield _check("updated", ours.updated, theirs.updated, _date)
    yield _check("authors", ", ".join(ours.authors), ", ".join(theirs.authors), _text)
    yield _check("categories", "|".join(ours.categories), "|".join(theirs.categories), _text)
    yield _check("texts", _longest(ours), _longest(theirs), _text)
    yield _media(ours, theirs)


def _check(field: str, ours: str, theirs: str, form: Callable[[str], str]) -> Difference:
    mine, other = form(ours), form(theirs)
    reason = "" if mine == other else _reason(field, ours, theirs, mine, other)
    return Difference(field, ours, theirs, reason)


def _media(ours: Entry, theirs: Entry) -> Difference:
    """All that they have; we may have more, for pictures of other modules count for us."""
    missing = [href for href in theirs.media if href not in ours.media]
    reason = _reason("media", "", missing[0], "", missing[0]) if missing else ""
    return Difference("media", " ".join(ours.media), " ".join(theirs.media), reason)


def _longest(entry: Entry) -> str:
    return max(entry.texts, key=lambda text: len(_text(text)), default="")


def _line(text: str) -> str:
    return " ".join(text.split())


def _text(text: str) -> str:
    """As a reader sees it, without blanks: where one stood between two tags is a matter of taste."""
    return "".join(visible_text(visible_text(text)).split())


def _address(text: str) -> str:
    return text.strip().replace(" ", "%20")


def _language(text: str) -> str:
    return language_tag(text) or text


def _date(text: str) -> str:
    found = dates.from_iso(text)
    return found.isoformat(timespec="seconds") if found else text


def _reason(field: str, ours: str, theirs: str, mine: str, other: str) -> str:
    """The first rule of ours that explains the difference."""
    return next(
        (name for name, fields, holds in RULES if field in fields and holds(ours, theirs, mine, other)), UNEXPLAINED
    )


def _other_scheme(address: str) -> bool:
    return bool(urlsplit(address).scheme) and urlsplit(address).scheme not in ("http", "https")


# A name, the fields it is for, and whether it explains ours beside theirs, as they are and in the form compared.
RULES: tuple[tuple[str, tuple[str, ...], Callable[[str, str, str, str], bool]], ...] = (
    (
        "addresses are http or https, or none",
        ("link", "feed.link", "media"),
        lambda _, theirs, *__: _other_scheme(theirs),
    ),
    (
        "relative addresses are resolved against the feed's own",
        ("link", "feed.link"),
        lambda ours, theirs, *_: bool(theirs) and not urlsplit(theirs).scheme and ours.endswith(theirs),
    ),
    (
        "a GUID that is an address stands in for a missing link",
        ("link",),
        lambda ours, theirs, *_: bool(ours) > bool(theirs),
    ),
    ("rdf:about is the GUID of an RSS 1.0 item", ("guid",), lambda ours, theirs, *_: bool(ours) > bool(theirs)),
    (
        "GUIDs are names and are not resolved",
        ("guid",),
        lambda ours, theirs, *_: bool(ours) and "://" not in ours and theirs.endswith(ours),
    ),
    (
        "markup within a line is not its text",
        ("guid", "title", "authors", "categories", "feed.title"),
        lambda _, theirs, mine, other: "<" in theirs and mine in other,
    ),
    (
        "all authors count: of every module, of the source, and of the feed for an entry that has none",
        ("authors",),
        lambda ours, theirs, mine, other: bool(ours) and other in mine,
    ),
    ("subjects of every module count", ("categories",), lambda ours, theirs, *_: bool(ours) > bool(theirs)),
    (
        "what has no title takes that of what it carries",
        ("title",),
        lambda ours, theirs, *_: bool(ours) > bool(theirs),
    ),
    (
        "content that is neither text nor markup is none",
        ("texts",),
        lambda ours, theirs, *_: not ours and bool(theirs),
    ),
    (
        "plain text is not markup",
        ("texts",),
        lambda ours, theirs, *_: _line(visible_text(ours)) == _line(theirs),
    ),
    (
        "dc:date is the publication, and is no change",
        ("updated",),
        lambda ours, theirs, *_: not ours and bool(theirs),
    ),
    (
        "a change is not a publication; the pipeline falls back on it",
        ("published",),
        lambda ours, theirs, *_: not ours and bool(theirs),
    ),
    (
        "languages are BCP 47 tags, or none",
        ("feed.language",),
        lambda ours, theirs, *_: not ours and not language_tag(theirs),
    ),
)
