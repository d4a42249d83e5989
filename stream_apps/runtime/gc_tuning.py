"""Python's cyclic garbage collector, made to run less often.

Records and texts are many small objects without circles: at Python's own pace a tenth to a quarter of a stage's time is
lost in looking for some (measured on the wire day). What is there before the first message stays for good.
"""

from __future__ import annotations

import gc

THRESHOLDS = 20_000, 20, 50
"""Objects made and not freed before the youngest generation is looked through; rounds before the next two are."""


def settle() -> None:
    """Freeze what is loaded (catalogues, aliases, a restored state). Call it once, when all of that is there."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
