"""Tables for a person: columns on a terminal and in a file. What a feed or a list says is shown without what steers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from producers.formats.cleaning import clean_line

MAX_CELL = 120


@dataclass(frozen=True)
class Grid:
    """A table: its head, its rows, and which columns may take several lines on a terminal."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    long: frozenset[str] = frozenset()


def show(grid: Grid, console: Console | None = None) -> None:
    """To standard output: as wide as the terminal is, or, where there is none, plain aligned columns."""
    if console is None and not sys.stdout.isatty():
        print("\n".join(plain(grid)))
        return
    (console or Console()).print(_table(grid))


def plain(grid: Grid) -> list[str]:
    """Two blanks between the columns; wide characters count twice, long cells are cut."""
    rows = [tuple(clean_line(cell, MAX_CELL) for cell in row) for row in (grid.head, *grid.rows)]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(grid.head))]
    return ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in rows]


def _table(grid: Grid) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in grid.head:
        table.add_column(title, no_wrap=title not in grid.long, overflow="fold")
    for row in grid.rows:
        # As Text, so that square brackets are not taken for markup.
        table.add_row(*(Text(clean_line(cell, MAX_CELL)) for cell in row))
    return table


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 feed``, ``2 feeds``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def joined(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
