"""The layout of panels: rows from top to bottom, panels of a row beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from stream_apps.kibana.definitions import COLUMNS, Panel, Row


@dataclass(frozen=True)
class PanelPosition:
    """Left, top, width and height, in grid cells."""

    x: int
    y: int
    w: int
    h: int

    def to_json(self) -> dict[str, int]:
        return asdict(self)


def place(rows: Sequence[Row]) -> dict[str, PanelPosition]:
    """Return the position of each panel by name. Raises ``ValueError`` where a row is wider than the grid."""
    return dict(_places(rows))


def _places(rows: Sequence[Row]) -> Iterator[tuple[str, PanelPosition]]:
    y = 0
    for row in rows:
        x = 0
        for panel, width in zip(row.panels, _widths(row.panels), strict=True):
            yield panel.name, PanelPosition(x, y, width, row.height)
            x += width
        y += row.height


def _widths(panels: Sequence[Panel]) -> list[int]:
    given = sum(panel.width or 0 for panel in panels)
    open_ = sum(panel.width is None for panel in panels)
    left = COLUMNS - given
    if left < 6 * open_ or (open_ == 0 and left != 0):
        raise ValueError(f"the row of {panels[0].name} takes {given} of {COLUMNS} columns and leaves {open_} panels "
                         "without a width too little, or columns empty")  # fmt: skip
    return [panel.width or left // open_ for panel in panels]
