"""Commands of this package: those of ``index``, ``search``, ``story``, ``outlets`` and ``trends``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from elasticsearch import AsyncElasticsearch

from stream_apps.indexing import finder, indices, keys, queries, revisions, tallies, views
from stream_apps.indexing import stale_view as staleness
from stream_apps.indexing.client import connect, explained
from stream_apps.indexing.generations.rebuild_progress import RebuildProgress
from stream_apps.indexing.status import KindStatus, status
from wirecopy.cli.registry import current_settings
from wirecopy.settings import ElasticsearchSettings
from wirecopy.tables import printable, show

Found = TypeVar("Found")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def run_indexing() -> None:
    """Write finished articles and stories to Elasticsearch: one worker, until it is told to stop."""
    from stream_apps.indexing.app import run  # noqa: PLC0415  # Faust is slow to load: not for the other commands

    run(current_settings())


def index_apply(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Create or update templates, indices and aliases. Exit code 1: something cannot be changed in a live index."""
    changes = ask(lambda client, settings: indices.apply(client, settings, dry_run=dry_run))
    if as_json:
        print_json({"dry_run": dry_run, "changes": [asdict(change) for change in changes]})
    else:
        print("\n".join(_change_lines(changes)))
    if any(change.action == "incompatible" for change in changes):
        raise typer.Exit(1)


def index_status(as_json: AsJson = False) -> None:
    """Show the indices, their aliases and size. Exit code 1: something is missing or of another version."""
    found = ask(status)
    if as_json:
        print_json({"kinds": [asdict(kind) for kind in found]})
    else:
        print("\n".join(_status_lines(found)))
    if any(kind.problems for kind in found):
        raise typer.Exit(1)


def index_keys(
    roles: Annotated[list[str] | None, typer.Argument(metavar="[ROLE]...", help="Which; all without any.")] = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="DIR", help="Make new keys, one file a role.")] = None,
    expires: Annotated[str | None, typer.Option(help="With --to, until when they hold: 90d. Else for ever.")] = None,
    retire: Annotated[bool, typer.Option("--retire", help="Take back all keys of a role but its newest.")] = False,
) -> None:
    """Show the requests that make an API key for each role; or make the keys, or take back those from before."""
    try:
        wanted = keys.chosen(roles or [])
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="ROLE") from None
    if to is not None and retire:
        raise typer.BadParameter("start everything with the new keys first, then --retire those from before")
    if to is not None:
        space = current_settings().kibana.space
        for made in ask(
            lambda client, settings: keys.make(client, settings.index_prefix, wanted, to, expires, space=space)
        ):
            print(f"{made.role:10}  {made.file}  id {made.id}")
    elif retire:
        for name, count in ask(lambda client, settings: keys.retire(client, settings.index_prefix, wanted)).items():
            print(f"{name:10}  {count} older key{'' if count == 1 else 's'} taken back")
    else:
        settings = current_settings()
        prefix, space = settings.elasticsearch.index_prefix, settings.kibana.space
        for role in wanted:
            print(f"# {role.purpose}\nPOST /_security/api_key")
            print(json.dumps(keys.request(role, prefix, expires, space), indent=2))


