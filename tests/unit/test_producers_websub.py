"""The pure parts of WebSub: callbacks, signatures, questions, subscriptions, announcements, limits."""

from __future__ import annotations

import hashlib
import hmac
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict
from pydantic import SecretStr

from producers.errors import FetchError
from producers.web.fetch import Posted
from producers.websub import announcements, intent, limits, subscriptions
from producers.websub.announcements import Heard
from producers.websub.callbacks import Callback, Keys
from producers.websub.events import event, event_message
from producers.websub.hubs import form_of, reading, redirected, secure_address
from producers.websub.intent import confirms, read_intent
from producers.websub.signatures import ALGORITHMS, judge, strongest
from producers.websub.subscriptions import Subscription
from schemas.feed_records import HubEvent
from wirecopy.errors import SettingsError

KEY = SecretStr("a key that nobody can guess")
BASE = "https://news.example/wirecopy/"
HUB, TOPIC = "https://hub.example/", "https://lake-herald.example/feed"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)


def callback(topic: str = TOPIC, hub: str = HUB, feed: str = "lake") -> Callback:
    return Callback.of(feed, "lake-herald.example", hub, topic)


def keys(key: SecretStr = KEY) -> Keys:
    return Keys(BASE, key)


# ---- callbacks ------------------------------------------------------------------------------------------------


@given(NAMES, NAMES)
def test_any_process_with_the_key_reads_a_callback(feed: str, outlet: str) -> None:
    made = Callback.of(feed, outlet, HUB, TOPIC)
    address = keys().address(made)
    assert address.startswith(BASE)
    assert keys().read(address.removeprefix(BASE)) == made


@given(st.integers(min_value=0), st.sampled_from("abcXYZ019-_"))
def test_a_changed_path_is_nobodys(position: int, letter: str) -> None:
    token = keys().token(callback())
    position %= len(token) - 1  # the last letter holds bits that encode nothing
    changed = token[:position] + letter + token[position + 1 :]
    assert (keys().read(changed) is None) == (changed != token)


@given(st.text(max_size=700))
def test_no_path_of_a_stranger_is_read(token: str) -> None:
    assert keys().read(token) is None


def test_another_key_makes_other_paths_and_secrets() -> None:
    other = keys(SecretStr("another key, as good as it"))
    assert other.read(keys().token(callback())) is None
    assert other.secret(callback()) != keys().secret(callback())


def test_every_subscription_has_a_path_and_a_secret_of_its_own() -> None:
    made = [callback(), callback(topic=TOPIC + "2"), callback(hub=HUB + "2"), callback(feed="lake-2")]
    assert len({keys().token(one) for one in made}) == len(made)
    assert len({keys().secret(one) for one in made}) == len(made)
    assert len({one.binding() for one in made}) == 3
    assert all(len(keys().secret(one)) == 64 for one in made)


@pytest.mark.parametrize("topic", [TOPIC, "https://LAKE-herald.example/feed", "https://lake-herald.example/f%65ed"])
def test_a_topic_is_the_same_however_it_is_encoded(topic: str) -> None:
    assert callback().is_for(topic)


@pytest.mark.parametrize(
    "topic", ["", "feed", TOPIC + "/", TOPIC + "?page=2", "http://lake-herald.example/feed", "http://[", "x" * 5000]
)
def test_another_topic_is_another(topic: str) -> None:
    assert not callback().is_for(topic)


