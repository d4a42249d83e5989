"""Python's collector of reference circles, made to look less often.

Records and texts are many small objects without circles: at Python's own pace a tenth to a quarter of a stage's time is
lost in looking for some (measured on the wire day). What is there before the first message stays for good.
"""

from __future__ import annotations

import gc

THRESHOLDS = 20_000, 20, 50
"""Objects made and not freed before the youngest generation is looked through; rounds before the next two are."""


def settle() -> None:
    """To be called once all that stays is loaded: catalogues, aliases, a restored state."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
