"""Language tags of feeds, as BCP 47."""

from __future__ import annotations

import re

_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,4}", re.ASCII)


def language_tag(value: object) -> str | None:
    """Return a tag in the customary case (RFC 5646, 2.1.1); None where it is no tag.

    >>> language_tag("en_in"), language_tag("English")
    ('en-IN', None)
    """
    if not isinstance(value, str):
        return None
    tag = value.strip().replace("_", "-").lower()
    if not _TAG.fullmatch(tag):
        return None
    primary, *rest = tag.split("-")
    return "-".join([primary, *(_subtag(part) for part in rest)])


def _subtag(part: str) -> str:
    if len(part) == 2:
        return part.upper()
    return part.title() if len(part) == 4 and part.isalpha() else part
