"""RFM: how recently, how often and for how much a customer buys, as scores 1 to 5."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem

MEASURES = ("recency", "frequency", "monetary_value")
SCORES = ("r_score", "f_score", "m_score")


def rfm_scores(customers: pd.DataFrame, *, n_scores: int = 5) -> pd.DataFrame:
    """Score customers by recency, frequency and money: quintiles of this table.

    Parameters
    ----------
    customers : pandas.DataFrame
        One row a customer: ``recency`` (days since the last purchase), ``frequency``
        (purchases in 12 months), ``monetary_value`` (mean amount of one), as the
        portrait and `summarise_transactions` have them.
    n_scores : int, default=5
        How many scores; 5 are quintiles.

    Returns
    -------
    pandas.DataFrame
        Indexed as the customers: ``r_score``, ``f_score``, ``m_score`` (1 to n_scores,
        the highest is best: bought most recently, most often, for most) and ``rfm``
        (the three digits as text, ``"555"`` is best).

    Raises
    ------
    ParameterProblem
        If a column is missing, or n_scores is not from 2 to 9.

    Notes
    -----
    Equal values always get equal scores: a value's score is the fifth of the customers
    in which the middle of its ties lies, 1 + ⌊5 (rank - ½) / n⌋. So groups are unequal
    where many share a value, and a score can be empty where there are few values; a
    column of one value gets the middle score. A missing or infinite value (no purchase
    in 12 months) is scored 1. Scores compare customers of one snapshot, not of two.

    References
    ----------
    A. M. Hughes: Strategic Database Marketing. Probus (1994).

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({
    ...     "recency": [2, 400, 30, 90, 11], "frequency": [40, 0, 12, 12, 12],
    ...     "monetary_value": [900.0, None, 80.0, 75.0, 120.0],
    ... })
    >>> rfm_scores(customers)["rfm"].tolist()
    ['555', '111', '332', '231', '434']
    """
    if not 2 <= n_scores <= 9:
        raise ParameterProblem("insight_value.error.setting", name="n_scores", value=str(n_scores))
    _need(customers)
    found = pd.DataFrame(index=customers.index)
    for measure, score in zip(MEASURES, SCORES, strict=True):
        values = _numbers(customers[measure])
        found[score] = _scored(-values if measure == "recency" else values, n_scores)
    found["rfm"] = found["r_score"].astype("str") + found["f_score"].astype("str")
    found["rfm"] = (found["rfm"] + found["m_score"].astype("str")).astype("str")
    return found


def rfm_bounds(customers: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Say what each score stands for: its smallest and largest value, and how many have it.

    Parameters
    ----------
    customers : pandas.DataFrame
        What was scored.
    scores : pandas.DataFrame
        As `rfm_scores` returns it.

    Returns
    -------
    pandas.DataFrame
        ``measure, score, lowest, highest, n``; a score that nobody has is left out.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"recency": [1, 9], "frequency": [3, 3], "monetary_value": [5.0, 6.0]})
    >>> rfm_bounds(customers, rfm_scores(customers)).head(2).to_dict("records")
    [{'measure': 'recency', 'score': 2, 'lowest': 9.0, 'highest': 9.0, 'n': 1},
     {'measure': 'recency', 'score': 4, 'lowest': 1.0, 'highest': 1.0, 'n': 1}]
    """
    _need(customers)
    parts = []
    for measure, score in zip(MEASURES, SCORES, strict=True):
        values = _numbers(customers[measure]).groupby(scores[score])
        part = pd.DataFrame({"lowest": values.min(), "highest": values.max(), "n": values.size()})
        part = part.rename_axis("score").reset_index()
        part.insert(0, "measure", measure)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def rfm_grid(values: pd.DataFrame) -> pd.DataFrame:
    """Count customers, and add up their expected value, by recency and frequency score.

    Parameters
    ----------
    values : pandas.DataFrame
        Columns ``r_score``, ``f_score`` and, where there is a model, ``expected_value``.

    Returns
    -------
    pandas.DataFrame
        ``r_score, f_score, n, expected_value``: every pair of scores that occur, the
        highest first, zeros included.

    Examples
    --------
    >>> import pandas as pd
    >>> values = pd.DataFrame({"r_score": [5, 5, 1], "f_score": [4, 4, 1], "expected_value": [9.0, 1, 2]})
    >>> rfm_grid(values)[["r_score", "f_score", "n"]].values.tolist()
    [[5, 4, 2], [5, 1, 0], [1, 4, 0], [1, 1, 1]]
    """
    keys = ["r_score", "f_score"]
    worth = values["expected_value"] if "expected_value" in values else pd.Series(np.nan, index=values.index)
    rows = values[keys].assign(expected_value=worth.astype("float64"))
    grouped = rows.groupby(keys)
    found = pd.DataFrame({"n": grouped.size(), "expected_value": grouped["expected_value"].sum(min_count=1)})
    levels = [sorted(rows[key].unique(), reverse=True) for key in keys]
    every = pd.MultiIndex.from_product(levels, names=keys)
    return found.reindex(every).fillna({"n": 0}).astype({"n": "int64"}).reset_index()


def _scored(values: pd.Series, n_scores: int) -> pd.Series:
    rank = values.rank(method="average")
    share = (rank - 0.5) / max(int(values.notna().sum()), 1)
    score = (n_scores * share // 1 + 1).clip(1, n_scores)
    return score.fillna(1).astype("int64")


def _numbers(column: pd.Series) -> pd.Series:
    return column.astype("float64").replace([np.inf, -np.inf], np.nan)


def _need(customers: pd.DataFrame) -> None:
    absent = [name for name in MEASURES if name not in customers.columns]
    if absent:
        raise ParameterProblem(
            "insight_value.error.columns",
            columns=", ".join(absent),
            present=", ".join(map(str, customers.columns)),
        )
