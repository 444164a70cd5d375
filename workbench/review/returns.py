"""What a part of a cycle brought beside its plan, its cost and its control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from workbench.errors import ParameterProblem
from workbench.review.cube import DIMENSIONS, sum_cube
from workbench.review.means import Numbers, check_alpha
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
    ratios = {}
    for name, (above, below) in parts.items():
        whole = sums[below].to_numpy(dtype=np.float64)
        ratios[name] = sums[above].to_numpy(dtype=np.float64) / np.where(whole > 0, whole, np.nan)
    return sums.assign(**ratios)


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
    row, n = _row_of(sums, cells, names), len(sums)
    cell = _worth(cells, rates)

    def total(values: Numbers) -> Numbers:
        known = ~np.isnan(values) & cell["seen"]
        added = np.bincount(row[known], weights=values[known], minlength=n)
        return np.where(np.bincount(row[known], minlength=n) > 0, added, np.nan)

    def count(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
        return np.bincount(row[flags], minlength=n)

    hidden = cell["ran"] & ~cell["seen"]
    left_out, ran, controlled = count(hidden), count(cell["ran"]), count(cell["controlled"])
    value, squared, spent = (total(cell[name]) for name in ("value", "squared", "cost"))
    basis = np.select(
        [ran == 0, controlled == 0, controlled < ran], ["none", "gross", "mixed"], default="incremental"
    )
    half = special.ndtri(1 - alpha / 2) * np.sqrt(np.where(squared > 0, squared, np.nan))
    low, high = value - half, value + half
    alone = (ran - left_out == 1) & (count(cell["controlled"] & cell["seen"]) == 1)
    one = cell["controlled"] & cell["seen"] & alone[row]
    low[row[one]], high[row[one]] = _score_ends({name: cells[one] for name, cells in cell.items()}, alpha)
    told = np.isin(basis, ("incremental", "mixed")) & ~np.isnan(half)
    figures = {
        "gross": total(cell["gross"]),
        "value": value,
        "value_low": np.where(told, low, np.nan),
        "value_high": np.where(told, high, np.nan),
        "value_plan": total(cell["value_plan"]),
        "basis": basis,
    }
    paid = np.where(spent > 0, spent, np.nan)
    for ours, theirs in (
        ("return_on_cost", "value"),
        ("return_low", "value_low"),
        ("return_high", "value_high"),
    ):
        figures[ours] = figures[theirs] / paid
    return sums.reset_index(drop=True).assign(**figures, left_out=left_out).astype({"basis": "str"})


def _row_of(sums: pd.DataFrame, cells: pd.DataFrame, names: list[str]) -> npt.NDArray[np.intp]:
    """Return the row of the sums that each cell belongs to."""
    if not names:
        return np.zeros(len(cells), dtype=np.intp)
    if len(names) == 1:
        return np.asarray(pd.Index(sums[names[0]]).get_indexer(pd.Index(cells[names[0]])), dtype=np.intp)
    rows = pd.MultiIndex.from_frame(sums[names])
    return np.asarray(rows.get_indexer(pd.MultiIndex.from_frame(cells[names])), dtype=np.intp)


def _worth(cells: pd.DataFrame, rates: pd.DataFrame) -> dict[str, Any]:
    """Return each cell's value and its squared error, and what is known of it."""
    place = pd.Index(rates["strategy_id"]).get_indexer(pd.Index(cells["strategy_id"]))
    names = [name for name in rates.columns if name != "strategy_id"]
    table = np.vstack([rates[names].to_numpy(dtype=np.float64), np.full((1, len(names)), np.nan)])
    rate: dict[str, Numbers] = dict(zip(names, table[place].T, strict=True))
    wanted = ["listed", "responded", "plan_contacts", "cost"]
    cell: dict[str, Any] = dict(zip(wanted, cells[wanted].to_numpy(dtype=np.float64).T, strict=True))
    worth, control = rate["value_per_response"], rate["control_rate"]
    has_control = ~np.isnan(control)
    cell["worth"], cell["n_control"] = worth, rate["n_control"]
    cell["yes"] = np.rint(control * rate["n_control"])
    cell["gross"] = cell["responded"] * worth
    own = (cell["responded"] - cell["listed"] * control) * worth
    cell["value"] = np.where(has_control, own, cell["gross"])
    cell["value_plan"] = cell["plan_contacts"] * rate["planned_uplift"] * worth
    # The arms' variances are the whole strategy's: five customers without a response are
    # no proof that nobody responds.
    spread = cell["listed"] * rate["variance"]
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = spread + np.square(cell["listed"]) * rate["control_variance"] / rate["n_control"]
    cell["squared"] = np.where(has_control, np.square(worth) * spread, np.nan)
    cell["seen"] = np.ones(len(cells), dtype=bool)
    if "hidden" in cells.columns:
        cell["seen"] = ~cells["hidden"].to_numpy(dtype=bool)
    there = (cell["listed"] > 0) & ~np.isnan(cell["responded"])
    cell["ran"] = np.where(cell["seen"], there, cell["listed"] != 0)
    cell["controlled"] = cell["ran"] & has_control
    return cell


def _score_ends(cell: Mapping[str, Any], alpha: float) -> tuple[Numbers, Numbers]:
    """Return the ends of cells that are alone in their row: the score interval of the two rates."""
    worth = cell["listed"] * cell["worth"]
    found = compare_proportions(cell["responded"], cell["listed"], cell["yes"], cell["n_control"], alpha)
    return found.ci_low * worth, found.ci_high * worth
