"""What the k-th copy of one story costs: CPU of all processes, for the copies around the 5th, 50th, 500th, 5,000th.

Copies go straight into the topic ``raw``. Those that are measured come evenly, as news do; those in between all at
once. What the same processes spend with nothing to do is taken off.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bench import cpu, index, pipeline, raw, story_copies
from bench.cpu import Spent
from bench.raw import Feeder
from bench.report import Cell, Measured, Table
from bench.site import APPS, Site, announce, site
from schemas.feed_records import RawEntry
from schemas.ids import article_id
from wirecopy.errors import ServerError

MOMENTS = (5, 50, 500, 5000)
MEASURED = 20
"""Copies whose cost is averaged."""
RATE = 4.0
"""Of them a second."""
WARM_ARTICLES = 400
"""That go through everything before: the first copies should not bear the servers' cold code."""
LOOK = 1.0
"""Seconds between two looks for what is left to do; they cost the broker something, with nothing to do as well."""
AFTER = 3.0
"""Seconds after the last is processed, in which the index refreshes and offsets are committed."""
IDLE = 15.0
"""Seconds for which the processes are watched with nothing to do."""
GAP = timedelta(seconds=10)
"""Between the publication of two copies: 5,000 in 14 hours."""


@dataclass(frozen=True)
class Cost:
    """Of ``MEASURED`` copies around a number: CPU above that of idle processes, and the whole."""

    around: int
    spent: Spent
    idle: Spent

    @property
    def milliseconds(self) -> float:
        """Of a copy."""
        return 1000 * (cpu.total(self.spent) - cpu.total(self.idle)) / MEASURED


@dataclass
class Course:
    """How far it came. ``late`` says why it ended early."""

    costs: list[Cost] = field(default_factory=list)
    sent: int = 0
    late: str = ""


def measure(until: int, within: float) -> Measured:
    """The copies up to the one of this number, within so many seconds; what was not reached by then is left out.

    Raises ``ServerError`` where the index does not hold every copy that was sent, and as ``site`` does.
    """
    with site() as here, raw.feeding(here.settings.kafka) as feeder:
        here.workers(*APPS)
        pipeline.warm_up(here, 1, WARM_ARTICLES)
        story = Story(here, feeder, datetime.now(UTC) - (until + MEASURED) * GAP, time.monotonic() + within)
        story.run(until)
        held = story.held()
    return Measured([costs(story.course, until), held], figures(story.course))


def figures(course: Course) -> dict[str, float]:
    """Milliseconds of CPU by the number of the copy."""
    return {str(cost.around): round(cost.milliseconds, 2) for cost in course.costs}


def costs(course: Course, until: int) -> Table:
    """What each group of copies cost, by process."""
    names = list(dict.fromkeys(name for cost in course.costs for name in cost.spent))
    rows: list[list[Cell]] = [[name, *(_of(cost, name) for cost in course.costs)] for name in names]
    rows.append(["all together", *(round(cost.milliseconds, 2) for cost in course.costs)])
    note = (
        f"Milliseconds of CPU a copy, means of {MEASURED} at {RATE:g} a second, what the same processes spend idle in "
        "that time taken off. Copies of one invented story of some 420 words by as many outlets: edited, cut, with "
        f"paragraphs of their own, one in {story_copies.IDENTICAL} identical. Those in between came at once."
    )
    if course.late or until < max(MOMENTS):
        note += f" Ended at copy {course.sent:,}: {course.late or 'as was asked for'}."
    return Table("story", ("process", *(f"copy {cost.around:,}" for cost in course.costs)), rows, note)


def _of(cost: Cost, name: str) -> float:
    spent = cost.spent.get(name, 0.0)  # a snapshot is written by a process that is there for a moment
    return round(1000 * (spent - cost.idle.get(name, 0.0)) / MEASURED, 2)


