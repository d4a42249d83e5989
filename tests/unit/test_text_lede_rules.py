"""Each rule of attribution by its example."""

from __future__ import annotations

import pytest

from stream_apps.text import lede_rules
from stream_apps.text.credits import read_credits
from stream_apps.text.lede_rules import AttributionRule

LEAD = "The bridge over the Vaigai will open on Friday after two years of work.\nBuses go by another road."


@pytest.mark.parametrize("rule", lede_rules.QUOTED, ids=lambda rule: rule.name)
def test_a_rule_finds_the_agency_in_its_example(rule: AttributionRule) -> None:
    credits_ = read_credits(f"{LEAD}\n{rule.example}\n{LEAD}").credits
    assert [(c.agency, c.role, c.evidence) for c in credits_] == [("PTI", "quoted", "lede")]


@pytest.mark.parametrize("rule", lede_rules.NOT_QUOTED, ids=lambda rule: rule.name)
def test_a_rule_takes_the_agency_back_in_its_example(rule: AttributionRule) -> None:
    assert read_credits(f"{LEAD}\n{rule.example}\n{LEAD}").credits == ()
