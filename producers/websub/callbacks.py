"""Callback addresses and secrets, derived from one key so that any process can check any of them. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from pydantic import SecretStr
from yarl import URL

from wirecopy.errors import SettingsError
from wirecopy.settings import LOOPBACK_HOSTS

MIN_KEY = 16
MAX_NAMES = 300
"""Bytes of feed id and outlet in a path; some hubs take no callback much longer than 250 characters anyway."""
MAX_TOPIC = 2048
_MAC, _TOPIC, _HUB = 16, 12, 6
_TOKEN = re.compile(r"[A-Za-z0-9_-]{48,600}")


@dataclass(frozen=True)
class Callback:
    """What one callback address was made for. Hub and topic are digests: all that a path has room for."""

    feed: str
    outlet: str
    hub: bytes
    topic: bytes

    @classmethod
    def of(cls, feed: str, outlet: str, hub: str, topic: str) -> Self:
        """Raises ``ValueError`` where no callback can be made: a name or topic that is too long, or no address."""
        names = f"{feed}\0{outlet}".encode()
        if names.count(b"\0") != 1 or len(names) > MAX_NAMES:
            raise ValueError(f"feed id and outlet have more than {MAX_NAMES} bytes, or a NUL")
        return cls(feed, outlet, _digest(hub, _HUB), _topic_digest(topic))

    def is_for(self, topic: str) -> bool:
        """Whether this is the topic we asked for; hubs may write its percent-encoding in another way."""
        try:
            return hmac.compare_digest(self.topic, _topic_digest(topic))
        except ValueError:
            return False

    def payload(self) -> bytes:
        return self.topic + self.hub + f"{self.feed}\0{self.outlet}".encode()

    def binding(self) -> str:
        """Hub and topic in one word: events of an earlier hub of the feed have another one."""
        return (self.topic + self.hub).hex()


class Keys:
    """Makes and checks callback addresses and secrets. ``base`` is the public address that leads to us."""

    def __init__(self, base: str, secret: SecretStr | None) -> None:
        self._base = _checked_base(base)
        key = secret.get_secret_value().encode() if secret else b""
        if len(key) < MIN_KEY:
            raise SettingsError(
                f"producer.callback needs producer.callback_secret, at least {MIN_KEY} characters that nobody can "
                "guess, the same for all producers: for example of `openssl rand -hex 32`"
            )
        self._key = key

    def token(self, callback: Callback) -> str:
        payload = callback.payload()
        return base64.urlsafe_b64encode(payload + self._mac(b"path", payload)[:_MAC]).rstrip(b"=").decode()

    def address(self, callback: Callback) -> str:
        return self._base + self.token(callback)

    def secret(self, callback: Callback) -> str:
        """64 characters, of the 199 that a hub has to take."""
        return self._mac(b"secret", callback.payload()).hex()

    def read(self, token: str) -> Callback | None:
        """What a path was made for; none where we did not make it."""
        if not _TOKEN.fullmatch(token):
            return None
        try:
            content = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except binascii.Error:
            return None
        payload, mac = content[:-_MAC], content[-_MAC:]
        if not hmac.compare_digest(self._mac(b"path", payload)[:_MAC], mac):
            return None
        feed, _, outlet = payload[_TOPIC + _HUB :].decode().partition("\0")
        return Callback(feed, outlet, payload[_TOPIC : _TOPIC + _HUB], payload[:_TOPIC])

    def _mac(self, purpose: bytes, payload: bytes) -> bytes:
        return hmac.digest(self._key, b"wirecopy websub " + purpose + b"\0" + payload, "sha256")


def _checked_base(base: str) -> str:
    parts = urlsplit(base)
    loopback = parts.hostname in LOOPBACK_HOSTS
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or "@" in base:
        raise SettingsError(f"producer.callback must be an https address without a query, not {base}")
    if parts.scheme == "http" and not loopback:
        raise SettingsError(
            f"producer.callback {base} would send callback addresses in the clear: put an https proxy before it"
        )
    return base if base.endswith("/") else base + "/"


def _topic_digest(topic: str) -> bytes:
    if len(topic) > MAX_TOPIC:
        raise ValueError(f"the topic is longer than {MAX_TOPIC} characters")
    url = URL(topic)
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("the topic is no web address")
    return _digest(str(url), _TOPIC)


def _digest(text: str, size: int) -> bytes:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=size).digest()
