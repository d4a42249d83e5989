"""Shared by the other packages: command line, settings, telemetry, local servers. Imports none of them."""

__version__ = "0.1.0"