@pytest.mark.parametrize(
    ("feed", "topic"),
    [("a\0b", TOPIC), ("x" * 400, TOPIC), ("a", "ftp://a.example/"), ("a", "x" * 5000), ("a", ""), ("\ud800", TOPIC)],
)
def test_what_no_callback_can_be_made_for(feed: str, topic: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Callback.of(feed, "a.example", HUB, topic)


@pytest.mark.parametrize(
    "base", ["ftp://a.example/", "https://", "https://a.example/?x=1", "https://u:p@a.example/", "/"]
)
def test_a_bad_public_address_stops_the_start(base: str) -> None:
    with pytest.raises(SettingsError, match="must be an https address"):
        Keys(base, KEY)


def test_the_public_address_is_https_unless_it_is_this_machine() -> None:
    with pytest.raises(SettingsError, match="in the clear"):
        Keys("http://news.example/", KEY)
    assert Keys("http://127.0.0.1:18090", KEY).address(callback()).startswith("http://127.0.0.1:18090/")


@pytest.mark.parametrize("secret", [None, SecretStr(""), SecretStr("short")])
def test_a_callback_needs_a_key(secret: SecretStr | None) -> None:
    with pytest.raises(SettingsError, match="callback_secret"):
        Keys(BASE, secret)


# ---- signatures -----------------------------------------------------------------------------------------------

BODY = b"<feed>the ferry is late</feed>"


def signed(method: str, body: bytes = BODY, secret: str = "s") -> str:
    return f"{method}={hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()}"


@pytest.mark.parametrize("method", ALGORITHMS)
def test_a_good_signature(method: str) -> None:
    shouted = f"{method}={signed(method).partition('=')[2].upper()}"
    assert [judge(strongest([value]), "s", BODY) for value in (signed(method), shouted)] == ["valid", "valid"]


@pytest.mark.parametrize("method", ALGORITHMS)
@pytest.mark.parametrize(("body", "secret"), [(BODY + b" ", "s"), (BODY, "t")])
def test_a_wrong_signature(method: str, body: bytes, secret: str) -> None:
    assert judge(strongest([signed(method)]), secret, body) == "wrong"


@pytest.mark.parametrize(
    "values", [[], [""], ["md5=" + "0" * 32], ["sha256=" + "0" * 40], ["sha1=xyz"], ["0" * 40], ["sha256"], ["=" * 500]]
)
def test_no_signature_that_could_be_checked(values: list[str]) -> None:
    assert strongest(values) is None
    assert judge(None, "s", BODY) == "missing"


def test_of_several_signatures_the_strongest_decides() -> None:
    forged = "sha256=" + "0" * 64
    assert judge(strongest([signed("sha1"), forged]), "s", BODY) == "wrong"
    assert judge(strongest([f"{signed('sha1')}, {signed('sha512')}"]), "s", BODY) == "valid"


def test_a_signature_over_either_form_of_a_compressed_body_counts() -> None:
    assert judge(strongest([signed("sha256")]), "s", b"compressed", BODY) == "valid"


# ---- questions ------------------------------------------------------------------------------------------------


def question(**changes: str | None) -> MultiDict[str]:
    fields = {"mode": "subscribe", "topic": TOPIC, "challenge": "c-1", "lease_seconds": "600", **changes}
    return MultiDict({f"hub.{name}": value for name, value in fields.items() if value is not None})


def test_a_question() -> None:
    assert read_intent(question()) == intent.Intent("subscribe", TOPIC, "c-1", 600.0)
    assert read_intent(question(mode="unsubscribe", lease_seconds="-1")) == intent.Intent("unsubscribe", TOPIC, "c-1")
    denial = question(mode="denied", challenge=None, lease_seconds=None, reason="full")
    assert read_intent(denial) == intent.Intent("denied", TOPIC, reason="full")


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": None}, {"mode": "publish"}, {"topic": None}, {"topic": ""}, {"challenge": None}, {"challenge": ""},
        {"challenge": "x" * 1025}, {"challenge": "a\nb"}, {"challenge": "\x00"}, {"challenge": "früh"},
        {"lease_seconds": "0"}, {"lease_seconds": "-5"}, {"lease_seconds": "soon"}, {"lease_seconds": "9" * 400},
        {"lease_seconds": "٣"},
    ],
)  # fmt: skip
def test_what_is_no_question(changes: dict[str, str | None]) -> None:
    assert read_intent(question(**changes)) is None


@pytest.mark.parametrize("name", ["hub.mode", "hub.topic", "hub.challenge"])
def test_a_parameter_said_twice_is_not_believed(name: str) -> None:
    twice = question()
    twice.add(name, twice[name])
    assert read_intent(twice) is None


def test_leases_are_bounded() -> None:
    forever, silent = read_intent(question(lease_seconds="9" * 15)), read_intent(question(lease_seconds=None))
    assert forever is not None
    assert forever.lease == intent.MAX_LEASE
    assert silent is not None
    assert silent.lease == intent.LEASE


def test_who_cannot_know_confirms_and_who_knows_says_so() -> None:
    assert [confirms("subscribe", wanted) for wanted in (True, None, False)] == [True, True, False]
    assert [confirms("unsubscribe", wanted) for wanted in (True, None, False)] == [False, True, True]
    assert confirms("denied", None)


