"""A measurement as tables for people, as one object for programs, and as a section of ``RESULTS.md``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

RESULTS = Path(__file__).with_name("RESULTS.md")

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """Rows under column names; ``key`` names it in JSON, ``note`` says how to read it."""

    key: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    note: str = ""

    def as_objects(self) -> list[dict[str, Cell]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def markdown(self) -> str:
        cells = [list(self.columns), *([_text(cell) for cell in row] for row in self.rows)]
        widths = [max(len(row[at]) for row in cells) for at in range(len(self.columns))]
        numeric = [all(isinstance(row[at], int | float | None) for row in self.rows) for at in range(len(widths))]
        rule = [
            ("-" * (width - 1) + ":") if right else "-" * width for width, right in zip(widths, numeric, strict=True)
        ]
        lines = [_line(row, widths, numeric) for row in (cells[0], rule, *cells[1:])]
        return "\n".join(lines) + (f"\n\n{self.note}" if self.note else "")


@dataclass(frozen=True)
class Measured:
    """Tables for people; and for programs, where a measurement promises them in a shape, its ``figures``."""

    tables: Sequence[Table]
    figures: Mapping[str, Any]


@dataclass(frozen=True)
class Report:
    """What one command measured."""

    name: str
    command: str
    facts: Mapping[str, str]
    tables: Sequence[Table]
    figures: Mapping[str, Any] | None = None
    """What programs get in place of the tables."""

    @classmethod
    def of(cls, name: str, command: str, facts: Mapping[str, str], measured: Measured | Sequence[Table]) -> Self:
        if isinstance(measured, Measured):
            return cls(name, command, facts, measured.tables, measured.figures)
        return cls(name, command, facts, measured)

    def as_object(self) -> dict[str, Any]:
        results = {table.key: table.as_objects() for table in self.tables}
        return {"bench": self.name, "command": self.command, "machine": dict(self.facts), "results": results}

    def as_json(self) -> str:
        return json.dumps(self.as_object() if self.figures is None else self.figures, ensure_ascii=False)

    def markdown(self) -> str:
        facts = " · ".join(f"{name}: {value}" for name, value in self.facts.items())
        tables = "\n\n".join(table.markdown() for table in self.tables)
        return f"`{self.command}`\n\n{tables}\n\n<sub>{facts}</sub>"


def save(report: Report, path: Path = RESULTS) -> None:
    """Put the report in the place of the one before, between the two comments that bear its name."""
    path.write_text(with_section(path.read_text(encoding="utf-8"), report.name, report.markdown()), encoding="utf-8")


def with_section(page: str, name: str, content: str) -> str:
    """The page with this content between ``<!-- name -->`` and ``<!-- /name -->``; a new section goes to the end."""
    section = f"<!-- {name} -->\n{content}\n<!-- /{name} -->"
    pattern = re.compile(rf"<!-- {re.escape(name)} -->.*?<!-- /{re.escape(name)} -->", re.DOTALL)
    if pattern.search(page):
        return pattern.sub(lambda _: section, page)
    return f"{page.rstrip()}\n\n## {name}\n\n{section}\n"


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.4g}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = (
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, numeric, strict=True)
    )
    return f"| {' | '.join(padded)} |"
