"""What open opportunities will bring by month: chances of winning, and their sum with its interval."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.execution.pace import wilson_interval
from workbench.execution.pipeline import first_entries, join_neighbours

Numbers = npt.NDArray[np.float64]
MINIMUM = 30
"""Ended opportunities from which a step's own share of wins counts, in place of the template's."""
WEIGHT = 10.0
"""As many opportunities the template's probability counts for beside the project's own."""
MONTHS = 6
LEVEL = 0.9
DRAWS = 10_000
ALL, LATER = "all", "later"
_CHUNK = 500


def measure_chances(
    opportunities: pd.DataFrame,
    moves: pd.DataFrame,
    steps: pd.DataFrame,
    *,
    minimum: int = MINIMUM,
    weight: float = WEIGHT,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Return each step's chance of being won in the end: the template's, or the project's own.

    Where enough opportunities that entered a step have ended, the share of wins among them
    is taken, drawn towards the template's probability as if that had been seen in ``weight``
    more opportunities. What is open is left out (censored), as in `convert_pipeline`.

    Parameters
    ----------
    opportunities, moves, steps : pandas.DataFrame
        As for `convert_pipeline`; ``steps`` with ``probability``.
    minimum : int, default=30
        Ended opportunities from which the project's own share counts.
    weight : float, default=10
        Opportunities that the template counts for.
    alpha : float, default=0.05
        One minus the confidence of Wilson's interval.

    Returns
    -------
    pandas.DataFrame
        One row a step: ``step``, ``probability`` (in force), ``source`` (template or measured),
        ``template``, ``won``, ``ended``, ``companies`` (of the ended), ``rate``, ``rate_low``,
        ``rate_high`` (of the share of wins; missing where nothing ended), ``a`` and ``b`` (of the Beta
        distribution of a measured one; missing for the template's, which is taken as known).

    Raises
    ------
    ParameterProblem
        If the weight is not above 0.

    Examples
    --------
    >>> steps = pd.DataFrame({"step": ["a"], "probability": [0.2], "days": [10]})
    >>> rows = pd.DataFrame({"opportunity_id": range(40), "customer_id": "x", "step": "a",
    ...     "state": ["won"] * 20 + ["lost"] * 20})
    >>> moves = pd.DataFrame({"opportunity_id": range(40), "event": "opened", "to_step": "a",
    ...     "at": pd.Timestamp("2026-10-01")})
    >>> measure_chances(rows, moves, steps)[["probability", "source", "won", "ended"]].values.tolist()
    [[0.44, 'measured', 20, 40]]
    """
    if weight <= 0:
        raise ParameterProblem("execution_pipeline.error.weight", weight=weight)
    entries = first_entries(opportunities, moves, steps)
    ended = entries[entries["state"].isin(["won", "lost"])]
    counts = ended["state"].eq("won").groupby(ended["position"]).agg(["sum", "count"])
    counts = counts.reindex(range(len(steps)), fill_value=0)
    companies = ended.groupby("position")["customer_id"].nunique().reindex(range(len(steps)), fill_value=0)
    won, n = counts["sum"].to_numpy(dtype="float64"), counts["count"].to_numpy(dtype="float64")
    template = steps["probability"].to_numpy(dtype="float64")
    a, b = won + weight * template, n - won + weight * (1 - template)
    is_own = n >= max(minimum, 1)
    low, high = wilson_interval(won, n, alpha)
    return pd.DataFrame(
        {
            "step": steps["step"].to_numpy(),
            "probability": np.where(is_own, a / (a + b), template),
            "source": np.where(is_own, "measured", "template"),
            "template": template,
            "won": won.astype("int64"),
            "ended": n.astype("int64"),
            "companies": companies.to_numpy(),
            "rate": np.divide(won, n, out=np.full(len(n), np.nan), where=n > 0),
            "rate_low": low,
            "rate_high": high,
            "a": np.where(is_own, a, np.nan),
            "b": np.where(is_own, b, np.nan),
        }
    )