def search(  # noqa: PLR0917  # typer takes every option as a parameter
    words: Annotated[
        list[str] | None, typer.Argument(help="All must occur; '\"a phrase\"', OR, -word: docs/search.md.")
    ] = None,
    agency: Annotated[list[str] | None, typer.Option(help="Whose text it is: PTI, IANS, … Repeatable.")] = None,
    outlet: Annotated[list[str] | None, typer.Option(help="Who carried it. Repeatable.")] = None,
    person: Annotated[list[str] | None, typer.Option(help="A name, a part of one, or an id. Repeatable.")] = None,
    org: Annotated[list[str] | None, typer.Option(help="An organisation, as with --person.")] = None,
    place: Annotated[list[str] | None, typer.Option(help="A place, as with --person.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Seen by wirecopy from then on: 2026-11-22, or 10m, 24h, 7d ago.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="As --since; a day is included.")] = None,
    published_since: Annotated[str | None, typer.Option(help="As --since, by the outlet's word.")] = None,
    published_until: Annotated[str | None, typer.Option(help="As --until, by the outlet's word.")] = None,
    undisclosed: Annotated[bool, typer.Option("--undisclosed", help="Agency text that credits no agency.")] = False,
    stale: Annotated[bool, typer.Option("--stale", help="What carries text that was corrected or taken back.")] = False,
    near: Annotated[str | None, typer.Option(metavar="PLACE", help="What names a town near there.")] = None,
    within: Annotated[str | None, typer.Option(help="How near: 50km, unless said.")] = None,
    origins: Annotated[int | None, typer.Option(min=1, help="Stories of events that so many found out.")] = None,
    first: Annotated[list[str] | None, typer.Option(metavar="OUTLET", help="Who was first. Repeatable.")] = None,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="Words around the story count too.")] = False,
    copies: Annotated[bool, typer.Option("--copies", help="A row for every copy, in place of every story.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=queries.MAX_LIMIT, help="Rows at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Find stories: copies of one agency story are one row. Newest first where no words are given."""
    now = datetime.now(UTC)
    wanted = queries.Search(
        words=" ".join(words or []),
        agencies=agency or (),
        outlets=outlet or (),
        persons=person or (),
        orgs=org or (),
        places=place or (),
        since=queries.parse_moment(since, now) if since else None,
        until=queries.parse_moment(until, now, end=True) if until else None,
        published_since=queries.parse_moment(published_since, now) if published_since else None,
        published_until=queries.parse_moment(published_until, now, end=True) if published_until else None,
        undisclosed=undisclosed,
        stale=stale,
        near=_circle(near, within),
        origins=origins,
        first=first or (),
        everywhere=everywhere,
        copies=copies,
        limit=limit,
    )
    results = ask(lambda client, settings: finder.find(client, settings.index_prefix, wanted))
    if as_json:
        print_json(asdict(results))
        return
    if results.hits:
        show(views.results_grid(results, copies=copies))
    print(views.results_summary(results))


def story(
    story_id: Annotated[str, typer.Argument(metavar="ID", help="Of a story or of any copy; its start is enough.")],
    with_revisions: Annotated[bool, typer.Option("--revisions", help="Earlier texts too, and what changed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a story with every copy: outlet, time, lag, relation, share of the text, origin, credit."""
    fields = (*queries.COPY_FIELDS, *(queries.REVISION_FIELDS if with_revisions else ()))
    view = ask(lambda client, settings: finder.story(client, settings.index_prefix, story_id, fields))
    now = datetime.now(UTC)
    if as_json:
        print_json({**asdict(view), "stale": [asdict(copy) for copy in staleness.stale_copies(view, now)]})
        return
    print("\n".join(map(printable, views.story_heading(view))))
    print()
    show(views.copies_grid(view))
    corrected = staleness.correction_lines(view, now)
    if corrected:
        print("\n" + "\n".join(map(printable, corrected)))
    revised = revisions.revision_lines(view) if with_revisions else []
    for lines in (revised, views.event_lines(view), views.entity_lines(view)):
        if lines:
            print("\n" + "\n".join(map(views.indented, lines)))


def outlets(
    outlet: Annotated[list[str] | None, typer.Argument(help="These alone, by their full names.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Articles seen by wirecopy from then on: 2026-11-22, 24h, 7d.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="As --since; a day is included.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Rows at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """How outlets use the wire: its share, what is undisclosed, the median lag, corrections not followed."""
    now = datetime.now(UTC)
    start = queries.parse_moment(since, now) if since else None
    end = queries.parse_moment(until, now, end=True) if until else None
    request = tallies.outlets_request(start, end, outlet or (), limit)
    found = ask(lambda client, settings: finder.outlets(client, settings.index_prefix, request))
    if as_json:
        print_json({"outlets": [{**asdict(tally), "wire_share": tally.wire_share} for tally in found]})
    elif found:
        show(views.outlets_grid(found))
    else:
        print("no articles")


def trends(
    kind: Annotated[list[str] | None, typer.Option(help=f"{', '.join(tallies.KINDS)}. Repeatable.")] = None,
    since: Annotated[str, typer.Option(help="What is now: stories first seen from then on.")] = "24h",
    before: Annotated[str, typer.Option(help="With how long before that it is compared.")] = "7d",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Rows at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Names that rise: in more new stories than the time before lets expect, the steepest first."""
    kinds = tuple(kind or ("person", "org", "place"))
    unknown = sorted({*kinds} - {*tallies.KINDS})
    if unknown:
        raise typer.BadParameter(f"no such kind: {', '.join(unknown)}", param_hint="--kind")
    now = datetime.now(UTC)
    start = queries.parse_moment(since, now)
    earlier = start - (now - queries.parse_moment(before, now))
    if not earlier < start < now:
        raise typer.BadParameter("both periods must be in the past", param_hint="--since")
    found = ask(lambda client, settings: finder.trends(client, settings.index_prefix, kinds, (earlier, start, now)))
    if as_json:
        print_json({"trends": [asdict(trend) for trend in found[:limit]]})
    elif found:
        show(views.trends_grid(found[:limit]))
    else:
        print("nothing rises")


def _circle(near: str | None, within: str | None) -> queries.Circle | None:
    if within is not None and near is None:
        raise typer.BadParameter("of what? Give --near PLACE, too", param_hint="--within")
    return queries.circle(near, within) if near is not None else None


def ask(question: Callable[[AsyncElasticsearch, ElasticsearchSettings], Awaitable[Found]]) -> Found:
    """Put one question to the server of the settings; its errors become a ``ServerError``."""
    settings = current_settings().elasticsearch

    async def answer() -> Found:
        async with connect(settings) as client, explained(settings.url):
            return await question(client, settings)

    return asyncio.run(answer())


def _change_lines(changes: list[indices.IndexChange]) -> list[str]:
    lines = []
    for change in changes:
        lines.append(f"{change.action:<12}  {change.kind:<18}  {change.name}  {change.detail}".rstrip())
        if change.remedy:
            lines.append(f"{'':<12}  what to do: {change.remedy}")
    return lines


def _status_lines(kinds: list[KindStatus]) -> list[str]:
    lines = []
    for kind in kinds:
        for index in kind.indices:
            roles = (("read", index.reads), ("write", index.writes), ("previous", index.previous))
            aliases = ", ".join(word for word, on in roles if on)
            size = f"{index.documents} documents, {index.bytes / 2**20:.1f} MB"
            lines.append(f"{index.name}  {index.health}  {size}  {aliases or 'no alias'}")
        lines += [f"{noted.stem}  {rebuilt(noted)}" for noted in kind.rebuilds]
        lines += [f"{kind.kind}: {problem} (see `wirecopy index apply`)" for problem in kind.problems]
    return lines


def rebuilt(noted: RebuildProgress) -> str:
    """How far a rebuild is, on one line."""
    refused = f", {noted.refused} refused" if noted.refused else ""
    if noted.finished is not None:
        return f"rebuilt: {noted.read} messages{refused}; `wirecopy index swap` has it answer"
    left = "" if noted.left is None else f", {noted.left} left"
    return f"being rebuilt: {noted.read} messages read{left}{refused}"


def print_json(content: Any) -> None:
    print(json.dumps(content, ensure_ascii=False))
