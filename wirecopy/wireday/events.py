"""The events that the wire day is made of, each as an agency (or one outlet) wrote of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from wirecopy.errors import BadInput

FOLDER = Path(__file__).with_name("events")

Beat = Literal[
    "business", "science", "sport", "health", "world", "transport",
    "politics", "courts", "weather", "culture", "crime",
]  # fmt: skip
Agency = Literal["PTI", "IANS", "ANI", "UNI", "Reuters", "AP", "AFP"]
Paragraphs = tuple[str, ...]


class Part(BaseModel):
    """A part of an event file; an unknown key is an error, because it is a misspelt one."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Correction(Part):
    """What the agency got wrong at first: ``old`` stands in ``paragraph`` (counted from 0) and should read ``new``."""

    paragraph: int = Field(ge=0)
    old: str = Field(min_length=1)
    new: str = Field(min_length=1)


class Second(Part):
    """Another agency's text on the same event, in its own words."""

    agency: Agency
    paragraphs: Paragraphs = Field(min_length=2)


class Event(Part):
    """One event. ``paragraphs`` are the text without dateline and sign-off, the lead first, the tail expendable."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,40}$")
    beat: Beat
    agency: Agency | Literal[""] = Field(description="whose wire text this is; empty for an outlet's own report")
    place: str = Field(min_length=1)
    region: str = ""
    headline: str = Field(min_length=1)
    alternatives: Paragraphs = Field(min_length=1, description="headlines as outlets would write them")
    paragraphs: Paragraphs = Field(min_length=3)
    staff: Paragraphs = Field(default=(), description="paragraphs that one outlet's own staff could add")
    second: Second | None = None
    correction: Correction | None = None
    people: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _correction_fits(self) -> Event:
        wrong = self.correction
        if wrong is None:
            return self
        if wrong.paragraph >= len(self.paragraphs):
            raise ValueError(f"correction.paragraph {wrong.paragraph}: there are {len(self.paragraphs)} paragraphs")
        if wrong.old not in self.paragraphs[wrong.paragraph]:
            raise ValueError(f"correction.old {wrong.old!r} does not stand in paragraph {wrong.paragraph}")
        return self

    @model_validator(mode="after")
    def _one_line_each(self) -> Event:
        texts = (self.headline, *self.alternatives, *self.paragraphs, *self.staff)
        broken = [text for text in texts if not text or "\n" in text]
        if broken:
            raise ValueError(f"a headline or paragraph is empty or spans lines: {broken[0][:60]!r}")
        return self

    def corrected(self) -> Paragraphs:
        """The paragraphs as they should have read."""
        wrong = self.correction
        if wrong is None:
            return self.paragraphs
        fixed = list(self.paragraphs)
        fixed[wrong.paragraph] = fixed[wrong.paragraph].replace(wrong.old, wrong.new)
        return tuple(fixed)


_FILE = TypeAdapter(tuple[Event, ...])


def load_events(folder: Path = FOLDER, pattern: str = "*.yml") -> tuple[Event, ...]:
    """Every event of the files of a folder, by id.

    Raises ``BadInput`` naming the file, the event and the field that is wrong, or the id that occurs twice.
    """
    events = [event for path in sorted(folder.glob(pattern)) for event in _read(path)]
    if not events:
        raise BadInput("no_events", f"no events in {folder.name}/{pattern}")
    _refuse_twins(events)
    return tuple(sorted(events, key=lambda event: event.id))


def _read(path: Path) -> tuple[Event, ...]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput("bad_event_file", f"{path.name}: {error}") from error
    try:
        return _FILE.validate_python(content or [])
    except ValidationError as error:
        problems = "; ".join(_where(path, content, e["loc"], e["msg"]) for e in error.errors())
        raise BadInput("bad_event", problems) from None


def _where(path: Path, content: object, location: tuple[int | str, ...], message: str) -> str:
    """``markets.yml: event s004: paragraphs.2: …`` where the event has an id, else its number."""
    event: object = location[0] if location else "?"
    if isinstance(content, list) and isinstance(event, int) and isinstance(content[event], dict):
        event = content[event].get("id", event)
    field = ".".join(str(part) for part in location[1:])
    return f"{path.name}: event {event}: {field + ': ' if field else ''}{message}"


def _refuse_twins(events: Iterable[Event]) -> None:
    seen: set[str] = set()
    for event in events:
        if event.id in seen:
            raise BadInput("bad_event", f"the id {event.id} occurs twice")
        seen.add(event.id)
