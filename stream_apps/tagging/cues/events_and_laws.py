"""What says that a name is an event's, a law's, a treaty's or a scheme's: mostly its last word."""

from __future__ import annotations

import re

from stream_apps.tagging.cues.cue import Behind
from stream_apps.tagging.vocabulary import AGREEMENTS, FESTIVALS

SCHEME_BEHIND = Behind(
    re.compile(r"['\"]? (?:scheme|programme|yojana)(?![\w-])"),
    says="a scheme",
    example="They get aid under the '[Jan Mitra]' scheme now.",
    counter_example="They get aid under the '[Jan Mitra]' schemes now.",
)
_FESTIVE_ENDINGS = ("ashtami", "navratri")
_NO_AGREEMENT = frozenset({"of", "and", "national", "un", "league", "party"})
"""What stands before the last word where that is of another body or subject: "Faculty of Law"."""


def is_festival(name: tuple[str, ...]) -> bool:
    """Whether a name ends as those of festivals and meetings do, a person's among them: "Mahashtami"."""
    if name and name[-1] in FESTIVALS:
        return len(name) > 1
    return bool(name) and name[-1].endswith(_FESTIVE_ENDINGS)


def is_agreement(name: tuple[str, ...]) -> bool:
    """Whether a name ends as those of treaties, laws and schemes do: "Monroe Doctrine"; not "Faculty of Law"."""
    if not name or name[-1] not in AGREEMENTS:
        return False
    if len(name) == 1:
        return name[-1] == "constitution"
    return name[-2] not in _NO_AGREEMENT
