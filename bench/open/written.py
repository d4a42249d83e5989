"""The articles that were written by hand: ``core/*.yml`` read into articles and labels.

A paragraph may be taken over from another article of the group, as outlets do: ``<1:2>`` is the second paragraph of
article 1, ``<1:2-4>`` three of them on lines of their own, ``<1:2 | old => new | cut => >`` one with words changed.
What stands before ``lead`` and after ``end`` is not taken over: datelines and sign-offs are an agency's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cached_property
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

CORE = Path(__file__).with_name("core")
IST = timezone(timedelta(hours=5, minutes=30))
GENERIC = "agencies"

_TAKEN = re.compile(r"<(\d+):(\d+)(?:-(\d+))?((?: \|[^>=]*=>[^|>]*)*)>")
Entry = Mapping[str, Any]
Line = dict[str, Any]


@dataclass(frozen=True)
class Group:
    """Articles that were made together, and what is true of them."""

    entry: Entry
    outlets: Mapping[str, Entry]
    part: str

    @property
    def name(self) -> str:
        return str(self.entry["group"])

    @cached_property
    def articles(self) -> Sequence[Entry]:
        listed: Sequence[Entry] = self.entry["articles"]
        return listed

    def ids(self) -> list[str]:
        return [self.id_of(article) for article in self.articles]

    def id_of(self, article: Entry) -> str:
        return neutral(f"{self.name}-{article['id']}")

    def published(self, article: Entry, time: str | None = None) -> datetime:
        day = date.fromisoformat(str(article.get("day") or self.entry["day"]))
        hour, minute = map(int, (time or article["at"]).split(":"))
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=IST)


def neutral(key: str) -> str:
    """An id that tells nothing of the group that an article is of."""
    return "a" + sha256(key.encode()).hexdigest()[:9]


def read_outlets() -> list[Entry]:
    """Who publishes."""
    listed: list[Entry] = yaml.safe_load((CORE / "outlets.yml").read_text(encoding="utf-8"))
    return listed


def read_groups() -> list[Group]:
    """All groups. Of each kind every other one is for development, the rest for the test."""
    outlets = {outlet["source"]: outlet for outlet in read_outlets()}
    seen: dict[str, int] = {}
    groups = []
    for path in sorted(CORE.glob("*.yml")):
        if path.stem in {"outlets", "dates"}:
            continue
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            number = seen[entry["kind"]] = seen.get(entry["kind"], 0) + 1
            groups.append(Group(entry, outlets, "dev" if number % 2 else "test"))
    return groups


# ---- texts ------------------------------------------------------------------------------------------------------


def article_line(group: Group, article: Entry) -> Line:
    """An article as systems get it."""
    text = _text(group, article, _paragraphs(group, article))
    line: Line = {
        "id": group.id_of(article),
        "source": article["outlet"],
        "published": group.published(article).isoformat(),
        "title": article["title"],
        "byline": article.get("byline", ""),
        "text": text,
    }
    if "earlier" in article:
        line["updated"] = group.published(article, article["updated"]).isoformat()
        line["earlier"] = [_earlier(group, article, one) for one in article["earlier"]]
    return line


def _earlier(group: Group, article: Entry, earlier: Entry) -> Line:
    paragraphs: list[str | None] = [*_paragraphs(group, article)]
    for number, change in earlier["change"].items():
        at = int(number) - 1
        paragraphs[at] = None if change == "drop" else _changed(str(paragraphs[at]), [change])
    return {
        "at": group.published(article, earlier["at"]).isoformat(),
        "title": earlier["title"],
        "byline": article.get("byline", ""),
        "text": _text(group, article, [one for one in paragraphs if one is not None]),
    }


def _text(group: Group, article: Entry, paragraphs: Sequence[str]) -> str:
    body = article.get("lead", "") + "\n".join(paragraphs) + article.get("end", "")
    return "\n".join([body, *group.outlets[article["outlet"]].get("under", ())])


def _paragraphs(group: Group, article: Entry) -> list[str]:
    """The story's own paragraphs, those of others in their places."""
    found: list[str] = []
    for line in article["text"].strip().split("\n"):
        span = _TAKEN.fullmatch(line)
        if span and span[3]:
            found += _source(group, span)[int(span[2]) - 1 : int(span[3])]
        else:
            found.append(_TAKEN.sub(lambda taken: _one(group, taken), line))
    return found


