"""Corrections of customers' data: proposed by others, decided by an analyst, carried into the portrait."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem, WorkbenchError
from workbench.project.correction_cells import mask_cell, moment_of, refused_row
from workbench.project.exchange_mappings import section_of
from workbench.tables import QUARANTINE, mask_identifier

if TYPE_CHECKING:
    from workbench.project.handle import Project

KIND = "corrections"
"""The artefact that keeps which corrections a portrait was built with."""
_BATCH = 2_000


@dataclass(frozen=True)
class CorrectionReport:
    """What a file of corrections brought. ``rows_read`` is ``loaded + repeated + len(quarantined)``, always.

    Parameters
    ----------
    file : str
        The file's name.
    rows_read : int
        Rows in the file.
    loaded : int
        New proposals.
    repeated : int
        Rows that were proposed before, or say what stands there already.
    quarantined : pandas.DataFrame
        `workbench.tables.QUARANTINE`: rows that are no proposal.
    """

    file: str
    rows_read: int
    loaded: int
    repeated: int
    quarantined: pd.DataFrame


class Corrections:
    """Proposed corrections, at ``project.execution.exchange.corrections``.

    An accepted one holds in the customers' table at once, and in the next portrait, which
    names it among what it was made from. It was made against the value that stood there:
    once the source itself says something else, the source is right again.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store.corrections

    def columns(self) -> dict[str, str]:
        """Return the columns that may be corrected, and what each holds (text, date, boolean …)."""
        import pyarrow.parquet as pq

        from workbench.customers.corrections import FIXED, cell_kind

        sources = self._project.imports.sources()
        if "customers" not in sources:
            raise NotFound("project.error.no_table", table="customers", tables=", ".join(sources) or "-")
        path = self._project.store.artefacts.path(sources["customers"], "customers.parquet")
        # What the columns hold is known without a row.
        frame = pq.read_schema(path).empty_table().to_pandas()
        return {
            str(name): cell_kind(str(name), dtype)
            for name, dtype in frame.dtypes.items()
            if name not in FIXED and not str(name).startswith("_")
        }

    # Proposing -------------------------------------------------------------------

    def propose(
        self,
        customer_id: str,
        column: str,
        new_value: str,
        *,
        source: str = "workbench",
        said_by: str | None = None,
        said_at: dt.datetime | None = None,
        note: str = "",
        key: str = "",
    ) -> bool:
        """Propose what a cell of a customer should say; return whether that is new.

        Parameters
        ----------
        customer_id : str
            The customer.
        column : str
            One of `columns`.
        new_value : str
            Dates with the year first, yes or no; empty is not known.
        source : str, default="workbench"
            Where it comes from: a system, a file.
        said_by : str, optional
            Who said so; by default who is using the workbench.
        said_at : datetime.datetime, optional
            When, UTC; by default now.
        note : str, default=""
            Why.
        key : str, default=""
            The sender's own number: sent again, it is one proposal. Without one, the same
            correction of the same value is.

        Raises
        ------
        NotFound
            If there is no such customer.
        ParameterProblem
            If the column can't be corrected, or the value is none of it.
        NotAllowed
            If the role may not propose.
        """
        self._store.require("contributor")
        row = {
            "customer_id": customer_id,
            "column": column,
            "new_value": new_value,
            "said_by": said_by,
            "said_at": said_at,
            "note": note,
            "correction_id": key,
        }
        made = self._proposal(self._people(), row, source)
        return made is not None and self._store.propose([made])[0] > 0

    def import_file(
        self,
        source: str | os.PathLike[str] | pd.DataFrame,
        *,
        mapping: Any = None,
        name: str | None = None,
        lang: str = "en",
    ) -> CorrectionReport:
        """Bring in proposals from a file; the same rows again change nothing.

        Parameters
        ----------
        source : path or pandas.DataFrame
            A CSV, Excel or JSON lines file with ``customer_id`` (or ``lead_id``), ``column``,
            ``new_value``, and optionally ``correction_id``, ``said_by``, ``said_at``, ``note``.
        mapping : Mapping, path or str, optional
            How another system writes it.
        name : str, optional
            What reports call the file.
        lang : str, default="en"
            Language of the quarantine's reasons.

        Raises
        ------
        ImportProblem
            If the file can't be read.
        NotAllowed
            If the role may not propose.
        """
        from workbench.project.outcome_import import OutcomeFile

        self._store.require("contributor")
        file = OutcomeFile(source, section_of(self._project, mapping, KIND, source), name, lang)
        people = self._people()
        leads = None
        good: list[dict[str, Any]] = []
        bad: list[dict[str, Any]] = []
        aside: list[pd.DataFrame] = []
        n = standing = 0
        for part in file.parts():
            aside.append(part.quarantined)
            n += len(part.quarantined) + len(part.frame)
            cells = part.frame.astype("object").where(part.frame.notna(), None)
            for at, found in enumerate(cells.to_dict("records")):
                row = {str(name): cell for name, cell in found.items()}
                if not row.get("customer_id") and row.get("lead_id"):
                    leads = self._leads() if leads is None else leads
                    row["customer_id"] = leads.get(str(row["lead_id"]).strip(), "")
                try:
                    made = self._proposal(people, row, file.name)
                except WorkbenchError as problem:
                    own = part.own.iloc[at].to_dict()
                    bad.append(refused_row(file.name, int(part.lines[at]), problem, own, lang))
                else:
                    good += [made] if made is not None else []
                    standing += made is None
        counts = [self._store.propose(good[at : at + _BATCH]) for at in range(0, len(good), _BATCH)]
        new = sum(each for each, _ in counts)
        rows = pd.DataFrame(bad, columns=list(QUARANTINE.names)).astype(QUARANTINE.empty().dtypes.to_dict())
        quarantined = pd.concat([rows, *(each for each in aside if len(each))], ignore_index=True)
        quarantined = quarantined.sort_values("line", kind="stable", ignore_index=True)
        repeated = standing + sum(each for _, each in counts)
        return CorrectionReport(file.name, n, new, repeated, QUARANTINE.check(quarantined))

    def _people(self) -> pd.DataFrame:
        frame = self._project.table("customers")
        return frame.drop_duplicates("customer_id").set_index("customer_id", drop=False)

    def _leads(self) -> dict[str, str]:
        from workbench.execution import lead_key

        targets = self._project.strategy.targets()
        return {
            lead_key(list_id, customer): customer
            for list_id, customer in targets[["list_id", "customer_id"]].itertuples(index=False, name=None)
        }

    def _proposal(self, people: pd.DataFrame, row: dict[str, Any], source: str) -> dict[str, Any] | None:
        """Return a proposal as it is kept, or None where the value stands there already."""
        from workbench.customers.corrections import FIXED, cell_kind, read_correction, written_cell
        from workbench.execution import outcome_key

        customer = str(row.get("customer_id") or "").strip()
        column = str(row.get("column") or "").strip()
        if customer not in people.index:
            raise NotFound("execution_exchange.cause.unknown_customer", customer=mask_identifier(customer))
        if column not in people.columns and column not in FIXED:
            known = ", ".join(name for name in map(str, people.columns) if name not in FIXED)
            raise ParameterProblem("execution_exchange.cause.unknown_column", column=column, known=known)
        kind = "text" if column in FIXED else cell_kind(column, people[column].dtype)
        value = read_correction(column, kind, str(row.get("new_value") or ""))
        standing = written_cell(people.at[customer, column])
        if value == (standing or ""):
            return None
        own = str(row.get("correction_id") or "").strip()
        content = (customer, column, standing or "", value)
        key = outcome_key("correction", source, own) if own else outcome_key("correction", *content)
        now = self._project.store.database.clock()
        return {
            "correction_key": key,
            "customer_id": customer,
            "column_name": column,
            "old_value": standing,
            "new_value": value,
            "source": source,
            "said_by": str(row.get("said_by") or self._project.store.database.who)[:120],
            "said_at": moment_of(row.get("said_at"), now),
            "note": str(row.get("note") or "").strip(),
        }

    # Deciding --------------------------------------------------------------------

    def frame(
        self, status: str | None = None, *, masked: bool = True, limit: int | None = None
    ) -> pd.DataFrame:
        """Return the proposals.

        Parameters
        ----------
        status : {"open", "accepted", "declined"}, optional
            Only these.
        masked : bool, default=True
            Whether personal data are masked; whole ones are for analysts.
        limit : int, optional
            At most so many.

        Returns
        -------
        pandas.DataFrame
            correction_id, customer_id, column_name, old_value, new_value, source, said_by,
            said_at, note, proposed_at, proposed_by, status, decided_at, decided_by, reason.
        """
        self._store.require("contributor" if masked else "analyst")
        frame = self._store.frame(status, limit=limit).drop(columns=["correction_key"])
        if masked:
            cells = frame[["column_name", "old_value", "new_value"]].itertuples(index=False, name=None)
            shown = [(mask_cell(name, old), mask_cell(name, new)) for name, old, new in cells]
            frame["old_value"] = [old for old, _ in shown]
            frame["new_value"] = [new for _, new in shown]
            frame["customer_id"] = [mask_identifier(one) for one in frame["customer_id"]]
        return frame

    def counts(self) -> dict[str, int]:
        """Return how many proposals are open, accepted and declined."""
        return self._store.counts()

    def accept(self, correction_id: int, reason: str = "", *, expected_version: int | None = None) -> None:
        """Let a proposal hold: in the customers' table at once, in the portrait when it is built next.

        Raises
        ------
        NotFound
            If there is no such proposal.
        Conflict
            If it was decided already.
        NotAllowed
            If the role may not decide.
        """
        self._store.decide(correction_id, "accepted", reason, expected_version=expected_version)

    def decline(self, correction_id: int, reason: str, *, expected_version: int | None = None) -> None:
        """Let a proposal not hold, with the reason.

        Raises
        ------
        NotFound
            If there is no such proposal.
        ParameterProblem
            If no reason is given.
        Conflict
            If it was decided already.
        NotAllowed
            If the role may not decide.
        """
        self._store.decide(correction_id, "declined", reason, expected_version=expected_version)

    # Into the portrait -----------------------------------------------------------

    def applied_to(self, customers: pd.DataFrame) -> pd.DataFrame:
        """Return imported customers with the corrections that hold."""
        from workbench.customers.corrections import correct_customers, effective_corrections

        accepted = self._accepted()
        if accepted.empty:
            return customers
        return correct_customers(customers, effective_corrections(customers, accepted))

    def _accepted(self) -> pd.DataFrame:
        if not self._store.last_accepted():
            return pd.DataFrame(columns=["correction_id"])
        return self._store.frame("accepted")

    def inputs(self) -> list[str]:
        """Return what a portrait built now would be made from, beside the imports."""
        artefact = self._project.store.artefacts.latest(KIND)
        accepted = self._store.last_accepted()
        if artefact is None:
            return [KIND] if accepted else []
        kept = [artefact.artefact_id]
        return kept if artefact.summary["accepted"] == accepted else [*kept, KIND]

    def settle(self) -> pd.DataFrame:
        """Return the corrections that hold for the newest import, stored as what a portrait is made from."""
        from workbench.customers.corrections import effective_corrections

        artefacts = self._project.store.artefacts
        accepted = self._accepted()
        if accepted.empty:
            return accepted
        source = self._project.imports.sources()["customers"]
        held = effective_corrections(artefacts.read(source, "customers"), accepted)
        names = ["correction_id", "source", "said_by", "said_at", "decided_by", "decided_at", "reason"]
        told = held.merge(accepted[names], on="correction_id", how="left")
        artefacts.save(
            KIND,
            {KIND: told},
            inputs=[source.artefact_id],
            parameters={"accepted": len(accepted)},
            summary={"accepted": len(accepted), "n": len(held)},
        )
        return held
