from __future__ import annotations

import asyncio

import pytest

from producers.errors import FetchError
from producers.web.hosts import MAX_PAUSE, MAX_REMEMBERED, MAX_SPACING, HostGate


class Clock:
    """Time that passes only when everybody waits for it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now + seconds, future))
        await future

    async def settle(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)

    async def run(self, seconds: float) -> None:
        """Let so much time pass, waking each sleeper at its time."""
        end = self.now + seconds
        await self.settle()
        while due := [sleeper for sleeper in self._sleepers if sleeper[0] <= end and not sleeper[1].done()]:
            at, future = min(due, key=lambda sleeper: sleeper[0])
            self.now = max(self.now, at)
            future.set_result(None)
            await self.settle()
        self.now = end


@pytest.fixture
def clock() -> Clock:
    return Clock()


def gate(clock: Clock, total: int = 10, per_host: int = 2, interval: float = 1.0) -> HostGate:
    return HostGate(total, per_host, interval, clock=clock, sleep=clock.sleep)


class Visits:
    """Requests through a gate, and when each started."""

    def __init__(self, gate: HostGate, clock: Clock) -> None:
        self.gate, self.clock = gate, clock
        self.started: list[tuple[str | None, float]] = []
        self.tasks: list[asyncio.Task[None]] = []

    def want(self, host: str | None, lasting: float = 0.0) -> asyncio.Task[None]:
        async def visit() -> None:
            async with self.gate.slot(host):
                self.started.append((host, self.clock.now - 1000.0))
                if lasting:
                    await self.clock.sleep(lasting)

        task = asyncio.create_task(visit())
        self.tasks.append(task)
        return task

    def at(self, host: str | None) -> list[float]:
        return [at for name, at in self.started if name == host]


async def test_one_host_does_not_take_every_place() -> None:
    gate = HostGate(total=3, per_host=2)
    most = {"slow": 0, "all": 0}
    now = {"slow": 0, "all": 0}
    release, full = asyncio.Event(), asyncio.Event()

    async def hold(host: str | None) -> None:
        async with gate.slot(host):
            for key in ("all", *([host] if host == "slow" else [])):
                now[key] += 1
                most[key] = max(most[key], now[key])
            if now["all"] == 3:
                full.set()
            await release.wait()
            for key in ("all", *([host] if host == "slow" else [])):
                now[key] -= 1

    tasks = [asyncio.create_task(hold("slow")) for _ in range(5)]
    tasks += [asyncio.create_task(hold(host)) for host in ("a", "b", None)]
    await full.wait()
    release.set()
    await asyncio.gather(*tasks)
    assert most == {"slow": 2, "all": 3}
    assert len(gate) == 0


async def test_requests_to_one_host_start_an_interval_apart_and_to_others_at_once(clock: Clock) -> None:
    visits = Visits(gate(clock), clock)
    for host in ("a", "a", "a", "b", None, None):
        visits.want(host)
    await clock.run(10)
    assert visits.at("a") == [0, 1, 2]
    assert visits.at("b") == [0]
    assert visits.at(None) == [0, 0]


async def test_the_interval_holds_although_nobody_waited_in_between(clock: Clock) -> None:
    visits = Visits(gate(clock), clock)
    visits.want("a")
    await clock.run(0.4)
    assert len(visits.gate) == 1
    visits.want("a")
    await clock.run(10)
    assert visits.at("a") == [0, 1]


async def test_a_slow_answer_does_not_hold_up_the_next_request_but_two_do(clock: Clock) -> None:
    visits = Visits(gate(clock, per_host=2), clock)
    for _ in range(3):
        visits.want("a", lasting=5)
    await clock.run(20)
    assert visits.at("a") == [0, 1, 5]


async def test_a_request_that_waits_for_its_host_holds_no_place_of_the_total(clock: Clock) -> None:
    visits = Visits(gate(clock, total=1, per_host=10), clock)
    for _ in range(5):
        visits.want("a")
    for host in ("b", "c", "d"):
        visits.want(host)
    await clock.settle()
    assert visits.started == [("a", 0), ("b", 0), ("c", 0), ("d", 0)]


async def test_hosts_take_turns_however_many_wait_for_one(clock: Clock) -> None:
    visits = Visits(gate(clock, total=1, per_host=10, interval=0), clock)
    for _ in range(50):
        visits.want("a", lasting=1)
    for _ in range(2):
        visits.want("b", lasting=1)
    await clock.run(6)
    assert [host for host, _ in visits.started][:5].count("b") == 2
    for task in visits.tasks:
        task.cancel()


async def test_a_paused_host_is_left_alone_and_the_longer_pause_stands(clock: Clock) -> None:
    visits = Visits(gate(clock), clock)
    visits.gate.pause("a", 100)
    visits.gate.pause("a", 10)
    assert visits.gate.ready_in("a") == 100
    visits.want("a")
    visits.want("b")
    await clock.run(50)
    visits.gate.pause("a", 100)
    await clock.run(200)
    assert visits.at("a") == [150]
    assert visits.at("b") == [0]


async def test_a_pause_counts_for_who_already_waits_for_a_place_in_all(clock: Clock) -> None:
    visits = Visits(gate(clock, total=1), clock)
    visits.want("b", lasting=5)
    await clock.settle()
    visits.want("a")
    visits.want("c")
    await clock.run(1)
    visits.gate.pause("a", 30)
    await clock.run(60)
    assert visits.at("a") == [31]
    assert visits.at("c") == [5]


async def test_a_pause_and_a_spacing_are_bounded(clock: Clock) -> None:
    visits = Visits(gate(clock), clock)
    visits.gate.pause("a", 1e9)
    assert visits.gate.ready_in("a") == MAX_PAUSE
    visits.gate.pause("b", -5)
    visits.gate.space("b", 1e9)
    visits.want("b")
    visits.want("b")
    await clock.run(1000)
    assert visits.at("b") == [0, MAX_SPACING]


@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"), [(429, 120, 120), (429, None, 60), (503, 30, 30), (503, None, 0), (404, 9, 0)]
)
async def test_a_refusal_pauses_the_host(clock: Clock, status: int, retry_after: float | None, seconds: float) -> None:
    gate_ = gate(clock)
    gate_.heed("a", FetchError("http_status", "no", status=status, retry_after=retry_after))
    assert gate_.ready_in("a") == seconds


async def test_giving_up_at_any_point_leaves_every_place_free(clock: Clock) -> None:
    visits = Visits(gate(clock, total=1, per_host=1), clock)
    holder = visits.want("a", lasting=100)
    await clock.settle()
    waiting = [visits.want(host) for host in ("a", "a", "b", None)]  # for the host, its turn, and a place
    await clock.run(2)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert visits.started == [("a", 0)]
    holder.cancel()
    await asyncio.gather(holder, return_exceptions=True)
    for host in ("a", "b", None):
        visits.want(host)
    await clock.run(1)
    assert [host for host, _ in visits.started[1:]] == ["a", "b", None]
    await clock.run(5)
    visits.want("c")
    await clock.run(5)
    assert visits.at("c") == [7 + 1]
    assert not visits.gate._total.locked()


async def test_an_error_inside_gives_the_place_back(clock: Clock) -> None:
    one = gate(clock, total=1, per_host=1, interval=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with one.slot("a"):
                raise ZeroDivisionError
    assert len(one) == 0


async def test_hosts_are_forgotten_when_their_time_has_passed(clock: Clock) -> None:
    many = gate(clock, total=1000)
    for number in range(5000):
        async with many.slot(f"h{number}.example"):
            pass
        clock.now += 0.1
    assert len(many) < 200


async def test_paused_hosts_do_not_fill_the_memory(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producers.web.hosts.MAX_REMEMBERED", 100)
    many = gate(clock)
    for number in range(2000):
        many.pause(f"h{number}.example", 1000 + number)
    assert len(many) <= 200
    assert many.ready_in("h1999.example") == 2999
    assert MAX_REMEMBERED >= 10_000
