"""The labelled wordings of ``tests/data/credits``: items written by us about invented events.

An item is one line of five fields between tildes: form, byline, headline, text and what is to be read from it. In the
text ``⏎`` is a line feed, ``{L}`` the first paragraph of a story of ``stories.txt``, ``{M}`` the others and ``{S}``
all of them; a text with ``{L}`` alone goes on with ``{M}``. Expected is ``agency role evidence`` for each credit
(``*``: any), ``-`` for none, then ``paid``, ``signal``, ``nosignal``, ``own=NAME``, ``place=PLACE``,
``marked=WORDS`` (the last words that are not the story; ``-``: none) and ``outlet=HOST`` (``_`` for a space).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stream_apps.text.credits import CreditReading, read_credits

DATA = Path(__file__).parent.parent / "tests" / "data" / "credits"
LINE = "⏎"


@dataclass(frozen=True)
class Item:
    """One wording and what it says; a role or evidence of ``*`` stands for any."""

    form: str
    byline: str | None
    headline: str | None
    text: str
    credits: tuple[tuple[str, str, str], ...]
    flags: frozenset[str]

    @property
    def own(self) -> str | None:
        return self._named("own=")

    @property
    def place(self) -> str | None:
        return self._named("place=")

    @property
    def marked(self) -> str | None:
        return self._named("marked=")

    @property
    def outlet(self) -> str | None:
        return self._named("outlet=")

    def read(self) -> CreditReading:
        return read_credits(self.text, self.byline, self.headline, outlet=self.outlet)

    def marks_right(self, reading: CreditReading) -> bool:
        last = self.text[slice(*reading.annotations[-1])] if reading.annotations else "-"
        return self.marked in (None, last)

    def _named(self, key: str) -> str | None:
        return next((flag.removeprefix(key).replace("_", " ") for flag in self.flags if flag.startswith(key)), None)


def items(batch: str) -> Iterator[Item]:
    """The items of a batch, each with a story of its own turn."""
    stories = (DATA / "stories.txt").read_text(encoding="utf-8").strip().split("\n\n")
    lines = (DATA / f"{batch}.txt").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(line for line in lines if line and not line.startswith("#")):
        yield _item(line, stories[number % len(stories)])


def _item(line: str, story: str) -> Item:
    form, byline, headline, text, expected = (part.strip() for part in line.split(" ~ ", 4))
    said, flags = _expected(expected)
    return Item(form, byline or None, headline or None, _filled_in(text, story), said, flags)


def _filled_in(template: str, story: str) -> str:
    lead, rest = story.split("\n", 1)
    if "{L}" in template and "{M}" not in template:
        template += LINE + "{M}"
    filled = template.replace("{S}", "{L}⏎{M}").replace("{L}", lead).replace("{M}", rest)
    return filled.replace(LINE, "\n")


def _expected(expected: str) -> tuple[tuple[tuple[str, str, str], ...], frozenset[str]]:
    said: list[tuple[str, str, str]] = []
    flags: set[str] = set()
    for part in expected.split(";"):
        words = part.split()
        while words and (words[-1] in ("paid", "signal", "nosignal") or "=" in words[-1]):
            flags.add(words.pop())
        if len(words) >= 3:
            said.append((" ".join(words[:-2]), words[-2], words[-1]))
        elif words == ["*"]:
            flags.add("any")
    return tuple(said), frozenset(flags)
