"""Two cycles held against one another: figures with intervals, effects, sizes of segments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from workbench.review.board import responses
from workbench.review.campaign import check_columns
from workbench.review.means import Numbers, adjust_holm, check_alpha

CYCLE_KPIS = (
    "uplift",
    "response_rate",
    "contacted_share",
    "value_won",
    "return_on_cost",
    "cost",
    "strategies_proven",
)
"""What `measure_cycle` tells of a cycle, in this order."""
_PANEL_LEFT, _PANEL_WIDTH = 0.12, 0.76
_PANEL_TOP, _PANEL_HEIGHT = 0.38, 0.47


def measure_cycle(evaluation: pd.DataFrame, *, alpha: float = 0.05) -> pd.DataFrame:
    """Tell a cycle in figures that can be held against another cycle's.

    Parameters
    ----------
    evaluation : pandas.DataFrame
        What `evaluate_strategies` returned, not broken down.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence.

    Returns
    -------
    pandas.DataFrame
        kpi, value, low, high, standard_error, hits, n; in the order of `CYCLE_KPIS`:

        - uplift: of the strategies that ran, weighted by the customers of their treatment
          arms, absolute. Its variance is that of the weighted sum: nobody is on two lists.
        - response_rate: customers of the treatment arms who responded (hits of n).
        - contacted_share: customers of the treatment arms who were contacted (hits of n).
        - value_won, return_on_cost, cost (CNY): as `summarise_kpis` has them.
        - strategies_proven: whose uplift is above 0 after Holm.

        Shares have Wilson's interval, sums the normal one; cost and strategies_proven are
        counted and have none. What did not take place is missing, never 0.

    Raises
    ------
    ParameterProblem
        If the evaluation lacks a column or is broken down, or alpha is no probability.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable inference, the law of succession, and statistical
       inference. JASA 22.

    Examples
    --------
    >>> from workbench.review.strategies import evaluate_strategies
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> nothing = evaluate_strategies(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty())
    >>> measure_cycle(nothing)["kpi"].tolist()[:2]
    ['uplift', 'response_rate']
    """
    check_alpha(alpha)
    rows = responses(evaluation)
    ran = rows[rows["mean"].notna()]
    z = float(special.ndtri(1 - alpha / 2))
    found: dict[str, tuple[float, ...]] = dict.fromkeys(CYCLE_KPIS, (np.nan,) * 6)
    if len(rows) and rows["n"].sum():
        found["contacted_share"] = _share(float(rows["n_contacted"].sum()), float(rows["n"].sum()), z)
    if len(ran):
        n = ran["n"].to_numpy(dtype=np.float64)
        found["response_rate"] = _share(float(ran["n_responded"].sum()), float(n.sum()), z)
        known = ran["uplift"].notna().to_numpy()
        if known.any():
            weight = np.where(known, n, 0.0) / n[known].sum()
            found["uplift"] = _sum(ran, weight, z)
            worth = np.where(known, n * ran["value_per_response"].to_numpy(dtype=np.float64), 0.0)
            found["value_won"] = _sum(ran, worth, z)
        cost = float(ran["cost"].sum(min_count=1))
        found["cost"] = (cost, np.nan, np.nan, np.nan, np.nan, np.nan)
        if cost > 0:
            won = found["value_won"]
            found["return_on_cost"] = (*(figure / cost for figure in won[:4]), np.nan, np.nan)
        proven = float(ran["verdict"].eq("works").sum())
        found["strategies_proven"] = (proven, np.nan, np.nan, np.nan, np.nan, np.nan)
    columns = ["kpi", "value", "low", "high", "standard_error", "hits", "n"]
    return pd.DataFrame([(kpi, *found[kpi]) for kpi in CYCLE_KPIS], columns=columns)


def _share(hits: float, n: float, z: float) -> tuple[float, ...]:
    rate = hits / n
    middle = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return rate, middle - half, middle + half, float(np.sqrt(rate * (1 - rate) / n)), hits, n


def _sum(ran: pd.DataFrame, weight: Numbers, z: float) -> tuple[float, ...]:
    uplift = ran["uplift"].fillna(0.0).to_numpy(dtype=np.float64)
    error = ran["standard_error"].fillna(0.0).to_numpy(dtype=np.float64)
    value = float(np.nansum(weight * uplift))
    spread = float(np.sqrt(np.nansum(np.square(weight * error))))
    return value, value - z * spread, value + z * spread, spread, np.nan, np.nan


def compare_cycle_kpis(before: pd.DataFrame, after: pd.DataFrame, *, alpha: float = 0.05) -> pd.DataFrame:
    """Say which of a cycle's figures changed by more than chance.

    Parameters
    ----------
    before, after : pandas.DataFrame
        What `measure_cycle` returned for the earlier and the later cycle.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence, and the limit for p_holm.

    Returns
    -------
    pandas.DataFrame
        kpi, before, after, difference (after − before), low, high, p_value, p_holm, verdict.
        Shares are compared by Agresti and Caffo's method, which holds for few responses too,
        sums by their standard errors; Holm's correction is over the figures compared.
        verdict: ``rose`` or ``fell`` beyond chance, ``chance``, ``counted`` (a figure
        without error, which can differ but not by chance), or ``unknown`` (missing in one).

        The cycles' customers count as two samples. Who is on lists of both makes the true
        error smaller, if their behaviour is alike, so that chance is rather over- than
        understated.

    Raises
    ------
    ParameterProblem
        If a table lacks a column, or alpha is no probability.

    References
    ----------
    .. [1] Agresti, A., Caffo, B. (2000). Simple and effective confidence intervals for
       proportions and differences of proportions. The American Statistician 54.

    Examples
    --------
    >>> one = pd.DataFrame({"kpi": ["uplift"], "value": [0.01], "standard_error": [0.004],
    ...                     "hits": [float("nan")], "n": [float("nan")]})
    >>> compared = compare_cycle_kpis(one, one.assign(value=0.03))
    >>> f"{compared.loc[0, 'difference']:+.2f}", compared.loc[0, "verdict"]
    ('+0.02', 'rose')
    """
    check_alpha(alpha)
    needed = ["kpi", "value", "standard_error", "hits", "n"]
    for table in (before, after):
        check_columns(table, needed)
    both = before[needed].merge(after[needed], on="kpi", suffixes=("_before", "_after"))
    z = float(special.ndtri(1 - alpha / 2))
    made: dict[str, list[float]] = {name: [] for name in ("low", "high", "p_value")}
    for row in both.to_dict("records"):
        centre, error = _changed(row)
        made["low"].append(centre - z * error)
        made["high"].append(centre + z * error)
        made["p_value"].append(_two_sided(centre, error))
    frame = pd.DataFrame(
        {
            "kpi": both["kpi"],
            "before": both["value_before"],
            "after": both["value_after"],
            "difference": both["value_after"] - both["value_before"],
            **made,
        }
    )
    frame["p_holm"] = adjust_holm(frame["p_value"])
    frame["verdict"] = _verdicts(frame, alpha)
    return frame


def _changed(row: dict[Any, Any]) -> tuple[float, float]:
    """Return a difference's centre and its standard error; missing where it has none."""
    if all(row[f"n_{side}"] == row[f"n_{side}"] for side in ("before", "after")):
        # One response and one refusal more on each side.
        rates, variance = [], 0.0
        for side in ("before", "after"):
            n = row[f"n_{side}"] + 2
            rates.append((row[f"hits_{side}"] + 1) / n)
            variance += rates[-1] * (1 - rates[-1]) / n
        return rates[1] - rates[0], float(np.sqrt(variance))
    error = float(np.hypot(row["standard_error_before"], row["standard_error_after"]))
    return row["value_after"] - row["value_before"], error


