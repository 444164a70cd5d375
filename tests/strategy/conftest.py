"""A small bank of six segments, made up for the strategy tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from workbench.tables import LIFECYCLE_STAGES, MEMBERSHIP, PORTRAIT

SEGMENTS = ("Retirees", "Affluent", "Payroll", "Owners", "Sleepers", "New", "Companies")
# age, balance, time deposits, funds, loans, app logins, inflow, tenure
SHAPE = {
    "Retirees": (68, 4e5, 0.7, 0.05, 0.0, 1, 6e4, 200),
    "Affluent": (48, 2e6, 0.2, 0.5, 0.0, 10, 3e5, 150),
    "Payroll": (29, 5e4, 0.05, 0.1, 0.02, 25, 2e5, 40),
    "Owners": (44, 3e5, 0.05, 0.05, 0.5, 12, 2e6, 90),
    "Sleepers": (52, 8e3, 0.1, 0.0, 0.0, 0, 1e3, 120),
    "New": (35, 2e4, 0.1, 0.05, 0.0, 8, 5e4, 3),
    "Companies": (np.nan, 5e6, 0.1, 0.0, 0.3, 5, 2e7, 80),
}
STAGES = {
    "Retirees": (0, 0, 0.1, 0.6, 0.3, 0, 0),
    "Affluent": (0, 0, 0.3, 0.6, 0.1, 0, 0),
    "Payroll": (0, 0.1, 0.6, 0.3, 0, 0, 0),
    "Owners": (0, 0.1, 0.4, 0.4, 0.1, 0, 0),
    "Sleepers": (0, 0, 0, 0.1, 0.1, 0.6, 0.2),
    "New": (0.4, 0.6, 0, 0, 0, 0, 0),
    "Companies": (0, 0.1, 0.4, 0.4, 0.1, 0, 0),
}


@dataclass(frozen=True)
class Bank:
    customers: pd.DataFrame
    membership: pd.DataFrame


def make_bank(n: int, seed: int = 0) -> Bank:
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, len(SEGMENTS), n)
    segment = np.array(SEGMENTS)[cluster]
    shape = np.array([SHAPE[name] for name in segment], dtype="float64")
    balance = shape[:, 1] * rng.lognormal(0, 0.5, n)
    ids = [f"{number:010d}" for number in rng.permutation(n) + 1]
    stage = [LIFECYCLE_STAGES[rng.choice(7, p=STAGES[name])] for name in segment]
    customers = pd.DataFrame(
        {
            "customer_id": ids,
            "snapshot_date": pd.Series([pd.Timestamp("2026-09-30")] * n, dtype="datetime64[us]"),
            "kind": np.where(segment == "Companies", "corporate", "retail"),
            "age": shape[:, 0] + rng.normal(0, 5, n),
            "consent": pd.Series(rng.choice([True, False, None], n, p=[0.85, 0.1, 0.05])).astype("boolean"),
            "do_not_contact": rng.random(n) < 0.08,
            "tenure": shape[:, 7] * rng.uniform(0.5, 1.5, n),
            "lifecycle_stage": stage,
            "balance_total": balance,
            "balance_time_deposit": balance * shape[:, 2],
            "balance_fund": balance * shape[:, 3],
            "balance_loan": balance * shape[:, 4],
            "app_logins_90d": rng.poisson(shape[:, 5]).astype(float),
            "branch_visits_90d": rng.poisson(1.0, n).astype(float),
            "inflow_12m": shape[:, 6] * rng.lognormal(0, 0.5, n),
            "salary_share": np.where(segment == "Payroll", 0.7, 0.1),
            "occupation": np.where(segment == "Owners", "self_employed", "unknown"),
            "satisfaction": np.where(rng.random(n) < 0.3, rng.integers(0, 11, n), np.nan),
        }
    )
    membership = pd.DataFrame({"customer_id": ids, "cluster": cluster, "segment": segment})
    return Bank(PORTRAIT.check(customers), MEMBERSHIP.check(membership))


@pytest.fixture(scope="session")
def bank() -> Bank:
    return make_bank(3000)


@pytest.fixture(scope="session")
def large_bank() -> Bank:
    return make_bank(20_000, seed=1)
