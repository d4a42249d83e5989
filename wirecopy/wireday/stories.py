"""The stories that the wire day is made of: one event each, as an agency (or one outlet) wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from wirecopy.errors import BadInput

FOLDER = Path(__file__).with_name("stories")

Beat = Literal[
    "business", "science", "sport", "health", "world", "transport",
    "politics", "courts", "weather", "culture", "crime",
]  # fmt: skip
Agency = Literal["PTI", "IANS", "ANI", "UNI", "Reuters", "AP", "AFP"]
Paragraphs = tuple[str, ...]


class Part(BaseModel):
    """A part of a story file; an unknown key is an error, because it is a misspelt one."""

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


class Story(Part):
    """One event. ``paragraphs`` are the text without dateline and sign-off, the lead first, the tail expendable."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,40}$")
    beat: Beat
    agency: Agency | Literal[""] = Field(description="whose wire text this is; empty for an outlet's own story")
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
    def _correction_fits(self) -> Story:
        wrong = self.correction
        if wrong is None:
            return self
        if wrong.paragraph >= len(self.paragraphs):
            raise ValueError(f"correction.paragraph {wrong.paragraph}: there are {len(self.paragraphs)} paragraphs")
        if wrong.old not in self.paragraphs[wrong.paragraph]:
            raise ValueError(f"correction.old {wrong.old!r} does not stand in paragraph {wrong.paragraph}")
        return self

    @model_validator(mode="after")
    def _one_line_each(self) -> Story:
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


_FILE = TypeAdapter(tuple[Story, ...])


def load_stories(folder: Path = FOLDER, pattern: str = "*.yml") -> tuple[Story, ...]:
    """Every story of the files of a folder, by id.

    Raises ``BadInput`` naming the file, the story and the field that is wrong, or the id that occurs twice.
    """
    stories = [story for path in sorted(folder.glob(pattern)) for story in _read(path)]
    if not stories:
        raise BadInput("no_stories", f"no stories in {folder.name}/{pattern}")
    _refuse_twins(stories)
    return tuple(sorted(stories, key=lambda story: story.id))


def _read(path: Path) -> tuple[Story, ...]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput("bad_story_file", f"{path.name}: {error}") from error
    try:
        return _FILE.validate_python(content or [])
    except ValidationError as error:
        problems = "; ".join(_where(path, content, e["loc"], e["msg"]) for e in error.errors())
        raise BadInput("bad_story", problems) from None


def _where(path: Path, content: object, location: tuple[int | str, ...], message: str) -> str:
    """``markets.yml: story s004: paragraphs.2: …`` where the story has an id, else its number."""
    story: object = location[0] if location else "?"
    if isinstance(content, list) and isinstance(story, int) and isinstance(content[story], dict):
        story = content[story].get("id", story)
    field = ".".join(str(part) for part in location[1:])
    return f"{path.name}: story {story}: {field + ': ' if field else ''}{message}"


def _refuse_twins(stories: Iterable[Story]) -> None:
    seen: set[str] = set()
    for story in stories:
        if story.id in seen:
            raise BadInput("bad_story", f"the id {story.id} occurs twice")
        seen.add(story.id)
