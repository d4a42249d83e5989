"""Commands of the feed registry: ``import``, ``export``, ``add``, ``remove``, ``pause``, ``resume``, ``status``.

They read and write the topic ``feeds``; running producers follow it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from producers.compacted import Contents
from producers.folders.folder import is_folder, watched_folder
from producers.messages import Message
from producers.registry import edits, status
from producers.registry.adding import Wanted, added, added_folder
from producers.registry.discovery import FoundFeed, find_feeds
from producers.registry.feedlist import (
    MAX_BYTES,
    MAX_INTERVAL,
    MIN_INTERVAL,
    is_remote,
    parse_feed_list,
    without_feed_scheme,
    write_yaml,
)
from producers.registry.feeds_topic import FeedChange, imported, read_feeds, read_registry, same_feed
from producers.registry.opml import write_opml
from producers.registry.paused_outlets import read_paused_outlets
from producers.state import read_states
from producers.web.fetch import Fetched, Fetcher
from schemas.feed_records import Feed
from wirecopy.cli.registry import current_settings
from wirecopy.errors import SettingsError
from wirecopy.kafka import quiet_client_logs
from wirecopy.settings import ProducerSettings, Settings
from wirecopy.tables import show

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of feeds; see `feeds list`.")]


def feeds_import(
    source: Annotated[str, typer.Argument(metavar="FILE|URL", help="A list in OPML or YAML.")],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take over the feeds of a list, once; nothing is taken away. Exit code 2: a bad entry; nothing is done then.

    A feed that stands there under the same id is changed; whether it is paused is kept. One that stands there
    under another id is skipped.
    """
    settings = current_settings()
    registry = read_registry(settings.kafka)
    content, name = asyncio.run(_content(settings.producer, source))
    feeds = parse_feed_list(content, name, registry.values.values())
    changes = imported(registry.values, feeds)
    _carry_out(settings, registry, changes, dry_run=dry_run, as_json=as_json)


def feeds_export(
    as_yaml: Annotated[bool, typer.Option("--yaml", help="YAML in place of OPML 2.0.")] = False,
) -> None:
    """Print all feeds as a list that `feeds import` reads back as it was: OPML with the tags as folders, or YAML."""
    feeds = sorted(read_feeds(current_settings().kafka).values(), key=lambda feed: feed.id)
    if as_yaml:
        sys.stdout.write(write_yaml(feeds))
    else:
        sys.stdout.buffer.write(write_opml(feeds, "Feeds of wirecopy", datetime.now(UTC)))


