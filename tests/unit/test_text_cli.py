from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from stream_apps.text import agencies, calibration
from stream_apps.text.clean import clean_entry
from stream_apps.text.cli import evaluated
from stream_apps.text.credits import read_credits
from tests.unit.test_text_clean import entry
from wirecopy.cli import build
from wirecopy.errors import BadInput

LINES = (
    "PTI",
    "New Delhi",
    "By PTI",
    "Panaji, Jun 18 (PTI) The ferry to Divar island was stopped on Wednesday after a jetty gave way.",
    "Men at the jetty. (ANI)",
    "Photo: Reuters",
    "The ferry will run again on Friday, the minister told PTI in Panaji, once the jetty has been seen to.",
    "The ferry will run again on Friday. (UNI)",
    "Also read: Five ferries",
    "(With inputs from AFP)",
    "This story is published from a syndicated feed.",
    "— IANS",
    "ms/vd",
)
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


BLANK_LINES = (
    "Take the ferry, says minister\n\n1-min read\n\nPTI\n\nUpdated:June 27, 2019, 10:14 PM IST\n\n"
    "New Delhi: Two men were held at the jetty, police said.\n\n \n\nThey will be heard on Friday.\n\n"
)


@pytest.mark.parametrize(
    "text",
    [
        BLANK_LINES,
        BLANK_LINES.replace("\n\n", "\r\n\r\n"),
        BLANK_LINES.replace(" ", "\u00a0"),
        "".join(f"<p>{line}</p>" for line in BLANK_LINES.split("\n\n")),
        "Panaji, Jun 18 (PTI) The ferry was stopped.\n\n\n\nIt will run on Friday.\n\n\nPTI RSY\n\n\n",
        "The ferry was stopped.\n\nIt will run on Friday, the minister told PTI.\n\n\n(With inputs from ANI)",
    ],
)
def test_eval_credits_says_what_the_pipeline_says(text: str) -> None:
    (answer,) = evaluated([json.dumps({"text": text, "title": "Ferry"}).encode()], agencies.load())
    article = clean_entry(entry(content=text, headline="Ferry"), 100_000, agencies.load())
    said = [(c.agency, c.role, c.evidence, c.confidence) for c in article.credits]
    assert said
    assert [(c["agency"], c["role"], c["evidence"], c["confidence"]) for c in answer["credits"]] == said
    place = article.dateline.place if article.dateline else None
    assert (answer["dateline"] or {}).get("place") == place


@given(st.text(), st.lists(st.sampled_from(LINES), min_size=1, max_size=8), st.integers(1, 3))
def test_blank_lines_change_nothing(byline: str, lines: list[str], blank: int) -> None:
    close, apart = "\n".join(lines), ("\n" * (blank + 1)).join(lines)
    one, other = read_credits(close, byline), read_credits(apart, byline)
    assert [(c.agency, c.role, c.evidence) for c in one.credits] == [
        (c.agency, c.role, c.evidence) for c in other.credits
    ]
    assert [close[s:e] for s, e in one.annotations] == [apart[s:e] for s, e in other.annotations]