# ---- events ---------------------------------------------------------------------------------------------------


def test_an_event_is_a_feed_push_on_the_partition_of_the_outlet() -> None:
    told = event("verified", callback(), NOW, lease=600.0)
    message = event_message(told, "lake-herald.example", "wirecopy")
    assert (message.topic, message.key) == ("wirecopy.feed-pushes.v1", b"lake")
    assert message.partitioned_by == b"lake-herald.example"
    assert message.value is not None
    assert HubEvent.from_bytes(message.value) == told


def test_the_words_of_a_hub_are_cleaned() -> None:
    told = event("denied", callback(), NOW, reason="no\r\n\x1b[31m" + "x" * 1000)
    assert told.reason is not None
    assert told.reason.startswith("no [31mx")
    assert len(told.reason) <= 300


# ---- requests to hubs -----------------------------------------------------------------------------------------


def test_the_parameters_of_a_request() -> None:
    form = form_of("subscribe", callback(), TOPIC, keys())
    assert (form["hub.mode"], form["hub.topic"], form["hub.lease_seconds"]) == ("subscribe", TOPIC, "864000")
    assert form["hub.callback"] == keys().address(callback())
    assert form["hub.secret"] == keys().secret(callback())
    assert "hub.secret" not in form_of("unsubscribe", callback(), TOPIC, keys())


@pytest.mark.parametrize(
    ("hub", "asked"),
    [(HUB, HUB), ("http://hub.example/x", "https://hub.example/x"), ("http://hub.example:80/", "https://hub.example/")],
)
def test_a_secret_never_goes_in_the_clear(hub: str, asked: str) -> None:
    assert secure_address(hub, own=False) == asked


def test_a_hub_of_our_own_may_be_http() -> None:
    assert secure_address("http://127.0.0.1:5000/", own=True) == "http://127.0.0.1:5000/"


@pytest.mark.parametrize(
    ("posted", "outcome", "healthy"),
    [
        (Posted(202, b""), "accepted", True), (Posted(204, b""), "accepted", True),
        (Posted(400, b"no such topic"), "rejected", True), (Posted(404, b""), "rejected", True),
        (Posted(429, b"", None, 90.0), "failed", False), (Posted(503, b"\xff\x00"), "failed", False),
        (Posted(302, b"", "https://b.example/"), "failed", False), (Posted(304, b""), "failed", False),
    ],
)  # fmt: skip
def test_what_a_hub_says(posted: Posted, outcome: str, healthy: bool) -> None:
    answer = reading(posted)
    assert (answer.outcome, answer.healthy) == (outcome, healthy)
    assert answer.wait >= (posted.retry_after or 0.0)
    assert answer.why.isprintable()


def test_a_hub_may_send_us_on() -> None:
    assert redirected(HUB + "a", "/b") == HUB + "b"
    assert redirected("http://127.0.0.1:1/", "http://127.0.0.1:2/") == "http://127.0.0.1:2/"


@pytest.mark.parametrize(
    ("hub", "location"),
    [
        (HUB, "http://hub.example/"), (HUB, None), (HUB, ""), (HUB, "http://["), (HUB, "file:///etc/passwd"),
        ("http://127.0.0.1/", "http://hub.example/"),
    ],
)  # fmt: skip
def test_but_not_anywhere(hub: str, location: str | None) -> None:
    with pytest.raises(FetchError, match="bad_redirect"):
        redirected(hub, location)


# ---- subscriptions --------------------------------------------------------------------------------------------

CHANCE = random.Random(4)
DAY = timedelta(days=1)


def new() -> Subscription:
    return subscriptions.wanted(callback(), HUB, TOPIC, TOPIC, NOW)


def active(lease: float = 864_000.0) -> Subscription:
    return subscriptions.verified(subscriptions.asked(new(), NOW), NOW, lease, NOW, CHANCE)


def test_the_way_to_an_active_subscription() -> None:
    first = new()
    assert (first.state(NOW), first.due) == ("wanted", NOW)
    waiting = subscriptions.asked(first, NOW)
    assert waiting.state(NOW) == "pending"
    running = active()
    assert running.state(NOW) == "active"
    assert running.state(NOW + 10 * DAY) == "wanted"


