"""The commands that keep feeds, against a real broker and a site on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import typer
from kafka import KafkaProducer
from typer.testing import CliRunner, Result

from producers import cli
from producers.messages import state_message
from producers.polling.entries import initial_state
from producers.publish import partition_of
from producers.registry import edits, feeds_cli
from producers.registry.feeds_topic import feed_message, read_feeds, read_registry
from producers.state import read_states
from schemas import dead_letters
from schemas.feed_records import Feed
from schemas.topics import DEAD_LETTERS, FEEDS
from tests.integration.reading import read
from wirecopy.cli import topics
from wirecopy.cli.registry import use
from wirecopy.errors import ServerError
from wirecopy.kafka import client_config
from wirecopy.settings import KafkaSettings, Loaded, Settings

pytestmark = pytest.mark.servers

FEED = (
    "<rss version='2.0'><channel><title>Coastal Observer</title><link>http://{host}/</link>"
    "<item><guid>1</guid><title>Harbour reopens after repairs</title><link>http://{host}/1</link></item></channel></rss>"
)
PAGE = "<html><head><link rel='alternate' type='application/rss+xml' href='/news/top.rss'></head></html>"


class Site(BaseHTTPRequestHandler):
    """A page that names its feed, the feed, and a list."""

    def do_GET(self) -> None:  # the name that the base class calls
        pages = {
            "/": PAGE,
            "/news/top.rss": FEED.format(host=self.headers["Host"]),
            "/list.yml": "- url: file:///etc\n",
        }
        body = pages.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body or "")))
        self.end_headers()
        self.wfile.write((body or "").encode())

    def log_message(self, *_: object) -> None:
        """Not to the output of the tests."""


@pytest.fixture
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, site: str) -> Run:
    topics.apply(settings.kafka)
    commands = typer.Typer()
    for name in ("import", "export", "add", "remove", "pause", "resume", "status"):
        commands.command(name)(getattr(feeds_cli, f"feeds_{name}"))
    commands.command("list")(cli.feeds_list)
    commands.command("check")(cli.feeds_check)
    producer = settings.producer.model_copy(update={"allow_hosts": (site,), "parse_processes": 1})

    def invoke(*words: str) -> Result:
        use(Loaded(settings.model_copy(update={"producer": producer}), {}))
        result = CliRunner().invoke(commands, words)
        if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def ids(result: Result) -> list[str]:
    return [line.split("\t")[0] for line in result.stdout.splitlines()]


def test_the_life_of_a_list(run: Run, settings: Settings, site: str, tmp_path: Path) -> None:
    path = tmp_path / "ours.opml"
    path.write_text(
        "<opml version='2.0'><head/><body><outline text='India'>"
        "<outline text='A' id='a' xmlUrl='https://a.example/f' category='/World/Asia,top'/>"
        "<outline text='B' id='b' xmlUrl='https://b.example/f' interval='90' paused='true'/>"
        "</outline></body></opml>"
    )
    assert run("import", str(path), "--dry-run").stdout.endswith("would be: 2 added\n")
    assert run("list").stdout == ""
    assert run("import", str(path)).stdout.endswith("2 added\n")
    assert run("import", str(path)).stdout == "2 unchanged\n"
    assert ids(run("list")) == ["a", "b"]
    added = run("add", site, "--outlet", "coastalobserver.example", "--tag", "Coast", "--id", "coast")
    assert "found named by the page" in added.stderr
    assert run("add", f"http://{site}/news/top.rss/").exit_code == 1
    assert ids(run("list")) == ["a", "b", "coast"]
    check = run("check", "coast")
    assert check.exit_code == 0
    assert "Coastal Observer" in check.stdout
    assert run("resume", "b").stdout.endswith("1 changed\n")
    assert run("pause", "a", "coast").stdout.endswith("2 changed\n")
    assert run("status").stdout.splitlines()[0] == "3 feeds: 1 new and 2 paused"
    assert [one["id"] for one in json.loads(run("status", "--paused", "--json").stdout)["feeds"]] == ["a", "coast"]
    exported = tmp_path / "export.opml"
    exported.write_bytes(run("export").stdout_bytes)
    before = read_feeds(settings.kafka)
    assert before["a"].tags == ("India", "World/Asia", "top")
    assert before["coast"] == Feed(
        id="coast", url=f"http://{site}/news/top.rss", outlet="coastalobserver.example", tags=("Coast",),
        title="Coastal Observer", home=f"http://{site}/", paused=True,
    )  # fmt: skip
    assert run("remove", "a", "b", "coast").stdout.endswith("3 removed\n")
    assert run("list").stdout == ""
    assert run("import", str(exported)).stdout.endswith("3 added\n")
    assert read_feeds(settings.kafka) == before


def test_status_tells_of_an_outlet_that_a_stage_has_paused(run: Run, settings: Settings) -> None:
    """The letters lie among transactions, as those of the engine do, whose marks must not end the reading."""
    producer = KafkaProducer(**client_config(settings.kafka), transactional_id="test-status")
    topic = DEAD_LETTERS.full_name(settings.kafka.topic_prefix)
    producer.init_transactions()
    for _ in range(3):
        producer.begin_transaction()
        headers = dead_letters.headers("tagging", "unexpected", "no word in it", "resolved", paused="coast.example")
        producer.send(topic, key=b"coast.example/1", value=b"?", headers=headers)
        producer.commit_transaction()
    producer.close()
    assert "paused by tagging: coast.example, whose messages all failed; 3 of them lately" in run("status").stdout
    told = json.loads(run("status", "--json").stdout)["paused_outlets"]
    assert [(one["outlet"], one["stage"], one["messages"]) for one in told] == [("coast.example", "tagging", 3)]


def test_a_list_that_is_fetched_names_no_folders(run: Run, site: str) -> None:
    with pytest.raises(Exception, match="may not name folders of this machine"):
        run("import", f"http://{site}/list.yml")


async def test_resume_reaches_a_parked_feed(settings: Settings) -> None:
    topics.apply(settings.kafka)
    feed, now = Feed(id="a", url="https://a.example/f", outlet="a.example"), datetime.now(UTC)
    parked = initial_state(feed, now, 60).model_copy(
        update={"parked": now, "failures": 30, "next_poll": now + timedelta(days=1)}
    )
    prefix = settings.kafka.topic_prefix
    await edits.send(settings.kafka, [feed_message(feed, prefix), state_message(parked, feed.outlet, prefix)])
    changes, first = edits.resumptions(read_feeds(settings.kafka), ["a"], read_states(settings.kafka), now, prefix)
    registry = read_registry(settings.kafka)
    await edits.send(settings.kafka, [*first, *edits.messages_of(changes, registry, prefix)])
    state = read_states(settings.kafka)["a"]
    assert (state.parked, state.failures, state.next_poll) == (None, 0, now)


async def test_a_feed_lies_in_the_partition_of_its_outlet_and_leaves_it_with_it(settings: Settings) -> None:
    topics.apply(settings.kafka)
    prefix, count = settings.kafka.topic_prefix, settings.kafka.partitions
    outlets = [f"outlet-{number}.example" for number in range(6)]
    feeds = [Feed(id=f"f{number}", url="https://a.example/f", outlet=name) for number, name in enumerate(outlets)]
    await edits.send(settings.kafka, [feed_message(feed, prefix) for feed in feeds])
    places = {key: place for key, place, value in log(settings.kafka) if value}
    assert places == {feed.id: partition_of(feed.outlet.encode(), count) for feed in feeds}
    assert len(set(places.values())) > 1
    # As after a crash between the two messages: the feed stands under both outlets.
    twin = feeds[0].model_copy(
        update={"outlet": next(o for o in outlets if partition_of(o.encode(), count) != places["f0"])}
    )
    await edits.send(settings.kafka, [feed_message(twin, prefix)])
    registry = read_registry(settings.kafka)
    assert (registry.values["f0"], registry.copies) == (twin, [feeds[0]])
    await edits.send(settings.kafka, edits.messages_of([], registry, prefix))
    healed = read_registry(settings.kafka)
    assert (healed.values, healed.copies) == ({**registry.values}, [])


def test_without_kafka_the_commands_say_so(settings: Settings) -> None:
    away = settings.kafka.model_copy(update={"bootstrap": "127.0.0.1:1"})
    with pytest.raises(ServerError, match=r"Kafka at 127\.0\.0\.1:1"):
        read_feeds(away)


def test_without_the_topic_the_commands_say_what_to_do(settings: Settings) -> None:
    with pytest.raises(ServerError, match=r"there is no topic .*: run `wirecopy topics apply`"):
        read_feeds(settings.kafka)


def log(kafka: KafkaSettings) -> list[tuple[str, int, bytes | None]]:
    """Key, partition and value of every message in the topic ``feeds``."""
    return [(message.key.decode(), message.partition, message.value) for message in read(kafka, FEEDS)]
