"""Campaigns without a control: contacted customers beside others weighted to be like them.

This is weaker than a control group, and every result of it says so. Weighting makes the
two sides alike in what the bank knows of them; what it does not know stays between them.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from workbench.errors import ParameterProblem
from workbench.review.campaign import check_columns, read_outcome
from workbench.review.means import Numbers, check_alpha

ESTIMANDS = ("overlap", "treated")
LARGEST_IMBALANCE = 0.1
"""Standardised mean difference from which on a column is called unbalanced (Austin 2009)."""
MIN_EFFECTIVE = 20.0
"""Customers' worth of information that either side must have left."""
MIN_COMMON = 0.5
"""Share of the treated who must have others like them."""
_CATEGORIES = 20
_RIDGE = 1e6


@dataclass(frozen=True)
class Matched:
    """A comparison of contacted customers with others weighted to be like them.

    Attributes
    ----------
    estimate, ci_low, ci_high, p_value, standard_error : float
        Weighted difference in the outcome's unit. The interval takes in that the weights
        were estimated.
    naive : float
        The difference without weights.
    mean_treated, mean_others : float
        Weighted means.
    n_treated, n_others : int
        Customers compared.
    effective_treated, effective_others : float
        Customers of equal weight that would say as much (Kish).
    common : float
        Share of the treated with a propensity that others have too.
    balance : pandas.DataFrame
        column, before, after: standardised mean differences, the largest before first.
    largest_after : float
        Largest of them after weighting, by size.
    balanced : bool
        Whether it is under 0.1.
    estimand : str
        ``overlap``: the customers who might have been on either side; ``treated``: those
        who were contacted.
    """

    estimate: float
    ci_low: float
    ci_high: float
    p_value: float
    standard_error: float
    naive: float
    mean_treated: float
    mean_others: float
    n_treated: int
    n_others: int
    effective_treated: float
    effective_others: float
    common: float
    balance: pd.DataFrame
    largest_after: float
    balanced: bool
    estimand: str


