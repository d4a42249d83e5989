from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from bench import latency, pipeline, raw, report, restore, stream_clean, stream_process, window
from bench.baseline import Baseline
from bench.latency import ArticleTimes
from bench.pipeline import Burst, Script
from bench.plain_script import Done, text_of
from bench.report import Measured, Report, Table
from bench.stream import stream
from bench.stream_process import Order
from bench.traffic import Traffic, table, total
from schemas.clean import Clean
from schemas.features import Features, unpack_shingles
from schemas.feed_records import RawEntry
from stream_apps.text.html import paragraphs
from wirecopy.wireday.day import generate

TRAFFIC = {"raw": Traffic(100, 200_000, 150_000), "clean": Traffic(100, 100_000, 50_000)}
BURST = Burst(100, 2.0, 2.5, {"producer": 0.2, "Kafka": 0.8}, TRAFFIC, Table("memory", (), []))
BARE = {1: Baseline(1, 100, 1.0, 1.0), 2: Baseline(2, 100, 0.5, 1.0)}


def script(processes: int, seconds: float) -> Script:
    return Script(processes, Done(100, 100, 50, seconds, 1.5), {"Kafka": 0.1, "Elasticsearch": 0.4})


def test_programs_get_the_figures_of_all_who_did_the_work() -> None:
    found = pipeline.figures(BURST, [script(1, 1.25), script(2, 1.0)], BARE)
    assert found["wirecopy"] == {
        "articles_per_second": 50.0,
        "cpu_ms_per_article": 10.0,
        "messages_per_article": 2.0,
        "bytes_per_article": 3000.0,
    }
    assert found["plain script, 1"] == {"articles_per_second": 80.0, "cpu_ms_per_article": 20.0, "of_nlp_pipe": 0.8}
    assert set(found) == {"wirecopy", "plain script, 1", "plain script, 2", "nlp.pipe, 1", "nlp.pipe, 2"}


def test_a_slow_script_does_not_count() -> None:
    assert pipeline.counts(script(1, 1.25), BARE).endswith("counts")
    assert "does not count" in pipeline.counts(script(2, 1.0), BARE)


def test_messages_are_told_by_topic_and_in_all() -> None:
    assert total(TRAFFIC) == Traffic(200, 300_000, 200_000)
    assert table("written", TRAFFIC, 100).rows[-1] == ["all together", 200, 2.0, 3000, 2000]


def test_programs_get_figures_where_a_measurement_promises_them() -> None:
    tables = [Table("t", ("a",), [(1,)])]
    assert Report.of("x", "x", {}, Measured(tables, {"5": 1.5})).as_json() == '{"5": 1.5}'
    assert '"results"' in Report.of("x", "x", {}, tables).as_json()


def test_a_warm_up_brings_what_the_day_does_not_have() -> None:
    known = {item.id for item in generate(scale=1).items()}
    further = raw.further(1, 30)
    assert len(further) == 30
    assert known.isdisjoint(entry.article for entry in further)


def test_an_entry_reads_as_it_was_written() -> None:
    texts = ["Panaji, Jun 18 (PTI) R&D < 5 per cent.", "A second paragraph."]
    entry = raw.entry("outlet.example", "1", "A headline", texts, datetime(2026, 6, 18, tzinfo=UTC))
    assert RawEntry.from_bytes(entry.to_bytes()) == entry
    assert entry.content is not None
    assert list(paragraphs(entry.content)) == texts
    assert text_of(entry.model_dump()) == "\n".join(texts)


@pytest.mark.parametrize("content", ["", "   ", None])
def test_the_script_takes_an_entry_without_a_text(content: str | None) -> None:
    assert text_of({"content": content, "summary": None}) == ""


def test_the_script_takes_text_without_paragraphs() -> None:
    assert text_of({"content": None, "summary": "No <b>markup</b>\nto speak of"}) == "No markup to speak of"


def test_the_script_joins_copies() -> None:
    pytest.importorskip("datasketch", reason="installed on demand: the extra `bench`")
    from bench.plain_script import Stories  # noqa: PLC0415  # as above

    stories = Stories()
    text = " ".join(f"word{number}" for number in range(100))
    assert stories.add("a", text) == ("a", [])
    assert stories.add("c", "quite another text about something else that nobody has told before") == ("c", [])
    assert stories.add("b", f"{text} and some more") == ("a", ["a"])
    assert stories.count == 2


def test_latency_is_told_at_each_rate() -> None:
    found = [ArticleTimes(0.0, 0.1, 0.2, 0.2 + seconds / 100, 2.0) for seconds in range(1, 101)]
    at_four, at_twenty = latency.percentiles(found), latency.percentiles(found[:1])
    assert at_four == {"written": {"p50": 0.5, "p95": 0.95}, "found": {"p50": 2.0, "p95": 2.0}}
    figures = latency.figures({4.0: at_four, 20.0: at_twenty})
    assert figures["written"] == at_four["written"]
    assert figures["rates"]["20"] == at_twenty


def test_a_window_is_told_by_its_size() -> None:
    sizes = {"engine": 2000, "all": 2000}
    assert window.figures({1000: sizes}) == {"articles": {"1000": {"bytes_per_article": sizes}}}
    assert window.table({1000: sizes, 2000: sizes}).rows == [["engine", 2000, 2000], ["all", 2000, 2000]]


def test_a_restored_state_is_told_by_its_size() -> None:
    assert restore.figures(restore.Restored(1000, 1.234)) == {"articles": 1000, "seconds": 1.23}


def test_what_fills_a_state_is_of_the_last_week() -> None:
    now = time.time()
    values = stream_process.made(Order(250, 50, last_seen=now))
    articles = [Features.from_bytes(Clean.from_bytes(value).features) for value in values]
    assert len({one.id for one in articles}) == 300
    assert now - 7 * 86_400 - 60 < articles[0].first_seen / 1e6 < articles[-1].first_seen / 1e6 <= now
    assert restore.probe(300).id not in {one.id.hex() for one in articles}


def test_a_made_up_article_reads_as_a_message_of_clean() -> None:
    for one in stream(50):
        clean = Clean.from_bytes(stream_clean.message(one))
        features, article = Features.from_bytes(clean.features), clean.read_article()
        assert features.id.hex() == article.id == one.id
        assert features == stream_clean.features(one)
        assert (unpack_shingles(features.shingles) >> 8 == one.shingles >> 8).all()
        assert features.first_seen == pytest.approx(article.first_seen.timestamp() * 1e6, abs=1)
        assert [(credit.agency, credit.role) for credit in article.credits] == list(one.credits)
        assert len(article.text.split()) == pytest.approx(one.tokens, abs=2)


def test_the_version_before_stands_where_no_measurement_is_saved() -> None:
    page = report.RESULTS.read_text(encoding="utf-8")
    assert page.count("## The version before") == 1
    before = page.index("## The version before")
    for name in ("pipeline", "story", "window", "restore", "engine", "latency"):
        assert before > page.index(f"<!-- /{name} -->"), name
