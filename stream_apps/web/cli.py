"""The command ``wirecopy serve``."""

from __future__ import annotations

from wirecopy.cli.registry import current_settings


def serve() -> None:
    """The desk: search, stories and all else in a browser, at web.host and web.port, until it is told to stop."""
    from stream_apps.web.server import run  # noqa: PLC0415  # the framework is not for the other commands

    run(current_settings())
