"""Methods side by side: ranks, agreement, and how often each rank is held."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.errors import ParameterProblem, TableProblem
from workbench.strategy import (
    CRITERIA,
    DEFAULT_WEIGHTS,
    METHODS,
    build_criteria,
    compare_methods,
    kendall_tau,
    rank_distribution,
    score_strategies,
    suggest_strategies,
    topsis,
)


@pytest.fixture(scope="module")
def criteria(bank) -> pd.DataFrame:
    cards = suggest_strategies(bank.customers, bank.membership, starts_on="2026-10-12")
    return build_criteria(cards, bank.customers, bank.membership)


def test_each_method_gives_its_own_order(criteria) -> None:
    compared = compare_methods(criteria)
    ranks = compared.ranks.set_index("strategy_id")
    summed = score_strategies(criteria).set_index("strategy_id")
    np.testing.assert_allclose(ranks["score_weighted_sum"], summed["score"].loc[ranks.index])
    assert ranks["rank_weighted_sum"].tolist() == list(range(1, len(criteria) + 1))
    by_value = criteria.set_index("strategy_id")["expected_value"].rank(ascending=False).astype(int)
    assert (ranks["rank_expected_value"] == by_value.loc[ranks.index]).all()
    for name in ("vector", "min_max"):
        close = topsis(
            criteria.set_index("strategy_id")[list(CRITERIA)],
            DEFAULT_WEIGHTS,
            costs=["cost"],
            normalisation=name,
        )
        np.testing.assert_allclose(ranks[f"score_topsis_{name}"], close["closeness"].loc[ranks.index])
        assert (ranks[f"rank_topsis_{name}"] == close["rank"].loc[ranks.index]).all()
    of_each = ranks[[f"rank_{method}" for method in METHODS]]
    assert (ranks["spread"] == of_each.max(axis=1) - of_each.min(axis=1)).all()
    assert compared.first["weighted_sum"] == summed["rank"].idxmin()


def test_agreement_is_kendalls(criteria) -> None:
    compared = compare_methods(criteria, {"expected_value": 0.2, "balances": 0.5, "cost": 0.3})
    assert len(compared.agreement) == 6
    for row in compared.agreement.itertuples():
        one, two = (compared.ranks[f"score_{name}"] for name in (row.method, row.other))
        assert row.kendall_tau == pytest.approx(stats.kendalltau(one, two).statistic)
        ranks = [compared.ranks[f"rank_{name}"] for name in (row.method, row.other)]
        swapped = sum(
            (ranks[0][i] - ranks[0][j]) * (ranks[1][i] - ranks[1][j]) < 0
            for i in range(len(criteria))
            for j in range(i)
        )
        assert row.swaps == swapped
        assert row.same_first == (compared.first[row.method] == compared.first[row.other])


def test_kendalls_tau_with_ties_and_gaps() -> None:
    rng = np.random.default_rng(0)
    for _ in range(100):
        n = rng.integers(2, 15)
        one, two = rng.integers(0, 5, n).astype(float), rng.integers(0, 5, n).astype(float)
        expected = stats.kendalltau(one, two).statistic
        assert kendall_tau(one, two) == pytest.approx(expected, nan_ok=True)
        one[rng.random(n) < 0.2] = np.nan
        known = ~np.isnan(one)
        expected = stats.kendalltau(one[known], two[known]).statistic if known.sum() > 1 else np.nan
        assert kendall_tau(one, two) == pytest.approx(expected, nan_ok=True)


def test_disagreement_is_seen() -> None:
    # The weighted sum forgives one weakness for much strength, the distance does not.
    criteria = pd.DataFrame(
        {
            "strategy_id": ["A", "B", "C"],
            "expected_value": [10.0, 6.0, 0.0],
            "balances": [0.0, 5.5, 10.0],
            "satisfaction": [7.0] * 3,
            "cost": [1.0] * 3,
        }
    )
    compared = compare_methods(criteria, {"expected_value": 0.55, "balances": 0.45})
    assert compared.first["expected_value"] == "A"
    assert compared.first["weighted_sum"] == "B"
    assert compared.ranks.set_index("strategy_id").loc["A", "spread"] >= 1


@pytest.mark.parametrize("method", METHODS[1:])
@pytest.mark.parametrize("concentration", [40, None])
def test_rank_shares_against_counting_each_draw(criteria, method, concentration) -> None:
    weights = {"expected_value": 0.5, "balances": 0.3, "cost": 0.2}
    found = rank_distribution(
        criteria, weights, method=method, draws=150, concentration=concentration, random_state=5
    )
    names = list(weights) if concentration else list(CRITERIA)
    alphas = [concentration * weights[name] for name in names] if concentration else np.ones(4)
    counted: dict[tuple[str, int], int] = {}
    for draw in np.random.default_rng(5).dirichlet(alphas, size=150):
        drawn = dict(zip(names, draw, strict=True))
        if method == "weighted_sum":
            ranked = score_strategies(criteria, drawn, draws=1).set_index("strategy_id")["rank"]
        else:
            frame = criteria.set_index("strategy_id")[list(CRITERIA)]
            kind = method.removeprefix("topsis_")
            ranked = topsis(frame, drawn, costs=["cost"], normalisation=kind)["rank"]
        for strategy_id, rank in ranked.items():
            counted[strategy_id, rank] = counted.get((strategy_id, rank), 0) + 1
    for row in found.itertuples():
        assert row.share == pytest.approx(counted.get((row.strategy_id, row.rank), 0) / 150)


def test_rank_shares_add_up_and_hold_the_stability(criteria) -> None:
    n = len(criteria)
    scored = score_strategies(criteria, random_state=3)
    found = rank_distribution(criteria, random_state=3)
    assert len(found) == n * n
    np.testing.assert_allclose(found.groupby("strategy_id")["share"].sum(), 1)
    np.testing.assert_allclose(found.groupby("rank")["share"].sum(), 1)
    assert found["strategy_id"].drop_duplicates().tolist() == scored["strategy_id"].tolist()
    own = found.merge(scored[["strategy_id", "rank", "rank_stability"]], on=["strategy_id", "rank"])
    np.testing.assert_allclose(own["share"], own["rank_stability"])


def test_far_draws_are_less_firm_than_near_ones(criteria) -> None:
    first = []
    for concentration in (1_000, 50, 5):
        found = rank_distribution(criteria, concentration=concentration)
        first.append(found.iloc[0]["share"])
    assert first[0] >= first[1] >= first[2]


def test_one_strategy_and_none(criteria) -> None:
    one = compare_methods(criteria.iloc[:1])
    assert one.ranks[[f"rank_{method}" for method in METHODS]].values.tolist() == [[1] * 4]
    assert one.agreement["kendall_tau"].isna().all()
    assert rank_distribution(criteria.iloc[:1])["share"].tolist() == [1]
    assert compare_methods(criteria.iloc[:0]).first == {}
    assert rank_distribution(criteria.iloc[:0]).empty


def test_a_strategy_without_a_value_comes_last(criteria) -> None:
    blank = criteria.copy()
    blank.loc[0, ["expected_value", "satisfaction"]] = np.nan
    ranks = compare_methods(blank).ranks.set_index("strategy_id")
    assert ranks.loc[blank["strategy_id"][0], "rank_expected_value"] == len(blank)


@pytest.mark.parametrize(
    "options, key",
    [
        ({"weights": {"cost": 0}}, "strategy_room.error.no_weight"),
        ({"method": "fame"}, "strategy_scores.error.method"),
        ({"method": "expected_value"}, "strategy_scores.error.method"),
        ({"draws": 0}, "strategy_room.error.draws"),
        ({"concentration": 0}, "strategy_scores.error.concentration"),
        ({"concentration": float("nan")}, "strategy_scores.error.concentration"),
    ],
)
def test_what_is_refused(criteria, options, key) -> None:
    with pytest.raises(ParameterProblem) as caught:
        rank_distribution(criteria, **options)
    assert caught.value.key == key


def test_missing_criteria_are_named(criteria) -> None:
    for call in (compare_methods, rank_distribution):
        with pytest.raises(TableProblem, match="balances"):
            call(criteria.drop(columns="balances"))
