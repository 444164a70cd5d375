"""Worklists, contacts and outcomes of one cycle."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ImportProblem, NotFound, ParameterProblem
from workbench.project.execution_handles import ExecutionHandles
from workbench.project.late_rows import late_rows
from workbench.tables import CONTACTS, OUTCOMES

if TYPE_CHECKING:
    from workbench.project.handle import Project

OUTCOME_SUFFIXES = (".csv", ".xlsx")
"""What the inbox offers as a file of outcomes."""


@dataclass(frozen=True)
class OutcomeReport:
    """What an outcomes file brought.

    Parameters
    ----------
    file : str
        The file's name.
    rows_read, loaded, repeated : int
        Rows in the file; outcomes that are new; rows that were there already.
    contacts : int
        New contacts.
    quarantined : pandas.DataFrame
        `workbench.tables.QUARANTINE`: rows that could not be loaded.
    flagged : pandas.DataFrame
        Loaded rows that need a look: customers of the control who were contacted.
    late : int
        Contacts and outcomes that were kept aside, because the cycle was frozen before they
        came; their rows are among the quarantined, with the cause ``late``.
    """

    file: str
    rows_read: int
    loaded: int
    repeated: int
    contacts: int
    quarantined: pd.DataFrame
    flagged: pd.DataFrame
    late: int = 0


class Execution(ExecutionHandles):
    """Execution of one cycle.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._results = project.store.results

    def _list_ids(self) -> list[str]:
        return [row["list_id"] for row in self._project.store.lists.rows(self._project.cycle.cycle_id)]

    def contacts(self) -> pd.DataFrame:
        """Return the contacts of the cycle's lists: a `workbench.tables.CONTACTS`."""
        frame = self._results.contacts(self._list_ids())
        return _typed(frame, CONTACTS)

    def outcomes(self) -> pd.DataFrame:
        """Return the outcomes of the cycle's lists: a `workbench.tables.OUTCOMES`."""
        frame = self._results.outcomes(self._list_ids())
        return _typed(frame, OUTCOMES)

    def day(self, today: dt.date | str | None = None) -> dt.date:
        """Return the day to look from: today, or the newest contact's if that is later.

        What a past campaign or a simulated one brought may lie ahead of the clock; it
        was let in on purpose and counts.

        Parameters
        ----------
        today : datetime.date or str, optional
            Another day, taken as it is.
        """
        from workbench.project.cycles import as_day

        day = as_day(today)
        if day is not None:
            return day
        known = [self.contacts()["contacted_at"].max(), self.outcomes()["recorded_at"].max()]
        days = [moment.date() for moment in known if not pd.isna(moment)]
        return max([self._project.store.database.clock().date(), *days])

    def worklist(
        self, today: dt.date | str | None = None, agent: str | None = None, lang: str | None = None
    ) -> pd.DataFrame:
        """Return whom to contact, with the script beside it; the control is not on it.

        Parameters
        ----------
        today : datetime.date or str, optional
            The day to look from; see `day` for the default.
        agent : str, optional
            Only what this agent began, and what nobody has begun.
        lang : str, optional
            Language of the salutation and the product in the script; by default that of
            the script itself.
        """
        from workbench.execution import build_worklist
        from workbench.project.callbacks import with_callbacks

        project = self._project
        day = self.day(today)
        contacts = with_callbacks(project, self.contacts())
        customers = project.table("customers")
        frame = build_worklist(
            project.strategy.targets(),
            customers[~customers["customer_id"].isin(self.dispositions.asked_to_stop())],
            contacts,
            self.outcomes(),
            project.strategy.launched_cards(),
            today=day,
            lang=lang,
            dispositions=self.dispositions.codes(),
        )
        if agent is None:
            return frame
        others = contacts.loc[contacts["agent"].notna() & contacts["agent"].ne(agent), "customer_id"]
        return frame[~frame["customer_id"].isin(others)].reset_index(drop=True)

    def record(
        self,
        list_id: str,
        customer_id: str,
        *,
        disposition: str,
        responded: bool | None = None,
        amount: float | None = None,
        note: str = "",
        contacted_at: dt.datetime | None = None,
        agent: str | None = None,
    ) -> str:
        """Record a try to reach a customer, and what came of it.

        Parameters
        ----------
        list_id, customer_id : str
            Who, on which list.
        disposition : str
            One of the project's codes: reached, no_answer, refused, callback, wrong_number …
        responded : bool, optional
            Whether they did what the offer asked for; None records the contact alone.
        amount : float, optional
            Money that came of it, CNY.
        note : str, default=""
            What the caller writes.
        contacted_at : datetime.datetime, optional
            UTC; by default now.
        agent : str, optional
            By default who is using the workbench.

        Returns
        -------
        str
            The contact's id.

        Raises
        ------
        NotFound
            If the list does not exist, or the customer is not on it.
        ParameterProblem
            If the disposition is unknown, the customer is held back as control, or the cycle
            is frozen: then it is kept as late.
        Conflict
            If somebody else works on the customer now; see `project.execution.desk`.
        NotAllowed
            If the role may not record outcomes.
        """
        from workbench.execution import check_disposition

        store = self._project.store
        self._results.require("contributor")
        check_disposition(disposition, self.dispositions.codes())
        row = store.lists.find(list_id)
        targets = store.artefacts.read(
            store.artefacts.find(row["artefact_id"]), "targets", ["customer_id", "arm"]
        )
        arm = targets.loc[targets["customer_id"].eq(customer_id), "arm"]
        if arm.empty:
            raise NotFound("project.error.not_on_list", list=list_id)
        if arm.iloc[0] == "control":
            raise ParameterProblem("project.error.control", list=list_id)
        store.leases.refuse_other(customer_id, agent or store.database.who)
        now = store.database.clock()
        contact_id = uuid.uuid4().hex
        contact = {
            "contact_id": contact_id,
            "list_id": list_id,
            "strategy_id": row["strategy_id"],
            "customer_id": customer_id,
            "contacted_at": contacted_at or now,
            "channel": row["card"]["channel"],
            "disposition": disposition,
            "agent": agent or store.database.who,
        }
        outcome = {
            "outcome_id": f"{list_id}:{customer_id}:{contact_id}",
            "list_id": list_id,
            "strategy_id": row["strategy_id"],
            "customer_id": customer_id,
            "recorded_at": now,
            "responded": responded,
            "amount": amount,
            "note": note,
            "source": "worklist",
        }
        outcomes = [] if responded is None else [outcome]
        if self._is_late():
            store.late.keep([contact], outcomes, source="worklist")
            raise ParameterProblem("review_cycles.error.kept_late", cycle=row["cycle_id"], list=list_id)
        self._results.add([contact], outcomes)
        return contact_id

    def _is_late(self) -> bool:
        return self._project.cycle.state in ("frozen", "closed")

    def import_outcomes(
        self,
        source: str | os.PathLike[str] | pd.DataFrame,
        *,
        today: dt.date | str | None = None,
        since: dt.date | str | None = None,
        lang: str = "en",
    ) -> OutcomeReport:
        """Bring in outcomes from a file; the same rows again change nothing.

        Those of a cycle that is frozen or closed don't count: they are kept as late, and
        let in by `Project.admit_late` when it is open again.

        Parameters
        ----------
        source : path or pandas.DataFrame
            A CSV, Excel or Parquet file, or a frame; see `workbench.execution.check_outcomes`
            for its columns.
        today : datetime.date or str, optional
            Later contacts are quarantined; see `day` for the default.
        since : datetime.date or str, optional
            Earlier contacts are quarantined; by default the first day of each list. An
            earlier day lets a past campaign be played through.
        lang : str, default="en"
            Language of the quarantine's reasons.

        Returns
        -------
        OutcomeReport

        Raises
        ------
        ImportProblem
            If the file can't be read or lacks columns.
        NotAllowed
            If the role may not record outcomes.
        """
        from workbench.execution import check_outcomes
        from workbench.project.cycles import as_day

        project = self._project
        project.need_cycle()
        raw = _read_outcomes(source)
        lists = project.store.lists.rows(project.cycle.cycle_id)
        if not lists:
            raise NotFound("project.error.no_lists", cycle=project.cycle.cycle_id)
        list_ids = [row["list_id"] for row in lists]
        known = self._results.outcome_ids(list_ids) | set(self._results.contacts(list_ids)["contact_id"])
        day = self.day(today)
        begun = as_day(since)
        check = check_outcomes(
            raw.frame,
            project.strategy.targets(),
            known,
            today=day,
            strategies=project.strategy.launched_cards(),
            listed_on={row["list_id"]: begun or _first_day(row) for row in lists},
            dispositions=self.dispositions.codes(),
            file=raw.name,
            lang=lang,
        )
        project.store.trail.add_raw_file(raw.sha256, raw.name, raw.size)
        given = (_records(check.contacts), _records(check.loaded))
        about: dict[str, Any] = {"file": raw.name, "rows_read": check.n_read, "repeated": check.repeated}
        if self._is_late():
            n = project.store.late.keep(*given, source=f"raw:{raw.sha256}")
            aside = late_rows(raw.frame, check, raw.name, project.cycle.cycle_id, lang)
            return OutcomeReport(
                loaded=0, contacts=0, quarantined=aside, flagged=check.flagged.iloc[:0], late=n, **about
            )
        contacts, outcomes = self._results.add(*given, source=f"raw:{raw.sha256}")
        return OutcomeReport(
            loaded=outcomes,
            contacts=contacts,
            quarantined=check.quarantined,
            flagged=check.flagged,
            **about,
        )

    def inbox_files(self) -> pd.DataFrame:
        """Return the tables in the inbox that may hold outcomes: all that no import has read.

        Returns
        -------
        pandas.DataFrame
            ``file`` (path in the inbox, with slashes), ``bytes``, ``changed_at`` (UTC): those
            with the cycle's name first, then those with outcomes in theirs, then the newest.
        """
        project = self._project
        try:
            read = {str(name).partition("#")[0] for name in project.imports.report().files["file"]}
        except NotFound:
            read = set()
        rows = []
        for path in project.inbox.rglob("*"):
            name = path.relative_to(project.inbox).as_posix()
            if path.suffix.lower() in OUTCOME_SUFFIXES and path.is_file() and name not in read:
                known = path.stat()
                changed = dt.datetime.fromtimestamp(known.st_mtime, dt.UTC).replace(tzinfo=None)
                rows.append((name, known.st_size, changed))
        rows.sort(key=lambda row: (*self._unlikely(row[0]), -row[2].timestamp(), row[0]))
        return pd.DataFrame(rows, columns=["file", "bytes", "changed_at"])

    def _unlikely(self, name: str) -> tuple[bool, bool]:
        """Say what speaks against a file: not named after the cycle, nor after outcomes."""
        return self._project.cycle.cycle_id not in name, "outcome" not in name.lower()

    def progress(self, today: dt.date | str | None = None) -> pd.DataFrame:
        """Return how far each strategy's list is; see `workbench.execution.summarise_progress`."""
        from workbench.execution import summarise_progress

        return summarise_progress(
            self._project.strategy.targets(),
            self.contacts(),
            self.outcomes(),
            self._project.strategy.launched_cards(),
            today=self.day(today),
            dispositions=self.dispositions.codes(),
        )


