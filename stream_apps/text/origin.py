"""The origin class of a text, as far as the text alone can tell."""

from __future__ import annotations

from schemas.public_records import OriginClass
from stream_apps.text.credits import CreditReading


def origin_from_credits(reading: CreditReading) -> OriginClass:
    """The best guess from the credits of one text; only a comparison with other copies can refine it.

    Paid material is ``paid`` whoever sent it. A sole credit says ``wire_verbatim`` (whether the text was edited or cut
    cannot be seen from here), inputs say ``wire_plus_staff``; a quoted agency leaves the text ``original``.
    """
    if reading.paid:
        return "paid"
    roles = {credit.role for credit in reading.credits}
    if "inputs" in roles and "sole" not in roles:
        return "wire_plus_staff"
    return "wire_verbatim" if "sole" in roles else "original"
