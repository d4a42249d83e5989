"""The names of curated entities, read once and not before somebody asks."""

from __future__ import annotations

import asyncio
import threading

from stream_apps.web.curated_names import CuratedNames
from wirecopy.errors import SettingsError


def test_alias_files_are_read_once_however_many_ask() -> None:
    times = []

    def read() -> dict[str, tuple[str, ...]]:
        times.append(1)
        return {"a": ("Alpha", "A."), "b": ("Beta", "A.")}

    async def ask() -> list[tuple[str, ...] | None]:
        names = CuratedNames(read)
        assert times == []
        return list(await asyncio.gather(names.of(["a", "b"]), names.of(["b"]), names.of(["unknown"])))

    assert asyncio.run(ask()) == [("Alpha", "A.", "Beta"), ("Beta", "A."), ()]
    assert len(times) == 1


def test_a_page_does_not_wait_for_ever_and_the_next_one_has_them() -> None:
    go_on = threading.Event()

    def read() -> dict[str, tuple[str, ...]]:
        assert go_on.wait(30)
        return {"a": ("Alpha",)}

    async def ask() -> tuple[tuple[str, ...] | None, ...]:
        names = CuratedNames(read, patience=0.01)
        first = await names.of(["a"])
        go_on.set()
        while (later := await names.of(["a"])) is None:
            pass
        return first, later

    assert asyncio.run(ask()) == (None, ("Alpha",))


def test_bad_alias_files_cost_the_aliases_and_no_page() -> None:
    def read() -> dict[str, tuple[str, ...]]:
        raise SettingsError("bad alias file")

    assert asyncio.run(CuratedNames(read).of(["a"])) == ()
