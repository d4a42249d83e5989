"""Metrics of the desk."""

from __future__ import annotations

from typing import Final, Literal, get_args

from wirecopy.monitoring.declaring import Group

Action = Literal["add", "pause", "resume", "remove", "send"]
Outcome = Literal["done", "refused", "failed"]

_GROUP = Group("desk")

CHANGES: Final = _GROUP.counter(
    "wirecopy_desk_changes_total",
    "What editors asked the desk for: feeds to `add`, `pause`, `resume` or `remove`, dead letters to `send` again. "
    "`refused`: they may not, or it cannot be done; `failed`: Kafka did not answer. The log says who asked for what.",
    {"action": get_args(Action), "outcome": get_args(Outcome)},
)
