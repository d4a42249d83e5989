"""A feed is polled by one at a time, when it is wanted, and is never forgotten."""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from producers.assignment.agenda import Agenda

NAMES = [f"f{number}" for number in range(8)]
HOSTS = [None, "a.example", "b.example"]


def drain(agenda: Agenda, now: float) -> list[str]:
    taken = []
    while (name := agenda.take(now)) is not None:
        taken.append(name)
    return taken


def test_the_longest_due_comes_first_and_nothing_before_its_time() -> None:
    agenda = Agenda(per_host=2)
    for name, at in (("b", 2.0), ("a", 1.0), ("c", 3.0)):
        agenda.put(name, at)
    assert agenda.next_at() == 1.0
    assert drain(agenda, 2.5) == ["a", "b"]
    assert (agenda.running, agenda.next_at(), agenda.overdue(5.0)) == (2, 3.0, 2.0)


def test_a_host_has_its_limit_and_takes_no_other_hosts_place() -> None:
    agenda = Agenda(per_host=2)
    for number in range(5):
        agenda.put(f"a{number}", number / 10, "a.example")
    agenda.put("b", 1.0, "b.example")
    assert drain(agenda, 2.0) == ["a0", "a1", "b"]
    assert agenda.next_at() is None
    agenda.done("a0", None)
    agenda.discard("a2")
    assert drain(agenda, 2.0) == ["a3"]
    agenda.done("a1", 9.0)
    assert drain(agenda, 2.0) == ["a4"]


def test_a_closed_host_waits_and_the_others_do_not() -> None:
    agenda = Agenda(per_host=1)
    agenda.put("a", 1.0, "a.example")
    agenda.put("b", 1.0, "b.example")
    agenda.close_host("a.example", 50.0)
    assert drain(agenda, 2.0) == ["b"]
    assert agenda.next_at() == 50.0
    assert drain(agenda, 50.0) == ["a"]


def test_what_is_asked_of_a_running_feed_holds_when_it_has_ended() -> None:
    agenda = Agenda(per_host=1)
    agenda.put("a", 0.0, "a.example")
    assert drain(agenda, 0.0) == ["a"]
    agenda.put("a", 1.0, "b.example")
    assert drain(agenda, 9.0) == []
    agenda.done("a", 300.0)
    assert drain(agenda, 1.0) == ["a"]
    agenda.discard("a")
    agenda.done("a", 300.0)
    assert (len(agenda), agenda.next_at()) == (0, None)


def test_hastening_moves_a_feed_forward_only() -> None:
    agenda = Agenda(per_host=1)
    assert not agenda.hasten("a", 1.0)
    agenda.put("a", 10.0)
    assert agenda.hasten("a", 20.0)
    assert agenda.next_at() == 10.0
    assert agenda.hasten("a", 5.0)
    assert agenda.next_at() == 5.0
    assert drain(agenda, 5.0) == ["a"]
    assert agenda.hasten("a", 7.0)
    agenda.done("a", 100.0)
    assert agenda.next_at() == 7.0


class AgendaMachine(RuleBasedStateMachine):
    """Against the plainest model there is: who is wanted when, and who is running."""

    def __init__(self) -> None:
        super().__init__()
        self.agenda = Agenda(per_host=2)
        self.now = 0.0
        self.wanted: dict[str, float] = {}
        self.hosts: dict[str, str | None] = {}
        self.running: dict[str, str | None] = {}
        self.asked: dict[str, float | None] = {}
        self.closed: dict[str, float] = {}

    @rule(name=st.sampled_from(NAMES), wait=st.integers(0, 20), host=st.sampled_from(HOSTS))
    def put(self, name: str, wait: int, host: str | None) -> None:
        self.agenda.put(name, self.now + wait, host)
        self.hosts[name] = host
        (self.asked if name in self.running else self.wanted)[name] = self.now + wait

    @rule(name=st.sampled_from(NAMES))
    def discard(self, name: str) -> None:
        self.agenda.discard(name)
        self.wanted.pop(name, None)
        if name in self.running:
            self.asked[name] = None

    @rule(seconds=st.integers(1, 15))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @rule(host=st.sampled_from(["a.example", "b.example"]), seconds=st.integers(1, 10))
    def close(self, host: str, seconds: int) -> None:
        self.agenda.close_host(host, self.now + seconds)
        self.closed[host] = max(self.closed.get(host, 0.0), self.now + seconds)

    @rule()
    def take_all(self) -> None:
        for name in drain(self.agenda, self.now):
            assert name not in self.running
            assert self.wanted.pop(name) <= self.now
            self.running[name] = self.hosts[name]
        assert not [name for name in self.wanted if self.may_run(name)]

    @precondition(lambda self: self.running)
    @rule(data=st.data(), wait=st.one_of(st.none(), st.integers(0, 20)))
    def done(self, data: st.DataObject, wait: int | None) -> None:
        name = data.draw(st.sampled_from(sorted(self.running)))
        del self.running[name]
        self.agenda.done(name, None if wait is None else self.now + wait)
        moments = [] if wait is None else [self.now + wait]
        if name in self.asked:
            asked = self.asked.pop(name)
            moments = [] if asked is None else [*moments, asked]
        if moments:
            self.wanted[name] = min(moments)

    @invariant()
    def nobody_is_lost_and_no_host_is_overrun(self) -> None:
        assert len(self.agenda) == len(self.wanted) + len(self.running)
        assert self.agenda.running == len(self.running)
        assert all(count <= 2 for host, count in Counter(self.running.values()).items() if host is not None)

    def may_run(self, name: str) -> bool:
        host = self.hosts[name]
        if self.wanted[name] > self.now:
            return False
        return host is None or (self.closed.get(host, 0.0) <= self.now and list(self.running.values()).count(host) < 2)


TestAgenda = AgendaMachine.TestCase
TestAgenda.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