@dataclass(frozen=True)
class _Raw:
    frame: pd.DataFrame
    name: str
    sha256: str
    size: int


def _read_outcomes(source: str | os.PathLike[str] | pd.DataFrame) -> _Raw:
    """Return a file's cells as text, with the line each row came from."""
    if isinstance(source, pd.DataFrame):
        text = source.to_csv(index=False).encode()
        return _Raw(source, "outcomes", hashlib.sha256(text).hexdigest(), len(text))
    from workbench.customers.files import read_rows
    from workbench.customers.mapping import Section

    path = Path(source)
    rows = read_rows(path, Section(path.name, "outcomes", own=True))
    if rows.rejected:
        first = rows.rejected[0]
        raise ImportProblem(
            "project.error.outcome_row", file=path.name, n=len(rows.rejected), line=first.line
        )
    frame = rows.frame if "line" in rows.frame else rows.frame.assign(line=[str(n) for n in rows.lines])
    return _Raw(frame, path.name, rows.sha256, path.stat().st_size)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


def _first_day(row: Mapping[str, Any]) -> dt.date:
    """Return the first day on which a list may have been worked."""
    launched: dt.date = row["launched_at"].date()
    starts_on = row["card"].get("starts_on")
    return min(launched, dt.date.fromisoformat(starts_on)) if starts_on else launched


def _typed(frame: pd.DataFrame, table: Any) -> pd.DataFrame:
    """Give a frame out of SQL its table's types, also when it has no rows."""
    kinds = {"text": "str", "number": "float64", "boolean": "bool", "timestamp": "datetime64[us]"}
    return frame[list(table.names)].astype({c.name: kinds[c.kind] for c in table.columns})
