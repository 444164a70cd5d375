"""Segments summed up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.tables import LIFECYCLE_STAGES


@pytest.fixture
def customers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d", "e"],
            "kind": ["retail"] * 4 + ["corporate"],
            "age": [20.0, np.nan, 60, 70, np.nan],
            "balance_total": [10.0, 20, 70, np.nan, 1e9],
            "lifecycle_stage": ["decline", "mature", "lost", None, "mature"],
            "consent": pd.array([True, None, True, True, True], dtype="boolean"),
            "do_not_contact": pd.array([False, False, True, None, False], dtype="boolean"),
        }
    )


@pytest.fixture
def membership() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["d", "c", "b", "a"],
            "cluster": [1, 1, 0, 0],
            "segment": ["Old", "Old", "Young", "Young"],
        }
    )


def test_summary(customers, membership):
    summary = wb.summarise_segments(customers, membership).set_index("segment")
    assert summary.index.tolist() == ["Young", "Old"]
    assert summary["n"].tolist() == [2, 2]
    assert summary["share_customers"].tolist() == [0.5, 0.5]
    assert summary["balance_total"].tolist() == [30, 70]
    assert summary["share_balance"].tolist() == [0.3, 0.7]
    assert summary["mean_balance"].tolist() == [15, 70]
    assert summary["mean_age"].tolist() == [20, 65]
    assert summary["share_in_decline"].tolist() == [0.5, 0.0]
    assert summary["share_dormant"].tolist() == [0.0, 1.0]
    assert summary["share_contactable"].tolist() == [0.5, 0.5]
    assert summary["mean_satisfaction"].isna().all()


def test_a_bare_table_gives_missing_figures(customers, membership):
    summary = wb.summarise_segments(customers[["customer_id"]], membership)
    assert summary["n"].tolist() == [2, 2]
    assert summary.drop(columns=["segment", "cluster", "n", "share_customers"]).isna().all().all()


def test_lifecycle_counts_add_up(customers, membership):
    counts = wb.count_by_lifecycle(customers, membership)
    assert counts["lifecycle_stage"].unique().tolist() == [*LIFECYCLE_STAGES, "unknown"]
    assert len(counts) == 2 * 8
    assert counts["n"].sum() == 4
    assert counts["balance"].sum() == 100
    found = counts[counts["n"] > 0].set_index(["segment", "lifecycle_stage"])["n"].to_dict()
    assert found == {
        ("Young", "decline"): 1,
        ("Young", "mature"): 1,
        ("Old", "lost"): 1,
        ("Old", "unknown"): 1,
    }
    known = wb.count_by_lifecycle(customers, membership.iloc[1:])
    assert "unknown" not in set(known["lifecycle_stage"])


def test_what_is_refused(customers, membership):
    with pytest.raises(ParameterProblem, match="repeat"):
        wb.summarise_segments(pd.concat([customers, customers]), membership)
    with pytest.raises(ParameterProblem, match="1 members"):
        wb.count_by_lifecycle(customers.iloc[1:], membership)
