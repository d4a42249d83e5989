from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.unit.wireday_support import product_items
from wirecopy.cli import build


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_write_gives_articles_truth_and_feeds(tmp_path: Path) -> None:
    result = CliRunner().invoke(build(), ["wireday", "write", str(tmp_path / "new")])
    assert result.exit_code == 0
    articles, truths = lines(tmp_path / "new/articles.jsonl"), lines(tmp_path / "new/truth.jsonl")
    assert [a["id"] for a in articles] == [t["id"] for t in truths] == [item.id for item in product_items()]
    assert set(articles[0]) == {"id", "text", "title", "byline", "source", "url", "published"}
    assert len(list((tmp_path / "new/feeds").glob("*.xml"))) == 19
    assert (tmp_path / "new/feeds.yml").exists()


def test_a_folder_that_cannot_be_made_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(build(), ["wireday", "write", str(tmp_path / "file" / "sub")])
    assert result.exit_code == 2
    assert "cannot write to" in result.output


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_serve_says_when_it_is_ready_and_stops_on_a_signal(tmp_path: Path, stop: signal.Signals) -> None:
    command = [
        sys.executable,
        "-m",
        "wirecopy",
        "wireday",
        "serve",
        "--port",
        "0",
        "--all-at-once",
        "--dump",
        str(tmp_path),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ), text=True) as process:
        try:
            assert process.stdout
            assert select.select([process.stdout], [], [], 60)[0]
            ready = process.stdout.readline()
            base = re.match(r"wire day ready at (http://127\.0\.0\.1:\d+)/", ready)
            assert base, ready
            with urllib.request.urlopen(f"{base[1]}/now", timeout=10) as answer:
                assert json.load(answer)["done"]
            process.send_signal(stop)
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert (tmp_path / "truth.jsonl").exists()
