from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from statsmodels.stats.proportion import proportion_confint

from workbench.strategy.propensity import measures
from workbench.strategy.propensity.encoding import Encoder
from workbench.strategy.propensity.leakage import explain_refusals, refuse_columns, single_auc


@pytest.fixture(scope="module")
def predicted() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    chance = rng.beta(2, 8, 5000).round(2)
    return (rng.random(5000) < chance).astype(float), chance


def test_auc_and_brier_equal_scikit_learn(predicted) -> None:
    assert measures.rank_auc(*predicted) == pytest.approx(metrics.roc_auc_score(*predicted))
    assert measures.brier_score(*predicted) == pytest.approx(metrics.brier_score_loss(*predicted))
    assert np.isnan(measures.rank_auc([1, 1], [0.2, 0.3]))


def test_auc_interval_against_resampling() -> None:
    rng = np.random.default_rng(4)
    chance = rng.beta(2, 6, 400).round(2)
    responded = (rng.random(400) < chance).astype(float)
    low, high = measures.auc_interval(responded, chance)
    draws = [rng.integers(0, 400, 400) for _ in range(1500)]
    aucs = [measures.rank_auc(responded[draw], chance[draw]) for draw in draws]
    assert (low, high) == pytest.approx(tuple(np.quantile(aucs, [0.025, 0.975])), abs=0.015)
    assert np.isnan(measures.auc_interval([1, 0, 0], [0.5, 0.2, 0.1])).all()


def test_lift_area_equals_the_area_under_the_gains_curve(predicted) -> None:
    responded, chance = predicted
    grouped = pd.DataFrame({"y": responded, "p": chance}).groupby("p")["y"].agg(["size", "sum"])
    ordered = grouped.sort_index(ascending=False).cumsum() / [len(responded), responded.sum()]
    across = np.concatenate([[0], ordered["size"]])
    up = np.concatenate([[0], ordered["sum"]])
    area = float(np.trapezoid(up, across))
    assert measures.cumulative_lift_area(responded, chance) == pytest.approx(area)


def test_top_lift_counts_ties_with_their_mean() -> None:
    assert measures.top_lift([1, 0, 0, 0, 1, 0, 0, 0, 0, 0], [0.9] + [0.5] * 9, share=0.1) == 5.0
    # All tied: no better than chance.
    assert measures.top_lift([1, 0, 0, 1], [0.5] * 4, share=0.5) == 1.0
    assert np.isnan(measures.top_lift([0, 0], [0.1, 0.2]))


def test_wilson_equals_statsmodels() -> None:
    for k, n in ((0, 10), (3, 10), (10, 10), (500, 5000)):
        low, high = measures.wilson_interval(k, n)
        assert (low, high) == pytest.approx(proportion_confint(k, n, method="wilson"))
    assert np.isnan(measures.wilson_interval(0, 0)).all()


def test_reliability_bins_hold_everyone_once(predicted) -> None:
    responded, chance = predicted
    table = measures.reliability_table(responded, chance)
    assert table["bin"].tolist() == list(range(1, 11))
    assert table["n"].sum() == 5000
    assert table["n"].between(300, 700).all()
    assert (table["n"] * table["mean_predicted"]).sum() == pytest.approx(chance.sum())
    assert (table["n"] * table["observed"]).sum() == pytest.approx(responded.sum())
    inside = (table["ci_low"] <= table["mean_predicted"]) & (table["mean_predicted"] <= table["ci_high"])
    assert inside.sum() >= 8
    assert table["mean_predicted"].is_monotonic_increasing
    assert len(measures.reliability_table([0, 1, 1], [0.2, 0.2, 0.2])) == 1


@pytest.mark.parametrize(
    "name, cause",
    [
        ("duration", "after_contact"),
        ("call_duration", "after_contact"),
        ("talk_time", "after_contact"),
        ("Outcome", "after_contact"),
        ("disposition", "after_contact"),
        ("通话时长", "after_contact"),
        ("poutcome", None),
        ("previous_outcome", None),
        ("last_response_days", None),
        ("loan", None),
        ("name", "personal_data"),
        ("phone", "personal_data"),
        ("employer_id", "identifier"),
        ("manager_code", "excluded"),
    ],
)
def test_names_that_say_why(name, cause) -> None:
    frame = pd.DataFrame({name: [1.0, 2.0, 2.0, 1.0] * 10})
    refused = refuse_columns(frame, pd.Series([True, False, True, False] * 10), exclude=["manager_code"])
    assert refused["cause"].tolist() == ([] if cause is None else [cause])


def test_causes_read_from_the_cells() -> None:
    n = 400
    rng = np.random.default_rng(1)
    responded = pd.Series(rng.random(n) < 0.3)
    frame = pd.DataFrame(
        {
            "same": 1,
            "day": pd.Timestamp("2026-01-01"),
            "street": [f"Street {i}" for i in range(n)],
            "echo": np.where(responded, 5.0, 1.0) + rng.normal(0, 0.1, n),
            "backwards": -np.where(responded, 5.0, 1.0),
            "gap": pd.Series(1.0, index=range(n)).where(responded),
            "word": np.where(responded, "won", "open"),
            "noise": rng.normal(0, 1, n),
            "flag": rng.random(n) < 0.5,
        }
    )
    refused = refuse_columns(frame, responded).set_index("column")
    assert refused["cause"].to_dict() == {
        "same": "constant",
        "day": "date",
        "street": "too_many_values",
        "echo": "leaks",
        "backwards": "leaks",
        "gap": "leaks",
        "word": "leaks",
    }
    assert refused.loc["echo", "figure"] == 1.0
    assert "400" in refused.loc["street", "reason"]
    chinese = explain_refusals(refused.reset_index(), "zh_CN")
    assert chinese["reason"].str.contains("“").all()


def test_single_auc_against_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    responded = pd.Series(rng.random(500) < 0.4)
    values = pd.Series(rng.normal(0, 1, 500) - responded)
    expected = metrics.roc_auc_score(responded, -values)
    assert single_auc(values, responded) == pytest.approx(expected)


def test_encoder_learns_from_training_rows_alone() -> None:
    train = pd.DataFrame(
        {"x": [1.0, 2.0, np.nan, 3.0], "flag": [True, False, True, True], "job": ["a", "b", "a", None]}
    )
    encoder = Encoder().fit(train)
    assert encoder.feature_names_ == ["x", "x missing", "flag", "job=", "job=a", "job=b"]
    numbers = encoder.transform(train)
    assert numbers[:, 0].mean() == pytest.approx(0)
    assert numbers[:, 0].std() == pytest.approx(1)
    new = encoder.transform(pd.DataFrame({"x": [np.nan], "flag": [None], "job": ["c"]}))
    assert new[0, 1] == 1
    assert new[0, 3:].sum() == 0
    assert np.isfinite(new).all()


def test_encoder_takes_the_logarithm_of_skewed_numbers_only() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"money": rng.lognormal(8, 2, 1000), "age": rng.normal(50, 10, 1000)})
    frame.loc[0, "money"] = -5000.0
    learned = {column["name"]: column["log"] for column in Encoder().fit(frame).columns_}
    assert learned == {"money": True, "age": False}
    assert abs(pd.Series(Encoder().fit(frame).transform(frame)[:, 0]).skew()) < 2
