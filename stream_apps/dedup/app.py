"""The dedup app: fingerprints, postings, matching and families in one worker."""

from __future__ import annotations

from stream_apps.dedup.wiring import stages
from stream_apps.runtime.worker import Worker
from wirecopy.settings import Settings


def run(settings: Settings) -> None:
    """Work until told to stop."""
    Worker("dedup", settings, stages(settings)).run()
