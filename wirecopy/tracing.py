"""Traces of articles from their feed to the index, across Kafka. Off unless ``telemetry.traces_endpoint`` is set.

A producer begins the trace of a share of the articles. Messages carry it as W3C Trace Context and W3C Baggage define
it: ``traceparent``, and ``baggage`` with the article, since a message of a story can tell of many. A stage adds a span
to each trace that reaches it, from the beginning of its batch until the brokers have acknowledged what follows, and
gives the trace on to the message whose key is the article's id.

Where it is off, nothing is imported and a batch costs one comparison.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import wirecopy
from wirecopy.errors import MissingSoftware
from wirecopy.settings import TelemetrySettings

TRACE_HEADER: Final = "traceparent"
ARTICLE_HEADER: Final = "baggage"
_ARTICLE: Final = "wirecopy.article="
_PARENT: Final = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_ID: Final = re.compile(r"[0-9a-f]{1,64}")

Header = tuple[str, bytes]


class Traceable(Protocol):
    """A message that is sent: a frozen record with these fields."""

    @property
    def key(self) -> bytes: ...
    @property
    def headers(self) -> Sequence[Header]: ...


Sent = TypeVar("Sent", bound=Traceable)


class TraceContext(NamedTuple):
    """The trace context of a message."""

    article: str
    trace: int
    span: int
    flags: int


def origin(headers: Iterable[Header]) -> TraceContext | None:
    """Return the trace of a message; None where it has none, or a malformed one.

    >>> headers = [("traceparent", b"00-" + b"ab" * 16 + b"-" + b"cd" * 8 + b"-01")]
    >>> found = origin([*headers, ("baggage", b"wirecopy.article=4f")])
    >>> found.article, f"{found.span:x}", found.flags
    ('4f', 'cdcdcdcdcdcdcdcd', 1)
    """
    said = dict(headers)
    parent = _PARENT.fullmatch(said.get(TRACE_HEADER, b""))
    article = said.get(ARTICLE_HEADER, b"").decode(errors="replace").removeprefix(_ARTICLE)
    if parent is None or _ID.fullmatch(article) is None:
        return None
    trace, span, flags = (int(part, 16) for part in parent.groups())
    return TraceContext(article, trace, span, flags) if trace and span else None


class Spans(AbstractContextManager["Spans"]):
    """Spans of one batch by article; ended with the block."""

    def __init__(self, spans: Mapping[str, Any]) -> None:
        self._spans = spans

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for span in self._spans.values():
            if error is not None:
                span.record_exception(error)
            span.end()

    def headers(self, article: str) -> list[Header]:
        """Return the trace headers for a message of this article; none where it is not traced."""
        span = self._spans.get(article)
        if span is None:
            return []
        context = span.get_span_context()
        parent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
        return [(TRACE_HEADER, parent.encode()), (ARTICLE_HEADER, f"{_ARTICLE}{article}".encode())]

    def carried(self, messages: Sequence[Sent]) -> Sequence[Sent]:
        """Return the messages; those of a traced article carry its trace in their headers, in place of an older one."""
        return messages if not self._spans else [self._with_headers(message) for message in messages]

    def _with_headers(self, message: Sent) -> Sent:
        ours = self.headers(message.key.decode(errors="replace"))
        if not ours:
            return message
        others = [header for header in message.headers if header[0] not in {TRACE_HEADER, ARTICLE_HEADER}]
        changed: Sent = dataclasses.replace(message, headers=(*others, *ours))  # type: ignore[type-var]  # a record
        return changed


NONE: Final = Spans({})
"""Of a batch without any trace."""


class Tracer:
    """Makes spans. ``provider`` is that of OpenTelemetry's SDK."""

    def __init__(self, provider: Any) -> None:
        from opentelemetry import trace  # noqa: PLC0415  # only where tracing is on: it is an extra

        self._api = trace
        self._provider = provider
        self._tracer = provider.get_tracer("wirecopy", wirecopy.__version__)

    def begin(self, articles: Iterable[str], started: datetime, attributes: Mapping[str, str]) -> Spans:
        """Begin traces of these articles, for those that are sampled."""
        spans: dict[str, Any] = {}
        for article in articles:
            span = self._tracer.start_span(
                "publish",
                context=self._api.set_span_in_context(self._api.INVALID_SPAN),
                kind=self._api.SpanKind.PRODUCER,
                attributes={"wirecopy.article": article, **attributes},
                start_time=round(started.timestamp() * 1e9),
            )
            if span.is_recording():
                spans[article] = span
        return Spans(spans)

    def go_on(self, stage: str, messages: Iterable[tuple[str, int, int, Iterable[Header]]]) -> Spans:
        """Spans of the stage in the traces that have reached it. ``messages``: topic, partition, offset, headers."""
        spans: dict[str, Any] = {}
        for topic, partition, offset, headers in messages:
            found = origin(headers)
            if found is not None and found.article not in spans:
                spans[found.article] = self._child(stage, found, topic, partition, offset)
        return Spans(spans) if spans else NONE

    def _child(self, stage: str, parent: TraceContext, topic: str, partition: int, offset: int) -> Any:
        api = self._api
        remote = api.SpanContext(parent.trace, parent.span, is_remote=True, trace_flags=api.TraceFlags(parent.flags))
        return self._tracer.start_span(
            stage,
            context=api.set_span_in_context(api.NonRecordingSpan(remote)),
            kind=api.SpanKind.CONSUMER,
            attributes={
                "wirecopy.article": parent.article,
                "messaging.system": "kafka",
                "messaging.destination.name": topic,
                "messaging.destination.partition.id": str(partition),
                "messaging.kafka.offset": offset,
            },
        )

    def close(self) -> None:
        """Send pending spans."""
        self._provider.shutdown()


_tracer: Tracer | None = None


def start(process: str, settings: TelemetrySettings) -> None:
    """Start tracing, if the settings ask for it. Raises ``MissingSoftware`` where OpenTelemetry is not installed."""
    global _tracer  # noqa: PLW0603  # one a process, as the registry of metrics is
    _tracer = None if settings.traces_endpoint is None else Tracer(_provider(process, settings))


def stop() -> None:
    """Send pending spans and stop tracing."""
    global _tracer
    ended, _tracer = _tracer, None
    if ended is not None:
        ended.close()


def begin(articles: Iterable[str], started: datetime, attributes: Mapping[str, str]) -> Spans:
    """As ``Tracer.begin``; nothing where tracing is off."""
    return NONE if _tracer is None else _tracer.begin(articles, started, attributes)


def go_on(stage: str, messages: Iterable[tuple[str, int, int, Iterable[Header]]]) -> Spans:
    """As ``Tracer.go_on``; nothing where tracing is off, and then the messages are not looked at."""
    return NONE if _tracer is None else _tracer.go_on(stage, messages)


def _provider(process: str, settings: TelemetrySettings) -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415
    except ImportError:
        raise MissingSoftware(
            "telemetry.traces_endpoint needs OpenTelemetry: pip install 'wirecopy[traces]', or unset it"
        ) from None
    resource = Resource.create({"service.name": f"wirecopy-{process}", "service.version": wirecopy.__version__})
    provider = TracerProvider(sampler=ParentBased(TraceIdRatioBased(settings.traces_ratio)), resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.traces_endpoint)))
    return provider
