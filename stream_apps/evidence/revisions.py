"""Reads an earlier text of an article, for comparison."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from schemas.record import Span
from stream_apps.text.credits import CreditReading, read_credits
from stream_apps.text.pieces import joined
from wirecopy.errors import NotFound


def at_revision(article: Mapping[str, Any], revision: int | None) -> Mapping[str, Any]:
    """Return an article's document with an earlier text; unchanged for the newest revision, or None.

    Raises ``NotFound`` for a text that is not kept.
    """
    if revision is None or revision == article["revision"]:
        return article
    kept = [old for old in article.get("revisions", []) if not (old.get("truncated") and not old["text"])]
    old = next((old for old in kept if old["revision"] == revision), None)
    if old is None:
        numbers = ", ".join(str(number) for number in (*(old["revision"] for old in kept), article["revision"]))
        raise NotFound(f"revision {revision} of {article['id'][:12]} is not kept: there are {numbers}")
    known = {name: old[name] for name in ("revision", "headline", "text", "versioncreated")}
    reading = _read(old, article)
    return {**article, **known, "credits": _credits(reading), "annotations": _annotations(reading, old, article)}


def _read(old: Mapping[str, Any], newest: Mapping[str, Any]) -> CreditReading:
    published = datetime.fromisoformat(newest["published"]).date()
    return read_credits(
        old["text"], newest.get("byline"), old["headline"], outlet=newest["outlet"], published=published
    )


def _credits(reading: CreditReading) -> list[dict[str, Any]]:
    return [
        {**credit.model_dump(mode="json", exclude={"span"}), "start": credit.span[0], "end": credit.span[1]}
        for credit in reading.credits
        if credit.span
    ]


def _annotations(reading: CreditReading, old: Mapping[str, Any], newest: Mapping[str, Any]) -> list[Span]:
    """Return the annotations of the earlier text: as read, and those of the newest text that it has, too."""
    kept = (newest["text"][start:end] for start, end in newest.get("annotations", []))
    stood = [(at, at + len(words)) for words in kept if words.strip() and (at := old["text"].find(words)) >= 0]
    return list(joined((*reading.annotations, *stood)))


def kept_revisions(article: Mapping[str, Any]) -> list[int]:
    """Return the numbers of the stored texts, oldest first."""
    old = [old["revision"] for old in article.get("revisions", []) if not (old.get("truncated") and not old["text"])]
    return [*old, article["revision"]]
