"""Recommendations: the right rule, the figures behind it, and words for them."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.review import (
    default_rules,
    evaluate_strategies,
    plan_sample_size,
    recommend,
    state_change,
    state_reason,
)
from workbench.tables import RECOMMENDATIONS

# id, treated, responded, control, responded: one strategy for each rule
LISTS = (
    ("scale", 9_000, 2_700, 1_000, 100),
    ("keep", 9_000, 2_700, 1_000, 100),
    ("free", 9_000, 2_700, 1_000, 100),
    ("dear", 9_000, 2_700, 1_000, 100),
    ("harm", 9_000, 450, 1_000, 100),
    ("flat", 9_000, 900, 1_000, 100),
    ("small", 90, 10, 10, 1),
    ("open", 9_000, 950, 1_000, 95),
    ("ratio", 9_000, 2_700, 2_000, 200),
    ("silent", 90, 0, 10, 0),
)
CHANGES = {
    "keep": {"cost_per_contact": 12.0},
    "free": {"cost_per_contact": 0.0},
    "dear": {"cost_per_contact": 50.0},
    "flat": {"cost_per_contact": 20.0},
    "small": {"expected_response": 0.12},
    "open": {"expected_response": 0.09},
}


@pytest.fixture(scope="module")
def made():
    return {}


@pytest.fixture
def cycle(make_cycle, made):
    # One large cycle serves all tests of the module; none changes it.
    if "cycle" not in made:
        made["cycle"] = make_cycle(*LISTS, contacted={"silent": 0}, **CHANGES)
        made["evaluation"] = evaluate_strategies(*made["cycle"].tables(), contacts=made["cycle"].contacts)
    return made["cycle"]


@pytest.fixture
def evaluation(cycle, made):
    return made["evaluation"]


def as_dict(frame: pd.DataFrame, column: str) -> dict[str, object]:
    return dict(zip(frame["strategy_id"], frame[column], strict=True))


def test_each_case_meets_its_rule(cycle, evaluation):
    result = recommend(evaluation, cycle.strategies)
    RECOMMENDATIONS.check(result)
    assert as_dict(result, "rule") == {
        "scale": "R1",
        "keep": "R2",
        "free": "R2",
        "dear": "R3",
        "harm": "R7",
        "flat": "R8",
        "small": "R6",
        "open": "R6",
        "ratio": "R9",
    }
    assert as_dict(result, "action")["dear"] == "adjust"
    reasons = as_dict(result, "reason")
    assert reasons["small"] == "review_room.reason.too_few"
    assert reasons["open"] == "review_room.reason.undecided"


def test_changes_are_what_the_rules_say(cycle, evaluation):
    changes = {
        s: json.loads(c) for s, c in as_dict(recommend(evaluation, cycle.strategies), "change").items()
    }
    assert changes["scale"] == {"capacity_factor": 1.5}
    assert changes["keep"] == {}
    assert changes["dear"] == {"capacity_factor": 0.5}
    assert changes["harm"] == changes["flat"] == {"stop": True}
    needed = int(plan_sample_size(0.1, 0.02, control_share=0.1))
    assert changes["small"] == {"n_more": needed - 100}


def test_a_list_large_enough_for_its_plan_looks_for_what_is_worth_it(cycle, evaluation):
    # Planned was no uplift at all, and a contact pays from 2 points on.
    rows = recommend(evaluation, cycle.strategies).set_index("strategy_id")
    needed = int(plan_sample_size(0.095, 0.02, control_share=0.1))
    assert json.loads(rows.at["open", "evidence"])["n_more"] == needed - 10_000
    coarse = default_rules().with_thresholds(smallest_uplift=0.05)
    rows = recommend(evaluation, cycle.strategies, coarse).set_index("strategy_id")
    assert json.loads(rows.at["open", "evidence"])["n_more"] == 10_000


def test_nothing_is_said_without_contacts(cycle, evaluation):
    assert "silent" not in set(recommend(evaluation, cycle.strategies)["strategy_id"])


def test_every_recommendation_carries_its_figures(cycle, evaluation):
    for row in recommend(evaluation, cycle.strategies).to_dict("records"):
        evidence = json.loads(row["evidence"])
        assert {"n", "n_control", "mean", "control_mean", "uplift", "ci_low", "ci_high"} <= set(evidence)
        assert evidence["uplift"] == pytest.approx(evidence["mean"] - evidence["control_mean"])


@pytest.mark.parametrize("lang", locale.LANGUAGES)
def test_reasons_and_changes_are_whole_sentences_in_both_languages(cycle, evaluation, lang):
    for row in recommend(evaluation, cycle.strategies).to_dict("records"):
        for sentence in (state_reason(row, lang), state_change(row, lang)):
            assert sentence
            assert "{" not in sentence
            assert "–" not in sentence, sentence


def test_a_threshold_moves_the_line(cycle, evaluation):
    strict = default_rules().with_thresholds(scale_return=1_000)
    assert as_dict(recommend(evaluation, cycle.strategies, strict), "rule")["scale"] == "R2"


def test_a_larger_control_is_proposed_where_it_would_decide(make_cycle):
    n = int(plan_sample_size(0.1, 0.05, control_share=0.3)) + 50
    treated, control = round(n * 0.9), round(n * 0.1)
    cycle = make_cycle(
        ("S1", treated, round(treated * 0.125), control, round(control * 0.1)), S1={"expected_response": 0.15}
    )
    result = recommend(evaluate_strategies(*cycle.tables()), cycle.strategies)
    assert result.loc[0, ["action", "rule"]].tolist() == ["adjust", "R5"]
    assert json.loads(result.loc[0, "change"]) == {"control_share": 0.3}
    assert "–" not in state_reason(result.iloc[0])


def test_a_strategy_is_narrowed_to_the_stages_it_works_in(make_cycle):
    cycle = make_cycle(("S1", 9_000, 950, 2_000, 200), S1={"control_share": 2 / 11})
    # All that responded among the treated are in growth; nobody else did anything.
    answered = set(cycle.outcomes.loc[cycle.outcomes["customer_id"].str.startswith("S1t"), "customer_id"])
    first_half = cycle.targets["rank"].le(2_000) & cycle.targets["arm"].eq("treatment")
    held = cycle.targets["arm"].eq("control") & cycle.targets["rank"].mod(2).eq(0)
    stage = (first_half | held).map({True: "growth", False: "mature"})
    customers = cycle.customers.assign(lifecycle_stage=stage.to_numpy())
    whole = evaluate_strategies(*cycle.tables())
    parts = evaluate_strategies(*cycle.tables(), customers=customers, by="lifecycle_stage")
    assert len(answered) == 950
    result = recommend(whole, cycle.strategies, parts=parts)
    assert result.loc[0, "rule"] == "R4"
    assert json.loads(result.loc[0, "change"]) == {"lifecycle_stages": "growth"}
    assert "growth" in state_reason(result.iloc[0])
    assert state_change(result.iloc[0], "zh_CN") == "仅限成长期"
    assert recommend(whole, cycle.strategies).loc[0, "rule"] != "R4"


def test_an_evaluation_of_parts_is_refused(make_cycle):
    cycle = make_cycle(("S1", 90, 27, 10, 1))
    parts = evaluate_strategies(*cycle.tables(), customers=cycle.customers, by="branch")
    with pytest.raises(ParameterProblem, match="broken down"):
        recommend(parts, cycle.strategies)
    with pytest.raises(ParameterProblem, match="lifecycle_stage"):
        recommend(evaluate_strategies(*cycle.tables()), cycle.strategies, parts=parts)
