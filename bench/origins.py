"""Articles of every origin class, derived from the wire day's events with edits of many strengths, and how they fare.

The edits are others than the wire day's, so that thresholds are not set on what one generator happens to do.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from bench.report import Table
from schemas.public_records import OriginClass
from stream_apps.evidence.evaluate import find_stories, read_lines
from wirecopy.wireday.agencies import WireText, as_filed
from wirecopy.wireday.chance import chance
from wirecopy.wireday.credit_forms import Credits, Printed, Setting, print_inputs, print_sole, with_quoted
from wirecopy.wireday.day import START, generate
from wirecopy.wireday.edits import sentences, words
from wirecopy.wireday.events import Event, Paragraphs
from wirecopy.wireday.items import version
from wirecopy.wireday.outlets import InputsForm, Outlet, SoleForm, is_agency, load_outlets
from wirecopy.wireday.style import edited

HAND_WRITTEN = Path(__file__).with_name("data") / "origins.jsonl"
Line = dict[str, Any]

_SOLE: tuple[SoleForm, ...] = ("byline", "byline_name", "dateline", "filing", "tail", "tail_dashes", "tail_brackets")
_DISCLAIMED: tuple[SoleForm, ...] = ("disclaimer_syndicated", "disclaimer_unmodified", "byline_agencies")
_INPUTS: tuple[InputsForm, ...] = ("with_inputs_from", "with_agency_inputs", "plain_inputs", "listed_inputs")
_ALERTS = (
    "{headline}, {agency} reported quoting officials. More details are awaited.",
    "{headline}, news agency {agency} reported on Wednesday. This is a developing story.",
    "According to {agency}, {lower}. Further reports will follow.",
)
_OWN_VOICE = (
    '"We had been asking for {thing} for months, and nobody listened," a resident told this newspaper on Wednesday.',
    "When this correspondent asked about {thing} in the afternoon, a guard waved people away.",
    "Documents on {thing} seen by this newspaper show that the file had been moving between two offices.",
)


@dataclass(frozen=True)
class _World:
    """One event, the agency whose text it is, and the outlets that print it."""

    event: Event
    outlets: tuple[Outlet, ...]
    agency: Outlet
    rng: random.Random
    desk: list[str]
    """Paragraphs that no outlet has printed yet: what one's own staff wrote stands nowhere else."""

    @property
    def wire(self) -> WireText:
        event = self.event
        assert event.agency
        return WireText(event.id, event.agency, event.place, event.region, event.headline, event.paragraphs)


def derived(seed: int, events: Sequence[Event] | None = None) -> Iterator[Line]:
    """Per event with an agency: its filing, and a copy, rewrite or report of each class by as many outlets."""
    day = generate(seed)
    carriers = tuple(outlet for outlet in load_outlets() if not is_agency(outlet))
    desk = [paragraph for event in day.events for paragraph in event.staff]
    chance(seed, "desk").shuffle(desk)
    for event in events or day.events:
        rng = chance(seed, "origins", event.id)
        if event.agency:
            world = _World(event, tuple(rng.sample(carriers, len(carriers))), day.agencies[event.agency], rng, desk)
            yield from _lines(world)


def _lines(world: _World) -> Iterator[Line]:
    wire, rng = world.wire, world.rng
    if rng.random() < 0.8:  # now and then the agency's own feed is not read
        filing = Printed(wire.agency, as_filed(wire, START, rng), ((wire.agency, "sole"),))
        yield _line(world, world.agency, 0, filing, "wire_verbatim")
    for number, (maker, outlet) in enumerate(zip(_drawn(rng), world.outlets, strict=False), 1):
        made = _MAKERS[maker][1](world, outlet)
        if made is not None:
            yield _line(world, outlet, number, made, maker.split("/")[0])


def _drawn(rng: random.Random) -> Iterator[str]:
    """What up to seven outlets do; one at most takes the second agency's words, or it would be copied from another."""
    once: set[str] = set()
    for maker in rng.choices(tuple(_MAKERS), tuple(weight for weight, _ in _MAKERS.values()), k=7):
        group = "second" if maker in {"rewrite", "wire_plus_staff/merged"} else maker
        if group not in once:
            yield maker
        once |= {group} & {"second", "rewrite/alert"}


