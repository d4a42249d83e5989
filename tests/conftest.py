"""What every test needs."""

from __future__ import annotations

import logging
from collections.abc import Iterator

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


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """A command run in a test has the log written to streams that are closed after it: nobody may use them then."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
