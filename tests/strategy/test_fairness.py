"""Adverse-impact ratios: against statsmodels, by hand, and with bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from workbench.errors import ParameterProblem
from workbench.strategy.fairness import THRESHOLD, check_fairness, group_ages, ratio_interval


@pytest.fixture
def customers() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = 4_000
    return pd.DataFrame(
        {
            "customer_id": [f"{i:05d}" for i in range(n)],
            "age": np.where(rng.random(n) < 0.05, np.nan, rng.integers(18, 90, n)),
            "gender": pd.Series(rng.choice(["F", "M"], n)).mask(rng.random(n) < 0.1),
            "region": rng.choice(["North", "South", "East"], n, p=[0.5, 0.49, 0.01]),
        }
    )


def listed(customers: pd.DataFrame, chance: np.ndarray, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    hit = customers[rng.random(len(customers)) < chance]
    return pd.DataFrame(
        {"customer_id": hit["customer_id"], "strategy_id": rng.choice(["S1", "S2"], len(hit))}
    )


def one(frame: pd.DataFrame, attribute: str, group: str, strategy: str = "", base: str = "all") -> pd.Series:
    found = frame[
        frame["attribute"].eq(attribute)
        & frame["group"].eq(group)
        & frame["strategy_id"].eq(strategy)
        & frame["base"].eq(base)
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_ratios_and_intervals_are_those_of_statsmodels(customers):
    older = customers["age"].ge(65).fillna(False).to_numpy()
    frame = check_fairness(listed(customers, np.where(older, 0.1, 0.3)), customers)
    checked = 0
    for (strategy, attribute), block in frame.groupby(["strategy_id", "attribute"]):
        top = block[block["reference"]].iloc[0]
        large = block[block["n"] >= 0.02 * block.loc[block["group"].ne(""), "n"].sum()]
        assert top["rate"] == large.loc[large["group"].ne(""), "rate"].max(), (strategy, attribute)
        for row in block[~block["reference"] & block["group"].ne("")].itertuples():
            low, high = confint_proportions_2indep(
                row.n_selected, row.n, top["n_selected"], top["n"], compare="ratio", method="log"
            )
            assert row.ratio == pytest.approx(row.rate / top["rate"], rel=1e-12)
            assert (row.ci_low, row.ci_high) == (pytest.approx(low, rel=1e-9), pytest.approx(high, rel=1e-9))
            checked += 1
    assert checked >= 15


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_the_interval_follows_the_confidence(confidence):
    low, high = confint_proportions_2indep(
        12, 70, 30, 90, compare="ratio", method="log", alpha=1 - confidence
    )
    assert ratio_interval(12, 70, 30, 90, confidence)[1:] == (pytest.approx(low), pytest.approx(high))


def test_nobody_selected_has_an_upper_end():
    ratio, low, high = ratio_interval(0, 40, 30, 90)
    adjusted = confint_proportions_2indep(0, 40, 30, 90, compare="ratio", method="log-adjusted")
    assert (ratio, low) == (0.0, 0.0)
    assert high == pytest.approx(adjusted[1], rel=1e-9)
    assert all(np.isnan(ratio_interval(0, 0, 30, 90)))
    assert all(np.isnan(ratio_interval(3, 9, 0, 90)))


def test_verdicts_say_what_the_numbers_allow(customers):
    older = customers["age"].ge(65).fillna(False).to_numpy()
    frame = check_fairness(listed(customers, np.where(older, 0.1, 0.3)), customers)
    assert one(frame, "age_group", "65+")["verdict"] == "below"
    assert one(frame, "gender", "F")["verdict"] in ("fair", "reference")
    assert one(frame, "gender", "")["verdict"] == "unknown"
    # A group of 40 customers can't show it, and is nobody's reference.
    few = one(frame, "region", "East")
    assert few["n"] < 80
    assert few["verdict"] == "too_few"
    assert not few["reference"]
    assert frame["threshold"].eq(THRESHOLD).all()


def test_the_example_of_the_rule():
    # 48 of 80 against 12 of 40: 29 CFR 1607's own kind of arithmetic, by hand.
    people = pd.DataFrame({"customer_id": [str(i) for i in range(120)], "gender": ["M"] * 80 + ["F"] * 40})
    picked = pd.DataFrame({"customer_id": [*map(str, range(48)), *map(str, range(80, 92))]})
    frame = check_fairness(picked.assign(strategy_id="S1"), people, by=["gender"])
    row = one(frame, "gender", "F")
    assert row["ratio"] == pytest.approx((12 / 40) / (48 / 80)) == pytest.approx(0.5)
    assert row["verdict"] == "below"


def test_among_the_eligible_what_the_strategy_is_for_is_no_finding(customers):
    # For customers of 65 and over only; among those it picks at random.
    older = customers["age"].ge(65).fillna(False).to_numpy()
    targets = listed(customers, np.where(older, 0.5, 0.0)).assign(strategy_id="S1")
    rest = customers[~customers["customer_id"].isin(targets["customer_id"])]
    dropped = pd.DataFrame(
        {
            "customer_id": rest["customer_id"],
            "strategy_id": "S1",
            "gate": np.where(rest["age"].ge(65), "capacity", "segment"),
        }
    )
    frame = check_fairness(targets, customers, dropped=dropped)
    assert one(frame, "age_group", "30-44", "S1")["verdict"] == "below"
    eligible = frame[frame["base"].eq("eligible") & frame["attribute"].eq("age_group")]
    assert set(eligible["group"]) == {"65+"}
    assert one(frame, "age_group", "65+", "S1", "eligible")["n"] == older.sum()
    assert set(eligible["verdict"]) == {"reference"}


def test_the_counts_are_a_recount(customers):
    targets = listed(customers, np.full(len(customers), 0.3))
    frame = check_fairness(targets, customers, by=["region"])
    for row in frame.itertuples():
        inside = customers[customers["region"].eq(row.group)]
        on = targets if row.strategy_id == "" else targets[targets["strategy_id"].eq(row.strategy_id)]
        assert row.n == len(inside)
        assert row.n_selected == inside["customer_id"].isin(on["customer_id"]).sum()


def test_ages_are_grouped_by_whole_years():
    assert group_ages(pd.Series([18, 29, 30, 44.9, 45, 64, 65, 101, None, -1])).tolist() == [
        "0-29",
        "0-29",
        "30-44",
        "30-44",
        "45-64",
        "45-64",
        "65+",
        "65+",
        "",
        "",
    ]


def test_nobody_on_a_list_gives_no_ratio(customers):
    empty = pd.DataFrame({"customer_id": [], "strategy_id": []}, dtype="str")
    frame = check_fairness(empty, customers)
    assert frame["ratio"].isna().all()
    assert set(frame["verdict"]) == {"unknown"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"threshold": 0.0}, "no ratio"),
        ({"threshold": 1.1}, "no ratio"),
        ({"confidence": 1.0}, "is none"),
        ({"by": ["shoe_size"]}, "none of the columns shoe_size"),
    ],
)
def test_bad_parameters_are_said(customers, change, message):
    with pytest.raises(ParameterProblem, match=message):
        check_fairness(listed(customers, np.full(len(customers), 0.1)), customers, **change)


def test_strangers_and_twins_are_said(customers):
    targets = listed(customers, np.full(len(customers), 0.1))
    with pytest.raises(ParameterProblem, match="not among the customers"):
        check_fairness(targets, customers.iloc[:100])
    with pytest.raises(ParameterProblem, match="stand more than once"):
        check_fairness(targets, pd.concat([customers, customers.iloc[:3]]))
