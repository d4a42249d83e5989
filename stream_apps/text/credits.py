"""The credits of an article: which agencies it names as the source of its text, and how.

``read_credits`` weighs what the readers of the single forms found (byline, dateline, sign-off, credit line,
disclaimer, attribution) into one credit an agency.
"""

# ruff: noqa: RUF001 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from schemas.public_records import Credit, Dateline, EvidenceKind, Role, Service, Signal
from schemas.record import Span
from stream_apps.text import agencies, lede, signals
from stream_apps.text import byline as bylines
from stream_apps.text.agencies import GENERIC, Catalogue
from stream_apps.text.byline import BylineReading
from stream_apps.text.evidence import Piece, Said
from stream_apps.text.pieces import Parts, joined, take_apart
from stream_apps.text.signoff_extent import as_inputs, by_extent

_LATE = 600
"""Characters of story before a dateline from which on it opens a second story."""

_CAPTION = 150
"""The longest first paragraph, in characters, whose closing credit is read as a picture credit."""
# Hyphens, brackets and blanks as other keyboards set them, each for one that stands in their place.
_LOOKALIKE = str.maketrans("\u2010\u2011\ufe63\uff0d（）［］：／\u00a0\u2009\u202f\t\r", "----()[]:/     ")
_HAS_LOOKALIKE = re.compile("[\u2010\u2011\ufe63\uff0d（）［］：／\u00a0\u2009\u202f\t\r]")

_RANK: dict[EvidenceKind, int] = {
    "dateline": 0,
    "byline": 1,
    "tail": 2,
    "credit_line": 3,
    "disclaimer": 4,
    "lede": 5,
}
_ROLES: dict[Role, int] = {"sole": 0, "inputs": 1, "quoted": 2}


@dataclass(frozen=True)
class CreditReading:
    """What one text says about its source.

    ``said`` are the credits with the strength of their wording, from which their confidence follows. ``services`` are
    outlets' own, each with its best evidence; they are no agencies and so stand in no credit. ``annotations`` are the
    spans that are not the story, sorted and disjoint; offsets count code points of the text.
    """

    credits: tuple[Credit, ...] = ()
    said: tuple[Said, ...] = ()
    services: tuple[Service, ...] = ()
    dateline: Dateline | None = None
    creditline: str | None = None
    signal: Signal | None = None
    paid: bool = False
    annotations: tuple[Span, ...] = ()


def read_credits(
    text: str,
    byline: str | None = None,
    headline: str | None = None,
    catalogue: Catalogue | None = None,
    *,
    outlet: str | None = None,
    published: date | None = None,
) -> CreditReading:
    """Read the credits of an article whose paragraphs are separated by line feeds.

    ``byline`` and ``headline`` are one line of plain text each. ``outlet`` is the publisher's host name: what stands on
    an agency's own site is that agency's. ``published`` gives a dateline's date its year. Any text is accepted. One
    credit an agency is returned, in the order of evidence (dateline, byline, tail, credit line, disclaimer, lede).
    """
    catalogue = catalogue or agencies.load()
    text = _as_usual(text, catalogue)
    parts = take_apart(text, catalogue, headline)
    if caption := _caption(parts):
        parts.pieces[parts.pieces.index(caption)] = replace(caption, kind="caption", credits=())
    author = bylines.read(byline, catalogue)
    pieces = (*_datelines(parts), *by_extent(text, parts))
    annotations = joined((piece.start, piece.end) for piece in pieces)
    paid = author.paid or any(piece.paid for piece in pieces) or _paid_headline(headline, catalogue)
    quoted = tuple(said for said in lede.quoted(text, catalogue) if not _inside(said.span, annotations))
    found = (*author.credits, *(said for piece in pieces for said in piece.credits), *quoted)
    told = {said.agency for said in quoted if lede.is_told(text, said)}
    publisher = catalogue.of_site(outlet)
    if publisher and not paid and not any(said.role == "sole" for said in found):
        found = (*found, Said(publisher, "sole", "byline", None))
    weighed = _merged(_of_news(found, publisher) if paid else _named(found, told), author, publisher)
    return CreditReading(
        credits=tuple(said.record() for said in weighed),
        said=weighed,
        services=_services((*author.services, *(said for piece in pieces for said in piece.services))),
        dateline=next((reading.record(p.start, published) for p, reading in parts.datelines), None),
        creditline=_creditline(text, pieces, byline, author),
        signal=signals.from_headline(headline or "") or parts.signal or _correction(text, parts),
        paid=paid,
        annotations=annotations,
    )


