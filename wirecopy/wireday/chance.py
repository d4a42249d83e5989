"""Chance that repeats itself."""

from __future__ import annotations

import random


def chance(*key: object) -> random.Random:
    """A generator of its own for every key, so that adding a story or an outlet changes no other's choices."""
    return random.Random("/".join(map(str, key)))  # noqa: S311  # repeatable is the point; nothing here is secret
