"""The commands that keep feeds, over a registry in memory."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from producers import cli
from producers.compacted import Contents, Update, latest
from producers.messages import Message
from producers.registry import edits, feeds_cli
from producers.registry.discovery import FoundFeed
from producers.registry.feedlist import parse_feed_list
from schemas.feed_records import Feed, FeedState
from wirecopy.cli import main
from wirecopy.cli.registry import use
from wirecopy.errors import NotFound, ServerError, SettingsError, WirecopyError
from wirecopy.settings import KafkaSettings, Loaded, ProducerSettings, Settings

NOW = datetime.now(UTC)
PARTITIONS = 3


class Kafka:
    """The topics ``feeds`` and ``feed-state`` in memory."""

    def __init__(self) -> None:
        self.log: list[tuple[str, Update]] = []
        self.away = False

    async def send(self, _: KafkaSettings, messages: Sequence[Message]) -> None:
        for message in messages:
            assert message.partitioned_by is not None
            place = sum(message.partitioned_by) % PARTITIONS
            self.log.append((message.topic, Update(message.key.decode(), message.value, place, len(self.log))))

    def registry(self, _: KafkaSettings) -> Contents[Feed]:
        if self.away:
            raise ServerError("Kafka does not answer")
        return latest(self._of("wirecopy.feeds.v1"), lambda _, value: Feed.from_bytes(value))

    def states(self, _: KafkaSettings) -> dict[str, FeedState]:
        if self.away:
            raise ServerError("Kafka does not answer")
        return latest(self._of("wirecopy.feed-state.v1"), lambda _, value: FeedState.from_bytes(value)).values

    def feeds(self, settings: KafkaSettings) -> dict[str, Feed]:
        return self.registry(settings).values

    def put(self, *feeds: Feed) -> None:
        for feed in feeds:
            place = sum(feed.outlet.encode()) % PARTITIONS
            self.log.append(("wirecopy.feeds.v1", Update(feed.id, feed.to_bytes(), place, len(self.log))))

    def put_state(self, state: FeedState) -> None:
        place = sum(state.outlet.encode()) % PARTITIONS
        self.log.append(("wirecopy.feed-state.v1", Update(state.feed, state.to_bytes(), place, len(self.log))))

    def _of(self, topic: str) -> list[Update]:
        return [update for name, update in self.log if name == topic]


Run = Callable[..., Result]


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    broker = Kafka()
    monkeypatch.setattr(edits, "send", broker.send)
    for module in (cli, feeds_cli):
        monkeypatch.setattr(module, "read_feeds", broker.feeds)
        monkeypatch.setattr(module, "read_states", broker.states)
    monkeypatch.setattr(feeds_cli, "read_registry", broker.registry)
    monkeypatch.setattr(feeds_cli, "read_paused_outlets", lambda *_: [])
    return broker


@pytest.fixture
def run() -> Run:
    """Runs a command of ``feeds``; an error of ours is the result's exception."""
    commands = typer.Typer()
    for name in ("import", "export", "add", "remove", "pause", "resume", "status"):
        commands.command(name)(getattr(feeds_cli, f"feeds_{name}"))
    commands.command("list")(cli.feeds_list)
    commands.command("check")(cli.feeds_check)

    def invoke(*words: str, **producer: Any) -> Result:
        use(Loaded(Settings(producer=ProducerSettings(**producer)), {}))
        return CliRunner().invoke(commands, words)

    return invoke


def feed(name: str, **changes: object) -> Feed:
    return Feed(id=name, url=f"https://{name}.example/f", outlet=f"{name}.example").model_copy(update=changes)


def state(name: str, **changes: object) -> FeedState:
    now = datetime.now(UTC)  # the status is judged by the clock, long after this module was imported perhaps
    given = FeedState(
        feed=name, url=f"https://{name}.example/f", outlet=f"{name}.example", interval=60, next_poll=now,
        last_success=now,
    )  # fmt: skip
    return given.model_copy(update=changes)


def found(url: str, **changes: object) -> FoundFeed:
    return FoundFeed(**{
        "url": url, "how": "named by the page", "title": "Top news", "format": "rss20", "language": None,
        "home": "https://www.ledger.example/", "entries": 3, "newest": NOW, "links": frozenset({url}), **changes,
    })  # type: ignore[arg-type]  # fmt: skip


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> list[FoundFeed]:
    """What every address leads to."""
    feeds: list[FoundFeed] = []

    async def find(_: ProducerSettings, __: str) -> list[FoundFeed]:
        if not feeds:
            raise NotFound("no feed")
        return feeds

    monkeypatch.setattr(feeds_cli, "find_feeds", find)
    return feeds


