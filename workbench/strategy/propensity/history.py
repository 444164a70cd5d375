"""Past contacts beside the customer as they were known then, in the order of time."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from workbench.errors import ParameterProblem, TableProblem
from workbench.tables import CAMPAIGN_HISTORY

FEWEST_ROWS = 100
FEWEST_RESPONSES = 20


@dataclass(frozen=True)
class Experience:
    """What a model learns from.

    Parameters
    ----------
    columns : pandas.DataFrame
        The customers' columns, one row a contact, earliest first.
    responded : pandas.Series of bool
        What came of each contact.
    ordered_by : {"contacted_at", "row order"}
        What says which contact was earlier.
    later_portrait_share : float
        Share of contacts whose customer is only known as of the contact's day or later:
        what the contact changed may then be in the columns.
    """

    columns: pd.DataFrame
    responded: pd.Series
    ordered_by: str
    later_portrait_share: float


def gather_experience(customers: pd.DataFrame, history: pd.DataFrame, offer: str | None) -> Experience:
    """Join treated rows of the history with the customers' columns.

    With portraits of several dates, each contact takes the last one before it.

    Raises
    ------
    TableProblem
        If ``customer_id`` or ``responded`` is missing.
    ParameterProblem
        If the offer was never made, or there are too few contacts or responses.
    """
    _require(customers, "customers", ("customer_id",))
    _require(history, "campaign_history", ("customer_id", "responded"))
    rows = history
    if offer is not None and "offer" in rows.columns:
        rows = rows.loc[rows["offer"].eq(offer).to_numpy(dtype=bool, na_value=False)]
        if rows.empty:
            known = ", ".join(sorted(history["offer"].dropna().unique())) or "-"
            raise ParameterProblem("strategy_room.error.unknown_offer", offer=offer, known=known)
    if "arm" in rows.columns:
        rows = rows.loc[~rows["arm"].eq("control").to_numpy(dtype=bool, na_value=False)]
    rows = rows.loc[rows["responded"].notna().to_numpy()]
    moments = _moments(rows)
    contacts = pd.DataFrame(
        {
            "customer_id": rows["customer_id"].to_numpy(),
            "_moment": moments.to_numpy(),
            "_responded": rows["responded"].astype("boolean").to_numpy(dtype=bool),
        }
    )
    ordered_by = "contacted_at" if contacts["_moment"].notna().any() else "row order"
    contacts = contacts.sort_values("_moment", kind="stable", ignore_index=True, na_position="first")
    joined, later = _join(contacts, customers)
    responses = int(joined["_responded"].sum())
    fewest = min(responses, len(joined) - responses)
    if len(joined) < FEWEST_ROWS or fewest < FEWEST_RESPONSES:
        raise ParameterProblem(
            "strategy_room.error.too_few_history",
            n=len(joined),
            responses=responses,
            fewest=FEWEST_ROWS,
            fewest_responses=FEWEST_RESPONSES,
        )
    own = [name for name in customers.columns if name != "customer_id"]
    return Experience(joined[own], joined["_responded"], ordered_by, later)


def own_columns(history: pd.DataFrame, customers: pd.DataFrame) -> list[str]:
    """Return the columns that only the bank's own campaign history has.

    Examples
    --------
    >>> history = pd.DataFrame(columns=["customer_id", "responded", "duration", "age"])
    >>> own_columns(history, pd.DataFrame(columns=["customer_id", "age"]))
    ['duration']
    """
    known = {*CAMPAIGN_HISTORY.names, *customers.columns}
    return [str(name) for name in history.columns if name not in known]


def _require(frame: pd.DataFrame, table: str, names: tuple[str, ...]) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise TableProblem(
            "errors.table.missing_columns",
            table=table,
            columns=", ".join(missing),
            present=", ".join(map(str, frame.columns)) or "-",
        )


def _moments(rows: pd.DataFrame) -> pd.Series:
    """Return when each row was contacted; one without a moment takes its campaign's first."""
    if "contacted_at" not in rows.columns:
        return pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    moments = pd.to_datetime(rows["contacted_at"]).astype("datetime64[us]")
    if "campaign" in rows.columns:
        moments = moments.fillna(moments.groupby(rows["campaign"]).transform("min"))
    return moments


def _join(contacts: pd.DataFrame, customers: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    if not customers["customer_id"].duplicated().any():
        joined = contacts.merge(customers, on="customer_id", how="inner")
        if "snapshot_date" not in customers.columns or joined.empty:
            return joined, 0.0
        known_on = pd.to_datetime(joined["snapshot_date"])
        return joined, float((joined["_moment"].notna() & (known_on >= joined["_moment"])).mean())
    if "snapshot_date" not in customers.columns or contacts["_moment"].isna().all():
        raise ParameterProblem(
            "strategy_room.error.repeated_customers", n=int(customers["customer_id"].duplicated().sum())
        )
    portraits = customers.assign(
        _known_on=pd.to_datetime(customers["snapshot_date"]).astype("datetime64[us]")
    )
    joined = pd.merge_asof(
        contacts.dropna(subset="_moment"),
        portraits.sort_values("_known_on", kind="stable"),
        left_on="_moment",
        right_on="_known_on",
        by="customer_id",
        allow_exact_matches=False,
    )
    return joined.dropna(subset="_known_on").reset_index(drop=True), 0.0
