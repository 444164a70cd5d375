"""Rows of many systems to one set of checked tables, none of them lost."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench import locale
from workbench.customers.cells import as_cells
from workbench.customers.mapping import TABLES, Section
from workbench.customers.moments import read_moments
from workbench.customers.raw import Note, RawRows
from workbench.customers.typed import Faults, type_rows
from workbench.errors import ImportProblem
from workbench.tables import QUARANTINE, Table

MESSAGE_PREFIXES = ("customers.note.",)

FILE_COLUMNS = ("file", "sha256", "table", "rows_read", "rows_loaded", "rows_quarantined")
CONFLICT_COLUMNS = ("file", "line", "customer_id", "column", "kept", "found")
NOTE_COLUMNS = ("file", "table", "kind", "note")


@dataclass(frozen=True)
class Integration:
    """What came out of the raw files.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        The checked tables by name: customers, holdings …
    files : pandas.DataFrame
        One row a file and table: file, sha256, table, rows_read, rows_loaded,
        rows_quarantined. Read is always loaded plus quarantined.
    quarantine : pandas.DataFrame
        QUARANTINE: the rows that were not loaded, with file, line, cause and reason.
    conflicts : pandas.DataFrame
        Where a later source says something else of a customer than the first, which
        won: file, line, customer_id, column, kept, found.
    notes : pandas.DataFrame
        What else a reader should know: file, table, kind, note.
    after_contact : tuple of str
        Columns known only after a contact, as ``table.column``: no model may use them.
    """

    tables: dict[str, pd.DataFrame]
    files: pd.DataFrame
    quarantine: pd.DataFrame
    conflicts: pd.DataFrame
    notes: pd.DataFrame
    after_contact: tuple[str, ...] = ()


def phase(section: Section) -> int:
    """Return when a section is due: customers first, then what adds to them, then the rest."""
    if section.table != "customers" or section.own:
        return 2
    return 1 if section.merge else 0


def integrate(sources: Iterable[RawRows], *, customer_ids: Collection[str] | None = None) -> Integration:
    r"""Bring the rows of many files together into checked tables.

    Every row is loaded or quarantined: rows that don't fit their header, cells that
    can't be read, ids that are missing or lost, rows that repeat an earlier one
    (``repeated_row``) or its key (``repeated_key``), rows of customers that no file of
    customers brought (``orphan``).

    Parameters
    ----------
    sources : iterable of RawRows
        The files, each with its section. A sequence is put in order; an iterator must
        bring the customers before what refers to them.
    customer_ids : collection of str, optional
        Customers known from earlier imports.

    Returns
    -------
    Integration

    Raises
    ------
    ImportProblem
        If a file lacks a column that its section reads.

    Examples
    --------
    >>> from workbench.customers import parse_mapping
    >>> from workbench.customers.content import raw_rows
    >>> section = parse_mapping('''
    ... [[file]]
    ... pattern = "people.csv"
    ... table = "customers"
    ... [file.columns]
    ... customer_id = { from = "no", pad = 4 }
    ... kind = { constant = "retail" }
    ... age = "age"
    ... ''').sections[0]
    >>> result = integrate([raw_rows(b"no,age\n7,41\n8,old\n", "people.csv", section)])
    >>> result.tables["customers"].to_dict("records")
    [{'customer_id': '0007', 'kind': 'retail', 'age': 41.0}]
    >>> result.quarantine[["line", "cause", "value"]].to_dict("records")
    [{'line': 3, 'cause': 'bad_number', 'value': 'old'}]
    """
    if isinstance(sources, Sequence):
        sources = sorted(sources, key=lambda raw: phase(raw.section) if raw.section else 2)
    work = _Work(customer_ids)
    for raw in sources:
        work.add(raw)
    return work.result()


@dataclass
class _Gathered:
    """What one table has so far."""

    frames: list[pd.DataFrame] = field(default_factory=list)
    hashes: set[tuple[str, str]] = field(default_factory=set)


class _Work:
    def __init__(self, customer_ids: Collection[str] | None) -> None:
        self.known = None if customer_ids is None else pd.Index(list(customer_ids), dtype="str")
        self.tables: dict[str, _Gathered] = {}
        self.customers: pd.DataFrame | None = None
        self.added: dict[str, list[pd.DataFrame]] = {}
        self.files: list[tuple[str, str, str, int, int, int]] = []
        self.quarantine: list[pd.DataFrame] = []
        self.conflicts: list[pd.DataFrame] = []
        self.notes: list[tuple[str, str, str, str]] = []
        self.after_contact: list[str] = []

    def add(self, raw: RawRows) -> None:
        section = raw.section
        frame, faults, notes = type_rows(raw)
        assert section is not None
        self.after_contact += [f"{section.table}.{r.name}" for r in section.columns if r.after_contact]
        table = None if section.own else TABLES[section.table]
        if section.merge:
            self._check_orphans(frame, ("customer_id",), faults)
            self._check_keys(frame, ("customer_id",), raw, faults, self.added.setdefault(section.pattern, []))
            self._add_columns(raw, frame, faults)
        else:
            self._load(raw, section, table, frame, faults)
        quarantined = faults.quarantine()
        self.quarantine.append(quarantined)
        loaded = len(frame) - int(faults.bad.sum())
        self.files.append((raw.file, raw.sha256, section.table, raw.rows_read, loaded, len(quarantined)))
        for note in (*raw.notes, *notes):
            self.notes.append((raw.file, section.table, note.kind, note_text(note)))

    def _load(
        self, raw: RawRows, section: Section, table: Table | None, frame: pd.DataFrame, faults: Faults
    ) -> None:
        gathered = self.tables.setdefault(section.table, _Gathered())
        if table is not None and section.table != "customers":
            ids = tuple(name for name in ("customer_id", "to_customer_id") if name in frame)
            self._check_orphans(frame, ids, faults)
        if table is not None and table.key:
            self._check_keys(frame, table.key, raw, faults, gathered.frames)
        elif section.repeats == "quarantine" and not any(rule.row_number for rule in section.columns):
            faults.add(raw.frame.duplicated().to_numpy(), "repeated_row")
            content = (raw.sha256, raw.file.partition("#")[2])
            if content in gathered.hashes:
                faults.add(np.ones(len(frame), dtype=bool), "repeated_row")
            gathered.hashes.add(content)
        gathered.frames.append(frame.loc[~faults.bad].reset_index(drop=True))

    def _check_orphans(self, frame: pd.DataFrame, columns: tuple[str, ...], faults: Faults) -> None:
        known = self._customer_index()
        if known is None:
            return
        for name in columns:
            section = faults.raw.section
            assert section is not None
            rule = next(rule for rule in section.columns if rule.name == name)
            source = rule.source[0] if rule.source else rule.by
            faults.add(~frame[name].isin(known).to_numpy(), "orphan", source)

    def _customer_index(self) -> pd.Index | None:
        customers = self._customers()
        if customers is None:
            return self.known
        own = pd.Index(customers["customer_id"])
        return own if self.known is None else own.union(self.known)

    def _customers(self) -> pd.DataFrame | None:
        """Join the customers' files once something refers to them."""
        gathered = self.tables.get("customers")
        if gathered is not None and gathered.frames:
            parts = ([self.customers] if self.customers is not None else []) + gathered.frames
            self.customers = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
            gathered.frames = []
        return self.customers

    def _check_keys(
        self,
        frame: pd.DataFrame,
        key: tuple[str, ...],
        raw: RawRows,
        faults: Faults,
        earlier: list[pd.DataFrame],
    ) -> None:
        section = raw.section
        assert section is not None
        if key == ("customer_id",) and not section.merge and self.customers is not None:
            earlier = [self.customers, *earlier]
        sound = frame.loc[~faults.bad]
        if section.latest_by:
            sound = sound.loc[_latest_first(raw, sound)]
        repeats = sound.duplicated(list(key))
        before = _seen_before(sound, list(key), earlier)
        doubled = repeats | before
        if not doubled.any():
            if section.merge:
                earlier.append(sound[list(key)])
            return
        shared = sound.loc[sound.duplicated(list(key), keep=False)]
        same_row = pd.Series(False, index=sound.index)
        same_row[shared.index] = shared.duplicated()
        row = pd.Series(False, index=frame.index)
        row[doubled.index[doubled & same_row]] = True
        faults.add(row.to_numpy(), "repeated_row")
        other = pd.Series(False, index=frame.index)
        other[doubled.index[doubled & ~same_row]] = True
        rule = next(rule for rule in section.columns if rule.name == key[-1])
        faults.add(other.to_numpy(), "repeated_key", rule.source[0] if rule.source else rule.by)
        if section.merge:
            earlier.append(frame.loc[~faults.bad, list(key)])

    def _add_columns(self, raw: RawRows, frame: pd.DataFrame, faults: Faults) -> None:
        customers = self._customers()
        if customers is None:
            raise ImportProblem("customers.error.nothing_to_add_to", file=raw.file)
        sound = frame.loc[~faults.bad]
        lines = pd.Series(raw.lines, index=frame.index)[sound.index].to_numpy()
        place = pd.Index(customers["customer_id"]).get_indexer(pd.Index(sound["customer_id"]))
        indexed = sound.set_index("customer_id")
        result = customers.copy(deep=False)
        for name in indexed.columns:
            new = indexed[name].reindex(customers["customer_id"]).set_axis(customers.index)
            if name not in customers:
                result[name] = new
                continue
            old = customers[name]
            differs = (old.notna() & new.notna()).to_numpy() & (old != new).fillna(False).to_numpy(dtype=bool)
            if differs.any():
                at = np.flatnonzero(differs[place])
                self.conflicts.append(
                    pd.DataFrame(
                        {
                            "file": raw.file,
                            "line": lines[at],
                            "customer_id": sound["customer_id"].to_numpy()[at],
                            "column": name,
                            "kept": old.to_numpy()[place[at]].astype(str),
                            "found": sound[name].to_numpy()[at].astype(str),
                        }
                    )
                )
            result[name] = old.where(old.notna(), new)
        self.customers = result

    def result(self) -> Integration:
        customers = self._customers()
        tables: dict[str, pd.DataFrame] = {}
        for name, gathered in self.tables.items():
            if name == "customers":
                frame = customers if customers is not None else TABLES[name].empty()
            else:
                frame = pd.concat(gathered.frames, ignore_index=True)
            tables[name] = TABLES[name].check(frame) if name in TABLES else frame
        quarantine = [frame for frame in self.quarantine if len(frame)]
        return Integration(
            tables=tables,
            files=_text_table(self.files, FILE_COLUMNS),
            quarantine=pd.concat(quarantine, ignore_index=True) if quarantine else QUARANTINE.empty(),
            conflicts=pd.concat(self.conflicts, ignore_index=True)
            if self.conflicts
            else _text_table([], CONFLICT_COLUMNS),
            notes=_text_table(self.notes, NOTE_COLUMNS),
            after_contact=tuple(dict.fromkeys(self.after_contact)),
        )