def forecast_pipeline(
    opportunities: pd.DataFrame,
    chances: pd.DataFrame,
    today: dt.date,
    *,
    months: int = MONTHS,
    level: float = LEVEL,
    draws: int = DRAWS,
    random_state: int = 0,
    minimum: int = 0,
) -> pd.DataFrame:
    """Return what open opportunities will bring by the month of their expected close.

    Each is won with its step's chance and then brings its whole amount: the weighted
    forecast is the sum of amount times chance. The interval is the middle share of
    simulated sums of such draws (Bernoulli, independent of each other given the chances); a
    measured chance is itself drawn from its Beta distribution, one for all
    opportunities of the step. ``sd`` is the exact standard deviation of the same model. That
    amounts and months may be wrong is not in it.

    Parameters
    ----------
    opportunities : pandas.DataFrame
        ``customer_id``, ``step``, ``state``, ``amount`` (one currency) and ``expected_close``.
    chances : pandas.DataFrame
        As `measure_chances` returns it.
    today : datetime.date
        The day to look from; what should have closed before counts into its month.
    months : int, default=6
        Months that stand alone, the first being today's; the rest is ``later``.
    level : float, default=0.9
        Confidence of the interval.
    draws : int, default=10_000
        Simulated sums.
    random_state : int, default=0
        Seed.
    minimum : int, default=0
        The fewest companies that a row may be about: neighbouring months with fewer are
        joined, and with fewer in all there is no row.

    Returns
    -------
    pandas.DataFrame
        One row a month, or a run of joined ones, and the row ``all``: ``period`` (``2026-11``,
        ``later``, or ``all``), ``last_period``, ``n``, ``companies``, ``amount``, ``weighted``, ``low``,
        ``high``, ``sd``. No row where nothing is open.

    Raises
    ------
    ParameterProblem
        If a parameter is not possible.

    Examples
    --------
    >>> chances = pd.DataFrame({"step": ["a"], "probability": [0.5], "a": [np.nan], "b": [np.nan]})
    >>> rows = pd.DataFrame({"customer_id": ["1", "2"], "step": "a", "state": "open", "amount": [100.0, 50.0],
    ...     "expected_close": pd.to_datetime(["2026-11-20", "2027-02-01"])})
    >>> table = forecast_pipeline(rows, chances, dt.date(2026, 11, 2), months=2)
    >>> table[["period", "weighted", "low", "high", "sd"]].round(1).values.tolist()[:2]
    [['2026-11', 50.0, 0.0, 100.0, 50.0], ['2026-12', 0.0, 0.0, 0.0, 0.0]]
    """
    if months < 1 or draws < 1 or not 0 < level < 1:
        raise ParameterProblem("execution_pipeline.error.forecast", months=months, draws=draws, level=level)
    known = chances.set_index("step")
    rows = opportunities[opportunities["state"].eq("open") & opportunities["step"].isin(known.index)]
    columns = ["period", "last_period", "n", "companies", "amount", "weighted", "low", "high", "sd"]
    if rows["customer_id"].nunique() < max(minimum, 1):
        return pd.DataFrame(columns=columns)
    first = pd.Period(pd.Timestamp(today), "M")
    names = [str(first + ahead) for ahead in range(months)] + [LATER]
    close = pd.to_datetime(rows["expected_close"]).dt.to_period("M")
    ahead = (close.astype("int64") - first.ordinal).clip(0, months).to_numpy()
    groups = [*join_neighbours([rows[ahead == number] for number in range(months + 1)], minimum)]
    if not minimum and not (ahead == months).any():
        groups = groups[:-1]
    sums = _draw_sums(rows, ahead, months, known, draws, np.random.default_rng(random_state))
    found = []
    for run in groups:
        part = rows[np.isin(ahead, run)]
        found.append(_forecast_row(names[run[0]], names[run[-1]], part, known, sums[run].sum(axis=0), level))
    whole = sums.sum(axis=0)
    return pd.DataFrame([*found, _forecast_row(ALL, ALL, rows, known, whole, level)], columns=columns)


def _draw_sums(
    rows: pd.DataFrame,
    ahead: npt.NDArray[Any],
    months: int,
    known: pd.DataFrame,
    draws: int,
    rng: np.random.Generator,
) -> Numbers:
    """Draw what each month brings in every simulated world; the same whichever months are joined."""
    sums = np.zeros((months + 1, draws))
    amounts = rows["amount"].to_numpy(dtype="float64")
    for step, row in known.iterrows():
        # The template's chance is the same in all worlds.
        is_known = pd.isna(row["a"])
        chance = (
            np.full(draws, float(row["probability"])) if is_known else rng.beta(row["a"], row["b"], draws)
        )
        mine = np.flatnonzero(rows["step"].eq(str(step)).to_numpy())
        for begin in range(0, len(mine), _CHUNK):
            some = mine[begin : begin + _CHUNK]
            won = (rng.random((draws, len(some))) < chance[:, None]) * amounts[some]
            for month in np.unique(ahead[some]):
                sums[month] += won[:, ahead[some] == month].sum(axis=1)
    return sums


def _forecast_row(
    period: str, last: str, part: pd.DataFrame, known: pd.DataFrame, sums: Numbers, level: float
) -> dict[str, Any]:
    amounts = part["amount"].astype("float64")
    chance = part["step"].map(known["probability"]).astype("float64")
    variance = 0.0
    for step, own in amounts.groupby(part["step"]):
        p, a, b = (float(known.loc[step, name]) for name in ("probability", "a", "b"))
        # What is not known of the chance itself moves all opportunities of the step together.
        unknown = 0.0 if np.isnan(a) else p * (1 - p) / (a + b + 1)
        squares, total = float((own**2).sum()), float(own.sum())
        variance += squares * (p * (1 - p) - unknown) + total**2 * unknown
    low, high = np.quantile(sums, [(1 - level) / 2, (1 + level) / 2])
    return {
        "period": period,
        "last_period": last,
        "n": len(part),
        "companies": part["customer_id"].nunique(),
        "amount": float(amounts.sum()),
        "weighted": float((amounts * chance).sum()),
        "low": float(low),
        "high": float(high),
        "sd": float(np.sqrt(variance)),
    }
