"""Tokens in editors' forms, which prove that we made the page for the person who sends it. Pure, but for the key."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

from stream_apps.web.login import Person
from wirecopy.settings import WebSettings

LIFETIME: Final = timedelta(hours=12)
"""A form that was opened in the morning can be sent in the evening."""
FORM: Final = "form"
"""What a token in a form is about."""
_MAX: Final = 100
"""Characters of a token: ours are shorter."""


def about_change(done: str, feed: str) -> str:
    """The text signed for a "done" notice. The signature stops forged links from showing false notices."""
    return f"{done} {feed}"


class FormKey:
    """Signs a subject (``about``) for one person and for ``LIFETIME``: HMAC-SHA-256 over all three."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, person: Person, about: str, now: datetime) -> str:
        issued = f"{int(now.timestamp()):x}"
        return f"{issued}.{self._signature(person, about, issued)}"

    def holds(self, token: str, person: Person, about: str, now: datetime) -> bool:
        """Return whether we made this token for this person and subject, and it has not expired."""
        issued, _, signature = token[:_MAX].partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(person, about, issued).encode()):
            return False
        age = now.timestamp() - int(issued, 16)  # it is ours, so it is a number
        return -60 <= age <= LIFETIME.total_seconds()

    def _signature(self, person: Person, about: str, issued: str) -> str:
        # Each part with its length, so that two different lists of parts never give the same bytes.
        parts = [part.encode(errors="surrogatepass") for part in (about, person.name or "", issued)]
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


def form_key(settings: WebSettings) -> FormKey:
    """Return the key of the settings, or a random one, with which the forms expire when the process ends."""
    if settings.form_key is None:
        return FormKey(secrets.token_bytes(32))
    return FormKey(settings.form_key.get_secret_value().encode())