def error(result: Result) -> WirecopyError:
    assert isinstance(result.exception, WirecopyError), result.output
    return result.exception


# ---- import and export ----------------------------------------------------------------------------------------


def test_import_reports_and_export_gives_it_back(kafka: Kafka, run: Run, tmp_path: Path) -> None:
    kafka.put(feed("b", interval=9.0), feed("c"), feed("x", url="https://d.example/f"))
    path = tmp_path / "ours.yml"
    path.write_text("".join(f"- {{id: {n}, url: 'https://{n}.example/f', tags: [News/{n}, top]}}\n" for n in "abd"))
    dry = run("import", str(path), "--dry-run")
    assert dry.stdout.splitlines()[-1] == "would be: 1 added, 1 changed and 1 skipped"
    assert set(kafka.feeds(KafkaSettings())) == {"b", "c", "x"}
    done = run("import", str(path))
    assert done.stdout.splitlines() == [
        "added: a https://a.example/f",
        "changed: b https://b.example/f",
        "skipped: d https://d.example/f (its address is that of x)",
        "1 added, 1 changed and 1 skipped",
    ]
    again = json.loads(run("import", str(path), "--json").stdout)
    assert again["counts"] == {"unchanged": 2, "skipped": 1}
    assert again["changes"][0]["change"] == "unchanged"
    before = kafka.feeds(KafkaSettings())
    for option in ([], ["--yaml"]):
        exported = run("export", *option).stdout_bytes
        listed = {one.id: one for one in parse_feed_list(exported, "export")}
        assert {name: one.model_copy(update={"origin": None}) for name, one in before.items()} == listed


