"""One part of an outcomes file: its cells read, its lists found, and what is wrong with each row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from workbench.errors import ImportProblem
from workbench.execution.cells import (
    CURRENCIES,
    read_amounts,
    read_dispositions_of,
    read_flags,
    read_moments,
    read_text,
)
from workbench.execution.dispositions import Codes
from workbench.execution.keys import outcome_key, result_key
from workbench.execution.listed import Listed

FIELDS = (
    "lead_id",
    "result_id",
    "list_id",
    "strategy_id",
    "responded",
    "amount",
    "currency",
    "contacted",
    "contacted_at",
    "recorded_at",
    "disposition",
    "note",
    "channel",
    "agent",
)
ListedOn = Mapping[str, dt.date | str] | dt.date | str | None


def open_rows(raw: pd.DataFrame, lines: np.ndarray | None, first: int) -> pd.DataFrame:
    """Return the cells under their canonical names, with ``line``.

    Raises
    ------
    ImportProblem
        If the columns that a file must have are missing.
    """
    text = read_text(raw)
    known = {"customer_id", "lead_id"} & set(text.columns)
    if not known or not {"responded", "disposition"} & set(text.columns):
        raise ImportProblem(
            "execution_room.error.outcome_columns", columns=", ".join(map(str, raw.columns)) or "-"
        )
    for name in ("customer_id", *FIELDS):
        if name not in text.columns:
            text[name] = pd.Series(dtype="str", index=text.index)
    counted = pd.Series(range(first, len(text) + first), index=text.index, dtype="float64")
    if lines is not None:
        text["line"] = np.asarray(lines, dtype="int64")
    else:
        said = pd.to_numeric(text["line"], errors="coerce") if "line" in text.columns else counted
        text["line"] = said.fillna(counted).astype("int64")
    return text


def match_rows(text: pd.DataFrame, listed: Listed, codes: Codes | None) -> pd.DataFrame:
    """Find each row's list, and read its cells; ``_matches`` counts the lists that fit."""
    rows = text[["line"]].copy()
    customers, lists = text["customer_id"], text["list_id"]
    rows["_no_lead"] = False
    named = text["lead_id"].notna()
    if named.any():
        of_lead, its_list = listed.of_leads(text["lead_id"])
        rows["_no_lead"] = (named & of_lead.isna()).to_numpy()
        customers, lists = customers.fillna(of_lead), lists.fillna(its_list)
        # A lead of one customer under the number of another fits no list.
        lists = lists.mask(of_lead.notna() & listed.canonical(customers).ne(of_lead), "-")
    rows["customer_id"] = listed.canonical(customers)
    rows = rows.join(listed.match(rows["customer_id"], text["strategy_id"], lists))
    rows["responded_read"] = read_flags(text["responded"])
    rows["contacted_read"] = read_flags(text["contacted"])
    rows["disposition_read"] = read_dispositions_of(text["disposition"], codes)
    rows["amount_read"] = read_amounts(text["amount"])
    rows["contacted_at_read"] = read_moments(text["contacted_at"])
    rows["recorded_at_read"] = read_moments(text["recorded_at"])
    for name in ("note", "channel", "agent", "result_id"):
        rows[name] = text[name]
    rows["_contact"] = _was_contacted(rows)
    rows["_moment"] = rows["contacted_at_read"].fillna(rows["recorded_at_read"])
    return rows


def _was_contacted(rows: pd.DataFrame) -> pd.Series:
    says = rows["contacted_read"]
    otherwise = rows["contacted_at_read"].notna() | rows["disposition_read"].notna()
    return says.fillna(otherwise.astype("boolean")).astype(bool)


def listing_days(rows: pd.DataFrame, listed_on: ListedOn) -> pd.Series:
    """Return for each row the day on which its list was cut."""
    if listed_on is None:
        return pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    if isinstance(listed_on, Mapping):
        days = {key: pd.Timestamp(day).normalize() for key, day in listed_on.items()}
        return pd.to_datetime(rows["list_id"].astype("object").map(days))
    return pd.Series(pd.Timestamp(listed_on).normalize(), index=rows.index)


def find_causes(
    rows: pd.DataFrame,
    text: pd.DataFrame,
    day: pd.Timestamp | None,
    known_customers: pd.Index | None,
    listed: pd.Series,
) -> pd.DataFrame:
    """Return the first thing wrong with each row: ``cause``, ``column``, ``value``."""
    none = pd.Series(False, index=rows.index)
    stranger = none
    if known_customers is not None:
        stranger = pd.Series(known_customers.get_indexer(pd.Index(rows["customer_id"])) < 0, index=rows.index)
    given, when = text["customer_id"].fillna(text["lead_id"]), rows["_moment"].dt.normalize()
    nothing = text["responded"].isna() & text["disposition"].isna()
    foreign = text["currency"].notna() & ~text["currency"].str.upper().isin(CURRENCIES)
    checks: list[tuple[str, str, pd.Series]] = [
        ("no_customer", "customer_id", given.isna()),
        ("unknown_lead", "lead_id", rows["_no_lead"]),
        ("unknown_customer", "customer_id", stranger & rows["_matches"].eq(0)),
        ("not_on_list", "customer_id", rows["_matches"].eq(0)),
        ("ambiguous_list", "customer_id", rows["_matches"].gt(1)),
        ("unknown_code", "responded", text["responded"].notna() & rows["responded_read"].isna()),
        ("unknown_code", "disposition", text["disposition"].notna() & rows["disposition_read"].isna()),
        ("unknown_code", "contacted", text["contacted"].notna() & rows["contacted_read"].isna()),
        ("bad_amount", "amount", text["amount"].notna() & rows["amount_read"].isna()),
        ("other_currency", "currency", foreign & rows["amount_read"].notna()),
        ("bad_date", "contacted_at", text["contacted_at"].notna() & rows["contacted_at_read"].isna()),
        ("bad_date", "recorded_at", text["recorded_at"].notna() & rows["recorded_at_read"].isna()),
        ("no_result", "responded", nothing),
        ("no_date", "contacted_at", when.isna() if day is None else none),
        ("before_list", "contacted_at", when.lt(listed)),
        ("in_future", "contacted_at", none if day is None else when.gt(day)),
    ]
    causes = pd.DataFrame(index=rows.index, columns=["cause", "column", "value"], dtype="str")
    for cause, column, wrong in checks:
        hit = wrong.to_numpy(dtype=bool) & causes["cause"].isna().to_numpy()
        if hit.any():
            causes.loc[hit, "cause"] = cause
            causes.loc[hit, "column"] = column
            causes.loc[hit, "value"] = (given if column == "customer_id" else text[column])[hit]
    return causes


def row_keys(rows: pd.DataFrame) -> list[str]:
    """Return the keys under which rows are known; see `check_outcomes`."""
    moments = rows["_moment"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f").fillna("")
    names = ("list_id", "strategy_id", "customer_id", "responded_read", "amount_read", "disposition_read")
    parts = [rows[name].astype("object").where(rows[name].notna(), "") for name in names]
    cells = zip(*parts[:3], moments, *parts[3:], strict=True)
    own = rows["result_id"]
    if not own.notna().any():
        return [outcome_key(*row) for row in cells]
    return [
        outcome_key(*row) if name is None else result_key(row[0], name, *row[1:])
        for name, row in zip(own.astype("object").where(own.notna(), None), cells, strict=True)
    ]


def known_index(ids: Collection[str] | None) -> pd.Index | None:
    """Return ids as an index that is looked up fast; None stays None."""
    if ids is None:
        return None
    return pd.Index(pd.Series(list(ids), dtype="str").unique())
