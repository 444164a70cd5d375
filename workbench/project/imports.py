"""Raw files in, checked tables and the portrait out."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import MachineProblem, NotFound
from workbench.project.portrait_building import build
from workbench.store import Artefact, may
from workbench.store.content import hash_file
from workbench.tables import PORTRAIT

if TYPE_CHECKING:
    from workbench.project.handle import Project

_DATED = (("holdings", "as_of"), ("transactions", "occurred_at"))
# An import's own tables; a bank's table can't begin with an underscore.
_FILES, _QUARANTINE, _CONFLICTS, _NOTES = "_files", "_quarantine", "_conflicts", "_notes"


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
        opens: bool = True,
    ) -> ImportReport:
        """Import; see `Project.import_files`."""
        from workbench.customers.files import find_mapping, import_folder, read_mapping
        from workbench.customers.mapping import Mapping

        store = self._project.store
        store.trail.require("analyst")
        place = Path(source) if source is not None else self._project.inbox
        if source is None and not any(place.rglob("*.*")):
            raise NotFound("project.error.no_files", folder=str(place))
        if mapping is None:
            mapping = find_mapping(place)
        elif not isinstance(mapping, Mapping):
            mapping = read_mapping(mapping)
        tell = progress or _silent
        result = import_folder(place, mapping, lambda share, phase: tell(0.85 * share, phase))
        tell(0.85, "project.phase.storing")
        files = result.files
        self._keep(place, files, mapping.text)
        known = {a.artefact_id for a in self.imports()}
        artefact = self._artefacts.save(
            "import",
            {
                **result.tables,
                _FILES: files,
                _QUARANTINE: result.quarantine,
                _CONFLICTS: result.conflicts,
                _NOTES: result.notes,
            },
            inputs=[f"raw:{sha256}" for sha256 in files["sha256"].unique()],
            parameters={"mapping": hashlib.sha256(mapping.text.encode()).hexdigest()},
            documents={"mapping": {"name": mapping.name, "text": mapping.text}},
            summary={
                "tables": sorted(result.tables),
                "n": len(result.tables.get("customers", ())),
                "last_day": _last_day(result.tables),
                "after_contact": list(result.after_contact),
                "quarantined": len(result.quarantine),
            },
        )
        if opens and not self._project.cycles():
            self._project.open_cycle(
                snapshot_date=snapshot_date or self.last_day() or store.database.clock().date()
            )
        tell(1.0, "project.phase.done")
        already = artefact.artefact_id in known
        return ImportReport(files, result.quarantine, already, artefact.artefact_id)

    def _keep(self, place: Path, files: pd.DataFrame, mapping: str) -> None:
        """Note the raw files, and copy what lies outside the project into its inbox, once."""
        inbox = self._project.inbox
        root = place if place.is_dir() else place.parent
        inside = root.resolve().is_relative_to(self._project.folder)
        try:
            for file, sha256 in files[["file", "sha256"]].drop_duplicates("sha256").itertuples(index=False):
                name = str(file).partition("#")[0]
                origin = root / name
                self._project.store.trail.add_raw_file(sha256, name, origin.stat().st_size)
                if not inside:
                    _copy_once(origin, inbox / name, sha256)
            beside = inbox / "mapping.toml"
            if not inside and not beside.exists():
                beside.parent.mkdir(parents=True, exist_ok=True)
                beside.write_text(mapping, encoding="utf-8")
        except OSError as error:
            raise MachineProblem("store.error.disk", file=str(inbox), cause=error.strerror) from error

    def imports(self) -> list[Artefact]:
        """Return the imports, oldest first."""
        return self._artefacts.versions("import")

    def last_day(self) -> dt.date | None:
        """Return the last day in the data, or None where they hold no dates."""
        days = [a.summary["last_day"] for a in self.imports() if a.summary.get("last_day")]
        return dt.date.fromisoformat(max(days)) if days else None

    def table(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read an imported table; see `Project.table`."""
        source = self._source_of(name)
        if name != "customers":
            return self._artefacts.read(source, name, columns)
        wanted = columns if columns is None else list(dict.fromkeys(["customer_id", *columns]))
        frame = self._artefacts.read(source, name, wanted)
        frame = self._project.execution.exchange.corrections.applied_to(frame)
        return frame if columns is None else frame[list(columns)]

    def quarantine(self) -> pd.DataFrame:
        """Return the last import's quarantine."""
        known = self.imports()
        if not known:
            raise NotFound("project.error.no_import")
        return self._artefacts.read(known[-1], _QUARANTINE)

    def report(self) -> ImportReport:
        """Return what the newest import brought.

        Raises
        ------
        NotFound
            If nothing was imported yet.
        """
        known = self.imports()
        if not known:
            raise NotFound("project.error.no_import")
        files = self._artefacts.read(known[-1], _FILES)
        return ImportReport(files, self.quarantine(), True, known[-1].artefact_id)

    def after_contact(self) -> tuple[str, ...]:
        """Return the columns known only after a contact, as ``table.column``."""
        names = [name for a in self.imports() for name in a.summary.get("after_contact", ())]
        return tuple(dict.fromkeys(names))

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
        imported = {a.artefact_id for a in self.sources().values()}
        corrected = self._project.execution.exchange.corrections.inputs()
        return sorted(imported | set(self._project.insight.links.inputs()) | set(corrected))

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
        if columns is not None:
            # A bank need not have every column that the portrait may hold.
            optional = {column.name for column in PORTRAIT.columns if not column.required}
            absent = optional - set(self.portrait_columns())
            columns = [name for name in columns if name not in absent]
        return self._artefacts.read(portrait, "customers", columns)

    def _may_rebuild(self, portrait: Artefact, cycle_id: str) -> bool:
        # Once something was approved from it, a portrait is only replaced when asked to.
        return (
            may(self._project.store.database.role, "analyst")
            and (self.is_stale(portrait) or self._project.insight.portraits.are_rules_new(portrait))
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
        return build(self._project)


def _silent(_share: float, _phase: str) -> None:
    """Nobody listens."""


def _last_day(tables: Mapping[str, pd.DataFrame]) -> str | None:
    days = [
        tables[name][column].max()
        for name, column in _DATED
        if name in tables and column in tables[name].columns
    ]
    known = [day for day in days if not pd.isna(day)]
    return max(known).date().isoformat() if known else None


def _copy_once(origin: Path, target: Path, sha256: str) -> None:
    if target.exists() and hash_file(target) == sha256:
        return
    if target.exists():
        target = target.with_stem(f"{target.stem} {sha256[:8]}")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(origin, target)
