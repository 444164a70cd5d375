"""An outcomes file part by part: what each row says, and what rows say of each other."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench import locale
from workbench.execution.dispositions import Codes
from workbench.execution.listed import Listed
from workbench.execution.outcome_rows import (
    ListedOn,
    find_causes,
    known_index,
    listing_days,
    match_rows,
    open_rows,
    row_keys,
)
from workbench.tables import CONTACTS, OUTCOMES, QUARANTINE, Table

MESSAGE_PREFIXES = ("execution_room.cause.",)
Reread = Callable[[], Iterable[tuple[pd.DataFrame, np.ndarray]]]
_KEPT = (
    "line",
    "customer_id",
    "_customer",
    "list_id",
    "strategy_id",
    "arm",
    "responded_read",
    "disposition_read",
    "amount_read",
    "contacted_at_read",
    "recorded_at_read",
    "note",
    "channel",
    "agent",
    "_contact",
    "_moment",
    "_key",
)


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
    lines : numpy.ndarray
        Lines of the rows counted in `n_loaded`.
    """

    loaded: pd.DataFrame
    contacts: pd.DataFrame
    quarantined: pd.DataFrame
    repeated: int
    flagged: pd.DataFrame
    n_loaded: int
    n_read: int
    lines: np.ndarray


class OutcomeParts:
    """A file of outcomes that is checked part by part, and as a whole at its end.

    What a row says is checked as it comes; what rows say of each other once all are there.
    Of a good row little more is kept than is loaded.

    Parameters
    ----------
    targets, today, strategies, known_customers, listed_on, dispositions, file, lang
        As of `check_outcomes`.

    Examples
    --------
    >>> targets = pd.DataFrame({"customer_id": ["07"], "strategy_id": ["S1"], "segment": ["All"],
    ...     "score": [0.9], "rank": [1], "arm": ["treatment"]})
    >>> parts = OutcomeParts(targets, today="2026-10-20")
    >>> for answer in ("yes", "no", "perhaps"):
    ...     parts.add(pd.DataFrame({"customer_id": ["07"], "responded": [answer]}))
    >>> check = parts.settle()
    >>> check.n_loaded, check.quarantined[["line", "cause"]].values.tolist()
    (0, [[2, 'contradicts'], [3, 'contradicts'], [4, 'unknown_code']])
    """

    def __init__(
        self,
        targets: pd.DataFrame,
        *,
        today: dt.date | str | None = None,
        strategies: pd.DataFrame | None = None,
        known_customers: Collection[str] | None = None,
        listed_on: ListedOn = None,
        dispositions: Codes | None = None,
        file: str = "outcomes",
        lang: str = "en",
    ) -> None:
        self._listed = Listed(targets)
        self._day = None if today is None else pd.Timestamp(today).normalize()
        self._strategies, self._listed_on, self._codes = strategies, listed_on, dispositions
        self._known_customers = known_index(known_customers)
        self._file, self._lang = file, lang
        self._kept: list[pd.DataFrame] = []
        self._bad: list[pd.DataFrame] = []
        self.n_read = 0
        self.lines = np.empty(0, dtype="int64")
        """Lines of the part that was added last."""

    def add(
        self, raw: pd.DataFrame, lines: np.ndarray | None = None, own: pd.DataFrame | None = None
    ) -> None:
        """Check the next rows.

        Parameters
        ----------
        raw : pandas.DataFrame
            As of `check_outcomes`.
        lines : numpy.ndarray, optional
            Line of each row in the file.
        own : pandas.DataFrame, optional
            The same rows as the file has them, for the quarantine; by default `raw`.
        """
        text = open_rows(raw, lines, self.n_read + 2)
        rows = match_rows(text, self._listed, self._codes)
        days = listing_days(rows, self._listed_on)
        causes = find_causes(rows, text, self._day, self._known_customers, days)
        rows["_key"] = pd.Series(row_keys(rows), index=rows.index, dtype="str")
        self.n_read += len(raw)
        self.lines = rows["line"].to_numpy()
        bad = causes["cause"].notna().to_numpy()
        if bad.any():
            self._bad.append(self._quarantined(causes[bad], rows.loc[bad, "line"], _of(own, raw), bad))
        self._kept.append(rows.loc[~bad, list(_KEPT)].reset_index(drop=True))

    def set_aside(self, quarantined: pd.DataFrame) -> None:
        """Count rows of the file that could not be read as cells: a `workbench.tables.QUARANTINE`."""
        self.n_read += len(quarantined)
        self._bad.append(quarantined)

    def settle(
        self,
        known_keys: Collection[str] = frozenset(),
        *,
        known_results: Iterable[pd.DataFrame] = (),
        reread: Reread | None = None,
    ) -> OutcomeCheck:
        """Return what the whole file holds, once all its rows were added.

        Parameters
        ----------
        known_keys : collection of str, default=()
            As of `check_outcomes`.
        known_results : iterable of pandas.DataFrame, default=()
            Outcomes that were loaded before: list_id, customer_id, recorded_at, responded,
            amount. A row that says otherwise of the same customer, list and moment is quarantined.
        reread : callable, optional
            Gives the file's rows again, and their lines: of those that others contradict, the
            quarantine keeps the whole row. Only asked where there are any.
        """
        rows = pd.concat(self._kept, ignore_index=True) if self._kept else self._nothing()
        self._kept.clear()
        causes = pd.Series(None, index=rows.index, dtype="str")
        known = rows["_key"].isin(known_keys if isinstance(known_keys, set) else set(known_keys))
        _find_reused(rows, known, known_keys, causes)
        _find_contradictions(rows, causes)
        self._find_contradicted(rows, known, known_results, causes)
        bad = causes.notna().to_numpy()
        if bad.any():
            self._bad += self._quarantined_late(rows[bad], causes[bad], reread)
        twice = rows["_key"].where(~bad).duplicated().to_numpy()
        there = known.to_numpy(dtype=bool) | twice
        new = rows.loc[~bad & ~there]
        n, repeated = len(new), int((there & ~bad).sum())
        del rows
        flagged = new.loc[new["_contact"] & new["arm"].eq("control").to_numpy()]
        reason = locale.text("execution_room.cause.control_contacted", self._lang)
        found = [each for each in self._bad if len(each)]
        quarantined = pd.concat(found, ignore_index=True) if found else QUARANTINE.empty()
        return OutcomeCheck(
            loaded=self._outcomes(new),
            contacts=self._contacts(new),
            quarantined=QUARANTINE.check(quarantined.sort_values("line", kind="stable", ignore_index=True)),
            repeated=repeated,
            flagged=flagged[["line", "customer_id"]]
            .assign(
                strategy_id=flagged["strategy_id"].astype("str"), cause="control_contacted", reason=reason
            )
            .reset_index(drop=True),
            n_loaded=n,
            n_read=self.n_read,
            lines=new["line"].to_numpy(),
        )

    def _nothing(self) -> pd.DataFrame:
        text = open_rows(pd.DataFrame(columns=["customer_id", "responded"], dtype="str"), None, 2)
        return match_rows(text, self._listed, self._codes).assign(_key=pd.Series(dtype="str"))[list(_KEPT)]

    def _find_contradicted(
        self, rows: pd.DataFrame, known: pd.Series, results: Iterable[pd.DataFrame], causes: pd.Series
    ) -> None:
        """Mark rows that say otherwise than an outcome that was loaded before."""
        told = rows["responded_read"].notna() & causes.isna() & ~known
        ours = rows.loc[told.to_numpy(), ["list_id", "_customer", "responded_read", "amount_read"]]
        recorded = rows.loc[told.to_numpy(), "recorded_at_read"].fillna(rows["contacted_at_read"])
        ours = ours.assign(at=recorded if self._day is None else recorded.fillna(self._day))
        ours = ours.assign(list_id=ours["list_id"].astype("object"), row=ours.index)
        for theirs in results:
            if ours.empty:
                return
            number = self._listed.customers.get_indexer(pd.Index(theirs["customer_id"].astype("str")))
            there = theirs.assign(_customer=number, at=theirs["recorded_at"].astype("datetime64[us]"))
            both = ours.merge(
                there[["list_id", "_customer", "at", "responded", "amount"]],
                on=["list_id", "_customer", "at"],
            )
            same = both["responded_read"].eq(both["responded"].astype("boolean"))
            amounts = both["amount_read"].fillna(-1.0).eq(both["amount"].astype("float64").fillna(-1.0))
            causes[both.loc[~(same.fillna(False) & amounts).astype(bool), "row"]] = "contradicts_loaded"

    # Tables ----------------------------------------------------------------------

    def _outcomes(self, new: pd.DataFrame) -> pd.DataFrame:
        told = new.loc[new["responded_read"].notna().to_numpy()]
        moment = told["recorded_at_read"].fillna(told["contacted_at_read"])
        frame = pd.DataFrame(
            {
                "outcome_id": told["_key"],
                "list_id": told["list_id"],
                "strategy_id": told["strategy_id"],
                "customer_id": told["customer_id"],
                "recorded_at": moment if self._day is None else moment.fillna(self._day),
                "responded": told["responded_read"].astype(bool),
                "amount": told["amount_read"],
                "note": told["note"].fillna(""),
                "source": self._file,
            }
        )
        return _typed(frame, OUTCOMES)

    def _contacts(self, new: pd.DataFrame) -> pd.DataFrame:
        made = new.loc[new["_contact"].to_numpy()]
        channel = made["channel"]
        if self._strategies is not None:
            planned = self._strategies.set_index("strategy_id")["channel"]
            channel = channel.fillna(made["strategy_id"].astype("object").map(planned))
        moment = made["_moment"] if self._day is None else made["_moment"].fillna(self._day)
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

    def _quarantined(
        self, causes: pd.DataFrame, lines: pd.Series, own: pd.DataFrame, bad: np.ndarray
    ) -> pd.DataFrame:
        cells = own.loc[bad].astype("object")
        records = cells.where(cells.notna(), None).to_dict("records")
        frame = pd.DataFrame(
            {
                "file": self._file,
                "line": lines.to_numpy(),
                "cause": causes["cause"].to_numpy(),
                "column": causes["column"].to_numpy(),
                "value": causes["value"].to_numpy(),
                "reason": [
                    locale.text(
                        f"execution_room.cause.{cause}",
                        self._lang,
                        column=column,
                        value=locale.decimal(None) if pd.isna(value) else value,
                    )
                    for cause, column, value in zip(
                        causes["cause"], causes["column"], causes["value"], strict=True
                    )
                ],
                "row": [json.dumps(record, ensure_ascii=False, default=str) for record in records],
            }
        )
        return _typed(frame, QUARANTINE)

    def _quarantined_late(
        self, rows: pd.DataFrame, causes: pd.Series, reread: Reread | None
    ) -> list[pd.DataFrame]:
        """Return the rows that others in the file or in the project say the opposite of."""
        about = pd.DataFrame({"cause": causes, "column": "responded", "value": rows["responded_read"]})
        reused = causes.eq("key_reused").to_numpy()
        about["column"] = np.where(reused, "result_id", "responded")
        about["value"] = about["value"].astype("str").mask(reused, "")
        if reread is None:
            shown = pd.DataFrame({"customer_id": rows["customer_id"], "line": rows["line"]})
            return [self._quarantined(about, rows["line"], shown, np.ones(len(rows), dtype=bool))]
        found = []
        for own, lines in reread():
            here = np.isin(lines, rows["line"].to_numpy())
            if here.any():
                mine = about.set_index(rows["line"]).loc[lines[here]]
                found.append(self._quarantined(mine, pd.Series(lines[here]), own, here))
        return found