def _two_sided(centre: float, error: float) -> float:
    return float(2 * special.ndtr(-abs(centre / error))) if error > 0 else np.nan


def _verdicts(frame: pd.DataFrame, alpha: float) -> list[str]:
    words = []
    both = frame[["difference", "p_holm"]].to_numpy(dtype=np.float64)
    for difference, p_value in both:
        if np.isnan(difference):
            words.append("unknown")
        elif np.isnan(p_value):
            words.append("counted")
        elif p_value < alpha:
            words.append("rose" if difference > 0 else "fell")
        else:
            words.append("chance")
    return words


def compare_effects(before: pd.DataFrame, after: pd.DataFrame, *, alpha: float = 0.05) -> pd.DataFrame:
    """Say whose effect changed by more than chance between two cycles.

    Parameters
    ----------
    before, after : pandas.DataFrame
        What `evaluate_strategies` returned for the earlier and the later cycle, not broken
        down.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence, and the limit for p_holm.

    Returns
    -------
    pandas.DataFrame
        strategy_id, before, after (uplift in responses, absolute), difference, low, high,
        p_value, p_holm (over the strategies of both cycles), verdict as of
        `compare_cycle_kpis`. One row a strategy that is in either; its effect is missing
        where it did not run.

    Raises
    ------
    ParameterProblem
        If an evaluation lacks a column or is broken down, or alpha is no probability.

    Examples
    --------
    >>> from workbench.review.strategies import evaluate_strategies
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> nothing = evaluate_strategies(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty())
    >>> len(compare_effects(nothing, nothing))
    0
    """
    check_alpha(alpha)
    sides = []
    for name, evaluation in (("before", before), ("after", after)):
        rows = responses(evaluation)[["strategy_id", "uplift", "standard_error"]]
        sides.append(rows.rename(columns={"uplift": name, "standard_error": f"error_{name}"}))
    both = sides[0].merge(sides[1], on="strategy_id", how="outer", sort=False)
    error = np.hypot(both["error_before"], both["error_after"])
    z = float(special.ndtri(1 - alpha / 2))
    frame = both[["strategy_id", "before", "after"]].assign(difference=both["after"] - both["before"])
    frame["low"], frame["high"] = frame["difference"] - z * error, frame["difference"] + z * error
    frame["p_value"] = [_two_sided(*pair) for pair in zip(frame["difference"], error, strict=True)]
    frame["p_holm"] = adjust_holm(frame["p_value"])
    frame["verdict"] = _verdicts(frame, alpha)
    return frame


