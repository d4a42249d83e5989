#!/usr/bin/env python3
"""Score predictions on wirecopy's open benchmark: ``python score.py articles.jsonl labels predictions.jsonl``.

Needs nothing but Python 3.11's standard library, so that it can be copied beside any system. What a line of predictions
may hold is in README.md beside this file; a task is scored where at least one line speaks of it, and then every article
of the chosen part must have an answer.

Every measure is a sum over groups of articles that were made together, so that its confidence interval can be told by
drawing groups anew (bootstrap): articles of one group are not independent of each other.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import combinations
from pathlib import Path
from typing import Any

ROLES = ("sole", "inputs", "quoted")
ORIGINS = ("wire_verbatim", "wire_edited", "wire_abridged", "wire_plus_staff", "rewrite", "original", "paid")
SIGNALS = ("corrected", "withdrawn")
PARTS = ("dev", "test")
MADE = ("written", "generated")
EXIT_BAD_INPUT = 5

Pair = tuple[str, str]
Line = Mapping[str, Any]


class BadInput(ValueError):
    """A file cannot be used; the message says what to do."""


# ---- measures ---------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What precision and recall are made of, group by group: two numerators and two denominators."""

    groups: dict[str, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0.0, 0.0, 0.0]))

    def add(self, group: str, right: float = 0, found: float = 0, wanted: float = 0) -> None:
        """Count things that are right, found and wanted."""
        self.share(group, right, found, right, wanted)

    def share(self, group: str, precise: float, of_found: float, recalled: float, of_wanted: float) -> None:
        for at, value in enumerate((precise, of_found, recalled, of_wanted)):
            self.groups[group][at] += value

    @property
    def wanted(self) -> float:
        """How many things there were to find."""
        return sum(sums[3] for sums in self.groups.values())

    @property
    def is_empty(self) -> bool:
        return not any(any(sums) for sums in self.groups.values())

    def score(self, drawn: Iterable[str] | None = None) -> Score:
        """Precision, recall and F1 over all groups, or over those ``drawn``, each as often as it was."""
        names = self.groups if drawn is None else [name for name in drawn if name in self.groups]
        return Score.of([sum(column) for column in zip(*(self.groups[name] for name in names), strict=True)])


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1. Where nothing is wanted and nothing found, all are 1."""

    precision: float
    recall: float
    f1: float

    @classmethod
    def of(cls, sums: Sequence[float]) -> Score:
        precise, found, recalled, wanted = sums or (0.0, 0.0, 0.0, 0.0)
        precision = precise / found if found else float(not wanted)
        recall = recalled / wanted if wanted else float(not found)
        return cls(precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0)


def pairwise(found: Iterable[Pair], wanted: Iterable[Pair], group_of: Mapping[str, str]) -> Tally:
    """Pairs that are found against pairs that are wanted. One across two groups counts half for each."""
    tally, wanted_pairs = Tally(), {ordered(pair) for pair in wanted}
    for pair in {ordered(pair) for pair in found}:
        for name in pair:
            tally.add(group_of[name], right=0.5 * (pair in wanted_pairs), found=0.5)
    for pair in wanted_pairs:
        for name in pair:
            tally.add(group_of[name], wanted=0.5)
    return tally


def b_cubed(found: Mapping[str, str], wanted: Mapping[str, str], group_of: Mapping[str, str]) -> Tally:
    """B³ over clusters (Bagga and Baldwin, 1998): for each article the share of its cluster that belongs there."""
    ours, theirs = _members(found, wanted), _members(wanted, wanted)
    tally = Tally()
    for name in wanted:
        mine, true = ours[found[name]], theirs[wanted[name]]
        both = len(mine & true)
        tally.share(group_of[name], both / len(mine), 1, both / len(true), 1)
    return tally


def _members(clusters: Mapping[str, str], names: Iterable[str]) -> Mapping[str, set[str]]:
    members: defaultdict[str, set[str]] = defaultdict(set)
    for name in names:
        members[clusters[name]].add(name)
    return members


def pairs_of(clusters: Mapping[str, str]) -> Iterator[Pair]:
    """Every two things of one cluster."""
    members: defaultdict[str, list[str]] = defaultdict(list)
    for name, cluster in clusters.items():
        members[cluster].append(name)
    for names in members.values():
        yield from map(ordered, combinations(names, 2))


def components(names: Iterable[str], pairs: Iterable[Pair]) -> dict[str, str]:
    """Clusters where pairs belong together, each named after one of its members."""
    leader = {name: name for name in names}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = name = leader[leader[name]]
        return name

    for one, other in pairs:
        low, high = sorted((find(one), find(other)))
        leader[high] = low
    return {name: find(name) for name in leader}


def ordered(pair: Pair) -> Pair:
    one, other = pair
    return (one, other) if one < other else (other, one)


def interval(tally: Tally, groups: Sequence[str], draws: int, seed: int) -> tuple[float, float] | None:
    """Between what 95 of 100 values of F1 lie when the groups are drawn anew; none without draws."""
    if not draws:
        return None
    rng = random.Random(seed)
    values = sorted(tally.score(rng.choices(groups, k=len(groups))).f1 for _ in range(draws))
    return values[int(0.025 * (draws - 1))], values[round(0.975 * (draws - 1))]


# ---- what is true -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Truth:
    """The labels of the chosen part."""

    every: frozenset[str]
    """Ids of all articles of the set, chosen or not."""
    groups: Mapping[str, Line]
    group_of: Mapping[str, str]
    """By article: the chosen ones."""
    stories: Mapping[str, str]
    events: Mapping[str, str]
    credits: Mapping[str, Line]
    origins: Mapping[str, Line]
    corrections: Mapping[str, Line]
    names: Sequence[Line]
    every_form: frozenset[tuple[str, str]]
    dates: Mapping[str, Line]
    every_date: frozenset[str]

    def kind(self, article: str) -> str:
        return str(self.groups[self.group_of[article]]["kind"])


def read_truth(articles: Path, labels: Path, part: str | None = None, made: str | None = None) -> Truth:
    """The labels of one part (``dev`` or ``test``) and way of making (``written`` or ``generated``), or of all."""
    every = frozenset(_keyed(articles, "id"))
    all_groups = _keyed(labels / "groups.jsonl", "group")
    labelled = {name for group in all_groups.values() for name in group["articles"]}
    if labelled != every:
        odd = sorted(labelled ^ every)
        raise BadInput(f"{articles.name} and {labels}/groups.jsonl are of different versions: {odd[0]} is in one only")
    groups = {n: g for n, g in all_groups.items() if part in (None, g["part"]) and made in (None, g["made"])}
    group_of = {name: group for group, line in groups.items() for name in line["articles"]}
    names = list(_lines(labels / "names.jsonl"))
    dates = _keyed(labels / "dates.jsonl", "date")
    chosen_dates = {n: d for n, d in dates.items() if part in (None, d["part"]) and made in (None, "written")}

    def chosen(name: str) -> dict[str, Line]:
        return {key: line for key, line in _keyed(labels / f"{name}.jsonl", "id").items() if key in group_of}

    return Truth(
        every=every,
        groups=groups,
        group_of=group_of,
        stories={key: line["story"] for key, line in chosen("stories").items()},
        events={key: line["event"] for key, line in chosen("events").items()},
        credits=chosen("credits"),
        origins=chosen("origins"),
        corrections=chosen("corrections"),
        names=[line for line in names if line["group"] in groups],
        every_form=frozenset((line["group"], form) for line in names for form in line["forms"]),
        dates=chosen_dates,
        every_date=frozenset(dates),
    )


def _lines(path: Path) -> Iterator[Line]:
    """The objects of a JSON Lines file, empty lines left out."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from None
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _object(line, f"{path.name} line {number}")


