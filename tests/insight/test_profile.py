"""Profiles against scipy and statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.insight.profile import holm


@pytest.fixture
def labels() -> np.ndarray:
    return np.random.default_rng(0).choice(3, 300, p=[0.6, 0.3, 0.1])


@pytest.fixture
def features(labels) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "age": 40 + 3 * labels + rng.normal(0, 1 + labels, 300),
            "tenure": rng.exponential(20, 300),
            "housing": (rng.random(300) < 0.3).astype(float),
        },
        index=pd.Index([f"{i:04d}" for i in range(300)], name="customer_id"),
    )


def test_against_scipy_and_statsmodels(features, labels):
    profile = wb.profile_clusters(features, labels)
    raw = []
    for row in profile.itertuples():
        inside, others = (
            features[row.feature][labels == row.cluster],
            features[row.feature][labels != row.cluster],
        )
        assert row.mean == pytest.approx(inside.mean())
        assert row.mean_others == pytest.approx(others.mean())
        n, m = len(inside), len(others)
        pooled = np.sqrt(((n - 1) * inside.var() + (m - 1) * others.var()) / (n + m - 2))
        assert row.difference == pytest.approx((inside.mean() - others.mean()) / pooled)
        raw.append(stats.ttest_ind(inside, others, equal_var=False).pvalue)
    expected = multipletests(raw, method="holm")[1]
    assert profile["p_value"].to_numpy() == pytest.approx(expected)


def test_the_largest_difference_stands_first(features, labels):
    profile = wb.profile_clusters(features, labels)
    for _, part in profile.groupby("cluster"):
        assert part["difference"].abs().is_monotonic_decreasing
    assert profile["cluster"].is_monotonic_increasing


@pytest.mark.parametrize("seed", range(5))
def test_holm_equals_statsmodels(seed):
    p_values = np.random.default_rng(seed).random(40) ** 3
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_holm_keeps_missing_ones():
    assert holm(np.array([np.nan, 0.02])) == pytest.approx([np.nan, 0.02], nan_ok=True)


def test_means_of_the_portrait(labels):
    rng = np.random.default_rng(2)
    customers = pd.DataFrame(
        {
            "customer_id": [f"{i:04d}" for i in range(300)],
            "age": rng.normal(40, 5, 300),
            "balance_total": rng.lognormal(9, 1, 300),
            "balance_change_3m": np.append(rng.normal(0, 0.1, 299), 50.0),
        }
    )
    customers.loc[0, "balance_total"] = np.nan
    features = wb.build_features(customers)
    bare = wb.profile_clusters(features, labels).set_index(["cluster", "feature"])
    shuffled = customers.sample(frac=1, random_state=0)
    full = wb.profile_clusters(features, labels, customers=shuffled).set_index(["cluster", "feature"])
    expected = customers.loc[labels == 0, "balance_total"].mean()
    assert full.loc[(0, "balance_total"), "mean"] == pytest.approx(expected)
    own = labels[299]
    assert full.loc[(own, "balance_change_3m"), "mean"] > bare.loc[(own, "balance_change_3m"), "mean"]
    assert bare.loc[(0, "balance_total"), "mean"] < 15
    pd.testing.assert_series_equal(full["difference"], bare["difference"])
    features.attrs = {}
    forgotten = wb.profile_clusters(features, labels, customers=customers).set_index(["cluster", "feature"])
    assert forgotten.loc[(0, "balance_total"), "mean"] == pytest.approx(expected)


def test_a_series_is_matched_by_its_index(features, labels):
    series = pd.Series(labels, index=features.index).sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(
        wb.profile_clusters(features, series), wb.profile_clusters(features, labels)
    )


def test_features_without_spread():
    features = pd.DataFrame({"flag": [1.0, 1, 0, 0, 0], "same": [2.0] * 5})
    profile = wb.profile_clusters(features, [0, 0, 1, 1, 1]).set_index(["cluster", "feature"])
    assert profile.loc[(0, "flag"), "difference"] > 1
    assert profile.loc[(0, "flag"), "p_value"] == 0
    assert profile.loc[(0, "same"), "difference"] == 0
    assert profile.loc[(0, "same"), "p_value"] == 1


def test_one_cluster_and_one_customer(features):
    whole = wb.profile_clusters(features, np.zeros(300, dtype=int))
    assert whole["mean_others"].isna().all()
    assert whole["difference"].isna().all()
    alone = wb.profile_clusters(features, np.r_[1, np.zeros(299, dtype=int)])
    assert alone["p_value"].isna().all()
    assert alone["difference"].notna().all()


@pytest.mark.parametrize("given", [[0, 1], np.full(300, np.nan), pd.Series(np.zeros(300), index=range(300))])
def test_labels_that_do_not_fit(features, given):
    with pytest.raises(ParameterProblem, match="300 customers"):
        wb.profile_clusters(features, given)
