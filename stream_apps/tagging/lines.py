"""Files of JSON lines as the commands take them, checked line by line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from wirecopy.errors import BadInput

Line = TypeVar("Line", bound=BaseModel)


class TagLine(BaseModel):
    """A line that ``tag`` takes."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    id: str
    text: str
    title: str | None = None
    byline: str | None = None
    outlet: str | None = None
    """Its host name."""
    story: str | None = Field(default=None, validation_alias=AliasChoices("story", "family"))


class LabelledLine(BaseModel):
    """A line that ``eval entities`` takes."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    id: str
    text: str
    entities: tuple[tuple[int, int, str], ...]


def read_text(file: Path) -> str:
    """The text of a file, or of standard input for ``-``. Raises ``BadInput`` where it cannot be read as UTF-8."""
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise BadInput("unreadable", f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput("not_utf8", f"{file}: {error}") from error


def read_lines(content: str, kind: type[Line], name: str) -> Iterator[Line]:
    """Each line as a record. Raises ``BadInput`` naming the line that is none."""
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            try:
                yield kind.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                field = ".".join(map(str, first["loc"])) or "line"
                raise BadInput("bad_line", f"{name}:{number}: {field}: {first['msg']}") from error


def are_json_lines(content: str) -> bool:
    """Whether a file holds JSON objects rather than prose."""
    first = content.lstrip().split("\n", 1)[0]
    try:
        return isinstance(json.loads(first), dict)
    except ValueError:
        return False
