"""A cache of computed values. No result depends on whether a value was cached."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """Values by key, in two generations: when the younger one is full, the older one is dropped.

    A look-up costs that of a dict (cachetools: three times as much, docs/decisions/0017); a value in use outlives at
    least ``most`` others.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._young: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}

    def get(self, key: Key, make: Callable[[Key], Value]) -> Value:
        """Return the value of ``key``, made where it is not cached."""
        value = self._young.get(key)
        if value is None:
            value = self._old.get(key)
            self._young[key] = value = make(key) if value is None else value
            if len(self._young) >= self._most:
                self._old, self._young = self._young, {}
        return value

    def pop(self, key: Key) -> None:
        """Remove a value."""
        self._young.pop(key, None)
        self._old.pop(key, None)

    def move(self, key: Key, to: Key) -> None:
        """Give the value of ``key``, where it is cached, another key."""
        value = self._young.pop(key, None)
        if value is None:
            value = self._old.pop(key, None)
        if value is not None:
            self._young[to] = value

    def clear(self) -> None:
        self._young.clear()
        self._old.clear()
