"""Which stories have a word, without an object for any word or any entry."""

from __future__ import annotations

from collections.abc import Sequence

from stream_apps.dedup.events.columns import Numbers
from stream_apps.dedup.events.rows import PackedRows

_BITS = 16
_LOW = (1 << _BITS) - 1


class Postings:
    """Words as 32-bit hashes, each with the numbers of the stories that have it.

    The lower half of a hash tells the row, the upper half stands in each entry: so the words of one row can be told
    apart, a word that nothing has takes no room, and no row is long for another reason than that its words are common.
    """

    def __init__(self) -> None:
        self._rows = PackedRows(1 << _BITS)

    @property
    def nbytes(self) -> int:
        return self._rows.nbytes

    def add(self, word: int, number: int) -> None:
        self._rows.add(word & _LOW, number, word >> _BITS)

    def discard(self, word: int, number: int) -> None:
        self._rows.discard(word & _LOW, number, word >> _BITS)

    def of(self, words: Sequence[int]) -> Numbers:
        """The numbers of each word, one word after the other."""
        return self._rows.with_values([word & _LOW for word in words], [word >> _BITS for word in words])
