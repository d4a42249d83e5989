"""What a family needs to know of one article."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.records import Article, ArticleId
from stream_apps.dedup.reporting import is_roundup, own_reporting
from stream_apps.text.filing import is_filing

UNNAMED = "agencies"


@dataclass(frozen=True)
class Profile:
    """One article, as far as its place in a family depends on it."""

    id: ArticleId
    revision: int
    outlet: str
    published: float
    """Seconds since 1970."""
    first_seen: str
    tokens: int
    sole: tuple[str, ...]
    inputs: tuple[str, ...]
    paid: bool
    quoted: tuple[str, ...] = ()
    reporting: bool = False
    """The outlet has asked, seen or followed something itself."""
    roundup: bool = False
    """Several stories in short, one under the other."""

    filed: bool = False
    """From the feed of the agency that it credits."""

    @property
    def agency_alone(self) -> bool:
        """Credited to agencies and to nobody beside them."""
        return bool(self.sole) and not self.inputs

    @property
    def credited(self) -> tuple[str, ...]:
        return (*self.sole, *self.inputs)


def profile_of(article: Article, tokens: int) -> Profile:
    """The profile of an article of so many words."""
    return Profile(
        id=article.id,
        revision=article.revision,
        outlet=article.outlet,
        published=article.published.timestamp(),
        first_seen=article.first_seen.isoformat(),
        tokens=tokens,
        sole=agencies_of(article, "sole"),
        inputs=agencies_of(article, "inputs"),
        paid=article.paid,
        quoted=agencies_of(article, "quoted"),
        reporting=own_reporting(article),
        roundup=is_roundup(article),
        filed=is_filing(article),
    )


def agencies_of(article: Article, role: str) -> tuple[str, ...]:
    """The agencies credited in a role, sorted, each once."""
    return tuple(sorted({credit.agency for credit in article.credits if credit.role == role}))