def compare_matched(
    customers: pd.DataFrame,
    treated: str,
    outcome: str,
    covariates: Sequence[str],
    *,
    estimand: str = "overlap",
    alpha: float = 0.05,
) -> Matched:
    """Compare contacted customers with others, weighted by their propensity to be contacted.

    For campaigns without a control, and weaker than one: the answer is right only if the
    covariates hold everything that decided both the contact and the outcome. A logistic
    regression on the covariates gives each customer's propensity e. With ``overlap``
    weights the contacted count 1 − e and the others e: both sides then have the same mean
    of every covariate, and customers who were sure to be contacted, or sure not to be,
    count nothing. With ``treated`` weights the contacted count 1 and the others e/(1 − e):
    the effect on those contacted.

    Parameters
    ----------
    customers : pandas.DataFrame
        One row a customer.
    treated : str
        Boolean column: whether contacted.
    outcome : str
        Numeric or boolean column; customers without it are left out.
    covariates : sequence of str
        Columns known before the contact: numbers, yes/no, or words (at most 20 kinds). A
        missing number takes the mean and is told apart by a column of its own.
    estimand : {"overlap", "treated"}, default="overlap"
        Whom the answer is about.
    alpha : float, default=0.05
        1 − alpha is the interval's confidence.

    Returns
    -------
    Matched

    Raises
    ------
    ParameterProblem
        If a column is absent or of the wrong kind, or there is no overlap: one side is
        empty, under half of the contacted have others like them, or the weights leave
        either side less than 20 customers' worth of information.

    Notes
    -----
    The variance is the sandwich of the stacked estimating equations of regression and
    weighted means, so that it holds although the weights were estimated from the data.

    References
    ----------
    .. [1] Li, F., Morgan, K. L., Zaslavsky, A. M. (2018). Balancing covariates via
       propensity score weighting. Journal of the American Statistical Association 113.
    .. [2] Lunceford, J. K., Davidian, M. (2004). Stratification and weighting via the
       propensity score in estimation of causal treatment effects. Statistics in Medicine 23.
    .. [3] Austin, P. C. (2009). Balance diagnostics for comparing the distribution of
       baseline covariates. Statistics in Medicine 28.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> balance = rng.normal(0, 1, 2000)
    >>> called = rng.random(2000) < 1 / (1 + np.exp(-balance))
    >>> kept = balance + 1.0 * called + rng.normal(0, 1, 2000)
    >>> rows = pd.DataFrame({"called": called, "kept": kept, "balance": balance})
    >>> found = compare_matched(rows, "called", "kept", ["balance"])
    >>> round(found.naive, 1), round(found.estimate, 1)
    (1.9, 1.1)
    """
    check_alpha(alpha)
    if estimand not in ESTIMANDS:
        raise ParameterProblem(
            "review_evaluation.error.estimand", estimand=estimand, known=", ".join(ESTIMANDS)
        )
    check_columns(customers, [treated, outcome, *covariates])
    values = read_outcome(customers[outcome])
    flags = read_outcome(customers[treated])
    known = ~np.isnan(values) & ~np.isnan(flags)
    rows, y, z = customers[known], values[known], flags[known] > 0
    if not z.any() or z.all():
        raise ParameterProblem(
            "review_evaluation.error.one_side", treated=int(z.sum()), others=int((~z).sum())
        )
    x = _design(rows, covariates)
    e = _propensity(x, z)
    common = _supported(e, z)
    weight = np.where(z, 1 - e, e) if estimand == "overlap" else np.where(z, 1.0, e / (1 - e))
    effective = [float(weight[side].sum() ** 2 / np.square(weight[side]).sum()) for side in (z, ~z)]
    if common < MIN_COMMON or min(effective) < MIN_EFFECTIVE:
        raise ParameterProblem(
            "review_evaluation.error.no_overlap", share=f"{common:.0%}", effective=f"{min(effective):.0f}"
        )
    means = [float((weight[side] * y[side]).sum() / weight[side].sum()) for side in (z, ~z)]
    error = _standard_error(x, y, z, e, weight, means, estimand)
    estimate = means[0] - means[1]
    half = float(special.ndtri(1 - alpha / 2)) * error
    balance = _balance(x, z, weight)
    largest = float(balance["after"].abs().max()) if len(balance) else 0.0
    return Matched(
        estimate=estimate,
        # Where neither side varies there is no interval.
        ci_low=estimate - half if error > 0 else np.nan,
        ci_high=estimate + half if error > 0 else np.nan,
        p_value=float(2 * special.ndtr(-abs(estimate) / error)) if error > 0 else np.nan,
        standard_error=error if error > 0 else np.nan,
        naive=float(y[z].mean() - y[~z].mean()),
        mean_treated=means[0],
        mean_others=means[1],
        n_treated=int(z.sum()),
        n_others=int((~z).sum()),
        effective_treated=effective[0],
        effective_others=effective[1],
        common=common,
        balance=balance,
        largest_after=largest,
        balanced=largest < LARGEST_IMBALANCE,
        estimand=estimand,
    )


