"""Runs parsers in processes of their own: too much time or memory ends only the parser."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from pebble import ProcessExpired, ProcessPool

from producers.formats.dates import NOT_LISTED, Listed
from producers.formats.page_text import PageText
from producers.formats.parse import parse_feed
from producers.formats.parsed import ParsedFeed
from wirecopy.errors import BadInput
from wirecopy.settings import ProducerSettings

_Result = TypeVar("_Result")

_TASKS_PER_PROCESS = 2000
_PAGE_TIMEOUT = 5.0
"""Seconds for one page at most: an honest one takes a hundredth of that."""
_PR_SET_PDEATHSIG = 1


class ParsingPool:
    """Parses feeds and pages, each within ``parse_timeout`` seconds and ``parse_memory`` bytes. A context manager.

    A fork server starts the processes: this process has threads, and its memory would count as theirs.
    """

    def __init__(self, settings: ProducerSettings, processes: int | None = None) -> None:
        self._settings = settings
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["producers.formats.parse"])
        self._pool = ProcessPool(
            max_workers=processes or settings.parse_processes,
            max_tasks=_TASKS_PER_PROCESS,
            initializer=_confine,
            initargs=(settings.parse_memory,),
            context=context,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the parsers and give up what they are parsing."""
        self._pool.stop()
        self._pool.join()

    async def parse(self, body: bytes, url: str, content_type: str | None, listed: Listed = NOT_LISTED) -> ParsedFeed:
        """Parse the feed in ``body``; ``listed`` are the settings of its list about dates.

        Raises ``BadInput``: ``not_a_feed``, ``parse_timeout``, ``parse_memory``, ``parser_died``.
        """
        return await self._run(
            self._settings.parse_timeout, parse_feed, body, url, content_type, self._settings.max_entries, listed
        )

    async def extract(self, body: bytes, url: str, content_type: str | None) -> PageText:
        """Extract the article of the page ``body``. Raises ``BadInput``: ``no_article``, or as ``parse``."""
        return await self._run(min(self._settings.parse_timeout, _PAGE_TIMEOUT), _extract, body, url, content_type)

    async def _run(self, seconds: float, task: Callable[..., _Result], *arguments: Any) -> _Result:
        future = self._pool.schedule(_guarded, args=(task, *arguments), timeout=seconds)
        try:
            answer: _Result | _Refusal = await asyncio.wrap_future(future)
        except (TimeoutError, FutureTimeoutError):
            raise BadInput("parse_timeout", f"not parsed within {seconds:g} s") from None
        except MemoryError:
            raise BadInput("parse_memory", "this needs more memory than a parser may have") from None
        except (ProcessExpired, BrokenProcessPool, CancelledError) as error:
            raise BadInput("parser_died", str(error)[:300] or type(error).__name__) from None
        if isinstance(answer, _Refusal):
            raise BadInput(answer.reason, answer.detail)
        return answer


@dataclass(frozen=True)
class _Refusal:
    """A ``BadInput`` between processes: the exception itself does not survive pickling."""

    reason: str
    detail: str


def _guarded(task: Callable[..., _Result], *arguments: Any) -> _Result | _Refusal:
    """Run a task in the other process."""
    try:
        return task(*arguments)
    except BadInput as error:
        return _Refusal(error.reason, error.detail)


def _extract(body: bytes, url: str, content_type: str | None) -> PageText:
    # Imported here because it takes half a second and 40 MB, and most producers read no pages.
    from producers.formats.article_text import article_text  # noqa: PLC0415

    return article_text(body, url, content_type)


def _confine(memory: int) -> None:
    """Prepare the new process: bounded memory, no interrupts of the terminal, an end with its parent."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.uname().sysname == "Linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
