"""Explains why two articles are linked and of one story, or not: the deciding rule with its threshold."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from schemas.public_records import Article, RelationKind
from stream_apps.dedup import compare as rules
from stream_apps.dedup.compare import ComparedText, compare, shared_sketch, sides, unquoted
from stream_apps.dedup.days import on_other_day
from stream_apps.dedup.disagreement import disagree
from stream_apps.evidence.comparing import Passage, compare_texts
from stream_apps.evidence.sheet import Sheet
from stream_apps.fingerprint.features import features


@dataclass(frozen=True)
class Rule:
    """The deciding rule: the name of a threshold, its value, and the value of the two texts."""

    name: str
    threshold: float
    value: float
    says: str


@dataclass(frozen=True)
class Why:
    """The evidence for and against two articles being copies."""

    a: str
    b: str
    one_story: bool | None
    """None where it is not known which stories they are of."""
    relation: RelationKind | None
    containment: float
    """Share of A that B has."""
    coverage: float
    """Share of B that A has."""
    shared: int
    passages: tuple[Passage, ...]
    credits_a: tuple[str, ...]
    credits_b: tuple[str, ...]
    rule: Rule
    reasons: tuple[str, ...]
    through: tuple[str, ...] = ()
    """The copies in between where the two are of one story without a link of their own."""


def why(a: Sheet, b: Sheet) -> Why:
    """Compare two articles as the stages do, and return the deciding rule with its evidence."""
    text_a, text_b = (_compared(sheet.article) for sheet in (a, b))
    same_outlet = a.article.outlet == b.article.outlet
    overlap = compare(text_a, text_b, same_outlet=same_outlet)
    measured = _Measured.of(text_a, text_b)
    one_story = None if a.story is None or b.story is None else a.story == b.story
    relation = overlap.relation if overlap else None
    through = _path(a, b) if one_story and relation not in rules.UNIONS else ()
    return Why(
        a=a.article.id,
        b=b.article.id,
        one_story=one_story,
        relation=relation,
        containment=round(measured.containment, 4),
        coverage=round(measured.coverage, 4),
        shared=measured.shared,
        passages=compare_texts(a.paragraphs, b.paragraphs).passages,
        credits_a=_credits(a.article),
        credits_b=_credits(b.article),
        rule=_rule(relation, measured, text_a, text_b, same_outlet=same_outlet),
        reasons=tuple(_reasons(a, b, relation, through)),
        through=through,
    )


def _compared(article: Article) -> ComparedText:
    """Return the text as the engine compares it. Articles of a file have other ids, which do not matter here."""
    return ComparedText.of(features(article.model_copy(update={"id": _NO_ID})))


_NO_ID = "0" * 32


@dataclass(frozen=True)
class _Measured:
    """The measures of two texts, before any decision."""

    containment: float
    coverage: float
    shared: int
    taken: float
    steps: int
    sampled: int
    short: bool
    unquoted: float

    @classmethod
    def of(cls, a: ComparedText, b: ComparedText) -> _Measured:
        short = min(a.tokens, b.tokens) < rules.SHORT_TOKENS
        if not len(a.hashes) or not len(b.hashes):
            return cls(0.0, 0.0, 0, 0.0, 0, 0, short, 0.0)
        one, two = sides(a, b)
        return cls(
            one.containment,
            two.containment,
            int(np.count_nonzero(one.found)),
            max(one.taken, two.taken),
            min(one.steps, two.steps),
            shared_sketch(a, b),
            short,
            unquoted(one, two),
        )

    @property
    def most(self) -> float:
        return max(self.containment, self.coverage)

    @property
    def least(self) -> float:
        return min(self.containment, self.coverage)


def _rule(
    relation: RelationKind | None, found: _Measured, a: ComparedText, b: ComparedText, *, same_outlet: bool
) -> Rule:
    match relation:
        case "exact":
            return Rule("digest", 1.0, 1.0, "the stories are word for word the same")
        case "near":
            return Rule("NEAR", rules.NEAR, found.least, "each text has nearly all of the other")
        case "partial":
            return Rule("PARTIAL", rules.PARTIAL, found.most, "most of the shorter text stands in the longer")
        case "derived":
            return Rule("TAKEN", rules.TAKEN, found.taken, "enough of a text is taken over in passages")
        case _:
            return _rule_against(found, a, b, same_outlet=same_outlet)


def _rule_against(found: _Measured, a: ComparedText, b: ComparedText, *, same_outlet: bool) -> Rule:
    """Return the first rule, in the stages' order, by which two texts are no copies."""
    alone = compare(a, b, same_outlet=False)
    template = same_outlet and alone is not None and alone.relation in rules.UNIONS
    other_day = on_other_day(a.published, b.published)
    others = disagree(a.specifics, b.specifics, max(found.most, 1e-9), short=found.short, other_day=other_day)
    enough = found.taken >= rules.TAKEN
    looked_at = found.sampled >= rules.SHARED_SKETCH
    candidates = (
        (
            not looked_at,
            Rule("SHARED_SKETCH", rules.SHARED_SKETCH, found.sampled, "too little in common to be looked at"),
        ),
        (template, Rule("OWN_SHARE", rules.OWN_SHARE, found.least, _TEMPLATE)),
        (found.short and found.most < rules.SHORT_SHARE, Rule("SHORT_SHARE", rules.SHORT_SHARE, found.most, _ALERT)),
        (
            not found.short and not enough,
            Rule("TAKEN", rules.TAKEN, found.taken, "too little is taken over in passages"),
        ),
        (
            not found.short and found.steps < rules.LEAST_STEPS,
            Rule("LEAST_STEPS", rules.LEAST_STEPS, found.steps, _FEW),
        ),
        (others, Rule("specifics", 0.0, found.most, _OTHER_FACTS)),
    )
    quotes = Rule("UNQUOTED_SHARE", rules.UNQUOTED_SHARE, found.unquoted, _QUOTES)
    return next((rule for holds, rule in candidates if holds), quotes)


