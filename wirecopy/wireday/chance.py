"""Chance that repeats itself."""

from __future__ import annotations

import random


def chance(*key: object) -> random.Random:
    """Make a generator for a key, so that adding an event or an outlet changes no other's choices."""
    return random.Random("/".join(map(str, key)))  # noqa: S311  # repeatable is the point; nothing here is secret
