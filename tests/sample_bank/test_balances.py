import numpy as np
import pandas as pd

from workbench.sample_bank.balances import month_ends
from workbench.sample_bank.structure import PRODUCTS, RETAIL, STAGES

LAST = np.datetime64("2026-09-30")


def assets(bank, month):
    rows = bank.balances.holdings
    rows = rows[(rows["month"] == month) & (rows["product"] < 5)]
    return rows.groupby("number")["balance"].sum().reindex(bank.population["number"])


def test_month_ends_end_with_the_last_day():
    ends = month_ends(LAST, 24)
    assert ends[-1] == LAST
    expected = pd.date_range("2024-10-31", "2026-09-30", freq="ME").to_numpy()
    assert (ends == expected.astype("datetime64[D]")).all()


def test_no_balance_before_the_first_day(bank):
    ends = month_ends(LAST, 24)
    rows = bank.balances.holdings.merge(bank.population[["number", "opened_on"]], on="number")
    assert (ends[rows["month"]] >= rows["opened_on"].to_numpy()).all()
    assert (rows["balance"] > 0).all()
    assert not rows.duplicated(["number", "product", "month"]).any()


def test_stages_show_in_three_months_change(bank):
    change = assets(bank, 23) / assets(bank, 20) - 1
    stage = np.array(STAGES)[bank.population["stage"]]
    by_stage = change.groupby(stage)
    assert 0.10 < by_stage.median()["growth"] < 0.30
    assert -0.45 < by_stage.median()["decline"] < -0.20
    assert abs(by_stage.median()["mature"]) < 0.03
    assert (change[stage == "decline"] < -0.1).mean() > 0.95
    assert (change[stage == "growth"] > 0.05).mean() > 0.95


def test_time_deposits_mature_after_the_month_they_are_shown_in(bank):
    ends = month_ends(LAST, 24)
    rows = bank.balances.holdings
    deposits = rows[rows["product"] == PRODUCTS.index("time_deposit")]
    assert (deposits["matures_on"].to_numpy() > ends[deposits["month"]]).all()
    others = rows[rows["product"] != PRODUCTS.index("time_deposit")]
    assert others["matures_on"].isna().all()


def test_a_maturity_is_the_day_the_deposit_promised(bank):
    deposits = bank.balances.holdings.dropna(subset="matures_on")
    promised = set(zip(deposits["number"], deposits["matures_on"], strict=True))
    due = bank.balances.maturities
    assert len(due) > 1_000
    days = pd.to_datetime(due["day"])
    assert set(zip(due["number"], days, strict=True)) <= promised


def test_large_inflows_lift_the_balance(bank):
    inflows = bank.balances.inflows
    assert len(inflows) > 300
    assert (inflows["amount"] > 0).all()
    ends = month_ends(LAST, 24)
    month = np.searchsorted(ends, inflows["day"].to_numpy().astype("datetime64[D]"))
    keep = (month > 0) & (month < 24)
    total = bank.balances.holdings[bank.balances.holdings["product"] < 5]
    total = total.groupby(["number", "month"])["balance"].sum()
    number = inflows["number"].to_numpy()[keep]
    after = total.reindex(zip(number, month[keep], strict=True)).to_numpy()
    before = total.reindex(zip(number, month[keep] - 1, strict=True)).to_numpy()
    both = ~np.isnan(before)
    assert np.mean(after[both] > before[both]) > 0.9


def test_segments_hold_the_planted_shares_of_balances(bank):
    total = assets(bank, 23).fillna(0)
    segment = bank.population.set_index("number")["segment"]
    retail = total[segment < len(RETAIL)]
    share = retail.groupby(segment).sum() / retail.sum()
    planted = {0: 0.30, 1: 0.28, 2: 0.14, 3: 0.12, 4: 0.11, 5: 0.04}
    for code, value in planted.items():
        assert abs(share[code] - value) < 0.035
