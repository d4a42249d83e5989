"""What a good engineer would write in a day to do the same work: no state, no restart, no proof, but fast.

Every entry of the topic ``raw`` is read, its markup made text (lxml), its copies looked up (datasketch's MinHash and
locality-sensitive hashing, at the threshold where they do best on the wire day), its names marked by ``nlp.pipe`` of
the pipeline that wirecopy ships, and the lot written in bulk. What is asked for follows in one stream, so that the
model never waits for the rest to be done.

``python -m bench.plain_script JOB``, where JOB is a ``Job`` in JSON: writes a line once the model is loaded and warm,
waits for a line, then works and writes what it took as JSON.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from bench.cpu import of_us
from wirecopy.errors import BadInput, ServerError
from wirecopy.local.process import last_words

PERMUTATIONS = 128
THRESHOLD = 0.4
WORDS = 3
"""Of a shingle."""
WARM_UP = 20
"""Texts tagged before the clock starts."""
FETCHED = 500
BULK = 500
MAPPING = {
    "properties": {
        "outlet": {"type": "keyword"},
        "url": {"type": "keyword", "index": False},
        "headline": {"type": "text"},
        "byline": {"type": "text"},
        "text": {"type": "text"},
        "published": {"type": "date"},
        "story": {"type": "keyword"},
        "copies": {"type": "keyword"},
        "entities": {"properties": {"text": {"type": "keyword"}, "label": {"type": "keyword"}}},
    }
}


@dataclass(frozen=True)
class Job:
    """Where everything is. ``ends`` is by partition: how far the topic is to be read."""

    bootstrap: str
    topic: str
    ends: Mapping[str, int]
    elasticsearch: str
    index: str
    model: str
    openblas: bool
    processes: int
    """That tag: one is the script itself."""


@dataclass(frozen=True)
class Done:
    """``cpu``: seconds of the script and of its model processes, loading them left out."""

    articles: int
    found: int
    stories: int
    seconds: float
    cpu: float


# ---- the script -----------------------------------------------------------------------------------------------


def work(job: Job, nlp: Any) -> Done:
    """All that is in the topic, until a search finds it."""
    helpers = importlib.import_module("elasticsearch.helpers")
    started, spent = time.perf_counter(), of_us()
    stories = Stories()
    with _elasticsearch(job) as client:
        client.indices.create(index=job.index, mappings=MAPPING, settings={"number_of_replicas": 0})
        texts = ((text_of(e), e) for e in _entries(job))
        tagged = nlp.pipe(texts, as_tuples=True, batch_size=_batch(), n_process=job.processes)
        written, _ = helpers.bulk(client, (_document(job, doc, e, stories) for doc, e in tagged), chunk_size=BULK)
        client.indices.refresh(index=job.index)
        found = int(client.count(index=job.index)["count"])
    seconds = time.perf_counter() - started
    return Done(written, found, stories.count, seconds, of_us() - spent)


def text_of(entry: Mapping[str, Any]) -> str:
    """The paragraphs of an entry's markup."""
    from lxml import html  # noqa: PLC0415  # numpy's linear algebra has to be chosen before all that may load it

    markup = entry.get("content") or entry.get("summary") or ""
    if not markup.strip():
        return ""
    tree: Any = html.fromstring(f"<div>{markup}</div>")
    paragraphs = list(tree.iter("p")) or [tree]
    return "\n".join(" ".join(p.text_content().split()) for p in paragraphs)


class Stories:
    """Stories by what the index of sketches returns, joined as they come."""

    def __init__(self) -> None:
        library = _datasketch()
        self._minhash, self._index = library.MinHash, library.MinHashLSH(THRESHOLD, PERMUTATIONS)
        self._parents: dict[str, str] = {}

    @property
    def count(self) -> int:
        return sum(name == parent for name, parent in self._parents.items())

    def add(self, name: str, text: str) -> tuple[str, list[str]]:
        """The story of a text, and the copies of it that are known by now. A text seen again replaces itself."""
        words = text.casefold().split()
        sketch = self._minhash(PERMUTATIONS)
        sketch.update_batch({" ".join(words[at : at + WORDS]).encode() for at in range(max(1, len(words) - WORDS + 1))})
        if name in self._index:
            self._index.remove(name)
        copies = sorted(self._index.query(sketch))
        self._index.insert(name, sketch)
        self._parents.setdefault(name, name)
        for other in copies:
            self._join(name, other)
        return self._root(name), copies

    def _join(self, one: str, other: str) -> None:
        first, second = sorted((self._root(one), self._root(other)))
        self._parents[second] = first

    def _root(self, name: str) -> str:
        while (parent := self._parents[name]) != name:
            self._parents[name] = self._parents[parent]
            name = parent
        return name