def compare_segment_sizes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Say how the segments' sizes changed between two cycles.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Tables `SEGMENTS` of the earlier and the later cycle.

    Returns
    -------
    pandas.DataFrame
        segment, n_before, n_after, share_before, share_after, difference (of the shares). A
        segment that is gone or new has 0 customers on that side. Everybody is counted, so
        that nothing here is chance.

    Raises
    ------
    ParameterProblem
        If a table lacks a column.

    Examples
    --------
    >>> before = pd.DataFrame({"segment": ["a", "b"], "n": [30, 10]})
    >>> compare_segment_sizes(before, before.assign(n=[20, 20]))["difference"].tolist()
    [-0.25, 0.25]
    """
    for table in (before, after):
        check_columns(table, ["segment", "n"])
    sides = [
        table[["segment", "n"]].rename(columns={"n": f"n_{name}"})
        for name, table in (("before", before), ("after", after))
    ]
    both = sides[0].merge(sides[1], on="segment", how="outer", sort=False)
    for name in ("before", "after"):
        n = both[f"n_{name}"].fillna(0)
        both[f"n_{name}"] = n.astype("int64")
        both[f"share_{name}"] = n / n.sum() if n.sum() else np.nan
    return both.assign(difference=both["share_after"] - both["share_before"])


def place_panels(figures: pd.DataFrame, *, columns: int = 4) -> pd.DataFrame:
    """Place small multiples: a panel a figure, in it a point with its interval a cycle.

    Parameters
    ----------
    figures : pandas.DataFrame
        ``kpi``, ``cycle_id``, ``value``, ``low``, ``high``; panels stand in the order of the
        first rows, cycles likewise.
    columns : int, default=4
        Panels side by side.

    Returns
    -------
    pandas.DataFrame
        With ``column``, ``row`` (of the panel), ``x``, ``y``, ``y_low``, ``y_high``, ``y_zero``:
        one unit a panel, y downwards. Every panel has its own scale, which holds all its
        intervals; y_zero is missing where 0 is not within. A missing value has no place.

    Raises
    ------
    ParameterProblem
        If a column is missing.

    Examples
    --------
    >>> figures = pd.DataFrame({"kpi": ["a", "a"], "cycle_id": ["Q1", "Q2"], "value": [1.0, 3.0],
    ...                         "low": [0.0, 2.0], "high": [2.0, 4.0]})
    >>> place_panels(figures)[["x", "y"]].round(3).values.tolist()
    [[0.31, 0.732], [0.69, 0.498]]
    """
    check_columns(figures, ["kpi", "cycle_id", "value", "low", "high"])
    names = list(dict.fromkeys(figures["kpi"]))
    cycles = list(dict.fromkeys(figures["cycle_id"]))
    place = figures["kpi"].map({name: i for i, name in enumerate(names)}).astype("int64")
    step = figures["cycle_id"].map({name: i for i, name in enumerate(cycles)}).astype("float64")
    ends = figures[["value", "low", "high"]].astype("float64")
    bottom = ends.min(axis=1).groupby(figures["kpi"]).transform("min")
    top = ends.max(axis=1).groupby(figures["kpi"]).transform("max")
    spread = (top - bottom).where(top > bottom)
    row = place // columns

    def height(values: Any) -> pd.Series:
        share = ((values - bottom) / spread).where(spread.notna(), 0.5)
        return row + _PANEL_TOP + _PANEL_HEIGHT * (1 - share)

    inside = (bottom <= 0) & (top >= 0) & spread.notna()
    return figures.assign(
        column=place % columns,
        row=row,
        x=place % columns + _PANEL_LEFT + _PANEL_WIDTH * (step + 0.5) / max(len(cycles), 1),
        y=height(ends["value"]).where(ends["value"].notna()),
        y_low=height(ends["low"]).where(ends["low"].notna()),
        y_high=height(ends["high"]).where(ends["high"].notna()),
        y_zero=height(0.0).where(inside),
    )
