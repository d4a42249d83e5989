"""The whole of it: feeds in, documents out, all processes on the same cores; beside what else could do the same work.

In a burst: a wire day all at once through wirecopy; then, on the same servers and from the same topic ``raw``, the
plain script with one model process and with two; then bare ``nlp.pipe`` over the same texts. At a steady pace: what
each process spends when articles come one by one. Everything runs with the settings as they are shipped.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bench import baseline, cpu, index, memory, plain_script, raw, traffic
from bench.baseline import Baseline
from bench.cpu import Meter, Spent
from bench.latency import LEAD, WARM_UP, released, serving
from bench.plain_script import Done, Job
from bench.report import Cell, Measured, Table
from bench.site import APPS, Site, announce, site
from bench.stages import PATIENCE, SLOW, read_raw
from bench.traffic import Traffic
from schemas.topics import RAW
from wirecopy.local import probes, wire_day
from wirecopy.settings import TaggingSettings
from wirecopy.wireday.day import generate

LOOK = 0.25
"""Seconds between two questions to the index."""
SAMPLE = 0.05
"""Seconds between two readings of the CPU while the producer starts."""
WARM_ARTICLES = 200
"""That go through everything before anything counts: the servers' first ones run cold code."""
PROCESSES = (1, 2)
ENOUGH = 0.7
"""Share of bare ``nlp.pipe`` that a script must reach to count: below it is not a competent one."""
PAUSE = 1.0
"""Seconds between polls of a feed at the steady pace."""


@dataclass(frozen=True)
class Burst:
    """Seconds from the first request for a feed: until every article was found, until nothing lagged any more."""

    articles: int
    found: float
    settled: float
    spent: Spent
    traffic: Mapping[str, Traffic]
    peaks: Table

    @property
    def speed(self) -> float:
        return self.articles / self.found


@dataclass(frozen=True)
class Script:
    """What the plain script did, and what the servers spent on it."""

    processes: int
    done: Done
    servers: Spent

    @property
    def speed(self) -> float:
        return self.done.articles / self.done.seconds

    @property
    def cpu_ms_per_article(self) -> float:
        return 1000 * (self.done.cpu + cpu.total(self.servers)) / self.done.articles


@dataclass(frozen=True)
class Pace:
    """What was spent and written while so many articles came, evenly, in so many seconds."""

    articles: int
    seconds: float
    spent: Spent
    traffic: Mapping[str, Traffic]


def measure(scale: int, rate: float, seconds: float) -> Measured:
    """A wire day ``scale`` times as large at once, then ``rate`` articles a second for so many seconds.

    Raises ``BadInput`` where the plain script lacks a package, and as ``site`` does.
    """
    plain_script.require()
    with site() as here:
        ours = _burst(here, scale)
        scripts = [_script(here, processes) for processes in PROCESSES]
    texts = [item.versions[-1].text for item in generate(scale=scale).items()]
    bare = {processes: _bare(texts, processes) for processes in PROCESSES}
    with site() as here:
        pace = _steady(here, rate, seconds)
    words = sum(len(text.split()) for text in texts) / len(texts)
    spent = _spent(ours, pace, rate)
    written = [traffic.table("written", ours.traffic, ours.articles)]
    written += [traffic.table("written at a steady pace", pace.traffic, pace.articles)]
    found = figures(ours, scripts, bare) | {f"wirecopy, {rate:g} a second": an_article(pace)}
    return Measured([_speed(ours, scripts, bare, words), spent, *written, ours.peaks], found)


def an_article(run: Burst | Pace) -> dict[str, float]:
    """What an article costs."""
    whole = traffic.total(run.traffic)
    return {
        "cpu_ms_per_article": 1000 * cpu.total(run.spent) / run.articles,
        "messages_per_article": whole.messages / run.articles,
        "bytes_per_article": whole.size / run.articles,
    }


def figures(ours: Burst, scripts: Sequence[Script], bare: Mapping[int, Baseline]) -> dict[str, dict[str, float]]:
    """For programs: of the burst."""
    found = {"wirecopy": {"articles_per_second": ours.speed} | an_article(ours)}
    for one in scripts:
        found[f"plain script, {one.processes}"] = {
            "articles_per_second": one.speed,
            "cpu_ms_per_article": one.cpu_ms_per_article,
            "of_nlp_pipe": one.speed / bare[one.processes].articles_per_second,
        }
    for peer in bare.values():
        found[f"nlp.pipe, {peer.processes}"] = {
            "articles_per_second": peer.articles_per_second,
            "cpu_ms_per_article": peer.cpu_ms_per_article,
        }
    return found


