"""An article's features: all that its copies, its story and its event depend on, computed once."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b

import numpy as np

from schemas.features import Features, Roles, pack_shingles
from schemas.public_records import Article
from stream_apps.fingerprint.reporting import is_roundup, own_reporting
from stream_apps.text import terms
from stream_apps.text.annotations import without
from stream_apps.text.filing import is_filing
from stream_apps.text.shingles import mask, shingle_hashes
from stream_apps.text.specifics import specifics
from stream_apps.text.tokens import tokenize_quotes

_MICROSECOND = 1_000_000


def features(article: Article) -> Features:
    """The features of an article's story: its text without credits, disclaimers and page furniture."""
    story = without(article.text, article.annotations)
    tokens, quoted = tokenize_quotes(story)
    hashes, places = shingle_hashes(tokens)
    return Features(
        id=bytes.fromhex(article.id),
        revision=article.revision,
        outlet=article.outlet,
        published=article.published.timestamp(),
        first_seen=microseconds(article.first_seen),
        tokens=len(tokens),
        digest=blake2b(" ".join(tokens).encode(), digest_size=16).digest(),
        quoted=mask(np.array(quoted, bool)[places]),
        specifics=specifics(story),
        shingles=pack_shingles(hashes),
        terms=terms.pack(article.headline, story),
        headline=article.headline,
        roles=Roles(*(_agencies(article, role) for role in Roles._fields)),
        paid=article.paid,
        reporting=own_reporting(article),
        roundup=is_roundup(article),
        filed=is_filing(article),
        backfill=article.backfill,
    )


def microseconds(moment: datetime) -> int:
    """Since 1970, exactly."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * _MICROSECOND + since.microseconds


def _agencies(article: Article, role: str) -> tuple[str, ...]:
    """The agencies credited in a role, sorted, each once."""
    return tuple(sorted({credit.agency for credit in article.credits if credit.role == role}))
