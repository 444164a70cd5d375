"""Check an outcomes file against the lists: what is loaded, repeated or quarantined."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from workbench import locale
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
from workbench.tables import CONTACTS, OUTCOMES, QUARANTINE, TARGETS, Table

MESSAGE_PREFIXES = ("execution_room.cause.",)
_FIELDS = (
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


@dataclass(frozen=True, eq=False)
class OutcomeCheck:
    """What a file of outcomes holds. Every row is in one of `n_loaded`, `quarantined`, `repeated`.

    Parameters
    ----------
    loaded : pandas.DataFrame
        Table OUTCOMES: rows that say whether the customer responded.
    contacts : pandas.DataFrame
        Table CONTACTS: rows that say that the customer was contacted.
    quarantined : pandas.DataFrame
        Table QUARANTINE: rows that could not be loaded, with cause and reason.
    repeated : int
        Rows that were known already, or stand in the file twice.
    flagged : pandas.DataFrame
        Loaded rows that need a look: ``line``, ``customer_id``, ``strategy_id``, ``cause``
        (``control_contacted``), ``reason``.
    n_loaded : int
        Rows that gave an outcome, a contact or both.
    n_read : int
        Rows of the file.
    """

    loaded: pd.DataFrame
    contacts: pd.DataFrame
    quarantined: pd.DataFrame
    repeated: int
    flagged: pd.DataFrame
    n_loaded: int
    n_read: int


def outcome_key(*parts: object) -> str:
    """Return the key under which a row is known: the first 32 digits of a SHA-256.

    Examples
    --------
    >>> outcome_key("L1", "S1", "0000000007", "2026-10-12T00:00:00", True, 500.0, "reached")[:8]
    'bd69c9bd'
    """
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8")).hexdigest()[:32]


def check_outcomes(
    raw: pd.DataFrame,
    targets: pd.DataFrame,
    known_keys: Collection[str] = frozenset(),
    *,
    today: dt.date | str | None = None,
    strategies: pd.DataFrame | None = None,
    known_customers: Collection[str] | None = None,
    listed_on: ListedOn = None,
    dispositions: Codes | None = None,
    file: str = "outcomes",
    lang: str = "en",
) -> OutcomeCheck:
    """Return what can be loaded from a file of outcomes, and why the rest can't.

    Parameters
    ----------
    raw : pandas.DataFrame
        The file's cells as text. Columns ``customer_id`` and ``responded`` or
        ``disposition``; optional ``amount``, ``contacted_at``, ``recorded_at``, ``contacted``
        (no: not contacted, whatever else the row says), ``currency`` (amounts in another
        than CNY are quarantined), ``note``, ``channel``, ``agent``,
        ``strategy_id``, ``list_id``. Chinese headers (客户号, 是否响应 …) are understood. A
        column ``line`` gives line numbers; otherwise the first row is line 2.
    targets : pandas.DataFrame
        Table TARGETS, with ``list_id`` where the lists have one (else the strategy_id
        stands for it).
    known_keys : collection of str, default=()
        ``outcome_id`` and ``contact_id`` of what was loaded before.
    today : datetime.date or str, optional
        Later contacts are quarantined; it also dates rows that carry no date.
    strategies : pandas.DataFrame, optional
        Table STRATEGIES, for the channel of contacts.
    known_customers : collection of str, optional
        Every customer of the bank, to tell an unknown customer from one that is on no list.
    listed_on : mapping, datetime.date or str, optional
        The day the lists were cut, or one by list_id; earlier contacts are quarantined.
    dispositions : mapping of str to Disposition, optional
        The project's codes; by default the packaged ones.
    file : str, default="outcomes"
        The file's name, for the quarantine and as the outcomes' source.
    lang : str, default="en"
        Language of the reasons.

    Returns
    -------
    OutcomeCheck

    Raises
    ------
    ImportProblem
        If the columns that a file must have are missing.

    Notes
    -----
    A row's key is the hash of list_id, strategy_id, customer_id, contacted_at (else
    recorded_at, else nothing), responded, amount and disposition: reading a file again
    changes nothing, on whatever day. Rows of the file that give one customer, list and
    moment different results are all quarantined, because none is known to be right. A
    control customer who was contacted is loaded and flagged: leaving such rows out would
    hide contamination. A contact without a disposition counts as reached when the row
    says whether the customer responded.

    Examples
    --------
    >>> targets = pd.DataFrame({"customer_id": ["07", "08"], "strategy_id": ["S1", "S1"],
    ...     "segment": ["All"] * 2, "score": [0.9, 0.8], "rank": [1, 2], "arm": ["treatment"] * 2})
    >>> raw = pd.DataFrame({"customer_id": ["07", "08", "99"], "responded": ["yes", "perhaps", "no"]})
    >>> check = check_outcomes(raw, targets, today="2026-10-20")
    >>> check.loaded[["customer_id", "responded"]].values.tolist()
    [['07', True]]
    >>> check.quarantined[["line", "cause"]].values.tolist()
    [[3, 'unknown_code'], [4, 'not_on_list']]
    """
    TARGETS.check(targets)
    text = _open(raw)
    rows = _match(text, targets, dispositions)
    rows["_moment"] = rows["contacted_at_read"].fillna(rows["recorded_at_read"])
    day = None if today is None else pd.Timestamp(today).normalize()
    causes = _find_causes(rows, text, day, known_customers, _listing_days(rows, listed_on))
    rows["_key"] = _keys(rows)
    _find_contradictions(rows, causes)
    bad = causes["cause"].notna().to_numpy()
    known = rows["_key"].isin(set(known_keys)) | (rows["_key"].where(~bad).duplicated() & ~bad)
    new = rows.loc[~bad & ~known.to_numpy()]
    contacts = _contacts(new, day, strategies)
    flagged = new.loc[new["_contact"] & new["arm"].eq("control").to_numpy()]
    reason = locale.text("execution_room.cause.control_contacted", lang)
    return OutcomeCheck(
        loaded=_outcomes(new, day, file),
        contacts=contacts,
        quarantined=_quarantine(causes, rows, raw, file, lang),
        repeated=int((known.to_numpy() & ~bad).sum()),
        flagged=flagged[["line", "customer_id", "strategy_id"]]
        .assign(cause="control_contacted", reason=reason)
        .reset_index(drop=True),
        n_loaded=len(new),
        n_read=len(raw),
    )


def _open(raw: pd.DataFrame) -> pd.DataFrame:
    text = read_text(raw)
    if "customer_id" not in text.columns or not {"responded", "disposition"} & set(text.columns):
        raise ImportProblem(
            "execution_room.error.outcome_columns", columns=", ".join(map(str, raw.columns)) or "-"
        )
    for name in _FIELDS:
        if name not in text.columns:
            text[name] = pd.Series(dtype="str", index=text.index)
    lines = pd.to_numeric(text["line"], errors="coerce") if "line" in text.columns else None
    counted = pd.Series(range(2, len(text) + 2), index=text.index, dtype="float64")
    text["line"] = (counted if lines is None else lines.fillna(counted)).astype("int64")
    return text


def _match(text: pd.DataFrame, targets: pd.DataFrame, codes: Codes | None) -> pd.DataFrame:
    """Find each row's list, and read its cells; ``_matches`` counts the lists that fit."""
    rows = text[["line"]].copy()
    rows["customer_id"] = _canonical(text["customer_id"], targets["customer_id"])
    lists = targets[["customer_id", "strategy_id", "arm"]].copy()
    lists["list_id"] = targets["list_id"] if "list_id" in targets.columns else targets["strategy_id"]
    asked = rows[["customer_id"]].assign(_row=rows.index)
    asked["_strategy"], asked["_list"] = text["strategy_id"], text["list_id"]
    fits = asked.merge(lists, on="customer_id", how="inner")
    fits = fits.loc[
        (fits["_strategy"].isna() | fits["_strategy"].eq(fits["strategy_id"]).fillna(False))
        & (fits["_list"].isna() | fits["_list"].eq(fits["list_id"]).fillna(False))
    ]
    rows["_matches"] = fits.groupby("_row").size().reindex(rows.index, fill_value=0)
    first = fits.drop_duplicates("_row").set_index("_row")[["list_id", "strategy_id", "arm"]]
    rows = rows.join(first)
    rows["responded_read"] = read_flags(text["responded"])
    rows["contacted_read"] = read_flags(text["contacted"])
    rows["disposition_read"] = read_dispositions_of(text["disposition"], codes)
    rows["amount_read"] = read_amounts(text["amount"])
    rows["contacted_at_read"] = read_moments(text["contacted_at"])
    rows["recorded_at_read"] = read_moments(text["recorded_at"])
    for name in ("note", "channel", "agent"):
        rows[name] = text[name]
    rows["_contact"] = _was_contacted(rows)
    return rows