def _one(group: Group, taken: re.Match[str]) -> str:
    changes = [change for change in taken[4].split(" | ") if change]
    return _changed(_source(group, taken)[int(taken[2]) - 1], changes)


def _source(group: Group, taken: re.Match[str]) -> list[str]:
    other = next(article for article in group.articles if str(article["id"]) == taken[1])
    return _paragraphs(group, other)


def _changed(text: str, changes: Sequence[str]) -> str:
    for change in changes:
        old, new = change.split(" =>", 1)
        old, new = old.removeprefix("| "), new[1:]
        if old not in text:
            raise ValueError(f"{old!r} does not stand in {text!r}")
        text = text.replace(old, new, 1)
    return text


# ---- labels -----------------------------------------------------------------------------------------------------


def group_line(group: Group) -> Line:
    return {
        "group": group.name,
        "kind": group.entry["kind"],
        "part": group.part,
        "made": "written",
        "articles": sorted(group.ids()),
    }


def story_line(group: Group, article: Entry) -> Line:
    line: Line = {"id": group.id_of(article), "story": _story(group, article)}
    if "includes" in article:
        line["includes"] = [f"{group.name}/{story}" for story in article["includes"]]
    return line


def event_line(group: Group, article: Entry) -> Line:
    own = _own(group, article) if group.entry.get("apart") else group.name
    return {"id": group.id_of(article), "event": article.get("event", own)}


def credit_line(group: Group, article: Entry) -> Line:
    line: Line = {"id": group.id_of(article), "credits": _credits(article)}
    for key in ("optional", "pictures", "place", "note"):
        if key in article:
            line[key] = article[key]
    return line


def origin_line(group: Group, article: Entry) -> Line:
    origin = None if article["origin"] == "open" else article["origin"]
    line: Line = {
        "id": group.id_of(article),
        "origin": origin,
        "undisclosed": article.get("undisclosed", False),
    }
    agency = _agency(group, article)
    if origin and "includes" not in article and (agency or not origin.startswith("wire")):
        line["agency"] = agency
    return line


def correction_line(group: Group, article: Entry) -> Line:
    return {
        "id": group.id_of(article),
        "signal": {"kill": "withdrawn"}.get(article.get("signal", ""), article.get("signal")),
        "stale": article.get("stale", False),
    }


def name_lines(group: Group) -> Iterator[Line]:
    names = group.entry.get("names", {})
    for forms in names.get("same", ()):
        for pair in combinations(forms, 2):
            yield {"group": group.name, "forms": list(pair), "same": True}
    for pair in names.get("different", ()):
        yield {"group": group.name, "forms": list(pair), "same": False}


def read_dates() -> Iterator[tuple[Line, Line]]:
    """Each date as a feed has it, and its label."""
    listed = yaml.safe_load((CORE / "dates.yml").read_text(encoding="utf-8"))
    for number, (kind, text, more, moment) in enumerate(listed, 1):
        name = f"d{number:02}"
        said = {key: value for key, value in more.items() if key != "note"}
        note = {"note": more["note"]} if "note" in more else {}
        part = "dev" if number % 2 else "test"
        yield {"date": name, "text": text, **said}, {"date": name, "kind": kind, "part": part, "moment": moment, **note}


def _story(group: Group, article: Entry) -> str:
    return f"{group.name}/{article['story']}" if "story" in article else _own(group, article)


def _own(group: Group, article: Entry) -> str:
    return f"{group.name}/{article['id']}"


def _credits(article: Entry) -> list[list[str]]:
    """``PTI sole, ANI inputs`` taken apart."""
    return [one.rsplit(" ", 1) for one in article.get("credits", "").split(", ") if one]


def _agency(group: Group, article: Entry) -> str | None:
    """Whose text it is: what is said of it, else the one named agency it credits, else that of its story."""
    if "agency" in article or not article["origin"].startswith("wire"):
        return article.get("agency")
    for other in (article, *group.articles):
        if _story(group, other) == _story(group, article):
            named = [name for name, role in _credits(other) if role == "sole" and GENERIC not in name]
            if named:
                return named[0]
    inputs = [name for name, _ in _credits(article) if GENERIC not in name]
    return inputs[0] if inputs else None
