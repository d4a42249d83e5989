"""The earlier texts of a story's copies, and what changed from one to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, Final

from stream_apps.indexing.finder import StoryView
from stream_apps.indexing.views import moment
from stream_apps.text.sentences import sentences

SHOWN: Final = 10
"""Sentences of a change that are printed on each side."""


def revision_lines(view: StoryView) -> list[str]:
    """Each copy that has changed, by publication, with its texts, oldest first, and the sentences that changed."""
    lines = [line for copy in view.copies if copy.get("revisions") for line in _copy(copy)]
    return lines or ["no copy has changed, as far as it was seen"]


def changes(before: str, after: str) -> tuple[list[str], list[str]]:
    """The sentences of the one text that the other has not, and the other way round, in order.

    >>> changes("It rained. Four were hurt.", "It rained. Five were hurt.")
    (['Four were hurt.'], ['Five were hurt.'])
    """
    old, new = _sentences(before), _sentences(after)
    gone: list[str] = []
    come: list[str] = []
    for kind, a, b, c, d in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind != "equal":
            gone += old[a:b]
            come += new[c:d]
    return gone, come


def _copy(copy: Mapping[str, Any]) -> Iterator[str]:
    missing = copy.get("revisions_count", 0) - len(copy["revisions"])
    yield f"{copy['outlet']} ({copy['id'][:12]}): {len(copy['revisions']) + 1} texts" + (
        f", {missing} more were not kept" if missing > 0 else ""
    )
    texts = [*copy["revisions"], copy]
    yield _head(texts[0])
    for before, after in pairwise(texts):
        yield _head(after)
        yield from _changed(before, after)


def _head(text: Mapping[str, Any]) -> str:
    return f"  revision {text['revision']}, {moment(text['versioncreated'])}: {text['headline']}"


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    if before.get("truncated") and not before["text"]:
        yield "    (the text before was too long to be kept)"
        return
    gone, come = changes(before["text"], after["text"])
    yield from _listed("was", gone)
    yield from _listed("now", come)


def _listed(word: str, found: Sequence[str]) -> Iterator[str]:
    yield from (f"    {word}: {sentence}" for sentence in found[:SHOWN])
    if len(found) > SHOWN:
        yield f"    {word}: {len(found) - SHOWN} sentences more"


def _sentences(text: str) -> list[str]:
    return [sentence for paragraph in text.split("\n") for sentence in sentences(paragraph)]
