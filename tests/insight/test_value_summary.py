"""RFM scores, checks of the model, holdouts, and values of groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.insight.value.rfm import rfm_bounds, rfm_grid
from workbench.insight.value.suitability import CHECKS, can_be_fitted, regularity
from workbench.insight.value.summary import top_share


def customers(n: int = 1_000, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "recency": rng.integers(0, 365, n),
            "frequency": rng.poisson(3, n),
            "monetary_value": rng.lognormal(5, 1, n),
        },
        index=[f"{i:05d}" for i in range(n)],
    )


# RFM ---------------------------------------------------------------------------------------


def test_scores_without_ties_are_quintiles() -> None:
    people = customers()
    scores = wb.rfm_scores(people)
    expected = pd.qcut(people["monetary_value"], 5, labels=False) + 1
    assert scores["m_score"].tolist() == expected.tolist()
    assert scores["m_score"].value_counts().tolist() == [200] * 5


def test_five_is_the_most_recent_and_the_most() -> None:
    people = customers()
    scores = wb.rfm_scores(people)
    assert (
        people.loc[scores["r_score"] == 5, "recency"].max()
        <= people.loc[scores["r_score"] == 4, "recency"].min()
    )
    best = people.loc[scores["f_score"] == 5, "frequency"].min()
    assert best > people.loc[scores["f_score"] == 4, "frequency"].max()


def test_equal_values_have_equal_scores() -> None:
    people = customers()
    scores = wb.rfm_scores(people)
    assert scores.groupby(people["frequency"])["f_score"].nunique().eq(1).all()


def test_few_values_leave_scores_empty_and_one_value_gets_the_middle() -> None:
    people = pd.DataFrame(
        {"recency": [1, 1, 1, 9], "frequency": [7] * 4, "monetary_value": [1.0, 2.0, 3.0, None]}
    )
    scores = wb.rfm_scores(people)
    assert scores["r_score"].tolist() == [4, 4, 4, 1]
    assert scores["f_score"].tolist() == [3, 3, 3, 3]
    assert scores["m_score"].tolist() == [1, 3, 5, 1]
    bounds = rfm_bounds(people, scores)
    assert bounds.loc[bounds["measure"] == "frequency", ["score", "lowest", "n"]].values.tolist() == [
        [3, 7, 4]
    ]


def test_nobody_one_and_infinite_customers_are_scored() -> None:
    assert wb.rfm_scores(customers(0)).empty
    assert wb.rfm_scores(customers(1))["rfm"].tolist() == ["333"]
    people = customers(10).assign(monetary_value=[float("inf")] + [1.0] * 9)
    assert wb.rfm_scores(people)["m_score"].tolist() == [1] + [3] * 9


def test_a_grid_holds_every_customer_once() -> None:
    scores = wb.rfm_scores(customers())
    grid = rfm_grid(scores.assign(expected_value=2.0))
    assert grid["n"].sum() == 1_000
    assert grid["expected_value"].sum() == 2_000
    assert len(grid) == 25
    table = pd.crosstab(scores["r_score"], scores["f_score"])
    assert all(row.n == table.at[row.r_score, row.f_score] for row in grid.itertuples())


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ParameterProblem, match="lacks monetary_value"):
        wb.rfm_scores(customers().drop(columns="monetary_value"))
    with pytest.raises(ParameterProblem, match="n_scores"):
        wb.rfm_scores(customers(), n_scores=1)


# Checks ---------------------------------------------------------------------------------------


def purchases(n: int = 600, correlation: float = 0.0, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.poisson(rng.gamma(1.5, 2, n))
    money = np.exp(5 + correlation * x / 2 + 0.4 * rng.normal(size=n))
    t_x = np.where(x > 0, 90 * rng.random(n) ** (1 / np.maximum(x, 1)), 0)
    return pd.DataFrame({"x": x, "t_x": t_x, "T": 100.0, "m_x": np.where(x > 0, money, np.nan)})


def verdicts(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["check"], table["verdict"], strict=True))


def test_all_checks_are_made_in_order() -> None:
    table = wb.check_value_model(purchases())
    assert tuple(table["check"]) == CHECKS
    assert verdicts(table)["customers"] == "good"
    assert verdicts(table)["holdout"] == "unknown"


def test_correlation_is_pearson_with_fishers_interval() -> None:
    rows = purchases()
    row = wb.check_value_model(rows).set_index("check").loc["correlation"]
    again = rows[rows["x"] > 0]
    peer = stats.pearsonr(again["x"], again["m_x"])
    assert row["estimate"] == pytest.approx(peer.statistic)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(peer.confidence_interval(0.95)))
    assert row["verdict"] == "good"


def test_a_strong_correlation_is_warned_of() -> None:
    assert verdicts(wb.check_value_model(purchases(correlation=0.6)))["correlation"] == "unsuited"


@pytest.mark.parametrize(
    ("shape", "verdict"), [(1.0, "good"), (1.7, "doubtful"), (12.0, "unsuited"), (0.4, "doubtful")]
)
def test_the_rhythm_of_purchases_is_found(shape, verdict) -> None:
    rng = np.random.default_rng(0)
    rates = rng.gamma(2, 1, 6_000)
    gaps = pd.DataFrame({name: rng.gamma(shape, 1, 6_000) / rates for name in ("gap", "gap_before")})
    k, low, high = regularity(gaps)
    assert low < shape < high
    assert k == pytest.approx(shape, rel=0.12)
    assert verdicts(wb.check_value_model(purchases(), gaps=gaps))["rhythm"] == verdict


def test_a_monthly_standing_order_is_no_case_for_the_model() -> None:
    gaps = pd.DataFrame({"gap": [30.0, 31.0] * 40, "gap_before": [31.0, 30.0] * 40})
    table = wb.check_value_model(purchases(), gaps=gaps).set_index("check")
    assert table.at["rhythm", "verdict"] == "unsuited"
    same = pd.DataFrame({"gap": [7.0] * 40, "gap_before": [7.0] * 40})
    assert np.isinf(regularity(same)[0])


@pytest.mark.parametrize(
    ("rows", "check"),
    [
        (purchases(40), "customers"),
        (purchases().assign(x=0, t_x=0.0, m_x=np.nan), "repeaters"),
        (purchases(0), "customers"),
        (purchases(1), "repeaters"),
    ],
)
def test_too_few_are_no_case_for_a_model(rows, check) -> None:
    assert verdicts(wb.check_value_model(rows))[check] == "unsuited"
    assert not can_be_fitted(rows)


def test_amounts_all_alike_have_no_correlation() -> None:
    rows = purchases()
    rows.loc[rows["x"] > 0, "m_x"] = 10.0
    assert verdicts(wb.check_value_model(rows))["correlation"] == "unknown"


# Holdout ---------------------------------------------------------------------------------------


def test_a_true_model_foresees_a_holdout() -> None:
    rng = np.random.default_rng(2)
    n, T, ahead = 6_000, 60, 30
    rate = rng.gamma(1.0, 1 / 10, n)
    drop = rng.beta(1.0, 4.0, n)
    x, t_x, later, alive = np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n, bool)
    now = np.zeros(n)
    for _ in range(400):
        now = now + rng.exponential(1 / rate)
        inside, after = alive & (now <= T), alive & (now > T) & (now <= T + ahead)
        x[inside] += 1
        t_x[inside] = now[inside]
        later[after] += 1
        alive &= rng.random(n) >= drop
    known = pd.DataFrame({"x": x, "t_x": t_x, "T": float(T), "m_x": np.where(x > 0, 50.0, np.nan)})
    model = wb.BGNBD().fit(known)
    assert list(model.params_.values()) == pytest.approx([1.0, 10.0, 1.0, 4.0], rel=0.35)
    did = pd.DataFrame({"purchases": later, "amount": later * 50.0})[later > 0]
    table = wb.holdout_calibration(model, known, did, ahead)
    whole = table.iloc[-1]
    assert whole["group"] == "all"
    assert whole["n"] == n == table["n"].iloc[:-1].sum()
    assert whole["ci_low"] < whole["predicted"] < whole["ci_high"]
    row = wb.check_value_model(known, calibration=table).set_index("check").loc["holdout"]
    assert row["verdict"] == "good"
    assert row["ci_low"] < 1 < row["ci_high"]
    poor = table.assign(predicted=table["predicted"] * 2)
    assert verdicts(wb.check_value_model(known, calibration=poor))["holdout"] == "unsuited"


# Groups ------------------------------------------------------------------------------------------


def test_groups_add_up_and_intervals_are_those_of_a_mean() -> None:
    rng = np.random.default_rng(0)
    values, groups = rng.lognormal(0, 1, 400), rng.choice(["A", "B"], 400, p=[0.3, 0.7])
    table = wb.summarise_value(values, groups).set_index("group")
    assert table["total"].sum() == pytest.approx(values.sum())
    assert table["share_value"].sum() == pytest.approx(1)
    mine = values[groups == "A"]
    low, high = stats.norm.interval(0.95, mine.mean(), stats.sem(mine))
    assert table.loc["A", ["mean", "ci_low", "ci_high"]].tolist() == pytest.approx([mine.mean(), low, high])


def test_the_interval_of_a_share_is_that_of_a_bootstrap() -> None:
    rng = np.random.default_rng(1)
    values, groups = rng.lognormal(0, 1, 500), rng.choice(["A", "B"], 500)
    row = wb.summarise_value(values, groups).set_index("group").loc["A"]
    drawn = []
    for _ in range(600):
        rows = rng.integers(0, 500, 500)
        drawn.append(values[rows][groups[rows] == "A"].sum() / values[rows].sum())
    assert row["share_high"] - row["share_low"] == pytest.approx(2 * 1.96 * np.std(drawn), rel=0.15)


def test_uncertain_parameters_widen_an_interval() -> None:
    values, groups = np.array([1.0, 2.0, 3.0, 4.0]), ["A", "A", "B", "B"]
    moves = np.full((4, 2), 0.5)
    plain = wb.summarise_value(values, groups).set_index("group")
    wider = wb.summarise_value(values, groups, moves).set_index("group")
    expected = 1.96 * np.sqrt(0.5 / 2 + 2 * 0.25)
    assert wider.at["B", "ci_high"] - 3.5 == pytest.approx(expected, rel=1e-3)
    assert (wider["ci_high"] > plain["ci_high"]).all()


def test_a_group_of_one_has_no_interval_and_missing_groups_count_in_the_whole() -> None:
    table = wb.summarise_value([1.0, 2.0, 7.0], ["A", None, "B"]).set_index("group")
    assert np.isnan(table.at["A", "ci_low"])
    assert table.at["B", "share_value"] == 0.7
    with pytest.raises(ParameterProblem, match="one row for each"):
        wb.summarise_value([1.0], ["A", "B"])


def test_deciles_fall_and_hold_all() -> None:
    values = np.random.default_rng(0).lognormal(0, 1, 1_003)
    table = wb.value_deciles(values)
    assert table["group"].tolist() == list(range(1, 11))
    assert table["mean"].is_monotonic_decreasing
    assert table["n"].sum() == 1_003
    assert table["share_value"].iloc[:2].sum() == pytest.approx(top_share(values), abs=0.002)
    assert np.isnan(top_share([0.0, 0.0]))
    assert wb.value_deciles([]).empty
