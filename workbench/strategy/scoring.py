"""Weigh the criteria: which strategy comes first, and how firmly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem, TableProblem
from workbench.strategy.weights import CRITERIA, DEFAULT_WEIGHTS, normal_weights

Matrix = npt.NDArray[np.float64]
CONCENTRATION = 50.0
DRAWS = 4_000
# Scores closer than this are a tie: sums of products differ in their last digits.
_TIE = 10
SAME = 1e-9
"""Figures that differ by less, relative to the largest, are taken for equal."""
COSTS = ("cost",)
"""Criteria of which less is better."""


def score_strategies(
    criteria: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    *,
    draws: int = DRAWS,
    concentration: float = CONCENTRATION,
    random_state: int = 0,
) -> pd.DataFrame:
    """Return the weighted score of each strategy, and how firm its rank is.

    Each criterion is brought to 0 (worst strategy) … 1 (best) by its minimum and maximum,
    cost reversed; where all strategies are equal, or a figure is missing, it is 0.5. The
    score is the sum of these, weighted.

    Parameters
    ----------
    criteria : pandas.DataFrame
        From `build_criteria`; one row a strategy.
    weights : mapping of str to float, optional
        Weight of each criterion; `normal_weights` makes them sum to 1. Default
        `DEFAULT_WEIGHTS`.
    draws : int, default=4000
        Sampled sets of weights.
    concentration : float, default=50
        How close they stay to the weights given: a weight w varies with the standard
        deviation √(w(1−w)/(concentration+1)), so .45 by ±.07.
    random_state : int, default=0
        Seed of the draws.

    Returns
    -------
    pandas.DataFrame
        One row a strategy, best first: ``strategy_id``, ``score`` (0 to 1), ``rank``,
        ``contribution_<criterion>`` (they sum to the score), ``rank_stability`` (share of
        Dirichlet-sampled weights under which the strategy keeps its rank). Ties keep the
        order of `criteria`. ``frame.attrs["weights"]`` holds the weights that were used.

    Raises
    ------
    ParameterProblem
        If weights are not usable, see `normal_weights`.
    TableProblem
        If criteria are missing.

    References
    ----------
    Butler, J., Jia, J., Dyer, J. (1997). Simulation techniques for the sensitivity
    analysis of multi-criteria decision models. European Journal of Operational
    Research 103, 531-546.

    Examples
    --------
    >>> criteria = pd.DataFrame({"strategy_id": ["S1", "S2"], "expected_value": [9.0, 4.0],
    ...     "balances": [1.0, 2.0], "satisfaction": [7.0, 7.0], "cost": [3.0, 1.0]})
    >>> scored = score_strategies(criteria, {"expected_value": 3, "balances": 1})
    >>> scored[["strategy_id", "score", "rank"]].values.tolist()
    [['S1', 0.75, 1], ['S2', 0.25, 2]]
    """
    shares = normal_weights(DEFAULT_WEIGHTS if weights is None else weights)
    parts = scale_criteria(criteria)
    contributions = parts * np.array([shares[name] for name in CRITERIA])
    scores = contributions.sum(axis=1)
    ranks = rank_rows(scores[None, :])[0]
    sampled = rank_rows(sample_weights(shares, draws, concentration, random_state) @ parts.T)
    scored = pd.DataFrame({"strategy_id": criteria["strategy_id"].to_numpy(), "score": scores, "rank": ranks})
    for position, name in enumerate(CRITERIA):
        scored[f"contribution_{name}"] = contributions[:, position]
    scored["rank_stability"] = (sampled == ranks).mean(axis=0)
    scored = scored.sort_values("rank", ignore_index=True)
    scored.attrs["weights"] = shares
    return scored


def find_flips(criteria: pd.DataFrame, weights: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Return how far each weight alone must move for another strategy to come first.

    One weight moves, the others share the rest in their present proportion.

    Parameters
    ----------
    criteria : pandas.DataFrame
        From `build_criteria`.
    weights : mapping of str to float, optional
        As in `score_strategies`.

    Returns
    -------
    pandas.DataFrame
        ``criterion``, ``weight`` (now), ``flips_at``, ``change``, ``first`` (who comes first
        then); the smallest change first. Criteria that can't change the first place are
        left out.

    Examples
    --------
    >>> criteria = pd.DataFrame({"strategy_id": ["S1", "S2"], "expected_value": [9.0, 4.0],
    ...     "balances": [1.0, 2.0], "satisfaction": [7.0, 7.0], "cost": [1.0, 1.0]})
    >>> flips = find_flips(criteria, {"expected_value": 0.6, "balances": 0.4})
    >>> flips[["criterion", "flips_at", "first"]].values.tolist()
    [['expected_value', 0.5, 'S2'], ['balances', 0.5, 'S2']]
    """
    shares = normal_weights(DEFAULT_WEIGHTS if weights is None else weights)
    parts = scale_criteria(criteria)
    now = np.array([shares[name] for name in CRITERIA])
    ids = criteria["strategy_id"].to_numpy()
    rows = []
    leader = int(rank_rows((parts @ now)[None, :])[0].argmin()) if len(ids) else 0
    for position, name in enumerate(CRITERIA):
        rest = now.copy()
        rest[position] = 0.0
        if rest.sum() <= 0:
            continue
        others = parts @ (rest / rest.sum())
        flip = _nearest_crossing(parts[:, position], others, float(now[position]), leader)
        if flip is not None:
            at, rival = flip
            rows.append((name, float(now[position]), at, at - float(now[position]), ids[rival]))
    found = pd.DataFrame(rows, columns=["criterion", "weight", "flips_at", "change", "first"])
    nearest = found["change"].abs().round(_TIE).sort_values(kind="stable").index
    return found.loc[nearest].reset_index(drop=True)


