"""``python -m tests.conformance FOLDER``: how many feeds are read, and how they compare with what is expected of them.

A folder with gofeed's ``parser/`` and ``translator/`` is compared with its expectations. Any other is a folder of feeds
as they were published: each has to be read, with as many entries as feedparser finds in it that are not the same.
"""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import feedparser

from producers.formats.parse import parse_feed
from producers.formats.parsed import ParsedFeed
from tests.conformance import gofeed
from tests.conformance.common import from_parsed
from tests.conformance.compare import UNEXPLAINED, compare
from wirecopy.errors import BadInput

ADDRESS = "https://feeds.example/feed.xml"


def main(folder: Path) -> int:
    if not folder.is_dir():
        print(f"{folder} is no folder", file=sys.stderr)
        return 2
    return _expected(folder) if (folder / "parser").is_dir() else _published(folder)


def _read(path: Path) -> ParsedFeed | str:
    """The feed, or why it is none. What is not ``BadInput`` is a fault of ours, and ends the run."""
    try:
        return parse_feed(path.read_bytes(), ADDRESS)
    except BadInput as error:
        return str(error)


def _expected(folder: Path) -> int:
    outcomes: Counter[str] = Counter()
    differences: Counter[tuple[str, str]] = Counter()
    for path, expected in gofeed.cases(folder):
        outcomes["files"] += 1
        found = _read(path)
        if isinstance(found, str):
            outcomes["refused"] += 1
            print(f"refused\t{path.relative_to(folder)}\t{found}")
            continue
        if expected is None:
            outcomes["read, nothing expected"] += 1
            continue
        outcomes["compared"] += 1
        ours = from_parsed(found)
        outcomes["entries expected"] += len(expected.entries)
        outcomes["entries found"] += len(ours.entries)
        result = compare(ours, expected)
        outcomes["fields compared"] += result.compared
        outcomes["fields the same"] += result.compared - len(result.differences)
        for difference in result.differences:
            differences[difference.field, difference.reason] += 1
            print(
                f"{difference.reason}\t{path.relative_to(folder)}\t{difference.field}\t"
                f"ours {difference.ours!r}\ttheirs {difference.theirs!r}"
            )
    _print_findings(outcomes)
    for (field, reason), count in sorted(differences.items(), key=lambda item: (-item[1], item[0])):
        print(f"{count:5} {field}: {reason}")
    lost = outcomes["entries expected"] - outcomes["entries found"]
    return int(lost > 0 or any(reason == UNEXPLAINED for _, reason in differences))


def _published(folder: Path) -> int:
    outcomes: Counter[str] = Counter()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        outcomes["files"] += 1
        found = _read(path)
        if isinstance(found, str):
            outcomes["refused"] += 1
            print(f"refused\t{path.relative_to(folder)}\t{found}")
            continue
        theirs = _different(feedparser.parse(io.BytesIO(path.read_bytes()))["entries"])
        outcomes["entries expected"] += theirs
        outcomes["entries found"] += len(found.entries)
        if len(found.entries) < theirs:
            outcomes["feeds with entries lost"] += 1
            print(f"entries\t{path.relative_to(folder)}\tours {len(found.entries)}\ttheirs {theirs}")
    _print_findings(outcomes)
    return int(outcomes["feeds with entries lost"] > 0)


def _different(entries: Iterable[dict[str, object]]) -> int:
    """A feed may hold an entry twice; the same GUID, link and title is one entry to every reader."""
    return len({tuple(str(dict.get(entry, key)) for key in ("id", "link", "title")) for entry in entries})


def _print_findings(outcomes: Counter[str]) -> None:
    for name, count in outcomes.items():
        print(f"{count:5} {name}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
