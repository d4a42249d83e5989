from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from producers.errors import FetchError
from producers.folders import folder as folders
from producers.folders.inbox import InboxLook, look
from producers.formats.dates import NOT_LISTED, Listed
from producers.formats.parse import parse_feed
from producers.formats.parsed import ParsedFeed
from producers.formats.parsing_pool import ParsingPool
from producers.messages import MAX_DEAD_LETTER
from producers.polling.polling import Failed, News, Same
from schemas.feed_records import Feed
from wirecopy.settings import ProducerSettings

EXAMPLES = Path(__file__).parent.parent / "conformance" / "agency"
RSS = b"<rss version='2.0'><channel><item><guid>rss-1</guid><title>From RSS</title></item></channel></rss>"


class Here:
    """A parser in this process."""

    def __init__(self, max_entries: int = 2000) -> None:
        self.max_entries = max_entries
        self.urls: list[str] = []

    async def parse(self, body: bytes, url: str, content_type: str | None, listed: Listed = NOT_LISTED) -> ParsedFeed:
        self.urls.append(url)
        return parse_feed(body, url, content_type, self.max_entries, listed)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    path = tmp_path / "wire" / "sps"
    path.mkdir(parents=True)
    return path


def settings(inbox: Path, **changes: object) -> ProducerSettings:
    return ProducerSettings.model_validate({"folders": (str(inbox.parent),), **changes})


def feed(inbox: Path | str) -> Feed:
    url = inbox if isinstance(inbox, str) else f"file://{inbox}/"
    return Feed(id="sps", url=url, outlet="sps.example")


def drop(inbox: Path, name: str, body: bytes, age: float = 60) -> Path:
    path = inbox / name
    path.write_bytes(body)
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def item(uri: str, headline: str = "H", **fields: object) -> bytes:
    return json.dumps({"uri": uri, "type": "text", "headline": headline, **fields}).encode()


async def test_dates_without_a_zone_are_of_the_feeds_zone(inbox: Path) -> None:
    drop(inbox, "a.json", item("u:1", versioncreated="2026-06-18T10:30:00"))
    there = feed(inbox).model_copy(update={"timezone": "Asia/Kolkata"})
    (entry,) = news(await look(there, settings(inbox), Here())).parsed.entries
    assert entry.updated == datetime(2026, 6, 18, 5, 0, tzinfo=UTC)


async def see(inbox: Path, **changes: object) -> InboxLook:
    return await look(feed(inbox), settings(inbox, **changes), Here())


def news(seen: InboxLook) -> News:
    assert isinstance(seen.answer, News)
    return seen.answer


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir() if not entry.is_dir())


def failure(seen: InboxLook) -> FetchError:
    assert isinstance(seen.answer, Failed)
    return seen.answer.error


# ---- taking files ---------------------------------------------------------------------------------------------


async def test_files_of_every_kind_become_one_partial_feed(inbox: Path) -> None:
    drop(inbox, "b.xml", (EXAMPLES / "newsml" / "message.xml").read_bytes(), age=30)
    drop(inbox, "a.json", (EXAMPLES / "ninjs" / "text-1.6.json").read_bytes(), age=20)
    drop(inbox, "c d.rss", RSS, age=40)
    pool = Here()
    seen = await look(feed(inbox), settings(inbox), pool)
    found = news(seen)
    assert [entry.guid for entry in found.parsed.entries] == [
        "rss-1", "urn:newsml:sps.example:20260618:dam-1", "http://sps.example/items/20260618-market",
    ]  # fmt: skip
    assert pool.urls == [f"file://{inbox}/{name}" for name in ("c%20d.rss", "b.xml", "a.json")]
    assert (found.partial, seen.bad, seen.more) == (True, (), False)
    await seen.put_away()
    assert (names(inbox), names(inbox / "done")) == ([], ["a.json", "b.xml", "c d.rss"])
    assert (await see(inbox)).answer == Same(news(seen).fetched.validators, modified=False)


async def test_what_was_not_put_away_is_read_again_the_same(inbox: Path) -> None:
    drop(inbox, "a.json", item("u:1"))
    first, second = await see(inbox), await see(inbox)
    assert news(first) == news(second)
    await second.put_away()
    await first.put_away()
    assert names(inbox / "done") == ["a.json"]