def group(around: int) -> range:
    """The numbers of the copies that are measured; the first is no copy."""
    first = max(2, around - MEASURED // 2 + 1)
    return range(first, first + MEASURED)


class Late(Exception):  # no error: a slow pipeline is measured as far as it comes
    """Time is up."""


class Story:
    """One story, running; it broke at ``begin``. Until ``deadline``, by the monotonic clock, there is time."""

    def __init__(self, here: Site, feeder: Feeder, begin: datetime, deadline: float) -> None:
        self.course = Course()
        self._here, self._feeder = here, feeder
        self._begin, self._deadline = begin, deadline
        self._idle: Spent = {}

    def run(self, until: int) -> None:
        """Send the copies up to this one, or as many as there is time for."""
        self._idle = _idle(self._here)
        for around in (moment for moment in MOMENTS if moment <= until):
            try:
                self._send_at_once(group(around).start - 1)
                self.course.costs.append(self._cost(around))
            except Late as late:
                self.course.late = str(late)
                announce(self.course.late)
                return

    def held(self) -> Table:
        """What the index holds of the copies. Raises ``ServerError`` where some are missing and time was not up."""
        copies = map(story_copies.copy, range(1, self.course.sent + 1))
        expected = {article_id(one.outlet, guid(one.number)) for one in copies}
        _pause(self._here, time.monotonic() + AFTER)
        with index.opened(self._here) as known:
            held, together = known.found(expected), known.largest_story()
        if held < len(expected) and not self.course.late:
            raise ServerError(f"the index holds {held} of {len(expected)} copies")
        return Table("index", ("copies sent", "found", "in one story"), [(len(expected), held, together)])

    def _send_at_once(self, last: int) -> None:
        """The copies up to one, and wait until they are processed."""
        first = self.course.sent + 1
        announce(f"copies {first:,} to {last:,} at once")
        self._feeder.send(entries(self._begin, range(first, last + 1)))
        self.course.sent = max(self.course.sent, last)
        self._settle()

    def _cost(self, around: int) -> Cost:
        numbers = group(around)
        announce(f"copies {numbers.start:,} to {numbers[-1]:,}, {RATE:g} a second")
        meter = self._here.meter()
        before, started = meter.read(), time.monotonic()
        for place, one in enumerate(entries(self._begin, numbers)):
            _pause(self._here, started + place / RATE)
            self._feeder.send([one])
        self.course.sent = numbers[-1]
        self._settle()
        _pause(self._here, time.monotonic() + AFTER)
        elapsed = time.monotonic() - started
        idle = {name: seconds * elapsed for name, seconds in self._idle.items()}
        return Cost(around, cpu.between(before, meter.read()), idle)

    def _settle(self) -> None:
        """Until nothing lags. Raises ``Late`` when the deadline passes before."""
        what = f"copy {self.course.sent:,} is processed"
        left = self._deadline - time.monotonic()
        self._here.wait(lambda: self._is_settled() or time.monotonic() > self._deadline, what, left + 60, LOOK)
        if time.monotonic() > self._deadline and not self._is_settled():
            raise Late(f"time was up before {what}")

    def _is_settled(self) -> bool:
        return self._here.behind(*APPS) == 0


def _idle(here: Site) -> Spent:
    """Seconds of CPU a second with nothing to do but to be looked at."""
    meter = here.meter()
    before, started = meter.read(), time.monotonic()
    here.wait(lambda: here.behind(*APPS) == 0 and time.monotonic() >= started + IDLE, "nothing to do", 2 * IDLE, LOOK)
    elapsed = time.monotonic() - started
    return {name: seconds / elapsed for name, seconds in cpu.between(before, meter.read()).items()}


def _pause(here: Site, moment: float) -> None:
    here.wait(lambda: time.monotonic() >= moment, "the time has passed", 60, 0.02)


def entries(begin: datetime, numbers: Iterable[int]) -> Iterator[RawEntry]:
    """The copies of these numbers, as a producer publishes them."""
    for one in map(story_copies.copy, numbers):
        seen = begin + one.number * GAP
        yield raw.entry(one.outlet, guid(one.number), one.headline, one.paragraphs, seen, byline=one.byline)


def guid(number: int) -> str:
    return f"copy-{number}"
