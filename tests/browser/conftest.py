"""A real Chromium over one desk, with one wire day in its index, for all browser tests of a run.

They are skipped where no Chromium is installed, and said to be; with ``REQUIRE_CHROMIUM=1``, as in the
continuous integration, its absence is a failure.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from stream_apps.web.app import make_app
from stream_apps.web.server import listen
from tests.integration.outcome import Outcome
from tests.integration.pipeline import poll
from wirecopy.local.process import free_port
from wirecopy.settings import Settings

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REQUIRED = "REQUIRE_CHROMIUM"
PATIENCE = 10_000
"""Milliseconds that a page is given for what it should show."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.servers)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of an installed Chromium."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        message = "no Chromium is installed (`apt install chromium`)"
        if os.environ.get(REQUIRED):
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """For one module: while Playwright's synchronous interface runs, no other event loop can."""
    with sync_playwright() as playwright:
        # Chromium's sandbox does not start for root, as which containers of a continuous integration run.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=chromium, args=options)
        yield running
        running.close()


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """The desk of these settings on a free port of its own; its address without a slash at the end."""
    web = settings.web.model_copy(update={"port": free_port()})
    settings = settings.model_copy(update={"web": web})
    with listen(web) as listening:
        config = uvicorn.Config(make_app(settings), log_config=None, access_log=False, proxy_headers=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            poll(lambda: server.started, "the desk is up", 30)
            yield f"http://127.0.0.1:{web.port}"
        finally:
            server.should_exit = True
            thread.join(30)


@pytest.fixture(scope="module")
def desk(chromium: str, wire_day: Outcome) -> Iterator[str]:
    """The address of the desk with the wire day. It asks for Chromium first: no wire day where there is none."""
    with served(wire_day.settings) as address:
        yield address


@pytest.fixture
def open_context(browser: Browser, desk: str) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts in India's zone, closed after the test."""
    opened: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        chosen = {"timezone_id": "Asia/Kolkata", "locale": "en-GB", "base_url": desk, **options}
        context = browser.new_context(**chosen)  # type: ignore[arg-type]  # options of Playwright's own
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Iterator[Page]:
    """A page that fails the test where a script breaks, or where the content security policy had to stop something."""
    opened = open_context().new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None)
    yield opened
    assert problems == []
