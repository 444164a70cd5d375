"""Raw files in, checked tables and the portrait out."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound
from workbench.store import Artefact, may

if TYPE_CHECKING:
    from workbench.project.handle import Project

_DATED = (("holdings", "as_of"), ("transactions", "occurred_at"))


@dataclass(frozen=True)
class ImportReport:
    """What an import brought.

    Parameters
    ----------
    files : pandas.DataFrame
        One row a file: file, sha256, table, rows_read, rows_loaded, rows_quarantined.
    quarantine : pandas.DataFrame
        The rows that were not loaded, with reasons.
    already : bool
        The same content was imported before; nothing was changed.
    import_id : str
        The artefact that holds the tables.
    """

    files: pd.DataFrame
    quarantine: pd.DataFrame
    already: bool
    import_id: str


class Imports:
    """The way from the inbox to the portrait, for one project.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._artefacts = project.store.artefacts

    def import_files(
        self,
        source: str | os.PathLike[str] | None,
        mapping: Any,
        progress: Callable[[float, str], None] | None,
        snapshot_date: dt.date | None,
    ) -> ImportReport:
        """Import; see `Project.import_files`."""
        raise NotImplementedError

    def imports(self) -> list[Artefact]:
        """Return the imports, oldest first."""
        return self._artefacts.versions("import")

    def last_day(self) -> dt.date | None:
        """Return the last day in the data, or None where they hold no dates."""
        days = [a.summary["last_day"] for a in self.imports() if a.summary.get("last_day")]
        return dt.date.fromisoformat(max(days)) if days else None

    def table(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read an imported table; see `Project.table`."""
        return self._artefacts.read(self._source_of(name), name, columns)

    def quarantine(self) -> pd.DataFrame:
        """Return the last import's quarantine."""
        known = self.imports()
        if not known:
            raise NotFound("project.error.no_import")
        return self._artefacts.read(known[-1], "quarantine")

    def sources(self) -> dict[str, Artefact]:
        """Return for each table the newest import that brought it."""
        return {name: a for a in self.imports() for name in a.summary.get("tables", ())}

    def _source_of(self, name: str) -> Artefact:
        known = self.sources()
        if name not in known:
            raise NotFound("project.error.no_table", table=name, tables=", ".join(sorted(known)) or "-")
        return known[name]

    # Portrait --------------------------------------------------------------------

    def portrait(self) -> Artefact | None:
        """Return the cycle's newest portrait, or None."""
        return self._artefacts.latest("portrait", self._project.need_cycle().cycle_id)

    def portrait_columns(self) -> list[str]:
        """Return the portrait's columns without reading it; none before it is built."""
        import pyarrow.parquet as pq

        portrait = self.portrait()
        if portrait is None:
            return []
        return list(pq.read_schema(self._artefacts.path(portrait, "customers.parquet")).names)

    def wanted_inputs(self) -> list[str]:
        """Return the imports that a portrait built now would be made from."""
        return sorted({a.artefact_id for a in self.sources().values()})

    def is_stale(self, portrait: Artefact) -> bool:
        """Say whether a newer import has come since a portrait was built."""
        return portrait.summary.get("imports") != self.wanted_inputs()

    def customers(self, columns: Sequence[str] | None) -> pd.DataFrame:
        """Read the portrait, building it first where an analyst may."""
        cycle = self._project.need_cycle()
        portrait = self.portrait()
        if portrait is None or self._may_rebuild(portrait, cycle.cycle_id):
            self.build_portrait()
            portrait = self.portrait()
            assert portrait is not None
        return self._artefacts.read(portrait, "customers", columns)

    def _may_rebuild(self, portrait: Artefact, cycle_id: str) -> bool:
        # Once something was approved from it, a portrait is only replaced when asked to.
        return (
            may(self._project.store.database.role, "analyst")
            and self.is_stale(portrait)
            and self._artefacts.latest("segmentation", cycle_id) is None
        )

    def build_portrait(self) -> pd.DataFrame:
        """Build, store and return the portrait; see `Project.build_portrait`."""
        cycle = self._project.need_cycle()
        database = self._project.store.database
        if not may(database.role, "analyst"):
            raise NotFound("project.error.no_portrait", cycle=cycle.cycle_id)
        assert cycle.snapshot_date is not None
        sources = self.sources()
        if "customers" not in sources:
            raise NotFound("project.error.no_table", table="customers", tables=", ".join(sources) or "-")
        paths = {name: self._artefacts.path(a, f"{name}.parquet") for name, a in sources.items()}
        frame = _portrait_frame(paths, cycle.snapshot_date)
        self._artefacts.save(
            "portrait",
            {"customers": frame},
            cycle_id=cycle.cycle_id,
            inputs=self.wanted_inputs(),
            parameters={"snapshot_date": cycle.snapshot_date},
            summary={"n": len(frame), "imports": self.wanted_inputs()},
        )
        return frame


def _portrait_frame(paths: dict[str, Path], snapshot_date: dt.date) -> pd.DataFrame:
    """Run the portrait's expression on an in-memory engine over the Parquet files."""
    import ibis

    from workbench.customers import build_portrait

    engine = ibis.duckdb.connect()
    try:
        tables = {name: engine.read_parquet(str(path), table_name=name) for name, path in paths.items()}
        return build_portrait(tables, snapshot_date).to_pandas()
    finally:
        engine.disconnect()
