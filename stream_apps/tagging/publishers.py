"""Who publishes a text: the outlet and the agencies that it credits, which its own page names and it is not about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from schemas.public_records import Entity
from stream_apps.tagging.alias_set import AliasSet
from stream_apps.tagging.normalise import words

MEDIA = "media"
"""The topic of curated agencies, newspapers and broadcasters."""
_HOST_PARTS = frozenset({"www", "m", "amp", "edition", "news"})


def publishers(agencies: Iterable[str], outlet: str | None = None) -> frozenset[str]:
    """Their names as ``without_publishers`` takes them. ``outlet``: its host name.

    >>> sorted(publishers(["PTI"], "www.indianexpress.com"))
    ['indianexpress', 'pti']
    """
    labels = [label for label in (outlet or "").split(".")[:-1] if label not in _HOST_PARTS]
    return frozenset(_joined(name) for name in (*agencies, *labels[:1])) - {""}


def without_publishers(
    entities: tuple[Entity, ...], publishing: AbstractSet[str], aliases: AliasSet
) -> tuple[Entity, ...]:
    """The entities less those bodies that publish the text. A namesake that is no agency or outlet stays."""
    if not publishing:
        return entities
    return tuple(e for e in entities if e.type != "ORG" or publishing.isdisjoint(map(_joined, _names(e, aliases))))


def _names(entity: Entity, aliases: AliasSet) -> Iterator[str]:
    curated = aliases.entities.get(entity.id)
    if curated is None:
        yield from {occurrence.text for occurrence in entity.occurrences()}
    elif MEDIA in curated.topics:
        yield from (form.text for form, _ in curated.forms())


def _joined(name: str) -> str:
    return "".join(words(name)).removeprefix("the")
