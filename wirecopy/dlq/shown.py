"""Dead letters in words. What is in them is hostile: nothing of it may move a cursor, turn text around or hide."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from wirecopy.dlq.letters import Letter

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, formats (the marks that turn text around among them), halves, what is not assigned, odd line ends."""
_JOINERS: Final = "\u200c\u200d"
"""Indian scripts are written with these; they do nothing else."""
_COLUMNS: Final = ("LETTER", "WRITTEN", "STAGE", "REASON", "FAILED", "KEY", "DETAIL")


def harmless(text: str, kept: str = "") -> str:
    r"""The text with everything that does not show escaped; ``kept`` is let through.

    >>> print(harmless("a\x1b[2Jb\u202ec\n"))
    a\x1b[2Jb\u202ec\n
    """
    return "".join(
        char if char in kept or char in _JOINERS or unicodedata.category(char) not in _UNSEEN else _escaped(char)
        for char in text
    )


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii") if not "\ud800" <= char <= "\udfff" else f"\\u{ord(char):04x}"


def line(value: str | bytes, limit: int) -> str:
    """Some of a value on one line."""
    text = value.decode(errors="backslashreplace") if isinstance(value, bytes) else value
    return harmless(text[:limit]) + ("…" if len(text) > limit else "")


def table(letters: Sequence[Letter]) -> list[str]:
    """A line a letter, with a head."""
    rows = [_COLUMNS, *(_row(letter) for letter in letters)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(letter: Letter) -> tuple[str, ...]:
    return (
        str(letter.id),
        letter.written.strftime("%Y-%m-%d %H:%MZ"),
        line(letter.stage, 20),
        line(letter.reason, 32),
        str(letter.attempt),
        line(letter.key, 12),
        line(f"({letter.done}) " if letter.done else "", 20) + line(letter.header("detail"), 70),
    )


def counts(letters: Iterable[Letter]) -> list[tuple[str, str, int]]:
    """Count the letters of each stage and reason, the most first."""
    found = Counter((letter.stage, letter.reason) for letter in letters)
    return [(stage, reason, number) for (stage, reason), number in found.most_common()]


def in_full(letter: Letter, limit: int) -> list[str]:
    """Return one letter in full: its headers, then at most ``limit`` bytes of the message."""
    lines = [f"letter     {letter.id}, written {letter.written.isoformat(timespec='seconds')}"]
    lines += [f"state      {letter.done or 'open'}", f"key        {line(letter.key, 200)}"]
    lines += [f"{harmless(name)[:60]}: {line(value, 2000)}" for name, value in letter.headers]
    lines += [f"message    {letter.size} bytes", ""]
    lines += harmless(letter.value[:limit].decode(errors="backslashreplace"), kept="\n\t").split("\n")
    if letter.size > limit:
        lines.append(f"… {letter.size - limit} bytes more: --bytes, or --raw for all of it as it is")
    return lines


def as_json(letter: Letter) -> dict[str, Any]:
    """For programs; the message itself is what `show --raw` gives."""
    return {
        "letter": str(letter.id),
        "written": letter.written.isoformat(),
        "state": letter.done or "open",
        "key": letter.key.decode(errors="backslashreplace"),
        "bytes": letter.size,
        "headers": {name: value.decode(errors="backslashreplace") for name, value in letter.headers},
    }
