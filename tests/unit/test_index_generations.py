"""Periods, names and generations of indices, and what is planned for them: plain logic."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.elasticsearch import INDEX_KINDS, IndexKind
from stream_apps.indexing import indices
from stream_apps.indexing.bulk_operations import Operation
from stream_apps.indexing.generations import lifecycle_policy, names, periods, plans, rebuilding, snapshots, sweeping
from stream_apps.indexing.generations.comparing import Comparison, Sample, judged
from stream_apps.indexing.generations.names import Generation, IndexName
from stream_apps.indexing.generations.periods import Period
from stream_apps.indexing.generations.rebuilding import Filling
from stream_apps.indexing.generations.routing import Retention, missing, route, targets
from stream_apps.indexing.generations.snapshots import Snapshot
from stream_apps.indexing.generations.sweeping import Standing
from stream_apps.indexing.generations.targets import FRESH, Targets, version_of
from stream_apps.runtime.stage_interface import Incoming
from wirecopy.errors import BadInput, ServerError
from wirecopy.settings import ElasticsearchSettings

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
moments = st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # given one
splits: st.SearchStrategy[Period] = st.sampled_from(["month", "year"])
roles = st.frozensets(st.sampled_from(["read", "write", "previous"]))


# ---- periods and names ----------------------------------------------------------------------------------------


@given(splits, moments)
def test_a_moment_is_in_its_period_and_in_no_other(period: Period, moment: datetime) -> None:
    name = periods.name_of(period, moment)
    start, end = periods.span(name)
    assert start <= moment < end
    assert periods.kind_of(name) == period
    assert periods.name_of(period, end - timedelta(microseconds=1)) == name
    assert periods.name_of(period, end) != name


@given(splits, moments, moments)
def test_names_of_periods_are_in_the_order_of_time(period: Period, one: datetime, other: datetime) -> None:
    first, second = sorted((one, other))
    assert periods.name_of(period, first) <= periods.name_of(period, second)


@given(splits, moments, st.timedeltas(timedelta(0), timedelta(days=4000)), st.integers(30, 3000))
def test_a_document_is_kept_for_the_days_that_were_asked_for(
    period: Period, moment: datetime, age: timedelta, days: int
) -> None:
    assert periods.is_kept(period, moment, None, moment + age)
    if age < timedelta(days=days):
        assert periods.is_kept(period, moment, days, moment + age)
    longest = 366 if period == "year" else 31
    if age >= timedelta(days=days + longest):
        assert not periods.is_kept(period, moment, days, moment + age)


@pytest.mark.parametrize("name", ["2026.13", "2026.00", "2026-11", "26.11", "0000", "2026.11.01", "x"])
def test_what_is_no_period(name: str) -> None:
    with pytest.raises(ValueError, match="neither a year nor a month"):
        periods.kind_of(name)
    assert names.parse("p", f"p-articles-v4-000001-{name}") is None


@given(
    st.from_regex(r"[a-z0-9][a-z0-9_-]{0,10}", fullmatch=True),
    st.sampled_from(INDEX_KINDS),
    st.integers(1, 99),
    st.integers(1, 999_999),
    st.sampled_from(["", "2026", "2026.11"]),
)
def test_names_of_indices_are_read_as_they_are_written(
    prefix: str, kind: IndexKind, version: int, number: int, period: str
) -> None:
    name = IndexName(prefix, kind, version, number, period)
    assert names.parse(prefix, str(name)) == name
    assert names.parse(prefix + "x", str(name)) is None
    (made,) = names.generations(prefix, {str(name): {names.read_alias(prefix, kind)}, "other-index": set()})
    assert (made.stem, made.period, made.reads) == (name.stem, periods.kind_of(period), True)


# ---- where a write goes ---------------------------------------------------------------------------------------


def generation(
    number: int, *has: plans.Role, version: int = 4, split: Collection[str] = (), kind: Any = "articles"
) -> Generation:
    stem = f"p-{kind}-v{version}-{number:06}"
    members = tuple(f"{stem}-{period}" for period in sorted(split)) or (stem,)
    return Generation(kind, version, number, stem, members, "read" in has, "write" in has, "previous" in has)


def aliases(*every: Generation) -> dict[str, set[str]]:
    return {
        index: {plans.alias_name("p", made.kind, role) for role in plans.roles_of(made)}
        for made in every
        for index in made.indices
    }


def put(identity: str, seen: datetime, version: int = 1) -> Operation:
    return Operation("index", "p-articles-write", identity, version, {"first_seen": seen.isoformat()})


KEEP = Retention(None, NOW)


@given(st.lists(st.tuples(st.integers(0, 20), splits), min_size=1, max_size=4), moments, st.integers(1, 99))
def test_every_version_of_an_id_goes_to_one_place_of_each_generation(
    made: list[tuple[int, Period]], seen: datetime, version: int
) -> None:
    every = targets(
        [generation(n + 1, "write", split=[periods.name_of(p, NOW)]) for n, (_, p) in enumerate(made)], version=4
    )
    first, other = route(put("a", seen), every, KEEP), route(put("a", seen, version), every, KEEP)
    assert [one.place for one in first] == [one.place for one in other]
    assert len({one.place for one in first}) == len(made)


def test_a_delete_goes_to_every_period_and_makes_none() -> None:
    every = targets([generation(1, "read", "write", split=["2026.10", "2026.11"]), generation(2, "write")], version=4)
    gone = route(Operation("delete", "p-articles-write", "a", 9), every, KEEP)
    assert [one.target for one in gone] == [
        "p-articles-v4-000001-2026.10",
        "p-articles-v4-000001-2026.11",
        "p-articles-v4-000002",
    ]
    assert [one.answers for one in gone] == [True, True, False]
    assert missing(gone, every) == []


def test_the_index_of_a_new_period_is_missing_once() -> None:
    every = targets([generation(1, "read", "write", split=["2026.10"])], version=4)
    routed = [one for name in "abc" for one in route(put(name, NOW), every, KEEP)]
    assert missing(routed, every) == ["p-articles-v4-000001-2026.11"]


def test_what_is_too_old_to_be_kept_is_not_written() -> None:
    every = targets([generation(1, "read", "write", split=["2026.10"]), generation(2, "write")], version=4)
    keep = Retention(30, NOW)
    assert [o.target for o in route(put("a", NOW - timedelta(days=40)), every, keep)] == [
        "p-articles-v4-000001-2026.10"
    ]
    assert route(put("a", NOW - timedelta(days=70)), every, keep) == []


def test_feeds_have_no_first_seen_and_are_kept() -> None:
    every = targets([generation(1, "read", "write", kind="feeds")], version=4)
    routed = route(Operation("index", "p-feeds-write", "feed", 1, {"id": "feed"}), every, Retention(30, NOW))
    assert [one.target for one in routed] == ["p-feeds-v4-000001"]


def test_whose_mapping_a_program_writes() -> None:
    old, new = generation(1, "read", "write", version=4), generation(2, "write", version=5)
    assert [(t.generation.number, t.strict) for t in targets([old, new], 4)] == [(1, True)], "the old program"
    assert [(t.generation.number, t.strict) for t in targets([old, new], 5)] == [(2, True), (1, False)], "the new one"
    swapped = [generation(1, "previous", "write", version=4), generation(2, "read", "write", version=5)]
    assert [(t.generation.number, t.strict) for t in targets(swapped, 5)] == [(2, True), (1, False)]
    assert [(t.generation.number, t.strict) for t in targets([old], 5)] == [(1, True)], "as long as nothing is rebuilt"
    assert targets([generation(1, "read"), generation(2)], 4) == []


class Cluster:
    """Aliases as a test sets them."""

    def __init__(self) -> None:
        self.now = 0.0
        self.found: dict[str, frozenset[str]] = {}
        self.asked = 0

    async def aliases(self, _: object) -> Mapping[str, frozenset[str]]:
        self.asked += 1
        return self.found

    async def make_index(self, index: str) -> None:
        self.found[index] = frozenset({"p-articles-write"})


async def test_a_new_generation_is_written_a_moment_after_it_was_made() -> None:
    cluster = Cluster()
    where = Targets(cluster, "p", lambda: cluster.now)
    with pytest.raises(ServerError, match="p-articles-write"):
        await where.of(["articles"])
    version = version_of("articles")
    first, second = (f"p-articles-v{version}-00000{number}" for number in (1, 2))
    cluster.found[first] = frozenset({"p-articles", "p-articles-write"})
    cluster.now += FRESH
    assert [t.generation.stem for t in (await where.of(["articles"]))["articles"]] == [first]
    cluster.found = {**cluster.found, second: frozenset({"p-articles-write"})}
    asked = cluster.asked
    cluster.now += FRESH / 2
    assert len((await where.of(["articles"]))["articles"]) == 1
    assert cluster.asked == asked
    cluster.now += FRESH / 2
    assert [t.generation.stem for t in (await where.of(["articles"]))["articles"]] == [first, second]
    where.forget()
    await where.of(["articles"])
    assert cluster.asked == asked + 2


class Holding(Cluster):
    """A sink of indices that hold these ids."""

    def __init__(self, *places: tuple[str, str]) -> None:
        super().__init__()
        self.places = places
        self.looked_for = 0

    async def documents(self, index: str, ids: list[str]) -> dict[str, dict[str, str] | None]:
        self.looked_for += len(ids)
        return {name: {"id": name} if (index, name) in self.places else None for name in ids}


async def test_a_rebuild_deletes_only_what_is_there() -> None:
    made = generation(2, "write", split=["2026.10", "2026.11"])
    first, second = made.indices
    sink = Holding((second, "merged"))
    where = Filling(sink, "p", made)  # type: ignore[arg-type]  # as much of a sink as it asks
    wanted = targets([made], 4)

    def gone(identity: str, version: int) -> list[Operation]:
        return route(Operation("delete", "p-articles-write", identity, version), wanted, KEEP)

    again = route(put("again", NOW, version=9), wanted, KEEP)
    batch = [*route(put("merged", NOW), wanted, KEEP), *gone("merged", 5), *gone("never", 5), *gone("again", 5), *again]
    kept = await where.narrowed(batch)
    assert [(one.action, one.place, one.id) for one in kept] == [
        ("delete", second, "merged"),
        ("index", second, "again"),
    ]
    assert sink.looked_for == 6
    assert first not in {one.place for one in kept}


async def test_a_message_that_breaks_a_rebuild_is_found_and_counted() -> None:
    class Breaking:
        def __init__(self) -> None:
            self.written: list[int] = []

        async def prepare(self, messages: list[Incoming]) -> None:
            if any(one.offset == 5 for one in messages):
                raise KeyError("x")
            self.written += [one.offset for one in messages]

        def handle(self, message: Incoming) -> None:
            if message.offset == 2:
                raise BadInput("some", "reason")

    stage = Breaking()
    batch = [Incoming("articles", 0, offset, b"", b"") for offset in range(8)]
    assert await rebuilding._write(stage, batch) == 2  # type: ignore[arg-type]  # as much of a stage as is used
    assert sorted(stage.written) == [0, 1, 2, 3, 4, 6, 7]


# ---- plans ----------------------------------------------------------------------------------------------------


def carried_out(steps: list[plans.Step], present: dict[str, set[str]]) -> dict[str, set[str]]:
    after = {name: set(own) for name, own in present.items()}
    for step in steps:
        if isinstance(step, plans.SetAliases):
            for action in step.actions:
                ((verb, what),) = action.items()
                (after[what["index"]].add if verb == "add" else after[what["index"]].discard)(what["alias"])
        if isinstance(step, plans.DeleteIndices):
            for name in step.names:
                del after[name]
    return after


def swap(present: dict[str, set[str]], number: int) -> dict[str, set[str]]:
    every = names.generations("p", present)
    to = next(made for made in every if made.number == number)
    return carried_out(plans.set_aliases("p", "articles", every, present, plans.swapped(every, to)), present)


generations_of_a_kind = st.lists(
    st.tuples(roles, st.sampled_from([(), ("2026.10", "2026.11")])), min_size=1, max_size=4
)


@given(generations_of_a_kind, st.data())
def test_after_a_swap_one_generation_answers_with_all_its_indices_and_doing_it_again_does_nothing(
    made: list[tuple[frozenset[Any], tuple[str, ...]]], data: st.DataObject
) -> None:
    before = aliases(*(generation(n, *has, split=split) for n, (has, split) in enumerate(made, 1)))
    number = data.draw(st.integers(1, len(made)))
    after = swap(before, number)
    (answering,) = [g for g in names.generations("p", after) if g.reads]
    assert answering.number == number
    assert all({"p-articles", "p-articles-write"} <= after[name] for name in answering.indices)
    assert swap(after, number) == after


def test_there_and_back_again() -> None:
    begun = aliases(generation(1, "read", "write"), generation(2, "write", split=["2026.11"]))
    swapped = swap(begun, 2)
    assert [plans.roles_of(g) for g in names.generations("p", swapped)] == [{"previous", "write"}, {"read", "write"}]
    assert plans.way_back(names.generations("p", swapped)).number == 1
    back = swap(swapped, 1)
    assert [plans.roles_of(g) for g in names.generations("p", back)] == [{"read", "write"}, {"previous", "write"}]
    assert swap(back, 2) == swapped


def test_the_way_back_before_the_last_is_written_no_more_and_a_rebuild_goes_on() -> None:
    begun = aliases(
        generation(1, "previous", "write"),
        generation(2, "read", "write"),
        generation(3, "write"),
        generation(4, "write"),
    )
    after = names.generations("p", swap(begun, 3))
    assert [plans.roles_of(g) for g in after] == [set(), {"previous", "write"}, {"read", "write"}, {"write"}]
    assert [g.number for g in plans.unused(after)] == [1, 2]


def test_a_swap_is_one_step() -> None:
    every = [generation(1, "read", "write"), generation(2, "write")]
    (step,) = plans.set_aliases("p", "articles", every, aliases(*every), plans.swapped(every, every[1]))
    assert isinstance(step, plans.SetAliases)
    assert {(verb, what["index"], what["alias"]) for action in step.actions for verb, what in action.items()} == {
        ("remove", "p-articles-v4-000001", "p-articles"),
        ("add", "p-articles-v4-000001", "p-articles-previous"),
        ("add", "p-articles-v4-000002", "p-articles"),
    }


def test_what_is_dropped_is_first_no_longer_written() -> None:
    every = [generation(1, "previous", "write", split=["2026.10", "2026.11"])]
    steps = plans.drop("p", every[0], aliases(*every))
    assert [type(step) for step in steps] == [plans.SetAliases, plans.DeleteTemplate, plans.Settle, plans.DeleteIndices]
    assert carried_out(steps, aliases(*every)) == {}
    with pytest.raises(BadInput, match="answers searches"):
        plans.drop("p", generation(1, "read"), {})
    assert plans.drop("p", generation(1), aliases(generation(1))) == [plans.DeleteIndices(("p-articles-v4-000001",))]


def test_a_rebuild_goes_on_only_with_what_is_of_its_version_and_period() -> None:
    answering, begun = generation(1, "read", "write"), generation(2, "write", split=["2026.11"])
    assert plans.being_rebuilt([answering, begun], 4, "month", []) == begun
    assert plans.being_rebuilt([answering, begun], 4, "none", []) is None
    assert plans.being_rebuilt([answering, begun], 5, "month", []) is None
    assert plans.being_rebuilt([answering], 4, "none", []) is None
    assert plans.being_rebuilt([answering], 4, "none", [answering.stem]) == answering, (
        "it was restored, and had to answer"
    )
    assert names.next_number([answering, begun]) == 3
    assert names.next_number([]) == 1


def test_only_what_is_finished_may_answer() -> None:
    every = [generation(1, "read", "write"), generation(2, "write")]
    with pytest.raises(BadInput, match="p-articles-v4-000002 is not finished: run `wirecopy index rebuild articles`"):
        plans.finished(every, [])
    with pytest.raises(BadInput, match="nothing was rebuilt"):
        plans.finished(every[:1], ["p-articles-v4-000001"])
    with pytest.raises(BadInput, match="nothing was rebuilt"):
        plans.finished([], [])
    assert plans.finished(every, ["p-articles-v4-000002"]).number == 2
    with pytest.raises(BadInput, match="no generation answered before"):
        plans.way_back(every)


def test_whole_periods_are_too_old_and_one_always_stays() -> None:
    split = ["2025.12", "2026.09", "2026.10", "2026.11"]
    made = generation(1, "read", "write", split=split)
    assert [name[-7:] for name in plans.too_old(made, 30, NOW)] == split[:2]
    assert len(plans.too_old(made, 30, NOW + timedelta(days=3650))) == 3
    assert plans.too_old(generation(1, "read", "write"), 30, NOW) == []


def test_a_generation_has_a_template_of_its_own_with_its_aliases() -> None:
    settings = ElasticsearchSettings(index_prefix="p", period="month", retention_days=90)
    made = indices.new_generation(settings, "articles", 2, NOW)
    assert made.indices == (f"{made.stem}-2026.11",)
    body = indices.generation_template(settings, made, {"write", "read"}, "p-retention")
    assert body["index_patterns"] == [f"{made.stem}-*"]
    assert body["template"]["aliases"] == {"p-articles": {}, "p-articles-write": {}}
    assert body["template"]["settings"] == {"index": {"lifecycle": {"name": "p-retention"}}}
    assert body["template"]["mappings"] == indices.index_template(settings, "articles")["template"]["mappings"]
    assert body["priority"] > indices.index_template(settings, "articles")["priority"]
    assert body["allow_auto_create"] is False
    assert indices.new_generation(settings, "events", 2, NOW).indices == (
        indices.new_generation(settings, "events", 2, NOW).stem,
    )


def test_the_policy_never_takes_what_is_still_to_be_kept() -> None:
    settings = ElasticsearchSettings(period="month", retention_days=90)
    policy = lifecycle_policy.policy(settings)
    assert policy is not None
    assert policy["phases"]["delete"]["min_age"] == "121d", "the index is made when its month begins"
    assert lifecycle_policy.policy(ElasticsearchSettings(period="month")) is None
    assert lifecycle_policy.policy(ElasticsearchSettings(retention_days=90)) is None


# ---- comparing ------------------------------------------------------------------------------------------------


def test_what_speaks_against_a_swap() -> None:
    old = {name: (5, {"headline": name, "indexed": "earlier"}) for name in "abcde"}
    new = {"a": (5, {"headline": "a", "indexed": "later"}), "b": (6, {}), "c": (4, {}), "d": (5, {"headline": "other"})}
    sample = judged(old, new, alike=True)
    assert sample == Sample(5, newer=("b",), missing=("e",), older=("c",), different=("d",))
    assert judged(old, new, alike=False).different == ()
    found = Comparison("articles", "one", "two", 1000, 990, sample).problems
    assert found == [
        "10 of 1000 documents are not in two",
        "of 5 documents 1 are not in it: e",
        "of 5 documents 1 are older there: c",
        "of 5 documents 1 are different there: d",
    ]
    assert Comparison("articles", "one", "two", 1000, 999, Sample(5)).problems == []
    assert Comparison("dead-letters", "one", "two", 1000, 10, Sample(5, missing=("a",))).problems == []


# ---- snapshots ------------------------------------------------------------------------------------------------


def snapshot(name: str, state: str = "SUCCESS") -> Snapshot:
    return Snapshot(name, state, "", ())


def test_older_copies_go_and_never_for_one_that_is_not_whole() -> None:
    copies = [snapshot("1"), snapshot("2"), snapshot("3", "PARTIAL"), snapshot("4"), snapshot("5", "FAILED")]
    assert snapshots.outdated(copies, 2) == ["1"]
    assert snapshots.outdated(copies, 1) == ["1", "2", "3"]
    assert snapshots.outdated(copies, 9) == []
    assert snapshots.outdated([snapshot("1", "FAILED")], 1) == []


def test_a_copy_comes_back_as_a_new_generation() -> None:
    copied = [
        "p-articles-v4-000001-2026.10",
        "p-articles-v4-000001-2026.11",
        "p-events-v1-000002",
        "q-events-v1-000002",
    ]
    made = snapshots.renamed("p", copied, dict.fromkeys(INDEX_KINDS, 7))
    assert {old: new.stem for old, new in made.items()} == {
        "p-articles-v4-000001": "p-articles-v4-000007",
        "p-events-v1-000002": "p-events-v1-000007",
    }


# ---- sweep ----------------------------------------------------------------------------------------------------


def standing(
    identity: str, version: int = 1, index: str = "p-stories-v3-000001-2026.11", indexed: str = "2026-11-30"
) -> Standing:
    return Standing(index, identity, version, 0, 1, indexed)


def test_of_two_places_the_newer_one_stays() -> None:
    older, newer = standing("b", 3, "x-2026.11"), standing("b", 7, "x-2026.10")
    equal = [standing("c", 3, "x-2026.10"), standing("c", 3, "x-2026.11")]
    assert sweeping.twice([standing("a"), older, newer, *equal]) == [older, equal[0]]


def test_an_orphan_is_named_by_nobody_and_not_new() -> None:
    page = [standing("a"), standing("b"), standing("c", indexed="2026-12-01")]
    assert sweeping.orphans(page, {"b"}, "2026-11-30T12") == [page[0]]
