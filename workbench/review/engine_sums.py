"""Evaluate where the tables are: millions of contacts leave the engine as a few hundred sums.

`follow_up_in_engine` joins lists, outcomes and contacts as `follow_up` does, and
`evaluate_in_engine` compares the arms as `evaluate_strategies` does; only the count, mean
and variance of every strategy, segment and arm are ever brought into Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.review.campaign import refuse_missing
from workbench.review.engine_follow_up import bring, values_of
from workbench.review.means import Difference, Numbers, Sums, check_alpha, compare_means, relative_lift
from workbench.review.proportions import compare_rates
from workbench.tables import ARMS

if TYPE_CHECKING:
    import ibis

OUTCOME_COLUMNS = ("responded", "amount")


def evaluate_in_engine(
    table: ibis.Table,
    *,
    by: str | Sequence[str] = "strategy_id",
    outcomes: Sequence[str] = OUTCOME_COLUMNS,
    arm: str = "arm",
    control: str = "control",
    rates: Sequence[str] = ("responded",),
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Compare every arm with its control in every part of an engine's table.

    The figures are those of `evaluate_strategies` on the same rows: for response rates the
    score interval and test, for other outcomes Welch's; the relative lift by the delta
    method. The engine makes one pass over the table and returns one row a part and arm.

    Parameters
    ----------
    table : ibis.Table
        One row per customer drawn, for example from `follow_up_in_engine`.
    by : str or sequence of str, default="strategy_id"
        Columns of the parts that are compared each by itself: strategy_id, segment …
    outcomes : sequence of str, default=("responded", "amount")
        Numeric or boolean columns; a customer whose outcome is missing is left out of it.
    arm : str, default="arm"
        Column with the arm that the customer was drawn into.
    control : str, default="control"
        The arm that was held back.
    rates : sequence of str, default=("responded",)
        The outcomes that are 0 or 1.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence.

    Returns
    -------
    pandas.DataFrame
        One row per part, arm (the control last) and outcome, sorted by part: the columns
        of `by` and of `EVALUATION`, standard_error, lift, lift_low, lift_high. A part
        without customers of an arm has it with n = 0. Where the table has a column
        ``contacted``, parts without a contact in the other arm have missing figures: nothing
        took place. Where neither arm varies interval and p are missing.

    Raises
    ------
    ParameterProblem
        If a column is absent, an outcome is not numeric or boolean or not finite, a
        customer has no arm, the control is not among the arms, or alpha is no probability.

    References
    ----------
    .. [1] Chan, T. F., Golub, G. H., LeVeque, R. J. (1983). Algorithms for computing the
       sample variance. The American Statistician 37.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from workbench.engine import Engine
    >>> path = Path(tempfile.mkdtemp()) / "mailing.parquet"
    >>> arms = ["treatment"] * 4 + ["control"] * 4
    >>> pd.DataFrame({"segment": "A", "arm": arms, "visit": [1, 1, 1, 0, 0, 1, 0, 0]}).to_parquet(path)
    >>> with Engine(threads=1) as engine:
    ...     frame = evaluate_in_engine(engine.table("mailing", path), by="segment", outcomes=["visit"])
    >>> frame[["arm", "n", "mean", "uplift", "p_value"]].round(3).values.tolist()
    [['treatment', 4, 0.75, 0.5, 0.207], ['control', 4, 0.25, nan, nan]]
    """
    check_alpha(alpha)
    parts = [by] if isinstance(by, str) else list(by)
    outcomes = [outcomes] if isinstance(outcomes, str) else list(outcomes)
    found = bring(sum_in_engine(table, by=parts, outcomes=outcomes, arm=arm))
    _refuse(found, arm, outcomes)
    found[arm] = found[arm].astype("str")
    names = [name for name in dict.fromkeys(found[arm].sort_values()) if name != str(control)]
    if len(found) and str(control) not in set(found[arm]):
        raise ParameterProblem(
            "review_room.error.no_control", control=control, column=arm, arms=", ".join(names) or "-"
        )
    names = [*(names or [ARMS[0]]), str(control)]
    labels = found[parts].drop_duplicates().sort_values(parts, ignore_index=True)
    cells = found.merge(labels.assign(_part=np.arange(len(labels))), on=parts)
    position = cells["_part"].to_numpy(np.intp), cells[arm].map(names.index).to_numpy(np.intp)

    def spread(column: str) -> Numbers:
        grid = np.full((len(labels), len(names)), np.nan)
        grid[position] = cells[column].to_numpy(np.float64, na_value=np.nan)
        return grid

    happened = np.ones((len(labels), len(names)), dtype=bool)
    if "n_contacted" in cells.columns:
        happened[:, :-1] = np.nan_to_num(spread("n_contacted"))[:, :-1] > 0
        happened[:, -1] = happened[:, :-1].any(axis=1)
    frames = []
    for i, outcome in enumerate(outcomes):
        n = np.nan_to_num(spread(f"n{i}"))
        squares = np.nan_to_num(spread(f"variance{i}")) * np.maximum(n - 1, 0)
        sums = Sums(n, np.zeros(n.shape), squares, np.nan_to_num(spread(f"mean{i}")))
        control_sums = sums.take((slice(None), slice(-1, None)))
        compare = compare_rates if outcome in rates else compare_means
        difference = compare(sums, control_sums, alpha)
        lift = relative_lift(sums, control_sums, alpha)
        frame = _spread(sums, difference, lift, happened, names)
        frame = pd.concat([labels.loc[labels.index.repeat(len(names))].reset_index(drop=True), frame], axis=1)
        frames.append(frame.rename(columns={"_arm": arm}).assign(outcome=outcome))
    order = [*parts, arm, "outcome", "n", "mean", "uplift", "ci_low", "ci_high", "p_value"]
    order += ["standard_error", "lift", "lift_low", "lift_high"]
    together = pd.concat(frames, keys=range(len(frames))).sort_index(level=1, kind="stable")
    return together[order].reset_index(drop=True)


