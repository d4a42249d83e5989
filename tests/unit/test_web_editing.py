"""What editors may change on the desk, and who may not: everything that is decided before Kafka is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from schemas import dead_letters
from stream_apps.web import metrics
from stream_apps.web.answers import Page
from stream_apps.web.app import make_app
from stream_apps.web.form_key import FORM, LIFETIME, FormKey
from stream_apps.web.letter_page import SHOWN_BYTES, letter_page
from stream_apps.web.login import Person
from stream_apps.web.pages.editing import AddForm
from tests.unit.web_pages import rendered
from wirecopy.dlq.letters import Letter, LetterId
from wirecopy.feed_edits import FeedOffer, NotAdded
from wirecopy.settings import Settings, WebSettings

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
KEY = FormKey(b"k" * 32)
ASHA, RAVI = Person("asha", "editor"), Person("ravi", "editor")
PROXY = WebSettings(login="proxy", trusted_proxies=("127.0.0.1",), editing=True, form_key=SecretStr("s" * 32))
OWN_PAGE = {"sec-fetch-site": "same-origin"}
EDITOR = {"x-forwarded-user": "asha", "x-forwarded-groups": "editor"}
READER = {"x-forwarded-user": "eve", "x-forwarded-groups": "newsroom"}
POSTS = [
    ("/feeds/add", "add"),
    ("/feeds/change", "pause"),
    ("/feeds/change", "resume"),
    ("/feeds/change", "remove"),
    ("/dead-letter/0:1/send", "send"),
]


@contextmanager
def desk(web: WebSettings = PROXY) -> Iterator[TestClient]:
    """The desk, with neither an Elasticsearch nor a Kafka where it would ask."""
    given = Settings(web=web)
    search = given.elasticsearch.model_copy(update={"url": "http://127.0.0.1:9"})
    kafka = given.kafka.model_copy(update={"bootstrap": "127.0.0.1:9"})
    app = make_app(given.model_copy(update={"elasticsearch": search, "kafka": kafka}))
    with TestClient(app, "http://127.0.0.1", raise_server_exceptions=False, client=("127.0.0.1", 5000)) as client:
        yield client


def token_of(client: TestClient, headers: dict[str, str]) -> str:
    found = re.search(r'name="token" value="([^"]+)"', client.get("/feeds/add", headers=headers).text)
    return found[1] if found else ""


def counted(action: str, outcome: str) -> float:
    return float(metrics.CHANGES.labels(action, outcome)._value.get())


# ---- tokens -----------------------------------------------------------------------------------------------------


def test_a_token_is_of_one_person_and_about_one_thing_for_a_while() -> None:
    token = KEY.token(ASHA, FORM, NOW)
    assert KEY.holds(token, ASHA, FORM, NOW + LIFETIME)
    assert not KEY.holds(token, RAVI, FORM, NOW)
    assert not KEY.holds(token, ASHA, "paused x", NOW)
    assert not KEY.holds(token, ASHA, FORM, NOW + LIFETIME + timedelta(seconds=1))
    assert not KEY.holds(token, ASHA, FORM, NOW - timedelta(hours=1)), "of a clock that was put back"
    assert not FormKey(b"x" * 32).holds(token, ASHA, FORM, NOW)


@given(st.text(max_size=120))
def test_a_changed_token_is_refused(text: str) -> None:
    assert not KEY.holds(text, ASHA, FORM, NOW)


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_different_subjects_have_different_signatures(name: str, about: str, other_name: str, other_about: str) -> None:
    token = KEY.token(Person(name, "editor"), about, NOW)
    same = (name, about) == (other_name, other_about)
    assert KEY.holds(token, Person(other_name, "editor"), other_about, NOW) == same


# ---- settings ---------------------------------------------------------------------------------------------------


def test_editing_wants_somebody_who_is_an_editor() -> None:
    with pytest.raises(ValidationError, match="nobody is an editor"):
        WebSettings(editing=True)
    assert WebSettings(editing=True, open_role="editor").editing
    assert WebSettings(editing=True, login="proxy").editing
    with pytest.raises(ValidationError, match="fewer than 32 characters"):
        WebSettings(form_key=SecretStr("short"))


# ---- who may ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "action"), POSTS)
def test_a_reader_is_refused_and_it_is_counted(path: str, action: str) -> None:
    with desk() as client:
        token = token_of(client, EDITOR)
        before = counted(action, "refused")
        answer = client.post(path, data={"token": token, "action": action}, headers=READER | OWN_PAGE)
    assert answer.status_code == 403
    assert "only editors may do that" in answer.text
    assert counted(action, "refused") == before + 1


@pytest.mark.parametrize(("path", "action"), POSTS)
@pytest.mark.parametrize("token", ["", "mine", "of ravi", "old"])
def test_a_form_with_another_token_changes_nothing(path: str, action: str, token: str) -> None:
    key, now = FormKey(b"s" * 32), datetime.now(UTC)
    sent = {
        "of ravi": key.token(RAVI, FORM, now),
        "old": key.token(ASHA, FORM, now - LIFETIME - timedelta(minutes=1)),
    }.get(token, token)
    with desk() as client:
        answer = client.post(path, data={"token": sent, "action": action}, headers=EDITOR | OWN_PAGE)
    assert answer.status_code == 403
    assert "this form is too old, or was made for somebody else" in answer.text


@pytest.mark.parametrize("origin", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}])
def test_another_site_changes_nothing_even_with_the_token(origin: dict[str, str]) -> None:
    with desk() as client:
        data = {"token": token_of(client, EDITOR), "action": "pause", "feed": "a"}
        answer = client.post("/feeds/change", data=data, headers=EDITOR | origin)
    assert answer.status_code == 403
    assert "from a page of the desk itself" in answer.text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("action=fly", "application/x-www-form-urlencoded", 400),
        ("action=pause&action=remove", "application/x-www-form-urlencoded", 400),
        ("action=pause&feed=" + "a" * 3000, "application/x-www-form-urlencoded", 400),
        ("&".join(f"f{n}=1" for n in range(50)), "application/x-www-form-urlencoded", 400),
        ("action=%ff", "application/x-www-form-urlencoded", 400),
        ('{"action": "pause"}', "application/json", 415),
        ("action=pause", "text/plain", 415),
    ],
)
def test_a_body_that_is_no_form_of_ours_is_refused(body: str, kind: str, status: int) -> None:
    with desk() as client:
        headers = EDITOR | OWN_PAGE | {"content-type": kind}
        assert client.post("/feeds/change", content=body, headers=headers).status_code == status


def test_nothing_is_changed_by_following_a_link() -> None:
    with desk() as client:
        assert client.get("/feeds/change?action=pause", headers=EDITOR).status_code == 405
        assert client.get("/dead-letter/0:1/send", headers=EDITOR).status_code == 405


def test_readers_get_no_form_and_are_told_why() -> None:
    with desk() as client:
        answer = client.get("/feeds/add", headers=READER)
    assert answer.status_code == 403
    assert "web.editor_groups" in answer.text
    assert "<form class" not in answer.text.split("<main")[1].split("role=")[0]


def test_a_desk_that_may_not_change_anything_has_no_forms() -> None:
    with desk(PROXY.model_copy(update={"editing": False})) as client:
        answers = [client.get("/feeds/add", headers=EDITOR)]
        answers += [client.post("/feeds/change", data={"action": "pause"}, headers=EDITOR | OWN_PAGE)]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert all("web.editing" in answer.text for answer in answers)


def test_every_action_is_logged_with_its_person() -> None:
    with desk() as client, capture_logs() as logs:
        data = {"token": token_of(client, EDITOR), "action": "add", "address": "https://news.example/feed"}
        before = counted("add", "failed")
        answer = client.post("/feeds/add", data=data, headers=EDITOR | OWN_PAGE)
    assert answer.status_code == 422
    assert "127.0.0.1:9" in answer.text, "Kafka does not answer, and that is said beside the form"
    assert 'value="https://news.example/feed"' in answer.text, "what was filled in is still there"
    assert counted("add", "failed") == before + 1
    (line,) = [line for line in logs if line.get("event.action") == "add"]
    assert (line["user.name"], line["event.outcome"], line["what"]) == ("asha", "failed", "https://news.example/feed")


# ---- the form ---------------------------------------------------------------------------------------------------


def test_several_feeds_are_offered_and_known_ones_are_not() -> None:
    offers = (FeedOffer("https://a.example/1", "one"), FeedOffer("https://a.example/2", "two", known="a-2"))
    form = AddForm("a.example", "a.example", "x, y", refused=NotAdded("", offers))
    html = rendered(Page("add_feed.html", "Add a feed", form), "/feeds/add")
    assert html.count('aria-label="Add https') == 1
    assert "polled already, as a-2" in html
    assert form.wish(unchecked=False).tags == ("x", "y")


def test_only_what_a_producer_may_reach_is_added_unchecked() -> None:
    buttons = [
        "Add it all the same" in rendered(Page("add_feed.html", "Add", AddForm("a", refused=refused)), "/feeds/add")
        for refused in (None, NotAdded("no feed there"), NotAdded("a.example: timeout", unchecked=True))
    ]
    assert buttons == [False, False, True]


# ---- letters ----------------------------------------------------------------------------------------------------


def letter(value: bytes, *headers: tuple[str, bytes], **changes: Any) -> Letter:
    why = dead_letters.headers("fingerprint", "schema", "an error", "raw", at=(1, 5))
    return Letter(LetterId(2, 118), b"k\x1b", value, len(value), (*why, *headers), NOW, **changes)


def test_a_body_is_shown_harmlessly_and_bounded() -> None:
    body = b"<script>alert(1)</script>\x1b[2J\xe2\x80\xaegnp.exe \xff" + b"x" * SHOWN_BYTES
    page = letter_page(LetterId(2, 118), None, letter(body, ("<b>", b"\x00<i>")))
    assert page.opened is not None
    assert page.opened.left_out == len(body) - SHOWN_BYTES
    html = rendered(Page("dead_letter.html", "Dead letter", page), "/dead-letter/2:118")
    main = html.split("<main")[1]
    assert "<script>" not in main
    assert "<i>" not in main
    assert not set("\x1b\u202e\x00") & set(html)
    assert "\\x1b[2J\\u202egnp.exe \\xff" in main


def test_a_letter_that_cannot_be_sent_again_shows_the_reason() -> None:
    held = [
        letter_page(LetterId(2, 118), None, one).opened
        for one in (letter(b"x"), letter(b"x", done="purged"), letter(b"x", (dead_letters.CUT_HEADER, b"9")))
    ]
    assert [one.held if one else "" for one in held] == [None, "it was purged", "it was cut, from 9 bytes"]


def test_a_letter_that_is_closed_says_why() -> None:
    html = rendered(Page("dead_letter.html", "Dead letter", letter_page(LetterId(2, 118), None, None, "Only editors.")))
    assert "Only editors." in html
    assert "<pre" not in html