def test_a_bad_entry_stops_an_import_before_anything_is_done(kafka: Kafka, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.yml"
    path.write_text("- url: https://a.example/f\n- url: gopher://b.example/f\n")
    problem = error(run("import", str(path)))
    assert isinstance(problem, SettingsError)
    assert "bad.yml: entry 2" in str(problem)
    assert kafka.log == []
    assert "cannot read the feed list" in str(error(run("import", str(tmp_path / "none"))))


# ---- add ------------------------------------------------------------------------------------------------------


def test_add_puts_the_one_feed_of_a_site(kafka: Kafka, run: Run, site: list[FoundFeed]) -> None:
    site.append(found("https://www.ledger.example/rss"))
    result = run("add", "ledger.example", "--tag", "India", "--interval", "60", "--full-text", "--dry-run")
    assert result.stdout.splitlines()[-1] == "would be: 1 added"
    assert kafka.log == []
    result = run("add", "ledger.example", "--tag", "India", "--interval", "60", "--full-text", "--id", "ledger")
    assert result.exit_code == 0
    assert "found named by the page: https://www.ledger.example/rss  Top news: rss20, 3 entries" in result.stderr
    assert kafka.feeds(KafkaSettings())["ledger"] == Feed(
        id="ledger", url="https://www.ledger.example/rss", outlet="ledger.example", tags=("India",), interval=60,
        full_text=True, title="Top news", home="https://www.ledger.example/",
    )  # fmt: skip


@pytest.mark.parametrize("address", ["https://www.ledger.example/rss", "http://ledger.example/rss/", "ledger.example"])
def test_add_says_that_a_feed_is_known(kafka: Kafka, run: Run, site: list[FoundFeed], address: str) -> None:
    kafka.put(feed("ledger", url="https://ledger.example/rss", paused=True))
    site.append(found("https://www.ledger.example/rss"))
    result = run("add", address)
    assert result.exit_code == 1
    assert "is polled already, as ledger (https://ledger.example/rss), paused" in result.stderr
    assert len(kafka.log) == 1


def test_of_several_feeds_one_has_to_be_named(kafka: Kafka, run: Run, site: list[FoundFeed]) -> None:
    kafka.put(feed("b", url="https://ledger.example/b"))
    site += [found(f"https://ledger.example/{name}") for name in "abc"]
    result = run("add", "ledger.example")
    assert result.exit_code == 1
    assert [line.split()[0] for line in result.stdout.splitlines()] == [one.url for one in site]
    assert result.stdout.splitlines()[1].endswith("polled already as b")
    assert "--all" in result.stderr
    assert [one["url"] for one in json.loads(run("add", "ledger.example", "--json").stdout)["found"]] == [
        one.url for one in site
    ]
    assert run("add", "ledger.example", "--all").exit_code == 0
    assert set(kafka.feeds(KafkaSettings())) == {"b", "ledger-example-a", "ledger-example-c"}


def test_all_of_a_site_whose_feeds_are_known_is_nothing(kafka: Kafka, run: Run, site: list[FoundFeed]) -> None:
    kafka.put(feed("a", url="https://ledger.example/a"), feed("b", url="https://ledger.example/b"))
    site += [found("https://ledger.example/a"), found("https://ledger.example/b")]
    assert run("add", "ledger.example", "--all").stdout == "nothing\n"


def test_a_site_without_a_feed_is_not_found(kafka: Kafka, run: Run, site: list[FoundFeed]) -> None:
    assert error(run("add", "ledger.example")).exit_code == 6


def test_a_folder_is_added_only_where_the_settings_allow(kafka: Kafka, run: Run, tmp_path: Path) -> None:
    inside = tmp_path / "in" / "pti"
    inside.mkdir(parents=True)
    words = ("add", inside.as_uri(), "--outlet", "pti.example")
    assert "producer.folders" in str(error(run(*words)))
    assert run(*words, folders=(str(tmp_path / "in"),)).exit_code == 0
    assert [one.url for one in kafka.feeds(KafkaSettings()).values()] == [inside.as_uri()]


# ---- remove, pause, resume ------------------------------------------------------------------------------------


def test_remove_takes_out_what_is_there_by_hand_or_of_a_list_left_alone(kafka: Kafka, run: Run) -> None:
    kafka.put(feed("a"), feed("b", origin="old.yml"), feed("c", origin="old.yml"))
    assert "comes from the list old.yml, which would bring it back" in str(error(run("remove", "a", "b")))
    assert "no feed with the id 'x' and 'y'" in str(error(run("remove", "x", "a", "y")))
    assert len(kafka.log) == 3
    assert "say which feeds" in str(error(run("remove")))
    assert "no feed comes from a list 'new.yml'; there are old.yml" in str(error(run("remove", "--list", "new.yml")))
    assert run("remove", "a", "--dry-run").stdout == "removed: a https://a.example/f\nwould be: 1 removed\n"
    assert run("remove", "a").stdout.endswith("1 removed\n")
    assert run("remove", "--list", "old.yml").stdout.endswith("2 removed\n")
    assert kafka.feeds(KafkaSettings()) == {}


def test_removing_a_feed_takes_its_stale_copies_away(kafka: Kafka, run: Run) -> None:
    """A crash between two messages has left the feed in the partition of the outlet that it had."""
    outlets = ["aa.example", "ab.example"]
    assert len({sum(outlet.encode()) % PARTITIONS for outlet in outlets}) == 2
    kafka.put(*(feed("a", outlet=outlet) for outlet in outlets), feed("b"))
    run("pause", "b")
    assert kafka.registry(KafkaSettings()) == Contents(
        {"a": feed("a", outlet="ab.example"), "b": feed("b", paused=True)}, []
    )
    kafka.put(feed("a", outlet="aa.example"))
    run("remove", "a")
    assert kafka.registry(KafkaSettings()) == Contents({"b": feed("b", paused=True)}, [])


def test_pause_and_resume(kafka: Kafka, run: Run) -> None:
    kafka.put(feed("a"), feed("b", paused=True))
    assert run("pause", "a", "b").stdout == "changed: a https://a.example/f\n1 changed and 1 unchanged\n"
    assert all(one.paused for one in kafka.feeds(KafkaSettings()).values())
    assert error(run("pause", "a", "x")).exit_code == 6
    assert run("resume", "a", "b", "--json", "--dry-run").exit_code == 0
    assert all(one.paused for one in kafka.feeds(KafkaSettings()).values())
    assert json.loads(run("resume", "a", "b", "--json").stdout)["counts"] == {"changed": 2}
    assert not any(one.paused for one in kafka.feeds(KafkaSettings()).values())
    assert kafka.states(KafkaSettings()) == {}


@pytest.mark.parametrize(
    ("changes", "was"),
    [
        ({"parked": NOW, "failures": 30}, "parked"),
        ({"retired": NOW, "failures": 1}, "retired"),
        ({"failures": 4}, "failing"),
    ],
)
def test_resume_brings_back_a_feed_in_trouble(kafka: Kafka, run: Run, changes: dict[str, object], was: str) -> None:
    kafka.put(feed("a"))
    kafka.put_state(state("a", next_poll=NOW + timedelta(days=1), etag='"1"', **changes))
    sent = len(kafka.log)
    assert f"(it was {was}, and is polled now)" in run("resume", "a").stdout
    back = kafka.states(KafkaSettings())["a"]
    assert (back.failures, back.parked, back.retired) == (0, None, None)
    assert back.next_poll < NOW + timedelta(hours=1)
    # The state first: a producer looks at it when it hears of the feed again.
    assert [topic for topic, _ in kafka.log[sent:]] == ["wirecopy.feed-state.v1", "wirecopy.feeds.v1"]
    assert run("resume", "a").stdout == "1 unchanged\n"


# ---- status, list, check --------------------------------------------------------------------------------------


def test_status_of_all_of_some_and_of_one(kafka: Kafka, run: Run) -> None:
    kafka.put(feed("a"), feed("b"), feed("c", paused=True))
    kafka.put_state(state("a"))
    kafka.put_state(state("b", failures=2, last_error="timeout: [bold]x[/bold] \x1b[31m"))
    lines = run("status").stdout.splitlines()
    assert lines[0] == "3 feeds: 1 failing, 1 ok and 1 paused"
    assert [line.split()[0] for line in lines[1:]] == ["FEED", "b", "a", "c"]
    assert "timeout: [bold]x[/bold] [31m" in lines[2]
    assert [line.split()[0] for line in run("status", "--failing", "--paused").stdout.splitlines()[2:]] == ["b", "c"]
    assert run("status", "--quiet").stdout == "3 feeds: 1 failing, 1 ok and 1 paused\n"
    assert run("status", "b").stdout.splitlines()[0] == "b: (no title)"
    told = json.loads(run("status", "a", "b", "--failing", "--json").stdout)
    assert [one["id"] for one in told["feeds"]] == ["b"]
    assert error(run("status", "x")).exit_code == 6
    kafka.away = True
    assert error(run("status")).exit_code == 4


def test_list_is_of_the_topic_or_else_of_the_list_and_says_which(kafka: Kafka, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "ours.yml"
    path.write_text("- {id: listed, url: 'https://l.example/f', tags: [x, y]}\n")
    empty = run("list", feeds=str(path))
    assert empty.stdout == "listed\tl.example\t-\tx, y\thttps://l.example/f\n"
    assert f"1 feed of the list {path}: wirecopy.feeds.v1 holds none yet" in empty.stderr
    kafka.put(feed("b", paused=True), feed("a"))
    full = run("list", feeds=str(path))
    assert [line.split("\t")[0] for line in full.stdout.splitlines()] == ["a", "b"]
    assert full.stdout.splitlines()[1].endswith("\tpaused")
    assert "2 feeds in the topic wirecopy.feeds.v1" in full.stderr
    assert json.loads(run("list", "--json").stdout.splitlines()[0])["id"] == "a"
    kafka.away = True
    assert "Kafka does not answer" in run("list", feeds=str(path)).stderr
    assert error(run("list")).exit_code == 4


def test_check_of_an_unknown_feed(kafka: Kafka, run: Run) -> None:
    assert error(run("check", "x")).exit_code == 6
    assert error(run("check", "http://[bad")).exit_code == 2
    assert error(run("check", "gopher://a.example/")).exit_code == 2


def test_check_tells_what_keeps_a_feed_from_working(kafka: Kafka, run: Run) -> None:
    kafka.put(feed("a", url="http://127.0.0.1:1/f", outlet="a.example"))
    result = run("check", "a", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert (report["feed"], report["works"]) == ("a", False)
    assert report["error"].startswith("forbidden_port")
    assert report["polling"] == ["the next poll would come in 10 min"]


def ended(monkeypatch: pytest.MonkeyPatch, error: Exception) -> int:
    """The exit code of a command that ends with this error."""

    def build(_: object) -> Callable[..., None]:
        def command(**_: object) -> None:
            raise error

        return command

    monkeypatch.setattr("wirecopy.cli.build", build)
    with pytest.raises(SystemExit) as exited:
        main()
    assert isinstance(exited.value.code, int)
    return exited.value.code


def test_what_a_server_has_said_does_not_command_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, ServerError("it says \x1b[2J\x9b\u202e and\nmore")) == 4
    assert capsys.readouterr().err == "wirecopy: it says [2J and\nmore\n"


def test_a_full_disk_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(monkeypatch, OSError(errno.ENOSPC, "No space left on device", "/data/x")) == 4
    assert capsys.readouterr().err == "wirecopy: the disk is full: cannot write /data/x\n"
    with pytest.raises(OSError, match="other"):
        ended(monkeypatch, OSError(errno.EIO, "other"))
