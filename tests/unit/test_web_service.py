"""Who may ask the desk for what: everything that is decided before a page is made."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from stream_apps.web.answers import Table, to_csv
from stream_apps.web.app import make_app
from stream_apps.web.login import Person, Refused, identify
from stream_apps.web.request_guard import MAX_BODY, MAX_QUERY, refusal
from stream_apps.web.server import address, listen
from wirecopy.errors import ServerError
from wirecopy.local.process import free_port
from wirecopy.settings import Settings, WebSettings

WEB = Path(__file__).resolve().parents[2] / "stream_apps" / "web"
PROXY = WebSettings(login="proxy", trusted_proxies=("10.0.0.0/8", "::1"), reader_groups=("newsroom",))
OWN = {"host": "desk.example", "sec-fetch-site": "same-origin", "content-length": "10"}


@contextmanager
def desk(settings: Settings | None = None, peer: str = "127.0.0.1") -> Iterator[TestClient]:
    """The desk without an Elasticsearch: nothing listens where it would ask."""
    settings = settings or Settings()
    search = settings.elasticsearch.model_copy(update={"url": "http://127.0.0.1:9"})
    app = make_app(settings.model_copy(update={"elasticsearch": search}))
    with TestClient(app, "http://127.0.0.1", raise_server_exceptions=False, client=(peer, 5000)) as client:
        yield client


# ---- who asks ---------------------------------------------------------------------------------------------------


def who(peer: str | None, **headers: str) -> Person:
    return identify(PROXY, peer, Headers({name.replace("_", "-"): value for name, value in headers.items()}))


def test_without_a_login_everybody_has_the_same_role() -> None:
    assert identify(WebSettings(), "203.0.113.1", Headers({"x-forwarded-user": "root"})) == Person(None, "reader")
    assert identify(WebSettings(open_role="editor"), None, Headers()).may_edit


def test_the_proxy_says_who_asks() -> None:
    assert who("10.1.2.3", x_forwarded_user="asha", x_forwarded_groups="newsroom, editor") == Person("asha", "editor")
    assert who("::1", x_forwarded_user="ravi", x_forwarded_groups="newsroom") == Person("ravi", "reader")
    assert who("::ffff:10.1.2.3", x_forwarded_user="ravi", x_forwarded_groups="newsroom").name == "ravi"


@pytest.mark.parametrize("peer", ["203.0.113.1", "11.0.0.1", None, "", "unix"])
def test_headers_of_anybody_else_count_for_nothing(peer: str | None) -> None:
    with pytest.raises(Refused) as refused:
        who(peer, x_forwarded_user="asha", x_forwarded_groups="editor")
    assert refused.value.status == 403


def test_requests_without_a_login_or_by_unknown_people_are_refused() -> None:
    with pytest.raises(Refused) as nobody:
        who("10.1.2.3", x_forwarded_groups="editor")
    with pytest.raises(Refused) as stranger:
        who("10.1.2.3", x_forwarded_user="eve", x_forwarded_groups="visitors")
    assert (nobody.value.status, stranger.value.status) == (401, 403)


def test_a_header_that_comes_twice_is_believed_in_neither_form() -> None:
    headers = Headers(raw=[(b"x-forwarded-user", b"root"), (b"x-forwarded-user", b"eve")])
    with pytest.raises(Refused) as refused:
        identify(PROXY, "10.1.2.3", headers)
    assert refused.value.status == 400


def test_off_loopback_the_desk_wants_a_login() -> None:
    with pytest.raises(ValidationError, match="login is none"):
        WebSettings(host="0.0.0.0")
    assert WebSettings(host="0.0.0.0", login="proxy").host == "0.0.0.0"


@pytest.mark.parametrize(
    "bad", [{"timezone": "Mars/Olympus"}, {"trusted_proxies": ("nowhere",)}, {"user_header": "a b"}]
)
def test_a_bad_setting_is_named(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(bad))):
        WebSettings(**bad)


# ---- what may be asked ------------------------------------------------------------------------------------------


def test_get_and_head_requests_pass() -> None:
    assert refusal("GET", b"q=rail", {}) is None
    assert refusal("HEAD", b"", {}) is None


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "FOO"])
def test_no_other_method_does_anything(method: str) -> None:
    refused = refusal(method, b"", OWN)
    assert refused
    assert refused[0] == 405


def test_a_long_address_is_turned_away() -> None:
    refused = refusal("GET", b"a" * (MAX_QUERY + 1), {})
    assert refused
    assert refused[0] == 414


def test_a_change_from_a_page_of_ours_passes() -> None:
    assert refusal("POST", b"", OWN) is None
    assert refusal("POST", b"", {"host": "d.example", "origin": "https://d.example", "content-length": "1"}) is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": None, "origin": "https://evil.example"}, 403),
        ({"sec-fetch-site": None, "origin": "null"}, 403),
        ({"sec-fetch-site": None}, 403),
        ({"content-length": None}, 411),
        ({"content-length": "-1"}, 411),
        ({"content-length": str(MAX_BODY + 1)}, 413),
    ],
)
def test_a_change_from_elsewhere_or_too_large_is_turned_away(headers: dict[str, str | None], status: int) -> None:
    sent = {name: value for name, value in {**OWN, **headers}.items() if value is not None}
    refused = refusal("POST", b"", sent)
    assert refused
    assert refused[0] == status


# ---- what is answered -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/nowhere", "/static/desk.css", "/search?page=x", "/static/../app.py", "/static/%2e%2e/app.py"]
)
def test_every_answer_has_the_headers_of_security(path: str) -> None:
    with desk() as client:
        answer = client.get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    assert "def " not in answer.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_another_host_name_is_refused(host: str) -> None:
    """So that no site can have its own name lead to this machine, and read here in a browser's name."""
    with desk() as client:
        answer = client.get("/nowhere", headers={"host": host})
    assert answer.status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:18070", "localhost:18070", "[::1]:18070"])
