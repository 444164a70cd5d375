"""The file of rules is read strictly, said plainly, and changed without losing its comments."""

import tomllib

import pytest

from workbench.customers import (
    changed_text,
    editable_numbers,
    packaged_rules,
    packaged_rules_text,
    parse_rules,
)
from workbench.errors import ParameterProblem


def test_the_packaged_file_is_what_it_says():
    rules, given = packaged_rules(), tomllib.loads(packaged_rules_text())
    assert parse_rules(packaged_rules_text()) == rules
    assert rules.tiers["retail"] == tuple(given["tier"]["retail"].values())
    assert list(rules.values["corporate"].contribution) == given["value"]["corporate"]["contribution"]
    assert rules.margins == given["margins"]


def test_what_is_left_out_is_the_packaged_rule():
    found = parse_rules(
        "[value.retail]\ncontribution = [5, 6]\n[margins]\ngold = 0.5\n[peers]\nsmallest = 9\n"
    )
    whole = packaged_rules()
    assert found.values["retail"].contribution == (5, 6)
    assert found.values["retail"].potential == whole.values["retail"].potential
    assert found.values["corporate"] == whole.values["corporate"]
    assert found.margins == {**whole.margins, "gold": 0.5}
    assert (found.smallest, found.quantile) == (9, whole.quantile)
    assert parse_rules("") == whole


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dormant_days = ", "can't be read as TOML: Invalid value"),
        ("dormant_day = 3", 'unknown setting "dormant_day". Nearest: dormant_days'),
        ("[value.wholesale]\ntiers = []", 'unknown setting "value.wholesale"'),
        ("dormant_days = true", 'dormant_days is "True"; allowed'),
        ("dormant_days = nan", 'dormant_days is "nan"'),
        ("dormant_days = 400", "lost_days is .365.; allowed: ≥ dormant_days"),
        ("honeymoon_months = 1", "honeymoon_months is .1.; allowed: ≥ acquisition_months"),
        ("decline_change = 0.2", "decline_change is .0.2.; allowed: < 0"),
        ("value = 3", "value is .3.; allowed"),
        ("[value.retail]\ncontribution = [6, 5]", "value.retail.contribution is"),
        ('[value.retail]\ntiers = [["gold"]]', "value.retail.tiers is .*3 × 3: basic, value, strategic"),
        ("[tier.retail]\nvalue = 900_000", "tier.retail.strategic is .500000."),
        ("[margins]\nfund = 8", "margins.fund is .8.; allowed: -1 … 1"),
        ("[peers]\nquantile = 1.5", "peers.quantile is .1.5."),
        ("[peers]\nage_bands = [40, 30]", "peers.age_bands is"),
        ("[peers]\nage_bands = 40", "peers.age_bands is"),
        ("debts = 'loan'", "debts is .loan."),
    ],
)
def test_mistakes_are_said(text, said):
    with pytest.raises(ParameterProblem, match=said):
        parse_rules(text, "lifecycle.toml")


def test_numbers_change_and_all_the_rest_stays():
    rules = packaged_rules()
    changes = {"dormant_days": 150, "value.corporate.potential.1": 50_000.0, "decline_change": -0.25}
    text = changed_text(rules, changes)
    before, after = packaged_rules_text().split("\n"), text.split("\n")
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 3
    numbers = editable_numbers(parse_rules(text))
    assert numbers == {**editable_numbers(rules), **changes}
    assert changed_text(rules, {"dormant_days": 180}) == packaged_rules_text()


def test_a_setting_that_the_file_leaves_out_is_added():
    text = changed_text(parse_rules("lost_days = 400\n"), {"dormant_days": 90, "value.retail.potential.0": 7})
    assert parse_rules(text).dormant_days == 90
    assert parse_rules(text).lost_days == 400
    assert parse_rules(text).values["retail"].potential == (7, 1_500)


@pytest.mark.parametrize(
    "changes", [{"dormant": 3}, {"dormant_days": 500}, {"value.retail.potential.0": 1e9}]
)
def test_a_change_that_makes_no_sense_is_refused(changes):
    with pytest.raises(ParameterProblem):
        changed_text(packaged_rules(), changes)