def sum_in_engine(
    table: ibis.Table,
    *,
    by: Sequence[str],
    outcomes: Sequence[str] = OUTCOME_COLUMNS,
    arm: str = "arm",
) -> ibis.Table:
    """Sum an engine's table up by part and arm; nothing is computed before it is asked for.

    Parameters
    ----------
    table : ibis.Table
        One row per customer drawn.
    by : sequence of str
        Columns of the parts.
    outcomes : sequence of str, default=("responded", "amount")
        Numeric or boolean columns.
    arm : str, default="arm"
        Column with the arm.

    Returns
    -------
    ibis.Table
        One row per part and arm: `by`, `arm`, n_listed; n_contacted where the table has
        ``contacted``; and for the outcome at position i n{i} (customers whose value is
        known), mean{i}, variance{i} (n − 1; updated value by value around the running
        mean, so that large amounts keep their digits), infinite{i} (values that are).

    Raises
    ------
    ParameterProblem
        If no outcome is named, a column is absent, or an outcome is not numeric or boolean.

    Examples
    --------
    >>> import ibis
    >>> rows = ibis.table({"segment": "string", "arm": "string", "spend": "float64"}, name="rows")
    >>> sum_in_engine(rows, by=["segment"], outcomes=["spend"]).columns
    ('segment', 'arm', 'n_listed', 'n0', 'mean0', 'variance0', 'infinite0')
    """
    if not outcomes:
        raise ParameterProblem("review_room.error.no_outcomes")
    refuse_missing(table.columns, [*by, arm, *outcomes])
    figures: dict[str, Any] = {"n_listed": table.count()}
    if "contacted" in table.columns:
        figures["n_contacted"] = table["contacted"].cast("int64").sum()
    for i, outcome in enumerate(outcomes):
        values = values_of(table, outcome)
        figures[f"n{i}"] = values.count()
        figures[f"mean{i}"] = values.mean()
        # Engines update it around a running mean and merge their threads' (Chan et al.).
        figures[f"variance{i}"] = values.var(how="sample")
        figures[f"infinite{i}"] = values.isinf().cast("int64").sum()
    return table.group_by([*by, arm]).aggregate(**figures)


def _spread(
    sums: Sums,
    difference: Difference,
    lift: Difference,
    happened: npt.NDArray[np.bool_],
    names: Sequence[str],
) -> pd.DataFrame:
    """Lay figures of shape (parts, arms), the control last, out below each other."""
    shape = happened.shape
    # The control has nothing to be compared with; where neither arm varies there is no interval.
    compared = happened & (np.arange(shape[1]) < shape[1] - 1)
    varies = compared & (difference.standard_error > 0)
    figures = {
        "uplift": (difference.estimate, compared),
        "ci_low": (difference.ci_low, varies),
        "ci_high": (difference.ci_high, varies),
        "p_value": (difference.p_value, varies),
        "standard_error": (difference.standard_error, varies),
        "lift": (lift.estimate, compared),
        "lift_low": (lift.ci_low, compared),
        "lift_high": (lift.ci_high, compared),
    }
    frame = pd.DataFrame({"_arm": pd.Series(list(names) * shape[0], dtype="str")})
    frame["n"] = sums.n.ravel().astype(np.int64)
    frame["mean"] = np.where(happened, sums.mean, np.nan).ravel()
    for name, (cells, kept) in figures.items():
        frame[name] = np.where(kept, cells, np.nan).ravel()
    return frame


def _refuse(found: pd.DataFrame, arm: str, outcomes: Sequence[str]) -> None:
    nowhere = found.loc[found[arm].isna(), "n_listed"]
    if len(nowhere):
        raise ParameterProblem("review_statistics.error.no_arm", column=arm, n=int(nowhere.sum()))
    for i, outcome in enumerate(outcomes):
        infinite = int(found[f"infinite{i}"].fillna(0).sum())
        if infinite:
            raise ParameterProblem("review_statistics.error.infinite_outcome", column=outcome, n=infinite)
