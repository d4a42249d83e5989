"""Media of an entry as records: web addresses only, each once, a bounded number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from producers.formats.cleaning import plain_line, web_address
from schemas.public_records import Media

MAX_MEDIA = 20
_MAX_TYPE = 100
_MAX_TITLE = 500


@dataclass(frozen=True)
class MediaLink:
    """A picture, film or sound as a feed names it; untrusted.

    ``kind`` is a media type, or a range such as ``image/*`` where only the medium is known.
    """

    href: object
    kind: object = None
    title: object = None
    credits: Sequence[object] = ()


def of_entry(carried: Iterable[MediaLink], base: str | None) -> tuple[Media, ...]:
    """Return the first ``MAX_MEDIA`` with a web address. Duplicates are merged."""
    chosen: dict[str, Media] = {}
    for found in carried:
        href = web_address(found.href, base)
        if href is None or (href not in chosen and len(chosen) == MAX_MEDIA):
            continue
        media = _record(found, href)
        known = chosen.get(href)
        chosen[href] = media if known is None else _filled(known, media)
    return tuple(chosen.values())


def _record(found: MediaLink, href: str) -> Media:
    names = dict.fromkeys(plain_line(credit, _MAX_TITLE) for credit in found.credits)
    return Media(
        href=href,
        contenttype=plain_line(found.kind, _MAX_TYPE).lower() or None,
        title=plain_line(found.title, _MAX_TITLE) or None,
        creditline=", ".join(credit for credit in names if credit)[:_MAX_TITLE] or None,
    )


def _filled(known: Media, other: Media) -> Media:
    """Merge two records of one address; a range of media types gives way to a type."""
    vague = known.contenttype is None or known.contenttype.endswith("/*")
    return Media(
        href=known.href,
        contenttype=(other.contenttype if vague else None) or known.contenttype,
        title=known.title or other.title,
        creditline=known.creditline or other.creditline,
    )
