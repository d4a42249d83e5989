"""What a piece of an article says about where its text is from; the common currency of the readers."""

# ruff: noqa: RUF001 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from schemas.public_records import Credit, EvidenceKind, Role, Service
from schemas.record import Span
from stream_apps.text import calibration
from stream_apps.text.agencies import GENERIC, LETTER, Name
from stream_apps.text.calibration import Strength

PieceKind = Literal["byline", "dateline", "sign_off", "credit_line", "disclaimer", "note", "caption", "furniture"]


@dataclass(frozen=True)
class Said:
    """A credit as a reader found it; how sure it is follows from evidence, role and strength once all are weighed."""

    agency: str
    role: Role
    evidence: EvidenceKind
    span: Span | None
    strength: Strength = "plain"

    def as_inputs(self) -> Said:
        return replace(self, role="inputs")

    def record(self) -> Credit:
        """The credit with the confidence measured for its kind."""
        sure = calibration.confidence(self.evidence, self.role, self.strength)
        return Credit(agency=self.agency, role=self.role, evidence=self.evidence, span=self.span, confidence=sure)


@dataclass(frozen=True)
class Piece:
    """A part of the text that is not the story: at ``start`` to ``end``, with the credits that it gives."""

    kind: PieceKind
    start: int
    end: int
    credits: tuple[Said, ...] = ()
    paid: bool = False
    services: tuple[Service, ...] = ()

    def moved(self, offset: int) -> Piece:
        """The same piece, counted from ``offset`` characters earlier."""
        credits_ = tuple(replace(said, span=_shift(said.span, offset)) for said in self.credits)
        services_ = tuple(s.model_copy(update={"span": _shift(s.span, offset)}) for s in self.services)
        return Piece(self.kind, self.start + offset, self.end + offset, credits_, self.paid, services_)


def own_services(names: Iterable[Name], evidence: EvidenceKind, span: Span | None) -> tuple[Service, ...]:
    """The outlets' own services among the names, each once."""
    labels = dict.fromkeys(name.label for name in names if name.kind == "own")
    sure = calibration.confidence(evidence, "sole")
    return tuple(Service(service=label, evidence=evidence, span=span, confidence=sure) for label in labels)


def credited(names: Iterable[Name]) -> tuple[str, ...]:
    """The labels that a list of names credits, in order, each once.

    An unnamed agency counts only where none is named, and a name that counts ``alone`` only beside no other.
    """
    listed = [name for name in names if name.kind in ("agency", "generic") or name.agency]
    if len(listed) > 1:
        listed = [name for name in listed if not name.alone]
    labels = dict.fromkeys(name.agency or name.label for name in listed)
    named = tuple(label for label in labels if label != GENERIC)
    return named or tuple(labels)


def without(text: str, names: Iterable[Name]) -> str:
    """The text with the names blanked, so that what else it says can be looked at."""
    for name in names:
        text = text[: name.start] + " " * (name.end - name.start) + text[name.end :]
    return text


WORD = re.compile(rf"(?:(?!_)[{LETTER}])+(?:[.'’-](?:(?!_)[{LETTER}])+)*")
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+(?:[.'-][A-Za-z0-9]+)*")
"""The same in a text of ASCII alone, four times as fast."""


def words(text: str) -> list[str]:
    """The words of a short text."""
    return (_ASCII_WORD if text.isascii() else WORD).findall(text)


def _shift(span: Span | None, offset: int) -> Span | None:
    return None if span is None else (span[0] + offset, span[1] + offset)