def _entries(job: Job) -> Iterator[dict[str, Any]]:
    """Every entry of the topic as it stood when the job was given."""
    import orjson  # noqa: PLC0415  # as above
    from kafka import KafkaConsumer, TopicPartition  # noqa: PLC0415

    ends = {TopicPartition(job.topic, int(number)): end for number, end in job.ends.items()}
    consumer = KafkaConsumer(
        bootstrap_servers=job.bootstrap, group_id=None, check_crcs=False, max_poll_records=FETCHED,
        fetch_max_bytes=64 * 1024 * 1024, max_partition_fetch_bytes=16 * 1024 * 1024,
    )  # fmt: skip
    consumer.assign(list(ends))
    consumer.seek_to_beginning(*ends)
    while any(consumer.position(place) < end for place, end in ends.items()):
        for batch in consumer.poll(timeout_ms=1000).values():
            yield from (orjson.loads(message.value) for message in batch)
    consumer.close()


def _document(job: Job, doc: Any, entry: Mapping[str, Any], stories: Stories) -> dict[str, Any]:
    story, copies = stories.add(entry["article"], doc.text)
    return {
        "_index": job.index,
        "_id": entry["article"],
        "_source": {
            **{name: entry.get(name) for name in ("outlet", "url", "headline", "byline", "published")},
            "text": doc.text,
            "story": story,
            "copies": copies,
            "entities": [{"text": found.text, "label": found.label_} for found in doc.ents],
        },
    }


@contextmanager
def _elasticsearch(job: Job) -> Iterator[Any]:
    client = importlib.import_module("elasticsearch").Elasticsearch(job.elasticsearch, request_timeout=60)
    try:
        yield client
    finally:
        client.close()


def _batch() -> int:
    from stream_apps.tagging.pipeline import BATCH  # noqa: PLC0415  # what suits the model; more buys nothing

    return BATCH


def _datasketch() -> Any:
    try:
        return importlib.import_module("datasketch")
    except ImportError as error:
        raise BadInput("not_installed", f"{error.name}: .venv/bin/python -m pip install -e '.[bench]'") from None


def main(job: Job) -> None:
    from stream_apps.tagging import pipeline  # noqa: PLC0415  # the process that starts this one does without

    nlp = pipeline.load(job.model, openblas=job.openblas)
    for _ in nlp.pipe(["A text about Panaji in Goa, by Rahul Sharma of the Coastal Herald."] * WARM_UP):
        pass
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(asdict(work(job, nlp))), flush=True)


# ---- who starts it --------------------------------------------------------------------------------------------


def require() -> None:
    """Raises ``BadInput`` that says what to install where the script lacks something."""
    _datasketch()


@contextmanager
def started(job: Job) -> Iterator[subprocess.Popen[str]]:
    """The script, ready to work. Raises ``ServerError`` where it cannot start."""
    command = [sys.executable, "-m", "bench.plain_script", json.dumps(asdict(job))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as script:
        try:
            _line(script)
            yield script
        finally:
            if script.poll() is None:
                script.kill()


def result(script: subprocess.Popen[str]) -> Done:
    """Let it work, and wait. Raises ``ServerError`` where it fails."""
    assert script.stdin is not None
    script.stdin.write("go\n")
    script.stdin.flush()
    return Done(**json.loads(_line(script)))


def _line(script: subprocess.Popen[str]) -> str:
    assert script.stdout is not None
    assert script.stderr is not None
    line = script.stdout.readline()
    if not line:
        raise ServerError(f"the plain script failed: {last_words(script.stderr.read())}")
    return line


if __name__ == "__main__":
    main(Job(**json.loads(sys.argv[1])))
