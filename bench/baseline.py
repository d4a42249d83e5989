"""The peer: bare ``nlp.pipe`` of the same pipeline, ``ner`` alone, over the same texts, in a process of its own.

``python -m bench.baseline MODEL OPENBLAS PROCESSES`` reads a JSON array of texts from standard input and writes the
seconds and the CPU that they took, model loaded. Run apart because the choice of linear algebra has to be made before
numpy is imported.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.cpu import of_us
from wirecopy.errors import ServerError
from wirecopy.local.process import last_words
from wirecopy.settings import TaggingSettings

TIMEOUT = 3600.0
WARM_UP = 20
"""Texts tagged before the clock starts."""


@dataclass(frozen=True)
class Baseline:
    """What the peer took for all texts."""

    processes: int
    articles: int
    seconds: float
    cpu: float
    """Seconds, of all its processes."""

    @property
    def articles_per_second(self) -> float:
        return self.articles / self.seconds

    @property
    def cpu_ms_per_article(self) -> float:
        return 1000 * self.cpu / self.articles


def measure(texts: Sequence[str], settings: TaggingSettings, processes: int) -> Baseline:
    """Run the peer over these texts. Raises ``ServerError`` where it fails."""
    command = [sys.executable, "-m", "bench.baseline", settings.model, str(int(settings.openblas)), str(processes)]
    done = subprocess.run(
        command, input=json.dumps(texts), capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    if done.returncode != 0:
        raise ServerError(f"bare nlp.pipe failed: {last_words(done.stderr)}")
    return Baseline(processes, len(texts), **json.loads(done.stdout))


def main(model: str, openblas: str, processes: str) -> None:
    from stream_apps.tagging import pipeline  # noqa: PLC0415  # the process that starts this one does without

    nlp = pipeline.load(model, openblas=openblas == "1")
    texts: list[str] = json.load(sys.stdin)
    for _ in nlp.pipe(texts[:WARM_UP]):
        pass
    started, spent = time.perf_counter(), of_us()
    for _ in nlp.pipe(texts, batch_size=pipeline.BATCH, n_process=int(processes)):
        pass
    json.dump({"seconds": time.perf_counter() - started, "cpu": of_us() - spent}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