def test_names_of_loopback_are_answered(host: str) -> None:
    with desk() as client:
        assert (client.get("/nowhere", headers={"host": host})).status_code == 404


def test_a_stranger_sees_nothing_behind_the_proxy() -> None:
    with desk(Settings(web=PROXY), peer="203.0.113.1") as client:
        answer = client.get("/", headers={"x-forwarded-user": "asha"})
    assert (answer.status_code, answer.text) == (403, "the desk is reached through its proxy only\n")


def test_the_index_being_away_is_said_with_what_to_do() -> None:
    with desk() as client:
        page, twin, table = [client.get(f"/search{ending}") for ending in ("", ".json", ".csv")]
    assert [answer.status_code for answer in (page, twin, table)] == [503, 503, 503]
    assert "wirecopy doctor" in page.text
    assert "cannot be reached" in twin.json()["error"]["detail"]


def test_what_cannot_be_asked_is_an_error_of_the_asker() -> None:
    with desk() as client:
        answers = [client.get(path) for path in ("/search?page=x", "/search.json?sort=y", "/story/no-id")]
    assert [answer.status_code for answer in answers] == [400, 400, 400]


def test_a_query_that_cannot_be_read_is_shown_with_a_mark_where_it_goes_wrong() -> None:
    with desk() as client:
        answer = client.get("/search", params={"q": "flood (dam"})
    assert answer.status_code == 400
    assert re.search(r"<pre[^>]*>.*\n  flood \(dam\n +\^</pre>", answer.text)


def test_words_of_an_address_come_back_escaped() -> None:
    with desk() as client:
        answer = client.get("/story/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert answer.status_code in (400, 404)
    assert "<script>alert" not in answer.text


def test_a_static_file_that_is_named_by_its_content_is_kept() -> None:
    with desk() as client:
        page = client.get("/nowhere")
        found = re.findall(r'"(/static/[^"]+\?v=[0-9a-f]{12})"', page.text)
        answers = [client.get(path) for path in found]
    assert len(found) >= 3
    assert all(a.status_code == 200 and "immutable" in a.headers["cache-control"] for a in answers)


def test_nothing_on_a_page_needs_what_the_policy_forbids() -> None:
    for template in sorted((WEB / "templates").glob("*.html")):
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"\s(style|on[a-z]+)=|<style|<script(?![^>]*\ssrc=)|javascript:", text), template.name
        assert "|safe" not in text, template.name


def test_what_is_vendored_is_what_was_published() -> None:
    folder = WEB / "static" / "vendor"
    rows = re.findall(r"\| `([^`]+)` \|.*`([0-9a-f]{64})` \|", (folder / "README.md").read_text(encoding="utf-8"))
    assert rows
    assert {name for name, _ in rows} == {path.name for path in folder.glob("*.js")} | {
        path.name for path in folder.glob("*.css")
    }
    for name, digest in rows:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def test_a_table_holds_nothing_that_a_spreadsheet_would_calculate() -> None:
    written = to_csv(Table(("a", "b"), [["=1+1", 3], ["@SUM(A1)", -0.5], ["x\r\ny", None], ["+91", True]]))
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))
    assert rows == [["a", "b"], ["'=1+1", "3"], ["'@SUM(A1)", "-0.5"], ["x y", ""], ["'+91", "yes"]]


def test_a_taken_port_is_said() -> None:
    with listen(WebSettings(port=free_port())) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=rf"cannot listen at http://127.0.0.1:{port}/.*web.port"):
            listen(WebSettings(port=port))


def test_a_connection_does_not_hold_back_the_body_of_a_page_until_its_headers_are_acknowledged() -> None:
    with listen(WebSettings(port=free_port())) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_the_address_is_one_that_a_browser_takes() -> None:
    assert address(WebSettings(host="::1", port=80)) == "http://[::1]:80/"
    assert address(WebSettings()) == "http://127.0.0.1:18070/"