@given(st.floats(min_value=1, max_value=1e12), st.integers())
def test_a_lease_is_renewed_before_its_end_and_not_too_often(lease: float, seed: int) -> None:
    running = subscriptions.verified(new(), NOW, lease, NOW, random.Random(seed))
    assert running.until is not None
    assert running.until <= NOW + timedelta(seconds=intent.MAX_LEASE)
    assert running.due >= NOW + timedelta(seconds=subscriptions.MIN_RENEWAL)
    if lease > 2 * subscriptions.MIN_RENEWAL:
        assert running.due < running.until


def test_a_renewal_does_not_interrupt() -> None:
    assert subscriptions.asked(active(), NOW + 8 * DAY).state(NOW + 8 * DAY) == "active"
    assert subscriptions.failed(active(), "503", NOW + 8 * DAY, CHANCE).state(NOW + 8 * DAY) == "active"


def test_a_hub_that_never_verifies_is_noticed_each_time() -> None:
    subscription, at, waits = new(), NOW, []
    for _ in range(4):
        subscription = subscriptions.asked(subscription, at)
        assert not subscriptions.is_overdue(subscription, at)
        at = subscription.due
        assert subscriptions.is_overdue(subscription, at)
        subscription = subscriptions.failed(subscription, "silence", at, CHANCE)
        assert not subscriptions.is_overdue(subscription, subscription.due)
        waits.append((subscription.due - at).total_seconds())
        at = subscription.due
    assert all(later > earlier for earlier, later in pairwise(waits))


@given(st.integers(min_value=0, max_value=500), st.integers())
def test_backing_off_ends_at_about_a_day(failures: int, seed: int) -> None:
    subscription = replace(new(), failures=failures)
    wait = subscriptions.failed(subscription, "down", NOW, random.Random(seed)).due - NOW
    assert subscriptions.FIRST_BACKOFF <= wait.total_seconds() <= 1.25 * subscriptions.MAX_BACKOFF


def test_a_hubs_wish_to_be_left_alone_counts() -> None:
    assert subscriptions.failed(new(), "429", NOW, CHANCE, 7200.0).due >= NOW + timedelta(hours=2)


def test_denied_means_not_active_and_no_request_for_a_week() -> None:
    denied = subscriptions.refused(active(), "closed", NOW)
    assert denied.state(NOW) == "refused"
    assert denied.due == NOW + 7 * DAY
    again = subscriptions.verified(denied, NOW + DAY, 600.0, NOW + DAY, CHANCE)
    assert again.state(NOW + DAY) == "active"


def test_ended_unasked_is_asked_for_again_but_not_at_once() -> None:
    gone = subscriptions.ended(active(), NOW + DAY, CHANCE)
    assert not gone.is_active(NOW + DAY)
    assert gone.due > NOW + DAY


def test_told_late_twice_or_from_the_future_a_verification_extends_nothing() -> None:
    running = active(600.0)
    late = subscriptions.verified(running, NOW - DAY, 864_000.0, NOW, CHANCE)
    twice = subscriptions.verified(running, NOW, 864_000.0, NOW, CHANCE)
    assert (late, twice) == (running, running)
    ahead = subscriptions.verified(new(), NOW + 30 * DAY, 600.0, NOW, CHANCE)
    assert ahead.until == NOW + timedelta(seconds=600)


# ---- announcements --------------------------------------------------------------------------------------------


def seconds(number: float) -> datetime:
    return NOW + timedelta(seconds=number)


def polled(heard: Heard, news: datetime | None, at: datetime, *, relied: bool = True) -> Heard:
    return announcements.polled(heard, news, at, relied=relied)[0]


BASELINE = polled(Heard(), NOW, NOW)


def test_an_announcement_is_followed_at_once_and_news_ends_it() -> None:
    heard, at = announcements.announced(BASELINE, seconds(100))
    assert at == seconds(100)
    heard, again, came_true = announcements.polled(heard, seconds(101), seconds(101), relied=True)
    assert (again, came_true, heard.planned) == (None, True, None)


def test_announcements_in_a_row_do_not_put_each_other_off() -> None:
    heard, first = announcements.announced(polled(BASELINE, NOW, seconds(1)), seconds(2))
    for second in range(3, 16):
        heard, at = announcements.announced(heard, seconds(second))
        assert at == first == seconds(1 + announcements.FIRST_SPACING)


