from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.formats.naming import address_name, deleted_names, guid_of
from producers.formats.parsed import ParsedEntry, distinct


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("http://News.example:80/a/", "https://news.example/a"),
        ("https://news.example:443/a", "https://news.example/a"),
        ("https://news.example:8443/a", "https://news.example:8443/a"),
        ("https://news.example/a/?utm_source=x", "https://news.example/a"),
        ("https://news.example/a/?p=1&at_medium=RSS", "https://news.example/a/?p=1"),
        ("https://news.example/a#publisher=newsstand", "https://news.example/a"),
        ("https://news.example/a#post-1", "https://news.example/a#post-1"),
        ("https://news.example/A", "https://news.example/A"),
        ("https://[2001:db8::1]/a/", "https://[2001:db8::1]/a"),
        ("tag:news.example,2025:1", "tag:news.example,2025:1"),
        ("https://[broken/a", "https://[broken/a"),
        ("https://news.example/जल/a b", "https://news.example/%E0%A4%9C%E0%A4%B2/a%20b"),
        ("https://news.example/%e0%a4%9c%E0%a4%b2/%61", "https://news.example/%E0%A4%9C%E0%A4%B2/a"),
        ("https://news.example/a%2fb?q=%C3%A9", "https://news.example/a%2Fb?q=%C3%A9"),
        ("https://news.example/100%/x", "https://news.example/100%/x"),
        ("https://समाचार.example/a", "https://xn--61b3bh3a5ab.example/a"),
        ("12345/", "12345/"),
    ],
)
def test_the_form_of_an_address_does_not_count(address: str, name: str) -> None:
    assert address_name(address) == name
    assert address_name(name) == name


def entry(guid: str | None, url: str | None = None, headline: str = "") -> ParsedEntry:
    return ParsedEntry(guid=guid, url=url, headline=headline)


def names(*entries: ParsedEntry) -> list[str]:
    return [each.identity for each in distinct(entries)]


PAGE = "https://news.example/articles/c1"


def test_a_numbered_revision_of_a_page_is_the_page() -> None:
    assert names(entry(f"{PAGE}#0", f"{PAGE}?at_campaign=rss")) == names(entry(f"{PAGE}#1", f"{PAGE}/")) == [PAGE]


@pytest.mark.parametrize("part", ["#post-1", "#2026-02-14", "#comment-210335", "#20260214", "#"])
def test_other_fragments_are_parts_of_their_own(part: str) -> None:
    assert names(entry(PAGE + part, PAGE)) == [PAGE + part.rstrip("#")]


def test_a_number_that_the_link_has_too_is_no_revision() -> None:
    assert names(entry(f"{PAGE}#1", f"{PAGE}#1")) == [f"{PAGE}#1"]


def test_several_numbers_of_one_page_in_one_document_are_parts_of_it() -> None:
    assert names(entry(f"{PAGE}#1", PAGE), entry(f"{PAGE}#2", PAGE)) == [f"{PAGE}#1", f"{PAGE}#2"]
    assert names(entry(f"{PAGE}#1", PAGE), entry(PAGE, PAGE)) == [f"{PAGE}#1", PAGE]
    assert names(entry(f"{PAGE}#1", PAGE), entry(None, PAGE)) == [f"{PAGE}#1", PAGE]


def test_http_and_https_of_one_address_do_not_make_a_guid_ambiguous() -> None:
    assert names(entry("7", "http://news.example/a"), entry("7", "https://news.example/a/")) == ["7"]


def test_guids_that_are_dangerous_addresses_are_none() -> None:
    assert [guid_of(guid, 100) for guid in ("javascript:x", " DATA:x", "VBScript :x", "7", "", None)] == [
        None, None, None, "7", None, None,
    ]  # fmt: skip


def test_deleted_entries_have_the_names_of_entries_and_those_present_are_not_deleted() -> None:
    assert deleted_names(["http://news.example/a/", "tag:x", "javascript:x"], ["tag:x"]) == {"https://news.example/a"}


ADDRESSES = st.sampled_from(
    [PAGE, f"{PAGE}/", f"{PAGE}?utm_source=x", PAGE.replace("https", "http"), "https://news.example/b"]
)
FRAGMENTS = st.sampled_from(["", "#0", "#1", "#p-1"])
ENTRIES = st.builds(
    ParsedEntry,
    guid=st.none() | st.sampled_from(["1", "2"]) | st.builds(str.__add__, ADDRESSES, FRAGMENTS),
    url=st.none() | ADDRESSES,
    headline=st.sampled_from(["", "A", "B"]),
    updated=st.none() | st.sampled_from([datetime(2025, 6, day, tzinfo=UTC) for day in (18, 19)]),
)


@given(st.lists(ENTRIES, max_size=6).flatmap(lambda made: st.tuples(st.just(made), st.permutations(made))))
def test_the_set_of_entries_does_not_depend_on_their_order(
    made: tuple[list[ParsedEntry], list[ParsedEntry]],
) -> None:
    one, other = made
    assert set(distinct(one)) == set(distinct(other))


@given(st.lists(ENTRIES, max_size=6))
def test_distinct_is_idempotent_and_its_names_are_distinct(entries: list[ParsedEntry]) -> None:
    once = distinct(entries)
    assert distinct(once) == once
    assert len({each.identity for each in once}) == len(once)


def test_one_guid_with_its_page_and_without_is_one_entry() -> None:
    page = "https://news.example/articles/c1"
    (entry,) = distinct([ParsedEntry(guid=f"{page}#0", url=page), ParsedEntry(guid=f"{page}/#0")])
    assert entry.identity == f"{page}#0"


@given(st.lists(ENTRIES, max_size=6))
def test_parts_of_a_page_are_never_made_one(entries: list[ParsedEntry]) -> None:
    """Entries whose GUIDs differ by more than the form of an address stay apart."""
    whole = [replace(each, guid=each.guid or "x") for each in entries]
    urls = {each.guid: each.url for each in whole}
    consistent = [replace(each, url=urls[each.guid]) for each in whole]
    assert len(distinct(consistent)) == len({address_name(each.guid or "") for each in consistent})
