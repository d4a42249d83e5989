"""Short names of people: who "Modi", "Padmaja Rani" or "R Vaidyanathan" is, in a text that gives a name in full."""

from __future__ import annotations

from stream_apps.tagging.names import Words

LONGEST_INITIALS = 3


def is_part(short: Words, full: Words) -> bool:
    """Whether ``short`` can stand for the person ``full``.

    Its last words ("Modi", "Padmaja Rani"), its first ("Tanvi"), first and last without the middle, or the last with
    initials for others ("MK Stalin").
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
    return len(short) > 1 and len(short[-1]) > 2 and _abbreviates(short, full)


def _abbreviates(short: Words, full: Words) -> bool:
    """Whether each word of ``short`` is one of ``full``, or the initials of one or several, the last one itself.

    ``M. Venkaiah Naidu``, ``MV Naidu`` and ``M. Naidu`` for "Muppavarapu Venkaiah Naidu".
    """
    if len(short) == 1:
        return short[0] == full[-1]
    if not full[1:]:
        return False
    first, rest = short[0], short[1:]
    if first == full[0]:
        return _abbreviates(rest, full[1:])
    if len(first) > LONGEST_INITIALS or len(full) <= len(first):
        return False
    spelled = full[: len(first)]
    fits = all(word[0] == letter and len(word) > 1 for word, letter in zip(spelled, first, strict=True))
    return fits and _abbreviates(rest, full[len(first) :])
