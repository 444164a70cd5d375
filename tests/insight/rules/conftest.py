"""Customers with everything that data can lack, and random rules about them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from workbench.insight import AllOf, AnyOf, Condition, Not
from workbench.insight.rules.expression import Expression

REGIONS = ["North", "South", "East", "ns'; DROP TABLE", "<b>West</b>"]


@pytest.fixture(scope="session")
def people() -> pd.DataFrame:
    """Return 400 customers; every column lacks some cells, and some numbers are infinite."""
    rng = np.random.default_rng(5)
    n = 400

    def holes(cells: np.ndarray) -> pd.Series:
        return pd.Series(cells).where(rng.random(n) > 0.15)

    amounts = rng.lognormal(8, 2, n).round(2)
    amounts[:3] = [np.inf, -np.inf, 0.0]
    total = holes(amounts.clip(0, 1e9))
    total.iloc[5:9] = 0.0
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D")
    return pd.DataFrame(
        {
            "customer_id": [f"{i:04d}" for i in range(n)],
            "age": holes(rng.integers(18, 90, n).astype("float64")),
            "balance_total": total,
            "balance_fund": holes(rng.lognormal(7, 2, n).round(2)),
            "inflow_12m": holes(amounts),
            "product_count": rng.integers(1, 6, n),
            "region": holes(rng.choice(REGIONS, n)).astype("str"),
            "consent": holes(rng.random(n) < 0.5).astype("boolean"),
            "last_seen": pd.Series(days + pd.to_timedelta(rng.integers(0, 86_400, n), unit="s"))
            .where(rng.random(n) > 0.1)
            .astype("datetime64[us]"),
        }
    )


def random_condition(rng: np.random.Generator) -> Condition:
    """Return a condition of any kind."""
    kind = rng.integers(0, 9)
    number = ["age", "balance_total", "inflow_12m", "product_count", "share_fund"][rng.integers(0, 5)]
    level = {"age": 50, "product_count": 3, "share_fund": 0.4}.get(number, 3_000)
    low, high = sorted((rng.random(2) * 2 * level).round(2).tolist())
    if kind <= 3:
        return Condition(number, ["<", "<=", ">", ">="][kind], low)
    if kind == 4:
        return Condition(number, "between", (low, high))
    if kind == 5:
        name = ["age", "region", "consent", "last_seen", "share_fund"][rng.integers(0, 5)]
        return Condition(name, "is_missing")
    if kind == 6:
        chosen = rng.choice([*REGIONS, "Nowhere"], rng.integers(1, 4), replace=False).tolist()
        operator = ["is", "is_not", "in"][rng.integers(0, 3)]
        return Condition("region", operator, chosen if operator == "in" else chosen[0])
    if kind == 7:
        return Condition("consent", "is", bool(rng.integers(0, 2)))
    day = dt.date(2026, 1, 1) + dt.timedelta(days=int(rng.integers(0, 300)))
    return Condition("last_seen", ["before", "after"][rng.integers(0, 2)], day)


def random_expression(rng: np.random.Generator, depth: int = 3) -> Expression:
    """Return a tree of conditions."""
    if depth == 0 or rng.random() < 0.3:
        return random_condition(rng)
    if rng.random() < 0.25:
        return Not(random_expression(rng, depth - 1))
    parts = [random_expression(rng, depth - 1) for _ in range(rng.integers(1, 4))]
    return AllOf(*parts) if rng.random() < 0.5 else AnyOf(*parts)
