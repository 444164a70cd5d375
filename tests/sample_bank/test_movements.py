import numpy as np
import pandas as pd

from workbench.sample_bank.movements import MOVEMENTS, POSTED_BY
from workbench.sample_bank.structure import STAGES


def test_a_movement_lies_between_first_and_last_active_day(bank):
    days = bank.population[["number", "opened_on", "last_active"]]
    rows = bank.transactions.merge(days, on="number")
    day = rows["occurred_at"].dt.normalize()
    assert (day >= rows["opened_on"]).all()
    assert (day <= rows["last_active"]).all()
    assert rows["number"].is_monotonic_increasing
    assert (rows.groupby("number")["occurred_at"].diff().dropna() >= pd.Timedelta(0)).all()


def test_who_goes_quiet_is_last_seen_on_the_last_active_day(bank):
    quiet = bank.population[bank.population["stage"] == STAGES.index("dormant")]
    last = bank.transactions.groupby("number")["occurred_at"].max().dt.normalize()
    assert (last.reindex(quiet["number"]).to_numpy() == quiet["last_active"].to_numpy()).all()


def test_a_salary_comes_once_a_month_on_one_day_from_the_employer(bank):
    pay = bank.transactions[bank.transactions["type"] == MOVEMENTS.index("salary")]
    assert len(pay) > 20_000
    assert (pay["amount"] > 0).all()
    assert (pay["channel"] == POSTED_BY.index("system")).all()
    month = pay["occurred_at"].dt.to_period("M")
    assert not pd.concat([pay["number"], month], axis=1).duplicated().any()
    assert (pay["occurred_at"].dt.day.groupby(pay["number"]).nunique() == 1).all()
    employer = bank.population.set_index("number")["employer"]
    assert (pay["counterparty"].to_numpy() == employer[pay["number"]].to_numpy()).all()
    january = pay[pay["occurred_at"].dt.month == 1].groupby("number")["amount"].max()
    rest = pay[pay["occurred_at"].dt.month != 1].groupby("number")["amount"].max()
    assert (january == 2 * rest.reindex(january.index)).mean() > 0.95


def test_only_what_should_leave_leaves(bank):
    by_type = bank.transactions.groupby("type")["amount"]
    assert by_type.max()[MOVEMENTS.index("card")] < 0
    assert by_type.max()[MOVEMENTS.index("payment")] < 0
    assert by_type.min()[MOVEMENTS.index("pension")] > 0


def test_the_extract_stays_workable(bank):
    assert len(bank.transactions) / len(bank.population) < 30


def test_behaviour_changes_with_the_segment(bank):
    population = bank.population.set_index("number")
    moved = population[(population["segment"] == 4) & (population["segment_before"] == 2)]
    rows = bank.transactions[bank.transactions["number"].isin(moved.index)]
    late = (rows["occurred_at"] >= "2026-07-01").sum() / 3
    early = rows["occurred_at"].between("2026-01-01", "2026-06-30").sum() / 6
    assert len(moved) > 30
    assert late < 0.5 * early
    assert np.isfinite(early)


def test_segments_move_money_in_their_own_ways(bank):
    rows = bank.transactions[bank.transactions["type"] == MOVEMENTS.index("transfer")]
    segment = bank.population.set_index("number")["segment"].reindex(rows["number"]).to_numpy()
    share = pd.crosstab(segment, rows["channel"].to_numpy(), normalize="index")
    branch, app, online = (POSTED_BY.index(way) for way in ("branch", "app", "online"))
    assert share.loc[0, branch] > 0.5 > share.loc[2, branch]
    assert share.loc[2, app] > 0.5 > share.loc[0, app]
    assert share.loc[5, online] > 0.5 > share.loc[2, online]
    card = bank.transactions[bank.transactions["type"] == MOVEMENTS.index("card")]
    assert set(card["channel"]) == {POSTED_BY.index("card")}
    cash = bank.transactions[bank.transactions["type"] == MOVEMENTS.index("cash")]
    assert set(cash["channel"]) == {branch, POSTED_BY.index("atm")}
