"""Features of portraits, of open tables, and of tables that can't be used."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench import locale
from workbench.errors import ParameterProblem
from workbench.insight import catalogue, describe_features, feature_label


@pytest.fixture
def portrait() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n = 60
    total = rng.lognormal(10, 1, n)
    total[0] = 0.0
    fund = np.where(np.arange(n) % 3 == 0, total * 0.25, 0.0)
    return pd.DataFrame(
        {
            "customer_id": [f"{i:010d}" for i in range(n)],
            "snapshot_date": pd.Timestamp("2026-09-30"),
            "kind": ["corporate" if i >= 50 else "retail" for i in range(n)],
            "gender": "F",
            "age": np.where(np.arange(n) == 3, np.nan, 20.0 + np.arange(n)),
            "region": "East",
            "occupation": ["retired", "employee", None] * 20,
            "consent": True,
            "tier": "basic",
            "lifecycle_stage": "mature",
            "balance_total": total,
            "balance_fund": fund,
            "balance_demand": total - fund,
            "balance_loan": rng.lognormal(8, 2, n),
            "balance_change_3m": np.where(np.arange(n) == 5, 40.0, 0.1 * np.arange(n) - 1),
            "recency": pd.array([None, *range(1, n)], dtype="Int64"),
            "satisfaction": [7.0 if i < 10 else np.nan for i in range(n)],
            "score_of_ours": np.linspace(0, 1, n),
            "opened_on": pd.Timestamp("2020-01-01"),
            "uses_app": pd.array([True, False, None] * 20, dtype="boolean"),
        }
    )


def test_values_are_what_the_definitions_say(portrait):
    features = wb.build_features(portrait)
    retail = portrait[portrait["kind"] == "retail"]
    assert features.index.tolist() == retail["customer_id"].tolist()
    assert features.index.name == "customer_id"
    assert (features.dtypes == "float64").all()
    assert features.notna().all().all()
    assert np.allclose(features["balance_total"], np.log1p(retail["balance_total"]))
    assert features["age"].iloc[3] == retail["age"].median()
    # Never seen in the window: the longest recency there is, not the middle.
    assert features["recency"].iloc[0] == pytest.approx(np.log1p(49))
    assert features["balance_change_3m"].max() == 2.0
    assert features["share_fund"].iloc[3] == pytest.approx(0.25)
    assert features["share_demand"].iloc[0] == 0.0
    assert np.allclose((features["share_fund"] + features["share_demand"]).iloc[1:], 1)
    assert features["occupation=retired"].iloc[:3].tolist() == [1.0, 0.0, 0.0]
    assert features["uses_app"].iloc[:2].tolist() == [1.0, 0.0]


def test_what_is_left_out_and_why(portrait):
    notes = describe_features(wb.build_features(portrait)).set_index("feature")
    reasons = notes["reason_excluded"]
    expected = {
        "customer_id": "identifier",
        "snapshot_date": "date",
        "opened_on": "date",
        "gender": "not_behaviour",
        "region": "not_behaviour",
        "consent": "consent",
        "tier": "derived",
        "lifecycle_stage": "derived",
        "satisfaction": "mostly_missing",
        "age": "",
    }
    assert {name: reasons[name] for name in expected} == expected
    assert notes.loc["age", ["imputed", "n_imputed", "unit"]].tolist() == ["median", 1, "years"]
    assert notes.loc["recency", "imputed"] == "maximum"
    assert notes.loc["balance_total", "transform"] == "log1p"
    assert notes.loc["share_fund", "source"] == "balance_fund"


def test_constant_columns_are_dropped(portrait):
    features = wb.build_features(portrait.assign(tenure=7.0, app_logins_90d=0))
    assert "tenure" not in features
    reasons = describe_features(features).set_index("feature")["reason_excluded"]
    assert reasons["tenure"] == reasons["app_logins_90d"] == "constant"


def test_the_order_does_not_depend_on_the_input(portrait):
    features = wb.build_features(portrait)
    shuffled = wb.build_features(
        portrait[sorted(portrait.columns, reverse=True)].sample(frac=1, random_state=0)
    )
    pd.testing.assert_frame_equal(features, shuffled.loc[features.index])
    assert list(features)[:4] == ["age", "recency", "balance_total", "balance_loan"]


def test_kind(portrait):
    assert len(wb.build_features(portrait)) == 50
    assert len(wb.build_features(portrait, kind="corporate")) == 10
    companies = portrait[portrait["kind"] == "corporate"]
    assert len(wb.build_features(companies)) == 10
    with pytest.raises(ParameterProblem, match="retail or corporate"):
        wb.build_features(portrait, kind="both")


def test_columns_build_a_later_snapshot_for_predict(portrait):
    features = wb.build_features(portrait)
    segmenter = wb.Segmenter(2).fit(features)
    later = portrait.assign(occupation="employee", balance_fund=0.0, balance_demand=portrait["balance_total"])
    again = wb.build_features(later, columns=segmenter.feature_names_in_)
    assert list(again) == list(features)
    assert (again["occupation=retired"] == 0).all()
    assert len(segmenter.predict(again)) == 50


def test_columns_by_name_of_the_portrait(portrait):
    assert list(wb.build_features(portrait, columns=["occupation", "age"])) == [
        "occupation=employee",
        "occupation=retired",
        "age",
    ]
    # Left out by default, allowed by name.
    assert "gender=F" in wb.build_features(portrait, columns=["gender", "age"])
    with pytest.raises(ParameterProblem, match="shoe_size, opened_on"):
        wb.build_features(portrait, columns=["age", "shoe_size", "opened_on"])


def test_open_table_like_bank_marketing():
    rng = np.random.default_rng(0)
    n = 400
    customers = pd.DataFrame(
        {
            "customer_id": [str(i) for i in range(n)],
            "balance": np.where(rng.random(n) < 0.1, -1, 1) * rng.lognormal(6, 1.5, n),
            "housing": rng.choice(["yes", "no"], n),
            "job": rng.choice(["retired", "student"], n, p=[0.5, 0.5]),
            "card_number": [f"62{i}" for i in range(n)],
            "city": [f"city {i % 40}" for i in range(n)],
            "duration": rng.integers(0, 500, n),
            "y": rng.choice(["yes", "no"], n),
            "Gender": rng.choice(["F", "M"], n),
        }
    )
    customers.loc[0, "job"] = "astronaut"
    features = wb.build_features(customers)
    assert list(features) == ["balance", "housing", "job=retired", "job=student"]
    signed = np.sign(customers["balance"]) * np.log1p(customers["balance"].abs())
    assert np.allclose(features["balance"], signed)
    reasons = describe_features(features).set_index("feature")["reason_excluded"]
    assert reasons["card_number"] == "identifier"
    assert reasons["Gender"] == "not_behaviour"
    assert reasons["city"] == "many_values"
    assert reasons["job=astronaut"] == "rare"
    assert reasons["duration"] == reasons["y"] == "campaign"


def test_infinite_is_missing(portrait):
    portrait.loc[7, "age"] = np.inf
    assert np.isfinite(wb.build_features(portrait)["age"]).all()


def test_errors(portrait):
    with pytest.raises(ParameterProblem, match="at least 10"):
        wb.build_features(portrait.head(9))
    with pytest.raises(ParameterProblem, match="0000000000"):
        wb.build_features(pd.concat([portrait, portrait.head(1)]))
    with pytest.raises(ParameterProblem, match="no column customer_id"):
        wb.build_features(portrait.drop(columns="customer_id"))
    with pytest.raises(ParameterProblem, match="None of the columns"):
        wb.build_features(portrait[["customer_id", "kind", "gender"]])


def test_notes_survive_a_lost_memory(portrait):
    features = wb.build_features(portrait)
    features.attrs = {}
    notes = describe_features(features).set_index("feature")
    assert notes.loc["balance_total", ["unit", "transform"]].tolist() == ["cny", "log1p"]
    assert notes.loc["share_fund", "transform"] == "share"
    assert notes.loc["occupation=retired", "transform"] == "one_hot"


def test_the_given_table_is_not_changed(portrait):
    before = portrait.copy(deep=True)
    wb.build_features(portrait)
    pd.testing.assert_frame_equal(portrait, before)
    assert portrait.index.name is None


@pytest.mark.parametrize("lang", locale.LANGUAGES)
def test_every_word_of_the_catalogue_has_a_label(lang):
    keys = locale.keys(lang)
    for name, rule in catalogue.RULES.items():
        assert f"insight_room.feature.{name}" in keys
        assert f"insight_room.unit.{rule.unit}" in keys
        assert f"insight_room.transform.{rule.transform}" in keys
    for reason in catalogue.EXCLUDED.values():
        assert f"insight_room.reason.{reason}" in keys


def test_labels_of_features():
    assert feature_label("share_time_deposit", "zh_CN") == "定期占比"
    assert feature_label("occupation=retired", "zh_CN") == "职业：退休"
