"""Signatures of deliveries (WebSub, 7.1). Pure."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from typing import Literal

ALGORITHMS = {"sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}
"""The recognised methods, weakest first, and the length of their digests in hex."""
_ONE = re.compile(r"(sha1|sha256|sha384|sha512)=([0-9a-fA-F]{40,128})")

Signature = tuple[str, str]
Judgement = Literal["valid", "wrong", "missing"]


def strongest(headers: Iterable[str]) -> Signature | None:
    """The signature to check of the values of ``X-Hub-Signature``: where there are several, the strongest method's.

    None where no recognised one is well-formed.
    """
    found: dict[str, str] = {}
    for word in (word.strip() for value in headers for word in value.split(",")[:8]):
        match = _ONE.fullmatch(word)
        if match and len(match[2]) == ALGORITHMS[match[1]]:
            found[match[1]] = match[2].lower()
    return next(((method, found[method]) for method in reversed(ALGORITHMS) if method in found), None)


def judge(signature: Signature | None, secret: str, *bodies: bytes) -> Judgement:
    """Whether the signature is one over any of ``bodies``, compared in constant time.

    Several are given where a body came compressed: the Recommendation does not say which form is signed, and either
    proves that the sender knows the secret.
    """
    if signature is None:
        return "missing"
    method, given = signature
    found = [hmac.compare_digest(hmac.digest(secret.encode(), body, method).hex(), given) for body in bodies]
    return "valid" if any(found) else "wrong"
