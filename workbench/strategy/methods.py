"""Several methods side by side: where they agree on the order, and how firm each order is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.closeness import closeness, distances, normalise
from workbench.strategy.scoring import (
    CONCENTRATION,
    COSTS,
    DRAWS,
    check_criteria,
    rank_rows,
    sample_weights,
    scale_criteria,
)
from workbench.strategy.weights import CRITERIA, DEFAULT_WEIGHTS, normal_weights

Matrix = npt.NDArray[np.float64]
METHODS = ("expected_value", "weighted_sum", "topsis_vector", "topsis_min_max")
"""Ways to order strategies: by expected value alone, and by all criteria in three ways."""
WEIGHED = METHODS[1:]
# Scores closer than this, relative to the largest, are a tie.
_DIGITS = 10


@dataclass(frozen=True)
class MethodComparison:
    """Strategies under several methods, and how far the methods agree.

    Parameters
    ----------
    ranks : pandas.DataFrame
        One row a strategy, best by the weighted sum first: ``strategy_id``; for each of
        `METHODS` ``score_<method>`` (CNY for the expected value, 0 to 1 for the others) and
        ``rank_<method>``; ``spread``, the highest less the lowest of its ranks.
    agreement : pandas.DataFrame
        One row a pair of methods: ``method``, ``other``, ``kendall_tau`` (tau-b, −1 to 1;
        missing where a method ties all strategies), ``swaps`` (pairs of strategies that
        the two put in opposite order), ``same_first``.
    weights : dict
        The weights used, summing to 1.

    Examples
    --------
    >>> criteria = pd.DataFrame({"strategy_id": ["S1", "S2"], "expected_value": [9.0, 4.0],
    ...     "balances": [1.0, 2.0], "satisfaction": [7.0, 7.0], "cost": [3.0, 1.0]})
    >>> compare_methods(criteria, {"balances": 1}).first
    {'expected_value': 'S1', 'weighted_sum': 'S2', 'topsis_vector': 'S2', 'topsis_min_max': 'S2'}
    """

    ranks: pd.DataFrame
    agreement: pd.DataFrame
    weights: dict[str, float]

    @property
    def first(self) -> dict[str, str]:
        """Each method's first strategy."""
        if self.ranks.empty:
            return {}
        ids = self.ranks["strategy_id"].to_numpy()
        return {name: str(ids[self.ranks[f"rank_{name}"].to_numpy().argmin()]) for name in METHODS}


def compare_methods(criteria: pd.DataFrame, weights: Mapping[str, float] | None = None) -> MethodComparison:
    """Order the strategies by expected value, weighted sum and TOPSIS, side by side.

    Parameters
    ----------
    criteria : pandas.DataFrame
        From `build_criteria`; one row a strategy.
    weights : mapping of str to float, optional
        As in `score_strategies`; the expected value alone asks for none.

    Returns
    -------
    MethodComparison
        ``ranks``, ``agreement``, ``first``. Ties keep the order of `criteria`; a strategy
        without an expected value comes last by it.

    Raises
    ------
    ParameterProblem
        If weights are not usable, see `normal_weights`.
    TableProblem
        If criteria are missing.

    References
    ----------
    Hwang, C.-L., Yoon, K. (1981). Multiple Attribute Decision Making. Springer.
    Kendall, M. G. (1945). The treatment of ties in ranking problems. Biometrika 33,
    239-251.

    Examples
    --------
    >>> criteria = pd.DataFrame({"strategy_id": ["S1", "S2", "S3"],
    ...     "expected_value": [9.0, 4.0, 1.0], "balances": [1.0, 2.0, 8.0],
    ...     "satisfaction": [7.0, 7.0, 7.0], "cost": [3.0, 1.0, 1.0]})
    >>> compared = compare_methods(criteria, {"expected_value": 0.4, "balances": 0.6})
    >>> compared.ranks[["strategy_id", "rank_expected_value", "rank_weighted_sum"]].values.tolist()
    [['S3', 3, 1], ['S1', 1, 2], ['S2', 2, 3]]
    >>> compared.agreement[["swaps", "same_first"]].values[0].tolist()
    [2, False]
    """
    shares = normal_weights(DEFAULT_WEIGHTS if weights is None else weights)
    now = np.array([[shares[name] for name in CRITERIA]])
    ids = check_criteria(criteria)["strategy_id"].to_numpy()
    columns: dict[str, Matrix] = {}
    orders: dict[str, Matrix] = {}
    for method in METHODS:
        if method == "expected_value":
            scores = criteria[method].to_numpy(dtype="float64", na_value=np.nan)
        else:
            scores = score_draws(criteria, now, method)[0]
        ordered = np.where(np.isnan(scores), -np.inf, scores)
        columns[f"score_{method}"] = scores
        columns[f"rank_{method}"] = rank_rows(ordered[None, :])[0]
        orders[method] = _order(scores)
    each = np.array([columns[f"rank_{method}"] for method in METHODS])
    ranks = pd.DataFrame({"strategy_id": ids, **columns, "spread": np.ptp(each, axis=0)})
    rows = [
        (
            method,
            other,
            _tau(orders[method], orders[other]),
            int((orders[method] * orders[other] < 0).sum()) // 2,
            bool(len(ids)) and int(each[one].argmin()) == int(each[two].argmin()),
        )
        for (one, method), (two, other) in combinations(enumerate(METHODS), 2)
    ]
    agreement = pd.DataFrame(rows, columns=["method", "other", "kendall_tau", "swaps", "same_first"])
    return MethodComparison(ranks.sort_values("rank_weighted_sum", ignore_index=True), agreement, shares)


