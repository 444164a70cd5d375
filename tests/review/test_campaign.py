"""evaluate_campaign against the published figures and independent implementations."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from workbench.errors import ParameterProblem
from workbench.review import evaluate_campaign
from workbench.tables import EVALUATION

COLUMNS = ["arm", "outcome", "n", "mean", "uplift", "ci_low", "ci_high", "p_value"]


@pytest.fixture
def contacts() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 900
    return pd.DataFrame(
        {
            "arm": rng.choice(["a", "b", "held back"], n),
            "visit": rng.random(n) < 0.2,
            "orders": rng.poisson(0.4, n),
            "spend": rng.gamma(1, 20, n),
        }
    )


@pytest.mark.cases
def test_hillstrom_agrees_with_the_published_figures(cases):
    contacts = pd.read_csv(cases / "hillstrom.csv")
    result = evaluate_campaign(
        contacts, arm="segment", control="No E-Mail", outcomes=["visit", "conversion", "spend"], alpha=0.05
    )
    assert list(result.columns) == COLUMNS
    means = result.pivot(index="arm", columns="outcome", values="mean")
    published = {
        "Mens E-Mail": (21_307, 0.182757, 0.012531, 1.422617),
        "Womens E-Mail": (21_387, 0.151400, 0.008837, 1.077202),
        "No E-Mail": (21_306, 0.106167, 0.005726, 0.652789),
    }
    for arm, (n, visit, conversion, spend) in published.items():
        assert (result.loc[result["arm"] == arm, "n"] == n).all()
        assert means.loc[arm, ["visit", "conversion", "spend"]].tolist() == pytest.approx(
            [visit, conversion, spend], abs=5e-7
        )
    spends = result[result["outcome"] == "spend"].set_index("arm")
    figures = ["uplift", "ci_low", "ci_high"]
    assert spends.loc["Mens E-Mail", figures].tolist() == pytest.approx(
        [0.769827, 0.48514, 1.054515], abs=6e-7
    )
    assert f"{spends.loc['Mens E-Mail', 'p_value']:.2e}" == "1.16e-07"
    assert spends.loc["Womens E-Mail", figures].tolist() == pytest.approx(
        [0.424412, 0.168957, 0.679868], abs=6e-7
    )
    assert f"{spends.loc['Womens E-Mail', 'p_value']:.5f}" == "0.00113"
    assert spends.loc["No E-Mail", [*figures, "p_value"]].isna().all()


def test_agrees_with_scipy_and_statsmodels(contacts):
    result = evaluate_campaign(contacts, "arm", "held back", ["visit", "orders", "spend"], alpha=0.1)
    assert list(result.columns) == COLUMNS
    assert result["arm"].tolist() == ["held back"] * 3 + ["a"] * 3 + ["b"] * 3
    for row in result.itertuples():
        values = contacts.loc[contacts["arm"] == row.arm, row.outcome].astype(float)
        control = contacts.loc[contacts["arm"] == "held back", row.outcome].astype(float)
        assert row.n == len(values)
        assert row.mean == pytest.approx(values.mean())
        if row.arm == "held back":
            assert np.isnan([row.uplift, row.ci_low, row.ci_high, row.p_value]).all()
            continue
        low, high = CompareMeans(DescrStatsW(values), DescrStatsW(control)).tconfint_diff(
            alpha=0.1, usevar="unequal"
        )
        assert (row.ci_low, row.ci_high) == pytest.approx((low, high))
        assert row.p_value == pytest.approx(stats.ttest_ind(values, control, equal_var=False).pvalue)
    EVALUATION.check(result)


def test_signature_is_the_agreed_one():
    parameters = inspect.signature(evaluate_campaign).parameters
    assert list(parameters) == ["contacts", "arm", "control", "outcomes", "alpha"]
    assert parameters["alpha"].default == 0.05


def test_order_of_rows_does_not_matter_and_the_input_is_untouched(contacts):
    before = contacts.copy()
    result = evaluate_campaign(contacts, "arm", "held back", ["spend"])
    shuffled = evaluate_campaign(contacts.sample(frac=1, random_state=1), "arm", "held back", ["spend"])
    pd.testing.assert_frame_equal(result, shuffled)
    pd.testing.assert_frame_equal(contacts, before)


def test_an_arm_of_nobody_or_one_has_no_uplift():
    contacts = pd.DataFrame(
        {
            "arm": pd.Categorical(["a", "c", "c", "c"], categories=["a", "b", "c"]),
            "visit": [1, 0, 1, 0],
        }
    )
    result = evaluate_campaign(contacts, "arm", "c", ["visit"]).set_index("arm")
    assert result["n"].to_dict() == {"c": 3, "a": 1, "b": 0}
    assert np.isnan(result.loc["b", "mean"])
    assert result.loc["a", "mean"] == 1
    assert result.loc[["a", "b"], ["uplift", "ci_low", "ci_high", "p_value"]].isna().all(axis=None)


def test_a_control_of_one_leaves_every_arm_without_uplift():
    contacts = pd.DataFrame({"arm": ["a", "a", "a", "c"], "visit": [1, 0, 1, 0]})
    result = evaluate_campaign(contacts, "arm", "c", ["visit"])
    assert result["uplift"].isna().all()


def test_missing_outcomes_are_left_out_and_counted_out():
    contacts = pd.DataFrame({"arm": list("aaabbb"), "spend": [1.0, None, 3.0, 1.0, 1.0, 2.0]})
    result = evaluate_campaign(contacts, "arm", "b", ["spend"]).set_index("arm")
    assert result.loc["a", "n"] == 2
    assert result.loc["a", "mean"] == 2


@pytest.mark.parametrize("kind", ["bool", "boolean", "object", "int8", "Int64", "float32", "double[pyarrow]"])
def test_every_way_to_store_yes_and_no_is_read_alike(kind):
    contacts = pd.DataFrame({"arm": list("aaaabbbb")})
    contacts["visit"] = pd.Series([True, False, True, True, False, False, True, False]).astype(kind)
    result = evaluate_campaign(contacts, "arm", "b", ["visit"])
    assert result["mean"].tolist() == [0.25, 0.75]


def test_arms_may_be_numbers():
    contacts = pd.DataFrame({"arm": [0, 0, 0, 1, 1, 1], "visit": [0, 1, 0, 1, 1, 0]})
    result = evaluate_campaign(contacts, "arm", 0, ["visit"])
    assert result["arm"].tolist() == ["0", "1"]
    assert result["uplift"].iloc[1] == pytest.approx(1 / 3)


def test_constant_outcomes_have_no_p():
    contacts = pd.DataFrame({"arm": list("aabb"), "visit": [1, 1, 1, 1]})
    treated = evaluate_campaign(contacts, "arm", "b", ["visit"]).iloc[1]
    assert (treated["uplift"], treated["ci_low"], treated["ci_high"]) == (0, 0, 0)
    assert np.isnan(treated["p_value"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"control": "nobody"}, 'control "nobody" is not among the arms'),
        ({"arm": "cell"}, "columns cell are asked for"),
        ({"outcomes": ["profit"]}, "columns profit are asked for"),
        ({"outcomes": []}, "at least one outcome"),
        ({"outcomes": ["words"]}, "must be numeric or yes/no"),
        ({"outcomes": ["endless"]}, "infinite number"),
        ({"arm": "patchy"}, "names no arm for 1 customers"),
        ({"alpha": 5}, "alpha must lie"),
        ({"contacts": [1, 2]}, "must be a pandas DataFrame"),
    ],
)
def test_what_cannot_be_evaluated_is_said(contacts, changes, sentence):
    contacts["words"] = "yes"
    contacts["endless"] = np.inf
    contacts["patchy"] = contacts["arm"].where(contacts.index != 3)
    call = {"contacts": contacts, "arm": "arm", "control": "held back", "outcomes": ["visit"]} | changes
    with pytest.raises(ParameterProblem, match=sentence):
        evaluate_campaign(**call)


def test_no_customers_at_all_is_said():
    empty = pd.DataFrame({"arm": pd.Series(dtype="str"), "visit": pd.Series(dtype="float")})
    with pytest.raises(ParameterProblem, match="not among the arms"):
        evaluate_campaign(empty, "arm", "c", ["visit"])
