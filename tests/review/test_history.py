"""Past campaigns, overall and per segment."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import test_proportions_2indep as score_test

from workbench.errors import ParameterProblem
from workbench.review import evaluate_history
from workbench.tables import EVALUATION


@pytest.fixture
def history() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    n = 1_200
    arm = np.where(rng.random(n) < 0.2, "control", "treatment")
    responded = rng.random(n) < np.where(arm == "treatment", 0.2, 0.1)
    return pd.DataFrame(
        {
            "campaign": np.where(np.arange(n) % 2 == 0, "spring", "autumn"),
            "customer_id": [f"{i // 2:010d}" for i in range(n)],
            "arm": arm,
            "contacted_at": pd.Series(pd.Timestamp("2026-03-01"), index=range(n)).where(arm == "treatment"),
            "responded": responded,
            "amount": np.where(responded, 100.0, np.nan),
            "cost": np.where(arm == "treatment", 3.0, np.nan),
        }
    )


def test_each_campaign_agrees_with_statsmodels(history):
    result = evaluate_history(history)
    EVALUATION.check(result)
    for campaign, rows in history.groupby("campaign"):
        treated = rows.loc[rows["arm"] == "treatment", "responded"].astype(float)
        control = rows.loc[rows["arm"] == "control", "responded"].astype(float)
        ours = result[
            result["campaign"].eq(campaign)
            & result["arm"].eq("treatment")
            & result["outcome"].eq("responded")
        ].iloc[0]
        assert ours["uplift"] == pytest.approx(treated.mean() - control.mean())
        counts = treated.sum(), len(treated), control.sum(), len(control)
        test = score_test(*counts, compare="diff", method="score")
        assert ours["p_value"] == pytest.approx(test.pvalue)
        assert ours["cost"] == 3 * len(treated)
        assert ours["n_contacted"] == len(treated)
        assert ours["n_contaminated"] == 0
    amounts = result[result["outcome"].eq("amount")]
    assert amounts["mean"].to_numpy() == pytest.approx(
        100 * result.loc[result["outcome"].eq("responded"), "mean"].to_numpy()
    )


def test_segments_add_up_and_strangers_are_a_part(history):
    segments = pd.DataFrame({"customer_id": [f"{i:010d}" for i in range(500)], "segment": ["a", "b"] * 250})
    result = evaluate_history(history, segments, by="segment")
    assert set(result["segment"].dropna()) == {"a", "b"}
    assert result["segment"].isna().any()
    assert result["p_holm"].isna().all()
    assert result.loc[result["outcome"].eq("responded"), "n"].sum() == len(history)


def test_a_history_of_the_bare_columns_is_enough(history):
    bare = history[["campaign", "customer_id", "arm", "responded"]]
    result = evaluate_history(bare)
    responded = result[result["outcome"].eq("responded")]
    assert responded["uplift"].notna().sum() == 2
    assert result["cost"].isna().all()
    assert result["n_contacted"].isna().all()
    assert result.loc[result["outcome"].eq("amount"), "mean"].isna().all()


def test_unknown_responses_are_left_out(history):
    patchy = history.astype({"responded": "boolean"})
    patchy.loc[:99, "responded"] = pd.NA
    result = evaluate_history(patchy)
    assert result.loc[result["outcome"].eq("responded"), "n"].sum() == len(history) - 100


def test_a_part_that_is_nowhere_is_said(history):
    with pytest.raises(ParameterProblem, match='Column "segment" is neither'):
        evaluate_history(history, by="segment")


def test_no_history_is_an_empty_answer(history):
    assert evaluate_history(history.iloc[:0]).empty
