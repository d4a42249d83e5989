"""How each agency files: dateline in front, sign-off behind, and the markers of its corrections."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

from wirecopy.wireday.events import Agency, Paragraphs

FULL_NAMES: dict[Agency, str] = {
    "PTI": "Press Trust of India",
    "IANS": "Indo-Asian News Service",
    "ANI": "Asian News International",
    "UNI": "United News of India",
    "Reuters": "Reuters",
    "AP": "The Associated Press",
    "AFP": "Agence France-Presse",
}
INDIAN_REGIONS = frozenset(
    (
        "Andhra Pradesh",
        "Arunachal Pradesh",
        "Assam",
        "Bihar",
        "Chhattisgarh",
        "Goa",
        "Gujarat",
        "Haryana",
        "Himachal Pradesh",
        "Jharkhand",
        "Karnataka",
        "Kerala",
        "Madhya Pradesh",
        "Maharashtra",
        "Manipur",
        "Meghalaya",
        "Mizoram",
        "Nagaland",
        "Odisha",
        "Punjab",
        "Rajasthan",
        "Sikkim",
        "Tamil Nadu",
        "Telangana",
        "Tripura",
        "Uttar Pradesh",
        "Uttarakhand",
        "West Bengal",
        "Jammu and Kashmir",
        "Ladakh",
        "Puducherry",
        "Chandigarh",
        "Lakshadweep",
        "Andaman and Nicobar Islands",
    )
)
CAPITAL_REGIONS = frozenset({"", "India", "Delhi", "NCT of Delhi"})
REPORTERS = ("Anagha Purandare", "Ishaan Varkey", "Aakriti Lamba", "Joel D'Cruz", "Meher Irani", "Tenzin Wangmo")
EDITORS = ("Tobias Finch", "Pauline Astor", "Dominic Farrow", "Harriet Lowe", "Samira Quint")


@dataclass(frozen=True)
class WireText:
    """A text as an agency wrote it, before dateline and sign-off; ``story`` is that of all its copies."""

    story: str
    agency: Agency
    place: str
    region: str
    headline: str
    paragraphs: Paragraphs

    @property
    def words(self) -> int:
        return sum(len(paragraph.split()) for paragraph in self.paragraphs)


def dateline(wire: WireText, filed: datetime, rng: random.Random) -> str:
    """What stands before the lead, with the blank that separates them."""
    day = f"{filed:%B} {filed.day}"
    match wire.agency:
        case "PTI":
            return f"{wire.place}, {filed:%b} {filed.day} (PTI) "
        case "ANI":
            return f"{_ani_place(wire, rng)}, {day} (ANI): "
        case "Reuters":
            return f"{wire.place.upper()}, {day} (Reuters) - "
        case "AP":
            return f"{wire.place.upper()} (AP) — "
        case "AFP":
            return f"{wire.place}, {day} (AFP) -- "
        case "IANS" | "UNI":
            return f"{wire.place}, {day} ({wire.agency}) "


def _ani_place(wire: WireText, rng: random.Random) -> str:
    if wire.region in CAPITAL_REGIONS:
        return f"{wire.place} [India]"
    if wire.region not in INDIAN_REGIONS:
        return f"{wire.place} [{wire.region}]"
    forms = (
        f"{wire.place} ({wire.region}) [India]",
        f"{wire.place} ({wire.region})",
        f"{wire.place} ({wire.region})/ New Delhi",
    )
    return rng.choices(forms, (6, 3, 1))[0]


def signed_off(wire: WireText, paragraphs: Paragraphs, filed: datetime, rng: random.Random) -> Paragraphs:
    """The paragraphs with the agency's sign-off: behind the last one, or as lines of their own."""
    match wire.agency:
        case "PTI":
            return _behind_last(paragraphs, f" PTI {' '.join(_initials(rng) for _ in range(rng.randint(2, 4)))}")
        case "ANI":
            return _behind_last(paragraphs, " (ANI)")
        case "IANS":
            return (*paragraphs, "--IANS", f"{_initials(rng).lower()}/{_initials(rng)[:2].lower()}")
        case "UNI":
            return (*paragraphs, f"UNI {_initials(rng)} {_initials(rng)[:2]} {filed:%H%M}")
        case "Reuters":
            where = wire.place if wire.region in CAPITAL_REGIONS else "Bengaluru"
            return (*paragraphs, f"(Reporting by {rng.choice(REPORTERS)} in {where}; Editing by {rng.choice(EDITORS)})")
        case "AP" | "AFP":
            return paragraphs


def as_filed(wire: WireText, filed: datetime, rng: random.Random) -> Paragraphs:
    """The whole filing as it stands in the agency's own feed."""
    lead, *rest = signed_off(wire, wire.paragraphs, filed, rng)
    return (dateline(wire, filed, rng) + lead, *rest)


def corrected_filing(agency: Agency, headline: str, paragraphs: Paragraphs, what: str) -> tuple[str, Paragraphs]:
    """Headline and text of a filing put out again because something in it was wrong; ``what`` says what."""
    match agency:
        case "PTI" | "UNI":
            return headline, (f"(Eds: Correcting {what})", *paragraphs)
        case "Reuters":
            return f"CORRECTED-{headline}", (f"(Corrects {what})", *paragraphs)
        case _:
            return f"CORRECTED: {headline}", (f"(CORRECTED to fix {what})", *paragraphs)


def repeated_filing(agency: Agency, headline: str, paragraphs: Paragraphs) -> tuple[str, Paragraphs]:
    """Headline and text of a filing put out again unchanged: for a slip outside the text, or for late shifts."""
    match agency:
        case "Reuters" | "AFP":
            return f"REFILE-{headline}", ("(Refiles to fix the coding of the item; no change to the text)", *paragraphs)
        case "PTI":
            return headline, ("(Eds: Repeating the story for subscribers who asked for it)", *paragraphs)
        case _:
            return f"REPEAT: {headline}", paragraphs


def _behind_last(paragraphs: Paragraphs, mark: str) -> Paragraphs:
    return (*paragraphs[:-1], paragraphs[-1] + mark)


def _initials(rng: random.Random) -> str:
    return "".join(rng.choices("ABCDGHJKMNPRSTV", k=rng.choice((2, 3, 3))))