def _object(line: str, where: str) -> Line:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise BadInput(f"{where} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadInput(f"{where} is not an object")
    return found


def _keyed(path: Path, key: str) -> dict[str, Line]:
    return {str(line[key]): line for line in _lines(path)}


# ---- what was predicted -----------------------------------------------------------------------------------------


@dataclass
class Predictions:
    """What a system said, checked."""

    articles: dict[str, Line] = field(default_factory=dict)
    copies: set[Pair] = field(default_factory=set)
    pairs_given: bool = False
    forms: dict[tuple[str, str], str | None] = field(default_factory=dict)
    dates: dict[str, str | None] = field(default_factory=dict)

    def speaks_of(self, answer: str) -> bool:
        return any(answer in line for line in self.articles.values())


_FIELDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "story": ("a string", lambda value: isinstance(value, str)),
    "event": ("a string", lambda value: isinstance(value, str)),
    "credits": (
        f"a list of [agency, role] with a role of {', '.join(ROLES)}",
        lambda value: isinstance(value, list) and all(_is_credit(one) for one in value),
    ),
    "place": ("a string or null", lambda value: value is None or isinstance(value, str)),
    "origin": (f"one of {', '.join(ORIGINS)}", lambda value: value in ORIGINS),
    "agency": ("a string or null", lambda value: value is None or isinstance(value, str)),
    "undisclosed": ("true or false", lambda value: isinstance(value, bool)),
    "stale": ("true or false", lambda value: isinstance(value, bool)),
    "signal": (f"null or one of {', '.join(SIGNALS)}", lambda value: value is None or value in SIGNALS),
}
"""What may be said of an article, and what it has to look like."""


