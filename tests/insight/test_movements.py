"""Features of transactions: against lifetimes, and against a plain pandas count."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.engine import Engine
from workbench.errors import ParameterProblem
from workbench.insight import summarise_transactions
from workbench.insight.movements import count_purchases, last_gaps
from workbench.insight.periods import last_period

DAY = dt.date(2026, 9, 27)  # a Sunday: the week is whole


@pytest.fixture(scope="module")
def moves() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 4_000
    days = pd.Timestamp("2024-10-01") + pd.to_timedelta(rng.integers(0, 730 * 86_400, n), unit="s")
    return pd.DataFrame(
        {
            "transaction_id": [f"T{i}" for i in range(n)],
            "customer_id": [f"{i:04d}" for i in rng.integers(0, 160, n)],
            "occurred_at": days.astype("datetime64[us]"),
            "amount": np.round(rng.normal(0, 300, n), 2),
            "type": rng.choice(["card", "payment", "salary"], n),
        }
    )


def run(moves: pd.DataFrame, folder: Path, make=summarise_transactions, *values, **options) -> pd.DataFrame:
    path = folder / "t.parquet"
    moves.to_parquet(path)
    with Engine(threads=2) as engine:
        table = engine.table("transactions", path)
        found = engine.frame(make(table, *(values or (DAY,)), **options))
    return found.set_index("customer_id").sort_index()


@pytest.mark.parametrize(("period", "freq"), [("day", "D"), ("week", "W")])
@pytest.mark.filterwarnings("ignore")
def test_purchases_are_those_of_lifetimes(moves, tmp_path, period, freq) -> None:
    lifetimes = pytest.importorskip("lifetimes.utils", reason="lifetimes counts purchases too")
    ours = run(moves, tmp_path, period=period)
    counted = moves.assign(amount=moves["amount"].abs())
    counted = counted[
        (counted["amount"] > 0) & (counted["occurred_at"] < pd.Timestamp(DAY) + pd.Timedelta("1D"))
    ]
    theirs = lifetimes.summary_data_from_transaction_data(
        counted, "customer_id", "occurred_at", "amount", observation_period_end=DAY, freq=freq
    ).sort_index()
    assert ours.index.tolist() == theirs.index.tolist()
    for column, name in (("x", "frequency"), ("t_x", "recency"), ("T", "T")):
        assert ours[column].tolist() == theirs[name].tolist()
    assert ours["m_x"].fillna(0).to_numpy() == pytest.approx(theirs["monetary_value"].to_numpy(), rel=1e-12)


def test_months_are_those_of_a_plain_count(moves, tmp_path) -> None:
    ours = run(moves, tmp_path, summarise_transactions, dt.date(2026, 8, 31), period="month")
    seen = moves[(moves["occurred_at"] < "2026-09-01") & (moves["amount"] != 0)]
    number = seen["occurred_at"].dt.year * 12 + seen["occurred_at"].dt.month
    grouped = number.groupby(seen["customer_id"])
    assert (ours["x"] + 1).tolist() == grouped.nunique().tolist()
    assert ours["t_x"].tolist() == (grouped.max() - grouped.min()).tolist()
    assert ours["T"].tolist() == (2026 * 12 + 8 - grouped.min()).tolist()


def test_twelve_months_are_those_of_a_plain_count(moves, tmp_path) -> None:
    ours = run(moves, tmp_path)
    seen = moves[(moves["occurred_at"] < "2026-09-28") & (moves["amount"] != 0)]
    recent = seen[seen["occurred_at"] >= "2025-09-28"].assign(amount=lambda t: t["amount"].abs())
    grouped = recent.groupby("customer_id")["amount"]
    last = seen.groupby("customer_id")["occurred_at"].max().dt.normalize()
    assert ours["frequency"].to_dict() == grouped.size().reindex(ours.index).fillna(0).to_dict()
    for column, plain in (
        ("monetary_value", grouped.mean()),
        ("amount_12m", grouped.sum()),
        ("largest_12m", grouped.max()),
    ):
        assert ours[column].to_numpy() == pytest.approx(
            plain.reindex(ours.index).to_numpy(), rel=1e-12, nan_ok=True
        )
    assert ours["recency"].tolist() == (pd.Timestamp(DAY) - last).dt.days.reindex(ours.index).tolist()


def test_only_whole_periods_count(moves, tmp_path) -> None:
    wednesday = run(moves, tmp_path, summarise_transactions, DAY + dt.timedelta(days=3))
    sunday = run(moves, tmp_path)
    both = sunday.index.intersection(wednesday.index)
    assert wednesday.loc[both, ["x", "t_x", "T", "m_x"]].equals(sunday.loc[both, ["x", "t_x", "T", "m_x"]])
    assert (wednesday["frequency"].sum()) != sunday["frequency"].sum()


def test_types_and_direction_choose(moves, tmp_path) -> None:
    spent = run(moves, tmp_path, types=["card"], direction="out", period="day")
    plain = moves[(moves["type"] == "card") & (moves["amount"] < 0) & (moves["occurred_at"] < "2026-09-28")]
    days = plain.groupby("customer_id")["occurred_at"].agg(lambda cells: cells.dt.date.nunique())
    assert (spent["x"] + 1).to_dict() == days.to_dict()


@pytest.mark.parametrize("years", [2, 6])
def test_a_customer_of_every_day_is_counted_whole(tmp_path, years) -> None:
    days = pd.date_range(end="2026-09-27", periods=365 * years).astype("datetime64[us]")
    rows = pd.DataFrame({"customer_id": "1", "occurred_at": days, "amount": 2.0})
    found = run(rows, tmp_path, period="day").iloc[0]
    assert found[["x", "t_x", "T"]].tolist() == [365 * years - 1] * 3
    assert (found["m_x"], found["amount_first"], found["frequency"]) == (2.0, 2.0, 365)


def test_a_holdout_counts_what_follows(moves, tmp_path) -> None:
    begin = dt.date(2026, 3, 29)
    before = run(moves, tmp_path, summarise_transactions, begin)
    later = run(moves, tmp_path, count_purchases, begin, DAY)
    whole = run(moves, tmp_path)
    both = before.index.intersection(whole.index)
    expected = (whole["x"] - before["x"]).loc[both]
    assert later["purchases"].reindex(both).fillna(0).tolist() == expected.tolist()


def test_gaps_are_the_last_two(moves, tmp_path) -> None:
    gaps = run(moves, tmp_path, last_gaps, DAY, period="day")
    for customer in gaps.index[:20]:
        mine = moves[(moves["customer_id"] == customer) & (moves["occurred_at"] < "2026-09-28")]
        days = sorted(set(mine.loc[mine["amount"] != 0, "occurred_at"].dt.normalize()))
        assert gaps.loc[customer, ["gap", "gap_before"]].tolist() == [
            (days[-1] - days[-2]).days,
            (days[-2] - days[-3]).days,
        ]


def test_what_can_not_be_counted_is_left_out(tmp_path) -> None:
    rows = pd.DataFrame(
        {
            "customer_id": ["1", "1", "1", "1", None, "2", "3"],
            "occurred_at": pd.to_datetime(["2026-09-01"] * 6 + ["2026-12-01"]).astype("datetime64[us]"),
            "amount": [5.0, float("nan"), float("inf"), 1e300, 9.0, 0.0, 4.0],
        }
    )
    found = run(rows, tmp_path, period="day")
    assert found.index.tolist() == ["1"]
    assert found["amount_first"].tolist() == [5.0]


def test_no_transactions_give_no_rows(moves, tmp_path) -> None:
    assert run(moves.head(0), tmp_path).empty


def test_threads_and_order_do_not_show(moves, tmp_path) -> None:
    shuffled = moves.sample(frac=1.0, random_state=1)
    pd.testing.assert_frame_equal(run(moves, tmp_path), run(shuffled, tmp_path))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"period": "year"}, "period can't be"),
        ({"direction": "up"}, "direction can't be"),
        ({"months": 0}, "months can't be"),
    ],
)
def test_an_unknown_choice_is_named(moves, tmp_path, options, said) -> None:
    with pytest.raises(ParameterProblem, match=said):
        run(moves, tmp_path, **options)


def test_missing_columns_are_named(moves, tmp_path) -> None:
    with pytest.raises(ParameterProblem, match="lacks amount"):
        run(moves.drop(columns="amount"), tmp_path)
    with pytest.raises(ParameterProblem, match='no column "type"'):
        run(moves.drop(columns="type"), tmp_path, types=["card"])


@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_a_period_is_over_at_its_end(period) -> None:
    from workbench.insight.periods import end_of_period

    for offset in range(400):
        day = dt.date(2025, 1, 1) + dt.timedelta(days=offset)
        number = last_period(day, period)
        assert end_of_period(number, period) <= day < end_of_period(number + 1, period)
