from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stream_apps.text import agencies, calibration
from stream_apps.text.cli import evaluated
from wirecopy.cli import build
from wirecopy.errors import BadInput

ITEM = {
    "text": "Panaji, Jun 18 (PTI) The ferry was stopped. PTI RSY",
    "byline": "PTI",
    "title": "Ferry",
    "published": "2025-06-19",
}


def test_eval_credits(tmp_path: Path) -> None:
    items = tmp_path / "items.jsonl"
    items.write_text(json.dumps(ITEM) + "\n\n" + json.dumps({"text": "The ferry sank."}) + "\n", encoding="utf-8")
    result = CliRunner().invoke(build(), ["eval", "credits", str(items), "--json"])
    assert result.exit_code == 0, result.output
    sure = calibration.confidence("dateline", "sole")
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert first == {
        "credits": [{"agency": "PTI", "role": "sole", "evidence": "dateline", "span": [15, 20], "confidence": sure}],
        "origin_class": "wire_verbatim",
        "services": [],
        "dateline": {"place": "Panaji", "places": ["Panaji"], "date": "Jun 18", "day": "2025-06-18", "span": [0, 20]},
    }
    assert second == {"credits": [], "services": [], "origin_class": "original", "dateline": None}


def test_eval_credits_reads_standard_input() -> None:
    result = CliRunner().invoke(build(), ["eval", "credits", "-"], input=json.dumps(ITEM))
    assert result.stdout == "wire_verbatim: PTI sole (dateline)\n"


@pytest.mark.parametrize(
    ("item", "line"),
    [
        ({"text": "The ferry sank.", "byline": "TNN"}, "original: no agency; own service TNN (byline)"),
        ({"text": "The ferry sank.", "url": "https://www.ptinews.com/1"}, "wire_verbatim: PTI sole (byline)"),
        ({"text": "The ferry sank.", "source": "aninews.in"}, "wire_verbatim: ANI sole (byline)"),
        ({"text": "The ferry sank.", "outlet": "herald.example", "published": "yesterday"}, "original: no agency"),
    ],
)
def test_what_is_known_of_a_text_beside_it(item: dict[str, str], line: str) -> None:
    assert CliRunner().invoke(build(), ["eval", "credits", "-"], input=json.dumps(item)).stdout == line + "\n"


@pytest.mark.parametrize("bad", [b"{", b"[]", b'{"title": "x"}', b'{"text": 5}', b'{"text": "x", "byline": 5}'])
def test_a_bad_line_is_named(bad: bytes) -> None:
    with pytest.raises(BadInput, match="line 2") as caught:
        list(evaluated([b'{"text": "x"}', bad], agencies.load()))
    assert caught.value.exit_code == 5


def test_a_file_that_is_not_there() -> None:
    result = CliRunner().invoke(build(), ["eval", "credits", "absent.jsonl"])
    assert isinstance(result.exception, BadInput)