async def test_the_hash_covers_names_and_bytes(inbox: Path) -> None:
    hashes = set()
    for name, body in (("a.json", item("u:1")), ("b.json", item("u:1")), ("b.json", item("u:2"))):
        path = drop(inbox, name, body)
        hashes.add(news(await see(inbox)).fetched.body_hash)
        path.unlink()
    assert len(hashes) == 3


@pytest.mark.parametrize("name", [".hidden.json", "a.json.tmp", "a.part", "a.FILEPART", "a.writing"])
async def test_a_name_that_says_unfinished_is_left_alone(inbox: Path, name: str) -> None:
    drop(inbox, name, item("u:1"))
    assert isinstance((await see(inbox)).answer, Same)
    assert names(inbox) == [name]


@pytest.mark.parametrize(("age", "taken"), [(0, False), (1, False), (3, True), (-3600, True)])
async def test_a_young_file_is_still_being_written(inbox: Path, age: float, taken: bool) -> None:
    drop(inbox, "a.json", item("u:1"), age)
    assert isinstance((await see(inbox)).answer, News) is taken


async def test_of_two_versions_the_latest_stays_whatever_the_order_of_the_files(inbox: Path) -> None:
    drop(inbox, "1.json", item("u:1", "New", versioncreated="2026-06-18T12:00:00Z"), age=90)
    drop(inbox, "2.json", item("u:1", "Old", versioncreated="2026-06-18T11:00:00Z"), age=80)
    drop(inbox, "3.json", item("u:2", "First to come"), age=70)
    drop(inbox, "4.json", item("u:2", "Last to come"), age=60)
    assert [entry.headline for entry in news(await see(inbox)).parsed.entries] == ["New", "Last to come"]


# ---- limits ---------------------------------------------------------------------------------------------------


async def test_a_look_takes_so_many_files_and_says_that_there_are_more(inbox: Path) -> None:
    for number in range(folders.MAX_FILES + 1):
        drop(inbox, f"{number:04}.json", item(f"u:{number}"), age=60)
    seen = await see(inbox)
    assert (len(news(seen).parsed.entries), seen.more) == (folders.MAX_FILES, True)
    await seen.put_away()
    rest = await see(inbox)
    assert (len(news(rest).parsed.entries), rest.more) == (1, False)


async def test_a_look_takes_so_many_entries(inbox: Path) -> None:
    for number in range(3):
        drop(inbox, f"{number}.json", b"[" + b",".join(item(f"u:{number}{i}") for i in range(4)) + b"]", 60 - number)
    seen = await see(inbox, max_entries=8)
    assert (len(news(seen).parsed.entries), seen.more) == (8, True)
    await seen.put_away()
    assert names(inbox) == ["2.json"]


async def test_a_look_takes_so_many_bytes(inbox: Path) -> None:
    for number in range(6):
        drop(inbox, f"{number}.json", item(f"u:{number}", "H" * 1500), 60 - number)
    seen = await see(inbox, max_bytes=2000)
    assert (len(news(seen).parsed.entries), seen.more) == (6, False)
    seen = await see(inbox, max_bytes=1600)
    assert (len(news(seen).parsed.entries), seen.more) == (5, True)


