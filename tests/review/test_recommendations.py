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
    read_rules,
    recommend,
    recommendations,
    state_change,
    state_reason,
)
from workbench.review.rules import default_rules_text
from workbench.review.variants import compare_variants, first_channels
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
    # Planned was .2, which counts like 100 customers.
    learned = {"expected_response": round(2_720 / 9_100, 10), "prior_a": 2_720.0, "prior_b": 6_380.0}
    assert changes["scale"] == {"capacity_factor": 1.5} | learned
    assert changes["keep"] == learned
    assert changes["dear"] == {"capacity_factor": 0.5} | learned
    assert changes["harm"] == changes["flat"] == {"stop": True}
    # Nothing is learned of arms that are not as they were drawn.
    assert changes["ratio"] == {}
    needed = int(plan_sample_size(0.1, 0.02, control_share=0.1))
    assert changes["small"].pop("n_more") == needed - 100
    assert changes["small"] == {"expected_response": round(22 / 190, 10), "prior_a": 22.0, "prior_b": 168.0}


def only(change: str) -> dict[str, object]:
    """A change without what was learned of the response."""
    return {k: v for k, v in json.loads(change).items() if k not in recommendations.LEARNED}


def test_what_the_planned_rate_counts_for_is_a_threshold(cycle, evaluation):
    nothing = default_rules().with_thresholds(prior_weight=0)
    rows = recommend(evaluation, cycle.strategies, nothing).set_index("strategy_id")
    assert json.loads(rows.at["keep", "change"])["prior_a"] == 2_700.5
    evidence = json.loads(rows.at["keep", "evidence"])
    assert evidence["posterior_low"] < evidence["posterior_mean"] < evidence["posterior_high"]
    assert evidence["rules"] == nothing.sha256


def test_a_bank_says_a_reason_in_its_own_words(cycle, evaluation):
    text = default_rules_text().replace(
        'reason = "review_room.reason.harm"', 'reason = { en = "Bad: {uplift}.", zh_CN = "不好：{uplift}。" }'
    )
    rows = recommend(evaluation, cycle.strategies, read_rules(text)).set_index("strategy_id")
    assert state_reason(rows.loc["harm"]) == "Bad: −5.0 pts."
    assert state_reason(rows.loc["harm"], "zh_CN").startswith("不好：")


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
    assert only(result.loc[0, "change"]) == {"control_share": 0.3}
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
    assert only(result.loc[0, "change"]) == {"lifecycle_stages": "growth"}
    assert "growth" in state_reason(result.iloc[0])
    assert state_change(result.iloc[0], "zh_CN").startswith("仅限成长期；计划响应率 ")
    assert recommend(whole, cycle.strategies).loc[0, "rule"] != "R4"


def test_an_evaluation_of_parts_is_refused(make_cycle):
    cycle = make_cycle(("S1", 90, 27, 10, 1))
    parts = evaluate_strategies(*cycle.tables(), customers=cycle.customers, by="branch")
    with pytest.raises(ParameterProblem, match="broken down"):
        recommend(parts, cycle.strategies)
    with pytest.raises(ParameterProblem, match="lifecycle_stage"):
        recommend(evaluate_strategies(*cycle.tables()), cycle.strategies, parts=parts)


def test_a_strategy_is_narrowed_to_the_tiers_it_works_for(make_cycle):
    cycle = make_cycle(("S1", 9_000, 950, 2_000, 200), S1={"control_share": 2 / 11})
    first_half = cycle.targets["rank"].le(2_000) & cycle.targets["arm"].eq("treatment")
    held = cycle.targets["arm"].eq("control") & cycle.targets["rank"].mod(2).eq(0)
    tier = (first_half | held).map({True: "strategic", False: "basic"})
    customers = cycle.customers.assign(tier=tier.to_numpy())
    tiers = evaluate_strategies(*cycle.tables(), customers=customers, by="tier")
    result = recommend(evaluate_strategies(*cycle.tables()), cycle.strategies, tiers=tiers)
    assert only(result.loc[0, "change"]) == {"tier": "strategic"}
    assert state_reason(result.iloc[0]).endswith("it works for: strategic.")
    assert "仅限战略客群" in state_change(result.iloc[0], "zh_CN")


