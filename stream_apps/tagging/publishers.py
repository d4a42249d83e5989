"""Who publishes a text: the outlet and the agencies that it credits, which its own page names and it is not about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from stream_apps.tagging.alias_set import AliasSet
from stream_apps.tagging.name_resolution import Identity
from stream_apps.tagging.normalise import words

MEDIA = "media"
"""The topic of curated agencies, newspapers and broadcasters."""
_HOST_PARTS = frozenset({"www", "m", "amp", "edition", "news"})


def publishers(agencies: Iterable[str], outlet: str | None = None) -> frozenset[str]:
    """Their names as ``is_publisher`` takes them. ``outlet``: its host name.

    >>> sorted(publishers(["PTI"], "www.indianexpress.com"))
    ['indianexpress', 'pti']
    """
    labels = [label for label in (outlet or "").split(".")[:-1] if label not in _HOST_PARTS]
    return frozenset(_joined(name) for name in (*agencies, *labels[:1])) - {""}


def is_publisher(publishing: AbstractSet[str], aliases: AliasSet, identity: Identity, spellings: Iterable[str]) -> bool:
    """Whether a body publishes the text, in which it is spelled so. A namesake that is no agency or outlet does not."""
    return identity.type == "ORG" and not publishing.isdisjoint(map(_joined, _names(identity.id, spellings, aliases)))


def _names(identity: str, spellings: Iterable[str], aliases: AliasSet) -> Iterator[str]:
    curated = aliases.entities.get(identity)
    if curated is None:
        yield from spellings
    elif MEDIA in curated.topics:
        yield from (form.text for form, _ in curated.forms())


def _joined(name: str) -> str:
    return "".join(words(name)).removeprefix("the")