def _as_usual(text: str, catalogue: Catalogue) -> str:
    """The text as long as before, with other keyboards' characters and ``UNI-AFP`` as they are read: ``UNI/AFP``."""
    return catalogue.hyphened.sub("/", text.translate(_LOOKALIKE) if _HAS_LOOKALIKE.search(text) else text)


def _datelines(parts: Parts) -> tuple[Piece, ...]:
    """Return the datelines as pieces: one that opens a later part of the text gives inputs only.

    A second dateline of the same agency does not reduce the credit to inputs: the whole text is that agency's. One of
    another agency does so for both: neither filed the whole.
    """
    pieces: list[Piece] = []
    signed_at = min((p.end for p in parts.pieces if p.credits and p.kind == "sign_off"), default=None)
    for paragraph, reading in parts.datelines:
        piece = reading.piece().moved(paragraph.start)
        signed = signed_at is not None and signed_at <= piece.start
        another = bool(pieces) and _is_of_another(piece, pieces[0])
        if another and piece.credits:
            pieces[0] = as_inputs(pieces[0])  # a compilation: each agency has the text below its dateline
        late = parts.story_before(piece.start) > _LATE or signed or another
        pieces.append(as_inputs(piece) if late else piece)
    return tuple(pieces)


def _is_of_another(piece: Piece, first: Piece) -> bool:
    """Whether a later dateline names an agency that the first one does not."""
    known = {said.agency for said in first.credits}
    return bool(known) and not known >= {said.agency for said in piece.credits}


def _caption(parts: Parts) -> Piece | None:
    """The only word on a source, under a short line that opens a longer text: it is said of a picture.

    ``The minister in the House. (Source: PTI)`` · ``Rescue workers at the site (ANI)``
    """
    said = [p for p in parts.pieces if p.kind in ("sign_off", "credit_line") and p.credits]
    if len(said) != 1 or said[0].credits[0].role != "sole":
        return None
    before = parts.story_before(said[0].start)
    filed = [p.start + reading.start for p, reading in parts.datelines if reading.agencies]
    if filed and parts.story_before(filed[0]) != before:
        return None  # what stands ahead of the dateline is a story, too
    end = max((span[1] for span in parts.story), default=0)
    opens = len(parts.story) > 0 and parts.story[0][1] <= said[0].start <= parts.story[0][1] + 2
    rest = parts.story_before(end) - before
    return said[0] if opens and 0 < before <= _CAPTION and (filed or rest > _CAPTION) else None


def _services(found: tuple[Service, ...]) -> tuple[Service, ...]:
    """Each service with its best evidence, in the order of the evidence."""
    best: dict[str, Service] = {}
    for said in sorted(found, key=lambda s: _RANK[s.evidence]):
        best.setdefault(said.service, said)
    return tuple(best.values())


def _named(found: tuple[Said, ...], told: set[str]) -> tuple[Said, ...]:
    """The credits, with an unnamed agency that has the whole text replaced by the one that speaks to people in it.

    "Published from a syndicated feed", where a minister "told PTI": nobody is told things but the one who writes.
    """
    if len(told) != 1 or any(said.agency != GENERIC and said.role != "quoted" for said in found):
        return found
    agency = next(iter(told))
    return tuple(
        replace(said, agency=agency, strength="guess") if said.agency == GENERIC and said.role == "sole" else said
        for said in found
    )


