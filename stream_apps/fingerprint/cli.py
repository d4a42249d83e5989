"""``wirecopy run fingerprint``."""

from __future__ import annotations

from wirecopy.cli.registry import current_settings


def run_fingerprint() -> None:
    """Clean feed entries and fingerprint them: one worker of any number, until it is told to stop."""
    from stream_apps.fingerprint.app import run  # noqa: PLC0415  # Faust is slow to load: not for the other commands

    run(current_settings())