def _line(world: _World, outlet: Outlet, number: int, printed: Printed, origin: str) -> Line:
    rng, event = world.rng, world.event
    at = START + timedelta(minutes=7 * number + rng.randint(0, 5))
    headline = event.headline if not number else rng.choice(event.alternatives)
    under = (
        () if not number else (*((f"{outlet.also_read}{headline}",) if outlet.also_read else ()), *outlet.boilerplate)
    )
    body = version(outlet, at, headline, printed.byline, (*printed.paragraphs, *under))
    credited = with_quoted(printed.credits, printed.paragraphs)
    copy = origin.startswith("wire")
    return {
        "id": f"{event.id}-{number}",
        "story": event.id if copy else f"{event.id}-{number}",
        "event": event.id,
        "source": outlet.host,
        "published": at.isoformat(),
        "title": body.headline,
        "byline": body.byline,
        "text": body.text,
        "origin": origin,
        "credits": [list(credit) for credit in credited],
        "undisclosed": copy and not printed.credits,
    }


# ---- what outlets do ------------------------------------------------------------------------------------------


def _sole(world: _World, outlet: Outlet, text: Paragraphs) -> Printed:
    """The text credited to its agency alone, or to nobody."""
    setting = Setting(outlet, world.wire, START, world.rng)
    form = world.rng.choices((world.rng.choice(_SOLE), world.rng.choice(_DISCLAIMED), "none"), (5, 2, 3))[0]
    return print_sole(form, setting, text)


def _inputs(world: _World, outlet: Outlet, text: Paragraphs, *others: str, silent: float = 0.3) -> Printed:
    setting = Setting(outlet, world.wire, START, world.rng)
    form: InputsForm = "none" if world.rng.random() < silent else world.rng.choice(_INPUTS)
    return print_inputs(form, setting, text, (world.wire.agency, *others))


def _verbatim(world: _World, outlet: Outlet) -> Printed:
    return _sole(world, outlet, world.event.paragraphs)


def _edited(world: _World, outlet: Outlet) -> Printed | None:
    rng, text = world.rng, world.event.paragraphs
    changed = edited(text, rng, every=rng.choice((45, 25, 14)))
    if rng.random() < 0.3 and words(text) > 150:  # a sentence less is still an edit
        changed = (*changed[:-1], " ".join(sentences(changed[-1])[:-1]) or changed[-1])
    return _sole(world, outlet, changed) if _changes(text, changed) >= 3 else None


def _changes(before: Paragraphs, after: Paragraphs) -> int:
    return sum((Counter(" ".join(before).split()) - Counter(" ".join(after).split())).values())


def _abridged(world: _World, outlet: Outlet) -> Printed | None:
    text = _cut(world.event.paragraphs, world.rng, world.rng.uniform(0.4, 0.78))
    if words(text) > 0.8 * words(world.event.paragraphs):
        return None
    if world.rng.random() < 0.25:
        text = edited(text, world.rng, every=40)
    return _sole(world, outlet, text)


def _cut(text: Paragraphs, rng: random.Random, share: float) -> Paragraphs:
    """The lead and so much of the rest: from the front, or paragraphs taken out anywhere, or those left moved about."""
    kept = list(range(len(text)))
    how = rng.choice(("tail", "tail", "anywhere", "moved"))
    while len(kept) > 2 and words(text[i] for i in kept) > share * words(text):
        kept.pop() if how == "tail" else kept.remove(rng.choice(kept[1:]))
    if how == "moved":
        rest = kept[1:]
        rng.shuffle(rest)
        kept = [kept[0], *rest]
    return tuple(text[i] for i in kept)


def _plus_staff(world: _World, outlet: Outlet) -> Printed | None:
    own = _own_paragraphs(world)
    if not own:
        return None
    rng, text = world.rng, world.event.paragraphs
    if rng.random() < 0.4:
        text = _cut(text, rng, rng.uniform(0.6, 0.9))
    if rng.random() < 0.25:
        text = edited(text, rng, every=40)
    place = rng.choice(("start", "middle", "end", "spread"))
    if place == "start":
        return _inputs(world, outlet, (*own, *text))
    if place == "end":
        return _inputs(world, outlet, (*text, *own))
    if place == "middle" or len(own) == 1:
        at = rng.randrange(1, len(text))
        return _inputs(world, outlet, (*text[:at], *own, *text[at:]))
    return _inputs(world, outlet, (text[0], own[0], *text[1:], *own[1:]))


def _own_paragraphs(world: _World) -> Paragraphs:
    """One or two paragraphs, from 20 words on."""
    wanted = min(world.rng.choice((1, 2)), len(world.desk))
    own = tuple(world.desk.pop() for _ in range(wanted))
    return own if words(own) >= 20 else ()