async def test_a_look_takes_so_much_time(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(9):
        drop(inbox, f"{number}.json", item(f"u:{number}"), 60 - number)
    # Whoever looks at the clock finds it ten seconds later; a look may take three times what a parse may.
    clock = SimpleNamespace(monotonic=iter(range(0, 1000, 10)).__next__)
    monkeypatch.setattr("producers.folders.inbox.time", clock)
    seen = await see(inbox, parse_timeout=10)
    assert (len(news(seen).parsed.entries), seen.more) == (4, True)


async def test_a_file_with_too_many_entries_gives_some_and_is_a_dead_letter(inbox: Path) -> None:
    drop(inbox, "big.json", b"[" + b",".join(item(f"u:{i}") for i in range(9)) + b"]")
    seen = await look(feed(inbox), settings(inbox, max_entries=5), Here(max_entries=5))
    assert (len(news(seen).parsed.entries), news(seen).parsed.dropped) == (5, 0)
    (bad,) = seen.bad
    assert (bad.reason, bad.detail) == (
        "entries_left_out", "big.json: 4 entries beyond the first 5; 5 were published",
    )  # fmt: skip
    await seen.put_away()
    assert names(inbox / "failed") == ["big.json"]


# ---- files that cannot be processed ---------------------------------------------------------------------------


async def test_bad_files_become_dead_letters_and_move_to_failed(inbox: Path) -> None:
    drop(inbox, "a.xml", (EXAMPLES / "hostile" / "xxe.xml").read_bytes(), age=90)
    drop(inbox, "b.txt", b"", age=80)
    drop(inbox, "c.bin", b"x" * 5000, age=70)
    drop(inbox, "d.json", item("u:1"), age=60)
    seen = await see(inbox, max_bytes=4000)
    assert [(bad.file, bad.reason) for bad in seen.bad] == [
        ("a.xml", "xml_entities"), ("b.txt", "not_a_feed"), ("c.bin", "too_large"),
    ]  # fmt: skip
    assert seen.bad[2].detail == "c.bin: 5000 bytes; 4000 are allowed"
    letters = seen.dead_letters(feed(inbox))
    assert [(letter.key, letter.source) for letter in letters] == [("sps", f"file://{inbox}/")] * 3
    assert letters[0].original.startswith(b"<?xml")
    assert [entry.guid for entry in news(seen).parsed.entries] == ["u:1"]
    await seen.put_away()
    assert (names(inbox / "failed"), names(inbox / "done")) == (["a.xml", "b.txt", "c.bin"], ["d.json"])


async def test_a_dead_letter_carries_a_bounded_part_of_the_file(inbox: Path) -> None:
    drop(inbox, "a.bin", b"x" * (MAX_DEAD_LETTER + 10_000))
    (bad,) = (await see(inbox)).bad
    assert len(bad.original) == MAX_DEAD_LETTER


async def test_links_pipes_and_names_that_are_no_text_do_no_harm(inbox: Path, tmp_path: Path) -> None:
    secret = drop(tmp_path, "secret.json", item("u:secret"))
    (inbox / "link.json").symlink_to(secret)
    os.utime(inbox / "link.json", (1, 1), follow_symlinks=False)
    os.mkfifo(inbox / "pipe.json")
    os.utime(inbox / "pipe.json", (2, 2))
    odd = os.fsdecode(b"\xff\n" + b"x" * 240 + b".json")
    drop(inbox, odd, item("u:odd"))
    (inbox / "folder.json").mkdir()
    seen = await see(inbox)
    assert [(bad.file, bad.reason) for bad in seen.bad] == [("link.json", "not_a_file"), ("pipe.json", "not_a_file")]
    assert [entry.guid for entry in news(seen).parsed.entries] == ["u:odd"]
    await seen.put_away()
    assert names(inbox / "failed") == ["link.json", "pipe.json"]
    assert secret.exists()
    drop(inbox, odd, item("u:odd"))
    await (await see(inbox)).put_away()
    assert len(names(inbox / "done")) == 2


# ---- putting away ---------------------------------------------------------------------------------------------


async def test_a_name_that_is_there_already_gets_a_suffix(inbox: Path) -> None:
    for headline in ("One", "Two", "Three"):
        drop(inbox, "latest.json", item("u:1", headline))
        await (await see(inbox)).put_away()
    kept = names(inbox / "done")
    assert len(kept) == 3
    assert all(name.startswith("latest.json") for name in kept)
    assert sorted(json.loads((inbox / "done" / name).read_bytes())["headline"] for name in kept) == [
        "One", "Three", "Two",
    ]  # fmt: skip


async def test_a_file_replaced_after_it_was_read_stays_and_is_read(inbox: Path) -> None:
    drop(inbox, "latest.json", item("u:1", "One"))
    drop(inbox, "gone.json", item("u:2"))
    seen = await see(inbox)
    drop(inbox, "new", item("u:1", "Two")).replace(inbox / "latest.json")
    (inbox / "gone.json").unlink()
    await seen.put_away()
    assert (names(inbox), names(inbox / "done")) == (["latest.json"], [])
    assert [entry.headline for entry in news(await see(inbox)).parsed.entries] == ["Two"]


async def test_files_that_cannot_be_moved_are_told_after_all_others_have_been(inbox: Path) -> None:
    drop(inbox, "a.json", item("u:1"), age=90)
    drop(inbox, "b.json", b"nothing", age=80)
    seen = await see(inbox)
    (inbox / "done").rmdir()
    with pytest.raises(FetchError, match="cannot be used"):
        await seen.put_away()
    assert (names(inbox), names(inbox / "failed")) == (["a.json"], ["b.json"])


# ---- which folders --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["file://{0}/", "file://{0}", "file:{0}", "FILE:///{0}", "file://localhost{0}/"])
async def test_addresses_of_a_folder(inbox: Path, form: str) -> None:
    drop(inbox, "a.json", item("u:1"))
    url = form.format(inbox)
    assert folders.is_folder(url)
    assert isinstance((await look(feed(url), settings(inbox), Here())).answer, News)


async def test_a_blank_in_the_path_may_be_escaped(tmp_path: Path) -> None:
    inbox = tmp_path / "wire copy"
    inbox.mkdir()
    drop(inbox, "a.json", item("u:1"))
    url = f"file://{tmp_path}/wire%20copy/"
    assert isinstance((await look(feed(url), settings(inbox), Here())).answer, News)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/", "forbidden_address"),
        ("file://{0}/../..", "forbidden_address"),
        ("file://{0}/out", "forbidden_address"),
        ("file://{0}-other/", "forbidden_address"),
        ("file://{0}/none", "connect"),
        ("file://{0}/file", "connect"),
        ("file://{0}/loop", "connect"),
        ("file://host.example{0}/", "bad_address"),
        ("file://{0}/?a=b", "bad_address"),
        ("file://{0}/%00", "bad_address"),
        ("file://[", "bad_address"),
        ("file:", "bad_address"),
    ],
)
async def test_folders_that_may_not_or_cannot_be_watched(inbox: Path, url: str, reason: str) -> None:
    (inbox / "out").symlink_to("/etc")
    (inbox / "loop").symlink_to(inbox / "loop")
    drop(inbox, "file", b"")
    (inbox.parent / f"{inbox.name}-other").mkdir()
    only = ProducerSettings(folders=(str(inbox),))
    seen = await look(feed(url.format(inbox)), only, Here())
    assert failure(seen).reason == reason
    assert seen.bad == ()
    await seen.put_away()


