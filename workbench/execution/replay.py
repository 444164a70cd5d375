"""A past campaign as contacts of lists, and whether its totals came out again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.tables import CONTACTS, OUTCOMES

CONTACT_COLUMNS = ("customer_id", "contacted_at", "disposition", "responded", "amount", "try_number")
TOTALS_BY = ("all", "disposition", "month", "list_id", "channel")
COUNTS = ("contacts", "answers", "responses", "amount")
_HISTORY = ("customer_id", "contacted_at", "responded")


def build_contacts(
    history: pd.DataFrame,
    *,
    tries: str | None = None,
    yes: str = "reached",
    no: str = "refused",
    earlier: str = "callback",
) -> pd.DataFrame:
    """Return one row a contact from a campaign's history of one row a customer.

    A history holds the last contact and how many there were. What came of the earlier ones,
    and when, it does not say: they get a disposition of their own and stand on the day of
    the last one, a second apart, in front of it.

    Parameters
    ----------
    history : pandas.DataFrame
        Table CAMPAIGN_HISTORY: ``customer_id``, ``contacted_at``, ``responded`` and
        ``amount`` where there is one. Rows without a contact are left out.
    tries : str, optional
        Column that holds the number of contacts with the customer, the last one included;
        by default it is one each.
    yes, no : str
        Disposition of the last contact, by what was answered.
    earlier : str, default="callback"
        Disposition of the contacts before it; one after which the customer comes up again.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``contacted_at``, ``disposition``, ``responded`` and ``amount`` (missing
        for the earlier ones), ``try_number`` from 1; in the order of the history.

    Raises
    ------
    ParameterProblem
        If a column is absent, or a number of tries is not a whole number from 1.

    Examples
    --------
    >>> history = pd.DataFrame({"customer_id": ["1", "2"], "responded": [True, False],
    ...     "contacted_at": pd.to_datetime(["2008-05-05", "2008-05-06"]), "calls": [1, 3]})
    >>> build_contacts(history, tries="calls")[["customer_id", "disposition", "try_number"]].values.tolist()
    [['1', 'reached', 1], ['2', 'callback', 1], ['2', 'callback', 2], ['2', 'refused', 3]]
    """
    needed = [*_HISTORY, *([tries] if tries is not None else [])]
    missing = [name for name in needed if name not in history.columns]
    if missing:
        raise ParameterProblem("execution_replay.error.columns", columns=", ".join(missing))
    known = history[history["contacted_at"].notna()].reset_index(drop=True)
    n = np.ones(len(known)) if tries is None else known[tries].to_numpy("float64", na_value=np.nan)
    wrong = ~(np.isfinite(n) & (n >= 1) & (n == np.floor(n)))
    if wrong.any():
        raise ParameterProblem("execution_replay.error.tries", column=tries, n=int(wrong.sum()))
    counts = n.astype("int64")
    rows = known.loc[known.index.repeat(counts)].reset_index(drop=True)
    number = rows.groupby(np.repeat(np.arange(len(known)), counts)).cumcount().to_numpy() + 1
    is_last = number == np.repeat(counts, counts)
    said_yes = rows["responded"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    made = pd.DataFrame({"customer_id": rows["customer_id"].astype("str")})
    made["contacted_at"] = pd.to_datetime(rows["contacted_at"]) + pd.to_timedelta(number - 1, unit="s")
    made["disposition"] = np.where(is_last, np.where(said_yes, yes, no), earlier)
    made["responded"] = rows["responded"].astype("boolean").where(is_last)
    amount = rows["amount"] if "amount" in rows.columns else pd.Series(np.nan, index=rows.index)
    made["amount"] = amount.astype("float64").where(is_last & said_yes)
    made["try_number"] = number
    return made[list(CONTACT_COLUMNS)]


def compare_totals(given: pd.DataFrame, contacts: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return the totals of contacts as they were given beside those that were recorded.

    Parameters
    ----------
    given : pandas.DataFrame
        ``contacted_at``, ``disposition``, ``list_id``, ``channel``, ``responded`` (missing where
        nothing was answered), ``amount``.
    contacts, outcomes : pandas.DataFrame
        Tables CONTACTS and OUTCOMES; an outcome whose id is a contact's belongs to it.

    Returns
    -------
    pandas.DataFrame
        One row a value: ``by`` (all, disposition, month, list_id, channel), ``value``, and
        ``contacts``, ``answers``, ``responses`` (yes) and ``amount``, each with ``_given`` and
        ``_recorded``; ``equal`` where all four are the same. An answer counts in the month in
        which it was recorded.

    Examples
    --------
    >>> given = pd.DataFrame({"contacted_at": pd.to_datetime(["2008-05-05"]), "disposition": ["reached"],
    ...     "list_id": ["L1"], "channel": ["phone"], "responded": [True], "amount": [100.0]})
    >>> compare_totals(given, CONTACTS.empty(), OUTCOMES.empty())["equal"].any()
    np.False_
    """
    CONTACTS.check(contacts)
    OUTCOMES.check(outcomes)
    stored = contacts.rename(columns={"contact_id": "outcome_id"})
    answers = outcomes[["outcome_id", "responded", "amount", "recorded_at"]]
    stored = stored.merge(answers, on="outcome_id", how="left").assign(n_contacts=1)
    sides = {
        "given": _counted(given.assign(recorded_at=given["contacted_at"])),
        "recorded": _counted(stored),
    }
    parts = []
    for by in TOTALS_BY:
        both = [frame.groupby(by)[list(COUNTS)].sum().add_suffix(f"_{side}") for side, frame in sides.items()]
        table = both[0].join(both[1], how="outer").fillna(0).rename_axis("value").reset_index()
        parts.append(table.assign(by=by, value=table["value"].astype("str")))
    table = pd.concat(parts, ignore_index=True)
    for name in COUNTS[:-1]:
        table[[f"{name}_given", f"{name}_recorded"]] = table[[f"{name}_given", f"{name}_recorded"]].astype(
            "int64"
        )
    same = [np.isclose(table[f"{name}_given"], table[f"{name}_recorded"], atol=0.005) for name in COUNTS]
    table["equal"] = np.logical_and.reduce(same)
    pairs = [f"{name}_{side}" for name in COUNTS for side in ("given", "recorded")]
    return table[["by", "value", *pairs, "equal"]]


def _counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Return contacts, and answers in rows of their own, with what each counts for."""
    about = ["disposition", "list_id", "channel"]
    made = rows[about].assign(at=rows["contacted_at"], contacts=1, answers=0, responses=0, amount=0.0)
    answered = rows[rows["responded"].notna().to_numpy(dtype=bool)]
    yes = answered["responded"].astype("boolean").to_numpy(dtype=bool)
    said = answered[about].assign(
        at=answered["recorded_at"], contacts=0, answers=1, responses=yes.astype(int)
    )
    said["amount"] = answered["amount"].astype("float64").fillna(0.0)
    both = pd.concat([made, said], ignore_index=True)
    return both.assign(all="all", month=both["at"].dt.strftime("%Y-%m"))
