"""The packed index of a story's articles, against a plain list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stream_apps.tagging.members import MAX_CORRECTIONS, Entry, Members

ENTRIES = st.builds(
    Entry,
    published=st.integers(0, 5),
    article=st.integers(0, 8).map(lambda n: f"{n:032x}"),
    flags=st.integers(0, 31),
    carried=st.integers(0, 2**MAX_CORRECTIONS - 1),
)


@given(put=st.lists(ENTRIES, max_size=40), removed=st.lists(ENTRIES, max_size=10), mask=st.integers(1, 31))
def test_members_are_a_sorted_list(put: list[Entry], removed: list[Entry], mask: int) -> None:
    members, plain = Members(), dict[bytes, Entry]()
    for entry in put:
        members.put(entry)
        plain[entry.key] = entry
    for entry in removed:
        members.remove(entry.key)
        plain.pop(entry.key, None)
    expected = sorted(plain.values())
    flagged = [entry for entry in expected if entry.flags & mask == mask]
    assert list(members) == expected
    assert (members.flagged(mask, 3), members.count(mask)) == (flagged[:3], len(flagged))
    assert members.stale() == sum(bool(entry.carried) for entry in expected)
    for number in range(MAX_CORRECTIONS):
        assert members.carrying(number, 5) == [e for e in expected if e.carried >> number & 1][:5]
    for entry in expected:
        assert members.after(entry.key, 2) == [e for e in expected if e > entry][:2]
