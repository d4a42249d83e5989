"""What every test needs."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

pytest_plugins = ("tests.servers",)

# What is tested is what comes out, not how long a busy machine takes for it; ``timeout`` ends a test that hangs.
settings.register_profile("wirecopy", deadline=None)
settings.register_profile(
    "quick", deadline=None, max_examples=20
)  # for the Pythons beside the one that is developed on
settings.load_profile("wirecopy")


UNIT = Path(__file__).parent / "unit"


@pytest.hookimpl(wrapper=True, tryfirst=True)  # outside of pytest-randomly
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    """Leave tests over servers in the order in which they are written, behind the others.

    They share servers that are dear to start, and some take for granted what is there once those before them are done.
    """
    written = {item: number for number, item in enumerate(items)}
    yield
    items.sort(key=lambda item: 0 if item.path.is_relative_to(UNIT) else 1 + written[item])


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """A command run in a test has the log written to streams that are closed after it: nobody may use them then."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
