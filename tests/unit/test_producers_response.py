from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from producers.web.response import MAX_WAIT, WebSubLinks, fresh_for, links, retry_after, websub_links

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HUB = "https://hub.example/"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("60", 60),
        ("Sun, 01 Mar 2026 12:05:00 GMT", 300),
        ("Sun, 01 Mar 2020 12:05:00 GMT", 0),
        ("9" * 50, 86400),
        ("soon", None),
        ("-1", None),
        ("Sun, 01 Mar 2026 12:05:00 +99999999999999", None),
        (None, None),
    ],
)
def test_retry_after_as_number_date_and_nonsense(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Cache-Control": "max-age=300"}, 300),
        ({"Cache-Control": 'Public, Max-Age="300"'}, 300),
        ({"Cache-Control": "max-age=300", "Age": "100"}, 200),
        ({"Cache-Control": "max-age=300", "Age": "400"}, None),
        ({"Cache-Control": "max-age=0, s-maxage=60"}, 60),
        ({"Cache-Control": "max-age=300, s-maxage=60"}, 60),
        ({"Cache-Control": "max-age=60, max-age=300"}, 60),
        ({"Cache-Control": "max-age=300, no-store"}, None),
        ({"Cache-Control": "no-cache, max-age=300"}, None),
        ({"Cache-Control": 'no-cache="Set-Cookie", max-age=300'}, None),
        ({"Cache-Control": "max-age=soon", "Expires": "Sun, 01 Mar 2026 13:00:00 GMT"}, None),
        ({"Cache-Control": "max-age=-1"}, None),
        ({"Cache-Control": "max-age=" + "9" * 500}, MAX_WAIT),
        ({"Expires": "Sun, 01 Mar 2026 12:10:00 GMT"}, 600),
        ({"Expires": "Sun, 01 Mar 2026 12:10:00 GMT", "Date": "Sun, 01 Mar 2026 12:08:00 GMT"}, 120),
        ({"Expires": "Sun, 01 Mar 2026 11:00:00 GMT"}, None),
        ({"Expires": "0"}, None),
        ({"Expires": "Sun, 01 Mar 9999 12:10:00 GMT"}, MAX_WAIT),
        ({}, None),
    ],
)
def test_how_long_an_answer_is_fresh(headers: dict[str, str], seconds: float | None) -> None:
    assert fresh_for(CIMultiDict(headers), NOW) == seconds


@given(st.dictionaries(st.sampled_from(["Cache-Control", "Expires", "Date", "Age"]), st.text(max_size=80)))
def test_freshness_is_bounded_whatever_the_headers_say(headers: dict[str, str]) -> None:
    seconds = fresh_for(CIMultiDict(headers), NOW)
    assert seconds is None or 0 < seconds <= MAX_WAIT


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([f"<{HUB}>; rel=hub"], WebSubLinks(HUB)),
        ([f"<{HUB}>; rel=hub", "<https://a.example/f>; rel=self"], WebSubLinks(HUB, "https://a.example/f")),
        (['</f?a=1,2>; rel="self hub"; title="a \\"b\\", c; d"'], WebSubLinks(*["https://a.example/f?a=1,2"] * 2)),
        ([f"<{HUB}>;REL=HUB, <https://other.example/>; rel=hub"], WebSubLinks(HUB)),
        ([f'<{HUB}>; rel="hub"; rel="self"'], WebSubLinks(HUB)),
        ([f'<{HUB}>; anchor="/other"; rel="hub"'], WebSubLinks()),
        (["<javascript:alert(1)>; rel=hub"], WebSubLinks()),
        (["<http://[broken>; rel=hub", f"<{HUB}>; rel=hub"], WebSubLinks(HUB)),
        (["nonsense, <", f"<{HUB}>; rel=hub"], WebSubLinks(HUB)),
        (["," * 4000 + f"<{HUB}>; rel=hub"], WebSubLinks(HUB)),
        (["<a>; rel=next, " * 30 + f"<{HUB}>; rel=hub"], WebSubLinks()),
        ([], WebSubLinks()),
    ],
)
def test_hub_and_topic_are_read_from_link_headers(values: list[str], expected: WebSubLinks) -> None:
    headers = CIMultiDict([("Link", value) for value in values])
    assert websub_links(links(headers), "https://a.example/feed") == expected


@given(st.text(alphabet='<>;,="\\ arelhubsf:/\t', max_size=300))
def test_any_link_header_can_be_read(value: str) -> None:
    found = websub_links(links(CIMultiDict({"Link": value})), "https://a.example/feed")
    assert found.hub is None or found.hub.startswith(("http://", "https://"))
