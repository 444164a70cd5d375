"""Contribution, potential, needs and tier agree with a slow computation, one customer at a time."""

import dataclasses
import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from workbench.customers import build_portrait, packaged_rules
from workbench.customers.rules import ValueMatrix
from workbench.engine import Engine
from workbench.tables import PORTRAIT

DAY = dt.date(2026, 6, 30)
PRODUCTS = ("card", "demand", "fund", "loan", "wealth")
RULES = dataclasses.replace(packaged_rules(), smallest=6, quantile=0.6)


def build(tables, folder, rules=RULES, day=DAY, **settings):
    with Engine(threads=1) as engine:
        shown = {}
        for name, frame in tables.items():
            frame.to_parquet(folder / f"{name}.parquet", index=False)
            shown[name] = engine.table(name, folder / f"{name}.parquet")
        found = engine.frame(build_portrait(shown, day, rules=rules, **settings))
    return PORTRAIT.check(found)


def bank(seed, n=150):
    """Customers in few groups, with maturities, salaries and large inflows around the day."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"{i:04d}" for i in range(n)])
    retail = rng.random(n) < 0.8
    customers = pd.DataFrame(
        {
            "customer_id": ids,
            "kind": np.where(retail, "retail", "corporate"),
            "age": np.where(retail, rng.choice([22.0, 30.0, 38.0, 47.0, 60.0, 70.0, np.nan], n), np.nan),
            "occupation": np.where(retail, rng.choice(["employee", "retired", "student"], n), None),
            "industry": np.where(retail, None, rng.choice(["software", "catering"], n)),
            "region": rng.choice(["East", "West"], n),
            "tenure": rng.choice([2.0, 20.0, 40.0, 200.0], n),
        }
    )
    ends = pd.date_range("2026-03-31", "2026-08-31", freq="ME")
    grid = pd.MultiIndex.from_product([ids, PRODUCTS, ends]).to_frame(index=False)
    grid.columns = ["customer_id", "product", "as_of"]
    holdings = grid[rng.random(len(grid)) < 0.4].copy()
    holdings["balance"] = np.round(rng.lognormal(9, 2, len(holdings)), 2)
    holdings.loc[rng.random(len(holdings)) < 0.1, "balance"] = 0.0
    due = holdings["as_of"] + pd.to_timedelta(rng.integers(-20, 200, len(holdings)), "D")
    holdings["matures_on"] = due.where(holdings["product"].isin(["fund", "wealth"]))
    k = 3_000
    moments = pd.Timestamp("2025-03-01") + pd.to_timedelta(rng.integers(0, 540 * 86_400, k), "s")
    transactions = pd.DataFrame(
        {
            "transaction_id": [f"T{i}" for i in range(k)],
            "customer_id": ids[rng.integers(0, n, k)],
            "occurred_at": moments,
            "amount": np.round(rng.normal(500, 2_000, k), 2),
            "type": rng.choice(["salary", "card", "pension"], k),
        }
    )
    events = pd.DataFrame(
        {
            "customer_id": ids[rng.integers(0, n, k)],
            "occurred_at": moments[rng.permutation(k)],
            "event_type": rng.choice(["app_login", "large_inflow"], k),
            "amount": np.round(rng.lognormal(9, 1, k), 2),
        }
    )
    return {"customers": customers, "holdings": holdings, "transactions": transactions, "events": events}


def band(value, steps):
    return -1 if value is None or math.isnan(value) else sum(value >= step for step in steps)


def slow_value(tables, rules):
    """Everything again in plain Python, by another way: lists of peers, no groups."""
    end = pd.Timestamp(DAY) + pd.Timedelta(days=1)
    now = tables["holdings"][tables["holdings"]["as_of"] == "2026-06-30"]
    t = tables["transactions"]
    year = t[(t["occurred_at"] >= "2025-07-01") & (t["occurred_at"] < end)]
    e = tables["events"]
    lately = e[(e["occurred_at"] >= end - pd.Timedelta(days=90)) & (e["occurred_at"] < end)]
    people = []
    for c in tables["customers"].to_dict("records"):
        mine = now[now["customer_id"] == c["customer_id"]]
        own = {p: float(mine.loc[mine["product"] == p, "balance"].sum()) for p in PRODUCTS}
        moved = year[year["customer_id"] == c["customer_id"]]
        fees = moved.loc[moved["type"] == "card", "amount"].abs().sum() * rules.fees["card"]
        ahead = mine[(mine["matures_on"] >= end) & (mine["balance"] > 0)]
        soon = ahead[ahead["matures_on"] < end + pd.Timedelta(days=90)]
        paid = moved[moved["type"].isin(["salary", "pension"]) & (moved["amount"] > 0)]
        days = paid["occurred_at"].dt.day.tolist()
        work = c["occupation"] if isinstance(c["occupation"], str) else c["industry"]
        inflow = lately[
            (lately["customer_id"] == c["customer_id"]) & (lately["event_type"] == "large_inflow")
        ]
        people.append(
            {
                "customer_id": c["customer_id"],
                "kind": c["kind"],
                "own": own,
                "keys": (
                    c["kind"],
                    band(c["age"], rules.age_bands),
                    work,
                    c["region"],
                    band(c["tenure"], rules.tenure_bands),
                ),
                "contribution": sum(own[p] * rules.margin(p) for p in PRODUCTS) + fees,
                "maturing_90d": soon["balance"].sum(),
                "next_maturity": ahead["matures_on"].min(),
                "income_day": min(set(days), key=lambda d: (-days.count(d), d))
                if len(days) > 1
                else math.nan,
                "large_inflow_90d": inflow["amount"].sum(),
            }
        )
    for one in people:
        for depth in (5, 3, 1):
            peers = [other for other in people if other["keys"][:depth] == one["keys"][:depth]]
            if len(peers) >= rules.smallest or depth == 1:
                break
        held = {p: np.array([other["own"][p] for other in peers]) for p in PRODUCTS}
        gaps = {
            p: max(0.0, float(np.quantile(held[p], rules.quantile)) - one["own"][p]) * rules.margin(p)
            for p in PRODUCTS
        }
        lacked = {p: float((held[p] != 0).mean()) * (one["own"][p] == 0) for p in PRODUCTS}
        one["peers"] = len(peers)
        one["potential"] = sum(gaps.values())
        best = max(PRODUCTS, key=lambda p: gaps[p])
        one["potential_product"] = best if gaps[best] >= 0.005 else None
        gap = max(PRODUCTS, key=lambda p: lacked[p])
        one["missing_product"] = gap if lacked[gap] >= rules.product_share else None
        matrix = rules.values[one["kind"]]
        row = band(round(one["contribution"], 2), matrix.contribution)
        column = band(round(one["potential"], 2), matrix.potential)
        one["tier"] = matrix.tiers[row][column]
    return pd.DataFrame(people)


@pytest.mark.parametrize("seed", range(2))
def test_agrees_with_the_slow_one(seed, tmp_path):
    tables = bank(seed)
    fast, slow = build(tables, tmp_path), slow_value(tables, RULES)
    assert fast["customer_id"].tolist() == slow["customer_id"].tolist()
    for name in ("contribution", "potential", "maturing_90d", "income_day", "large_inflow_90d"):
        np.testing.assert_allclose(fast[name], slow[name], rtol=1e-9, atol=0.0051, err_msg=name)
    for name in ("peers", "tier", "potential_product", "missing_product"):
        assert fast[name].fillna("-").tolist() == slow[name].fillna("-").tolist(), name
    pd.testing.assert_series_equal(
        fast["next_maturity"], slow["next_maturity"].astype("datetime64[us]"), check_names=False
    )
    assert fast["tier"].nunique() == 3
    assert fast["peers"].nunique() > 5
    assert set(fast["tier_basis"]) == {"contribution_potential"}


def test_the_future_changes_nothing(tmp_path):
    """What was agreed by the day may lie ahead of it; what happened later may not show."""
    tables = bank(5)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    expected = build(tables, tmp_path / "a", freshness=True)
    end = pd.Timestamp(DAY) + pd.Timedelta(days=1)
    for name, column in (("holdings", "as_of"), ("transactions", "occurred_at"), ("events", "occurred_at")):
        later = tables[name][column] >= end
        assert later.any()
        for value in ("balance", "amount"):
            if value in tables[name]:
                tables[name].loc[later, value] = 9e6
        if "matures_on" in tables[name]:
            tables[name].loc[later, "matures_on"] = pd.Timestamp("2026-07-02")
    pd.testing.assert_frame_equal(build(tables, tmp_path / "b", freshness=True), expected)


def test_freshness_is_the_newest_row_by_the_day(tmp_path):
    tables = bank(6)
    found = build(tables, tmp_path, freshness=True).set_index("customer_id")
    end = pd.Timestamp(DAY) + pd.Timedelta(days=1)
    for name, column in (("holdings", "as_of"), ("transactions", "occurred_at"), ("events", "occurred_at")):
        rows = tables[name][tables[name][column] < end]
        newest = rows.groupby("customer_id")[column].max().dt.normalize()
        expected = newest.reindex(found.index).astype("datetime64[us]")
        pd.testing.assert_series_equal(found[f"fresh_{name}"], expected, check_names=False)
    assert "fresh_feedback" not in found


def test_the_tier_follows_the_matrix(tmp_path):
    tables = bank(1)
    square = (("value", "value", "value"), ("basic", "basic", "basic"), ("strategic",) * 3)
    matrices = {kind: ValueMatrix((1.0, 2.0), (1.0, 2.0), square) for kind in ("retail", "corporate")}
    found = build(tables, tmp_path, dataclasses.replace(RULES, values=matrices))
    expected = np.select(
        [found["contribution"] >= 2, found["contribution"] >= 1], ["strategic", "basic"], "value"
    )
    assert found["tier"].tolist() == expected.tolist()


def test_without_holdings_by_product_the_balance_decides(tmp_path):
    customers = pd.DataFrame(
        {
            "customer_id": ["1", "2", "3", "4"],
            "kind": ["retail", "retail", "corporate", "retail"],
            "balance_total": [10.0, 60_000.0, 2e7, np.nan],
            "tier": ["gold", "gold", "gold", "gold"],
        }
    )
    found = build({"customers": customers}, tmp_path)
    assert found["tier"].fillna("-").tolist() == ["basic", "value", "strategic", "-"]
    assert found["tier_basis"].fillna("-").tolist() == ["balance", "balance", "balance", "-"]
    assert "contribution" not in found


def test_a_banks_own_column_does_not_pass_for_a_computed_one(tmp_path):
    customers = pd.DataFrame(
        {"customer_id": ["1"], "kind": ["retail"], "potential": ["high"], "peers": ["?"]}
    )
    assert not {"potential", "peers"} & set(build({"customers": customers}, tmp_path))


@pytest.mark.parametrize(
    ("row", "need"),
    [
        ({"age": 30.0, "occupation": "employee"}, "home_and_family"),
        ({"age": 30.0, "occupation": "student"}, "starting_out"),
        ({"age": 58.0, "occupation": "retired"}, "retirement_income"),
        ({"age": 58.0, "occupation": None}, "retirement_planning"),
        ({"age": 45.0, "occupation": None}, "wealth_building"),
        ({"age": 66.0, "occupation": "employee"}, "retirement_income"),
        ({"age": np.nan, "occupation": None}, None),
    ],
)
def test_time_of_life(row, need, tmp_path):
    customers = pd.DataFrame({"customer_id": ["1", "2"], "kind": "retail", "age": 20.0, "occupation": "x"})
    customers.loc[0, list(row)] = list(row.values())
    found = build({"customers": customers}, tmp_path)["life_need"]
    assert found.astype(object).where(found.notna(), None).tolist() == [need, "starting_out"]
