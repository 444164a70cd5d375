"""See whether a strategy works alike in all parts of its list."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from workbench.review.campaign import check_columns
from workbench.review.strategies import MIN_EXPECTED_COUNT


def compare_parts(evaluation: pd.DataFrame, by: str, outcome: str = "responded") -> pd.DataFrame:
    """Test whether each strategy's uplift differs between its parts (Cochran's Q).

    Parameters
    ----------
    evaluation : pandas.DataFrame
        What `evaluate_strategies` returned with ``by=by``.
    by : str
        The column of the parts.
    outcome : str, default="responded"
        The outcome to compare.

    Returns
    -------
    pandas.DataFrame
        One row a strategy: strategy_id, by, n_parts (those large enough: expected_count at
        least 5, where it is known), q, p_value
        (missing below two parts), works_in (parts whose whole interval is above 0,
        comma-separated; with 95% intervals one part in forty gets there by chance).

    Raises
    ------
    ParameterProblem
        If the evaluation lacks a column, for example because it was not broken down.

    References
    ----------
    .. [1] Cochran, W. G. (1954). The combination of estimates from different experiments.
       Biometrics 10.

    Examples
    --------
    >>> import pandas as pd
    >>> parts = pd.DataFrame(
    ...     {
    ...         "strategy_id": ["S1", "S1"],
    ...         "lifecycle_stage": ["growth", "mature"],
    ...         "arm": ["treatment", "treatment"],
    ...         "outcome": ["responded", "responded"],
    ...         "uplift": [0.04, 0.0],
    ...         "standard_error": [0.01, 0.01],
    ...         "ci_low": [0.02, -0.02],
    ...     }
    ... )
    >>> compare_parts(parts, "lifecycle_stage")[["works_in", "q"]].round(2).values.tolist()
    [['growth', 8.0]]
    """
    check_columns(evaluation, ["strategy_id", by, "arm", "outcome", "uplift", "standard_error", "ci_low"])
    if "expected_count" not in evaluation.columns:
        evaluation = evaluation.assign(expected_count=np.nan)
    kept = evaluation[evaluation["arm"].eq("treatment") & evaluation["outcome"].eq(outcome)]
    rows = []
    for strategy_id, parts in kept.groupby("strategy_id", sort=False):
        firm = parts[(parts["standard_error"] > 0) & ~(parts["expected_count"] < MIN_EXPECTED_COUNT)]
        weights = 1 / np.square(firm["standard_error"].to_numpy(np.float64))
        uplift = firm["uplift"].to_numpy(np.float64)
        q, p_value = float("nan"), float("nan")
        if len(firm) > 1:
            common = (weights * uplift).sum() / weights.sum()
            q = float((weights * np.square(uplift - common)).sum())
            p_value = float(special.chdtrc(len(firm) - 1, q))
        named = firm[(firm["ci_low"] > 0) & firm[by].notna()]
        rows.append((strategy_id, by, len(firm), q, p_value, ",".join(named[by].astype("str"))))
    return pd.DataFrame(rows, columns=["strategy_id", "by", "n_parts", "q", "p_value", "works_in"])