def _merged(world: _World, outlet: Outlet) -> Printed | None:
    second = world.event.second
    if second is None:
        return None
    taken = tuple(world.rng.sample(second.paragraphs[1:], k=max(1, len(second.paragraphs) // 3)))
    text = _cut(world.event.paragraphs, world.rng, world.rng.uniform(0.7, 1.0))
    return _inputs(world, outlet, (*text, *taken), second.agency, silent=0.0)


def _rewrite(world: _World, outlet: Outlet) -> Printed | None:
    """The event in other words, with the agency credited for inputs or quoted."""
    second, rng, agency = world.event.second, world.rng, world.wire.agency
    if second is None or "told" in " ".join(second.paragraphs):
        return None
    text = second.paragraphs
    if rng.random() < 0.5:
        return _inputs(world, outlet, text, silent=0.0)
    said = f"An official told {agency} that there was nothing to add for the time being."
    at = rng.randrange(1, len(text))
    return Printed(rng.choice(outlet.staff), (*text[:at], said, *text[at:]), ())


def _alert(world: _World, outlet: Outlet) -> Printed:
    headline = world.rng.choice(world.event.alternatives).rstrip(".?!")
    lower = headline[0].lower() + headline[1:]
    text = world.rng.choice(_ALERTS).format(headline=headline, lower=lower, agency=world.wire.agency)
    said: Credits = ((world.wire.agency, "quoted"),)
    return Printed(world.rng.choice(outlet.desks), (text,), said)


def _original(world: _World, outlet: Outlet) -> Printed | None:
    """The outlet's own report of the event, which quotes the agency now and then."""
    rng = world.rng
    headline = rng.choice(world.event.alternatives).lower()
    own = (*(world.desk.pop() for _ in range(min(3, len(world.desk)))), rng.choice(_OWN_VOICE).format(thing=headline))
    if rng.random() < 0.5:
        said = f"The department told {world.wire.agency} last week that it would not comment on single cases."
        own = (*own, said)
    return Printed(rng.choice(outlet.staff), own, ()) if words(own) > 60 else None


_Maker = Callable[[_World, Outlet], Printed | None]
_MAKERS: Mapping[str, tuple[float, _Maker]] = {
    "wire_verbatim": (3, _verbatim),
    "wire_edited": (4, _edited),
    "wire_abridged": (4, _abridged),
    "wire_plus_staff": (3, _plus_staff),
    "wire_plus_staff/merged": (2, _merged),
    "rewrite": (4, _rewrite),
    "rewrite/alert": (1, _alert),
    "original": (2, _original),
}


# ---- how they fare --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """Origin classes and undisclosed wire held against the labels."""

    articles: int
    right: int
    wrong: Mapping[tuple[str, str], int]
    """(label, ours): how often."""
    precision: float
    recall: float

    @property
    def accuracy(self) -> float:
        return self.right / max(1, self.articles)


def score(lines: Sequence[Mapping[str, Any]]) -> Score:
    """Run the stages over labelled lines."""
    ours = find_stories(lines).report()["articles"]
    pairs: list[tuple[OriginClass, OriginClass]] = [(one["origin"], ours[one["id"]]["origin_class"]) for one in lines]
    undisclosed = {one["id"] for one in lines if ours[one["id"]]["undisclosed"]}
    true = {one["id"] for one in lines if one["undisclosed"]}
    return Score(
        articles=len(lines),
        right=sum(label == found for label, found in pairs),
        wrong=Counter(pair for pair in pairs if pair[0] != pair[1]),
        precision=len(undisclosed & true) / max(1, len(undisclosed)),
        recall=len(undisclosed & true) / max(1, len(true)),
    )


def measure(data: Path, seeds: Sequence[int] = (1, 2)) -> list[Table]:
    """Over the articles of ``data``, those written by hand, and derived ones."""
    samples: list[tuple[str, Sequence[Mapping[str, Any]]]] = [
        ("data/wire", list(read_lines(data / "wire" / "articles.jsonl"))),
        ("written by hand", list(read_lines(HAND_WRITTEN))),
        *((f"derived, seed {seed}", list(derived(seed))) for seed in seeds),
    ]
    rows = [_row(name, score(lines)) for name, lines in samples]
    columns = ("articles of", "count", "origin class right", "undisclosed precision", "undisclosed recall", "confused")
    note = "*confused*: the three most frequent confusions, label and what we said."
    return [Table("origin classes", columns, rows, note)]


def _row(name: str, found: Score) -> tuple[str, int, float, float, float, str]:
    confused = Counter(found.wrong).most_common(3)
    mistakes = ", ".join(f"{label} as {ours} {count}" for (label, ours), count in confused)
    return name, found.articles, round(found.accuracy, 3), round(found.precision, 3), round(found.recall, 3), mistakes


def write(seed: int, path: Path) -> None:
    """The derived articles as a file for ``wirecopy eval dedup``."""
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in derived(seed)))
