"""The figures of strategies and places that a board's alerts are raised by."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special


def strategy_figures(
    whole: pd.DataFrame,
    to_day: pd.DataFrame,
    earlier: pd.DataFrame,
    later: pd.DataFrame,
    sample_ratio: pd.DataFrame | None = None,
    *,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Return the figures of each strategy that alerts are raised by.

    Parameters
    ----------
    whole : pandas.DataFrame
        From `compare_members`, one row a strategy_id; as are the next three.
    to_day : pandas.DataFrame
        Of the weeks that are over.
    earlier, later : pandas.DataFrame
        Of the first and the second half of them.
    sample_ratio : pandas.DataFrame, optional
        From `check_sample_ratios`.
    alpha : float, default=0.05
        1 − alpha is the confidence of the upper end of the responses (Wilson).

    Returns
    -------
    pandas.DataFrame
        ``member`` and the figures: contacted_to_due, n_behind, reach_before, reach_after,
        reach_change with its p (two proportions, pooled), refusal_rate, n_reached,
        cost_to_plan, contaminated_share, sample_ratio_p, responded_to_plan,
        responded_high (customers) and others that the sentences name.

    Examples
    --------
    >>> import pandas as pd
    >>> row = pd.DataFrame({"strategy_id": ["S1"], "listed": [100.0], "contacted": [90.0], "reached": [40.0],
    ...     "refused": [20.0], "responded": [9.0], "control": [10.0], "control_contacted": [1.0],
    ...     "cost": [9.0], "plan_cost": [10.0], "plan_contacts": [100.0], "plan_responses": [10.0],
    ...     "contacted_to_plan": [0.9], "responded_to_plan": [0.9], "cost_to_plan": [0.9]})
    >>> strategy_figures(row, row, row, row)[["refusal_rate", "contaminated_share"]].values.tolist()
    [[0.5, 0.1]]
    """
    rows = whole.set_index("strategy_id")
    due, before, after = (
        each.set_index("strategy_id").reindex(rows.index) for each in (to_day, earlier, later)
    )
    found = pd.DataFrame({"member": rows.index.astype("str")}, index=rows.index)
    for name in ("cost", "plan_cost", "cost_to_plan", "responded", "responded_to_plan", "plan_responses"):
        found[name] = rows[name].astype(float)
    found["contacted_to_due"] = due["contacted_to_plan"].astype(float)
    found["n_behind"] = (due["plan_contacts"] - due["contacted"]).clip(lower=0).round()
    found["n_reached"] = rows["reached"].astype(float)
    found["refusal_rate"] = rows["refused"] / rows["reached"].where(rows["reached"] > 0)
    found["n_contaminated"] = rows["control_contacted"].astype(float)
    found["contaminated_share"] = rows["control_contacted"] / rows["control"].where(rows["control"] > 0)
    found["reach_before"], found["reach_after"] = (
        part["reached"] / part["contacted"].where(part["contacted"] > 0) for part in (before, after)
    )
    found["reach_change"] = found["reach_after"] - found["reach_before"]
    found["reach_p"] = _two_shares(before, after)
    found["responded_high"] = _wilson_high(rows["responded"], rows["listed"], alpha) * rows["listed"]
    if sample_ratio is not None and len(sample_ratio):
        ratios = sample_ratio.set_index(sample_ratio["strategy_id"].astype("str"))["p_value"]
        found["sample_ratio_p"] = found["member"].map(ratios).astype(float)
    return found.reset_index(drop=True)


def place_figures(cells: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the figures of each branch or region that alerts are raised by.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row a place and strategy: `by`, listed, responded, plan_responses and
        responded_to_plan (see `hold_against_plan`).
    by : str
        ``"branch"`` or ``"region"``.

    Returns
    -------
    pandas.DataFrame
        ``member``, n_strategies (with somebody on their lists there), above_plan (of
        these, as planned or better), responded, plan_responses and responded_to_plan over
        them; the lowest first. Places without a name are left out; so are those of which
        one strategy's result is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"branch": ["A", "A"], "strategy_id": ["S1", "S2"], "listed": [20.0, 30.0],
    ...     "responded": [1.0, 2.0], "plan_responses": [2.0, 3.0], "responded_to_plan": [0.5, 0.7]})
    >>> place_figures(cells, "branch")[["n_strategies", "above_plan", "responded_to_plan"]].values.tolist()
    [[2.0, 0.0, 0.6]]
    """
    there = cells[(cells["listed"].isna() | (cells["listed"] > 0)) & cells[by].ne("")]
    there = there.assign(
        above_plan=there["responded_to_plan"].ge(1), known=there["responded_to_plan"].notna(), n_strategies=1
    )
    sums = ["n_strategies", "above_plan", "responded", "plan_responses"]
    found = there.groupby(by)[sums].sum().astype(float)
    found["responded_to_plan"] = found["responded"] / found["plan_responses"].where(
        found["plan_responses"] > 0
    )
    found = found[there.groupby(by)["known"].all()]
    return found.rename_axis("member").reset_index().sort_values("responded_to_plan", ignore_index=True)


def _two_shares(before: pd.DataFrame, after: pd.DataFrame) -> pd.Series:
    n, m = before["contacted"].astype(float), after["contacted"].astype(float)
    pooled = (before["reached"] + after["reached"]) / (n + m).where(n + m > 0)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n.where(n > 0) + 1 / m.where(m > 0)))
    change = after["reached"] / m.where(m > 0) - before["reached"] / n.where(n > 0)
    z = change / error.where(error > 0)
    return pd.Series(2 * special.ndtr(-np.abs(z.astype(float))), index=before.index)


def _wilson_high(successes: pd.Series, n: pd.Series, alpha: float) -> pd.Series:
    z = float(special.ndtri(1 - alpha / 2))
    size = n.where(n > 0)
    share = successes / size
    middle = share + z * z / (2 * size)
    half = z * np.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    return (middle + half) / (1 + z * z / size)
