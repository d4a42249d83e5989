"""Labelled texts as they are learned from: paragraphs, since the stage tags paragraphs."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stream_apps.tagging.lines import LabelledLine, read_lines, read_text
from stream_apps.tagging.training import labels
from stream_apps.tagging.training.labels import LabelMap
from wirecopy.errors import BadInput

Span = tuple[int, int, str]
Unit = tuple[str, str]
_BRACKET = re.compile(r"\[\[([A-Za-z_]+)\|([^\[\]|]+)\]\]")
_NUMBER = re.compile(r"[-_.:/#]*\d+$")
_CAPITAL = re.compile(r"[A-Z]")


@dataclass(frozen=True)
class Passage:
    """A paragraph of ``document`` with its spans, which are disjoint and sorted. ``unknown``: of no known type."""

    text: str
    spans: tuple[Span, ...]
    document: str = ""
    unknown: tuple[tuple[int, int], ...] = ()
    source: str = ""


@dataclass
class Corpus:
    """Passages, and what was read to get them."""

    passages: list[Passage] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    documents: list[LabelledLine] = field(default_factory=list)
    labels: Counter[str] = field(default_factory=Counter)


def read_corpus(paths: Sequence[Path], map_name: str | None = None) -> Corpus:
    """Everything labelled in these files and folders: ``.jsonl``, and ``.txt`` in the bracket form.

    Raises ``BadInput`` naming the file, and the line, that cannot be read, and where there is nothing.
    """
    corpus, maps = Corpus(), labels.read_maps()
    for file in _files(paths):
        name = map_name
        if file.suffix == ".jsonl":
            lines = list(read_lines(read_text(file), LabelledLine, str(file)))
            name = name or labels.choose((label for line in lines for _, _, label in line.entities), maps)
            corpus.documents += lines
            found = [p for line in lines for p in passages(line, _map(name, maps), file.stem)]
        else:
            name = name or "wirecopy"
            found = list(bracketed(read_text(file), _map(name, maps), file.stem))
        corpus.passages += found
        corpus.files[str(file)] = name
    if not corpus.passages:
        raise BadInput("no_data", f"nothing labelled in {', '.join(map(str, paths))}")
    corpus.labels = Counter(label for passage in corpus.passages for _, _, label in passage.spans)
    return corpus


def passages(line: LabelledLine, given: LabelMap, source: str) -> Iterator[Passage]:
    """The paragraphs of a document. A span that no paragraph holds is left out."""
    start = 0
    for row in line.text.split("\n"):
        trimmed = row.strip()
        if trimmed:
            begin = start + row.index(trimmed[0])
            inside = [
                (b - begin, e - begin, label) for b, e, label in line.entities if begin <= b < e <= begin + len(trimmed)
            ]
            yield _passage(trimmed, inside, given, line.id, source)
        start += len(row) + 1


def bracketed(content: str, given: LabelMap, source: str) -> Iterator[Passage]:
    """Passages in the bracket form, one a line: ``[[PER|Narendra Rao]] of [[ORG|BSNL]]``; ``#`` starts a comment."""
    for number, row in enumerate(content.split("\n")):
        if row.strip() and not row.startswith("#"):
            text, spans = unbracket(row.strip())
            yield _passage(text, spans, given, f"{source}-{number}", source)


def unbracket(row: str) -> tuple[str, list[Span]]:
    """A line of the bracket form as text and spans."""
    text, spans, done = "", [], 0
    for match in _BRACKET.finditer(row):
        text += row[done : match.start()]
        spans.append((len(text), len(text) + len(match[2]), match[1]))
        text += match[2]
        done = match.end()
    return text + row[done:], spans


def own_labels() -> LabelMap:
    """The labels of the bracket form."""
    return labels.read_maps()["wirecopy"]


def group_of(identity: str) -> str:
    """The outlet that an id names before its number, as in ``in_herald_12``; the id itself where there is none."""
    return _NUMBER.sub("", identity) or identity


def hold_back(passages: Sequence[Passage], share: float, seed: int) -> tuple[list[Passage], list[Passage]]:
    """What to learn from, and at most ``share`` of the passages to judge by.

    No outlet is in both; where single outlets are larger than the share, no document is.
    """
    for unit in (lambda p: (p.source, group_of(p.document)), lambda p: (p.source, p.document)):
        held = _some([unit(passage) for passage in passages], share * len(passages), seed)
        if held:
            return [p for p in passages if unit(p) not in held], [p for p in passages if unit(p) in held]
    return list(passages), []


def _some(units: Sequence[Unit], room: float, seed: int) -> set[Unit]:
    """Units drawn by chance that together take no more than ``room`` places."""
    sizes = Counter(units)
    drawn = sorted(sizes)
    random.Random(seed).shuffle(drawn)  # noqa: S311  # a split, no secret
    held: set[Unit] = set()
    for unit in drawn:
        if sizes[unit] <= room:
            held.add(unit)
            room -= sizes[unit]
    return held


def _passage(text: str, spans: Iterable[Span], given: LabelMap, document: str, source: str) -> Passage:
    kept: list[Span] = []
    unknown: list[tuple[int, int]] = []
    end = -1
    nominal = labels.NO_CAPITAL in given
    for begin, finish, label in sorted(spans, key=lambda s: (s[0], -s[1])):
        ours = labels.translate(label, given)
        if begin < end or ours == labels.NONE:
            continue
        end = finish
        if ours == labels.UNKNOWN or (nominal and not _CAPITAL.search(text[begin:finish])):
            unknown.append((begin, finish))
        else:
            kept.append((begin, finish, ours))
    return Passage(text, tuple(kept), document, tuple(unknown), source)


def _map(name: str, maps: dict[str, LabelMap]) -> LabelMap:
    if name not in maps:
        raise BadInput("no_such_labels", f"no label map {name!r}: there are {', '.join(maps)}")
    return maps[name]


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.iterdir() if file.suffix in {".jsonl", ".txt"})
        else:
            yield path