def _nearest_crossing(own: Matrix, others: Matrix, now: float, leader: int) -> tuple[float, int] | None:
    """Return the nearest weight at which a rival draws level with the leader, and the rival."""
    best: tuple[float, int] | None = None
    for rival in range(len(own)):
        # The gap is a straight line in the weight t: t·own + (1 − t)·others.
        by_own, by_others = own[leader] - own[rival], others[leader] - others[rival]
        slope = by_own - by_others
        if rival == leader or abs(slope) < 1e-12:
            continue
        at = round(float(-by_others / slope), _TIE)
        # At 0 and 1 they would only draw level: no weight is left to put the rival first.
        if 0 < at < 1 and (best is None or abs(at - now) < abs(best[0] - now)):
            best = (at, rival)
    return best


def scale_criteria(criteria: pd.DataFrame) -> Matrix:
    """Bring each criterion to 0 (worst) … 1 (best), cost reversed; 0.5 where missing or all equal.

    Raises
    ------
    TableProblem
        If criteria are missing.
    """
    check_criteria(criteria)
    parts = np.full((len(criteria), len(CRITERIA)), 0.5)
    for position, name in enumerate(CRITERIA):
        values = criteria[name].to_numpy(dtype="float64", na_value=np.nan)
        known = np.isfinite(values)
        # A difference in the last digits only is none; it must not be blown up to 0 and 1.
        if known.any() and np.ptp(values[known]) > SAME * np.abs(values[known]).max():
            scaled = (values - values[known].min()) / np.ptp(values[known])
            parts[known, position] = (1.0 - scaled if name in COSTS else scaled)[known]
    return parts


def check_criteria(criteria: pd.DataFrame) -> pd.DataFrame:
    """Return the criteria if no column that is weighed is missing.

    Raises
    ------
    TableProblem
        If one is.
    """
    missing = [name for name in ("strategy_id", *CRITERIA) if name not in criteria.columns]
    if missing:
        raise TableProblem(
            "errors.table.missing_columns",
            table="criteria",
            columns=", ".join(missing),
            present=", ".join(map(str, criteria.columns)) or "-",
        )
    return criteria


def rank_rows(scores: Matrix) -> npt.NDArray[np.int64]:
    """Return each row's ranks, 1 for the highest; ties keep their order."""
    order = np.argsort(-scores.round(_TIE), axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, scores.shape[1] + 1)[None, :], axis=1)
    return ranks


def sample_weights(
    shares: Mapping[str, float], draws: int, concentration: float | None, random_state: int
) -> Matrix:
    """Return sampled sets of weights, one a row, in the order of `CRITERIA`.

    Parameters
    ----------
    shares : mapping of str to float
        Weights that sum to 1.
    draws : int
        How many sets.
    concentration : float or None
        How close they stay to the shares; None draws from all weights there are, each as
        likely as another.
    random_state : int
        Seed.

    Raises
    ------
    ParameterProblem
        If there is no draw, or the concentration is not above 0.
    """
    if draws < 1:
        raise ParameterProblem("strategy_room.error.draws", draws=draws)
    if concentration is not None and not 0 < concentration < float("inf"):
        raise ParameterProblem("strategy_scores.error.concentration", concentration=concentration)
    random = np.random.default_rng(random_state)
    if concentration is None:
        return random.dirichlet(np.ones(len(CRITERIA)), size=draws)
    alphas = concentration * np.array([shares[name] for name in CRITERIA])
    positive = alphas > 0
    sampled = np.zeros((draws, len(CRITERIA)))
    # A weight of 0 says that the criterion does not matter: it stays 0 in every draw.
    sampled[:, positive] = random.dirichlet(alphas[positive], size=draws)
    return sampled
