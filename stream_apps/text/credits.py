"""The credits of an article: which agencies it names as the source of its text, and how.

``read_credits`` weighs what the readers of the single forms found (byline, dateline, sign-off, credit line,
disclaimer, attribution) into one credit an agency.
"""

# ruff: noqa: RUF001 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from schemas.records import Credit, Dateline, EvidenceKind, Role, Service, Signal, Span
from stream_apps.text import agencies, lede, signals
from stream_apps.text import byline as bylines
from stream_apps.text.agencies import GENERIC, Catalogue
from stream_apps.text.byline import BylineReading
from stream_apps.text.evidence import Piece, credit
from stream_apps.text.pieces import Parts, joined, take_apart

_LONG_REST = 250
"""Characters of story after a sign-off from which on the sign-off covers a part only."""
_LATE = 600
"""Characters of story before a dateline from which on it opens a second story."""

_CAPTION = 150
"""Characters of a first paragraph up to which what its end says about a source is said of the picture above it."""
_OWN_SITE = 0.95
"""How sure the publisher is as evidence, against a byline."""

# Hyphens and brackets as other keyboards set them, each for one that stands in their place.
_LOOKALIKE = str.maketrans("\u2010\u2011\ufe63\uff0d（）［］：／", "----()[]:/")
_HAS_LOOKALIKE = re.compile("[\u2010\u2011\ufe63\uff0d（）［］：／]")

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

    ``services`` are outlets' own, each with its best evidence; they are no agencies and so stand in no credit.
    ``annotations`` are the spans that are not the story, sorted and disjoint; offsets count code points of the text.
    """

    credits: tuple[Credit, ...] = ()
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
    text = text.translate(_LOOKALIKE) if _HAS_LOOKALIKE.search(text) else text
    parts = take_apart(text, catalogue, headline)
    if caption := _caption(parts):
        parts.pieces[parts.pieces.index(caption)] = replace(caption, kind="caption", credits=())
    author = bylines.read(byline, catalogue)
    datelines = _datelines(parts)
    pieces = (*datelines, *_by_extent(parts))
    annotations = joined((piece.start, piece.end) for piece in pieces)
    paid = author.paid or any(piece.paid for piece in pieces) or _paid_headline(headline, catalogue)
    quoted = tuple(said for said in lede.quoted(text, catalogue) if not _inside(said.span, annotations))
    found = (*author.credits, *(said for piece in pieces for said in piece.credits), *quoted)
    if not paid and not any(said.role == "sole" for said in found):
        found = (*found, *_publisher(outlet, catalogue))
    return CreditReading(
        credits=_merged(found, author),
        services=_services((*author.services, *(said for piece in pieces for said in piece.services))),
        dateline=next((reading.record(p.start, published) for p, reading in parts.datelines), None),
        creditline=_creditline(text, pieces, byline, author),
        signal=signals.from_headline(headline or "") or parts.signal or _correction(text, parts),
        paid=paid,
        annotations=annotations,
    )


def _datelines(parts: Parts) -> tuple[Piece, ...]:
    """The datelines as pieces: one that opens a later part of the text gives inputs only."""
    pieces: list[Piece] = []
    signed_at = min((p.end for p in parts.pieces if p.credits and p.kind == "sign_off"), default=None)
    for paragraph, reading in parts.datelines:
        piece = reading.piece().moved(paragraph.start)
        signed = signed_at is not None and signed_at <= piece.start
        late = parts.story_before(piece.start) > _LATE or signed or (pieces and pieces[0].credits)
        pieces.append(_as_inputs(piece) if late else piece)
    return tuple(pieces)


def _by_extent(parts: Parts) -> tuple[Piece, ...]:
    """The pieces, with sign-offs that cover only a part of the story turned into inputs.

    A compilation signs each of its parts: "… (AP)" under one, "… (PTI)" under the next.
    """
    signed = [piece for piece in parts.pieces if piece.kind == "sign_off" and piece.credits]
    end = max((span[1] for span in parts.story), default=0)
    agencies_ = {said.agency for piece in signed for said in piece.credits}
    rests = [parts.story_before(end) - parts.story_before(piece.end) for piece in signed]
    filed = [p.start + reading.start for p, reading in parts.datelines if reading.agencies]
    followed = bool(filed and signed and filed[-1] >= signed[-1].end)
    scattered = followed or any(rest > _LONG_REST for rest in rests)
    if not scattered or (len(agencies_) == 1 and rests[-1] <= _LONG_REST and not followed):
        return tuple(parts.pieces)
    return tuple(_as_inputs(piece) if piece.kind == "sign_off" else piece for piece in parts.pieces)


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


def _publisher(outlet: str | None, catalogue: Catalogue) -> tuple[Credit, ...]:
    """The agency whose own site the text stands on, where nothing on the page says whose it is."""
    agency = catalogue.of_site(outlet)
    return (credit(agency, "sole", "byline", None, _OWN_SITE),) if agency else ()


def _services(found: tuple[Service, ...]) -> tuple[Service, ...]:
    """Each service with its best evidence, in the order of the evidence."""
    best: dict[str, Service] = {}
    for said in sorted(found, key=lambda s: _RANK[s.evidence]):
        best.setdefault(said.service, said)
    return tuple(best.values())


def _as_inputs(piece: Piece) -> Piece:
    return replace(piece, credits=tuple(c.model_copy(update={"role": "inputs"}) for c in piece.credits))


def _merged(found: tuple[Credit, ...], author: BylineReading) -> tuple[Credit, ...]:
    """One credit an agency; no unnamed agency beside a named one."""
    by_agency: dict[str, list[Credit]] = {}
    for said in found:
        by_agency.setdefault(said.agency, []).append(said)
    chosen = [_chosen(options, author) for options in by_agency.values()]
    named = any(said.agency != GENERIC and said.role != "quoted" for said in chosen)
    kept = [said for said in chosen if said.agency != GENERIC or not named]
    return tuple(sorted(kept, key=lambda c: (_RANK[c.evidence], c.span or (0, 0), c.agency)))


def _chosen(options: list[Credit], author: BylineReading) -> Credit:
    """The best evidence for one agency.

    Where the text says both that it is the agency's and that the agency gave inputs, the outlet's explicit word
    holds, unless the dateline or the byline is the agency's and nobody of the outlet signs.
    """
    roles = {credit.role for credit in options}
    if {"sole", "inputs"} <= roles:
        strong = any(c.role == "sole" and c.evidence in ("dateline", "byline") for c in options)
        role: Role = "sole" if strong and not author.staff else "inputs"
    else:
        role = min(roles, key=_ROLES.__getitem__)
    return min((c for c in options if c.role == role), key=lambda c: (_RANK[c.evidence], -c.confidence))


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
