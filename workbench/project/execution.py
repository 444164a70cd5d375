"""Worklists, contacts and outcomes of one cycle."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.project.execution_handles import ExecutionHandles
from workbench.project.outcome_import import OutcomeReport
from workbench.tables import CONTACTS, OUTCOMES

if TYPE_CHECKING:
    from workbench.project.handle import Project

__all__ = ["OUTCOME_SUFFIXES", "Execution", "OutcomeReport"]
OUTCOME_SUFFIXES = (".csv", ".xlsx", ".jsonl")
"""What the inbox offers as a file of outcomes."""


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
        newest = self._project.store.exchanges.newest(self._list_ids())
        days = [] if newest is None else [newest.date()]
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
        mapping: Any = None,
        progress: Callable[[float, str], None] | None = None,
        today: dt.date | str | None = None,
        since: dt.date | str | None = None,
        name: str | None = None,
        lang: str = "en",
    ) -> OutcomeReport:
        """Bring in outcomes from a file; the same rows again change nothing.

        A million rows fit into little memory. Who works on the lists is not held up while
        the file is read; whatever ends it before the end leaves no trace. Outcomes of a cycle
        that is frozen or closed don't count: they are kept as late, and let in by
        `Project.admit_late` when it is open again.

        Parameters
        ----------
        source : path or pandas.DataFrame
            A CSV (UTF-8 or GB18030), Excel, JSON lines or Parquet file, or a frame; see
            `workbench.execution.check_outcomes` for its columns.
        mapping : path or Mapping, optional
            How another system writes it; see `project.execution.exchange`.
        progress : callable, optional
            Called with the share done and the phase's key; what it raises cancels the import.
        today : datetime.date or str, optional
            Later contacts are quarantined; see `day` for the default.
        since : datetime.date or str, optional
            Earlier contacts are quarantined; by default the first day of each list. An
            earlier day lets a past campaign be played through.
        name : str, optional
            What reports call the file; by default its own name.
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
        from workbench.project.exchange_mappings import section_of
        from workbench.project.outcome_import import OutcomeFile, import_outcomes

        section = section_of(self._project, mapping, "outcomes", source)
        file = OutcomeFile(source, section, name, lang)
        return import_outcomes(self._project, file, today=today, since=since, lang=lang, progress=progress)

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


def _typed(frame: pd.DataFrame, table: Any) -> pd.DataFrame:
    """Give a frame out of SQL its table's types, also when it has no rows."""
    kinds = {"text": "str", "number": "float64", "boolean": "bool", "timestamp": "datetime64[us]"}
    return frame[list(table.names)].astype({c.name: kinds[c.kind] for c in table.columns})