def test_a_poll_that_began_before_the_announcement_does_not_settle_it() -> None:
    heard, at = announcements.announced(polled(BASELINE, NOW, seconds(1)), seconds(2))
    heard, again, came_true = announcements.polled(heard, seconds(3), seconds(3), relied=True)
    assert (again, came_true) == (at, None)
    assert announcements.polled(heard, seconds(16), seconds(17), relied=True)[2] is True


def test_news_that_a_cache_hides_is_looked_for_again_and_again() -> None:
    heard, at = announcements.announced(BASELINE, seconds(100))
    looks = [at]
    for _ in range(announcements.MAX_LOOKS):
        heard, again, came_true = announcements.polled(heard, NOW, looks[-1], relied=True)
        if again is None:
            break
        looks.append(again)
    assert (len(looks), again, came_true) == (announcements.MAX_LOOKS, None, False)
    assert looks[-1] - looks[0] >= timedelta(minutes=7)


def test_a_hub_that_cries_wolf_costs_a_publisher_one_request_an_hour() -> None:
    """It announces every second, for two days, what is not there."""
    heard, plan, polls = BASELINE, None, []
    for second in range(1, 2 * 86400):
        now = seconds(second)
        heard, plan = announcements.announced(heard, now)
        if plan <= now:
            polls.append(second)
            heard, _, _ = announcements.polled(heard, NOW, now, relied=True)
    assert len([second for second in polls if second > 86400]) <= 25
    heard, _, _ = announcements.polled(heard, seconds(2 * 86400), seconds(2 * 86400), relied=True)
    assert heard.spacing().total_seconds() == announcements.FIRST_SPACING


def test_a_feed_whose_polls_fail_is_not_asked_at_every_word() -> None:
    heard, first = announcements.announced(BASELINE, seconds(100))
    heard, second = announcements.announced(heard, seconds(101))
    assert (first, second) == (seconds(100), seconds(100 + announcements.FIRST_SPACING))


def test_a_hub_that_stays_silent_three_times_is_not_relied_upon() -> None:
    heard = BASELINE
    for number in range(1, announcements.MAX_MISSES + 1):
        assert heard.is_trusted()
        heard = polled(heard, seconds(number), seconds(number))
    assert not heard.is_trusted()
    assert announcements.announced(heard, seconds(100))[0].is_trusted()


def test_news_before_the_subscription_is_nobodys_fault() -> None:
    heard = BASELINE
    for number in range(1, 10):
        heard = polled(heard, seconds(number), seconds(number), relied=False)
    assert heard.is_trusted()
    assert polled(heard, seconds(9), seconds(20)).is_trusted()


# ---- limits ---------------------------------------------------------------------------------------------------


def test_an_allowance_is_used_up_and_comes_back() -> None:
    allowance = limits.Allowance(burst=3, rate=1)
    assert [allowance.take(callback(), 0.0) for _ in range(4)] == [True, True, True, False]
    assert allowance.take(callback(feed="other"), 0.0)
    assert [allowance.take(callback(), 1.5) for _ in range(2)] == [True, False]


def test_slots_are_for_all_and_for_each() -> None:
    slots = limits.Slots(total=3, each=2)
    with slots.holding(callback()) as first, slots.holding(callback()) as second, slots.holding(callback()) as third:
        assert (first, second, third) == (True, True, False)
        with slots.holding(callback(feed="b")) as other, slots.holding(callback(feed="c")) as more:
            assert (other, more) == (True, False)
    with slots.holding(callback()) as free:
        assert free


def test_a_delivery_is_remembered_for_a_while() -> None:
    recent = limits.Recent(seconds=10)
    recent.add(callback(), b"1", 0.0)
    assert recent.has(callback(), b"1", 9.0)
    assert not recent.has(callback(), b"2", 9.0)
    assert not recent.has(callback(feed="other"), b"1", 9.0)
    assert not recent.has(callback(), b"1", 10.0)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_KNOWN", 5)
    allowance, recent = limits.Allowance(burst=1, rate=0), limits.Recent()
    for number in range(20):
        allowance.take(callback(feed=str(number)), 0.0)
        recent.add(callback(), bytes([number]), 0.0)
    assert not allowance.take(callback(feed="19"), 0.0)
    assert allowance.take(callback(feed="0"), 0.0)
    assert not recent.has(callback(), bytes([0]), 0.0)
    assert recent.has(callback(), bytes([19]), 0.0)
