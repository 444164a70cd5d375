"""Join lists, contacts and outcomes: what became of every customer who was drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.tables import CONTACTS, OUTCOMES, STRATEGIES, TARGETS

# Dispositions after which the customer has heard the offer, whatever the answer was.
REACHED = ("reached", "refused", "callback")


def follow_up(
    targets: pd.DataFrame,
    outcomes: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    contacts: pd.DataFrame | None = None,
    customers: pd.DataFrame | None = None,
    by: str | None = None,
) -> pd.DataFrame:
    """Return one row per customer on a list, with what was done and what came of it.

    Intention to treat: everybody drawn stays in, in the arm they were drawn into, whether
    contacted or not. A customer without an outcome did not respond. Where several outcomes
    were recorded, one response is enough and the amounts are added.

    Parameters
    ----------
    targets, outcomes, strategies : pandas.DataFrame
        Tables `TARGETS`, `OUTCOMES`, `STRATEGIES`.
    contacts : pandas.DataFrame, optional
        Table `CONTACTS`. Left out, every customer of the treatment arm counts as contacted
        once (a letter, a mailing), and whether somebody was reached is unknown.
    customers : pandas.DataFrame, optional
        One row a customer_id, where `by` is not a column of the targets.
    by : str, optional
        Column to carry along: segment, lifecycle_stage, branch …

    Returns
    -------
    pandas.DataFrame
        customer_id, strategy_id, arm, `by`; responded (0 or 1); amount (CNY; 0 without a
        response, missing where no amount of the strategy is known); tries; contacted
        (bool); reached (bool, missing without contacts); first_responded_at.

    Raises
    ------
    TableProblem
        If a table does not fit.
    ParameterProblem
        If a list is for a strategy that is not given, or `by` is found nowhere.

    Examples
    --------
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> rows = follow_up(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty())
    >>> "responded" in rows.columns, len(rows)
    (True, 0)
    """
    TARGETS.check(targets)
    OUTCOMES.check(outcomes)
    STRATEGIES.check(strategies)
    unknown = sorted(set(targets["strategy_id"]) - set(strategies["strategy_id"]))
    if unknown:
        raise ParameterProblem("review_room.error.unknown_strategy", strategies=", ".join(unknown))
    key = ["strategy_id", "customer_id"]
    kept = [*key, "arm", *([by] if by and by in targets.columns and by not in key else [])]
    rows = targets[kept].reset_index(drop=True)
    rows[key] = rows[key].astype("str")
    if by and by not in rows.columns:
        rows[by] = _look_up(rows["customer_id"], customers, by)
    answers = _answers(outcomes)
    rows = rows.merge(answers, how="left", on=key)
    rows["responded"] = rows["responded"].fillna(0.0)
    known = rows["amount"].notna().groupby(rows["strategy_id"]).transform("any")
    nobody = rows["responded"].groupby(rows["strategy_id"]).transform("sum").eq(0)
    # Who did not respond brought nothing; a strategy whose amounts nobody noted has none.
    rows["amount"] = rows["amount"].fillna(0.0).where(known | nobody)
    if contacts is None:
        treated = rows["arm"].eq("treatment")
        return rows.assign(tries=treated.astype(float), contacted=treated, reached=np.nan)
    CONTACTS.check(contacts)
    rows = rows.merge(_tries(contacts), how="left", on=key)
    rows["tries"] = rows["tries"].fillna(0.0)
    return rows.assign(contacted=rows["tries"] > 0, reached=rows["reached"].fillna(0.0))


def _answers(outcomes: pd.DataFrame) -> pd.DataFrame:
    plain = pd.DataFrame(
        {
            "strategy_id": outcomes["strategy_id"].astype("str"),
            "customer_id": outcomes["customer_id"].astype("str"),
            "responded": outcomes["responded"].to_numpy(dtype=np.float64, na_value=0.0),
            "amount": outcomes["amount"].to_numpy(dtype=np.float64, na_value=np.nan),
            "first_responded_at": outcomes["recorded_at"].where(outcomes["responded"].astype("boolean")),
        }
    )
    grouped = plain.groupby(["strategy_id", "customer_id"], sort=False)
    answers = grouped.agg(
        responded=("responded", "max"),
        first_responded_at=("first_responded_at", "min"),
    )
    answers["amount"] = grouped["amount"].sum(min_count=1)
    return answers.reset_index()


def _tries(contacts: pd.DataFrame) -> pd.DataFrame:
    plain = pd.DataFrame(
        {
            "strategy_id": contacts["strategy_id"].astype("str"),
            "customer_id": contacts["customer_id"].astype("str"),
            "reached": contacts["disposition"].isin(REACHED).astype(float),
        }
    )
    grouped = plain.groupby(["strategy_id", "customer_id"], sort=False)["reached"]
    return grouped.agg(tries="size", reached="max").reset_index()


def _look_up(customer_ids: pd.Series, customers: pd.DataFrame | None, by: str) -> pd.Series:
    if customers is None or "customer_id" not in customers.columns or by not in customers.columns:
        present = [] if customers is None else list(map(str, customers.columns))
        raise ParameterProblem("review_room.error.no_part", column=by, present=", ".join(present) or "-")
    known = customers.drop_duplicates("customer_id").set_index("customer_id")[by]
    return customer_ids.map(known)
