"""The profile of an article: the fields on which its place depends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from schemas.features import Features
from schemas.record import ArticleId

UNNAMED = "agencies"


@dataclass(frozen=True, slots=True)
class Profile:
    """The fields of one article on which its place in a story depends."""

    id: ArticleId
    outlet: str
    published: float
    """Seconds since 1970."""
    tokens: int
    sole: tuple[str, ...]
    inputs: tuple[str, ...]
    quoted: tuple[str, ...] = ()
    paid: bool = False
    reporting: bool = False
    """The outlet has asked, seen or followed something itself."""
    roundup: bool = False
    """Several stories in short, one under the other."""
    filed: bool = False
    """From the feed of the agency that it credits."""

    @classmethod
    def of(cls, features: Features) -> Self:
        return cls(
            id=features.id.hex(),
            outlet=features.outlet,
            published=features.published,
            tokens=features.tokens,
            sole=features.roles.sole,
            inputs=features.roles.inputs,
            quoted=features.roles.quoted,
            paid=features.paid,
            reporting=features.reporting,
            roundup=features.roundup,
            filed=features.filed,
        )

    @property
    def agency_alone(self) -> bool:
        """Whether it credits agencies, and nobody else."""
        return bool(self.sole) and not self.inputs

    @property
    def credited(self) -> tuple[str, ...]:
        return (*self.sole, *self.inputs)
