"""What a part of a cycle brought beside its plan, its cost and its control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import special

from workbench.errors import ParameterProblem
from workbench.review.cube import DIMENSIONS, sum_cube
from workbench.review.means import check_alpha
from workbench.review.proportions import compare_proportions

BASES = ("incremental", "mixed", "gross", "none")
"""Whether the control's share is subtracted: everywhere, in some strategies, nowhere, or nothing ran."""
RATIOS = ("contacted_to_plan", "reach_rate", "response_rate", "responded_to_plan", "cost_to_plan")
RETURNS = (
    "gross",
    "value",
    "value_low",
    "value_high",
    "value_plan",
    "basis",
    "return_on_cost",
    "return_low",
    "return_high",
    "left_out",
)
_FEWEST = 2


def compare_members(
    cube: pd.DataFrame,
    strategies: pd.DataFrame,
    by: str | Sequence[str] = (),
    filters: Mapping[str, str] | None = None,
    weeks: tuple[int, int] | None = None,
    *,
    alpha: float = 0.05,
    rates: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Hold each branch, segment, channel, script, person or strategy against its plan.

    Parameters
    ----------
    cube : pandas.DataFrame
        From `build_cube`.
    strategies : pandas.DataFrame
        Table `STRATEGIES`: what a response is worth.
    by : str or sequence of str, default=()
        The dimensions whose values are the rows; none gives one row, the whole.
    filters : mapping of str to str, optional
        Dimension → the value that is kept.
    weeks : (int, int), optional
        First and last week.
    alpha : float, default=0.05
        1 − alpha is the confidence of the value's interval.
    rates : pandas.DataFrame, optional
        What `strategy_rates` returned for all weeks, where it is known already.

    Returns
    -------
    pandas.DataFrame
        `by`, the cube's measures, and:

        - contacted_to_plan, responded_to_plan, cost_to_plan: done / planned, 1 is as
          planned; reach_rate (of those contacted), response_rate (of those listed).
          Missing where nothing was planned, or nobody contacted or listed.
        - gross: responses × value_per_response, CNY; value: the same without the share
          that the control shows would have come by itself, with its interval; value_plan:
          the value of the uplift planned; return_on_cost = value / cost with its interval.
        - basis: incremental; gross where no strategy in the row has a control (at least 2
          customers in it): then value is the gross one and has no interval; mixed where
          some have none; none where nothing took place.
        - left_out: strategies that a reader may not see, and whose value and cost are not
          in value and return.

    Raises
    ------
    ParameterProblem
        If there is no such dimension, or alpha is no probability.

    See Also
    --------
    add_returns : What is assumed of the control.

    Examples
    --------
    >>> from workbench.review.cube import build_cube
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> cube = build_cube(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty())
    >>> len(compare_members(cube, STRATEGIES.empty(), "branch"))
    0
    """
    names = [by] if isinstance(by, str) else list(by)
    sums = hold_against_plan(sum_cube(cube, names, filters, weeks))
    cells = sum_cube(cube, list(dict.fromkeys([*names, "strategy_id"])), filters, weeks)
    whole = strategy_rates(cube, strategies) if rates is None else rates
    if weeks is not None:
        # What is planned is measured against all that the control did.
        whole = strategy_rates(cube, strategies, weeks).assign(planned_uplift=whole["planned_uplift"])
    return add_returns(sums, cells, whole, names, alpha=alpha)


def hold_against_plan(sums: pd.DataFrame) -> pd.DataFrame:
    """Return sums of a cube with what they are of their plan.

    Parameters
    ----------
    sums : pandas.DataFrame
        From `sum_cube`.

    Returns
    -------
    pandas.DataFrame
        A copy with `RATIOS`; missing where there is nothing to divide by.

    Examples
    --------
    >>> import pandas as pd
    >>> sums = pd.DataFrame({"listed": [10.0], "contacted": [8.0], "reached": [4.0], "responded": [3.0],
    ...     "cost": [9.0], "plan_contacts": [10.0], "plan_responses": [2.0], "plan_cost": [0.0]})
    >>> hold_against_plan(sums)[list(RATIOS)].values.tolist()
    [[0.8, 0.5, 0.3, 1.5, nan]]
    """
    parts = {
        "contacted_to_plan": ("contacted", "plan_contacts"),
        "reach_rate": ("reached", "contacted"),
        "response_rate": ("responded", "listed"),
        "responded_to_plan": ("responded", "plan_responses"),
        "cost_to_plan": ("cost", "plan_cost"),
    }
    return sums.assign(
        **{
            name: sums[above].astype(float) / sums[below].astype(float).where(sums[below] > 0)
            for name, (above, below) in parts.items()
        }
    )


def strategy_rates(
    cube: pd.DataFrame, strategies: pd.DataFrame, weeks: tuple[int, int] | None = None
) -> pd.DataFrame:
    """Return what `add_returns` needs of each strategy's whole arms.

    Parameters
    ----------
    cube : pandas.DataFrame
        From `build_cube`.
    strategies : pandas.DataFrame
        Table `STRATEGIES`.
    weeks : (int, int), optional
        First and last week in which responses count.

    Returns
    -------
    pandas.DataFrame
        One row a strategy with a list: strategy_id, n, variance (of a response, with
        n − 1), n_control, control_rate, control_variance, value_per_response, and
        planned_uplift (expected_response minus the control's rate). Missing below two
        customers in an arm.

    Examples
    --------
    >>> from workbench.review.cube import build_cube
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> cube = build_cube(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty())
    >>> len(strategy_rates(cube, STRATEGIES.empty()))
    0
    """
    sums = sum_cube(cube, "strategy_id", weeks=weeks)
    cards = strategies.assign(strategy_id=strategies["strategy_id"].astype("str")).set_index("strategy_id")
    rates = pd.DataFrame({"strategy_id": sums["strategy_id"].astype("str")})
    for prefix, n, yes in (("", "listed", "responded"), ("control_", "control", "control_responded")):
        size = sums[n].astype(float)
        rate = sums[yes] / size.where(size >= _FEWEST)
        rates["n_control" if prefix else "n"] = size
        rates[f"{prefix}rate"] = rate
        rates[f"{prefix}variance"] = rate * (1 - rate) * size / (size - 1).where(size >= _FEWEST)
    ids = rates["strategy_id"]
    rates["value_per_response"] = ids.map(cards["value_per_response"]).astype(float)
    rates["planned_uplift"] = ids.map(cards["expected_response"]).astype(float) - rates["control_rate"]
    return rates.drop(columns="rate")


def add_returns(
    sums: pd.DataFrame,
    cells: pd.DataFrame,
    rates: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Return sums with the value that they won over the control, and its interval.

    A strategy's control is one group for all its branches, persons and scripts: a control
    of two customers in a branch would tell nothing. So from each part's responses is
    subtracted what the strategy's whole control group responded, times the part's
    customers; parts then add up to the strategy, and a whole strategy's value and interval
    are `evaluate_strategies`'. It assumes that without the strategy a part's customers
    would have responded like the strategy's others. Where a row rests on one strategy, the
    interval is the score interval of the two rates, as in `evaluate_strategies`; where on
    several, it adds the strategies' variances, as `summarise_kpis` does.

    Parameters
    ----------
    sums : pandas.DataFrame
        One row a part: `by`, responded, cost.
    cells : pandas.DataFrame
        The same by strategy: `by`, strategy_id, listed, responded, plan_contacts; and
        ``hidden`` (bool) where a reader may not know a cell: it is left out of the value
        and of the cost that this is divided by, and counted.
    rates : pandas.DataFrame
        From `strategy_rates`.
    by : sequence of str, default=()
        The dimensions of the rows.
    alpha : float, default=0.05
        1 − alpha is the interval's confidence.

    Returns
    -------
    pandas.DataFrame
        A copy of `sums` with `RETURNS`; see `compare_members`.

    Raises
    ------
    ParameterProblem
        If alpha is no probability, or `by` is no dimension of the cells.

    References
    ----------
    .. [1] Miettinen, O., Nurminen, M. (1985). Comparative analysis of two rates.
       Statistics in Medicine 4.

    Examples
    --------
    A hundred customers of whom 20 responded; of the control's hundred, 10:

    >>> import pandas as pd
    >>> cells = pd.DataFrame({"strategy_id": ["S1"], "listed": [100.0], "responded": [20.0],
    ...                       "cost": [50.0], "plan_contacts": [100.0]})
    >>> rates = pd.DataFrame({"strategy_id": ["S1"], "n": [100.0], "variance": [0.1616],
    ...     "n_control": [100.0], "control_rate": [0.1], "control_variance": [0.0909],
    ...     "value_per_response": [5.0], "planned_uplift": [0.05]})
    >>> found = add_returns(cells, cells, rates, ["strategy_id"])
    >>> found[["gross", "value", "value_low", "value_high"]].round(1).values.tolist()
    [[100.0, 50.0, 0.4, 100.9]]
    """
    check_alpha(alpha)
    names = list(by)
    unknown = [name for name in names if name not in cells.columns or name not in DIMENSIONS]
    if unknown:
        raise ParameterProblem(
            "review_board.error.no_dimension",
            dimension=", ".join(unknown),
            known=", ".join(name for name in DIMENSIONS if name in cells.columns),
        )
    parts = _parts(cells, rates)
    grouped = parts.groupby(names, sort=True) if names else parts.groupby(np.zeros(len(parts), dtype=int))
    total = grouped[["gross", "value", "value_plan", "squared", "spent"]].sum(min_count=1)
    left_out = grouped["hidden"].sum()
    ran = grouped["ran"].sum()
    with_control = grouped["controlled"].sum()
    half = special.ndtri(1 - alpha / 2) * np.sqrt(total["squared"].where(total["squared"] > 0))
    found = pd.DataFrame({"gross": total["gross"], "value": total["value"], "half": half}, index=total.index)
    alone = (ran - left_out == 1) & (with_control - left_out == 1)
    low, high = _score_ends(parts, grouped.ngroup().to_numpy(), alone.to_numpy(), alpha)
    found["value_plan"] = total["value_plan"]
    found["basis"] = np.select(
        [ran == 0, with_control == 0, with_control < ran], ["none", "gross", "mixed"], default="incremental"
    )
    found["left_out"], found["spent"] = left_out, total["spent"]
    told = found["basis"].isin(("incremental", "mixed")) & found["half"].notna()
    found["value_low"] = (found["value"] - found["half"]).where(~alone, low).where(told)
    found["value_high"] = (found["value"] + found["half"]).where(~alone, high).where(told)
    found = found.drop(columns="half")
    joined = sums.merge(found.reset_index(), how="left", on=names) if names else _beside(sums, found)
    joined["basis"] = joined["basis"].fillna("none").astype("str")
    joined["left_out"] = joined["left_out"].fillna(0).astype(int)
    spent = joined["spent"].astype(float).where(joined["spent"] > 0)
    for ours, theirs in (
        ("return_on_cost", "value"),
        ("return_low", "value_low"),
        ("return_high", "value_high"),
    ):
        joined[ours] = joined[theirs] / spent
    return joined[[*sums.columns, *RETURNS]]


def _score_ends(
    parts: pd.DataFrame, row: np.ndarray, alone: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of rows that rest on one strategy alone: the score interval of its rates."""
    ends = np.full((2, len(alone)), np.nan)
    cells = (parts["controlled"] & ~parts["hidden"]).to_numpy(dtype=bool) & alone[row]
    if cells.any():
        one = parts[cells]
        yes = (one["control_rate"] * one["n_control"]).round()
        found = compare_proportions(one["responded"], one["listed"], yes, one["n_control"], alpha)
        worth = (one["listed"] * one["value_per_response"]).to_numpy(dtype=np.float64)
        ends[:, row[cells]] = found.ci_low * worth, found.ci_high * worth
    return ends[0], ends[1]


def _beside(sums: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    found = found.reset_index(drop=True).reindex(range(len(sums)))
    return pd.concat([sums.reset_index(drop=True), found], axis=1)


def _parts(cells: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """Return each cell's value, its squared error, and its part in the degrees of freedom."""
    columns = ["strategy_id", *(name for name in rates.columns if name not in cells.columns)]
    parts = cells.merge(rates[columns], how="left", on="strategy_id")
    worth = parts["value_per_response"]
    controlled = parts["control_rate"].notna()
    parts["gross"] = parts["responded"] * worth
    own = (parts["responded"] - parts["listed"] * parts["control_rate"]) * worth
    parts["value"] = own.where(controlled, parts["gross"])
    parts["value_plan"] = parts["plan_contacts"] * parts["planned_uplift"] * worth
    # The arms' variances are the whole strategy's: five customers without a response are
    # no proof that nobody responds.
    parts["squared"] = np.square(worth) * (
        parts["listed"] * parts["variance"]
        + np.square(parts["listed"]) * parts["control_variance"] / parts["n_control"]
    ).where(controlled)
    if "hidden" not in parts.columns:
        parts["hidden"] = False
    seen = ~parts["hidden"].astype(bool)
    money = ["gross", "value", "value_plan", "squared"]
    parts[money] = parts[money].where(seen)
    parts["spent"] = parts["cost"].where(seen)
    parts["ran"] = (parts["hidden"] & parts["listed"].ne(0)) | (
        (parts["listed"] > 0) & parts["responded"].notna()
    )
    parts["hidden"] = parts["hidden"] & parts["ran"]
    parts["controlled"] = parts["ran"] & controlled
    return parts