# ---- tables ---------------------------------------------------------------------------------------------------


def _speed(ours: Burst, scripts: Sequence[Script], bare: Mapping[int, Baseline], words: float) -> Table:
    rows: list[list[Cell]] = [
        _row("wirecopy, to the last article found by a search", ours.articles, ours.found, ours.speed),
        _row("wirecopy, to the last message processed", ours.articles, ours.settled, ours.speed),
    ]
    rows += [
        _row(_called("plain script", s.processes), s.done.articles, s.done.seconds, ours.speed, counts=counts(s, bare))
        for s in scripts
    ]
    rows += [_row(_called("bare nlp.pipe", p.processes), p.articles, p.seconds, ours.speed) for p in bare.values()]
    return Table(
        "speed", ("what", "articles", "seconds", "articles/s", "wirecopy beside it", "note"), rows, _note(words)
    )


def _row(what: str, articles: int, seconds: float, ours: float, counts: str = "") -> list[Cell]:
    speed = articles / seconds
    return [what, articles, round(seconds, 2), speed, round(ours / speed, 2), counts]


def counts(script: Script, bare: Mapping[int, Baseline]) -> str:
    """Whether a script is fast enough to be compared with."""
    share = script.speed / bare[script.processes].articles_per_second
    return f"{share:.2f} of nlp.pipe: {'counts' if share >= ENOUGH else f'does not count, it needs {ENOUGH}'}"


def _called(what: str, processes: int) -> str:
    return f"{what}, {processes} model process{'es' * (processes > 1)}"


def _note(words: float) -> str:
    return (
        f"Articles of {words:.0f} words on average. wirecopy: a producer, a worker of each app, a model process, "
        "Kafka, Elasticsearch and the feed server share the cores; workers were started, and had taken in "
        f"{WARM_ARTICLES} other articles, before the first feed was asked for, from which the seconds count. "
        "Plain script (`bench/plain_script.py`): from the same topic `raw`, those other articles too, to an index of "
        "its own on the same servers, model loaded, wirecopy stopped; no feeds are read, nothing survives a restart. "
        "nlp.pipe: the same pipeline with `ner` alone and the same linear algebra over the same texts, model loaded, "
        "nothing else running."
    )


def _spent(ours: Burst, pace: Pace, rate: float) -> Table:
    burst, even = _milliseconds(ours.spent, ours.articles), _milliseconds(pace.spent, pace.articles)
    names = list(dict.fromkeys((*burst, *even)))
    rows: list[list[Cell]] = [[name, burst.get(name), even.get(name)] for name in names]
    rows.append(["all together", sum(burst.values()), sum(even.values())])
    note = (
        "Milliseconds of CPU (user and system, ended children included) an article, the feed server left out. Burst: "
        f"from the first request for a feed until nothing lagged. Steady: {pace.articles} articles in "
        f"{pace.seconds:.0f} s, feeds polled every {PAUSE:g} s, so what idle servers and polls cost is in it."
    )
    return Table("cpu", ("process", "burst", f"{rate:g} a second"), rows, note)


def _milliseconds(spent: Spent, articles: int) -> dict[str, float]:
    return {name: round(1000 * seconds / articles, 2) for name, seconds in spent.items()}


# ---- the runs -------------------------------------------------------------------------------------------------


class Sampler:
    """Reads a meter every ``SAMPLE`` seconds in a thread, until told to stop."""

    def __init__(self, meter: Meter) -> None:
        self._meter, self._stop = meter, threading.Event()
        self.samples: list[tuple[float, Spent]] = []
        self._thread = threading.Thread(target=self._work, daemon=True, name="sampler")
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def at(self, moment: float) -> Spent:
        """The last sample taken before a moment, in Unix seconds; the first where none was."""
        return at(self.samples, moment)

    def _work(self) -> None:
        while not self._stop.is_set():
            self.samples.append((time.time(), self._meter.read()))
            self._stop.wait(SAMPLE)


