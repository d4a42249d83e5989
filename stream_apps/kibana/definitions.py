"""The definitions in ``deploy/kibana``: reads data views, saved searches and dashboards, and checks their form."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.elasticsearch import IndexKind
from wirecopy.errors import BadInput

COLUMNS = 48
"""Of Kibana's grid."""
Operation = Literal["count", "unique_count", "sum", "average", "median", "max", "share"]
Chart = Literal["metric", "line", "area", "bar", "bar_stacked", "bar_horizontal", "pie", "data_table", "region_map"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Read = TypeVar("Read", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataView(_Strict):
    """A data view: one index in Kibana."""

    kind: IndexKind
    title: str
    time_field: str


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
    """Groups of documents by the values of a field, the largest first; by ``interval`` where it is a date."""

    field: str
    label: str
    limit: int = Field(default=10, ge=1, le=100)
    interval: str | None = Field(default=None, pattern=r"^(auto|\d+[mhdw])$")
    boundaries: str | None = None
    """Of a region map: Kibana's layer of shapes …"""
    join: str | None = None
    """… and the code in it that the values are."""


class Panel(_Strict):
    """One panel of a dashboard."""

    name: Name
    title: str
    chart: Chart
    data: IndexKind
    measures: tuple[Measure, ...] = Field(min_length=1, max_length=6)
    by: tuple[Terms, ...] = Field(default=(), max_length=2)
    where: str = ""
    width: int | None = Field(default=None, ge=6, le=COLUMNS)

    @model_validator(mode="after")
    def _drawable(self) -> Self:
        if (self.chart == "metric") == bool(self.by):
            raise ValueError(f"{self.name}: a metric has no `by`, every other chart has one")
        if self.chart == "region_map" and not (self.by[0].boundaries and self.by[0].join):
            raise ValueError(f"{self.name}: a region_map needs boundaries and join")
        if self.chart in {"metric", "pie", "region_map"} and len(self.measures) > 1:
            raise ValueError(f"{self.name}: {self.chart} shows one measure")
        return self


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