def _design(rows: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    """Return the covariates as standardised numbers; words become yes/no columns."""
    columns: dict[str, Numbers] = {}
    for name in dict.fromkeys(covariates):
        column = rows[name]
        if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
            numbers = read_outcome(column)
            missing = np.isnan(numbers)
            if missing.any() and not missing.all():
                columns[f"{name} ?"] = np.asarray(missing, dtype=np.float64)
            columns[str(name)] = np.where(missing, np.nanmean(numbers) if not missing.all() else 0.0, numbers)
            continue
        words = column.astype("object").where(column.notna(), "?").astype("str")
        kinds = words.value_counts().index[:_CATEGORIES]
        # The most frequent word is what the others are compared with.
        for kind in kinds[1:]:
            columns[f"{name} = {kind}"] = np.asarray(words.eq(kind), dtype=np.float64)
    found = {}
    for label, cells in columns.items():
        spread = cells.std()
        if spread > 1e-12 * max(1.0, float(np.abs(cells).max())):
            found[label] = (cells - cells.mean()) / spread
    return pd.DataFrame(found, index=rows.index)


def _propensity(x: pd.DataFrame, z: npt.NDArray[np.bool_]) -> Numbers:
    if x.empty:
        return np.full(len(z), z.mean())
    from sklearn.linear_model import LogisticRegression

    # So weak a penalty that the means are balanced, yet columns that repeat each other do no harm.
    model = LogisticRegression(C=_RIDGE, solver="newton-cholesky", tol=1e-8, max_iter=200)
    with warnings.catch_warnings():
        # Two sides that can be told apart entirely have no best fit; the overlap says so next.
        warnings.simplefilter("ignore")
        e = model.fit(x.to_numpy(), z).predict_proba(x.to_numpy())[:, 1]
    return np.clip(e, 1e-9, 1 - 1e-9)


def _supported(e: Numbers, z: npt.NDArray[np.bool_]) -> float:
    """Return the share of the treated whose propensity others reach, but for the outermost 1%."""
    low, high = np.quantile(e[~z], [0.01, 0.99])
    return float(((e[z] >= low - 1e-12) & (e[z] <= high + 1e-12)).mean())


def _balance(x: pd.DataFrame, z: npt.NDArray[np.bool_], weight: Numbers) -> pd.DataFrame:
    cells = x.to_numpy()
    if not cells.size:
        return pd.DataFrame({"column": pd.Series(dtype="str"), "before": [], "after": []})
    plain = [cells[side].mean(axis=0) for side in (z, ~z)]
    spread = np.sqrt((cells[z].var(axis=0) + cells[~z].var(axis=0)) / 2)
    spread = np.where(spread > 0, spread, np.nan)
    weighted = [np.average(cells[side], axis=0, weights=weight[side]) for side in (z, ~z)]
    frame = pd.DataFrame(
        {
            "column": pd.Series(list(x.columns), dtype="str"),
            "before": (plain[0] - plain[1]) / spread,
            "after": (weighted[0] - weighted[1]) / spread,
        }
    )
    order = frame["before"].abs().sort_values(ascending=False, kind="stable", na_position="last").index
    return frame.loc[order].reset_index(drop=True)


def _standard_error(
    x: pd.DataFrame,
    y: Numbers,
    z: npt.NDArray[np.bool_],
    e: Numbers,
    weight: Numbers,
    means: list[float],
    estimand: str,
) -> float:
    """Return the sandwich's standard error, the propensity being estimated too."""
    n = len(y)
    design = np.column_stack([np.ones(n), x.to_numpy()]) if x.shape[1] else np.ones((n, 1))
    part = [np.where(side, weight * (y - mean), 0.0) for side, mean in zip((z, ~z), means, strict=True)]
    total = [weight[side].sum() for side in (z, ~z)]
    own = part[0] / total[0] - part[1] / total[1]
    # How the weights move with the propensity, per unit of the linear predictor.
    spread, odds = e * (1 - e), e / (1 - e)
    slope = np.where(z, -spread, spread) if estimand == "overlap" else np.where(z, 0.0, odds)
    sides = np.where(z, (y - means[0]) / total[0], -(y - means[1]) / total[1])
    pull = design.T @ (slope * sides)
    information = design.T @ (design * (e * (1 - e))[:, None])
    information[np.diag_indices_from(information)] += 1 / _RIDGE
    through = design @ np.linalg.solve(information, pull)
    influence = own + (z.astype(np.float64) - e) * through
    return float(np.sqrt(np.square(influence).sum() * n / max(n - design.shape[1], 1)))
