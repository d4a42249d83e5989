"""The definitions in ``deploy/kibana``: reads data views, saved searches and dashboards, and checks their form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.elasticsearch import IndexKind
from wirecopy.errors import BadInput

COLUMNS = 48
"""Of Kibana's grid."""
Operation = Literal["count", "unique_count", "sum", "average", "median", "max", "share"]
Chart = Literal["metric", "line", "area", "bar", "bar_stacked", "bar_horizontal", "pie", "data_table", "region_map"]
_MOST_GROUPS: Final = {"pie": 6, "bar_horizontal": 15}
"""That a reader can tell apart."""
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Read = TypeVar("Read", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataView(_Strict):
    """A data view: one index in Kibana."""

    kind: IndexKind
    title: str
    time_field: str | None = None
    """What the time picker goes by; none where documents count whatever the time is, as feeds do."""


class Search(_Strict):
    """A saved search: documents listed in Discover."""

    name: Name
    title: str
    description: str
    data: IndexKind
    columns: tuple[str, ...] = Field(min_length=1)
    sort: str
    """Descending."""
    where: str = ""


class Measure(_Strict):
    """A metric of a panel. ``share``: the share of documents that match ``where``."""

    operation: Operation = "count"
    field: str | None = None
    label: str
    where: str = ""
    format: Literal["number", "percent", "duration", "bytes"] = "number"

    @property
    def formula(self) -> str:
        """Return the Lens formula of a share."""
        return "count(kql='{}') / count()".format(self.where.replace("'", r"\'"))

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.operation not in {"count", "share"} and self.field is None:
            raise ValueError(f"{self.label}: {self.operation} needs a field")
        if self.operation == "share" and not self.where:
            raise ValueError(f"{self.label}: a share needs `where`, what it is the share of")
        return self


class Terms(_Strict):
    """Groups of documents by the values of a field; by ``interval`` where it is a date.

    The first measure says which groups are the largest; ``order: value`` takes the smallest values, and in their order.
    """

    field: str
    label: str
    limit: int = Field(default=10, ge=1, le=100)
    order: Literal["size", "value"] = "size"
    other: bool = False
    """Whether documents beyond the limit, and those without a value, are drawn too."""
    interval: str | None = Field(default=None, pattern=r"^(auto|\d+[mhdw])$")
    boundaries: str | None = None
    """Of a region map: Kibana's layer of shapes …"""
    join: str | None = None
    """… and the code in it that the values are."""


class Panel(_Strict):
    """One panel of a dashboard."""

    name: Name
    title: str = ""
    """None of a metric: the label of its measure says it all."""
    description: str = ""
    chart: Chart
    data: IndexKind
    measures: tuple[Measure, ...] = Field(min_length=1, max_length=6)
    by: tuple[Terms, ...] = Field(default=(), max_length=2)
    where: str = ""
    ignore_filters: bool = False
    """Whether controls and the search bar leave it alone: what they ask for is no field of its index."""
    width: int | None = Field(default=None, ge=6, le=COLUMNS)

    @property
    def heading(self) -> str:
        """What it is called: its title, or the label of a metric."""
        return self.title or self.measures[0].label

    @property
    def nesting(self) -> tuple[Terms, ...]:
        """The groups from the outermost in.

        Series stand outside of time: they are chosen once, over all of it, and not anew in each interval.
        """
        drawn_over_time = self.chart != "data_table" and self.by and self.by[0].interval
        return self.by[::-1] if drawn_over_time else self.by

    @model_validator(mode="after")
    def _drawable(self) -> Self:
        if found := next(self._undrawable(), None):
            raise ValueError(f"{self.name}: {found}")
        return self

    def _undrawable(self) -> Iterator[str]:
        if (self.chart == "metric") == bool(self.by):
            yield "a metric has no `by`, every other chart has one"
            return
        if (self.chart == "metric") == bool(self.title):
            yield "a metric has no title, its label says it all; every other chart has one"
        if self.chart == "region_map" and not (self.by[0].boundaries and self.by[0].join):
            yield "a region_map needs boundaries and join"
        if self.chart in {"metric", "pie", "region_map"} and len(self.measures) > 1:
            yield f"{self.chart} shows one measure"
        if self.ignore_filters and self.where:
            yield "Kibana leaves out the panel's own `where` with the filters: give it to the measures"
        yield from self._unreadable(tuple(terms for terms in self.by if terms.interval is None))

    def _unreadable(self, groups: tuple[Terms, ...]) -> Iterator[str]:
        if self.measures[0].operation == "share" and any(terms.order == "size" for terms in groups):
            yield "Kibana cannot rank groups by a share: put another measure first, or `order: value`"
        most = _MOST_GROUPS.get(self.chart)
        yield from (f"a {self.chart} shows at most {most} groups" for one in groups if most and one.limit > most)
        if self.chart == "area" and len(self.by) > 1:
            yield "areas cover each other: take lines"
        if self.chart == "bar_stacked" and not (groups and groups[-1].other):
            yield "stacked bars are read as a total: let the last group have `other: true`"


class Row(_Strict):
    """A row of panels; those without a width share the rest."""

    height: int = Field(ge=3, le=40)
    panels: tuple[Panel, ...] = Field(min_length=1, max_length=8)


class Control(_Strict):
    """A filter control: a field whose values a reader chooses."""

    data: IndexKind
    field: str
    title: str


class Dashboard(_Strict):
    """A dashboard: one page of panels."""

    name: Name
    title: str
    description: str
    time_from: str = Field(pattern=r"^now(-\d+[mhdw])?(/[dw])?$")
    controls: tuple[Control, ...] = ()
    rows: tuple[Row, ...] = Field(min_length=1)

    @property
    def panels(self) -> tuple[Panel, ...]:
        return tuple(panel for row in self.rows for panel in row.panels)


class Definitions(_Strict):
    """All definitions of a folder."""

    data_views: tuple[DataView, ...]
    searches: tuple[Search, ...]
    dashboards: tuple[Dashboard, ...]


class _DataViews(_Strict):
    data_views: tuple[DataView, ...]


class _Searches(_Strict):
    searches: tuple[Search, ...]


def load(folder: Path) -> Definitions:
    """Read a folder like ``deploy/kibana``. Raises ``BadInput`` naming the file and its fault."""
    views = _read(folder / "data-views.yml", _DataViews)
    searches = _read(folder / "searches.yml", _Searches)
    dashboards = [_read(path, Dashboard) for path in sorted((folder / "dashboards").glob("*.yml"))]
    if not dashboards:
        raise BadInput("kibana", f"{folder / 'dashboards'}: no dashboard is there")
    return Definitions(data_views=views.data_views, searches=searches.searches, dashboards=tuple(dashboards))


def _read(path: Path, model: type[Read]) -> Read:
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return model.model_validate(content)
    except OSError as error:
        raise BadInput("kibana", f"{path}: {error.strerror}; name the folder of definitions with --from") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
        raise BadInput("kibana", f"{path}: {error}") from None
