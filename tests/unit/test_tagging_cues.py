"""Each cue, and each rule of several cues, by its example and its counter-example."""

from __future__ import annotations

import re

import pytest

from bench import entities_ablation
from stream_apps.tagging import cues
from stream_apps.tagging.cues.cue import Around, Before, Cue
from stream_apps.tagging.cues.rule import Rule, TypeRule, span_of

MODULES = [getattr(cues, name) for name in cues.__all__]
CUES = {
    f"{module.__name__.rsplit('.', maxsplit=1)[-1]}.{name}": cue
    for module in MODULES
    for name, cue in vars(module).items()
    if isinstance(cue, Cue)
}
RULES: list[Rule] = [*cues.type_rules.TYPE_RULES, *cues.not_names.RULES]


def marked(sentence: str) -> tuple[str, int, int]:
    """A sentence without the brackets around its name, and where the name begins and ends."""
    before, name, behind = re.split(r"[\[\]]", sentence)
    return f"{before}{name}{behind}", len(before), len(before) + len(name)


@pytest.mark.parametrize("cue", CUES.values(), ids=CUES)
def test_a_cue_is_found_in_its_example_alone(cue: Cue) -> None:
    assert cue.find(*marked(cue.example))
    assert not cue.find(*marked(cue.counter_example))


@pytest.mark.parametrize("cue", CUES.values(), ids=CUES)
def test_a_cue_reaches_no_further_than_it_says(cue: Cue) -> None:
    text, start, end = marked(cue.example)
    reach = cue.reach if isinstance(cue, Before | Around) else 0
    found = cue.find(text, start, end)
    assert found
    assert found.start() >= start - reach


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_applies_to_its_example_alone(rule: Rule) -> None:
    assert rule.of
    assert rule.applies(span_of(*marked(rule.example)))
    assert not rule.applies(span_of(*marked(rule.counter_example)))


@pytest.mark.parametrize("rule", cues.type_rules.TYPE_RULES, ids=lambda rule: rule.name)
def test_no_rule_before_it_takes_its_example(rule: TypeRule) -> None:
    given = {kind: cues.type_rules.type_by_form(*marked(rule.example), kind) for kind in rule.of}
    assert given == dict.fromkeys(rule.of, rule.gives)


@pytest.mark.parametrize("rule", cues.not_names.RULES, ids=lambda rule: rule.name)
def test_a_span_that_a_rule_applies_to_is_no_name(rule: Rule) -> None:
    assert all(cues.not_names.is_no_name(*marked(rule.example), kind) for kind in rule.of)
    assert not any(cues.not_names.is_no_name(*marked(rule.counter_example), kind) for kind in rule.of)


def test_no_two_rules_have_one_name() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_the_ablation_leaves_out_a_rule_that_there_is() -> None:
    with pytest.raises(ValueError, match="no type rule is called a hamlet"):
        entities_ablation._without_types("a quarter", "a hamlet")
