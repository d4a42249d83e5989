"""The graph of events by itself: milliseconds of an update with so many stories in the window, and memory.

Stories of an invented stream, each subject told by a few or by very many. What the graph holds follows from its stories
alone: so those that fill it are entered with all their edges first, and taken apart into events once. A test holds that
against putting in one after the other, which is what is timed of the last ones.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import wordfreq

from bench.latency import percentile
from bench.report import Cell, Measured, Table
from bench.site import announce
from stream_apps.dedup.events.graph import EventGraph
from stream_apps.dedup.events.reports import StoryReport
from stream_apps.text import terms

SUBJECTS = (5, 87)
"""Stories of each subject."""
LAST = 3000
"""Of the stories, those of which the time is told."""
WINDOW = 7 * 86400.0
ANNOUNCED_EVERY = 50_000
"""Stories between two lines of progress."""

Story = tuple[int, bytes, StoryReport]
"""A number, an identity, and what is told."""


def measure(stories: int) -> Measured:
    """With so many stories in the window, of subjects of every size."""
    found = {each: _filled(stories, each) for each in SUBJECTS}
    return Measured(
        [table(found, stories)], {"stories": stories, "subjects": {str(n): row for n, row in found.items()}}
    )


def table(found: dict[int, dict[str, float]], stories: int) -> Table:
    note = (
        "The graph of events with so many stories in the window: milliseconds to take in one of the last 3,000, and to "
        "take one out; memory, and what of it the terms of 32 words are."
    )
    columns = ("stories", "a subject", "p50 ms", "p99 ms", "most ms", "p99 ms out", "bytes a story", "of them terms")
    rows: list[list[Cell]] = [[stories, each, *row.values(), 5 * terms.TERMS] for each, row in found.items()]
    return Table("graph", columns, rows, note)


def _filled(count: int, each: int) -> dict[str, float]:
    rng, last = random.Random(1), min(LAST, count // 2)
    announce(f"{count:,} stories, {each} a subject")
    stories = (_story(rng, number, count, each) for number in range(count))
    graph = filled(next(stories) for _ in range(count - last))
    gc.freeze()
    came = sorted(_timed(graph.put, *story) for story in list(stories))
    size = graph.nbytes
    out = sorted(_timed(graph.remove, number) for number in range(last))
    figures = {
        "p50": 1000 * percentile(came, 0.5),
        "p99": 1000 * percentile(came, 0.99),
        "most": 1000 * came[-1],
        "p99_out": 1000 * percentile(out, 0.99),
    }
    return {name: round(value, 2) for name, value in figures.items()} | {"bytes_per_story": round(size / count)}


def filled(stories: Iterable[Story]) -> EventGraph:
    """A graph with these stories, as if each had been put in."""
    graph = EventGraph()
    for number, identity, report in stories:
        place = graph._reports.add(number, identity)  # noqa: SLF001  # all of this: without the events of each moment
        graph._make_room()  # noqa: SLF001
        graph._learn(place, report)  # noqa: SLF001
        if place % ANNOUNCED_EVERY == ANNOUNCED_EVERY - 1:
            announce(f"{place + 1:,} stories in the graph")
    graph._settle(set(range(len(graph))), -1)  # noqa: SLF001
    return graph


def _timed(call: Callable[..., object], *arguments: object) -> float:
    started = time.process_time()
    call(*arguments)
    return time.process_time() - started


def _story(rng: random.Random, number: int, count: int, each: int) -> Story:
    return number, rng.randbytes(16), _invented(rng, number, count, each)


def _invented(rng: random.Random, number: int, count: int, each: int) -> StoryReport:
    """A report of 200 words: some names of its subject, some words of its beat, the rest what all newspapers say."""
    subject = rng.randrange(max(1, count // each))
    words = [f"Subj{_letters(subject)}{_letters(rng.randrange(9))}" for _ in range(12)]
    words += rng.choices(_beat(subject % 40), k=50) + rng.choices(_english()[:3000], k=140)
    rng.shuffle(words)
    return StoryReport(terms.pack("", "said " + " ".join(words)), number * WINDOW / count)


@cache
def _english() -> Sequence[str]:
    return list(wordfreq.top_n_list("en", 12_000))


@cache
def _beat(number: int) -> Sequence[str]:
    return random.Random(number).sample(_english()[1000:], 400)


def _letters(number: int) -> str:
    return "".join(chr(97 + int(digit)) for digit in str(number))