def _is_credit(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[0], str) and value[1] in ROLES


def read_predictions(path: Path, truth: Truth) -> Predictions:
    """The predictions of a file. Raises ``BadInput`` with the line that is wrong."""
    return check_predictions(((f"{path.name} line {n}", line) for n, line in _numbered(path)), truth)


def _numbered(path: Path) -> Iterator[tuple[int, Line]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from None
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, _object(line, f"{path.name} line {number}")


def check_predictions(lines: Iterable[tuple[str, Line]], truth: Truth) -> Predictions:
    """Predictions with where each stands."""
    said = Predictions()
    for where, line in lines:
        _take(said, line, where, truth)
    if said.pairs_given and said.speaks_of("story"):
        raise BadInput("copies are given as pairs and as `story`, too: give one of the two")
    return said


def _take(said: Predictions, line: Line, where: str, truth: Truth) -> None:
    if "id" in line:
        _take_article(said, line, where, truth)
    elif "copy" in line:
        said.pairs_given = True
        pair = _pair(line["copy"], where, truth)
        if pair in said.copies:
            raise BadInput(f"{where}: the pair {pair[0]}, {pair[1]} stands twice")
        said.copies.add(pair)
    elif "form" in line:
        _take_form(said, line, where, truth)
    elif "date" in line:
        _take_date(said, line, where, truth)
    else:
        raise BadInput(f"{where}: needs one of `id`, `copy`, `form`, `date`; see README.md")


def _take_article(said: Predictions, line: Line, where: str, truth: Truth) -> None:
    name = line["id"]
    if not isinstance(name, str) or name not in truth.every:
        raise BadInput(f"{where}: there is no article {name!r} in this version of the set")
    if name in said.articles:
        raise BadInput(f"{where}: article {name} stands twice: put all that is said of it into one line")
    for key, value in line.items():
        if key != "id" and key not in _FIELDS:
            raise BadInput(f"{where}: unknown field `{key}`; known are {', '.join(_FIELDS)}")
        if key != "id" and not _FIELDS[key][1](value):
            raise BadInput(f"{where}: `{key}` must be {_FIELDS[key][0]}, not {json.dumps(value)[:80]}")
    said.articles[name] = line


def _pair(value: object, where: str, truth: Truth) -> Pair:
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(one, str) for one in value):
        raise BadInput(f"{where}: `copy` must be two ids")
    one, other = value
    for name in (one, other):
        if name not in truth.every:
            raise BadInput(f"{where}: there is no article {name!r} in this version of the set")
    if one == other:
        raise BadInput(f"{where}: {one} is paired with itself")
    return ordered((one, other))


def _take_form(said: Predictions, line: Line, where: str, truth: Truth) -> None:
    key = (str(line.get("group")), str(line["form"]))
    if key not in truth.every_form:
        raise BadInput(f"{where}: group {key[0]!r} has no labelled form {key[1]!r}; see labels/names.jsonl")
    if key in said.forms:
        raise BadInput(f"{where}: the form {key[1]!r} of {key[0]} stands twice")
    entity = line.get("entity")
    if entity is not None and not isinstance(entity, str):
        raise BadInput(f"{where}: `entity` must be a string, or null where the form was not found")
    said.forms[key] = entity


def _take_date(said: Predictions, line: Line, where: str, truth: Truth) -> None:
    name = line["date"]
    if name not in truth.every_date:
        raise BadInput(f"{where}: there is no date {name!r}; see dates.jsonl")
    if name in said.dates:
        raise BadInput(f"{where}: the date {name} stands twice")
    moment = line.get("moment")
    if moment is not None:
        try:
            _moment(moment)
        except (TypeError, ValueError):
            raise BadInput(f"{where}: `moment` must be ISO 8601 with a zone, or null, not {moment!r}") from None
    said.dates[name] = moment


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(timezone.utc)  # noqa: UP017 -- as older Pythons spell it


