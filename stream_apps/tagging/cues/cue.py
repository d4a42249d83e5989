"""One cue: where it looks, a pattern, what it says of the name, and a sentence in which it does and one where not."""

from __future__ import annotations

import re
from dataclasses import KW_ONLY, dataclass


@dataclass(frozen=True)
class Cue:
    """A pattern in or beside a name. In ``example`` and ``counter_example`` the name is in square brackets."""

    pattern: re.Pattern[str]
    _: KW_ONLY
    says: str
    """What the name is where the pattern is found."""
    example: str
    counter_example: str

    def find(self, text: str, start: int, end: int) -> re.Match[str] | None:
        """The words that speak of the name that ``text`` has from ``start`` to ``end``."""
        raise NotImplementedError


@dataclass(frozen=True)
class Inside(Cue):
    """The whole name has this form."""

    def find(self, text: str, start: int, end: int) -> re.Match[str] | None:
        return self.pattern.fullmatch(text, start, end)


@dataclass(frozen=True)
class Before(Cue):
    """What ends where the name begins. ``reach``: how many characters are looked at; the pattern ends in ``$``."""

    reach: int

    def find(self, text: str, start: int, end: int) -> re.Match[str] | None:  # noqa: ARG002
        return self.pattern.search(text, max(0, start - self.reach), start)


@dataclass(frozen=True)
class Behind(Cue):
    """What begins where the name ends."""

    def find(self, text: str, start: int, end: int) -> re.Match[str] | None:  # noqa: ARG002
        return self.pattern.match(text, end)

    def extend(self, text: str, end: int) -> int:
        """Where a name ends that the words behind it belong to."""
        found = self.pattern.match(text, end)
        return found.end() if found else end


@dataclass(frozen=True)
class Around(Cue):
    """What stands in the name or within ``reach`` characters of it."""

    reach: int

    def find(self, text: str, start: int, end: int) -> re.Match[str] | None:
        return self.pattern.search(text, max(0, start - self.reach), end + self.reach)