def score_draws(criteria: pd.DataFrame, weights: Matrix, method: str) -> Matrix:
    """Return the scores of all strategies under many sets of weights.

    Parameters
    ----------
    criteria : pandas.DataFrame
        From `build_criteria`.
    weights : numpy.ndarray
        Sets of weights × `CRITERIA`.
    method : {"weighted_sum", "topsis_vector", "topsis_min_max"}
        How they are weighed.

    Returns
    -------
    numpy.ndarray
        Sets of weights × strategies.

    Raises
    ------
    ParameterProblem
        If the method is unknown.
    """
    if method == "weighted_sum":
        return weights @ scale_criteria(criteria).T
    if method not in WEIGHED:
        raise ParameterProblem("strategy_scores.error.method", name=method, known=", ".join(WEIGHED))
    figures = check_criteria(criteria)[list(CRITERIA)].to_numpy(dtype="float64", na_value=np.nan)
    costs = [name in COSTS for name in CRITERIA]
    points = normalise(figures, costs, "vector" if method == "topsis_vector" else "min_max")
    return closeness(*distances(points, weights))


def kendall_tau(one: npt.ArrayLike, two: npt.ArrayLike) -> float:
    """Return how far two scores agree on the order: Kendall's tau-b, −1 to 1.

    Parameters
    ----------
    one, two : array-like
        Scores of the same strategies. Those that lack one are left out.

    Returns
    -------
    float
        Concordant less discordant pairs, divided by √((pairs not tied in the first) ×
        (pairs not tied in the second)); missing where either ties all.

    References
    ----------
    Kendall, M. G. (1945). The treatment of ties in ranking problems. Biometrika 33,
    239-251.

    Examples
    --------
    >>> kendall_tau([1, 2, 3, 4], [1, 2, 4, 3])
    0.6666666666666666
    """
    return _tau(_order(np.asarray(one, dtype="float64")), _order(np.asarray(two, dtype="float64")))


def _order(scores: Matrix) -> Matrix:
    """Return for each pair which one is ahead: 1, −1, 0 for a tie; missing where a score is."""
    known = scores[np.isfinite(scores)]
    largest = np.abs(known).max() if len(known) else 1.0
    rounded = np.where(np.isfinite(scores), scores / (largest or 1.0), np.nan).round(_DIGITS)
    return np.sign(rounded[:, None] - rounded[None, :])


def _tau(one: Matrix, two: Matrix) -> float:
    known = ~(np.isnan(one) | np.isnan(two))
    one, two = np.where(known, one, 0.0), np.where(known, two, 0.0)
    pairs = float(np.abs(one).sum() * np.abs(two).sum())
    return float((one * two).sum() / np.sqrt(pairs)) if pairs else float("nan")


def rank_distribution(
    criteria: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    *,
    method: str = "weighted_sum",
    draws: int = DRAWS,
    concentration: float | None = CONCENTRATION,
    random_state: int = 0,
) -> pd.DataFrame:
    """Return at which ranks each strategy stands under sampled weights, and how often.

    Parameters
    ----------
    criteria : pandas.DataFrame
        From `build_criteria`.
    weights : mapping of str to float, optional
        As in `score_strategies`.
    method : {"weighted_sum", "topsis_vector", "topsis_min_max"}, default="weighted_sum"
        How the strategies are weighed.
    draws : int, default=4000
        Sampled sets of weights, from a Dirichlet distribution.
    concentration : float or None, default=50
        How close they stay to the weights given, as in `score_strategies`; None draws from
        all weights there are, each as likely as another.
    random_state : int, default=0
        Seed of the draws.

    Returns
    -------
    pandas.DataFrame
        A row for each strategy and rank: ``strategy_id``, ``rank``, ``share`` of the draws
        (they sum to 1 for each strategy, and for each rank). Strategies in the order of
        their rank at the weights given. With ``concentration=None`` the shares are the
        rank acceptability indices of stochastic multicriteria acceptability analysis.

    Raises
    ------
    ParameterProblem
        If weights, draws, concentration or method can't be used.

    References
    ----------
    Butler, J., Jia, J., Dyer, J. (1997). Simulation techniques for the sensitivity
    analysis of multi-criteria decision models. European Journal of Operational
    Research 103, 531-546.
    Lahdelma, R., Salminen, P. (2001). SMAA-2: Stochastic multicriteria acceptability
    analysis for group decision making. Operations Research 49, 444-454.

    Examples
    --------
    >>> criteria = pd.DataFrame({"strategy_id": ["S1", "S2"], "expected_value": [9.0, 4.0],
    ...     "balances": [1.0, 2.0], "satisfaction": [7.0, 7.0], "cost": [1.0, 1.0]})
    >>> found = rank_distribution(criteria, concentration=None)
    >>> found[["strategy_id", "rank"]].values.tolist()
    [['S1', 1], ['S1', 2], ['S2', 1], ['S2', 2]]
    >>> found["share"].round(1).tolist()
    [0.5, 0.5, 0.5, 0.5]
    """
    shares = normal_weights(DEFAULT_WEIGHTS if weights is None else weights)
    now = np.array([[shares[name] for name in CRITERIA]])
    order = rank_rows(score_draws(criteria, now, method))[0].argsort()
    sampled = sample_weights(shares, draws, concentration, random_state)
    ranks = rank_rows(score_draws(criteria, sampled, method))
    n = len(order)
    counts = np.array([np.bincount(ranks[:, each] - 1, minlength=n) for each in order]).reshape(n, n)
    ids = criteria["strategy_id"].to_numpy()[order]
    return pd.DataFrame(
        {
            "strategy_id": np.repeat(ids, n),
            "rank": np.tile(np.arange(1, n + 1), n),
            "share": counts.reshape(-1) / draws,
        }
    )
