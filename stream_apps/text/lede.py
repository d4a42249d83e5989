"""Attribution in the story: ``told PTI``, ``Reuters reported, citing sources``, ``according to news agency ANI``.

An agency that a story quotes is a source of the outlet's reporters, not where the text is from. An agency that is
merely named (its poll, its index, its photographer) is nothing.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from stream_apps.text import lede_rules as rules
from stream_apps.text.agencies import Catalogue, Name
from stream_apps.text.evidence import Said

_MOST_NAMES = 400
"""Names in one text that are looked at."""
_MOST_LISTED = 4
"""Agencies that one verb may follow."""
_WINDOW = 90


def quoted(text: str, catalogue: Catalogue) -> Iterator[Said]:
    """The agencies that a story quotes, each once, with the words that say so; offsets into ``text``."""
    seen: set[str] = set()
    names = [n for n in itertools.islice(catalogue.find(text), _MOST_NAMES) if n.kind == "agency" and not n.alone]
    namesakes = {label for label in {n.label for n in names} if _has_namesake(text, label, catalogue)}
    lead = _lead(text)
    for name in names:
        if name.label in seen or (name.label in namesakes and not _called_agency(text, name)):
            continue
        span = _attribution(text, name, catalogue)
        if span is not None and span[0] > lead and rules.BACKGROUND.search(text, span[0] - 20, span[1] + 20):
            continue
        if span is not None:
            seen.add(name.label)
            yield Said(name.label, "quoted", "lede", span, "guess" if name.ambiguous else "plain")


def is_told(text: str, said: Said) -> bool:
    """Whether somebody speaks to the agency, as one does to whoever writes the text."""
    return said.span is not None and rules.TOLD.match(text, said.span[0]) is not None


def _has_namesake(text: str, label: str, catalogue: Catalogue) -> bool:
    words = catalogue.namesakes.get(label)
    return words is not None and words.search(text) is not None


def _lead(text: str) -> int:
    """Where the first two paragraphs of a text end: what it says there is its news."""
    end = text.find("\n")
    return max(text.find("\n", end + 1), end) if end >= 0 else len(text)


def _called_agency(text: str, name: Name) -> bool:
    """Whether it says itself that this is a news agency, or gives its full name."""
    if " " in text[name.start : name.end]:
        return True
    before, after = text[max(0, name.start - 30) : name.start], text[name.end : name.end + 30]
    return rules.AGENCY_BEFORE.search(before) is not None or rules.AGENCY_AFTER.match(after) is not None


def _attribution(text: str, name: Name, catalogue: Catalogue) -> tuple[int, int] | None:
    floor = max(0, name.start - _WINDOW, text.rfind("\n", 0, name.start) + 1)
    before, after = text[floor : name.start], text[name.end : name.end + _WINDOW].split("\n", 1)[0]
    if rules.PRODUCT.match(after) or rules.CO_BRANDED.match(after):
        return None
    to = _said_to(before, after, name)
    if to is not None:
        return floor + to, name.end
    end = _said_by(before, _behind_list(after, catalogue), name)
    return None if end is None else (name.start, name.end + end)


def _said_to(before: str, after: str, name: Name) -> int | None:
    verbs = [match for match in rules.TO.pattern.finditer(before) if _leads_to(before[match.end() :])]
    loose = None if verbs else rules.AWAY_TO.search(before) or rules.AWAY_BY.search(before)
    match = verbs[-1] if verbs else loose or rules.SHARED.search(before)
    if match and _is_ap(name) and rules.OF_STATE.match(match.group()) and not rules.THE.search(before):
        return None
    if match is None or rules.DENIED.search(before, 0, match.start()):
        return None
    follows = rules.AFTER_TO.match(after) is not None
    if name.ambiguous and rules.CAPITAL.match(after) and not rules.CAPITAL_START.match(after):
        follows = rules.ON_DAY.match(after) is not None
    return match.start() if follows or not (name.ambiguous or loose) else None


def _behind_list(after: str, catalogue: Catalogue) -> str:
    """What follows the other agencies of a list, blanked: of "the Interfax and TASS agencies reported", the verb."""
    position = 0
    for _ in range(_MOST_LISTED):
        joint = rules.LIST_ON.match(after, position)
        if joint is None:
            break
        following = next(iter(catalogue.find(after[joint.end() : joint.end() + 40])), None)
        if following is None or following.start or following.kind != "agency":
            break
        position = joint.end() + following.end
    return " " * position + after[position:] if position else after


def _leads_to(between: str) -> bool:
    """Whether the words from the verb to the name are "news agency", other agencies' names and the like."""
    if len(between.split()) > 6:
        return False
    listed = rules.NAME_LISTED.fullmatch(rules.BETWEEN.sub("", between))
    return listed is not None or rules.NAMES_BETWEEN.fullmatch(between) is not None


def _said_by(before: str, after: str, name: Name) -> int | None:
    match = rules.REPORTED.match(after)
    if match is not None and _counts(match, before, after, name):
        return match.start("rest")
    noun = rules.ARTICLE.match(after)
    if noun and rules.ARTICLE_BEFORE.search(before) and not _is_ap(name):
        return noun.end()
    inverted = rules.INVERTED.search(before)
    apposed = rules.AGENCY_AFTER.match(after)
    after = after[apposed.end() :] if apposed else after
    if inverted and (not after.strip() or after.lstrip()[:1] in ".,;\n"):
        return 0
    return None


def _counts(match: re.Match[str], before: str, after: str, name: Name) -> bool:
    rest = match.group("rest")
    named_agency = _is_named_agency(before, after, name)
    if match.group("owner") and not match.group("report"):
        return False
    if match.group("said"):
        return named_agency or _says(before, rest, name)
    if match.group("reported") in ("reported", "reports") and rules.RESULTS.match(rest):
        return named_agency
    if _is_ap(name) and not named_agency:
        return match.group("reported") not in ("reported", "reports") or rules.SAID_SOURCE.match(rest) is not None
    return _may_say(before, name) or match.group("reported") is not None


def _says(before: str, rest: str, name: Name) -> bool:
    """Whether "said" is an agency's report, and not what a company or a person of that name says."""
    spelt_out = " " in name.text and rules.OF_ITSELF.match(rest) is None
    inserted = rules.CITING.search(before) is not None or (before.endswith(", ") and rest.startswith((",", ".")))
    sourced = rules.SAID_SOURCE.match(rest) is not None and _may_say(before, name)
    return spelt_out or (inserted and not _is_ap(name)) or sourced


def _is_named_agency(before: str, after: str, name: Name) -> bool:
    """Whether it is called a news agency beside its name; Andhra Pradesh has no article, so "the AP" is one."""
    if _is_ap(name) and rules.THE.search(before):
        return True
    return rules.AGENCY_BEFORE.search(before) is not None or rules.AGENCY_AFTER.match(after) is not None


def _may_say(before: str, name: Name) -> bool:
    """A capitalised word before the name makes it somebody's: "Michael Bloomberg said."."""
    return not _is_ap(name) and rules.SOMEBODYS.search(before) is None


def _is_ap(name: Name) -> bool:
    """The acronym, which Indian newspapers use for Andhra Pradesh."""
    return name.label == "AP" and name.ambiguous
