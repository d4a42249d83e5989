"""Memory at a full window: what each stage keeps of so many articles, by the structures that it uses.

The articles are those of ``bench.stream``, spread over the days of the window; what fills the states is in
``bench.window_states``. Each state is measured in a process of its own, ``python -m bench.window STATE ARTICLES``,
so that nothing freed before is used again unseen, and two are filled at a time.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.report import Cell, Measured, Table
from bench.site import announce
from bench.stream import DAYS
from wirecopy.errors import ServerError

PAGE = 4096
ALL = "all"
AT_ONCE = 2
"""States that are filled at the same time."""

Sizes = Mapping[str, int]
"""Bytes an article by state, and of all of them."""


def measure(articles: Sequence[int]) -> Measured:
    """Bytes an article of each state, for each of these sizes of the window. Raises ``ServerError`` if one fails."""
    from bench.window_states import STATES  # noqa: PLC0415  # the command line does without

    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = {count: [pool.submit(_apart, state, count) for state in STATES] for count in articles}
        found = {count: _together([one.result() for one in parts]) for count, parts in running.items()}
    return Measured([table(found)], figures(found))


def figures(found: Mapping[int, Sizes]) -> dict[str, dict[str, dict[str, Sizes]]]:
    return {"articles": {str(count): {"bytes_per_article": sizes} for count, sizes in found.items()}}


def table(found: Mapping[int, Sizes]) -> Table:
    names = list(dict.fromkeys(name for sizes in found.values() for name in sizes))
    rows: list[list[Cell]] = [[name, *(sizes[name] for sizes in found.values())] for name in names]
    note = (
        f"Bytes an article: growth of resident memory, a process for each state and size; window of {DAYS} days, the "
        "articles of `bench/stream.py`: about 330 shingles each, two fifths and more copies, stories of up to 302. What"
        " the engine's events take is told by itself. A small window bears the fixed part of each state."
    )
    return Table("window", ("state", *(f"{count:,} articles" for count in found)), rows, note)


def _together(parts: Iterable[Sizes]) -> Sizes:
    sizes = {name: size for part in parts for name, size in part.items()}
    return sizes | {ALL: sum(sizes.values())}


def _apart(state: str, articles: int) -> Sizes:
    announce(f"{state}: a window of {articles:,} articles")
    command = [sys.executable, "-m", "bench.window", state, str(articles)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise ServerError(f"{state}: a window of {articles:,} articles failed")
    sizes: dict[str, int] = json.loads(done.stdout)
    return sizes


def fill(state: str, articles: int) -> Sizes:
    """Fill a state in this process. Bytes an article of it, and of parts of it that are told by themselves."""
    from bench.window_states import STATES  # noqa: PLC0415  # as above

    before = resident()
    kept = STATES[state](articles)
    gc.collect()
    own = resident() - before - sum(kept.parts.values())
    return {name: round(size / articles) for name, size in {state: own, **kept.parts}.items()}


def resident() -> int:
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE


if __name__ == "__main__":
    json.dump(fill(sys.argv[1], int(sys.argv[2])), sys.stdout)
