"""The daily line ends where the evaluation stands."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.review import evaluate_strategies, track_uplift


def test_last_day_is_the_evaluation(make_cycle):
    cycle = make_cycle(("S1", 900, 270, 100, 10), ("S2", 450, 60, 50, 5))
    days = track_uplift(*cycle.tables(), contacts=cycle.contacts)
    evaluation = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    treated = evaluation[evaluation["arm"].eq("treatment") & evaluation["outcome"].eq("responded")]
    last = days.groupby("strategy_id").last()
    for row in treated.itertuples():
        for name in ("uplift", "ci_low", "ci_high"):
            assert last.at[row.strategy_id, name] == pytest.approx(getattr(row, name))
    assert (days["interval"] == "fixed_horizon").all()
    assert days.groupby("strategy_id")["day"].max().tolist() == [30, 30]
    assert days["date"].iloc[0] == pd.Timestamp("2026-07-01")


def test_each_day_counts_what_was_known_by_then(make_cycle):
    cycle = make_cycle(("S1", 100, 60, 50, 30))
    day_10 = track_uplift(*cycle.tables()).iloc[9]
    known = cycle.outcomes[cycle.outcomes["recorded_at"] < pd.Timestamp("2026-07-11")]["customer_id"]
    arms = cycle.targets.set_index("customer_id").loc[known, "arm"].value_counts()
    assert day_10["treatment"] == pytest.approx(arms["treatment"] / 100)
    assert day_10["control"] == pytest.approx(arms["control"] / 50)


def test_silent_strategies_have_no_line(make_cycle):
    cycle = make_cycle(("S1", 90, 0, 10, 0), ("S2", 90, 9, 10, 1), contacted={"S1": 0})
    days = track_uplift(*cycle.tables(), contacts=cycle.contacts)
    assert days["strategy_id"].unique().tolist() == ["S2"]


def test_answers_before_the_first_day_are_left_out(make_cycle):
    cycle = make_cycle(("S1", 100, 60, 50, 30))
    early = cycle.outcomes.assign(recorded_at=cycle.outcomes["recorded_at"] - pd.Timedelta(days=40))
    late = early.iloc[:1].assign(outcome_id="late", recorded_at=pd.Timestamp("2026-07-03"))
    days = track_uplift(cycle.targets, pd.concat([early, late]), cycle.strategies)
    assert days["treatment"].tolist() == pytest.approx([0.0, 0.0, 0.01])
    # Where somebody was contacted before the card's day, the list had begun.
    began = cycle.contacts.assign(contacted_at=cycle.contacts["contacted_at"] - pd.Timedelta(days=40))
    days = track_uplift(cycle.targets, pd.concat([early, late]), cycle.strategies, contacts=began)
    assert days["treatment"].tolist() == pytest.approx([0.6] * 3)


def test_a_card_without_dates_starts_with_its_first_answer(make_cycle):
    cycle = make_cycle(("S1", 100, 60, 50, 30), S1={"starts_on": pd.NaT, "ends_on": pd.NaT})
    cycle.strategies = cycle.strategies.astype({"starts_on": "datetime64[us]", "ends_on": "datetime64[us]"})
    assert len(track_uplift(*cycle.tables())) == 30
