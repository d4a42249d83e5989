"""The character filters of Elasticsearch's analyzer ``news``, applied before a text is sent.

Elasticsearch runs each over every character of a text, for each of its analyzers; for the texts of articles that was a
quarter of all it did (docs/decisions/0012).
"""

from __future__ import annotations

import re
from functools import cache

from schemas import elasticsearch

_ANALYZER = "news"


def filtered(text: str) -> str:
    """Return the text as the analyzers ``news_filtered`` and ``exact_filtered`` take it.

    >>> filtered("₹1,50,000, up 5%")
    ' Rs 150000, up 5 per cent '
    """
    for pattern, replacement in _filters():
        text = pattern.sub(replacement, text)
    return text


@cache
def _filters() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns with their replacements, in order: classes of Java's are those of ASCII."""
    analysis = elasticsearch.load("settings")["template"]["settings"]["index"]["analysis"]
    chosen = (analysis["char_filter"][name] for name in analysis["analyzer"][_ANALYZER]["char_filter"])
    return tuple((re.compile(each["pattern"], re.ASCII), each["replacement"]) for each in chosen)
