"""The exchange with a bank's other systems: leads out, outcomes in, corrections proposed."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.project.exchange_files import FORMATS, file_bytes
from workbench.project.exchange_mappings import (
    example_mapping,
    mapping_names,
    read_exchange_mapping,
    section_of,
)
from workbench.project.exports import _free_place, _write, safe_name
from workbench.tables import mask_identifier, mask_name, mask_phone
from workbench.tables.exchange import LEADS

if TYPE_CHECKING:
    from workbench.customers import Mapping, Section
    from workbench.project.corrections import Corrections
    from workbench.project.handle import Project
    from workbench.project.outcome_import import OutcomeReport, Progress

PLAIN = (
    "lead_id",
    "batch_id",
    "list_id",
    "strategy_id",
    "strategy",
    "customer_id",
    "segment",
    "offer",
    "channel",
    "priority",
    "due_on",
    "status",
    "attempts",
)
"""What leads hold without a mapping: names and telephones only leave where one asks for them."""
_PEOPLE = ("name", "phone", "kind", "branch")
_PREVIEWED = 200


@dataclass(frozen=True)
class LeadFile:
    """Leads that were written to a file.

    Parameters
    ----------
    path : pathlib.Path
        The file, in the project's exports.
    batch_id : str
        Key of the customers in it: the same customers of the same list, the same key.
    n : int
        How many leads.
    """

    path: Path
    batch_id: str
    n: int


@dataclass(frozen=True)
class OutcomePreview:
    """The first rows of a file of outcomes, as they would be understood.

    Parameters
    ----------
    rows : pandas.DataFrame
        The first rows under the workbench's names, identifiers masked; with ``line``.
    n_checked, n_loaded : int
        Rows that were looked at, and those of them that could be loaded.
    quarantined : pandas.DataFrame
        A `workbench.tables.QUARANTINE` of the others.
    columns : tuple of str
        Columns that the file has.
    """

    rows: pd.DataFrame
    n_checked: int
    n_loaded: int
    quarantined: pd.DataFrame
    columns: tuple[str, ...]


class Exchange:
    """Leads, outcomes and corrections, at ``project.execution.exchange``.

    How another system names and writes things stands in a mapping file (TOML), as for raw
    files of customers, in the project's folder ``exchange``; see docs/exchange.md.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    @cached_property
    def corrections(self) -> Corrections:
        """Corrections of customers' data: proposed, accepted or declined."""
        from workbench.project.corrections import Corrections

        return Corrections(self._project)

    # Mappings --------------------------------------------------------------------

    def mappings(self) -> list[str]:
        """Return the mapping files in the project's folder ``exchange``."""
        return mapping_names(self._project)

    def mapping(self, name: str | os.PathLike[str]) -> Mapping:
        """Return a mapping by its name or its file.

        Raises
        ------
        NotFound
            If there is none of that name.
        ImportProblem
            If it says something unknown.
        """
        return read_exchange_mapping(self._project, name)

    @staticmethod
    def example() -> str:
        """Return a mapping to begin with, as TOML text: a CRM with Chinese headers and codes."""
        return example_mapping()

    # Leads out -------------------------------------------------------------------

    def leads(self, list_id: str, *, today: dt.date | str | None = None, masked: bool = True) -> pd.DataFrame:
        """Return the leads of a list: whom to contact now, never the control.

        Consent, do-not-contact and what came of earlier tries are read at this moment.

        Parameters
        ----------
        list_id : str
            A launched list.
        today : datetime.date or str, optional
            The day to look from; see `Execution.day`.
        masked : bool, default=True
            Whether customer numbers, names and telephones are masked; whole ones are for analysts.

        Returns
        -------
        pandas.DataFrame
            A `workbench.tables.exchange.LEADS`. ``lead_id`` is the same whenever it is exported.

        Raises
        ------
        NotFound
            If there is no such list.
        NotAllowed
            If the role may not see single customers, or not their whole numbers.
        """
        from workbench.execution import lead_key, outcome_key

        project = self._project
        project.store.exports.require("contributor" if masked else "analyst")
        project.store.lists.find(list_id)
        work = project.execution.worklist(today)
        work = work[work["list_id"].eq(list_id) & work["status"].ne("done")]
        cards = project.strategy.launched_cards().set_index("strategy_id")
        people = project.table("customers").drop_duplicates("customer_id").set_index("customer_id")
        ids = work["customer_id"]
        frame = work.assign(
            lead_id=[lead_key(list_id, customer) for customer in ids],
            offer=work["strategy_id"].map(cards["offer"]),
            # The first of this list is 1, whatever stands on others.
            priority=range(1, len(work) + 1),
            **{name: people[name].reindex(ids).to_numpy() for name in _PEOPLE if name in people},
        )
        batch = outcome_key("batch", list_id, *sorted(frame["lead_id"]))[:12]
        frame = frame.assign(batch_id=batch)
        if masked:
            for name, mask in (("customer_id", mask_identifier), ("name", mask_name), ("phone", mask_phone)):
                if name in frame:
                    frame[name] = [mask(cell) for cell in frame[name]]
        names = [name for name in LEADS.names if name in frame.columns]
        return frame[names].reset_index(drop=True)

    def export_leads(
        self,
        list_id: str,
        format: str = "",
        *,
        mapping: Any = None,
        masked: bool = False,
        reason: str = "",
        today: dt.date | str | None = None,
    ) -> LeadFile:
        """Write the leads of a list into the project's exports; logged before a byte is written.

        Parameters
        ----------
        list_id : str
            A launched list.
        format : {"csv", "xlsx", "jsonl"}, optional
            By default as the mapping says, else csv.
        mapping : Mapping, path or str, optional
            How the other system writes them; by default under the workbench's own names,
            without names of persons and telephones.
        masked : bool, default=False
            Whether customer numbers are masked. A system that is to know the customers needs
            whole ones, which are for analysts, with a reason.
        reason : str, default=""
            Why whole numbers leave.
        today : datetime.date or str, optional
            The day to look from; see `Execution.day`.

        Raises
        ------
        NotFound
            If there is no such list or mapping.
        ParameterProblem
            If the format is unknown, a reason is missing, or the mapping can't write a value.
        NotAllowed
            If the role may not see single customers, or not their whole numbers.
        """
        section = section_of(self._project, mapping, "leads")
        kind = format or _format_of(section)
        batch, n, content = self.lead_bytes(list_id, kind, section, masked=masked, today=today)
        stem = safe_name(f"leads {list_id} {batch}{' masked' if masked else ''}")
        moment = self._begin(list_id, kind, batch, n, content, masked, reason, f"{stem} … .{kind}")
        place = _free_place(self._project.exports, f"{stem} {moment:%Y%m%dT%H%M%S}", kind)
        _write(place, content)
        return LeadFile(place, batch, n)

    def send_leads(
        self, list_id: str, *, mapping: Any = None, reason: str = "", to: str = ""
    ) -> tuple[str, int, bytes]:
        """Return batch id, number and JSON lines of a list's leads for a system that asks; logged first.

        Parameters
        ----------
        list_id : str
            A launched list.
        mapping : Mapping, path or str, optional
            As of `export_leads`.
        reason, to : str
            Why whole numbers leave, and whereto.
        """
        section = section_of(self._project, mapping, "leads")
        batch, n, content = self.lead_bytes(list_id, "jsonl", section, masked=False)
        self._begin(list_id, "jsonl", batch, n, content, False, reason, to)
        return batch, n, content

    def lead_bytes(
        self,
        list_id: str,
        kind: str,
        section: Section | None,
        *,
        masked: bool,
        today: dt.date | str | None = None,
    ) -> tuple[str, int, bytes]:
        """Return batch id, number and content of a list's leads; nothing has left yet."""
        from workbench.customers.translation import write_translated

        if kind not in FORMATS:
            raise ParameterProblem("strategy_launch.error.format", format=kind, known=", ".join(FORMATS))
        leads = self.leads(list_id, today=today, masked=masked)
        batch = str(leads["batch_id"].iloc[0]) if len(leads) else "empty"
        if section is None:
            table = leads[[name for name in PLAIN if name in leads]]
        else:
            table = write_translated(leads, section)
        return batch, len(leads), file_bytes(table, kind, section)

    def _begin(
        self,
        list_id: str,
        kind: str,
        batch: str,
        n: int,
        content: bytes,
        masked: bool,
        reason: str,
        place: str,
    ) -> dt.datetime:
        return self._project.store.exports.begin_leads(
            list_id,
            masked=masked,
            reason=reason,
            format=kind,
            batch_id=batch,
            n=n,
            sha256=hashlib.sha256(content).hexdigest(),
            file=place,
        )

    # Outcomes in -----------------------------------------------------------------

    def import_outcomes(
        self,
        source: str | os.PathLike[str] | pd.DataFrame,
        *,
        mapping: Any = None,
        progress: Progress | None = None,
        lang: str = "en",
        **options: Any,
    ) -> OutcomeReport:
        """Bring in outcomes; the same as `Execution.import_outcomes`."""
        return self._project.execution.import_outcomes(
            source, mapping=mapping, progress=progress, lang=lang, **options
        )

    def preview_outcomes(
        self,
        source: str | os.PathLike[str] | pd.DataFrame,
        *,
        mapping: Any = None,
        lang: str = "en",
        n: int = 5,
    ) -> OutcomePreview:
        """Return how the first rows of a file would be understood; nothing is loaded.

        Parameters
        ----------
        source, mapping, lang
            As of `Execution.import_outcomes`.
        n : int, default=5
            Rows to show.
        """
        from workbench.execution.cells import read_text
        from workbench.project.outcome_import import OutcomeFile, outcome_parts

        self._project.store.results.require("contributor")
        section = section_of(self._project, mapping, "outcomes", source)
        file = OutcomeFile(source, section, lang=lang)
        parts = outcome_parts(self._project, file.name, lang=lang)
        rows = pd.DataFrame()
        columns: tuple[str, ...] = ()
        for part in itertools.islice(file.parts(), 1):
            some = part.frame.head(_PREVIEWED)
            parts.set_aside(part.quarantined.head(_PREVIEWED))
            if len(some):
                parts.add(some, part.lines[: len(some)], part.own.head(_PREVIEWED))
            rows = read_text(some.head(n)).assign(line=part.lines[: len(some.head(n))])
            columns = tuple(map(str, part.own.columns))
        check = parts.settle()
        for name in ("customer_id", "lead_id"):
            if name in rows:
                rows[name] = [mask_identifier(cell) for cell in rows[name]]
        return OutcomePreview(rows, check.n_read, check.n_loaded, check.quarantined, columns)

    # What was exchanged ----------------------------------------------------------

    def log(self, limit: int = 50) -> pd.DataFrame:
        """Return the newest exchanges, the newest first.

        Returns
        -------
        pandas.DataFrame
            at (UTC), who, action (``leads.export``, ``outcomes.import`` …), facts (dict).
        """
        self._project.store.exports.require("contributor")
        rows = self._project.store.exchanges.log(limit)
        return pd.DataFrame(rows, columns=["at", "who", "action", "facts"])


def _format_of(section: Section | None) -> str:
    said = None if section is None else section.format
    return {"excel": "xlsx", "jsonl": "jsonl"}.get(said or "", "csv")
