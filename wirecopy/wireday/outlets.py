"""The invented outlets: how each credits, what it prints under every article, and what its feed looks like."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from wirecopy.errors import BadInput

FILE = Path(__file__).with_name("outlets.yml")

SoleForm = Literal[
    "byline", "byline_name", "byline_doubled", "byline_agencies", "dateline", "filing", "tail", "tail_dashes",
    "tail_brackets", "disclaimer_syndicated", "disclaimer_unmodified", "disclaimer_named", "none",
]  # fmt: skip
InputsForm = Literal[
    "with_inputs_from", "with_agency_inputs", "plain_inputs", "listed_inputs", "unnamed_inputs", "none"
]


class FeedShape(BaseModel):
    """How a feed is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["rss", "atom"] = "rss"
    body: Literal["content", "description"] = Field(
        default="content", description="whether the text stands in content:encoded (Atom: content) or the description"
    )
    wrapping: Literal["cdata", "escaped", "xhtml"] = "cdata"
    paragraphs: Literal["p", "br", "div"] = "p"
    quotes: Literal["straight", "curly", "entities"] = "straight"
    guid: Literal["address", "number", "tag"] = "address"


class Outlet(BaseModel):
    """A publisher. ``sole`` and ``inputs`` are its ways to credit an agency, used in turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9]{2,40}$")
    name: str
    host: str = Field(pattern=r"^[a-z0-9.-]+\.example$")
    folder: str
    language: str = "en-IN"
    feed: FeedShape = FeedShape()
    headlines: Literal["sentence", "title"] = "sentence"
    dateline: Literal["cut", "place", "capitals"] = Field(
        default="cut", description="what is left of the dateline where it does not carry the credit"
    )
    desks: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    sole: tuple[SoleForm, ...] = ()
    inputs: tuple[InputsForm, ...] = ()
    boilerplate: tuple[str, ...] = ()
    also_read: str = Field(default="", description="what introduces a link to another headline; empty: no such line")


_FILE = TypeAdapter(tuple[Outlet, ...])


def load_outlets(path: Path = FILE) -> tuple[Outlet, ...]:
    """The outlets and agencies of a file. Raises ``BadInput`` naming the entry and the field."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return _FILE.validate_python(content)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise BadInput("bad_outlets", f"{path.name}: {problems}") from None


def is_agency(outlet: Outlet) -> bool:
    """Whether this is an agency's own feed, which carries nothing but its filings."""
    return not outlet.sole
