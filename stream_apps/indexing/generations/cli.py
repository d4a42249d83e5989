"""``wirecopy index rebuild|swap|rollback|drop|retention|snapshot|restore|sweep``."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, TypeVar

import typer
from elasticsearch import AsyncElasticsearch

from schemas.elasticsearch import IndexKind
from stream_apps.indexing import entity_names
from stream_apps.indexing.cli import AsJson, ask, print_json, rebuilt
from stream_apps.indexing.generations import cluster, retention, snapshots, swapping, sweeping
from stream_apps.indexing.generations.rebuild_progress import RebuildProgress
from stream_apps.indexing.generations.swapping import Swap
from stream_apps.indexing.generations.sweeping import Swept
from wirecopy.cli.registry import current_settings
from wirecopy.errors import BadInput
from wirecopy.settings import ElasticsearchSettings

Found = TypeVar("Found")
Kinds = Annotated[list[str] | None, typer.Argument(metavar="[KIND]...", help="articles, stories, …; all without any.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


def index_rebuild(
    kinds: Kinds = None,
    rate: Annotated[float | None, typer.Option(min=1, help="Messages a second at most.")] = None,
    then_swap: Annotated[bool, typer.Option("--swap", help="Have it answer, if the comparison finds nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fill new indices from the topics while the present ones answer; killed, it goes on where it was."""
    from stream_apps.indexing.generations.rebuilding import Rebuild  # noqa: PLC0415  # Kafka is slow to load

    settings = current_settings()
    names = entity_names.installed(settings.tagging)

    def run(client: AsyncElasticsearch, _: ElasticsearchSettings, kind: IndexKind) -> Awaitable[RebuildProgress]:
        return Rebuild(client, settings, kind, names, _announce, rate=rate).run()

    for kind in _chosen(kinds):
        done = ask(partial(_of_kind, run, kind))
        if as_json:
            print_json(asdict(done))
        else:
            print(f"{done.stem}  {rebuilt(done)}")
    if then_swap:
        _swap(kinds, force=False, dry_run=False, as_json=as_json)


