"""What was worked out, remembered for a while. A result never depends on whether it was."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """Values by key, in two generations: when the younger one is full the older one is forgotten.

    A look-up costs a dict's; a value that is asked for is kept for at least ``most`` others.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._young: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}

    def get(self, key: Key, make: Callable[[Key], Value]) -> Value:
        """The value under ``key``, made where it is not remembered."""
        value = self._young.get(key)
        if value is None:
            value = self._old.get(key)
            self._young[key] = value = make(key) if value is None else value
            if len(self._young) >= self._most:
                self._old, self._young = self._young, {}
        return value

    def pop(self, key: Key) -> None:
        """Forget a value."""
        self._young.pop(key, None)
        self._old.pop(key, None)

    def clear(self) -> None:
        self._young.clear()
        self._old.clear()