def _answers(said: Predictions, answer: str, wanted: Iterable[str]) -> dict[str, Any]:
    """What was said of each article that is scored. Raises ``BadInput`` where one is missing."""
    names = list(wanted)
    missing = [name for name in names if answer not in said.articles.get(name, {})]
    if missing:
        raise BadInput(
            f"`{answer}` is missing for {len(missing)} of {len(names)} articles, first for {missing[0]}: "
            "give it for all of them, or for none to leave the task out"
        )
    return {name: said.articles[name][answer] for name in names}


# ---- tasks ------------------------------------------------------------------------------------------------------

Tallies = Mapping[str, Tally]


def tallies(truth: Truth, said: Predictions) -> dict[str, Tally]:
    """Every measure for which there is something to score; those with nothing wanted and nothing found are left out."""
    tasks = (_stories, _events, _credits, _origins, _corrections, _names, _dates)
    found = {name: tally for task in tasks for name, tally in task(truth, said).items()}
    return {name: tally for name, tally in found.items() if not tally.is_empty}


def found_stories(truth: Truth, said: Predictions) -> tuple[dict[str, str], set[Pair]] | None:
    """The predicted story of each chosen article, and the predicted pairs; none where nothing was predicted."""
    if said.pairs_given:
        pairs = {pair for pair in said.copies if pair[0] in truth.stories and pair[1] in truth.stories}
        return components(truth.stories, pairs), pairs
    if not said.speaks_of("story"):
        return None
    stories = _answers(said, "story", truth.stories)
    return stories, set(pairs_of(stories))


def _stories(truth: Truth, said: Predictions) -> Tallies:
    found = found_stories(truth, said)
    if found is None:
        return {}
    stories, pairs = found
    return {
        "copies": pairwise(pairs, pairs_of(truth.stories), truth.group_of),
        "stories, B3": b_cubed(stories, truth.stories, truth.group_of),
    }


def _events(truth: Truth, said: Predictions) -> Tallies:
    if not said.speaks_of("event"):
        return {}
    events = _answers(said, "event", truth.events)
    return {
        "events, pairs": pairwise(pairs_of(events), pairs_of(truth.events), truth.group_of),
        "events, B3": b_cubed(events, truth.events, truth.group_of),
    }


def _credits(truth: Truth, said: Predictions) -> Tallies:
    if not said.speaks_of("credits"):
        return {}
    found = _answers(said, "credits", truth.credits)
    text, agencies, quoted, place = Tally(), Tally(), Tally(), Tally()
    for name, label in truth.credits.items():
        group = truth.group_of[name]
        text.add(group, *credit_counts(found[name], label, with_role=True))
        agencies.add(group, *credit_counts(found[name], label, with_role=False))
        quoted.add(group, *_quoted_counts(found[name], label))
    given = {"credits": text, "credits, role set aside": agencies, "credits, quoted": quoted}
    if not said.speaks_of("place"):
        return given
    placed = {name: label for name, label in truth.credits.items() if "place" in label}
    for name, where in _answers(said, "place", placed).items():
        right = (where or "").casefold() == placed[name]["place"].casefold()
        place.add(truth.group_of[name], right, bool(where), 1)
    return {**given, "places of datelines": place}


def credit_counts(found: Iterable[Sequence[str]], label: Line, *, with_role: bool) -> tuple[int, int, int]:
    """Credits for the text that are right, found and wanted. One that is labelled ``A|B`` may be either."""
    optional = set(label.get("optional", ()))
    ours = Counter(_credit(one, with_role) for one in found if one[1] != "quoted" and one[0] not in optional)
    wanted = [one for one in label["credits"] if one[1] != "quoted" and one[0] not in optional]
    right = sum(any(_credit((name, one[1]), with_role) in ours for name in one[0].split("|")) for one in wanted)
    return right, len(ours), len({_credit(one, with_role) for one in wanted})


def _credit(one: Sequence[str], with_role: bool) -> tuple[str, ...]:
    return (one[0], one[1]) if with_role else (one[0],)