def _text_table(rows: list[tuple[Any, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    """Return a frame whose columns are typed even without rows."""
    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.astype({c: "int64" if c == "line" or c.startswith("rows_") else "str" for c in columns})


def _latest_first(raw: RawRows, sound: pd.DataFrame) -> pd.Index:
    """Order rows by the section's date, the latest first; rows without one stay behind."""
    section = raw.section
    assert section is not None
    moments, _ = read_moments(as_cells(raw.frame[section.latest_by], section.missing))
    dated = moments[sound.index].sort_values(ascending=False, kind="stable", na_position="last")
    return dated.index


def _seen_before(frame: pd.DataFrame, key: list[str], earlier: list[pd.DataFrame]) -> pd.Series:
    """Say for each row whether an earlier file brought its key."""
    seen = pd.Series(False, index=frame.index)
    for other in earlier:
        if len(key) == 1:
            seen |= frame[key[0]].isin(other[key[0]])
        elif len(other):
            seen |= pd.MultiIndex.from_frame(frame[key]).isin(pd.MultiIndex.from_frame(other[key]))
    return seen


def note_text(note: Note, lang: str = "en") -> str:
    """Return a note as a sentence.

    Examples
    --------
    >>> note_text(Note("ignored_columns", {"columns": "fax"}))
    'No rule reads these columns: fax.'
    """
    return locale.text(f"customers.note.{note.kind}", lang, **note.values)
