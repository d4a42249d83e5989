"""Formats comparisons and reasons as lines for a terminal; without styles for other outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from stream_apps.evidence.comparing import ChangedWords, Comparison, Part
from stream_apps.evidence.sheet import Paragraph, Sheet
from stream_apps.evidence.why import Why
from stream_apps.indexing.views import moment
from wirecopy.tables import printable

SIGNS = {"same": " ", "changed": "~", "cut": "-", "added": "+"}
STYLES = {"same": "", "changed": "yellow", "cut": "red", "added": "green", "kept": ""}


def diff_lines(a: Sheet, b: Sheet, found: Comparison) -> list[Text]:
    """Return the heads, the parts with their annotations, and the totals."""
    annotations = [*_annotations(" A", a.paragraphs), *_annotations(" B", b.paragraphs)]
    return [
        *_head("A", a),
        *_head("B", b),
        Text(),
        *(line for part in found.parts for line in _part(part)),
        *([Text(), Text("not the story:", "bold")] if annotations else []),
        *annotations,
        Text(),
        Text(summary(found)),
    ]


def summary(found: Comparison) -> str:
    """Return the number of shared words, and its share of each text."""
    share_a, share_b = found.shared / max(1, found.words_a), found.shared / max(1, found.words_b)
    kinds = [f"{number} {kind}" for kind in SIGNS if (number := sum(p.kind == kind for p in found.parts))]
    moved = sum(part.moved for part in found.parts)
    shown = ", ".join([*kinds, *([f"{moved} moved"] if moved else [])])
    words = f"{found.shared} words in both: {share_a:.0%} of A's {found.words_a}, {share_b:.0%} of B's {found.words_b}"
    return f"paragraphs: {shown or 'none'} · {words}"


def why_lines(found: Why, a: Sheet, b: Sheet) -> list[Text]:
    """Return the deciding rule, then the evidence."""
    story = {True: "one story", False: "two stories", None: "stories not known"}[found.one_story]
    rule = found.rule
    return [
        *_head("A", a),
        *_head("B", b),
        Text(),
        Text(f"{story}; relation: {found.relation or 'none'}", "bold"),
        Text(f"because {rule.says} ({rule.name}: {rule.value:.2f}, threshold {rule.threshold:g})"),
        *(Text(f"also: {printable(reason)}") for reason in found.reasons),
        Text(f"A has {found.containment:.0%} of its 4-word sequences from B, B has {found.coverage:.0%} from A; "
             f"{found.shared} in both"),
        Text(f"credits of A: {', '.join(found.credits_a) or 'none'}"),
        Text(f"credits of B: {', '.join(found.credits_b) or 'none'}"),
        *(Text(f"{passage.words} words in a row: {printable(passage.text)}", "dim") for passage in found.passages),
    ]  # fmt: skip


def _head(side: str, sheet: Sheet) -> Iterator[Text]:
    article = sheet.article
    yield Text(f"{side}  {printable(article.headline)}", "bold")
    facts = [article.id, article.outlet, moment(article.published.isoformat()), article.byline or ""]
    yield Text("   " + " · ".join(printable(fact) for fact in facts if fact), "dim")


def _part(part: Part) -> Iterator[Text]:
    sign = SIGNS[part.kind] + (">" if part.moved else " ")
    where = f"{_numbers(part.a)}:{_numbers(part.b)}"
    head = f"{sign}{where:>7}  "
    if part.kind == "changed":
        yield Text.assemble((head, "yellow"), *_changed(part.changes))
    else:
        yield Text(head + printable(part.text_b or part.text_a), STYLES[part.kind] or ("cyan" if part.moved else ""))


def _changed(changes: Sequence[ChangedWords]) -> Iterator[tuple[str, str]]:
    """Mark cut words by [- -] and added words by {+ +}, as word diffs do; for readers without colours."""
    for change in changes:
        text = printable(change.text)
        shown = {"kept": text, "cut": f"[-{text}-]", "added": f"{{+{text}+}}"}[change.op]
        yield shown + " ", STYLES[change.op]


def _numbers(paragraphs: Sequence[int]) -> str:
    return "+".join(str(number + 1) for number in paragraphs) or "·"


def _annotations(side: str, paragraphs: Sequence[Paragraph]) -> Iterator[Text]:
    for number, paragraph in enumerate(paragraphs, 1):
        for one in paragraph.annotations:
            what = ", ".join(one.credits) or one.kind
            yield Text(f"{side} {number:>5}  {printable(one.text)}  [{what}]", "dim")
