"""Evaluate past campaigns, from the history that the bank already keeps."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.review.means import adjust_holm, check_alpha
from workbench.review.strategies import OUTCOME_COLUMNS, compare_arms, count_arms
from workbench.tables import CAMPAIGN_HISTORY


def evaluate_history(
    history: pd.DataFrame,
    customers: pd.DataFrame | None = None,
    *,
    by: str | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Say what each past campaign brought, overall or per segment.

    Parameters
    ----------
    history : pandas.DataFrame
        Table `CAMPAIGN_HISTORY`, with arms as they were drawn.
    customers : pandas.DataFrame, optional
        One row a customer_id with the column `by`: the portrait, or a segmentation's
        membership. Customers it does not know are a part of their own, named missing.
    by : str, optional
        Break each campaign down by this column, for example ``"segment"``.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence.

    Returns
    -------
    pandas.DataFrame
        Two rows (treatment, control) per campaign, part and outcome: campaign, `by`, the
        columns of `EVALUATION`, standard_error, lift with its interval, p_holm (over the
        campaigns of one outcome; missing for parts), n_contacted, n_contaminated (control
        customers who were contacted), n_responded, cost (CNY, both arms). Customers whose
        response is unknown are left out.

    Raises
    ------
    TableProblem
        If the history does not fit.
    ParameterProblem
        If `by` is not a column of `customers`, or alpha is no probability.

    Examples
    --------
    >>> import pandas as pd
    >>> history = pd.DataFrame(
    ...     {
    ...         "campaign": ["spring"] * 8,
    ...         "customer_id": list("abcdefgh"),
    ...         "arm": ["treatment"] * 4 + ["control"] * 4,
    ...         "responded": [True, True, True, False, False, True, False, False],
    ...     }
    ... )
    >>> result = evaluate_history(history)
    >>> print(result.loc[[0], ["campaign", "arm", "outcome", "n", "uplift"]].to_string(index=False))
    campaign       arm   outcome  n  uplift
      spring treatment responded  4     0.5
    """
    check_alpha(alpha)
    CAMPAIGN_HISTORY.check(history)
    rows = _plain(history)
    keys = ["campaign"]
    if by is not None:
        if customers is None or by not in customers.columns or "customer_id" not in customers.columns:
            present = [] if customers is None else list(map(str, customers.columns))
            raise ParameterProblem("review_room.error.no_part", column=by, present=", ".join(present) or "-")
        known = customers.drop_duplicates("customer_id").set_index("customer_id")[by]
        rows[by] = rows["customer_id"].map(known)
        keys.append(by)
    grouped = rows.groupby(keys, dropna=False, sort=True)
    groups = np.asarray(grouped.ngroup(), dtype=np.intp)
    labels = grouped.size().index.to_frame(index=False)
    counted = count_arms(rows, groups, len(labels))
    frames = []
    for outcome in OUTCOME_COLUMNS:
        frame = compare_arms(rows[outcome].to_numpy(np.float64), rows["arm"], groups, labels, outcome, alpha)
        treated = frame["arm"].eq("treatment")
        frame["p_holm"] = adjust_holm(frame["p_value"]) if by is None else np.nan
        for name in ("n_contacted", "n_responded"):
            frame[name] = counted[name].ravel()
        frame["n_contaminated"] = pd.Series(np.repeat(counted["n_contacted"][:, 1], 2)).where(treated)
        cost = np.bincount(groups, weights=rows["cost"].to_numpy(np.float64), minlength=len(labels))
        priced = np.bincount(groups, weights=rows["priced"].to_numpy(np.float64), minlength=len(labels))
        frame["cost"] = pd.Series(np.repeat(np.where(priced > 0, cost, np.nan), 2)).where(treated)
        frames.append(frame)
    frames[1] = frames[1].reindex(columns=frames[0].columns)
    together = pd.concat(frames, keys=range(len(frames)))
    return together.sort_index(level=1, kind="stable").reset_index(drop=True)


def _plain(history: pd.DataFrame) -> pd.DataFrame:
    rows = history[["campaign", "customer_id", "arm"]].reset_index(drop=True).astype("str")
    rows["responded"] = history["responded"].astype("boolean").to_numpy(np.float64, na_value=np.nan)
    amount = _numbers(history, "amount")
    # Who did not respond brought nothing; a response without an amount stays unknown.
    rows["amount"] = np.where(np.isnan(amount) & (rows["responded"] == 0), 0.0, amount)
    if "amount" not in history.columns or history["amount"].isna().all():
        rows["amount"] = np.nan
    cost = _numbers(history, "cost")
    rows["priced"] = (~np.isnan(cost)).astype(float)
    rows["cost"] = np.nan_to_num(cost)
    if "contacted_at" in history.columns:
        rows["contacted"] = history["contacted_at"].notna().to_numpy(float)
    else:
        rows["contacted"] = np.nan
    rows["tries"] = rows["contacted"]
    rows["reached"] = np.nan
    return rows


def _numbers(history: pd.DataFrame, name: str) -> np.ndarray:
    if name not in history.columns:
        return np.full(len(history), np.nan)
    return history[name].to_numpy(dtype=np.float64, na_value=np.nan)
