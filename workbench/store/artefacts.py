"""Immutable artefacts: Parquet tables and a manifest in a folder named by its hash.

A folder ``artefacts/<kind>/v0001-1a2b3c4d/`` is written beside its place and renamed, so
that it is there whole or not at all. What it holds is checked against the manifest when
it is opened: a damaged Parquet file often still reads, with wrong sums.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench import __version__
from workbench.errors import Conflict, Damaged, MachineProblem, NotFound
from workbench.store import schema
from workbench.store.area import Area, record_edges
from workbench.store.content import (
    canonical_json,
    content_hash,
    hash_file,
    hash_text,
    sync,
    versions_on_disk,
    write_files,
)
from workbench.store.late import refuse_late
from workbench.store.roles import reads, writes

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd


@dataclass(frozen=True)
class Artefact:
    """What is known of one artefact without opening its tables.

    Parameters
    ----------
    artefact_id : str
        ``<kind>/v0001-1a2b3c4d``; also its folder under ``artefacts/``.
    kind, version
        What it is, and its number among its kind.
    cycle_id : str or None
        The cycle it was made in; None for imports.
    sha256 : str
        Hash of the content.
    summary : dict
        Small figures for screens (n, note …), so that they open no file.
    created_at : datetime
        UTC, naive.
    created_by : str
        Who.
    """

    artefact_id: str
    kind: str
    version: int
    cycle_id: str | None
    sha256: str
    summary: dict[str, Any] = field(hash=False)
    created_at: dt.datetime
    created_by: str


class Artefacts(Area):
    """The artefacts of a project: files in a folder, their index in SQL."""

    @property
    def folder(self) -> Path:
        """Where the artefacts are."""
        return self.project_folder / "artefacts"

    @writes("analyst")
    def save(
        self,
        kind: str,
        tables: Mapping[str, pd.DataFrame],
        *,
        cycle_id: str | None = None,
        documents: Mapping[str, Any] | None = None,
        inputs: Sequence[str] = (),
        parameters: Mapping[str, Any] | None = None,
        seed: int | None = None,
        summary: Mapping[str, Any] | None = None,
        side_by_side: bool = False,
        after: int | None = None,
    ) -> Artefact:
        """Store tables as a new version; the same content, inputs and parameters store nothing.

        What equals an older version that another one has replaced is a new version again.

        Parameters
        ----------
        kind : str
            What it is: ``import``, ``portrait``, ``segmentation`` …
        tables : mapping of str to pandas.DataFrame
            Each becomes ``<name>.parquet``; an index is not kept.
        cycle_id : str, optional
            The cycle it belongs to.
        documents : mapping, optional
            Each becomes ``<name>.json``: models, reports.
        inputs : sequence of str
            What it was made from: artefact ids, ``raw:<sha256>``, other lineage nodes.
        parameters : mapping, optional
            What else decided its content.
        seed : int, optional
            The random seed.
        summary : mapping, optional
            Small figures kept in SQL; not part of what makes two versions equal.
        side_by_side : bool, default=False
            Several of this kind stand beside each other in a cycle (target lists): a new
            one replaces none.
        after : int, optional
            The highest version of this kind that the caller has read, 0 for none: a newer
            one, stored since, is not passed over.

        Returns
        -------
        Artefact
            The new version, or the one that is the same.

        Raises
        ------
        Conflict
            If there is a version newer than `after`.
        MachineProblem
            If the disk refuses.
        """
        home = self.folder / kind
        try:
            home.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(prefix=".new-", dir=home))
        except OSError as error:
            raise MachineProblem("store.error.disk", file=str(home), cause=error.strerror) from error
        try:
            files = write_files(scratch, tables, documents or {})
            sha256 = content_hash(files)
            manifest: dict[str, Any] = {
                "kind": kind,
                "cycle_id": cycle_id,
                "sha256": sha256,
                "files": files,
                "inputs": list(dict.fromkeys(inputs)),
                "parameters": json.loads(canonical_json(parameters or {})),
                "seed": seed,
            }
            identity = hash_text(canonical_json(manifest))
            return self._place(scratch, manifest, identity, dict(summary or {}), side_by_side, after)
        except OSError as error:
            raise MachineProblem("store.error.disk", file=str(home), cause=error.strerror) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _place(
        self,
        scratch: Path,
        manifest: dict[str, Any],
        identity: str,
        summary: dict[str, Any],
        side_by_side: bool,
        after: int | None,
    ) -> Artefact:
        table = schema.artefacts
        kind = manifest["kind"]
        with self.database.writing("artefact.save") as change:
            standing = sa.select(table).where(table.c.kind == kind).order_by(table.c.version.desc()).limit(1)
            if side_by_side:
                standing = standing.where(table.c.identity == identity)
            else:
                standing = standing.where(table.c.cycle_id.is_not_distinct_from(manifest["cycle_id"]))
            same = change.execute(standing).one_or_none()
            if same is not None and same.identity == identity:
                change.ids.update(artefact_id=same.artefact_id, already=True)
                return _artefact(same)
            highest = change.execute(
                sa.select(sa.func.max(table.c.version)).where(table.c.kind == kind)
            ).scalar()
            refuse_late(change, manifest["cycle_id"], "artefact", kind)
            if after is not None and (highest or 0) > after:
                raise Conflict("store.error.newer_version", difference={}, kind=kind, version=highest)
            # A folder without a row was left by a writer that died in between.
            version = 1 + max([highest or 0, *versions_on_disk(self.folder / kind)])
            name = f"v{version:04d}-{manifest['sha256'][:8]}"
            manifest |= {
                "version": version,
                "code_version": __version__,
                "created_at": change.at.isoformat() + "Z",
                "created_by": self.database.who,
                "summary": json.loads(canonical_json(summary)),
            }
            (scratch / "manifest.json").write_text(
                json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8"
            )
            sync(scratch)
            scratch.chmod(0o755)
            scratch.rename(self.folder / kind / name)
            row = {
                "artefact_id": f"{kind}/{name}",
                "kind": kind,
                "version": version,
                "cycle_id": manifest["cycle_id"],
                "sha256": manifest["sha256"],
                "identity": identity,
                "summary": canonical_json(summary),
                "created_at": change.at,
                "created_by": self.database.who,
            }
            change.execute(sa.insert(table).values(**row))
            record_edges(change, [(source, row["artefact_id"]) for source in manifest["inputs"]])
            change.ids["artefact_id"] = row["artefact_id"]
            row.pop("identity")
            return Artefact(**{**row, "summary": summary})

    @reads
    def find(self, artefact_id: str) -> Artefact:
        """Return one artefact by its id.

        Raises
        ------
        NotFound
            If there is none.
        """
        query = sa.select(schema.artefacts).where(schema.artefacts.c.artefact_id == artefact_id)
        found = self.database.remember(("artefact", artefact_id), partial(self._one, query))
        if found is None:
            raise NotFound("store.error.no_artefact", artefact=artefact_id)
        return found

    @reads
    def versions(self, kind: str | None = None, cycle_id: str | None = None) -> list[Artefact]:
        """Return the artefacts of a kind (or all), oldest first."""
        table = schema.artefacts
        query = sa.select(table).order_by(table.c.created_at, table.c.kind, table.c.version)
        if kind is not None:
            query = query.where(table.c.kind == kind)
        if cycle_id is not None:
            query = query.where(table.c.cycle_id == cycle_id)
        return list(self.database.remember(("versions", kind, cycle_id), partial(self._all, query)))

    def _all(self, query: sa.Select) -> list[Artefact]:
        with self.database.reading() as connection:
            return [_artefact(row) for row in connection.execute(query)]

    @reads
    def latest(self, kind: str, cycle_id: str | None = None) -> Artefact | None:
        """Return the newest artefact of a kind, or None."""
        table = schema.artefacts
        query = sa.select(table).where(table.c.kind == kind).order_by(table.c.version.desc()).limit(1)
        if cycle_id is not None:
            query = query.where(table.c.cycle_id == cycle_id)
        return self.database.remember(("latest", kind, cycle_id), partial(self._one, query))

    def _one(self, query: sa.Select) -> Artefact | None:
        with self.database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _artefact(row)

    @reads
    def manifest(self, artefact: Artefact) -> dict[str, Any]:
        """Return what an artefact was made from, by whom and when.

        Raises
        ------
        Damaged
            If the manifest is missing or is not the one that was stored.
        """
        path = self.folder / artefact.artefact_id / "manifest.json"
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            fits = manifest["sha256"] == artefact.sha256 == content_hash(manifest["files"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Damaged("store.error.no_manifest", file=str(path)) from error
        if not fits:
            raise Damaged("store.error.no_manifest", file=str(path))
        return manifest

    @reads
    def tables(self, artefact: Artefact) -> list[str]:
        """Return the names of an artefact's tables."""
        files = self.manifest(artefact)["files"]
        return sorted(name.removesuffix(".parquet") for name in files if name.endswith(".parquet"))

    @reads
    def path(self, artefact: Artefact, file: str) -> Path:
        """Return a file of an artefact after checking its hash.

        Raises
        ------
        NotFound
            If the artefact has no such file.
        Damaged
            If the file is gone or its bytes are not those that were stored.
        """
        stored = self.manifest(artefact)["files"].get(file)
        if stored is None:
            raise NotFound("store.error.no_file", artefact=artefact.artefact_id, file=file)
        path = self.folder / artefact.artefact_id / file
        if not path.is_file() or hash_file(path) != stored["sha256"]:
            raise Damaged("store.error.damaged_artefact", file=str(path))
        return path

    @reads
    def read(self, artefact: Artefact, table: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read a table of an artefact, only the wanted columns.

        Parameters
        ----------
        artefact : Artefact
            Which.
        table : str
            Name of the table.
        columns : sequence of str, optional
            The columns, in this order; all by default.

        Raises
        ------
        NotFound
            If the table or one of the columns does not exist.
        Damaged
            If the file's bytes are not those that were stored.
        """
        path = self.path(artefact, f"{table}.parquet")
        return _small_tables.read(path, None if columns is None else tuple(columns), partial(_table, table))

    @reads
    def document(self, artefact: Artefact, name: str) -> Any:
        """Read a JSON document of an artefact."""
        return json.loads(self.path(artefact, f"{name}.json").read_text(encoding="utf-8"))


class _SmallTables:
    """The small tables read last: a screen asks for the same ones with every press."""

    def __init__(self, *, most: int = 64, largest: int = 32 * 1024) -> None:
        self._most, self._largest = most, largest
        self._frames: OrderedDict[Any, pd.DataFrame] = OrderedDict()

    def read(
        self,
        path: Path,
        columns: tuple[str, ...] | None,
        read: Callable[[Path, tuple[str, ...] | None], pd.DataFrame],
    ) -> pd.DataFrame:
        """Return a table as it is in a file, free to change; `read` is asked where it is not kept."""
        status = path.stat()
        if status.st_size > self._largest:
            return read(path, columns)
        key = (str(path), status.st_mtime_ns, status.st_size, columns)
        # Another thread may take it out in between.
        kept = self._frames.pop(key, None)
        if kept is None:
            kept = read(path, columns)
        self._frames[key] = kept
        while len(self._frames) > self._most:
            self._frames.popitem(last=False)
        return kept.copy()


_small_tables = _SmallTables()


def _table(name: str, path: Path, columns: tuple[str, ...] | None) -> pd.DataFrame:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        if columns is not None:
            missing = [each for each in columns if each not in file.schema_arrow.names]
            if missing:
                raise NotFound(
                    "store.error.no_columns",
                    table=name,
                    columns=", ".join(missing),
                    present=", ".join(file.schema_arrow.names),
                )
        frame = file.read(columns=None if columns is None else list(columns)).to_pandas()
    return frame if columns is None else frame[list(columns)]


def _artefact(row: Any) -> Artefact:
    values = dict(row._mapping)
    values.pop("identity")
    values["summary"] = json.loads(values["summary"])
    return Artefact(**values)
