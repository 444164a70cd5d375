"""Alerts: each rule, its sentence in both languages, and a bank's own thresholds."""

from __future__ import annotations

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint, proportions_ztest

from workbench.errors import ParameterProblem
from workbench.review import build_cube, compare_members, find_alerts, read_alert_rules, state_alert
from workbench.review.alert_figures import place_figures, strategy_figures
from workbench.review.alerts import default_alert_rules
from workbench.review.returns import hold_against_plan

GOOD = {
    "member": "S1",
    "contacted_to_due": 1.0,
    "reach_change": 0.0,
    "reach_p": 0.5,
    "n_reached": 200.0,
    "refusal_rate": 0.1,
    "cost_to_plan": 1.0,
    "contaminated_share": 0.0,
    "sample_ratio_p": 0.4,
    "responded_to_plan": 1.1,
    "responded_high": 30.0,
    "plan_responses": 20.0,
}


@pytest.mark.parametrize(
    "changed, alert",
    [
        ({}, None),
        ({"sample_ratio_p": 1e-5}, "sample_ratio"),
        ({"contaminated_share": 0.022, "n_contaminated": 212.0}, "contaminated"),
        ({"contacted_to_due": 0.84, "n_behind": 40.0}, "contacts_behind"),
        ({"reach_change": -0.2, "reach_p": 0.001, "reach_before": 0.9, "reach_after": 0.7}, "reach_falling"),
        ({"reach_change": -0.2, "reach_p": 0.2}, None),
        ({"refusal_rate": 0.4}, "refusals"),
        ({"refusal_rate": 0.4, "n_reached": 12.0}, None),
        ({"cost_to_plan": 1.3, "cost": 130.0, "plan_cost": 100.0}, "over_budget"),
        ({"responded_to_plan": 0.5, "responded_high": 15.0, "responded": 10.0}, "responses_below"),
        ({"responded_to_plan": 0.9}, None),
        ({"cost_to_plan": float("nan"), "sample_ratio_p": None}, None),
    ],
)
def test_each_rule_fires_where_its_conditions_hold(changed, alert):
    found = find_alerts(pd.DataFrame([GOOD | changed]))
    assert found["alert"].tolist() == ([alert] if alert else [])
    for lang in ("en", "zh_CN"):
        for row in found.to_dict("records"):
            said = state_alert(row, "Retention call", lang)
            assert "Retention call" in said
            assert "{" not in said
            assert "–" not in said, "a figure of the sentence is missing"


def test_few_customers_are_not_counted_out_for_a_viewer():
    (row,) = find_alerts(pd.DataFrame([GOOD | {"contaminated_share": 0.05, "n_contaminated": 3.0}])).to_dict(
        "records"
    )
    assert "3 customers" in state_alert(row, "S1")
    assert "fewer than 11" in state_alert(row, "S1", minimum=11)


def test_a_place_below_plan_in_every_strategy():
    cells = pd.DataFrame(
        {
            "branch": ["A", "A", "B", "B", "C", "", ""],
            "strategy_id": ["S1", "S2", "S1", "S2", "S1", "S1", "S2"],
            "listed": [100.0] * 7,
            "responded": [3.0, 4.0, 3.0, 9.0, 1.0, 0.0, 0.0],
            "plan_responses": [5.0] * 7,
        }
    )
    cells["responded_to_plan"] = cells["responded"] / cells["plan_responses"]
    found = find_alerts(pd.DataFrame([GOOD]), place_figures(cells, "branch"))
    assert found[["alert", "member"]].values.tolist() == [["below_everywhere", "A"]]
    assert "each of 2 strategies: 70%" in state_alert(found.iloc[0], "Branch A")
    hidden = cells.assign(responded_to_plan=cells["responded_to_plan"].mask(cells["strategy_id"].eq("S2")))
    assert place_figures(hidden, "branch")["member"].tolist() == ["C"], "what is hidden is not judged"


def test_caveats_of_the_data_are_alerts():
    caveats = pd.DataFrame(
        {
            "strategy_id": ["S2", "S1"],
            "key": ["dominance", "no_control"],
            "values": ['{"share": 0.99, "n_paying": 40}', '{"n": 40}'],
        }
    )
    found = find_alerts(pd.DataFrame([GOOD]), caveats=caveats)
    assert found[["severity", "member"]].values.tolist() == [["bad", "S1"], ["warn", "S2"]]
    assert set(found["section"]) == {"evaluation"}
    for row in found.to_dict("records"):
        assert state_alert(row, "S2 Call", "zh_CN").startswith("S2 Call")


def test_the_figures_are_statsmodels(make_cycle):
    made = make_cycle(("S1", 200, 20, 40, 2))
    contacts = made.contacts.copy()
    late = contacts["contacted_at"] >= pd.Timestamp("2026-07-15")
    contacts.loc[contacts.index[late][:70], "disposition"] = "no_answer"
    cube = build_cube(*made.tables(), contacts=contacts)
    spans = [compare_members(cube, made.strategies, "strategy_id", weeks=span) for span in ((1, 2), (3, 9))]
    whole = compare_members(cube, made.strategies, "strategy_id")
    row = strategy_figures(whole, whole, *spans).iloc[0]
    n = [int(span["contacted"].iloc[0]) for span in spans]
    reached = [int(span["reached"].iloc[0]) for span in spans]
    assert row["reach_p"] == pytest.approx(proportions_ztest(reached, n)[1])
    assert row["reach_change"] == pytest.approx(reached[1] / n[1] - reached[0] / n[0])
    assert row["responded_high"] == pytest.approx(proportion_confint(20, 200, method="wilson")[1] * 200)


@pytest.mark.parametrize(
    "text, named",
    [
        ("[alerts", "TOML"),
        ('[[alerts]]\nid = "nothing"\nscope = "strategy"\nseverity = "warn"', "nothing"),
        ('[[alerts]]\nid = "refusals"\nscope = "planet"\nseverity = "warn"', "planet"),
        ('[[alerts]]\nid = "refusals"\nscope = "place"\nseverity = "loud"', "loud"),
        (
            '[[alerts]]\nid = "refusals"\nscope = "place"\nseverity = "warn"\n'
            'conditions = [{ field = "n", op = "<", threshold = "none_such" }]',
            "none_such",
        ),
    ],
)
def test_a_mistake_in_the_file_is_said(text, named):
    with pytest.raises(ParameterProblem, match=named):
        read_alert_rules(text)


def test_a_banks_own_threshold_is_used():
    rules = read_alert_rules(
        '[thresholds]\nmost = 2.0\n[[alerts]]\nid = "over_budget"\nscope = "strategy"\nseverity = "note"\n'
        'conditions = [{ field = "cost_to_plan", op = ">", threshold = "most" }]'
    )
    rows = pd.DataFrame([GOOD | {"cost_to_plan": 1.5}])
    assert find_alerts(rows, rules=rules).empty
    assert len(find_alerts(rows)) == 1
    assert {rule.severity for rule in default_alert_rules().rules} == {"bad", "warn", "note"}


def test_ratios_without_a_plan_are_missing():
    sums = pd.DataFrame([dict.fromkeys(["listed", "contacted", "reached", "responded", "cost"], 0.0)])
    sums = sums.assign(plan_contacts=0.0, plan_responses=float("nan"), plan_cost=0.0)
    held = hold_against_plan(sums)
    assert held.filter(regex="_to_plan|_rate").isna().all(axis=None)
