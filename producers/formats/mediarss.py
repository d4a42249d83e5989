"""The pictures, films and sounds of one entry, as Media RSS nests them (rssboard.org/media-rss).

Titles and credits stand within a ``media:content``, or beside it for all contents of its group or its entry.
feedparser puts all of them into one list, which loses whose title it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MAX_COLLECTED = 50
"""Of one entry; fewer are passed on."""


@dataclass
class Scope:
    """An entry, a group or a content, with the values that apply to everything within it."""

    parent: Scope | None = None
    title: str = ""
    description: tuple[str, str] = ("", "")
    """Text and type."""
    credits: list[str] = field(default_factory=list)
    address: str = ""
    contenttype: str = ""

    def title_here(self) -> str:
        return self.title or (self.parent.title_here() if self.parent else "")

    def credits_here(self) -> list[str]:
        return self.credits or (self.parent.credits_here() if self.parent else [])


class Collected:
    """The media of one entry, collected in the order of the feed while it is parsed."""

    def __init__(self) -> None:
        self._entry = Scope()
        self._open = [self._entry]
        self._groups: list[Scope] = []
        self.contents: list[Scope] = []
        self.pictures: list[Scope] = []
        """Thumbnails, and others that only have an address."""

    def open_group(self) -> None:
        group = Scope(self.scope)
        if len(self._groups) < MAX_COLLECTED:
            self._groups.append(group)
        self._open.append(group)

    def open_content(self, attributes: Mapping[str, str]) -> None:
        content = Scope(self.scope)
        content.address = attributes.get("url", "")
        content.contenttype = attributes.get("type") or _range(attributes.get("medium"))
        if len(self.contents) < MAX_COLLECTED:
            self.contents.append(content)
        self._open.append(content)

    def close(self) -> None:
        """End the innermost group or content, if there is one."""
        if len(self._open) > 1:
            self._open.pop()

    def add_picture(self, address: str) -> None:
        if len(self.pictures) < MAX_COLLECTED:
            self.pictures.append(Scope(self.scope, address=address, contenttype="image/*"))

    @property
    def scope(self) -> Scope:
        return self._open[-1]

    def title(self) -> str:
        """Return a title for an entry that has none of its own."""
        return next((scope.title for scope in self._scopes() if scope.title), "")

    def description(self) -> tuple[str, str]:
        """Return text and type for an entry that has no text of its own."""
        return next((scope.description for scope in self._scopes() if scope.description[0]), ("", ""))

    def _scopes(self) -> Iterator[Scope]:
        yield self._entry
        yield from self._groups
        yield from self.contents


def _range(medium: str | None) -> str:
    return f"{medium}/*" if medium in ("image", "audio", "video") else ""
