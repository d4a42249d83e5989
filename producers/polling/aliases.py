"""Aliases: which article an entry is that comes under another name than before. Pure.

Publishers edit a headline and with it the address and the GUID; change the scheme of their GUIDs over night; put a
token into every address, another one each hour. None of these makes a second article, nor takes the first one out. What
an entry is told by, the surest first: its page; its words and date; its words below the headline; its moment of
publication.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from producers.formats.cleaning import visible_text
from producers.formats.parsed import HALF, ParsedEntry
from producers.polling.memory import NO_LINK, WINDOW, Memory, Seen, link_hash, mark_of, names_article, seconds

_SAME_PAGE_WITHIN = 86400
_SAME_TEXT_WITHIN = 6 * 3600
_WORDS_OF_A_TEXT = 8
"""Words of a text from which on it is hardly that of two articles."""
_STAYED = 2
_ROUND = 1800
"""Seconds: moments at the full or half hour are those of a day, or of a schedule, and tell no article from others."""
_WORDS_OF_ITS_OWN = 4
"""Words of an entry without a date from which on they are hardly those of two articles."""


@dataclass(frozen=True)
class _Entry:
    """An entry of the feed with the features that identify it."""

    article: bytes
    entry: ParsedEntry
    link: bytes
    published: int

    @property
    def content(self) -> bytes:
        """The hash of its content."""
        return bytes.fromhex(self.entry.content_hash)


def aliases(
    named: Mapping[bytes, ParsedEntry], before: Memory, others: Iterable[Memory], *, partial: bool
) -> dict[bytes, bytes]:
    """Return the earlier name of each article of ``named`` that was published under another one.

    ``before`` is what the feed remembers, ``others`` what the outlet's other feeds do; ``partial`` says that these are
    not all entries of the feed, so that one which is not among them need not have gone. Neither the order of entries
    nor that of feeds decides anything.
    """
    memories = (before, *others)
    entries = [_described(article, entry) for article, entry in named.items()]
    strangers = [entry for entry in entries if not any(entry.article in memory for memory in memories)]
    gone = [] if partial else [seen for seen in before if seen.has(WINDOW) and seen.article not in named]
    found: dict[bytes, bytes] = {}
    for pairs in (
        _by_shared_page(entries, gone, before),
        _by_page(strangers, entries, memories),
        _by_words(strangers, gone),
        _by_text(strangers, entries, gone, before),
        _by_moment(strangers, entries, gone, before),
    ):
        for entry, old in pairs:
            if entry.article not in found and old.article not in named and old.article not in found.values():
                found[entry.article] = old.article
    return found


def _described(article: bytes, entry: ParsedEntry) -> _Entry:
    return _Entry(article, entry, link_hash(entry.url), seconds(entry.published or entry.updated))


def _by_shared_page(entries: Iterable[_Entry], gone: Iterable[Seen], before: Memory) -> Iterator[tuple[_Entry, Seen]]:
    """Match by an address that several entries had and one has now: to the one with the same content."""
    crowded = {link for link, times in Counter(seen.link for seen in before).items() if times > 1 and link != NO_LINK}
    old = {(seen.link, seen.content, seen.published): seen for seen in gone if seen.link in crowded}
    for entry in (entry for entry in entries if old and entry.link in crowded):
        known, there = before.get(entry.article), old.get((entry.link, entry.content, entry.published))
        if there is not None and (known is None or known.content != entry.content):
            yield entry, there


def _by_page(
    strangers: Iterable[_Entry], entries: Iterable[_Entry], memories: Iterable[Memory]
) -> Iterator[tuple[_Entry, Seen]]:
    """Match by an address that only this entry has: to the one article remembered there."""
    links = Counter(entry.link for entry in entries)
    wanted = {entry.link: entry for entry in strangers if entry.link != NO_LINK and links[entry.link] == 1}
    there: dict[bytes, dict[bytes, Seen]] = {}
    for memory in memories if wanted else ():
        for seen in memory:
            if seen.link in wanted:
                there.setdefault(seen.link, {}).setdefault(seen.article, seen)
    for link, articles in there.items():
        old = next(iter(articles.values()))
        if len(articles) == 1 and _same_page(old, wanted[link]):
            yield wanted[link], old


def _same_page(old: Seen, entry: _Entry) -> bool:
    """Whether the page is the article's own, and not one that is filled with something else every hour or day.

    Other words with another date are an edit where the address is that of an article, and the date not far off. A short
    number may be one that the headline ends with, and so tells nothing of its own.
    """
    if old.content == entry.content:
        return True
    if mark_of(entry.entry.url).strength == "weak":
        return bool(old.published) and old.published == entry.published
    if not old.published or not entry.published or entry.published == old.published:
        return True
    return names_article(entry.entry.url) and abs(entry.published - old.published) <= _SAME_PAGE_WITHIN


def _by_words(strangers: Iterable[_Entry], gone: Iterable[Seen]) -> Iterator[tuple[_Entry, Seen]]:
    """Match by content and time: to an entry that has just gone."""
    there = _unique((seen.content, seen.published) for seen in gone)
    old = {(seen.content, seen.published): seen for seen in gone}
    here = _unique((entry.content, entry.published) for entry in strangers) if old else frozenset()
    for entry in strangers if old else ():
        key = (entry.content, entry.published)
        distinctive = entry.published or len(_said(entry.entry)) >= _WORDS_OF_ITS_OWN
        if key in there and key in here and distinctive:
            yield entry, old[key]


def _by_text(
    strangers: Iterable[_Entry], entries: Iterable[_Entry], gone: Iterable[Seen], before: Memory
) -> Iterator[tuple[_Entry, Seen]]:
    """Match by text below another headline, at about the same time: to an entry that has just gone.

    A text that several entries have is what a column or a bulletin always says; and where nothing has stayed in the
    feed, it holds one edition after the other.
    """
    window = [seen for seen in before if seen.has(WINDOW)]
    old = {_below(seen.content): seen for seen in gone}
    if not strangers or not old or len(window) - len(old) < _STAYED:
        return
    here, there = _unique(_below(one.content) for one in entries), _unique(_below(seen.content) for seen in window)
    for entry in strangers:
        text, seen = _below(entry.content), old.get(_below(entry.content))
        if seen is None or text not in here or text not in there or len(_body(entry.entry)) < _WORDS_OF_A_TEXT:
            continue
        if not (entry.published and seen.published) or abs(entry.published - seen.published) <= _SAME_TEXT_WITHIN:
            yield entry, seen


def _below(content: bytes) -> bytes:
    """Return the half of a content hash that covers all but the headline."""
    return content[HALF:]


def _by_moment(
    strangers: Iterable[_Entry], entries: Iterable[_Entry], gone: Iterable[Seen], before: Memory
) -> Iterator[tuple[_Entry, Seen]]:
    """Match by the second of publication: to an entry that has just gone, where no other has that second."""
    there = _unique(seen.published for seen in before if seen.has(WINDOW))
    here = _unique(entry.published for entry in entries)
    old = {seen.published: seen for seen in gone}
    for entry in strangers:
        moment = entry.published
        if moment % _ROUND and moment in old and moment in there and moment in here:
            yield entry, old[moment]


def _said(entry: ParsedEntry) -> list[str]:
    return [*entry.headline.split(), *_body(entry)]


def _body(entry: ParsedEntry) -> list[str]:
    return visible_text(entry.content or entry.summary).split()


def _unique(keys: Iterable[Hashable]) -> frozenset[Hashable]:
    return frozenset(key for key, times in Counter(keys).items() if times == 1)
