"""What was done and what came of it, beside what was planned."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.review.follow_up import follow_up
from workbench.review.strategies import group_rows

STEPS = ("listed", "contacted", "reached", "responded", "bought")


def build_funnel(
    targets: pd.DataFrame,
    outcomes: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    contacts: pd.DataFrame | None = None,
    per_strategy: bool = False,
) -> pd.DataFrame:
    """Count the treatment's customers from the list to the sale.

    Parameters
    ----------
    targets, outcomes, strategies : pandas.DataFrame
        Tables `TARGETS`, `OUTCOMES`, `STRATEGIES`.
    contacts : pandas.DataFrame, optional
        Table `CONTACTS`; without it everybody counts as contacted and reached is missing.
    per_strategy : bool, default=False
        Whether each strategy has a funnel of its own.

    Returns
    -------
    pandas.DataFrame
        (strategy_id,) step, n (customers), plan (customers; missing where the cards plan
        nothing), of_previous (share of the step before; missing where that is empty or
        unknown). Steps: listed (treatment arm), contacted (tried at least once), reached
        (spoke to us), responded (intention to treat, so also without being reached),
        bought (responded and brought money). Planned are everybody contacted and
        expected_response of them responding.

    Raises
    ------
    TableProblem
        If a table does not fit.
    ParameterProblem
        If a list is for a strategy that is not given.

    Examples
    --------
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> build_funnel(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty())["step"].tolist()
    ['listed', 'contacted', 'reached', 'responded', 'bought']
    """
    rows = follow_up(targets, outcomes, strategies, contacts=contacts)
    rows = rows[rows["arm"].eq("treatment")]
    planned = rows["strategy_id"].map(strategies.set_index("strategy_id")["expected_response"]).astype(float)
    rows = rows.assign(planned=planned, bought=_bought(rows))
    if not per_strategy:
        return _funnel(rows)
    funnels = [
        _funnel(rows[rows["strategy_id"] == strategy_id]).assign(strategy_id=strategy_id)
        for strategy_id in strategies["strategy_id"]
    ]
    names = ["strategy_id", "step", "n", "plan", "of_previous"]
    return pd.concat(funnels, ignore_index=True)[names] if funnels else pd.DataFrame(columns=names)


def _bought(rows: pd.DataFrame) -> pd.Series:
    return (rows["amount"] > 0).astype(float).where(rows["amount"].notna())


def _funnel(rows: pd.DataFrame) -> pd.DataFrame:
    listed = float(len(rows))
    contacted = float(rows["contacted"].sum())
    took_place = contacted > 0
    n = [
        listed,
        contacted,
        float(rows["reached"].sum(min_count=1)) if took_place else np.nan,
        float(rows["responded"].sum()) if took_place else np.nan,
        float(rows["bought"].sum(min_count=1)) if took_place else np.nan,
    ]
    plan = [listed, listed, np.nan, float(rows["planned"].sum(min_count=1)), np.nan]
    frame = pd.DataFrame({"step": STEPS, "n": n, "plan": plan})
    before = frame["n"].shift()
    frame["of_previous"] = frame["n"] / before.where(before > 0)
    return frame


def compare_to_plan(
    targets: pd.DataFrame,
    outcomes: pd.DataFrame,
    strategies: pd.DataFrame,
    customers: pd.DataFrame | None = None,
    by: str = "branch",
    *,
    contacts: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Hold each branch's responses against the plan, strategy by strategy.

    Parameters
    ----------
    targets, outcomes, strategies : pandas.DataFrame
        Tables `TARGETS`, `OUTCOMES`, `STRATEGIES`.
    customers : pandas.DataFrame, optional
        One row a customer_id with the column `by`, where the targets do not have it.
    by : str, default="branch"
        The rows of the comparison: branch, region, segment …
    contacts : pandas.DataFrame, optional
        Table `CONTACTS`; without it everybody of the treatment counts as contacted once.

    Returns
    -------
    pandas.DataFrame
        `by`, strategy_id (``""`` over all strategies), n (customers of the treatment arm,
        by which small cells are hidden), tries, responded (customers), rate, planned
        (customers), to_plan (responded / planned; 1 is as planned). Best `by` first, by
        its to_plan over all strategies; within it the strategies in their order, the
        total last. Rates are missing where nobody was contacted.

    Raises
    ------
    TableProblem
        If a table does not fit.
    ParameterProblem
        If `by` is found neither in the targets nor among the customers.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> nobody = pd.DataFrame({"customer_id": ["1"], "branch": ["Branch 01"]})
    >>> len(compare_to_plan(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty(), nobody))
    0
    """
    rows = follow_up(targets, outcomes, strategies, contacts=contacts, customers=customers, by=by)
    rows = rows[rows["arm"].eq("treatment")].reset_index(drop=True)
    cards = strategies.set_index("strategy_id")["expected_response"]
    rows["planned"] = rows["strategy_id"].map(cards).astype(float)
    groups, labels = group_rows(rows, by, strategies["strategy_id"])
    labels = labels if by in labels.columns else labels.assign(**{by: labels["strategy_id"]})
    cells = _count_cells(rows.groupby(groups), labels[[by, "strategy_id"]])
    totals = rows.groupby(by, dropna=False, sort=True)
    names = totals.size().index.to_frame(index=False)
    overall = _count_cells(rows.groupby(totals.ngroup().to_numpy()), names)
    overall.insert(1, "strategy_id", "")
    place = {name: i for i, name in enumerate([*strategies["strategy_id"], ""])}
    ranked = overall.sort_values("to_plan", ascending=False, kind="stable", na_position="last")[by]
    order = {name: i for i, name in enumerate(ranked)}
    both = pd.concat([cells, overall], ignore_index=True)
    both["_row"], both["_column"] = both[by].map(order), both["strategy_id"].map(place)
    return both.sort_values(["_row", "_column"]).drop(columns=["_row", "_column"]).reset_index(drop=True)


