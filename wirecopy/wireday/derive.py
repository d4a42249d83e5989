"""More events for load: the same shapes in other words.

Every word, name and number of an event is exchanged by a seeded bijection over the words of all events, class by
class (places for places, verbs in -ed for verbs in -ed …), so that the result has the length, the rhythm, the names
and the numbers of news, while sharing few word sequences with the original or with any other derived event.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from wirecopy.wireday.agencies import FULL_NAMES
from wirecopy.wireday.chance import chance
from wirecopy.wireday.events import Correction, Event, Paragraphs, Second

_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_FEWEST = 12
"""A class of fewer words joins the common ones: among few words, too many would stand for themselves."""

_KEPT_WORDS = (
    "a about above after again against all also am among an and any are as at be because been before being below "
    "between both but by can could did do does during each few for from had has have he her here him his how if in "
    "into is it its just may might more most must no nor not of off on once only or other our out over own per pm "
    "said same she should since so some such than that the their them then there these they this those through to "
    "told too under until up upon us very was we were what when where which while who whom why will with would you "
    "cent crore lakh rs usd km percent monday tuesday wednesday thursday friday saturday sunday january february "
    "march april june july august september october november december india indian don didn doesn isn wasn won couldn "
    "wouldn hasn hadn haven weren aren"
)
_SUFFIXES = ("ing", "ed", "ly", "tion", "ions", "ers", "er", "al", "ies", "ity", "ment", "s", "e", "t", "n")


_NAME_CLASSES = frozenset({"name", "acronym", "person", "organisation", "place"})


@dataclass(frozen=True)
class Vocabulary:
    """The words of a set of events by class; the same for every derivation."""

    classes: Mapping[str, tuple[str, ...]]
    names: frozenset[str]

    def exchange(self, *key: object) -> Callable[[str], str]:
        """The bijection that belongs to a key, as a function over texts."""
        words: dict[str, str] = {}
        for name, members in self.classes.items():
            words |= zip(members, _shuffled(members, *key, name), strict=True)
        digits = str.maketrans("123456789", "".join(_shuffled("123456789", *key, "digits")))

        def of_token(match: re.Match[str]) -> str:
            token = match.group()
            if token.isdigit():
                return token.translate(digits)
            if token in self.names:
                return words.get(token, token)
            return _cased(token, words.get(token.lower(), token))

        return lambda text: _TOKEN.sub(of_token, text)


def vocabulary(events: Sequence[Event]) -> Vocabulary:
    """The words that may change places. Function words, units, days, months and agencies stay."""
    texts = [text for event in events for text in _texts(event)]
    tokens = Counter(token for text in texts for token in _TOKEN.findall(text) if not token.isdigit())
    kept = {*_KEPT_WORDS.split()} | {
        word.lower() for name, full in FULL_NAMES.items() for word in (name, *full.split())
    }
    free = sorted(token for token in tokens if token.lower() not in kept and len(token) > 1)
    common = {token for token in free if token.islower()}
    names = [token for token in free if not token.islower() and token.lower() not in common]
    kinds = _kinds_of_names(events)
    grouped: dict[str, list[str]] = {}
    for token in (*sorted(common), *names):
        grouped.setdefault(_class(token, kinds), []).append(token)
    return Vocabulary(_merge_small(grouped), frozenset(names))


def derived(event: Event, number: int, exchange: Callable[[str], str]) -> Event:
    """Tell the event of other people, places and numbers, as ``{id}.{number}``."""
    paragraphs = _each(exchange, event.paragraphs)
    second = event.second
    return event.model_copy(
        update={
            "id": f"{event.id}.{number}",
            "place": exchange(event.place),
            "region": exchange(event.region),
            "headline": exchange(event.headline),
            "alternatives": _each(exchange, event.alternatives),
            "paragraphs": paragraphs,
            "staff": _each(exchange, event.staff),
            "second": second and Second(agency=second.agency, paragraphs=_each(exchange, second.paragraphs)),
            "correction": _derived_correction(event, exchange),
            "people": _each(exchange, event.people),
            "organisations": _each(exchange, event.organisations),
            "places": _each(exchange, event.places),
        }
    )


def _derived_correction(event: Event, exchange: Callable[[str], str]) -> Correction | None:
    """The whole paragraph corrected: a word cut out of it may be exchanged differently than within it."""
    wrong = event.correction
    if wrong is None:
        return None
    index = wrong.paragraph
    before, after = exchange(event.paragraphs[index]), exchange(event.corrected()[index])
    return Correction(paragraph=index, old=before, new=after) if before != after else None


def _texts(event: Event) -> Iterable[str]:
    second: Paragraphs = event.second.paragraphs if event.second else ()
    return (event.place, event.region, event.headline, *event.alternatives, *event.paragraphs, *event.staff, *second)


def _kinds_of_names(events: Sequence[Event]) -> dict[str, str]:
    """What a word of a name is part of; a word of several kinds counts as the last of them, a place."""
    kinds: dict[str, str] = {}
    for kind, names in (
        ("organisation", (name for event in events for name in event.organisations)),
        ("person", (name for event in events for name in event.people)),
        ("place", (name for event in events for name in (*event.places, event.place, event.region))),
    ):
        kinds |= {token: kind for name in names for token in _TOKEN.findall(name)}
    return kinds


def _class(token: str, kinds: Mapping[str, str]) -> str:
    if token.islower():
        return _suffix(token)
    return kinds.get(token, "acronym" if token.isupper() else "name")


def _merge_small(grouped: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    merged: dict[str, list[str]] = {}
    for name, members in grouped.items():
        fallback = "name" if name in _NAME_CLASSES else "other"
        merged.setdefault(name if len(members) >= _FEWEST else fallback, []).extend(members)
    return {name: tuple(sorted(members)) for name, members in sorted(merged.items())}


def _suffix(token: str) -> str:
    return next((f"-{suffix}" for suffix in _SUFFIXES if token.endswith(suffix) and len(token) > len(suffix)), "other")


def _cased(model: str, word: str) -> str:
    if model.isupper() and len(model) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


def _shuffled(members: Sequence[str], *key: object) -> list[str]:
    """The members in another order. A rotation of the shuffled order, so that none but a lone one keeps its place."""
    order = list(members)
    chance(*key).shuffle(order)
    following = dict(zip(order, order[1:] + order[:1], strict=True))
    return [following[member] for member in members]


def _each(exchange: Callable[[str], str], texts: Iterable[str]) -> Paragraphs:
    return tuple(exchange(text) for text in texts)
