"""Join lists, contacts and outcomes: what became of every customer who was drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.tables import CONTACTS, OUTCOMES, STRATEGIES, TARGETS

# Dispositions after which the customer has heard the offer, whatever the answer was.
REACHED = ("reached", "refused", "callback")
CURRENCIES = ("CNY", "RMB", "CNH", "¥", "￥", "元", "人民币")
"""How the currency of amounts is written where it is the one that tables are in."""
_KEY = ["strategy_id", "customer_id"]


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

    Three things can't be counted, and are left out of both arms alike (`find_caveats` says
    how many): a customer drawn into both arms of one strategy; an outcome from before the
    strategy's first day, see `first_days`; the amounts of a strategy that has some in
    another currency than CNY, because they can't be added.

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
        response, missing where no amount of the strategy is known or another currency is
        among them); tries; contacted
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
    targets = leave_out_both_arms(targets)
    TARGETS.check(targets)
    OUTCOMES.check(outcomes)
    STRATEGIES.check(strategies)
    unknown = sorted(set(targets["strategy_id"]) - set(strategies["strategy_id"]))
    if unknown:
        raise ParameterProblem("review_room.error.unknown_strategy", strategies=", ".join(unknown))
    kept = [*_KEY, "arm", *([by] if by and by in targets.columns and by not in _KEY else [])]
    rows = targets[kept].reset_index(drop=True)
    rows[_KEY] = rows[_KEY].astype("str")
    if by and by not in rows.columns:
        rows[by] = _look_up(rows["customer_id"], customers, by)
    if contacts is not None:
        CONTACTS.check(contacts)
    foreign = foreign_currencies(outcomes)
    early = find_early(outcomes, first_days(strategies, contacts))
    answers = _answers(outcomes[~early] if early.any() else outcomes)
    rows = rows.merge(answers, how="left", on=_KEY)
    rows["responded"] = rows["responded"].fillna(0.0)
    known = rows["amount"].notna().groupby(rows["strategy_id"]).transform("any")
    nobody = rows["responded"].groupby(rows["strategy_id"]).transform("sum").eq(0)
    # Who did not respond brought nothing; a strategy whose amounts nobody noted has none.
    rows["amount"] = rows["amount"].fillna(0.0).where(known | nobody)
    if foreign:
        rows["amount"] = rows["amount"].mask(rows["strategy_id"].isin(list(foreign)))
    if contacts is None:
        treated = rows["arm"].eq("treatment")
        return rows.assign(tries=treated.astype(float), contacted=treated, reached=np.nan)
    rows = rows.merge(_tries(contacts), how="left", on=_KEY)
    rows["tries"] = rows["tries"].fillna(0.0)
    return rows.assign(contacted=rows["tries"] > 0, reached=rows["reached"].fillna(0.0))


def leave_out_both_arms(targets: pd.DataFrame) -> pd.DataFrame:
    """Return the lists without customers who were drawn into both arms of one strategy.

    Such a customer shows what neither arm would have done alone, so it counts in none. A
    customer listed twice in one arm stays, and is refused by the table's check.

    Parameters
    ----------
    targets : pandas.DataFrame
        Table `TARGETS`, but for the customers listed twice.

    Returns
    -------
    pandas.DataFrame
        The same object where nobody is in both arms.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"strategy_id": ["S1"] * 3, "customer_id": ["a", "a", "b"],
    ...                      "arm": ["treatment", "control", "control"]})
    >>> leave_out_both_arms(rows)["customer_id"].tolist()
    ['b']
    """
    if not isinstance(targets, pd.DataFrame) or not {*_KEY, "arm"} <= set(targets.columns):
        return targets
    repeated = targets.duplicated(_KEY, keep=False).to_numpy()
    if not repeated.any():
        return targets
    out = repeated.copy()
    arms = targets[repeated].groupby(_KEY, observed=True)["arm"].transform("nunique")
    out[repeated] = arms.to_numpy() > 1
    return targets[~out]


def first_days(strategies: pd.DataFrame, contacts: pd.DataFrame | None = None) -> dict[str, pd.Timestamp]:
    """Return the day from which an outcome can have come of a strategy.

    It is the card's `starts_on`, or the day of the strategy's first contact if that is
    earlier. A strategy with neither is not named: nothing can be said of it.

    Parameters
    ----------
    strategies : pandas.DataFrame
        Table `STRATEGIES`.
    contacts : pandas.DataFrame, optional
        Table `CONTACTS`.

    Returns
    -------
    dict of str to pandas.Timestamp

    Examples
    --------
    >>> import pandas as pd
    >>> cards = pd.DataFrame({"strategy_id": ["S1"], "starts_on": [pd.Timestamp("2026-07-01")]})
    >>> first_days(cards)
    {'S1': Timestamp('2026-07-01 00:00:00')}
    """
    days = pd.to_datetime(strategies.set_index(strategies["strategy_id"].astype("str"))["starts_on"])
    found = {str(name): day.normalize() for name, day in days.items() if pd.notna(day)}
    if contacts is not None and len(contacts):
        moments = as_days(contacts["contacted_at"])
        for name, day in moments.groupby(contacts["strategy_id"].astype("str")).min().items():
            found[str(name)] = min(found.get(str(name), day), day)
    return found


def find_early(outcomes: pd.DataFrame, days: dict[str, pd.Timestamp]) -> pd.Series:
    """Say of each outcome whether it was recorded before its strategy's first day.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        Table `OUTCOMES`.
    days : dict of str to pandas.Timestamp
        From `first_days`.

    Returns
    -------
    pandas.Series
        bool.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"strategy_id": ["S1"], "recorded_at": [pd.Timestamp("2026-06-30 23:00")]})
    >>> find_early(rows, {"S1": pd.Timestamp("2026-07-01")}).tolist()
    [True]
    """
    begun = pd.to_datetime(outcomes["strategy_id"].astype("str").map(days))
    return as_days(outcomes["recorded_at"]) < begun


def foreign_currencies(outcomes: pd.DataFrame) -> dict[str, list[str]]:
    """Return the currencies beside CNY in each strategy's amounts.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        Table `OUTCOMES`, with a column ``currency`` (text) where amounts carry one; a
        missing one is CNY.

    Returns
    -------
    dict of str to list of str
        Strategies that have others, with all that they have, sorted.

    Examples
    --------
    >>> import pandas as pd
    >>> foreign_currencies(pd.DataFrame({"strategy_id": ["S1", "S1"], "amount": [1.0, 2.0],
    ...                                  "currency": ["CNY", "usd"]}))
    {'S1': ['CNY', 'USD']}
    """
    if "currency" not in outcomes.columns:
        return {}
    known = outcomes[outcomes["amount"].notna()]
    written = known["currency"].astype("str").str.strip().str.upper()
    names = written.where(known["currency"].notna() & written.ne("") & ~written.isin(CURRENCIES), "CNY")
    found = names.groupby(known["strategy_id"].astype("str")).unique()
    return {str(i): sorted(map(str, kinds)) for i, kinds in found.items() if set(kinds) != {"CNY"}}


def as_days(moments: pd.Series) -> pd.Series:
    """Return the days of moments; those of another time zone in UTC.

    Examples
    --------
    >>> import pandas as pd
    >>> as_days(pd.Series([pd.Timestamp("2026-07-01 09:30")])).iloc[0]
    Timestamp('2026-07-01 00:00:00')
    """
    plain = pd.to_datetime(moments)
    if plain.dt.tz is not None:
        plain = plain.dt.tz_convert("UTC").dt.tz_localize(None)
    return plain.dt.normalize()


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