def _canonical(written: pd.Series, listed: pd.Series) -> pd.Series:
    """Return the ids as the lists write them: a file may have lost the leading zeros."""
    known = set(listed)
    widths = listed.str.len()
    width = int(widths.iloc[0]) if len(widths) and widths.nunique() == 1 else 0
    padded = written.str.zfill(width)
    mended = written.str.fullmatch(r"\d+", na=False) & ~written.isin(known) & padded.isin(known)
    return written.where(~mended, padded)


def _was_contacted(rows: pd.DataFrame) -> pd.Series:
    says = rows["contacted_read"]
    otherwise = rows["contacted_at_read"].notna() | rows["disposition_read"].notna()
    return says.fillna(otherwise.astype("boolean")).astype(bool)


def _listing_days(rows: pd.DataFrame, listed_on: ListedOn) -> pd.Series:
    if listed_on is None:
        return pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    if isinstance(listed_on, Mapping):
        days = {key: pd.Timestamp(day).normalize() for key, day in listed_on.items()}
        return pd.to_datetime(rows["list_id"].map(days))
    return pd.Series(pd.Timestamp(listed_on).normalize(), index=rows.index)


def _find_causes(
    rows: pd.DataFrame,
    text: pd.DataFrame,
    day: pd.Timestamp | None,
    known_customers: Collection[str] | None,
    listed: pd.Series,
) -> pd.DataFrame:
    """Return the first thing wrong with each row: ``cause``, ``column``, ``value``."""
    none = pd.Series(False, index=rows.index)
    stranger = none if known_customers is None else ~rows["customer_id"].isin(set(known_customers))
    given, when = text["customer_id"], rows["_moment"].dt.normalize()
    nothing = text["responded"].isna() & text["disposition"].isna()
    foreign = text["currency"].notna() & ~text["currency"].str.upper().isin(CURRENCIES)
    checks: list[tuple[str, str, pd.Series]] = [
        ("no_customer", "customer_id", given.isna()),
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
        causes.loc[hit, "cause"] = cause
        causes.loc[hit, "column"] = column
        causes.loc[hit, "value"] = text.loc[hit, column]
    return causes


def _keys(rows: pd.DataFrame) -> list[str]:
    moments = rows["_moment"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f").fillna("")
    parts = [
        rows[name].astype("object").where(rows[name].notna(), "")
        for name in ("list_id", "strategy_id", "customer_id")
    ]
    results = [
        rows[name].astype("object").where(rows[name].notna(), "")
        for name in ("responded_read", "amount_read", "disposition_read")
    ]
    return [outcome_key(*cells) for cells in zip(*parts, moments, *results, strict=True)]


def _find_contradictions(rows: pd.DataFrame, causes: pd.DataFrame) -> None:
    """Mark rows that give one customer, list and moment different results."""
    sound = rows.loc[causes["cause"].isna().to_numpy() & rows["responded_read"].notna().to_numpy()]
    result = sound["responded_read"].astype("str") + "|" + sound["amount_read"].astype("str")
    keys = [sound["list_id"], sound["strategy_id"], sound["customer_id"], sound["_moment"]]
    different = result.groupby(keys, dropna=False).transform("nunique").gt(1)
    hit = different.index[different.to_numpy(dtype=bool)]
    causes.loc[hit, "cause"] = "contradicts"
    causes.loc[hit, "column"] = "responded"
    causes.loc[hit, "value"] = rows.loc[hit, "responded_read"].astype("str")


def _outcomes(new: pd.DataFrame, day: pd.Timestamp | None, file: str) -> pd.DataFrame:
    told = new.loc[new["responded_read"].notna().to_numpy()]
    moment = told["recorded_at_read"].fillna(told["contacted_at_read"])
    frame = pd.DataFrame(
        {
            "outcome_id": told["_key"],
            "list_id": told["list_id"],
            "strategy_id": told["strategy_id"],
            "customer_id": told["customer_id"],
            "recorded_at": moment if day is None else moment.fillna(day),
            "responded": told["responded_read"].astype(bool),
            "amount": told["amount_read"],
            "note": told["note"].fillna(""),
            "source": file,
        }
    )
    return _typed(frame, OUTCOMES)


def _contacts(new: pd.DataFrame, day: pd.Timestamp | None, strategies: pd.DataFrame | None) -> pd.DataFrame:
    made = new.loc[new["_contact"].to_numpy()]
    channel = made["channel"]
    if strategies is not None:
        planned = strategies.set_index("strategy_id")["channel"]
        channel = channel.fillna(made["strategy_id"].map(planned))
    moment = made["_moment"] if day is None else made["_moment"].fillna(day)
    frame = pd.DataFrame(
        {
            "contact_id": made["_key"],
            "list_id": made["list_id"],
            "strategy_id": made["strategy_id"],
            "customer_id": made["customer_id"],
            "contacted_at": moment,
            "channel": channel,
            "disposition": made["disposition_read"].fillna("reached"),
            "agent": made["agent"].fillna(""),
        }
    )
    return _typed(frame, CONTACTS)


def _typed(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    return table.check(frame.reset_index(drop=True).astype(table.empty().dtypes.to_dict()))


def _quarantine(
    causes: pd.DataFrame, rows: pd.DataFrame, raw: pd.DataFrame, file: str, lang: str
) -> pd.DataFrame:
    bad = causes.loc[causes["cause"].notna().to_numpy()]
    cells = raw.iloc[bad.index].astype("object")
    cells = cells.where(cells.notna(), None)
    records = cells.to_dict("records")
    frame = pd.DataFrame(
        {
            "file": file,
            "line": rows.loc[bad.index, "line"],
            "cause": bad["cause"],
            "column": bad["column"],
            "value": bad["value"],
            "reason": [
                locale.text(
                    f"execution_room.cause.{cause}",
                    lang,
                    column=column,
                    value=locale.decimal(None) if pd.isna(value) else value,
                )
                for cause, column, value in zip(bad["cause"], bad["column"], bad["value"], strict=True)
            ],
            "row": [json.dumps(record, ensure_ascii=False, default=str) for record in records],
        }
    )
    return _typed(frame, QUARANTINE)
