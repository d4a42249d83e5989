"""Recognises filings: articles by the agency that they credit, on a site of its own."""

from __future__ import annotations

import re

from schemas.public_records import Article

_SITE = re.compile(r"(?:news|wire|live|india|english|in|online|feed|agency|-)*")


def is_filing(article: Article) -> bool:
    """Return whether the outlet is the credited agency: ``ptinews.com`` with a text by PTI."""
    labels = article.outlet.casefold().split(".")[:-1]
    return any(
        label.startswith(agency) and _SITE.fullmatch(label[len(agency) :])
        for agency in {credit.agency.casefold() for credit in article.credits if credit.role == "sole"}
        for label in labels
    )
