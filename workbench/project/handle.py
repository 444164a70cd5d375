"""One handle on a project: its cycles, customers and stages."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import NotFound
from workbench.project.config import Settings
from workbench.project.cycles import NO_CYCLE, Cycle, as_day
from workbench.project.cycling import Cycling
from workbench.store import Store

if TYPE_CHECKING:
    import pandas as pd

    from workbench.project.execution import Execution
    from workbench.project.imports import ImportReport, Imports
    from workbench.project.insight import Insight
    from workbench.project.lineage import Lineage
    from workbench.project.review import Review
    from workbench.project.strategy import Strategy

Progress = Callable[[float, str], None]
"""Called with the share done (0 to 1) and the key of the phase's name."""


class Project(Cycling):
    """The handle on a project: one folder, one role, one cycle at a time.

    Parameters
    ----------
    folder : pathlib.Path
        The project's folder.
    settings : Settings
        What ``project.toml`` says.
    store : Store
        Its memory.
    cycle_id : str, optional
        The cycle to look at; the newest by default.

    Examples
    --------
    See `workbench.create_project`.
    """

    def __init__(self, folder: Path, settings: Settings, store: Store, cycle_id: str | None = None) -> None:
        self.folder = folder
        self.settings = settings
        self.store = store
        self._cycle_id = cycle_id
        self.cycle  # noqa: B018  an unknown cycle is refused here, the newest one pinned

    def __repr__(self) -> str:
        return f"Project({self.name!r}, cycle={self.cycle.cycle_id!r}, role={self.role!r})"

    # What it is ------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Name of the project."""
        return self.settings.name

    @property
    def small_cell(self) -> int:
        """Cells with fewer customers are hidden on screens."""
        return self.settings.small_cell

    @property
    def role(self) -> str:
        """``viewer``, ``contributor`` or ``analyst``: what this handle may write."""
        return self.store.database.role

    @property
    def inbox(self) -> Path:
        """The folder for raw files."""
        return self.folder / "inbox"

    @property
    def exports(self) -> Path:
        """The folder for what leaves the workbench."""
        return self.folder / "exports"

    # Cycles ----------------------------------------------------------------------

    @property
    def cycle(self) -> Cycle:
        """The cycle this handle looks at; before the first import one without a name."""
        if self._cycle_id is None:
            known = self.cycles()
            if not known:
                return NO_CYCLE
            # A handle stays with its cycle: accepting a recommendation opens the next one.
            self._cycle_id = known[-1].cycle_id
        return self._find_cycle(self._cycle_id)

    def cycles(self) -> list[Cycle]:
        """Return every cycle, oldest first."""
        return [Cycle.of_row(row) for row in self.store.cycles.rows()]

    def at(self, cycle_id: str) -> Project:
        """Return a handle on another cycle of the same project.

        Parameters
        ----------
        cycle_id : str
            Name of the cycle, for example ``2026 Q2``.

        Raises
        ------
        NotFound
            If there is no such cycle.
        """
        return Project(self.folder, self.settings, self.store, cycle_id)

    def need_cycle(self) -> Cycle:
        """Return the cycle, or say that files must be imported first.

        Raises
        ------
        NotFound
            If the project has no cycle yet.
        """
        cycle = self.cycle
        if not cycle.cycle_id:
            raise NotFound("project.error.no_cycle")
        return cycle

    def _find_cycle(self, cycle_id: str) -> Cycle:
        known = self.cycles()
        for cycle in known:
            if cycle.cycle_id == cycle_id:
                return cycle
        names = ", ".join(cycle.cycle_id for cycle in known) or "-"
        raise NotFound("errors.not_found.cycle", cycle=cycle_id, known=names)

    # Customers -------------------------------------------------------------------

    def import_files(
        self,
        source: str | os.PathLike[str] | None = None,
        mapping: Any = None,
        progress: Progress | None = None,
        *,
        snapshot_date: dt.date | str | None = None,
    ) -> ImportReport:
        """Bring raw files in through a mapping; every row is loaded or quarantined.

        The first import opens the first cycle. Importing the same content again changes
        nothing.

        Parameters
        ----------
        source : path, optional
            A folder or a file; by default the project's ``inbox``. What lies elsewhere is
            copied there, once.
        mapping : path or Mapping, optional
            By default ``mapping.toml`` in the source.
        progress : callable, optional
            Called with the share done and the phase's key.
        snapshot_date : datetime.date or str, optional
            Snapshot date of the first cycle; by default the last day in holdings and
            transactions, or today where the data hold no dates.

        Returns
        -------
        ImportReport

        Raises
        ------
        ImportProblem
            If a file or the mapping can't be read as asked.
        """
        return self.imports.import_files(source, mapping, progress, as_day(snapshot_date))

    def table(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return an imported table as it was loaded last; customers with the corrections that were accepted.

        Parameters
        ----------
        name : str
            ``customers``, ``holdings``, ``transactions``, ``events`` …
        columns : sequence of str, optional
            The wanted columns; all by default.

        Raises
        ------
        NotFound
            If no import brought such a table.
        """
        return self.imports.table(name, columns)

    def quarantine(self) -> pd.DataFrame:
        """Return the rows that the last import could not load, with the reasons."""
        return self.imports.quarantine()

    def customers(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the portrait: one row a customer on the cycle's snapshot date.

        It is built and stored when an analyst first asks for it, and read afterwards.

        Parameters
        ----------
        columns : sequence of str, optional
            The wanted columns; all by default. Reading few is fast. Columns of the
            portrait that this bank's data do not give are left out.

        Returns
        -------
        pandas.DataFrame
            A `workbench.tables.PORTRAIT`.

        Raises
        ------
        NotFound
            If nothing was imported yet, or a reader asks before the portrait is built.
        """
        return self.imports.customers(columns)

    def build_portrait(self) -> pd.DataFrame:
        """Build this cycle's portrait from the newest import, and return it.

        What was approved from an older portrait stays, and is shown as stale.
        """
        return self.imports.build_portrait()

    # Stages ----------------------------------------------------------------------

    @cached_property
    def insight(self) -> Insight:
        """Segmentations: approve, read, relabel."""
        from workbench.project.insight import Insight

        return Insight(self)

    @cached_property
    def strategy(self) -> Strategy:
        """Strategy cards, plans and target lists."""
        from workbench.project.strategy import Strategy

        return Strategy(self)

    @cached_property
    def execution(self) -> Execution:
        """Worklists, contacts and outcomes."""
        from workbench.project.execution import Execution

        return Execution(self)

    @cached_property
    def review(self) -> Review:
        """Evaluations and recommendations."""
        from workbench.project.review import Review

        return Review(self)

    @cached_property
    def imports(self) -> Imports:
        """What was imported: tables, portraits, and what they came from."""
        from workbench.project.imports import Imports

        return Imports(self)

    # About all stages ------------------------------------------------------------

    def status(self) -> pd.DataFrame:
        """Return how far the cycle is.

        Returns
        -------
        pandas.DataFrame
            One row a stage: stage, state (done, stale, current, not_started), detail_key,
            detail_values (dict).
        """
        from workbench.project.status import stage_status

        return stage_status(self)

    def footer(self, stage: str) -> dict[str, Any]:
        """Return what a stage's page rests on.

        Parameters
        ----------
        stage : {"insight", "strategy", "execution", "review"}
            The stage.

        Returns
        -------
        dict
            data_date, n, versions (name → number), computed_at, computed_by, sha256;
            values are None where nothing was made yet.
        """
        from workbench.project.status import stage_footer

        return stage_footer(self, stage)

    def comment(self, stage: str, text: str) -> int:
        """Add a comment to a stage of this cycle, and return its number.

        Parameters
        ----------
        stage : {"insight", "strategy", "execution", "review"}
            The stage.
        text : str
            At most 4,000 characters.
        """
        return self.store.comments.add(stage, text, self.cycle.cycle_id or None)

    def comments(self, stage: str | None = None) -> pd.DataFrame:
        """Return this cycle's comments, oldest first.

        Returns
        -------
        pandas.DataFrame
            comment_id, cycle_id, stage, text, author, at (UTC).
        """
        frame = self.store.comments.frame(stage, self.cycle.cycle_id or None)
        return frame.rename(columns={"written_at": "at"})

    def lineage(self) -> Lineage:
        """Return what came from what, from raw files to accepted recommendations."""
        from workbench.project.lineage import read_lineage

        return read_lineage(self.store)

    def audit_log(self, limit: int | None = None) -> pd.DataFrame:
        """Return who wrote what and when (UTC), oldest first.

        Parameters
        ----------
        limit : int, optional
            Only the newest so many.
        """
        return self.store.trail.audit_log(limit)

    def walk(self, bank_folder: str | os.PathLike[str] | None = None, **options: Any) -> Project:
        """Walk one cycle unattended with default decisions; see `workbench.project.walk.walk`."""
        from workbench.project.walk import walk

        return walk(self, bank_folder, **options)
