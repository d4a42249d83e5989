"""Reads certificates from files for every client; the error for an unusable file names its setting.

The files are read once, when a client is made: a process uses changed ones after its next start.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from wirecopy.errors import SettingsError


def trusting(ca_file: Path | None, setting: str) -> ssl.SSLContext:
    """Return a context that trusts these authorities, or those of the system, and checks host names.

    Raises ``SettingsError`` for a file that cannot be read, or that holds no certificates.
    """
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except ssl.SSLError as error:
        raise SettingsError(f"{setting}: {ca_file} holds no certificates in PEM ({error.reason})") from None
    except OSError as error:
        raise SettingsError(f"{setting}: cannot read {ca_file}: {error.strerror}") from None


def show_certificate(context: ssl.SSLContext, cert: Path, key: Path | None, password: str | None, section: str) -> None:
    """Add a client certificate, by which the server knows us; without ``key``, the key is in ``cert``.

    Raises ``SettingsError`` where the two cannot be read, or do not belong together.
    """
    for name, path in (("cert_file", cert), ("key_file", key)):
        if path is not None and not os.access(path, os.R_OK):
            raise SettingsError(f"{section}.{name}: cannot read {path}")
    try:
        # Given no password, OpenSSL would ask the terminal for one.
        context.load_cert_chain(cert, key, password or "")
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or f"wrong or missing {section}.key_password"
        where = f"key {key}" if key else "the key in it"
        raise SettingsError(f"{section}.cert_file: {cert} and {where} cannot be used: {reason}") from None


def distrust(text: str, ca_setting: str, address_setting: str) -> str:
    """Explain OpenSSL's message that a server's certificate was not verified: the reason, and the remedy.

    >>> distrust("certificate verify failed: certificate has expired (_ssl.c:1)", "kafka.ca_file", "kafka.bootstrap")
    '(certificate has expired): have it renewed, or set the clock of this machine right'
    """
    reason = text.partition("certificate verify failed: ")[2].partition(" (_ssl")[0].rstrip(".") or text
    if "expired" in reason or "not yet valid" in reason:
        return f"({reason}): have it renewed, or set the clock of this machine right"
    if "mismatch" in reason:
        return f"({reason}): name the server in {address_setting} as its certificate does"
    return f"({reason}): see {ca_setting}"