def _quoted_counts(found: Iterable[Sequence[str]], label: Line) -> tuple[int, int, int]:
    ours = {one[0] for one in found if one[1] == "quoted"} - set(label.get("optional", ()))
    wanted = {one[0] for one in label["credits"] if one[1] == "quoted"}
    return len(ours & wanted), len(ours), len(wanted)


def _origins(truth: Truth, said: Predictions) -> Tallies:
    given: dict[str, Tally] = {}
    if said.speaks_of("origin"):
        wanted = {name: label["origin"] for name, label in truth.origins.items() if label["origin"]}
        found = _answers(said, "origin", wanted)
        given["origin class"] = _alike(truth, found, wanted)
    if said.speaks_of("undisclosed"):
        marked = {name for name, value in _answers(said, "undisclosed", truth.origins).items() if value}
        silent = {name for name, label in truth.origins.items() if label["undisclosed"]}
        given["undisclosed"] = _marked(truth, marked, silent)
    if said.speaks_of("agency"):
        carried = {name: label["agency"] for name, label in truth.origins.items() if "agency" in label}
        given["whose text"] = _alike(truth, _answers(said, "agency", carried), carried)
    return given


def _corrections(truth: Truth, said: Predictions) -> Tallies:
    given: dict[str, Tally] = {}
    if said.speaks_of("stale"):
        marked = {name for name, value in _answers(said, "stale", truth.corrections).items() if value}
        given["stale"] = _marked(truth, marked, {n for n, label in truth.corrections.items() if label["stale"]})
    if said.speaks_of("signal"):
        signals = {name: label["signal"] for name, label in truth.corrections.items() if "signal" in label}
        tally = Tally()
        for name, signal in _answers(said, "signal", signals).items():
            wanted = signals[name]
            tally.add(truth.group_of[name], signal is not None and signal == wanted, bool(signal), bool(wanted))
        given["corrections"] = tally
    return given


def _names(truth: Truth, said: Predictions) -> Tallies:
    if not said.forms:
        return {}
    tally = Tally()
    for line in truth.names:
        keys = [(str(line["group"]), form) for form in line["forms"]]
        missing = [form for group, form in keys if (group, form) not in said.forms]
        if missing:
            raise BadInput(f"the form {missing[0]!r} of {line['group']} is missing: give null where it was not found")
        one, other = (said.forms[key] for key in keys)
        joined = one is not None and one == other
        tally.add(str(line["group"]), joined and line["same"], joined, line["same"])
    return {"names": tally}


def _dates(truth: Truth, said: Predictions) -> Tallies:
    if not said.dates:
        return {}
    tally = Tally()
    for name, label in truth.dates.items():
        if name not in said.dates:
            raise BadInput(f"the date {name} is missing: give null where it names no moment")
        found, wanted = said.dates[name], label["moment"]
        right = found is not None and wanted is not None and _moment(found).replace(microsecond=0) == _moment(wanted)
        tally.add(f"date {name}", right, found is not None, wanted is not None)
    return {"dates": tally}


