"""The articles of ``bench.stream`` as messages of the topic ``clean``."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson

from bench.stream import StreamArticle
from schemas.clean import Clean
from schemas.features import Features, Roles, pack_shingles

CHARACTERS = 6
"""Of a word and the blank behind it."""


def features(one: StreamArticle, revision: int = 1) -> Features:
    """What the fingerprint stage would have made of the article."""
    roles = {name: tuple(agency for agency, role in one.credits if role == name) for name in Roles._fields}
    return Features(
        id=bytes.fromhex(one.id),
        revision=revision,
        outlet=one.outlet,
        published=one.published,
        first_seen=round(one.first_seen * 1_000_000),
        tokens=one.tokens,
        digest=one.digest,
        quoted=one.quoted,
        specifics=one.specifics,
        shingles=pack_shingles(one.shingles),
        terms=one.terms,
        headline=one.headline,
        roles=Roles(**roles),
        filed="sole" in {role for _, role in one.credits} and not one.copy,
    )


def message(one: StreamArticle, revision: int = 1) -> bytes:
    """The value of the message: the features, and the JSON of an article with a text of its length."""
    return Clean(features(one, revision).to_bytes(), orjson.dumps(article(one, revision))).to_bytes()


def article(one: StreamArticle, revision: int = 1) -> dict[str, object]:
    """The fields of ``schemas.public_records.Article``. The text is a stand-in, unlike any other."""
    seen, published = _stamp(one.first_seen), _stamp(one.published)
    return {
        "id": one.id,
        "revision": revision,
        "outlet": one.outlet,
        "feed": one.outlet,
        "url": f"https://www.{one.outlet}/news/{one.number}",
        "headline": one.headline,
        "text": text(one),
        "language": "en",
        "published": published,
        "versioncreated": published,
        "first_seen": seen,
        "fetched": seen,
        "credits": [
            {"agency": agency, "role": role, "evidence": "byline", "confidence": 0.9} for agency, role in one.credits
        ],
    }


def text(one: StreamArticle) -> str:
    """Hexadecimal digits of the shingles, in words."""
    digits = one.shingles.tobytes().hex()[: CHARACTERS * one.tokens]
    return " ".join(digits[at : at + CHARACTERS - 1] for at in range(0, len(digits), CHARACTERS))


def _stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()