_TEMPLATE = "two items of one outlet: a template, or an update that keeps little of the text before it"
_ALERT = "an alert needs more of its text in common"
_QUOTES = "they quote the same words, not one another"
_FEW = "too few words in passages to be evidence"
_OTHER_FACTS = "the words of a template: the numbers and names in them are others"


def _reasons(a: Sheet, b: Sheet, relation: RelationKind | None, through: Sequence[str]) -> list[str]:
    """Return the reasons that the articles' stories add to those of the pair."""
    reasons = []
    for one, other in ((a, b), (b, a)):
        if other.story is not None and other.story in one.includes:
            reasons.append(f"{one.article.id} is put together from several stories, {other.story} among them")
    if through:
        reasons.append("one story through " + ", ".join(through))
    if a.story != b.story and relation in rules.UNIONS and not reasons:
        reasons.append("copies by their texts, but the links around them tell two stories apart")
    if a.article.outlet == b.article.outlet:
        reasons.append("both are of one outlet")
    return reasons


def _path(a: Sheet, b: Sheet) -> tuple[str, ...]:
    """Return the shortest path between two articles over the links of their story, without its ends."""
    links: Mapping[str, Sequence[str]] = {**b.links, **a.links}
    came: dict[str, str] = {a.article.id: ""}
    queue = deque([a.article.id])
    while queue:
        here = queue.popleft()
        for other in sorted(links.get(here, ())):
            if other not in came:
                came[other] = here
                queue.append(other)
    way, here = [], came.get(b.article.id, "")
    while here and here != a.article.id:
        way.append(here)
        here = came[here]
    return tuple(reversed(way))


def _credits(article: Article) -> tuple[str, ...]:
    return tuple(f"{credit.agency} {credit.role} {credit.evidence}" for credit in article.credits)