def _alike(truth: Truth, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Tally:
    """Answers of which each is right or wrong: precision and recall are both the share that is right."""
    tally = Tally()
    for name, value in wanted.items():
        tally.add(truth.group_of[name], found[name] == value, 1, 1)
    return tally


def _marked(truth: Truth, found: set[str], wanted: set[str]) -> Tally:
    tally = Tally()
    for name, group in truth.group_of.items():
        tally.add(group, name in found and name in wanted, name in found, name in wanted)
    return tally


# ---- kinds ------------------------------------------------------------------------------------------------------


def by_kind(truth: Truth, said: Predictions) -> dict[str, dict[str, int]]:
    """Of each kind of group: copies found, strangers joined, and articles whose credits are all right."""
    kinds: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for group in truth.groups.values():
        kinds[group["kind"]]["groups"] += 1
        kinds[group["kind"]]["articles"] += len(group["articles"])
    found = found_stories(truth, said)
    if found is not None:
        _count_pairs(truth, found[1], kinds)
    if said.speaks_of("credits"):
        for name, label in truth.credits.items():
            right, ours, wanted = credit_counts(said.articles[name]["credits"], label, with_role=True)
            kinds[truth.kind(name)]["credits right"] += right == ours == wanted
    return {kind: dict(counts) for kind, counts in sorted(kinds.items())}


def _count_pairs(truth: Truth, pairs: set[Pair], kinds: Mapping[str, dict[str, int]]) -> None:
    """The pairs within each group, and those that were joined across two."""
    for group in truth.groups.values():
        counts = kinds[group["kind"]]
        for name in ("copies", "copies found", "strangers", "strangers joined"):
            counts[name] += 0
        for pair in map(ordered, combinations(group["articles"], 2)):
            same = truth.stories[pair[0]] == truth.stories[pair[1]]
            counts["copies" if same else "strangers"] += 1
            counts["copies found" if same else "strangers joined"] += pair in pairs
    for one, other in pairs:
        if truth.group_of[one] != truth.group_of[other]:
            for name in (one, other):
                kinds[truth.kind(name)]["joined with other groups"] += 1


# ---- the answer -------------------------------------------------------------------------------------------------


def report(truth: Truth, said: Predictions, draws: int = 1000, seed: int = 1) -> dict[str, Any]:
    """All measures with their intervals, and the kinds. Raises ``BadInput`` where answers are missing."""
    found = tallies(truth, said)
    if not found:
        raise BadInput("the predictions say nothing that can be scored; see README.md")
    return {
        "articles": len(truth.group_of),
        "groups": len(truth.groups),
        "measures": {name: _measured(name, tally, truth, draws, seed) for name, tally in found.items()},
        "kinds": by_kind(truth, said),
    }


def _measured(name: str, tally: Tally, truth: Truth, draws: int, seed: int) -> dict[str, Any]:
    score = tally.score()
    groups = [f"date {one}" for one in truth.dates] if name == "dates" else sorted(truth.groups)
    between = interval(tally, groups, draws, seed)
    return {
        "precision": round(score.precision, 4),
        "recall": round(score.recall, 4),
        "f1": round(score.f1, 4),
        "wanted": round(tally.wanted),
        "interval": [round(value, 4) for value in between] if between else None,
    }


def table(answer: Mapping[str, Any]) -> str:
    """The answer for people."""
    lines = [f"{answer['articles']} articles in {answer['groups']} groups", ""]
    lines.append(f"{'measure':<26}{'wanted':>8}{'precision':>11}{'recall':>9}{'F1':>9}   95 % of F1")
    for name, one in answer["measures"].items():
        between = " to ".join(f"{value:.3f}" for value in one["interval"]) if one["interval"] else ""
        shares = f"{one['precision']:>11.3f}{one['recall']:>9.3f}{one['f1']:>9.3f}"
        lines.append(f"{name:<26}{one['wanted']:>8}{shares}   {between}".rstrip())
    lines += ["", f"{'kind':<16}{'copies found':>16}{'strangers joined':>20}{'elsewhere':>12}{'credits right':>16}"]
    for kind, counts in answer["kinds"].items():
        cells = kind_cells(counts)
        lines.append(f"{kind:<16}{cells[0]:>16}{cells[1]:>20}{cells[2]:>12}{cells[3]:>16}")
    return "\n".join(lines)


def kind_cells(counts: Mapping[str, int]) -> tuple[str, str, str, str]:
    """Copies found, strangers joined in the group and with other groups, credits right; - where not predicted."""

    def cell(part: str, whole: str) -> str:
        return f"{counts[part]} of {counts[whole]}" if counts.get(whole) and part in counts else "-"

    elsewhere = str(counts.get("joined with other groups", 0)) if "copies" in counts else "-"
    return (
        cell("copies found", "copies"),
        cell("strangers joined", "strangers"),
        elsewhere,
        cell("credits right", "articles"),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Score predictions on wirecopy's open benchmark.")
    parser.add_argument("articles", type=Path, help="articles.jsonl")
    parser.add_argument("labels", type=Path, help="the folder labels")
    parser.add_argument("predictions", type=Path, help="JSON Lines; README.md says of what")
    parser.add_argument("--part", choices=PARTS, help="only groups of this part (by itself: both)")
    parser.add_argument("--made", choices=MADE, help="only groups that were made so (by itself: both)")
    parser.add_argument("--draws", type=int, default=1000, help="for the confidence intervals; 0: none")
    parser.add_argument("--seed", type=int, default=1, help="of the draws")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of tables")
    chosen = parser.parse_args(arguments)
    try:
        truth = read_truth(chosen.articles, chosen.labels, chosen.part, chosen.made)
        answer = report(truth, read_predictions(chosen.predictions, truth), max(0, chosen.draws), chosen.seed)
    except BadInput as error:
        print(f"score: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    print(json.dumps(answer) if chosen.json else table(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
