"""Evaluate a campaign with randomised arms, whatever its columns are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.review.means import Numbers, Sums, check_alpha, compare_means
from workbench.tables import EVALUATION


def evaluate_campaign(
    contacts: pd.DataFrame,
    arm: str,
    control: str,
    outcomes: Sequence[str],
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Compare every arm of a campaign with its control, in every outcome.

    Each difference of means has Welch's interval and two-sided p-value (variances not
    assumed equal, Welch–Satterthwaite degrees of freedom). The other arms are no control:
    each is compared with `control` alone. Look at `check_sample_ratio` first: where the
    arms are not as large as they were drawn, no difference can be trusted.

    Parameters
    ----------
    contacts : pandas.DataFrame
        One row a customer of the campaign, contacted or held back.
    arm : str
        Column that says which arm the customer was drawn into. A categorical column may
        name arms that nobody is in; they are listed with n = 0.
    control : str
        The arm that was held back.
    outcomes : sequence of str
        Numeric or boolean columns; a customer whose outcome is missing is left out of it.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence.

    Returns
    -------
    pandas.DataFrame
        Columns arm, outcome, n, mean, uplift, ci_low, ci_high, p_value; the control first.
        uplift is arm minus control in the outcome's unit. The control's row has n and mean
        alone. With fewer than two customers on either side uplift, interval and p are
        missing, never 0; where neither side varies p is missing and the interval is the
        uplift itself.

    Raises
    ------
    ParameterProblem
        If a column is absent, an outcome is not numeric or boolean or not finite, a
        customer has no arm, the control is not among the arms, or alpha is no probability.

    References
    ----------
    .. [1] Welch, B. L. (1947). The generalization of "Student's" problem when several
       different population variances are involved. Biometrika 34.

    Examples
    --------
    >>> import pandas as pd
    >>> contacts = pd.DataFrame(
    ...     {
    ...         "segment": ["E-Mail"] * 4 + ["No E-Mail"] * 4,
    ...         "visit": [1, 1, 1, 0, 0, 1, 0, 0],
    ...     }
    ... )
    >>> result = evaluate_campaign(contacts, arm="segment", control="No E-Mail", outcomes=["visit"])
    >>> print(result.round(3).to_string(index=False))
          arm outcome  n  mean  uplift  ci_low  ci_high  p_value
    No E-Mail   visit  4  0.25     NaN     NaN      NaN      NaN
       E-Mail   visit  4  0.75     0.5  -0.365    1.365    0.207
    """
    check_alpha(alpha)
    if isinstance(outcomes, str):
        outcomes = [outcomes]
    if not len(outcomes):
        raise ParameterProblem("review_room.error.no_outcomes")
    check_columns(contacts, [arm, *outcomes])
    codes, names = read_arms(contacts[arm])
    # Arms may be coded 0 and 1.
    control = str(control)
    if control not in names:
        raise ParameterProblem(
            "review_room.error.no_control", control=control, column=arm, arms=", ".join(names) or "-"
        )
    first = names.index(control)
    columns = []
    for outcome in outcomes:
        sums = Sums.by_group(read_outcome(contacts[outcome]), codes, len(names))
        columns.append((sums, compare_means(sums, sums.take([first]), alpha)))
    order = [first, *(i for i in range(len(names)) if i != first)]
    rows = []
    for i in order:
        for outcome, (sums, result) in zip(outcomes, columns, strict=True):
            figures = (result.estimate, result.ci_low, result.ci_high, result.p_value)
            compared = [np.nan] * 4 if i == first else [float(figure[i]) for figure in figures]
            rows.append((names[i], outcome, int(sums.n[i]), float(sums.mean[i]), *compared))
    return pd.DataFrame(rows, columns=list(EVALUATION.names))


def check_columns(frame: Any, columns: Sequence[str]) -> None:
    """Refuse what is no frame or lacks a column.

    Raises
    ------
    ParameterProblem
        With the names of the columns that are missing and of those that are there.

    Examples
    --------
    >>> import pandas as pd
    >>> check_columns(pd.DataFrame({"arm": []}), ["arm"])
    """
    if not isinstance(frame, pd.DataFrame):
        raise ParameterProblem("review_room.error.no_frame", kind=type(frame).__name__)
    refuse_missing(frame.columns, columns)


def refuse_missing(present: Iterable[str], columns: Sequence[str]) -> None:
    """Refuse a table, a frame's or an engine's, that lacks a column.

    Raises
    ------
    ParameterProblem
        With the names of the columns that are missing and of those that are there.

    Examples
    --------
    >>> refuse_missing(["arm", "spend"], ["arm"])
    """
    there = list(present)
    missing = [name for name in columns if name not in there]
    if missing:
        raise ParameterProblem(
            "review_room.error.no_column",
            columns=", ".join(map(str, missing)),
            present=", ".join(map(str, there)) or "-",
        )


def read_arms(cells: pd.Series) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Return each customer's arm as a number, and the arms' names.

    Parameters
    ----------
    cells : pandas.Series
        The arm of each customer.

    Returns
    -------
    codes : ndarray of int, shape (n,)
        Positions in `names`.
    names : list of str
        In the order of a categorical column's categories, else sorted.

    Raises
    ------
    ParameterProblem
        If a customer has no arm.

    Examples
    --------
    >>> import pandas as pd
    >>> codes, names = read_arms(pd.Series(["b", "a", "b"]))
    >>> codes.tolist(), names
    ([1, 0, 1], ['a', 'b'])
    """
    if isinstance(cells.dtype, pd.CategoricalDtype):
        codes = np.asarray(cells.cat.codes, dtype=np.intp)
        names = [str(name) for name in cells.cat.categories]
    else:
        raw, found = pd.factorize(cells)
        labels = [str(name) for name in found]
        names = sorted(set(labels))
        position = np.array([names.index(label) for label in labels] + [-1], dtype=np.intp)
        codes = position[raw]
    if (codes < 0).any():
        raise ParameterProblem(
            "review_room.error.arm_missing",
            column=cells.name,
            n=int((codes < 0).sum()),
            row=int((codes < 0).argmax()) + 1,
        )
    return codes, names


def read_outcome(cells: pd.Series) -> Numbers:
    """Return an outcome as numbers, yes being 1; missing stays missing.

    Raises
    ------
    ParameterProblem
        If the column is neither numeric nor boolean, or holds an infinite number.

    Examples
    --------
    >>> import pandas as pd
    >>> read_outcome(pd.Series([True, None, False], dtype="boolean")).tolist()
    [1.0, nan, 0.0]
    """
    if cells.dtype == object and cells.dropna().map(lambda cell: isinstance(cell, (bool, np.bool_))).all():
        cells = cells.astype("boolean")
    if not (pd.api.types.is_numeric_dtype(cells.dtype) or pd.api.types.is_bool_dtype(cells.dtype)):
        raise ParameterProblem("review_room.error.outcome_kind", column=cells.name, kind=str(cells.dtype))
    if pd.api.types.is_complex_dtype(cells.dtype):
        raise ParameterProblem("review_room.error.outcome_kind", column=cells.name, kind=str(cells.dtype))
    values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(values).any():
        raise ParameterProblem(
            "review_room.error.outcome_infinite",
            column=cells.name,
            row=int(np.isinf(values).argmax()) + 1,
        )
    return values
