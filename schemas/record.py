"""The base class of the records, and the types that several of them share.

A reader ignores fields that it does not know, so that a newer writer never stops an older reader. A field may be added
when it is optional; none is removed or given another meaning.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

ArticleId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", description="128-bit hash of outlet and GUID, in hex")]
Span = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]
Share = Annotated[float, Field(ge=0, le=1)]


class Record(BaseModel):
    """A message, or a part of one: immutable, and tolerant of fields from a newer writer."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )

    def to_bytes(self) -> bytes:
        """Serialise to JSON, fields at their default left out."""
        return self.__pydantic_serializer__.to_json(self, exclude_defaults=True)

    @classmethod
    def from_bytes(cls, value: bytes) -> Self:
        """Read a message. Raises ``RecordError`` where it does not fit the schema."""
        try:
            return cls.model_validate_json(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise RecordError(f"{cls.__name__}.{where}: {first['msg']} ({error.error_count()} problems)") from None


class RecordError(ValueError):
    """A message does not fit its schema; it goes to the dead letters."""
