"""One customer with most of the money is said, and cut only when asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats.mstats import winsorize

from workbench.errors import ParameterProblem
from workbench.review import check_dominance, dominance, follow_up, winsorise


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2, 0.3])
@pytest.mark.parametrize("n", [7, 100, 1_001])
def test_agrees_with_scipy(share, n):
    values = np.random.default_rng(n).lognormal(3, 1, n)
    ours = winsorise(values, share)
    assert ours.values == pytest.approx(np.asarray(winsorize(values, limits=(0, share))))
    assert ours.n_cut == int(share * n)
    assert ours.cut == pytest.approx(values.sum() - ours.values.sum())
    assert ours.cut_share == pytest.approx(ours.cut / values.sum())


def test_a_limit_is_a_limit():
    result = winsorise([1.0, np.nan, 50.0, 7.0], limit=10.0)
    assert result.values[[0, 2, 3]].tolist() == [1.0, 10.0, 7.0]
    assert np.isnan(result.values[1])
    assert (result.limit, result.n_cut, result.cut) == (10.0, 1, 40.0)


def test_shares_of_those_who_bought():
    values = np.r_[np.zeros(990), np.arange(1.0, 11.0)]
    assert winsorise(values, 0.1).limit == 0.0
    bought = winsorise(values, 0.1, positive_only=True)
    assert (bought.limit, bought.n_cut) == (9.0, 1)


def test_nothing_to_cut():
    for values in ([], [np.nan], [0.0, 0.0]):
        result = winsorise(values, 0.1)
        assert (result.n_cut, result.cut) == (0, 0.0)
        assert np.isnan(result.cut_share)
    assert winsorise([1.0] * 9, 0.2).n_cut == 0


@pytest.mark.parametrize("arguments", [{}, {"share": 0.1, "limit": 5.0}])
def test_share_or_limit(arguments):
    with pytest.raises(ParameterProblem, match="either a share"):
        winsorise([1.0], **arguments)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_no_share(share):
    with pytest.raises(ParameterProblem, match="must lie between 0 and 1"):
        winsorise([1.0], share)


def test_no_limit():
    with pytest.raises(ParameterProblem, match="limit must be a number"):
        winsorise([1.0], limit=float("nan"))
    with pytest.raises(ParameterProblem, match="infinite"):
        winsorise([1.0, np.inf], 0.1)


def test_dominance_is_the_largest_of_the_total():
    values = np.random.default_rng(0).exponential(size=50)
    assert dominance(values) == pytest.approx(values.max() / values.sum())
    assert dominance([np.nan, -3.0, 1.0]) == 0.75
    assert np.isnan(dominance([]))


def test_one_customer_with_the_money_is_named_by_arm(make_cycle):
    cycle = make_cycle(("S1", 100, 20, 50, 10), ("S2", 100, 0, 50, 0))
    cycle.outcomes.loc[0, "amount"] = 1e5
    rows = follow_up(*cycle.tables())
    frame = check_dominance(rows).set_index(["strategy_id", "arm"])
    treated = frame.loc[("S1", "treatment")]
    assert treated["share"] == pytest.approx(1e5 / (1e5 + 19 * 50))
    assert (treated["n"], treated["n_positive"], treated["largest"]) == (100, 20, 1e5)
    assert frame["dominates"].tolist() == [True, False, False, False]
    assert frame.loc["S2", "share"].isna().all()


def test_groups_without_a_name_and_no_rows():
    rows = pd.DataFrame({"branch": ["A", None, None], "amount": [5.0, 9.0, 1.0]})
    frame = check_dominance(rows, by=["branch"])
    assert frame["share"].tolist() == [1.0, 0.9]
    assert check_dominance(rows.iloc[:0], by=["branch"]).empty
    with pytest.raises(ParameterProblem, match="columns region"):
        check_dominance(rows, by=["region"])
    with pytest.raises(ParameterProblem, match="must lie between 0 and 1"):
        check_dominance(rows, by=["branch"], threshold=0.0)
