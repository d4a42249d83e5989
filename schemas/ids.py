"""The identity of an article."""

from __future__ import annotations

import hashlib


def article_id(outlet: str, guid: str) -> str:
    """Return the id of the entry that ``outlet`` published under ``guid`` (without one: under its canonical address).

    128 bits of BLAKE2b over both names with a NUL between them, as 32 hex digits. An outlet is named by its
    registrable host, such as ``bharatledger.example``. The same entry has the same id in every run and on every
    machine; a changed text is a new revision under the same id.
    """
    return hashlib.blake2b(f"{outlet}\0{guid}".encode(errors="surrogatepass"), digest_size=16).hexdigest()
