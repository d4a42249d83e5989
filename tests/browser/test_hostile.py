"""An article that an enemy wrote is shown as what it is: text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from playwright.sync_api import BrowserContext, expect

from schemas.public_records import Credit
from stream_apps.indexing import indices
from stream_apps.indexing.client import connect
from stream_apps.indexing.documents import article_document, story_document
from tests.browser.conftest import served
from tests.integration.pipeline import poll
from tests.unit.indexing_examples import article_id, published, story
from wirecopy.settings import Settings

SCRIPT = "<script>window.broken = 1</script><img src=x onerror='window.broken = 2'>"
TEXT = (
    f'{SCRIPT}" onmouseover="window.broken = 3\n'
    "{{ 7 * 7 }} <svg/onload=window.broken=4> </p></main><style>body{display:none}</style>\n"
    "Pay \u202e99 1\u202c now. \u2067\u2066 \ue000mark\ue001"
)
HOSTILE: dict[str, Any] = {
    "outlet": "evil.example<script>window.broken = 5</script>",
    "headline": f"Boat \u202eknis{SCRIPT}",
    "byline": SCRIPT,
    "url": "javascript:window.broken=6",
    "text": TEXT,
    "credits": (Credit(agency=SCRIPT, role="sole", evidence="tail", span=(0, 10), confidence=1),),
    "annotations": ((0, 40),),
    "language": "<b>",
}


@pytest.fixture(scope="module")
def hostile(
    desk: str, make_settings: Callable[[Path], Settings], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A desk over one story of the enemy, in indices of its own."""
    settings = make_settings(tmp_path_factory.mktemp("hostile"))

    async def make_indices() -> None:
        async with connect(settings.elasticsearch) as client:
            await indices.apply(client, settings.elasticsearch)

    with ThreadPoolExecutor() as threads:  # in this one, Playwright's own loop runs
        threads.submit(asyncio.run, make_indices()).result()
    prefix = settings.elasticsearch.index_prefix
    told = story_document(story(headline=HOSTILE["headline"], event=None))
    with Elasticsearch(settings.elasticsearch.url) as client:
        client.index(
            index=f"{prefix}-articles-write", id=article_id(1), document=article_document(published(**HOSTILE))
        )
        client.index(index=f"{prefix}-stories-write", id=article_id(1), document=told, refresh=True)
        client.indices.refresh(index=f"{prefix}-articles")
    with served(settings) as address:
        yield address


@pytest.mark.parametrize(
    "path", ["/", "/search?q=boat", "/search?copies=1", f"/story/{article_id(1)}", f"/article/{article_id(1)}"]
)
def test_nothing_of_it_runs_or_leads_anywhere(
    open_context: Callable[..., BrowserContext], hostile: str, path: str
) -> None:
    page = open_context().new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(f"{hostile}{path}")
    expect(page.get_by_text("window.broken").first).to_be_visible()
    page.mouse.move(200, 300)
    assert page.evaluate("window.broken") is None
    assert page.locator("[href^='javascript' i], [onerror], [onload], [onmouseover]").count() == 0
    assert page.locator("main script, main img, main style").count() == 0
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(page.content())
    assert refused == [], "it should not have come to that"


def test_were_something_to_slip_in_the_policy_would_stop_it(
    open_context: Callable[..., BrowserContext], hostile: str
) -> None:
    """Whatever a template forgot: no script between the lines runs, and nothing is fetched from elsewhere."""
    page = open_context().new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(f"{hostile}/nowhere")
    page.evaluate(
        """() => {
            const script = document.createElement("script"), div = document.createElement("div");
            script.textContent = "window.broken = 7";
            div.innerHTML = "<img src='https://evil.example/x.png' onerror='window.broken = 8'>";
            document.body.append(script, div);
        }"""
    )
    page.wait_for_function("document.images[0].complete")
    poll(lambda: len(refused) >= 2, "both are refused", 10)
    assert page.evaluate("window.broken") is None