def _of_news(found: tuple[Said, ...], publisher: str | None) -> tuple[Said, ...]:
    """What paid material credits as news: inputs that a credit line names, and whom it quotes.

    ``ANI Press Release``, ``ANI/NewsVoir``, an agency's byline above "the above press release has been provided by …":
    who passes on what somebody else wrote and paid for has reported none of it. On the agency's own site it has
    published it.
    """
    return tuple(s for s in found if s.role == "quoted" or s.agency == publisher or _is_named_input(s))


def _is_named_input(said: Said) -> bool:
    return said.role == "inputs" and said.evidence == "credit_line"


def _merged(found: tuple[Said, ...], author: BylineReading, publisher: str | None) -> tuple[Said, ...]:
    """One credit an agency; no unnamed agency beside a named one."""
    by_agency: dict[str, list[Said]] = {}
    for said in found:
        by_agency.setdefault(said.agency, []).append(said)
    chosen = [_chosen(options, author, own=agency == publisher) for agency, options in by_agency.items()]
    named = any(said.agency != GENERIC and said.role != "quoted" for said in chosen)
    kept = [said for said in chosen if said.agency != GENERIC or not named]
    return tuple(sorted(kept, key=lambda c: (_RANK[c.evidence], c.span or (0, 0), c.agency)))


def _chosen(options: list[Said], author: BylineReading, *, own: bool) -> Said:
    """The best evidence for one agency.

    Where the text says both that it is the agency's and that the agency gave inputs, the outlet's explicit word
    holds, unless the dateline or the byline is the agency's and nobody of the outlet signs. On the agency's ``own``
    site all is its.
    """
    roles = {said.role for said in options}
    if {"sole", "inputs"} <= roles:
        role: Role = "sole" if own or _outweighs(options, author) else "inputs"
    else:
        role = min(roles, key=_ROLES.__getitem__)
    return min(
        (said for said in options if said.role == role),
        key=lambda said: (_RANK[said.evidence], said.strength != "plain"),
    )


def _outweighs(options: list[Said], author: BylineReading) -> bool:
    """Whether the agency's own marks count more than the word "inputs"."""
    explicit = any(said.role == "inputs" and said.evidence in ("credit_line", "disclaimer") for said in options)
    sole = {said.evidence for said in options if said.role == "sole"}
    if author.beside and explicit and "dateline" not in sole:
        return False
    return bool(sole & {"dateline", "byline"}) and not author.staff


def _creditline(text: str, pieces: tuple[Piece, ...], field: str | None, author: BylineReading) -> str | None:
    """The words of the credit as printed: the outlet's own before the agency's annotations, the byline last."""
    order = ("credit_line", "disclaimer", "sign_off", "byline", "dateline")
    with_credit = [p for p in pieces if p.credits]
    for kind in order:
        for piece in with_credit:
            if piece.kind == kind:
                start, end = piece.credits[0].span or (piece.start, piece.end)
                return text[start:end].strip()
    return field.strip() if field and author.credits else None


def _correction(text: str, parts: Parts) -> Signal | None:
    noted = any(p.kind == "note" and signals.is_correction(text[p.start : p.end]) for p in parts.pieces)
    return "corrected" if noted else None


def _paid_headline(headline: str | None, catalogue: Catalogue) -> bool:
    """A headline that says so in front: ``Advertorial: …``, ``[Sponsored] …``."""
    head = (headline or "")[:60]
    names = [name for name in catalogue.find(head) if name.kind == "paid"]
    return bool(names) and names[0].start <= 2 and head[names[0].end :].lstrip()[:1] in (":", "]", "|", ")", "-", "–")


def _inside(span: Span | None, annotations: tuple[Span, ...]) -> bool:
    return span is not None and any(start <= span[0] and span[1] <= end for start, end in annotations)