def test_twenty_strategies_that_differ_by_chance_are_not_narrowed(make_cycle):
    # One p-value of .03 among twenty strategies is what chance brings.
    cycle = make_cycle(*((f"S{i}", 900, 90, 900, 90) for i in range(20)))
    parts = evaluate_strategies(*cycle.tables(), customers=cycle.customers, by="lifecycle_stage")
    treated = parts["arm"].eq("treatment") & parts["outcome"].eq("responded")
    mine = parts.index[treated & parts["strategy_id"].eq("S7")]
    parts.loc[mine, "uplift"], parts.loc[mine, "standard_error"] = [0.05, -0.01], 0.02
    parts.loc[mine, "ci_low"] = [0.01, -0.05]
    row = recommend(evaluate_strategies(*cycle.tables()), cycle.strategies, parts=parts).iloc[7]
    evidence = json.loads(row["evidence"])
    assert evidence["parts_p"] < 0.05 < evidence["parts_p_holm"]
    assert row["rule"] != "R4"


def test_another_channel_that_did_better_is_proposed(make_cycle):
    cycle = make_cycle(
        ("S1", 4_000, 500, 1_000, 120),
        S1={"channels": "phone,branch", "cost_per_contact": 0.1, "control_share": 0.2},
    )
    answered = set(cycle.outcomes["customer_id"])
    others = cycle.contacts["customer_id"].isin(answered) | cycle.contacts.index.to_series().mod(9).eq(0)
    contacts = cycle.contacts.assign(channel=others.map({True: "app", False: "phone"}))
    contacts.loc[contacts.index[:60], "channel"] = "phone"
    compared = compare_variants(*cycle.tables(), first_channels(contacts))
    whole = evaluate_strategies(*cycle.tables(), contacts=contacts)
    result = recommend(whole, cycle.strategies, channels=compared).iloc[0]
    assert (result["action"], result["rule"]) == ("adjust", "R11")
    assert only(result["change"]) == {"channel": "app", "channels": "app,phone,branch"}
    assert "By app more responded" in state_reason(result)
    assert "nobody drew these customers at random" in state_reason(result)


def test_another_script_is_proposed_with_its_text(make_cycle):
    cycle = make_cycle(
        ("S1", 4_000, 500, 1_000, 120),
        S1={"script_version": "1", "cost_per_contact": 0.1, "control_share": 0.2},
    )
    variants = pd.DataFrame(
        {"strategy_id": "S1", "customer_id": [f"S1t{i:06d}" for i in range(4_000)], "variant": "1"}
    )
    variants.loc[60:1_200, "variant"] = "2"
    compared = compare_variants(*cycle.tables(), variants, used="script_version")
    whole = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    texts = {("S1", "2"): "Good day, {name}."}
    result = recommend(whole, cycle.strategies, scripts=compared, script_texts=texts).iloc[0]
    assert result["rule"] == "R12"
    assert only(result["change"]) == {"script_version": "2", "script": "Good day, {name}."}
    assert state_change(result).startswith("script 2, once an analyst confirms it")


def test_a_contaminated_control_ends_no_strategy(make_cycle):
    cycle = make_cycle(("S1", 9_000, 450, 1_000, 100))
    called = cycle.targets[cycle.targets["arm"].eq("control")].head(150)
    more = cycle.contacts.head(150).assign(
        customer_id=called["customer_id"].to_numpy(), contact_id=called["customer_id"].to_numpy()
    )
    contacts = pd.concat([cycle.contacts, more], ignore_index=True)
    result = recommend(evaluate_strategies(*cycle.tables(), contacts=contacts), cycle.strategies).iloc[0]
    assert (result["action"], result["rule"]) == ("undecided", "R10")
    assert "15.0% of the control" in state_reason(result)
