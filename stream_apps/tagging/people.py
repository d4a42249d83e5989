"""Parts of names: who "Modi", "Padmaja Rani" or "R Vaidyanathan" is, in a text that gives a name in full."""

from __future__ import annotations

from stream_apps.tagging.names import Words


def is_part(short: Words, full: Words) -> bool:
    """Whether ``short`` can stand for the person ``full``.

    Its last words ("Modi", "Padmaja Rani"), its first ("Tanvi"), first and last without the middle, or the last with
    initials for the others ("MK Stalin").
    """
    if len(short) > len(full) or short == full or len(full) < 2:
        return False
    if (
        len(short) < len(full)
        and max(map(len, short)) > 2
        and (full[-len(short) :] == short or full[: len(short)] == short)
    ):
        return True
    if len(short) == 2 < len(full) and (short[0], short[1]) == (full[0], full[-1]):
        return len(short[0]) > 2
    return len(short) == 2 and short[1] == full[-1] and _are_initials(short[0], full[:-1])


def _are_initials(word: str, given: Words) -> bool:
    return len(word) <= 3 and word == "".join(name[0] for name in given) and any(len(name) > 1 for name in given)
