"""Customers lost and won back between two snapshots, and whether a strategy kept them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from workbench.errors import ParameterProblem
from workbench.review.means import Numbers, adjust_holm, check_alpha
from workbench.review.migration import PARTS, weigh
from workbench.review.proportions import compare_proportions
from workbench.review.strategies import MIN_EXPECTED_COUNT
from workbench.tables import ARMS

GONE = ("dormant", "lost")
"""Lifecycle stages that a customer who falls into them has churned to."""
KINDS = ("churn", "win_back")


def flag_churn(moves: pd.DataFrame) -> pd.DataFrame:
    """Say of each customer whether they churned, and whether they came back.

    Churned: neither dormant nor lost before, and left since or dormant or lost now. Won
    back: dormant or lost before, and there in another stage now. Where no stage is known
    at all, only who left has churned and nobody can have come back.

    Parameters
    ----------
    moves : pandas.DataFrame
        Pairs of `workbench.pair_snapshots` or cells of `workbench.count_moves`.

    Returns
    -------
    pandas.DataFrame
        churn and win_back, 1.0 or 0.0, missing where the customer was not at risk of it;
        indexed as the moves.

    Raises
    ------
    ParameterProblem
        If the table is not one of moves.

    Examples
    --------
    >>> from workbench.review import pair_snapshots
    >>> before = pd.DataFrame({"customer_id": list("abc"), "lifecycle_stage": ["mature", "growth", "lost"]})
    >>> after = before.assign(lifecycle_stage=["dormant", "growth", "growth"])
    >>> flag_churn(pair_snapshots(before, after))["churn"].tolist()
    [1.0, 0.0, nan]
    """
    weighed = weigh(moves)
    here, gone_now = weighed["status"].ne("joined"), weighed["lifecycle_stage_after"].isin(GONE)
    was_gone = weighed["lifecycle_stage_before"].isin(GONE)
    left = weighed["status"].eq("left")
    known = weighed["lifecycle_stage_after"].fillna("").ne("")
    churn = (left | gone_now).astype("float64").where(here & ~was_gone & (left | known | (not known.any())))
    back = (known & ~gone_now).astype("float64").where(here & was_gone & (left | known))
    return pd.DataFrame({"churn": churn, "win_back": back})


def count_churn(moves: pd.DataFrame, by: str = "segment", *, alpha: float = 0.05) -> pd.DataFrame:
    """Count who churned and who was won back, by where they were before.

    Parameters
    ----------
    moves : pandas.DataFrame
        Pairs or cells.
    by : {"segment", "lifecycle_stage"}, default="segment"
        The parts.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence.

    Returns
    -------
    pandas.DataFrame
        kind (``churn``, ``win_back``; see `flag_churn`), part (missing for all), n (at risk of
        it), k (of them), rate, low, high (Wilson). A part nobody of which was at risk is
        left out; a kind nobody was at risk of has a missing rate.

    Raises
    ------
    ParameterProblem
        If the table is not one of moves, there are no such parts, or alpha is no
        probability.

    Examples
    --------
    >>> from workbench.review import pair_snapshots
    >>> before = pd.DataFrame({"customer_id": list("abc"), "segment": ["Old", "Old", "Young"]})
    >>> found = count_churn(pair_snapshots(before, before.iloc[1:]))
    >>> found.loc[found["kind"].eq("churn"), ["part", "n", "k", "rate"]].round(2)
        part  n  k  rate
    0    Old  2  1  0.50
    1  Young  1  0  0.00
    2    NaN  3  1  0.33
    """
    if by not in PARTS:
        raise ParameterProblem("review_customers.error.by", by=by, known=", ".join(PARTS))
    weighed, flags = weigh(moves), flag_churn(moves)
    rows = []
    for kind in KINDS:
        n = weighed["n"].where(flags[kind].notna(), 0)
        k = weighed["n"].where(flags[kind].eq(1), 0)
        for part, members in weighed.groupby(f"{by}_before", sort=False).groups.items():
            if n[members].sum():
                rows.append((kind, part, int(n[members].sum()), int(k[members].sum())))
        rows.append((kind, np.nan, int(n.sum()), int(k.sum())))
    found = pd.DataFrame(rows, columns=["kind", "part", "n", "k"])
    order = pd.DataFrame({"kind": found["kind"], "all": found["part"].isna(), "n": -found["n"]})
    found = found.loc[order.sort_values(["kind", "all", "n"], kind="stable").index].reset_index(drop=True)
    found["rate"] = found["k"] / found["n"].where(found["n"] > 0)
    found["low"], found["high"] = wilson(found["k"], found["n"], alpha)
    return found


def compare_churn(
    pairs: pd.DataFrame, targets: pd.DataFrame, kind: str = "churn", *, alpha: float = 0.05
) -> pd.DataFrame:
    """Compare the churn of the treated with that of the control, strategy by strategy.

    By intention to treat, as `workbench.evaluate_strategies`: everybody at risk when the
    list was drawn counts in the arm they were drawn into.

    Parameters
    ----------
    pairs : pandas.DataFrame
        What `workbench.pair_snapshots` returned: the snapshot that the lists were drawn
        from, and the next.
    targets : pandas.DataFrame
        Table `TARGETS` of those lists.
    kind : {"churn", "win_back"}, default="churn"
        What is compared; see `flag_churn`.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence.

    Returns
    -------
    pandas.DataFrame
        One row a strategy: kind, n_treated, n_control (at risk of it), k_treated, k_control
        (of them), rate_treated, rate_control, difference (treated minus control, as a
        share) with ci_low and ci_high (score interval), p_value, p_holm (over the strategies),
        expected_count (the fewest with, or without it that an arm would have at one
        rate), n_unknown (listed customers that were not at risk), verdict (``fewer`` or
        ``more`` of the treated, ``open``; ``no_control`` where an arm is empty, ``nobody``
        where both are).

    Raises
    ------
    ParameterProblem
        If a customer stands in both arms of a strategy, there is no such kind, or alpha is
        no probability.

    Examples
    --------
    >>> from workbench.review import pair_snapshots
    >>> before = pd.DataFrame({"customer_id": [str(i) for i in range(200)], "segment": "A"})
    >>> targets = pd.DataFrame({"customer_id": before["customer_id"], "strategy_id": "S1",
    ...                         "arm": ["treatment"] * 100 + ["control"] * 100})
    >>> found = compare_churn(pair_snapshots(before, before.iloc[:150]), targets)
    >>> found[["strategy_id", "rate_treated", "rate_control", "verdict"]]
      strategy_id  rate_treated  rate_control verdict
    0          S1           0.0           0.5    fewer
    """
    check_alpha(alpha)
    if kind not in KINDS:
        raise ParameterProblem("review_customers.error.kind", kind=kind, known=", ".join(KINDS))
    churn = pd.Series(flag_churn(pairs)[kind].to_numpy(), index=pairs["customer_id"].astype("str"))
    rows = pd.DataFrame({name: targets[name].astype("str") for name in ("strategy_id", "customer_id", "arm")})
    arms = rows.groupby(["strategy_id", "customer_id"])["arm"].nunique()
    if (arms > 1).any():
        raise ParameterProblem("review_customers.error.both_arms", n=int((arms > 1).sum()))
    rows = rows.drop_duplicates(["strategy_id", "customer_id"])
    values = rows["customer_id"].map(churn).to_numpy(np.float64)
    groups, names = pd.factorize(rows["strategy_id"], sort=True)
    cell = groups * 2 + rows["arm"].eq(ARMS[1]).to_numpy(np.intp)
    known = ~np.isnan(values)
    n = np.bincount(cell[known], minlength=2 * len(names)).astype(np.float64)
    k = np.bincount(cell[known], weights=values[known], minlength=2 * len(names))
    (n_t, n_c), (k_t, k_c) = (figures.reshape(-1, 2).T for figures in (n, k))
    found = compare_proportions(k_t, n_t, k_c, n_c, alpha)
    pooled = (k_t + k_c) / np.where(n_t + n_c > 0, n_t + n_c, np.nan)
    expected = np.minimum(n_t, n_c) * np.minimum(pooled, 1 - pooled)
    p_holm = adjust_holm(found.p_value)
    proven = (p_holm < alpha) & (expected >= MIN_EXPECTED_COUNT)
    empty = (n_t == 0) | (n_c == 0)
    words = np.select(
        [n_t + n_c == 0, empty, proven & (found.estimate < 0), proven & (found.estimate > 0)],
        ["nobody", "no_control", "fewer", "more"],
        "open",
    )
    unknown = pd.Series(np.isnan(values)).groupby(groups).sum().reindex(range(len(names)), fill_value=0)
    return pd.DataFrame(
        {
            "strategy_id": pd.Series(names, dtype="str"),
            "kind": pd.Series(kind, index=range(len(names)), dtype="str"),
            "n_treated": n_t.astype(np.int64),
            "n_control": n_c.astype(np.int64),
            "k_treated": k_t.astype(np.int64),
            "k_control": k_c.astype(np.int64),
            "rate_treated": k_t / np.where(n_t > 0, n_t, np.nan),
            "rate_control": k_c / np.where(n_c > 0, n_c, np.nan),
            "difference": found.estimate,
            "ci_low": found.ci_low,
            "ci_high": found.ci_high,
            "p_value": found.p_value,
            "p_holm": p_holm,
            "expected_count": expected,
            "n_unknown": unknown.to_numpy(np.int64),
            "verdict": pd.Series(words, dtype="str"),
        }
    )


def wilson(k: npt.ArrayLike, n: npt.ArrayLike, alpha: float = 0.05) -> tuple[Numbers, Numbers]:
    """Return the Wilson score interval of a rate.

    Parameters
    ----------
    k, n : array-like
        How many of how many; missing without any.
    alpha : float, default=0.05
        1 − alpha is the interval's confidence.

    Returns
    -------
    low, high : ndarray

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable inference, the law of succession, and
       statistical inference. Journal of the American Statistical Association 22.

    Examples
    --------
    >>> low, high = wilson(8, 10)
    >>> round(float(low), 4), round(float(high), 4)
    (0.4902, 0.9433)
    """
    check_alpha(alpha)
    hits = np.asarray(k, dtype=np.float64)
    tries = np.where(np.asarray(n) > 0, n, np.nan).astype(np.float64)
    z2 = float(special.ndtri(1 - alpha / 2)) ** 2
    rate = hits / tries
    middle = (rate + z2 / (2 * tries)) / (1 + z2 / tries)
    half = np.sqrt(z2 * (rate * (1 - rate) / tries + z2 / (4 * tries**2))) / (1 + z2 / tries)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)
