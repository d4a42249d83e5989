from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus

import feedparser
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wireday_support import own_events, product_day, product_items
from wirecopy.errors import ServerError
from wirecopy.wireday.answers import Release
from wirecopy.wireday.channels import WINDOW, Channel, channels
from wirecopy.wireday.day import generate
from wirecopy.wireday.items import Version
from wirecopy.wireday.server import WireDayServer

NOON = 1_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@cache
def product_channels() -> dict[str, Channel]:
    return channels(product_day())


def a_release(clock: Clock, *, at_once: bool = False, scale: int = 1) -> Release:
    day = product_day() if scale == 1 else generate(scale=scale)
    return Release(day, channels(day), NOON, "http://127.0.0.1:1", at_once, clock)


def guids(release: Release, host: str) -> list[str]:
    return [entry.id for entry in feedparser.parse(release.answer(f"/{host}/feed.xml").body).entries]


@contextmanager
def serving(clock: Clock) -> Iterator[str]:
    server = WireDayServer(generate(events=own_events()), 0, clock=clock).start()
    try:
        yield server.base
    finally:
        server.close()


def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): v for name, v in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


def test_entries_appear_when_their_time_has_come() -> None:
    clock = Clock()
    release = a_release(clock)
    assert guids(release, "pti.example") == []
    seen = [0]
    for _ in range(20):
        clock.now += 2
        seen.append(len(guids(release, "pti.example")))
    assert seen == sorted(seen)
    assert 0 < seen[10] < seen[20]
    assert seen[20] == sum(item.outlet.id == "pti" for item in product_items())
    assert json.loads(release.answer("/now").body)["done"]


def test_a_correction_replaces_the_text_under_its_guid() -> None:
    clock = Clock()
    release = a_release(clock)
    item = next(i for i in product_items() if i.kind == "filing" and len(i.versions) == 2)
    headlines = []
    for version in item.versions:
        clock.now = NOON + product_day().offset(version.at) + 0.001
        parsed = feedparser.parse(release.answer(f"/{item.outlet.host}/feed.xml").body)
        found = [entry for entry in parsed.entries if entry.id == item.guid]
        assert len(found) == 1
        assert parsed.entries[0].id == item.guid
        headlines.append(found[0].title)
    assert headlines == [version.headline for version in item.versions]


@pytest.mark.parametrize("scale", [1, 6])
def test_whoever_polls_at_the_interval_misses_nothing(scale: int) -> None:
    clock = Clock()
    release = a_release(clock, scale=scale)
    seen: set[tuple[str, str]] = set()
    sizes = []
    while clock.now < NOON + release.duration + release.interval:
        clock.now += release.interval
        for host, channel in release.channels.items():
            visible = channel.visible(channel.out(release.elapsed, release.hold))
            seen |= {(host, f"{item.id} {version.at}") for item, version in visible}
            sizes.append(len(visible))
    released = {
        (host, f"{item.id} {version.at}") for host, c in release.channels.items() for item, version in c.entries
    }
    assert released - seen == _overtaken(release)
    assert scale == 1 or max(sizes) > WINDOW


def _overtaken(release: Release) -> set[tuple[str, str]]:
    """Versions that a newer one of the same entry replaced before the next poll: no reader can see those."""
    lost = set()
    for host, channel in release.channels.items():
        polls: dict[tuple[str, float], list[Version]] = {}
        for offset, (item, version) in zip(channel.offsets, channel.entries, strict=True):
            polls.setdefault((item.id, -(-offset // release.interval)), []).append(version)
        lost |= {(host, f"{id_} {v.at}") for (id_, _), versions in polls.items() for v in versions[:-1]}
    return lost


@settings(deadline=None)
@given(st.floats(0, 60), st.floats(0, 30))
def test_a_feed_holds_the_newest_entries_and_all_recent_ones(elapsed: float, hold: float) -> None:
    channel = product_channels()["pti.example"]
    out = channel.out(elapsed, hold)
    assert all(offset <= elapsed for offset in channel.offsets[: out.stop])
    assert all(offset > elapsed for offset in channel.offsets[out.stop :])
    assert len(out) >= min(WINDOW, out.stop)
    assert all(offset < elapsed - hold for offset in channel.offsets[: out.start])


def test_all_at_once_gives_the_last_versions_at_the_start() -> None:
    release = a_release(Clock(), at_once=True)
    total = sum(len(guids(release, host)) for host in release.channels)
    assert total == len(product_items())
    assert json.loads(release.answer("/truth.json").body)["published_all_at"] == NOON


def test_the_truth_says_when_each_version_comes_out() -> None:
    release = a_release(Clock())
    content = json.loads(release.answer("/truth.json").body)
    assert len(content["articles"]) == len(product_items())
    assert {len(row["released"]) for row in content["articles"]} == {1, 2}
    assert max(row["released"][-1] for row in content["articles"]) == pytest.approx(
        content["published_all_at"], abs=1e-2
    )
    assert 30 < content["published_all_at"] - NOON < 40
    assert set(content["events"]) >= {event.id for event in product_day().events}


def test_real_time_needs_no_frequent_polls() -> None:
    day = generate(compress=1, events=own_events())
    release = Release(day, channels(day), NOON, "http://127.0.0.1:1")
    assert release.interval == 300
    assert release.hold == 3000


def test_over_http_with_conditional_requests() -> None:
    clock = Clock()
    with serving(clock) as base:
        clock.now += 100
        status, headers, body = get(f"{base}/pti.example/feed.xml")
        assert (status, headers["Content-Type"]) == (200, "application/rss+xml; charset=utf-8")
        assert len(feedparser.parse(body).entries) >= 2
        again = f"{base}/pti.example/feed.xml"
        assert get(again, If_None_Match=headers["ETag"])[::2] == (HTTPStatus.NOT_MODIFIED, b"")
        assert get(again, If_Modified_Since=headers["Last-Modified"])[::2] == (HTTPStatus.NOT_MODIFIED, b"")
        assert get(again, If_None_Match='"other"', If_Modified_Since=headers["Last-Modified"])[0] == 200
        assert get(again, If_Modified_Since="Thu, 01 Jan 1970 00:00:00 GMT")[0] == 200
        assert get(again, If_Modified_Since="yesterday")[0] == 200
        assert get(f"{base}/nobody.example/feed.xml")[0] == 404


def test_no_date_is_given_while_its_second_lasts() -> None:
    clock = Clock()
    release = a_release(clock)
    offset = release.channels["pti.example"].offsets[0]
    clock.now = NOON + offset
    assert release.answer("/pti.example/feed.xml").changed is None
    clock.now = int(NOON + offset) + 1.0
    assert release.answer("/pti.example/feed.xml").changed is not None


def test_the_lists_lead_to_feeds_and_the_page_is_readable() -> None:
    clock = Clock()
    with serving(clock) as base:
        rows = yaml.safe_load(get(f"{base}/feeds.yml")[2])
        assert {get(row["url"])[0] for row in rows} == {200}
        assert get(f"{base}/feeds.opml")[0] == 200
        page = get(f"{base}/")[2].decode()
        assert all(f"/{row['outlet']}/feed.xml" in page for row in rows)


def test_a_taken_port_is_a_clear_error() -> None:
    clock = Clock()
    with serving(clock) as base, pytest.raises(ServerError, match=r"cannot listen on 127\.0\.0\.1:\d+"):
        WireDayServer(generate(events=own_events()), int(base.rpartition(":")[2]))
