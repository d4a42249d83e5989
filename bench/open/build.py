"""Make the files of the set: ``python -m bench.open.build``.

The written part follows from ``core/``. The generated part is a wire day that was made once, with ``--generate``: it is
kept as it is, since a benchmark must not change when the generator does.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from bench.open import derived, written
from bench.open.derived import Made
from bench.open.written import Line, neutral
from wirecopy.wireday.day import WireDay, generate
from wirecopy.wireday.items import Item, article

HERE = Path(__file__).parent
LABELS = ("groups", "stories", "events", "credits", "origins", "corrections", "names", "dates")
FILES = ("articles.jsonl", "dates.jsonl", "outlets.jsonl", *(f"labels/{name}.jsonl" for name in LABELS))
SEED = 20260320
"""Of the wire day; none that anything else is tried on."""
KIND = "wire_day"

Files = dict[str, list[Line]]


def core() -> Files:
    """The written part, by file."""
    files: Files = {name: [] for name in FILES}
    for group in written.read_groups():
        files["labels/groups.jsonl"].append(written.group_line(group))
        files["labels/names.jsonl"] += written.name_lines(group)
        for entry in group.articles:
            files["articles.jsonl"].append(written.article_line(group, entry))
            files["labels/stories.jsonl"].append(written.story_line(group, entry))
            files["labels/events.jsonl"].append(written.event_line(group, entry))
            files["labels/credits.jsonl"].append(written.credit_line(group, entry))
            files["labels/origins.jsonl"].append(written.origin_line(group, entry))
            files["labels/corrections.jsonl"].append(written.correction_line(group, entry))
    for date, label in written.read_dates():
        files["dates.jsonl"].append(date)
        files["labels/dates.jsonl"].append(label)
    keys = ("source", "name", "agency")
    files["outlets.jsonl"] += ({key: one[key] for key in keys if key in one} for one in written.read_outlets())
    return files


def generated() -> Files:
    """A wire day that tells every other story, and what is derived from the rest."""
    day = generate(seed=SEED)
    files = _wire_day(replace(day, events=day.events[::2]))
    for name, lines in _derived(day).items():
        files[name] += lines
    known = {outlet["source"] for outlet in written.read_outlets()}
    hosts = {outlet.host: agency for agency, outlet in day.agencies.items()}
    files["outlets.jsonl"] = [
        {"source": outlet.host, "name": outlet.name, **({"agency": hosts[outlet.host]} if outlet.host in hosts else {})}
        for outlet in day.outlets
        if outlet.host not in known
    ]
    return files


def _wire_day(day: WireDay) -> Files:
    """The day as it stands at its end, with its earlier texts."""
    files: Files = {name: [] for name in FILES}
    items = list(day.items())
    agency_of = {item.story: item.credits[0][0] for item in items if item.kind == "filing" and item.credits}
    members: dict[str, list[str]] = {}
    for item in items:
        name = neutral(item.id)
        members.setdefault(f"wireday-{item.event}", []).append(name)
        files["articles.jsonl"].append(_article(name, item))
        files["labels/stories.jsonl"].append(_story(name, f"wireday/{item.story}", item.includes))
        files["labels/events.jsonl"].append({"id": name, "event": f"wireday-{item.event}"})
        files["labels/credits.jsonl"].append({"id": name, "credits": _credits(item.credits)})
        origin: Line = {"id": name, "origin": item.relation, "undisclosed": item.undisclosed}
        if item.story in agency_of and item.relation.startswith("wire"):
            origin["agency"] = agency_of[item.story]
        files["labels/origins.jsonl"].append(origin)
        files["labels/corrections.jsonl"].append({"id": name, "stale": item.stale})
    files["labels/groups.jsonl"] = [_group(name, KIND, ids) for name, ids in members.items()]
    return files


def _derived(day: WireDay) -> Files:
    files: Files = {name: [] for name in FILES}
    for name, kind, made in derived.groups(day.events[1::2], day.agencies, day.carriers):
        files["labels/groups.jsonl"].append(_group(name, kind, [one.id for one in made]))
        for one in made:
            _put_derived(one, files)
    return files


def _put_derived(one: Made, files: Files) -> None:
    files["articles.jsonl"].append(one.line())
    story: Line = {"id": one.id, "story": one.story}
    files["labels/stories.jsonl"].append(story | ({"includes": list(one.includes)} if one.includes else {}))
    files["labels/events.jsonl"].append({"id": one.id, "event": one.event})
    credit: Line = {"id": one.id, "credits": _credits(one.credits)}
    files["labels/credits.jsonl"].append(credit | ({"optional": list(one.optional)} if one.optional else {}))
    origin: Line = {"id": one.id, "origin": one.origin, "undisclosed": one.undisclosed}
    files["labels/origins.jsonl"].append(origin if one.includes else origin | {"agency": one.agency})
    files["labels/corrections.jsonl"].append({"id": one.id, "stale": False})


def _credits(credits_: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [[written.GENERIC if agency == "Agencies" else agency, role] for agency, role in credits_]


def _group(name: str, kind: str, ids: Iterable[str]) -> Line:
    return {"group": name, "kind": kind, "part": _part(name), "made": "generated", "articles": sorted(ids)}


def _article(name: str, item: Item) -> Line:
    line = {key: value for key, value in article(item).items() if key in _FIELDS} | {"id": name}
    *earlier, last = item.versions
    if earlier:
        line["updated"] = last.at.isoformat()
        line["earlier"] = [
            {"at": one.at.isoformat(), "title": one.headline, "byline": one.byline, "text": one.text} for one in earlier
        ]
    return line


_FIELDS = ("source", "published", "title", "byline", "text")


def _story(name: str, story: str, includes: Sequence[str]) -> Line:
    line: Line = {"id": name, "story": story}
    return line | ({"includes": [f"wireday/{one}" for one in includes]} if includes else {})


def _part(group: str) -> str:
    return "dev" if sha256(group.encode()).digest()[0] % 2 else "test"


# ---- files ------------------------------------------------------------------------------------------------------


def kept(folder: Path) -> Files:
    """The generated part as it stands in the files."""
    read = {name: _read(folder / name) for name in FILES}
    groups = [line for line in read["labels/groups.jsonl"] if line["made"] == "generated"]
    ids = {name for group in groups for name in group["articles"]}
    files = {name: [line for line in lines if line.get("id") in ids] for name, lines in read.items()}
    own = {outlet["source"] for outlet in written.read_outlets()}
    outlets = [line for line in read["outlets.jsonl"] if line["source"] not in own]
    return files | {"labels/groups.jsonl": groups, "outlets.jsonl": outlets}


def joined(first: Mapping[str, Sequence[Line]], second: Mapping[str, Sequence[Line]]) -> dict[str, str]:
    """Both parts as texts of files: articles by time, labels of articles by id."""
    return {name: _text(_sorted(name, [*first[name], *second[name]])) for name in FILES}


def _sorted(name: str, lines: list[Line]) -> list[Line]:
    if name == "articles.jsonl":
        # All are of one zone, so that they sort as text.
        return sorted(lines, key=lambda line: (line["published"], line["id"]))
    return sorted(lines, key=lambda line: line["id"]) if lines and "id" in lines[0] else lines


def _text(lines: Iterable[Line]) -> str:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _read(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def checksums(files: Mapping[str, str]) -> str:
    """As ``sha256sum`` prints them."""
    return "".join(f"{sha256(text.encode()).hexdigest()}  {name}\n" for name, text in sorted(files.items()))


def write(folder: Path, files: Mapping[str, str]) -> None:
    (folder / "labels").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "SHA256SUMS").write_text(checksums(files), encoding="utf-8")


def written_texts() -> list[str]:
    """What was written by hand."""
    return [f"{line['title']} | {line['text']}" for line in core()["articles.jsonl"]]


def shared_runs(texts: Iterable[str], others: Iterable[str], words: int = 8) -> Iterator[str]:
    """Runs of so many words that stand in both: of a text that was copied there are many."""
    ours: dict[str, str] = {}
    for text in texts:
        ours |= dict.fromkeys(_runs(text, words), text)
    for text in others:
        yield from (run for run in _runs(text, words) if run in ours)


def _runs(text: str, words: int) -> Iterator[str]:
    found = re.findall(r"\w+", text.casefold())
    return (" ".join(found[at : at + words]) for at in range(len(found) - words + 1))


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the files of the open benchmark.")
    parser.add_argument(
        "--against",
        type=Path,
        action="append",
        default=[],
        help="JSON Lines with `text`: print what both hold, and end",
    )
    parser.add_argument("--generate", action="store_true", help="make the generated part anew: a new version")
    chosen = parser.parse_args()
    if chosen.against:
        ours, theirs = written_texts(), (line.get("text", "") for path in chosen.against for line in _read(path))
        print("\n".join(sorted(set(shared_runs(ours, theirs)))))
        return
    files = joined(core(), generated() if chosen.generate else kept(HERE))
    write(HERE, files)
    print({name: text.count("\n") for name, text in files.items()}, sum(map(len, files.values())))


if __name__ == "__main__":
    main()