def at(samples: Sequence[tuple[float, Spent]], moment: float) -> Spent:
    return next((spent for taken, spent in reversed(samples) if taken <= moment), samples[0][1])


def warm_up(here: Site, scale: int, articles: int = WARM_ARTICLES) -> None:
    """Send what the wire day of this scale does not have through everything."""
    announce(f"{articles} other articles to warm up")
    with raw.feeding(here.settings.kafka) as feeder:
        entries = raw.further(scale, articles)
        feeder.send(entries)
    with index.opened(here) as known:
        here.wait(lambda: known.holds({e.article for e in entries}), "the first are found", PATIENCE, 1.0)
    here.settle(PATIENCE, *APPS)


def _burst(here: Site, scale: int) -> Burst:
    port = here.wire_day(scale)
    expected = wire_day.read_wire_day(port).articles
    here.workers(*APPS)
    warm_up(here, scale)
    before = traffic.mark(here.admin, here.settings)
    announce(f"{len(expected)} articles at once through everything")
    producer = here.producer(port, SLOW)
    meter = here.meter()
    sampler = Sampler(meter)
    here.wait(lambda: _has_begun(here, before), "the producer has begun", PATIENCE, LOOK)
    sampler.stop()
    with index.opened(here) as known:
        here.wait(lambda: known.holds(expected), "all are found", PATIENCE, LOOK)
    found = time.time()
    here.settle(PATIENCE, *APPS)
    settled, spent = time.time(), meter.read()
    peaks = memory.table(here.pids)
    here.stop(producer)
    began = min(entry.fetched for entry in read_raw(here) if entry.article in expected).timestamp()
    written = traffic.between(here.settings, before, traffic.mark(here.admin, here.settings))
    _stop_all(here)
    used = cpu.between(sampler.at(began), spent)
    return Burst(len(expected), found - began, settled - began, used, written, peaks)


def _has_begun(here: Site, before: traffic.Mark) -> bool:
    known = sum(before.ends[place] for place in probes.partitions_of(RAW, here.settings))
    return here.written(RAW) > known


def _stop_all(here: Site) -> None:
    """All but the servers."""
    for child in reversed(list(here.children)):
        here.stop(child)


def _script(here: Site, processes: int) -> Script:
    """The plain script over all that is in ``raw``."""
    announce(f"the {_called('plain script', processes)}")
    kafka, tagging = here.settings.kafka, TaggingSettings()
    ends = traffic.mark(here.admin, here.settings).ends
    job = Job(
        bootstrap=kafka.bootstrap,
        topic=RAW.full_name(kafka.topic_prefix),
        ends={str(place.partition): ends[place] for place in probes.partitions_of(RAW, here.settings)},
        elasticsearch=here.settings.elasticsearch.url,
        index=f"plain-script-{processes}",
        model=tagging.model,
        openblas=tagging.openblas,
        processes=processes,
    )
    meter = Meter(here.server_pids)
    with plain_script.started(job) as script:
        before = meter.read()
        done = plain_script.result(script)
        servers = cpu.between(before, meter.read())
    return Script(processes, done, servers)


def _bare(texts: Sequence[str], processes: int) -> Baseline:
    announce(f"bare nlp.pipe over {len(texts)} articles, {processes} at a time")
    return baseline.measure(texts, TaggingSettings(), processes)


def _steady(here: Site, rate: float, seconds: float) -> Pace:
    here.workers(*APPS)
    warm_up(here, 1)
    with serving(here, rate, seconds, PAUSE) as server:
        return _watched(here, released(server, seconds).values(), server.release.started + LEAD + WARM_UP, seconds)


def _watched(here: Site, moments: Collection[float], begin: float, seconds: float) -> Pace:
    meter = here.meter()
    _sleep_until(here, begin)
    before, first, started = traffic.mark(here.admin, here.settings), meter.read(), time.time()
    _sleep_until(here, begin + seconds)
    spent, elapsed = cpu.between(first, meter.read()), time.time() - started
    after = traffic.mark(here.admin, here.settings)
    return Pace(len(moments), elapsed, spent, traffic.between(here.settings, before, after))


def _sleep_until(here: Site, moment: float) -> None:
    here.wait(lambda: time.time() >= moment, "the time has passed", moment - time.time() + 60, SAMPLE)
