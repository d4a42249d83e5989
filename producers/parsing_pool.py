"""Parsers in processes of their own: a feed that takes too long or too much memory costs only its parser."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import resource
import signal
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from typing import Self

from pebble import ProcessExpired, ProcessPool

from producers.parse import parse_feed
from producers.parsed import ParsedFeed
from wirecopy.errors import BadInput
from wirecopy.settings import ProducerSettings

_FEEDS_PER_PROCESS = 2000
_PR_SET_PDEATHSIG = 1


class ParsingPool:
    """Parses feeds, each within ``parse_timeout`` seconds and ``parse_memory`` bytes. Use as a context manager.

    Processes come from a fork server, not from this process: it has threads, and its memory would count as theirs.
    """

    def __init__(self, settings: ProducerSettings, processes: int | None = None) -> None:
        self._settings = settings
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["producers.parse"])
        self._pool = ProcessPool(
            max_workers=processes or settings.parse_processes,
            max_tasks=_FEEDS_PER_PROCESS,
            initializer=_confine,
            initargs=(settings.parse_memory,),
            context=context,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the parsers; what they are parsing is given up."""
        self._pool.stop()
        self._pool.join()

    async def parse(self, body: bytes, url: str, content_type: str | None) -> ParsedFeed:
        """The feed in ``body``.

        Raises ``BadInput``: ``not_a_feed``, ``parse_timeout``, ``parse_memory``, ``parser_died``.
        """
        future = self._pool.schedule(
            _parse,
            args=(body, url, content_type, self._settings.max_entries),
            timeout=self._settings.parse_timeout,
        )
        try:
            answer: ParsedFeed | tuple[str, str] = await asyncio.wrap_future(future)
        except (TimeoutError, FutureTimeoutError):
            raise BadInput("parse_timeout", f"not parsed within {self._settings.parse_timeout:g} s") from None
        except MemoryError:
            raise BadInput("parse_memory", "the feed needs more memory than a parser may have") from None
        except (ProcessExpired, BrokenProcessPool, CancelledError) as error:
            raise BadInput("parser_died", str(error)[:300] or type(error).__name__) from None
        if isinstance(answer, tuple):
            raise BadInput(*answer)
        return answer


def _parse(body: bytes, url: str, content_type: str | None, max_entries: int) -> ParsedFeed | tuple[str, str]:
    """In the other process: the feed, or reason and detail of the ``BadInput``, which does not survive pickling."""
    try:
        return parse_feed(body, url, content_type, max_entries)
    except BadInput as error:
        return error.reason, error.detail


def _confine(memory: int) -> None:
    """In the new process: bounded memory, no interrupts of the terminal, an end with its parent."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.uname().sysname == "Linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
