"""Every bad input of an evaluation gives a sentence, never a silent number or a traceback."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from workbench import locale
from workbench.errors import TableProblem
from workbench.review import (
    CAVEATS,
    build_funnel,
    compare_received,
    count_verdicts,
    evaluate_strategies,
    find_caveats,
    recommend,
    state_caveat,
    state_reason,
    summarise_kpis,
    track_uplift,
)


def found(cycle, **tables) -> dict[str, dict]:
    """Return the caveats of S1 by key."""
    rows = find_caveats(*cycle.tables(), **({"contacts": cycle.contacts} | tables))
    mine = rows[rows["strategy_id"].eq("S1")]
    return {
        row.key: json.loads(row.values_) for row in mine.rename(columns={"values": "values_"}).itertuples()
    }


def everything(cycle) -> pd.DataFrame:
    """Run all that reads the tables, and return the evaluation's row of S1's responses."""
    evaluation = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    kpis = summarise_kpis(evaluation)
    assert count_verdicts(evaluation)["n"].sum() <= len(cycle.strategies)
    for row in recommend(evaluation, cycle.strategies).to_dict("records"):
        for lang in ("en", "zh_CN"):
            assert "nan" not in state_reason(row, lang)
    track_uplift(*cycle.tables(), contacts=cycle.contacts)
    build_funnel(*cycle.tables(), contacts=cycle.contacts)
    compare_received(*cycle.tables(), contacts=cycle.contacts)
    assert kpis["value"].notna().any() or len(evaluation) == 0
    for row in find_caveats(*cycle.tables(), contacts=cycle.contacts).to_dict("records"):
        for lang in ("en", "zh_CN"):
            for minimum in (0, 11):
                said = state_caveat(row, lang, minimum=minimum)
                assert said
                assert "{" not in said
    return evaluation


def treated(evaluation, outcome="responded"):
    rows = evaluation[evaluation["arm"].eq("treatment") & evaluation["outcome"].eq(outcome)]
    return rows[rows["strategy_id"].eq("S1")].iloc[0]


def test_a_sound_cycle_has_none(make_cycle):
    cycle = make_cycle(("S1", 900, 180, 300, 30))
    assert found(cycle) == {}
    everything(cycle)


def test_no_control(make_cycle):
    cycle = make_cycle(("S1", 900, 180, 0, 0), ("S2", 90, 9, 30, 3))
    assert found(cycle) == {"no_control": {"n": 900}}
    row = treated(everything(cycle))
    assert np.isnan(row["uplift"])
    assert pd.isna(row["verdict"])


def test_nobody_to_treat(make_cycle):
    cycle = make_cycle(("S1", 0, 0, 300, 30), ("S2", 90, 9, 30, 3))
    assert found(cycle) == {"no_treatment": {"n": 300}}
    assert np.isnan(treated(everything(cycle))["uplift"])


def test_all_outcomes_zero_has_no_interval_of_no_width(make_cycle):
    cycle = make_cycle(("S1", 900, 0, 300, 0), ("S2", 90, 9, 30, 3))
    assert found(cycle) == {"nobody_responded": {"n": 1200}}
    row = treated(everything(cycle))
    assert row["uplift"] == 0
    assert row[["ci_low", "ci_high", "p_value", "standard_error"]].isna().all()
    assert row["verdict"] == "open"
    alone = make_cycle(("S1", 900, 0, 300, 0))
    kpis = summarise_kpis(evaluate_strategies(*alone.tables(), contacts=alone.contacts)).set_index("kpi")
    assert np.isnan(kpis.at["value_won", "low"])


def test_a_list_that_nobody_worked_is_no_zero(make_cycle):
    cycle = make_cycle(("S1", 90, 0, 30, 0), ("S2", 90, 9, 30, 3), contacted={"S1": 0})
    assert found(cycle) == {}
    assert np.isnan(treated(everything(cycle))["uplift"])


def test_one_customer_with_most_of_the_money(make_cycle):
    cycle = make_cycle(("S1", 900, 180, 300, 30))
    before = treated(everything(cycle), "amount")["mean"]
    cycle.outcomes.loc[0, "amount"] = 1_030_000.0
    values = found(cycle)["dominance"]
    assert values["share"] == pytest.approx(0.99, abs=0.002)
    assert values["n_paying"] == 210
    # Nothing is cut unless somebody asks.
    assert treated(everything(cycle), "amount")["mean"] > 50 * before
    row = {"key": "dominance", "values": json.dumps(values)}
    assert "99%" in state_caveat(row)
    told = state_caveat(row, minimum=11)
    assert "more than 90%" in told
    assert "99%" not in told
    assert "210" not in told


def test_a_customer_in_both_arms_of_one_strategy(make_cycle):
    cycle = make_cycle(("S1", 900, 180, 300, 30))
    plain = treated(everything(cycle))
    twice = cycle.targets[cycle.targets["arm"].eq("treatment")].head(20).assign(arm="control")
    cycle.targets = pd.concat([cycle.targets, twice], ignore_index=True)
    assert found(cycle) == {"both_arms": {"n": 20}}
    row = treated(everything(cycle))
    assert row["n"] == 880
    assert row["mean"] == pytest.approx((180 - 20) / 880)
    assert row["uplift"] != plain["uplift"]
    # The index need not be unique, and a plain repetition is refused as before.
    cycle.targets.index = np.zeros(len(cycle.targets), dtype=int)
    assert treated(everything(cycle))["n"] == 880
    cycle.targets = pd.concat([cycle.targets.iloc[:-20], cycle.targets.iloc[[0]].assign(arm="treatment")])
    with pytest.raises(TableProblem):
        evaluate_strategies(*cycle.tables())


def test_a_customer_whom_two_strategies_hold_and_treat_at_once(make_cycle):
    cycle = make_cycle(("S1", 900, 180, 300, 30), ("S2", 90, 9, 30, 3))
    mine = cycle.targets[cycle.targets["arm"].eq("control") & cycle.targets["strategy_id"].eq("S1")].head(8)
    other = mine.assign(strategy_id="S2", arm="treatment", rank=range(500, 508))
    contacts = cycle.contacts.head(8).assign(
        contact_id=[f"x{i}" for i in range(8)], strategy_id="S2", customer_id=mine["customer_id"].to_numpy()
    )
    cycle.targets = pd.concat([cycle.targets, other], ignore_index=True)
    cycle.contacts = pd.concat([cycle.contacts, contacts], ignore_index=True)
    assert found(cycle) == {"other_strategy": {"n": 8, "n_control": 300, "others": ["S2"]}}
    everything(cycle)
    later = {"starts_on": pd.Timestamp("2026-10-01"), "ends_on": pd.Timestamp("2026-11-01")}
    cycle.strategies.loc[1, list(later)] = list(later.values())
    assert "other_strategy" not in found(cycle)


def test_outcomes_before_the_first_day_are_left_out_of_both_arms(make_cycle):
    cycle = make_cycle(("S1", 900, 180, 300, 30))
    cycle.outcomes.loc[[0, 1], "recorded_at"] = pd.Timestamp("2026-06-30 23:59")
    held = cycle.outcomes.index[cycle.outcomes["customer_id"].str.startswith("S1c")][:3]
    cycle.outcomes.loc[held, "recorded_at"] = pd.Timestamp("2026-05-01")
    assert found(cycle)["early_outcomes"] == {"n": 5, "day": "2026-07-01"}
    evaluation = everything(cycle)
    assert treated(evaluation)["mean"] == pytest.approx(178 / 900)
    assert evaluation.loc[evaluation["arm"].eq("control"), "mean"].iloc[0] == pytest.approx(27 / 300)
    # A list that was worked before the card's day began with its first contact.
    cycle.contacts.loc[0, "contacted_at"] = pd.Timestamp("2026-06-30 08:00")
    assert found(cycle)["early_outcomes"]["n"] == 3


def test_outcomes_before_the_contact_stay_and_are_told(make_cycle):
    cycle = make_cycle(("S1", 900, 180, 300, 30))
    plain = treated(everything(cycle))["uplift"]
    cycle.contacts.loc[:4, "contacted_at"] = pd.Timestamp("2026-08-20 09:00")
    assert found(cycle) == {"before_contact": {"n": 5}}
    assert treated(everything(cycle))["uplift"] == plain


def test_a_currency_mix_has_no_figure_in_money(make_cycle):
    cycle = make_cycle(("S1", 900, 180, 300, 30), ("S2", 90, 9, 30, 3))
    cycle.outcomes["currency"] = "CNY"
    assert found(cycle) == {}
    cycle.outcomes.loc[:6, "currency"] = ["usd", "USD ", None, "", "人民币", "rmb", "hkd"]
    assert found(cycle) == {"currency_mix": {"currencies": ["CNY", "HKD", "USD"]}}
    evaluation = everything(cycle)
    assert np.isnan(treated(evaluation, "amount")["mean"])
    assert treated(evaluation)["mean"] == pytest.approx(0.2)
    other = evaluation[evaluation["strategy_id"].eq("S2") & evaluation["outcome"].eq("amount")]
    assert other["mean"].notna().all()
    # One currency throughout, and not the tables' own, can't be read as CNY either.
    cycle.outcomes["currency"] = "USD"
    assert found(cycle)["currency_mix"] == {"currencies": ["USD"]}


def test_contacted_control_customers_are_counted(make_cycle):
    cycle = make_cycle(("S1", 900, 180, 300, 30))
    held = cycle.targets[cycle.targets["arm"].eq("control")].head(7)
    extra = cycle.contacts.head(7).assign(
        contact_id=[f"x{i}" for i in range(7)], customer_id=held["customer_id"].to_numpy()
    )
    contacts = pd.concat([cycle.contacts, extra], ignore_index=True)
    values = found(cycle, contacts=contacts)
    assert values["contaminated"] == {"n": 7, "n_control": 300}
    assert "(7 of 300)" in state_caveat({"key": "contaminated", "values": json.dumps(values["contaminated"])})
    assert found(cycle, contacts=None) == {}


def test_moments_in_another_time_zone_are_read(make_cycle):
    cycle = make_cycle(("S1", 900, 180, 300, 30))
    for frame, name in ((cycle.outcomes, "recorded_at"), (cycle.contacts, "contacted_at")):
        frame[name] = frame[name].dt.tz_localize("Asia/Shanghai")
    assert found(cycle) == {}


def test_the_gravest_comes_first_and_every_one_has_its_words(make_cycle):
    cycle = make_cycle(("S1", 900, 180, 0, 0))
    cycle.outcomes.loc[0, "amount"] = 1e6
    cycle.outcomes.loc[0, "recorded_at"] = pd.Timestamp("2026-06-01")
    cycle.outcomes.loc[1, "amount"] = 1e6
    rows = find_caveats(*cycle.tables(), contacts=cycle.contacts)
    assert rows["key"].tolist() == ["no_control", "early_outcomes", "dominance"]
    for key in CAVEATS:
        for lang in ("en", "zh_CN"):
            assert f"review_evaluation.caveat.{key}" in locale.keys(lang)


def test_nothing_at_all(make_cycle):
    cycle = make_cycle()
    cycle = type(cycle)(*(frame for frame in _empty()))
    assert find_caveats(*cycle.tables(), contacts=cycle.contacts).empty


def _empty():
    from workbench.tables import CONTACTS, OUTCOMES, STRATEGIES, TARGETS

    return [STRATEGIES.empty(), TARGETS.empty(), OUTCOMES.empty(), CONTACTS.empty(), pd.DataFrame()]
