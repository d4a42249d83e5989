"""The ways in which an outlet says, or does not say, whose text it prints."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from wirecopy.wireday.agencies import FULL_NAMES, WireText, dateline, signed_off
from wirecopy.wireday.events import Paragraphs
from wirecopy.wireday.outlets import InputsForm, Outlet, SoleForm

Credits = tuple[tuple[str, str], ...]
"""(agency, role) of each credit that the printed article gives."""


_TOLD = re.compile(rf"\btold ({'|'.join(FULL_NAMES)})\b")
_SHOWN = re.compile(rf"\baccessed by ({'|'.join(FULL_NAMES)})\b")


@dataclass(frozen=True)
class Printed:
    """The article below its headline, without the outlet's boilerplate, and the credits that can be read off it."""

    byline: str
    paragraphs: Paragraphs
    credits: Credits


@dataclass(frozen=True)
class Setting:
    """Where, when and by whom a text is printed."""

    outlet: Outlet
    wire: WireText
    filed: datetime
    rng: random.Random

    @property
    def desk(self) -> str:
        return self.rng.choice(self.outlet.desks)

    def with_place(self, paragraphs: Paragraphs) -> Paragraphs:
        """The outlet's own dateline: a place, or nothing."""
        place = {"cut": "", "place": f"{self.wire.place}: ", "capitals": f"{self.wire.place.upper()}: "}
        return (place[self.outlet.dateline] + paragraphs[0], *paragraphs[1:])

    def with_dateline(self, paragraphs: Paragraphs) -> Paragraphs:
        """The agency's dateline, credit and all."""
        return (dateline(self.wire, self.filed, self.rng) + paragraphs[0], *paragraphs[1:])


def with_quoted(credits_: Credits, paragraphs: Paragraphs) -> Credits:
    """The credits, and those agencies to which somebody in the text spoke, where they are not credited already.

    Where the text is of an agency that is not named, and people in it spoke to one agency alone, it is of that one.
    """
    text = "\n".join(paragraphs)
    told = dict.fromkeys(match[1] for match in _TOLD.finditer(text))
    shown = dict.fromkeys(match[1] for match in _SHOWN.finditer(text))
    if credits_ == (("agencies", "sole"),) and len(told) == 1:
        credits_ = ((next(iter(told)), "sole"),)
    credited = {agency for agency, _ in credits_}
    return (*credits_, *((agency, "quoted") for agency in {**told, **shown} if agency not in credited))


def print_sole(form: SoleForm, setting: Setting, paragraphs: Paragraphs) -> Printed:
    """A text of one agency, credited as ``form`` says."""
    return _SOLE[form](setting, paragraphs)


def print_inputs(form: InputsForm, setting: Setting, paragraphs: Paragraphs, agencies: tuple[str, ...]) -> Printed:
    """A text in which the outlet's own words, or a second agency's, stand beside the agency's."""
    names = agencies if form != "unnamed_inputs" else ("agencies",)
    line = _INPUTS[form].format(both=", ".join(agencies), joined=" and ".join(agencies))
    byline = setting.rng.choice(setting.outlet.staff)
    body = setting.with_place(paragraphs)
    if form == "none":
        return Printed(byline, body, ())
    return Printed(byline, (*body, line), tuple((name, "inputs") for name in names))


_INPUTS: dict[InputsForm, str] = {
    "with_inputs_from": "(With inputs from {joined})",
    "with_agency_inputs": "(With {both} inputs)",
    "plain_inputs": "With {both} inputs",
    "listed_inputs": "(with inputs from {both})",
    "unnamed_inputs": "(With inputs from agencies.)",
    "none": "",
}


def _byline(setting: Setting, paragraphs: Paragraphs) -> Printed:
    return Printed(setting.wire.agency, setting.with_place(paragraphs), _sole(setting))


def _byline_name(setting: Setting, paragraphs: Paragraphs) -> Printed:
    return Printed(FULL_NAMES[setting.wire.agency], setting.with_place(paragraphs), _sole(setting))


def _byline_doubled(setting: Setting, paragraphs: Paragraphs) -> Printed:
    name = setting.wire.agency.title()
    return Printed(f"{name} {name}", setting.with_place(paragraphs), _sole(setting))


def _byline_agencies(setting: Setting, paragraphs: Paragraphs) -> Printed:
    return Printed("Agencies", setting.with_place(paragraphs), (("agencies", "sole"),))


def _dateline(setting: Setting, paragraphs: Paragraphs) -> Printed:
    return Printed(setting.desk, setting.with_dateline(paragraphs), _sole(setting))


def _filing(setting: Setting, paragraphs: Paragraphs) -> Printed:
    signed = signed_off(setting.wire, paragraphs, setting.filed, setting.rng)
    return Printed(setting.desk, setting.with_dateline(signed), _sole(setting))


def _tail(mark: str) -> Callable[[Setting, Paragraphs], Printed]:
    def form(setting: Setting, paragraphs: Paragraphs) -> Printed:
        body = setting.with_place(paragraphs)
        return Printed(setting.desk, (*body, mark.format(setting.wire.agency)), _sole(setting))

    return form


def _disclaimer(text: str, *, names_agency: bool) -> Callable[[Setting, Paragraphs], Printed]:
    """A disclaimer under the text. One that names no agency sometimes comes with a byline that does."""

    def form(setting: Setting, paragraphs: Paragraphs) -> Printed:
        by_agency = not names_agency and setting.rng.random() < 0.5
        line = text.format(outlet=setting.outlet.name, agency=FULL_NAMES[setting.wire.agency])
        named = names_agency or by_agency
        return Printed(
            setting.wire.agency if by_agency else setting.desk,
            (*setting.with_place(paragraphs), line),
            _sole(setting) if named else (("agencies", "sole"),),
        )

    return form


def _none(setting: Setting, paragraphs: Paragraphs) -> Printed:
    return Printed(setting.desk, setting.with_place(paragraphs), ())


def _sole(setting: Setting) -> Credits:
    return ((setting.wire.agency, "sole"),)


_SOLE: dict[SoleForm, Callable[[Setting, Paragraphs], Printed]] = {
    "byline": _byline,
    "byline_name": _byline_name,
    "byline_doubled": _byline_doubled,
    "byline_agencies": _byline_agencies,
    "dateline": _dateline,
    "filing": _filing,
    "tail": _tail("– {}"),  # noqa: RUF001  # the dash that is printed
    "tail_dashes": _tail("-- {}"),
    "tail_brackets": _tail("({})"),
    "disclaimer_syndicated": _disclaimer(
        "(The headline apart, this story has not been edited by {outlet} staff and is published from a syndicated "
        "feed.)",
        names_agency=False,
    ),
    "disclaimer_unmodified": _disclaimer(
        "This story has been published from a wire agency feed without modifications to the text.", names_agency=False
    ),
    "disclaimer_named": _disclaimer(
        "Except for the headline and minor changes in style, this copy has come to us from {agency}.", names_agency=True
    ),
    "none": _none,
}
