"""Whether the lists' order found those whom a contact changes: each list's, and all together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.review.follow_up import follow_up
from workbench.review.means import check_alpha
from workbench.review.uplift.comparison import MIN_ARM_INTERVAL, OrderComparison, compare_orders

TARGETING_TABLES = ("lists", "coefficients", "differences", "curves", "tenths")
"""Names of the tables that `measure_targeting` returns."""
ALL = ""
"""The strategy_id of all lists together."""
LIST = "list"
"""The order of the list itself, by rank."""
SHARES = (0.1, 0.3, 0.5)
_LEAST_IN_A_STEP = 11
"""Customers of the smaller arm between two points of a stored curve, and in a group, on average."""
_LISTS = {
    "strategy_id": "str",
    "n": "int64",
    "n_control": "int64",
    "uplift": "float64",
    "problem": "str",
    "needed": "int64",
    "n_draws": "int64",
    "n_groups": "int64",
}


def measure_targeting(
    targets: pd.DataFrame,
    outcomes: pd.DataFrame,
    strategies: pd.DataFrame,
    scores: pd.DataFrame | None = None,
    *,
    contacts: pd.DataFrame | None = None,
    n_draws: int = 200,
    alpha: float = 0.05,
    random_state: int = 0,
) -> dict[str, pd.DataFrame]:
    """Judge the order of every list, and of all lists together, by its control.

    Within a list the customers are taken in the order of their rank, and beside it in the
    order of each column of `scores`. All lists together are gone through side by side: the
    first tenth of every list, then the second; customers are weighted by their list's
    share of control. Only customers of a list can be judged: whom the list left out has no
    outcome. The outcome is a response (0 or 1), by intention to treat.

    Parameters
    ----------
    targets, outcomes, strategies : pandas.DataFrame
        Tables `TARGETS`, `OUTCOMES`, `STRATEGIES`.
    scores : pandas.DataFrame, optional
        customer_id, strategy_id, and further columns by which the lists might have been
        ordered (``propensity`` …), highest first. Where a listed customer has no score,
        that order is left out of the list.
    contacts : pandas.DataFrame, optional
        Table `CONTACTS`; a list without a contact did not take place.
    n_draws : int, default=200
        Draws behind the intervals, see `compare_orders`.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence.
    random_state : int, default=0
        Seed of the draws.

    Returns
    -------
    dict of str to pandas.DataFrame
        - ``lists``: a row a list, and one with strategy_id "" for all together: n,
          n_control, uplift (in responses a customer), ``problem`` (empty, or why it can't
          be judged: no_control, no_treated, too_few, all_zero, not_contacted), ``needed``
          (customers that each arm must have), n_draws, n_groups.
        - ``coefficients``, ``differences``, ``curves``, ``tenths``: as of
          `OrderComparison`, with strategy_id before them. The first order is ``list``.
          Curves and groups are as fine as leaves 11 customers of the smaller arm between
          two points, on average.

    Raises
    ------
    TableProblem
        If a table does not fit.
    ParameterProblem
        If alpha is no probability.

    Examples
    --------
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> found = measure_targeting(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty())
    >>> found["lists"][["strategy_id", "problem"]].to_dict("records")
    [{'strategy_id': '', 'problem': 'no_control'}]
    """
    check_alpha(alpha)
    rows = _rows(targets, outcomes, strategies, scores, contacts)
    names = [LIST, *([] if scores is None else [n for n in scores.columns if n not in _KEY])]
    lists: list[tuple[object, ...]] = []
    found: list[tuple[str, OrderComparison]] = []
    judged = []
    settings: dict[str, Any] = {"n_draws": n_draws, "alpha": alpha, "random_state": random_state}
    for strategy_id in strategies["strategy_id"].astype("str"):
        mine = rows[rows["strategy_id"].eq(strategy_id)]
        if mine.empty:
            continue
        problem = _problem(mine, MIN_ARM_INTERVAL)
        lists.append(_about(strategy_id, mine, problem, n_draws))
        if problem == "":
            found.append((strategy_id, _compare(mine, names, **settings)))
        if _problem(mine, 2) in ("", "all_zero"):
            judged.append(mine)
    together = pd.concat(judged, ignore_index=True) if judged else rows.iloc[:0]
    problem = _problem(together, MIN_ARM_INTERVAL)
    lists.append(_about(ALL, together, problem, n_draws))
    if problem == "":
        found.append((ALL, _compare(_side_by_side(together, names), names, **settings)))
    tables = {"lists": pd.DataFrame(lists, columns=list(_LISTS)).astype(_LISTS)}
    for name in TARGETING_TABLES[1:]:
        parts = [getattr(one, name).assign(strategy_id=strategy_id) for strategy_id, one in found]
        tables[name] = _stack(parts, name)
    return tables


_KEY = ("customer_id", "strategy_id")
_EMPTY = {
    "coefficients": ("order", "measure", "value", "ci_low", "ci_high"),
    "differences": ("order", "other", "value", "ci_low", "ci_high"),
    "curves": ("order", "share", "gain", "ci_low", "ci_high", "random"),
    "tenths": (
        "order",
        "group",
        "n",
        "n_control",
        "mean_treated",
        "mean_control",
        "uplift",
        "ci_low",
        "ci_high",
    ),
}


def _stack(parts: list[pd.DataFrame], name: str) -> pd.DataFrame:
    texts = ("order", "other", "measure")
    columns = ["strategy_id", *_EMPTY[name]]
    if not any(len(part) for part in parts):
        kinds = {c: "str" if c in texts or c == "strategy_id" else "float64" for c in columns}
        return pd.DataFrame(columns=columns).astype(kinds)
    stacked = pd.concat([part for part in parts if len(part)], ignore_index=True)[columns]
    return stacked.astype({c: "str" for c in columns if c in texts or c == "strategy_id"})


def _rows(
    targets: pd.DataFrame,
    outcomes: pd.DataFrame,
    strategies: pd.DataFrame,
    scores: pd.DataFrame | None,
    contacts: pd.DataFrame | None,
) -> pd.DataFrame:
    """Return a row a listed customer: arm, response, and every order as a score."""
    rows = follow_up(targets, outcomes, strategies, contacts=contacts)
    rows = _with_orders(rows[[*_KEY, "arm", "responded", "contacted"]], targets, scores)
    return rows.assign(treated=rows["arm"].eq("treatment"))


def _with_orders(rows: pd.DataFrame, targets: pd.DataFrame, scores: pd.DataFrame | None) -> pd.DataFrame:
    key = list(_KEY)
    texts = dict.fromkeys(key, "str")
    rows = rows.merge(targets[[*key, "rank"]].astype(texts), on=key, how="left")
    rows[LIST] = -rows.pop("rank").astype("float64")
    if scores is not None:
        rows = rows.merge(scores.astype(texts).drop_duplicates(key), on=key, how="left")
    return rows


def rank_side_by_side(
    rows: pd.DataFrame, targets: pd.DataFrame, scores: pd.DataFrame | None = None
) -> dict[str, pd.Series]:
    """Return the lists' own order, and that of other scores, as places that lists share.

    Parameters
    ----------
    rows : pandas.DataFrame
        customer_id and strategy_id of the customers wanted, as `follow_up` returns them.
    targets : pandas.DataFrame
        Table `TARGETS`.
    scores : pandas.DataFrame, optional
        As for `measure_targeting`.

    Returns
    -------
    dict of str to pandas.Series
        ``list`` and each column of `scores` that every customer has: how far up the own
        list a customer stands, near 1 for the first and near 0 for the last.

    Examples
    --------
    >>> import pandas as pd
    >>> targets = pd.DataFrame({"customer_id": ["a", "b"], "strategy_id": "S1", "rank": [2, 1]})
    >>> rank_side_by_side(targets[["customer_id", "strategy_id"]], targets)["list"].tolist()
    [0.25, 0.75]
    """
    names = [LIST, *([] if scores is None else [n for n in scores.columns if n not in _KEY])]
    found = _side_by_side(_with_orders(rows[list(_KEY)], targets, scores), names)
    return {name: found[name] for name in names if found[name].notna().all()}


def _problem(rows: pd.DataFrame, needed: int) -> str:
    n_treated = int(rows["treated"].sum())
    n_control = len(rows) - n_treated
    if n_control == 0:
        return "no_control"
    if n_treated == 0:
        return "no_treated"
    if not rows["contacted"].any():
        return "not_contacted"
    if min(n_treated, n_control) < needed:
        return "too_few"
    return "" if rows["responded"].any() else "all_zero"


def _about(strategy_id: str, rows: pd.DataFrame, problem: str, n_draws: int) -> tuple[object, ...]:
    treated = rows["treated"].to_numpy(dtype=bool)
    uplift = np.nan
    if problem == "":
        uplift = _weighted_uplift(rows)
    n_control = int((~treated).sum())
    return (
        strategy_id,
        len(rows),
        n_control,
        uplift,
        problem,
        MIN_ARM_INTERVAL,
        n_draws if problem == "" else 0,
        fineness(treated)["n_groups"] if problem == "" else 0,
    )


def _weighted_uplift(rows: pd.DataFrame) -> float:
    """Return the lists' uplifts, each counting by its customers."""
    means = rows.groupby(["strategy_id", "treated"])["responded"].mean().unstack()
    sizes = rows.groupby("strategy_id").size()
    return float(((means[True] - means[False]) * sizes).sum() / sizes.sum())


