"""Traces: carried on by article in W3C headers; hostile headers begin nothing, and off means off."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from producers.messages import Message
from schemas.topics import ARTICLES, CLEAN
from stream_apps.runtime.stage_interface import Incoming, Outgoing
from tests.unit.test_runtime_batches import Bench
from wirecopy import tracing
from wirecopy.tracing import NONE, Tracer, origin

ARTICLE, OTHER = "4f" * 16, "5a" * 16
NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Tracing is on, and the spans are kept here."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(tracing, "_tracer", Tracer(provider))
    yield kept
    provider.shutdown()


def ids(span: ReadableSpan) -> tuple[int, int, int]:
    """Trace, span and parent."""
    assert span.context is not None
    return span.context.trace_id, span.context.span_id, span.parent.span_id if span.parent else 0


def test_a_trace_goes_on_from_message_to_message(spans: InMemorySpanExporter) -> None:
    with tracing.begin([ARTICLE], NOW, {"wirecopy.feed": "top"}) as begun:
        raw, other = begun.carried([Message("raw", ARTICLE.encode(), b"{}"), Message("raw", OTHER.encode(), b"{}")])
    assert other.headers == ()
    with tracing.go_on("fingerprint", [("raw", 3, 77, raw.headers)]) as going_on:
        sent = [Outgoing(CLEAN, ARTICLE.encode(), b"", headers=[("x", b"y"), *raw.headers])]
        (clean,) = going_on.carried(sent)
    first, second = spans.get_finished_spans()
    assert (first.name, second.name) == ("publish", "fingerprint")
    assert ids(second) == (ids(first)[0], ids(second)[1], ids(first)[1])
    assert first.start_time == round(NOW.timestamp() * 1e9), "from when the feed was asked"
    assert second.attributes is not None
    assert second.attributes["messaging.kafka.offset"] == 77
    assert [name for name, _ in clean.headers] == ["x", "traceparent", "baggage"], "the older ones are replaced"
    found = origin(clean.headers)
    assert found is not None
    assert (found.article, found.trace, found.span, found.flags & 1) == (ARTICLE, *ids(second)[:2], 1)


async def test_a_batch_carries_the_trace_of_each_of_its_articles(spans: InMemorySpanExporter) -> None:
    bench = Bench()
    with tracing.begin([ARTICLE], NOW, {}) as begun:
        headers = begun.headers(ARTICLE)
    message = Incoming("raw", 0, 0, ARTICLE.encode(), b"fine", None, headers)
    await bench.runner.add([message], lambda: None)
    await bench.runner.process()
    (sent,) = (one for one in bench.broker.sent if one.key == ARTICLE.encode())
    found, published = origin(sent.headers), spans.get_finished_spans()[-1]
    assert found is not None
    assert published.name == "counting"
    assert found.span == ids(published)[1]
    await bench.add("nobody's", b"fine")
    assert len(spans.get_finished_spans()) == 2, "what is not traced begins no trace"


def test_what_is_not_sampled_says_nothing() -> None:
    begun = Tracer(TracerProvider(sampler=ALWAYS_OFF)).begin([ARTICLE], NOW, {})
    assert begun.headers(ARTICLE) == []


@given(st.lists(st.tuples(st.sampled_from(["traceparent", "baggage", "x"]), st.binary(max_size=60)), max_size=6))
def test_any_headers_can_be_read(headers: list[tuple[str, bytes]]) -> None:
    found = origin(headers)
    assert found is None or (found.trace and found.span)


@pytest.mark.parametrize(
    ("parent", "baggage"),
    [
        (b"00-" + b"0" * 32 + b"-" + b"c" * 16 + b"-01", b"wirecopy.article=4f"),
        (b"00-" + b"a" * 32 + b"-" + b"0" * 16 + b"-01", b"wirecopy.article=4f"),
        (b"00-" + b"a" * 32 + b"-" + b"c" * 16 + b"-01\n", b"wirecopy.article=4f"),
        (b"00-" + b"a" * 32 + b"-" + b"c" * 16 + b"-01", b"wirecopy.article=../x"),
        (b"00-" + b"a" * 32 + b"-" + b"c" * 16 + b"-01", b""),
    ],
)
def test_headers_that_make_no_sense_are_no_trace(parent: bytes, baggage: bytes) -> None:
    assert origin([("traceparent", parent), ("baggage", baggage)]) is None


def test_off_it_looks_at_nothing_and_imports_nothing() -> None:
    unread = iter([("raw", 0, 0, [("traceparent", b"")])])
    assert tracing.go_on("tagging", unread) is NONE
    assert len(list(unread)) == 1
    assert tracing.begin([ARTICLE], NOW, {}) is NONE
    messages = [Outgoing(ARTICLES, ARTICLE.encode(), b"")]
    assert NONE.carried(messages) is messages
    script = "import sys, wirecopy.tracing; print([name for name in sys.modules if name.startswith('opentelemetry')])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "[]\n"