def feeds_add(  # noqa: PLR0917  # typer takes every option as a parameter
    address: Annotated[str, typer.Argument(help="Of a feed, or of a site: its feeds are looked for.")],
    outlet: Annotated[str | None, typer.Option(help="Who publishes it.", show_default="the host")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A tag, or a path of tags: India/States. Repeatable.")] = None,
    interval: Annotated[
        float | None,
        typer.Option(min=MIN_INTERVAL, max=MAX_INTERVAL, help="Seconds between polls.", show_default="by its rhythm"),
    ] = None,
    full_text: Annotated[bool, typer.Option("--full-text", help="Read each entry's text from its page.")] = False,
    name: Annotated[str | None, typer.Option("--id", help="Its id.", show_default="host and path")] = None,
    every: Annotated[bool, typer.Option("--all", help="All feeds of the site, if it has several.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Find the feed of an address, show it, and have it polled from now on.

    Exit codes: 1 the site has several feeds, which are printed to choose from, or it is known already; 4 it cannot be
    fetched; 6 it has no feed.
    """
    settings = current_settings()
    wanted = Wanted(outlet, tuple(tag or ()), interval, full_text, name)
    registry = read_registry(settings.kafka)
    known = registry.values
    _end_if_known(known, address)
    if is_folder(address):
        changes = [added_folder(known, address, wanted)]
        watched_folder(changes[0].feed.url, settings.producer.folders)
    else:
        found = asyncio.run(find_feeds(settings.producer, without_feed_scheme(address)))
        if len(found) == 1:
            _end_if_known(known, found[0].url)
        elif not every:
            _let_choose(found, known, as_json=as_json)
        new = [feed for feed in found if same_feed(known.values(), feed.url) is None]
        for feed in new:
            print(f"found {feed.how}: {feed.line()}", file=sys.stderr)
        changes = added(known, new, wanted)
    _carry_out(settings, registry, changes, dry_run=dry_run, as_json=as_json)


def feeds_remove(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of feeds; see `feeds list`.")] = None,
    origin: Annotated[str | None, typer.Option("--list", help="All feeds that this list has brought.")] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Poll feeds no more. What was published stays, and so does what is remembered: added again, it goes on from there.

    Exit codes: 2 a list would bring the feed back; 6 there is no such feed; nothing is done in either case.
    """
    settings = current_settings()
    registry = read_registry(settings.kafka)
    changes = edits.removals(registry.values, ids or (), origin)
    _carry_out(settings, registry, changes, dry_run=dry_run, as_json=as_json)


def feeds_pause(ids: Ids, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Do not poll these feeds until they are resumed. Exit code 6: there is no such feed; nothing is done then."""
    settings = current_settings()
    registry = read_registry(settings.kafka)
    changes = edits.pauses(registry.values, ids, paused=True)
    _carry_out(settings, registry, changes, dry_run=dry_run, as_json=as_json)


def feeds_resume(ids: Ids, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Poll these feeds again, now: those that are paused, parked, retired or failing.

    Exit code 6: there is no such feed; nothing is done then.
    """
    settings = current_settings()
    registry = read_registry(settings.kafka)
    states = read_states(settings.kafka)
    now = datetime.now(UTC)
    changes, first = edits.resumptions(registry.values, ids, states, now, settings.kafka.topic_prefix)
    _carry_out(settings, registry, changes, first, dry_run=dry_run, as_json=as_json)


def feeds_status(  # noqa: PLR0917  # typer takes every option as a parameter
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="These feeds; one is told at length.")
    ] = None,
    failing: Annotated[bool, typer.Option("--failing", help="Those whose last poll failed.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Those silent for longer than their rhythm explains.")] = False,
    parked: Annotated[bool, typer.Option("--parked", help="Those that only fail and are polled rarely.")] = False,
    retired: Annotated[bool, typer.Option("--retired", help="Those that are gone for good.")] = False,
    paused: Annotated[bool, typer.Option("--paused", help="Those that a person has paused.")] = False,
    as_json: Json = False,
) -> None:
    """Tell how feeds fare, those in trouble first. Several of the options: feeds of which one holds."""
    kafka, now = current_settings().kafka, datetime.now(UTC)
    known = read_feeds(kafka)
    feeds = edits.named(known, ids) if ids else list(known.values())
    asked: dict[status.State, bool] = {
        "failing": failing, "quiet": quiet, "parked": parked, "retired": retired, "paused": paused,
    }  # fmt: skip
    rows = status.rows(feeds, read_states(kafka), now)
    shown = status.chosen(rows, (name for name, wanted in asked.items() if wanted))
    outlets = {feed.outlet for feed in feeds}
    held = [one for one in read_paused_outlets(kafka, now) if not ids or one.outlet in outlets]
    if as_json:
        report = {"feeds": [row.as_json() for row in shown], "paused_outlets": [one.as_json() for one in held]}
        _print_json({"summary": status.summary(rows, now), **report})
    elif len(ids or ()) == 1:
        print("\n".join(line for row in shown for line in status.in_words(row, now)))
    else:
        print(status.summary(rows, now))
        if shown:
            show(status.grid(shown, now))
    if not as_json:
        for one in held:
            print(one.in_words(now))


async def _content(settings: ProducerSettings, source: str) -> tuple[bytes, str]:
    """Read a feed list. Returns its bytes and its name."""
    if not is_remote(source):
        return await asyncio.to_thread(_read, Path(source)), source
    async with Fetcher(settings) as fetcher:
        answer = await fetcher.fetch(source)
    assert isinstance(answer, Fetched), "an unconditional request is not answered with 304"
    return answer.body, source


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SettingsError(f"the feed list {path} is larger than {MAX_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot read the feed list {path}: {error.strerror}") from error


def _end_if_known(known: Mapping[str, Feed], address: str) -> None:
    feed = same_feed(known.values(), address)
    if feed is None:
        return
    paused = f", paused: `wirecopy feeds resume {feed.id}`" if feed.paused else ""
    print(f"wirecopy: {address} is polled already, as {feed.id} ({feed.url}){paused}", file=sys.stderr)
    raise typer.Exit(1)


def _let_choose(found: Sequence[FoundFeed], known: Mapping[str, Feed], *, as_json: bool) -> None:
    """Print several feeds for the person to choose from."""
    there = {one.url: same_feed(known.values(), one.url) for one in found}
    if as_json:
        _print_json({"found": [one.as_json() for one in found]})
    else:
        for one in found:
            feed = there[one.url]
            print(one.line() + (f", polled already as {feed.id}" if feed else ""))
    print(f"wirecopy: {len(found)} feeds: add one of these addresses, or all with --all", file=sys.stderr)
    raise typer.Exit(1)


def _carry_out(
    settings: Settings,
    registry: Contents[Feed],
    changes: Sequence[FeedChange],
    first: Sequence[Message] = (),
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Publish the changes, after the messages that come ``first``, and print what was done."""
    if not dry_run:
        quiet_client_logs()
        messages = edits.messages_of(changes, registry, settings.kafka.topic_prefix)
        asyncio.run(edits.send(settings.kafka, [*first, *messages]))
    if as_json:
        _print_json(edits.as_json(changes, dry_run=dry_run))
    else:
        print("\n".join(edits.in_words(changes, dry_run=dry_run)))


def _print_json(document: Any) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=2))