def index_swap(
    kinds: Kinds = None,
    force: Annotated[
        bool, typer.Option("--force", help="Even if the new ones do not hold what the old ones do.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Compare what was rebuilt or restored with what answers, and have it answer. Exit code 1: they differ."""
    _swap(kinds, force=force, dry_run=dry_run, as_json=as_json)


def index_rollback(kinds: Kinds = None, as_json: AsJson = False) -> None:
    """Have the indices answer again that did before the last swap. They were written all the time."""
    for one in _each(kinds, swapping.roll_back):
        _report(one, as_json=as_json)


def index_drop(
    kinds: Kinds = None,
    rebuilds: Annotated[bool, typer.Option("--rebuilds", help="Those that are being rebuilt, too.")] = False,
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete the indices that answer no more. There is no way back then."""
    for kind in _chosen(kinds):
        gone = ask(partial(_of_kind, partial(swapping.drop, rebuilds=rebuilds, dry_run=True), kind))
        print("\n".join(gone) or f"{kind}: nothing to drop")
        if gone and not dry_run:
            if not yes:
                typer.confirm("Delete them?", abort=True, err=True)
            ask(partial(_of_kind, partial(swapping.drop, rebuilds=rebuilds), kind))


def index_retention(dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Remove articles and stories first seen more than `elasticsearch.retention_days` ago. For a timer."""
    removed = ask(lambda client, settings: retention.apply(client, settings, dry_run=dry_run))
    if as_json:
        print_json({"dry_run": dry_run, "removed": [asdict(one) for one in removed]})
        return
    for one in removed:
        what = ", ".join(one.indices) or f"{one.documents} documents"
        print(f"{one.kind}: {what}{' would go' if dry_run else ' removed'}")


def index_snapshot(
    keep: Annotated[int | None, typer.Option(min=1, help="Delete all but so many.")] = None,
    only_list: Annotated[bool, typer.Option("--list", help="Only show those there are.")] = False,
    as_json: AsJson = False,
) -> None:
    """Copy what answers to the repository `elasticsearch.snapshot_repository`, and wait until it is whole."""
    if only_list:
        found = ask(snapshots.listed)
    else:
        found = [ask(lambda client, settings: snapshots.take(client, settings, keep))]
    if as_json:
        print_json({"snapshots": [asdict(one) for one in found]})
        return
    for one in found:
        print(f"{one.name}  {one.state}  {one.begun}  {len(one.indices)} indices")


def index_restore(
    name: Annotated[str | None, typer.Argument(metavar="[SNAPSHOT]", help="The newest without one.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="articles, stories, …; all without any. Repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make new indices of a snapshot, beside those that answer; `rebuild` adds what came since, then `swap`."""
    made = ask(lambda client, settings: snapshots.restore(client, settings, name, _chosen(kind)))
    if as_json:
        print_json({"restored": made})
        return
    for old, new in made.items():
        print(f"{new}  from {old}")
    print("next: `wirecopy index rebuild` adds what came since, `wirecopy index swap` has it answer", file=sys.stderr)


def index_sweep(
    older_than: Annotated[int, typer.Option(min=5, help="Minutes since a document was written.")] = 60,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Remove stories that no article names, events that no story names, and what is in two periods."""
    from stream_apps.indexing.generations.caught_up import wait_until_indexed  # noqa: PLC0415  # Kafka is slow to load

    begun = datetime.now(UTC)
    wait_until_indexed(current_settings().kafka)
    age = timedelta(minutes=older_than)
    swept = ask(lambda client, settings: sweeping.sweep(client, settings.index_prefix, begun, age, dry_run=dry_run))
    if as_json:
        print_json({"dry_run": dry_run, "swept": [asdict(one) for one in swept]})
    else:
        print("\n".join(map(_swept_line, swept)))


def _swap(kinds: list[str] | None, *, force: bool, dry_run: bool, as_json: bool) -> None:
    """Swap all kinds or none: each is compared first."""
    swaps = _each(kinds, lambda c, s, kind: swapping.swap(c, s, kind, force=force, dry_run=True))
    if not dry_run and (force or not any(map(_problems, swaps))):
        ready = [one.kind for one in swaps]
        swaps = _each(list(ready), lambda c, s, kind: swapping.swap(c, s, kind, force=force))
    for one in swaps:
        _report(one, as_json=as_json)
    if any(_problems(one) for one in swaps if not one.done):
        raise typer.Exit(1)


def _each(
    kinds: list[str] | None, question: Callable[[AsyncElasticsearch, ElasticsearchSettings, IndexKind], Awaitable[Swap]]
) -> list[Swap]:
    """Ask about each named kind, or by default about those with something to swap.

    Raises ``BadInput`` for a named kind that has nothing, and where no kind has.
    """
    found: list[Swap] = []
    nothing: BadInput | None = None
    for kind in _chosen(kinds):
        try:
            found.append(ask(partial(_of_kind, question, kind)))
        except BadInput as error:
            if kinds:
                raise
            nothing = error
    if nothing is not None and not found:
        raise nothing
    return found


def _of_kind(
    question: Callable[[AsyncElasticsearch, ElasticsearchSettings, IndexKind], Awaitable[Found]],
    kind: IndexKind, client: AsyncElasticsearch, settings: ElasticsearchSettings,
) -> Awaitable[Found]:  # fmt: skip
    return question(client, settings, kind)


def _problems(one: Swap) -> list[str]:
    return one.comparison.problems if one.comparison is not None else []


def _report(one: Swap, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(one) | {"problems": _problems(one)})
        return
    if one.comparison is not None:
        seen = one.comparison
        print(
            f"{seen.old}: {seen.old_documents} documents; {seen.new}: {seen.new_documents}; "
            f"{seen.sample.looked_at} looked at, {len(seen.sample.newer)} newer in the new one"
        )
        for problem in seen.problems:
            print(f"  {problem}")
    verb = "answers" if one.done else "does not answer yet"
    print(f"{one.kind}: {one.new} {verb}{f', {one.old} is the way back' if one.done and one.old else ''}")


def _swept_line(one: Swept) -> str:
    return (
        f"{one.kind}: {one.looked_at} looked at, {one.orphans} that nothing names, {one.twice} in two periods"
        f"{f', {one.kept} written again meanwhile' if one.kept else ''}"
    )


def _announce(done: RebuildProgress) -> None:
    print(f"{done.stem}  {rebuilt(done)}", file=sys.stderr, flush=True)


def _chosen(kinds: list[str] | None) -> list[IndexKind]:
    try:
        return cluster.chosen(kinds or [])
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="KIND") from None
