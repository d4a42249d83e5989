"""Tables for people: columns on a terminal and in a file. Texts of feeds and lists cannot control the terminal."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

BIDI_CONTROLS: Final = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNPRINTABLE: Final = frozenset(("Cc", "Zl", "Zp", "Cs"))


@dataclass(frozen=True)
class Grid:
    """A table: its head and its rows."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    long: frozenset[str] = frozenset()
    """Columns that may take several lines on a terminal."""
    stacked: bool = False
    """Whether the last two columns are printed below the others on a terminal."""
    max_cell: int = 120
    """Characters of a cell in a file; addresses are never cut."""


def show(grid: Grid, console: Console | None = None) -> None:
    """Print to standard output: for a person on a terminal, else as plain aligned columns."""
    if console is None and not sys.stdout.isatty():
        print("\n".join(plain(grid)))
        return
    (console or Console(soft_wrap=grid.stacked)).print(_stack(grid) if grid.stacked else _table(grid))


def plain(grid: Grid) -> list[str]:
    """Align columns, two blanks between them; wide characters count twice, long cells are cut."""
    rows = [tuple(_cut(printable(cell), grid.max_cell) for cell in row) for row in (grid.head, *grid.rows)]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(grid.head))]
    return ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in rows]


def printable(text: str) -> str:
    r"""Make one line of a text, without control characters and marks that reverse the direction of writing.

    >>> printable("two\nlines\x1b[31m")
    'two lines [31m'
    """
    kept = ("" if c in BIDI_CONTROLS else " " if unicodedata.category(c) in _UNPRINTABLE else c for c in text)
    return " ".join("".join(kept).split())


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun.

    >>> count(1, "feed"), count(2, "feed")
    ('1 feed', '2 feeds')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def joined(parts: Sequence[str]) -> str:
    """Join words for a sentence.

    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def _table(grid: Grid) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in grid.head:
        table.add_column(title, no_wrap=title not in grid.long, overflow="fold")
    for row in grid.rows:
        # As Text, so that square brackets are not taken for markup.
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def _stack(grid: Grid) -> Text:
    """Print the short facts in columns, the two long ones below: readable at any width, with unbroken addresses."""
    head, *facts = plain(Grid(grid.head[:-2], tuple(row[:-2] for row in grid.rows), max_cell=grid.max_cell))
    lines = [Text(head, style="bold")]
    for line, row in zip(facts, grid.rows, strict=True):
        lines.append(Text(line))
        lines += [Text(f"    {printable(cell)}", style="dim") for cell in row[-2:] if cell]
    return Text("\n").join(lines)


def _cut(text: str, limit: int) -> str:
    return text if cell_len(text) <= limit or text.startswith("http") else set_cell_size(text, limit - 1) + "…"
