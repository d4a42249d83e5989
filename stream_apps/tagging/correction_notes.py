"""What an agency's note says was wrong: for a correction whose earlier text was never seen.

``… corrected to show that the photograph was taken in 1957, not 1975.`` From the words of the note and the corrected
sentence follows how the old one read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

MOST_WORDS = 6
"""Words of what was wrong, at most: a note that quotes a whole paragraph is no slip of a word."""

_QUOTED = '["\u201c\']([^"\u201c\u201d]{1,80}?)["\u201d\']'
_WORDS = r"(?:[^,.;:()\"\u201c]|(?<=\d)[,.](?=\d))"
_NOT = re.compile(rf"(?P<new>{_WORDS}{{1,80}}?),? (?:and not|not|instead of|rather than) (?P<old>{_WORDS}{{1,60}})")
_TRAILING = re.compile(r"\s+(?:as|in|which|that|like|earlier|previously)\b.*")
"""``… as mentioned in an earlier version``: who had it wrong, and where."""
_FROM_TO = (
    re.compile(
        rf"\b(?:said|read|stated|gave)\b[^.\"\u201c]{{0,40}}{_QUOTED}.{{0,60}}?\bread\b[^\"\u201c]{{0,20}}{_QUOTED}"
    ),
    re.compile(rf"\bcorrect\w*\b[^.\"\u201c]{{0,40}}{_QUOTED} (?:to|as) {_QUOTED}"),
)


def slips(note: str, sentences: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The old sentence and the new one for each slip that a note tells, where the new one stands in the text."""
    for old, new in _pairs(note):
        right = re.compile(rf"(?<!\w){re.escape(new)}(?!\w)")
        found = next(((match, sentence) for sentence in sentences if (match := right.search(sentence))), None)
        if found:
            match, sentence = found
            yield sentence[: match.start()] + old + sentence[match.end() :], sentence


def _pairs(note: str) -> Iterator[tuple[str, str]]:
    """What was wrong and what is right, in so many words."""
    for form in _FROM_TO:
        for match in form.finditer(note):
            yield match[1], match[2]
    for match in _NOT.finditer(note):
        old, said = _TRAILING.sub("", match["old"]).split(), match["new"].split()
        if len(old) <= min(MOST_WORDS, len(said)):
            yield " ".join(old), " ".join(said[-len(old) :])