def _of(own: pd.DataFrame | None, raw: pd.DataFrame) -> pd.DataFrame:
    return raw if own is None else own


def _find_reused(
    rows: pd.DataFrame, known: pd.Series, known_keys: Collection[str], causes: pd.Series
) -> None:
    """Mark rows whose own number stands for another content, in the file or before it."""
    numbered = rows["_key"].str.contains(".", regex=False)
    if not numbered.any():
        return
    number = rows.loc[numbered, "_key"].str.partition(".")[0]
    seen = {key.partition(".")[0] for key in known_keys if "." in key}
    different = rows.loc[numbered, "_key"].groupby(number).transform("nunique").gt(1)
    reused = different | (number.isin(seen) & ~known[numbered])
    causes[reused.index[reused.to_numpy(dtype=bool)]] = "key_reused"


def _find_contradictions(rows: pd.DataFrame, causes: pd.Series) -> None:
    """Mark rows that give one customer, list and moment different results."""
    sound = rows.loc[causes.isna().to_numpy() & rows["responded_read"].notna().to_numpy()]
    keys = [sound["list_id"].cat.codes, sound["_customer"], sound["_moment"]]
    results = pd.DataFrame(
        {"said": sound["responded_read"].astype("int8"), "amount": sound["amount_read"].fillna(-1.0)}
    )
    groups = results.groupby(keys, dropna=False, sort=False)
    different = groups.transform("min").ne(groups.transform("max")).any(axis=1)
    causes[different.index[different.to_numpy(dtype=bool)]] = "contradicts"


def _typed(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    return table.check(frame.reset_index(drop=True).astype(table.empty().dtypes.to_dict()))
