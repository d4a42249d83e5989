from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.feed_records import RawEntry
from stream_apps.text.clean import clean_entry
from stream_apps.text.html import paragraphs, plain
from wirecopy.errors import BadInput

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
STORY = (
    "<p>Panaji, Mar 4 (PTI) The ferry to Divar island was stopped on Wednesday.</p><p>It will run again. PTI RSY</p>"
)


def entry(**changes: object) -> RawEntry:
    fields: dict[str, object] = {
        "article": "0" * 32,
        "revision": 1,
        "content_hash": "h",
        "feed": "f",
        "outlet": "kosi.example",
        "headline": "Ferry to Divar stopped",
        "content": STORY,
        "published": NOW - timedelta(hours=1),
        "first_seen": NOW,
        "fetched": NOW,
    }
    return RawEntry.model_validate(fields | changes)


def test_text_credits_and_marks() -> None:
    article = clean_entry(entry(), 10_000)
    assert article.text.count("\n") == 1
    assert [(c.agency, c.role, c.evidence) for c in article.credits] == [("PTI", "sole", "dateline")]
    assert [article.text[start:end] for start, end in article.annotations] == ["Panaji, Mar 4 (PTI)", "PTI RSY"]
    assert article.dateline is not None
    assert (article.dateline.place, article.dateline.date) == ("Panaji", "Mar 4")
    assert article.creditline == "PTI RSY"
    assert not article.truncated


def test_the_longer_of_content_and_summary_is_the_text() -> None:
    assert clean_entry(entry(summary="<p>Short</p>"), 10_000).text.startswith("Panaji")
    assert clean_entry(entry(content="<p>Short</p>", summary=STORY), 10_000).text.startswith("Panaji")


def test_a_repeated_headline_is_kept_and_marked() -> None:
    article = clean_entry(entry(content="<h1>Ferry to Divar stopped</h1>" + STORY), 10_000)
    assert article.text.startswith("Ferry to Divar stopped\nPanaji")
    assert article.annotations[0] == (0, len("Ferry to Divar stopped"))
    assert article.dateline is not None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, NOW - timedelta(hours=1)),
        ({"published": None, "updated": NOW - timedelta(hours=2)}, NOW - timedelta(hours=2)),
        ({"published": None}, NOW),
        ({"published": NOW + timedelta(hours=23)}, NOW + timedelta(hours=23)),
        ({"published": NOW + timedelta(days=400)}, NOW),
    ],
)
def test_when_it_was_published(changes: dict[str, object], expected: datetime) -> None:
    assert clean_entry(entry(**changes), 10_000).published == expected


def test_version_created() -> None:
    updated = NOW - timedelta(minutes=5)
    assert clean_entry(entry(updated=updated), 10_000).versioncreated == updated
    assert clean_entry(entry(updated=NOW + timedelta(days=9)), 10_000).versioncreated == NOW
    assert clean_entry(entry(), 10_000).versioncreated == NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("headline", "signal", "status"),
    [
        ("STORY WITHDRAWN: Ferry", "withdrawn", "canceled"),
        ("KILL: Ferry", "kill", "canceled"),
        ("HOLD - Ferry", "hold", "withheld"),
        ("CORRECTED: Ferry", "corrected", "usable"),
        ("Ferry", None, "usable"),
    ],
)
def test_signals_set_the_status(headline: str, signal: str | None, status: str) -> None:
    article = clean_entry(entry(headline=headline), 10_000)
    assert (article.signal, article.pubstatus) == (signal, status)


def test_an_agencys_own_format_names_its_credit_and_status() -> None:
    article = clean_entry(
        entry(creditline="PTI", content="<p>The ferry was stopped.</p>", pubstatus="withheld"), 10_000
    )
    assert [(c.agency, c.role) for c in article.credits] == [("PTI", "sole")]
    assert (article.byline, article.creditline, article.pubstatus) == (None, "PTI", "withheld")


def test_an_entry_without_any_text_is_bad_input() -> None:
    with pytest.raises(BadInput) as caught:
        clean_entry(entry(headline="<b></b>", content="<script>x</script>", summary=" "), 10_000)
    assert caught.value.reason == "empty_entry"
    assert clean_entry(entry(content=None), 10_000).text == ""


def test_a_long_text_is_cut_at_a_word() -> None:
    article = clean_entry(entry(content="word " * 1000), 1002)
    assert article.truncated
    assert len(article.text) <= 1002
    assert article.text.endswith("word")


@given(st.text(max_size=300), st.text(max_size=2000), st.text(max_size=100))
def test_any_entry_gives_an_article_with_sound_marks(headline: str, content: str, byline: str) -> None:
    raw = entry(headline=headline or "x", content=content, byline=byline)
    if not plain(raw.headline) and not paragraphs(content):
        with pytest.raises(BadInput, match="empty_entry"):
            clean_entry(raw, 500)
        return
    article = clean_entry(raw, 500)
    assert article == clean_entry(raw, 500)
    assert len(article.text) <= 500
    previous = -1
    for start, end in article.annotations:
        assert previous < start < end <= len(article.text)
        previous = end
