"""What the other packages share: command line, settings, telemetry, local servers. Imports none of them."""

__version__ = "0.1.0"
