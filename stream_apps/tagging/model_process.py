"""Model work in processes of its own, so that the event loop never stalls.

Each process loads the pipeline once and then serves chunks of paragraphs. A process that dies breaks the pool, and the
pool then raises: the worker crashes and Kafka hands its messages to the next one. A worker that dies, by ``kill -9``
too, takes its processes with it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import multiprocessing.connection
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

from stream_apps.tagging import pipeline
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.text_reader import Answer
from wirecopy.settings import TaggingSettings

if TYPE_CHECKING:
    from types import TracebackType

CHUNK = 32
"""Paragraphs handed to a process at once: about 50 ms of work, so that processes share what comes."""

QUEUED = 32
"""Chunks a process may have waiting, some 2 s of work: it gets no more while the names of a batch are resolved. Beyond
that ``tag`` waits."""

_nlp: Any = None  # the pipeline of this process, where this is a model process


class ModelProcesses:
    """A pool of model processes. Starts with the first use; ``close`` ends it."""

    def __init__(self, settings: TaggingSettings) -> None:
        if settings.openblas:
            pipeline.use_one_blas_thread()  # a spawned process takes over our environment before it imports numpy
        pipeline.find(settings.model)  # a wrong name is told here rather than by a pool that breaks
        self._processes = settings.processes
        self._room = asyncio.Semaphore(settings.processes * QUEUED)
        self._pool = ProcessPoolExecutor(
            max_workers=settings.processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(settings.model, settings.openblas),
        )

    async def warm(self) -> str:
        """Start a process and load the pipeline. Returns its name and version."""
        return await asyncio.wrap_future(self._pool.submit(_model_name))

    async def tag(self, paragraphs: Sequence[str]) -> list[Answer]:
        """The names in each paragraph, in the order given; of one that breaks the model the error.

        Waits while the processes have enough to do. Raises ``BrokenProcessPool`` once a process has died.
        """
        size = chunk_size(len(paragraphs), self._processes)
        chunks = [list(paragraphs[at : at + size]) for at in range(0, len(paragraphs), size)]
        answers = await asyncio.gather(*map(self._tag_chunk, chunks))
        return list(chain.from_iterable(answers))

    def pids(self) -> tuple[int, ...]:
        """The processes that run now."""
        return tuple(self._pool._processes or ())  # noqa: SLF001  # the pool offers no other way to see them

    def close(self) -> None:
        """End the processes; work that waits is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _tag_chunk(self, chunk: list[str]) -> list[Answer]:
        async with self._room:
            future: Future[list[Answer]] = self._pool.submit(_tag, chunk)
            return await asyncio.wrap_future(future)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def chunk_size(paragraphs: int, processes: int) -> int:
    """Paragraphs a chunk: small enough that every process gets some, at most ``CHUNK``."""
    return max(1, min(CHUNK, -(-paragraphs // processes)))


# ---- in the model process -------------------------------------------------------------------------------------


def _start(model: str, openblas: bool) -> None:
    global _nlp  # noqa: PLW0603  # one pipeline a process
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _nlp = pipeline.load(model, openblas=openblas)


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _model_name() -> str:
    return pipeline.model_name(_nlp)


def _tag(paragraphs: list[str]) -> list[Answer]:
    return tag_each(paragraphs, lambda chunk: list(pipeline.mentions(_nlp, chunk)))


def tag_each(paragraphs: list[str], tag: Callable[[list[str]], list[tuple[RawMention, ...]]]) -> list[Answer]:
    """Tag paragraphs together; where that fails, each by itself, and the error in place of the names where it does."""
    try:
        return [*tag(paragraphs)]
    except Exception as error:  # noqa: BLE001  # whatever the model raises: one text must not stop the stage
        if len(paragraphs) == 1:
            return [f"{type(error).__name__}: {error}"]
        return [answer for paragraph in paragraphs for answer in tag_each([paragraph], tag)]