async def test_no_folder_is_watched_unless_the_settings_name_one(inbox: Path) -> None:
    seen = await look(feed(inbox), ProducerSettings(), Here())
    assert failure(seen).reason == "forbidden_address"


@pytest.mark.parametrize("taken", ["done", "failed"])
async def test_a_folder_that_files_cannot_be_put_away_in_fails_before_anything_is_read(
    inbox: Path, tmp_path: Path, taken: str
) -> None:
    drop(inbox, "a.json", item("u:1"))
    drop(inbox, taken, b"a file where a folder has to be")
    assert f"{taken} in it is not a folder" in str(failure(await see(inbox)))
    (inbox / taken).unlink()
    (inbox / taken).symlink_to(tmp_path)
    assert f"{taken} in it is not a folder" in str(failure(await see(inbox)))


async def test_a_folder_without_the_right_to_write(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(inbox, "a.json", item("u:1"))
    await see(inbox)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != inbox)
    assert "it cannot be written to" in str(failure(await see(inbox)))


async def test_with_parsers_of_their_own(inbox: Path) -> None:
    drop(inbox, "a.xml", (EXAMPLES / "newsml" / "nitf.xml").read_bytes(), age=90)
    drop(inbox, "b.xml", b"<!doctype html><title>No item</title>", age=80)
    drop(inbox, "c.json", item("u:1"), age=70)
    limits = settings(inbox)
    with ParsingPool(limits, processes=1) as pool:
        seen = await look(feed(inbox), limits, pool)
    assert [entry.guid for entry in news(seen).parsed.entries] == ["sps-20260618-ferry", "u:1"]
    assert [(bad.file, bad.reason) for bad in seen.bad] == [("b.xml", "not_a_feed")]
