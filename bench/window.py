"""Memory at a full window: what each stage keeps of so many articles, by the structures that it uses.

The articles are those of ``bench.stream``, spread over the days of the window; what fills the states is in
``bench.window_states``. Each size is measured in a process of its own, ``python -m bench.window ARTICLES``, whose
resident memory grows state by state, so that nothing freed before is used again unseen.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from bench.report import Cell, Measured, Table
from bench.site import announce
from bench.stream import DAYS, stream
from wirecopy.errors import ServerError
from wirecopy.local.process import last_words

PAGE = 4096
ALL = "all"

Sizes = Mapping[str, int]
"""Bytes an article by state, and of all of them."""


def measure(articles: Sequence[int]) -> Measured:
    """Bytes an article of each state, for each of these sizes of the window. Raises ``ServerError`` if one fails."""
    found = {count: _apart(count) for count in articles}
    return Measured([table(found)], figures(found))


def figures(found: Mapping[int, Sizes]) -> dict[str, dict[str, dict[str, Sizes]]]:
    return {"articles": {str(count): {"bytes_per_article": sizes} for count, sizes in found.items()}}


def table(found: Mapping[int, Sizes]) -> Table:
    names = list(dict.fromkeys(name for sizes in found.values() for name in sizes))
    rows: list[list[Cell]] = [[name, *(sizes[name] for sizes in found.values())] for name in names]
    note = (
        f"Bytes an article: growth of resident memory, a process for each size; window of {DAYS} days, the articles of "
        "`bench/stream.py`: about 330 shingles each, two fifths and more copies, stories of up to 302. A small window "
        "bears the fixed part of each state."
    )
    return Table("window", ("state", *(f"{count:,} articles" for count in found)), rows, note)


def _apart(articles: int) -> Sizes:
    announce(f"a window of {articles:,} articles")
    command = [sys.executable, "-m", "bench.window", str(articles)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ServerError(f"a window of {articles:,} articles failed: {last_words(done.stderr)}")
    sizes: dict[str, int] = json.loads(done.stdout)
    return sizes


def fill(articles: int) -> Sizes:
    """Fill every state in this process."""
    from bench.window_states import STATES  # noqa: PLC0415  # the process that starts this one does without

    sizes: dict[str, int] = {}
    kept: list[object] = []
    for name, state in STATES.items():
        count = min(articles, state.most or articles)
        before = _resident()
        kept.append(state.fill(islice(stream(articles), count)))
        gc.collect()
        sizes[name] = round((_resident() - before) / count)
    return sizes | {ALL: sum(sizes.values())}


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE


if __name__ == "__main__":
    json.dump(fill(int(sys.argv[1])), sys.stdout)