def _count_cells(grouped: pd.api.typing.DataFrameGroupBy, labels: pd.DataFrame) -> pd.DataFrame:
    sums = grouped[["tries", "responded", "planned", "contacted"]].sum().reset_index(drop=True)
    frame = labels.reset_index(drop=True)
    frame["n"] = grouped.size().to_numpy()
    frame["tries"] = sums["tries"]
    silent = sums["contacted"] == 0
    frame["responded"] = sums["responded"].mask(silent)
    frame["rate"] = frame["responded"] / frame["n"]
    frame["planned"] = sums["planned"]
    frame["to_plan"] = frame["responded"] / sums["planned"].where(sums["planned"] > 0)
    return frame


def funnel_of(sums: pd.DataFrame) -> pd.DataFrame:
    """Return the way from the list to the sale of what a board's filter leaves.

    Parameters
    ----------
    sums : pandas.DataFrame
        One row, from `sum_cube`.

    Returns
    -------
    pandas.DataFrame
        step, n, plan, of_previous, as `build_funnel` returns them; contacts and responses
        are planned for the weeks that the filter leaves.

    Examples
    --------
    >>> sums = pd.DataFrame({"listed": [10.0], "contacted": [8.0], "reached": [4.0], "responded": [2.0],
    ...                      "bought": [1.0], "plan_contacts": [10.0], "plan_responses": [3.0]})
    >>> funnel_of(sums)["of_previous"].tolist()
    [nan, 0.8, 0.5, 0.5, 0.5]
    """
    row = sums.iloc[0] if len(sums) else pd.Series(dtype=float)
    plans = {"listed": "listed", "contacted": "plan_contacts", "responded": "plan_responses"}
    frame = pd.DataFrame(
        {
            "step": STEPS,
            "n": [float(row.get(step, np.nan)) for step in STEPS],
            "plan": [float(row.get(plans.get(step, ""), np.nan)) for step in STEPS],
        }
    )
    before = frame["n"].shift()
    frame["of_previous"] = frame["n"] / before.where(before > 0)
    return frame
