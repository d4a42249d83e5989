"""How much an article is about an entity."""

from __future__ import annotations

COUNT, EARLINESS, HEADLINE = 0.45, 0.35, 0.20
"""Weights: how often it is named beside the most named one, how early, and whether the headline names it."""


def salience(count: int, most: int, first: int | None, length: int, *, in_headline: bool) -> float:
    """0 to 1. ``first`` is where the text first names it, of ``length`` characters; none: the headline alone does."""
    early = 0.0 if first is None or not length else 1 - first / length
    often = count / most if most else 0.0
    return round(COUNT * often + EARLINESS * early + HEADLINE * in_headline, 4)