def fineness(treated: Any) -> dict[str, int]:
    """Return how finely an order may be drawn, so that no figure is of a handful of customers.

    Parameters
    ----------
    treated : array-like of bool, shape (n,)
        Whether each customer was treated.

    Returns
    -------
    dict of str to int
        ``points`` and ``n_groups`` for `compare_orders`: 11 customers of the smaller arm
        between two points of the curve and twice as many in a group, on average.

    Examples
    --------
    >>> fineness([True] * 300 + [False] * 60)
    {'points': 5, 'n_groups': 2}
    """
    arms = np.asarray(treated, dtype=bool)
    smaller = int(min(arms.sum(), (~arms).sum()))
    n_groups = next((n for n in (10, 5, 2) if smaller // (2 * _LEAST_IN_A_STEP) >= n), 1)
    return {"points": int(np.clip(smaller // _LEAST_IN_A_STEP, 2, 100)), "n_groups": n_groups}


def _compare(
    rows: pd.DataFrame, names: list[str], *, n_draws: int, alpha: float, random_state: int
) -> OrderComparison:
    known = [name for name in names if name in rows.columns and rows[name].notna().all()]
    if LIST not in known:
        raise ParameterProblem("review_targeting.error.no_score")
    return compare_orders(
        rows["responded"],
        rows["treated"],
        {name: rows[name] for name in known},
        strata=rows["strategy_id"],
        k=SHARES,
        n_draws=n_draws,
        alpha=alpha,
        random_state=random_state,
        **fineness(rows["treated"]),
    )


def _side_by_side(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return each order as how far up its own list a customer stands, 0 to 1."""
    lists = rows["strategy_id"]
    found = rows.copy()
    for name in names:
        place = rows[name].groupby(lists).rank(method="average", ascending=False)
        size = rows[name].groupby(lists).transform("size")
        found[name] = (1 - (place - 0.5) / size).where(rows[name].notna())
    return found
