"""What is left out of the features, and why."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import workbench as wb
from workbench.insight.preparation import reason_text


@pytest.fixture
def features() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    age = rng.normal(40, 10, 500)
    return pd.DataFrame(
        {
            "age": age,
            "tenure": rng.gamma(2, 20, 500),
            "age_in_days": -365.25 * age + 3,
            "country": 1.0,
            "rare": (np.arange(500) < 3).astype(float),
            "account_no": np.arange(500.0) + 9000,
            "tier=basic": rng.integers(0, 2, 500).astype(float),
            "duration": rng.normal(size=500),
            "outcome": rng.normal(size=500),
            "holes": np.where(np.arange(500) < 7, np.nan, age),
            "wide": np.where(np.arange(500) == 3, np.inf, age),
            "sex=F": (age > 40).astype(float),
            "sex=M": (age <= 40).astype(float),
            "job": "clerk",
        }
    )


def test_each_column_left_out_has_its_reason(features):
    prepared = wb.prepare_features(features, after_contact=["history.duration"], leaking=["outcome"])
    assert list(prepared.features) == ["age", "tenure", "sex=F", "sex=M"]
    reasons = prepared.excluded.set_index("feature")
    assert reasons["reason"].to_dict() == {
        "age_in_days": "duplicate",
        "country": "constant",
        "rare": "near_constant",
        "account_no": "identifier",
        "tier=basic": "derived",
        "duration": "after_contact",
        "outcome": "derived",
        "holes": "not_finite",
        "wide": "not_finite",
        "job": "not_a_number",
    }
    assert reasons.at["rare", "value"] == pytest.approx(0.994)
    assert reasons.at["holes", "value"] == 7
    assert reasons.at["age_in_days", "other"] == "age"
    assert reasons.at["age_in_days", "value"] == pytest.approx(-1)


def test_every_reason_is_a_sentence_in_both_languages(features):
    prepared = wb.prepare_features(features, after_contact=["duration"])
    english, chinese = prepared.reasons("en"), prepared.reasons("zh_CN")
    assert [name for name, _ in english] == [name for name, _ in chinese]
    assert all(text.endswith(".") for _, text in english)
    assert all(text.endswith("。") for _, text in chinese)
    assert reason_text("duplicate", -1.0, "age", "zh_CN").startswith("它与“年龄”")


def test_shape_of_the_features_is_that_of_scipy(features):
    notes = wb.prepare_features(features).notes.set_index("feature")
    for name in ("age", "tenure"):
        assert notes.at[name, "skewness"] == pytest.approx(stats.skew(features[name]))
        low, high = np.quantile(features[name], [0.01, 0.99])
        assert (notes.at[name, "low"], notes.at[name, "high"]) == (low, high)
    quarter, three = np.quantile(features["tenure"], [0.25, 0.75])
    far = features["tenure"] > three + 3 * (three - quarter)
    assert notes.at["tenure", "outlier_share"] == pytest.approx(far.mean())


def test_two_thousand_columns_take_little_time_and_are_called_too_many():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(1_500, 1_990))
    table = pd.DataFrame(
        np.column_stack([values, values[:, :10] * 2]), columns=[f"x{i}" for i in range(2_000)]
    )
    begin = time.perf_counter()
    prepared = wb.prepare_features(table)
    assert time.perf_counter() - begin < 10
    assert prepared.features.shape[1] == 1_990
    assert prepared.excluded["reason"].tolist() == ["duplicate"] * 10
    assert prepared.warnings == ("too_many_features",)
    assert "1990 features are many for 1500" in prepared.warning_texts()[0]


def test_two_thousand_columns_with_notes_are_prepared_and_clustered_in_reasonable_time():
    values = np.random.default_rng(1).normal(size=(300, 2_000))
    table = pd.DataFrame(values, columns=[f"x{i}" for i in range(2_000)])
    table.insert(0, "customer_id", [f"{i:04d}" for i in range(300)])
    begin = time.perf_counter()
    prepared = wb.prepare_features(wb.build_features(table))
    wb.Segmenter(3, algorithm="hierarchical").fit(prepared.features)
    assert time.perf_counter() - begin < 12


def test_nobody_one_customer_and_all_constant():
    nobody = wb.prepare_features(pd.DataFrame({"age": pd.Series(dtype=float)}))
    assert nobody.warnings == ("few_customers",)
    one = wb.prepare_features(pd.DataFrame({"age": [30.0]}))
    assert one.warnings == ("few_customers",)
    constant = wb.prepare_features(pd.DataFrame({"age": [30.0] * 50, "tenure": [1.0] * 50}))
    assert constant.features.shape == (50, 0)
    assert constant.warnings == ("no_features",)
    assert set(constant.excluded["reason"]) == {"constant"}


def test_the_notes_of_the_features_stay():
    customers = pd.DataFrame(
        {
            "customer_id": [f"{i}" for i in range(60)],
            "age": np.random.default_rng(0).normal(size=60),
            "gender": ["F"] * 60,
        }
    )
    prepared = wb.prepare_features(wb.insight.build_features(customers))
    assert wb.insight.describe_features(prepared.features)["feature"].tolist() == [
        "age",
        "customer_id",
        "gender",
    ]
    assert dict(prepared.reasons()).keys() == {"customer_id", "gender"}
