"""Errors between a feed's address and its entries.

WirecopyError
├── FetchError           the address did not give a body: try again later
└── BadInput             the body is no feed, or one that cannot be read: see ``wirecopy.errors``
"""

from __future__ import annotations

from typing import Literal

from producers.formats.cleaning import clean_line
from wirecopy.errors import WirecopyError

Reason = Literal[
    "bad_address", "forbidden_address", "forbidden_port", "dns", "connect", "tls", "timeout", "http_status",
    "too_large", "bad_encoding", "broken_body", "bad_redirect", "too_many_redirects",
]  # fmt: skip


_MAX_DETAIL = 1000


class FetchError(WirecopyError):
    """A fetch gave no body. ``reason`` is a short stable code for metrics; the feed is tried again after a while.

    ``status`` is the HTTP status where there was one, ``retry_after`` the seconds that the server asks us to wait.
    """

    exit_code = 4

    def __init__(
        self, reason: Reason, detail: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        # Servers write part of it: reason phrases, addresses, whatever a library quotes of an answer.
        detail = clean_line(detail, _MAX_DETAIL)
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail
        self.status = status
        self.retry_after = retry_after
