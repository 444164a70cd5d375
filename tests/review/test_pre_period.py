"""Arms compared on what was known before, against scipy and statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from workbench.errors import ParameterProblem
from workbench.review import compare_pre_period

COLUMNS = ["balance_before", "tenure", "responded_before"]


@pytest.fixture
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 1_200
    return pd.DataFrame(
        {
            "strategy_id": rng.choice(["S1", "S2"], n),
            "arm": rng.choice(["treatment", "control"], n, p=[0.8, 0.2]),
            "balance_before": rng.lognormal(10, 1, n),
            "tenure": np.where(rng.random(n) < 0.1, np.nan, rng.integers(0, 200, n)),
            "responded_before": rng.random(n) < 0.2,
        }
    )


def test_agrees_with_scipy_and_statsmodels(rows):
    frame = compare_pre_period(rows, COLUMNS, by="strategy_id", alpha=0.1)
    assert len(frame) == 6
    for row in frame.itertuples():
        kept = rows[rows["strategy_id"].eq(row.strategy_id)]
        values = kept[row.column].astype(float)
        t, c = (values[kept["arm"].eq(arm)].dropna() for arm in ("treatment", "control"))
        compared = CompareMeans(DescrStatsW(t), DescrStatsW(c))
        assert (row.n, row.n_control, row.n_missing) == (len(t), len(c), values.isna().sum())
        assert (row.mean, row.mean_control) == pytest.approx((t.mean(), c.mean()))
        assert row.p_value == pytest.approx(compared.ttest_ind(usevar="unequal")[1])
        interval = compared.tconfint_diff(alpha=0.1, usevar="unequal")
        assert (row.ci_low, row.ci_high) == pytest.approx(interval)
        assert row.smd == pytest.approx((t.mean() - c.mean()) / np.sqrt((t.var() + c.var()) / 2))
    assert frame["p_holm"].to_numpy() == pytest.approx(multipletests(frame["p_value"], method="holm")[1])
    assert not frame["alarm"].any()


def test_a_draw_that_was_not_random_raises_the_alarm(rows):
    rows.loc[rows["strategy_id"].eq("S2") & rows["balance_before"].gt(20_000), "arm"] = "treatment"
    frame = compare_pre_period(rows, COLUMNS, by="strategy_id").set_index(["strategy_id", "column"])
    assert frame["alarm"].sum() == 1
    assert frame.at[("S2", "balance_before"), "alarm"]
    assert frame.at[("S2", "balance_before"), "notable"]


def test_a_notable_difference_of_few_is_no_alarm():
    rows = pd.DataFrame({"arm": ["treatment"] * 4 + ["control"] * 4, "tenure": [1, 2, 3, 4, 2, 3, 4, 5]})
    frame = compare_pre_period(rows, "tenure")
    assert frame["notable"].tolist() == [True]
    assert frame["alarm"].tolist() == [False]


def test_every_other_arm_meets_the_control_alone(rows):
    rows["arm"] = rows["arm"].replace("treatment", "letter").where(rows.index % 3 > 0, "mail")
    frame = compare_pre_period(rows, ["tenure"])
    assert frame["arm"].tolist() == ["letter", "mail"]
    assert frame["n_control"].nunique() == 1


def test_false_alarms_are_rare():
    rng = np.random.default_rng(3)
    n, runs = 200, 2_000
    rows = pd.DataFrame(
        {
            "run": np.repeat(np.arange(runs), n),
            "arm": np.tile(np.repeat(["treatment", "control"], n // 2), runs),
            "balance": rng.gamma(2, 1, n * runs),
        }
    )
    p_value = compare_pre_period(rows, "balance", by="run")["p_value"]
    assert 0.005 <= (p_value < 0.01).mean() <= 0.015


def test_empty_arms_constants_and_no_rows(rows):
    held = compare_pre_period(rows[rows["arm"].eq("control")], ["tenure"])
    assert held[["arm", "n", "alarm"]].values.tolist() == [["treatment", 0, False]]
    assert held["p_value"].isna().all()
    same = compare_pre_period(rows.assign(tenure=3.0), ["tenure"])
    assert same["smd"].isna().all()
    assert same["difference"].tolist() == [0.0]
    for by in (None, "strategy_id"):
        assert compare_pre_period(rows.iloc[:0], COLUMNS, by=by).empty


def test_no_control_and_no_numbers_are_said(rows):
    with pytest.raises(ParameterProblem, match='control "control" is not among'):
        compare_pre_period(rows[rows["arm"].eq("treatment")], "tenure")
    with pytest.raises(ParameterProblem, match='"strategy_id" must be numeric'):
        compare_pre_period(rows, "strategy_id")
    with pytest.raises(ParameterProblem, match="known before the contact"):
        compare_pre_period(rows, [])
