"""The door to the disk: raw files and mapping files are opened here and nowhere else."""

from __future__ import annotations

import glob
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path

import pandas as pd

from workbench.customers.content import ENDINGS, content_format, is_text, raw_rows
from workbench.customers.csv_text import decode, guess_delimiter
from workbench.customers.inference import draft_mapping, infer_rules, toml_text
from workbench.customers.integration import Integration, integrate, note_text, phase
from workbench.customers.mapping import Mapping, Section
from workbench.customers.mapping_text import parse_mapping
from workbench.customers.parts import rows_in_parts
from workbench.customers.raw import Note, RawRows
from workbench.customers.spreadsheet import sheet_names
from workbench.customers.typed import type_rows
from workbench.errors import ImportProblem
from workbench.tables import Table

Progress = Callable[[float, str], None]

MAPPING_NAME = "mapping.toml"


def read_mapping(path: str | Path, tables: dict[str, Table] | None = None) -> Mapping:
    """Return the mapping in a TOML file.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    tables : dict of str to Table, optional
        As of `parse_mapping`.

    Returns
    -------
    Mapping

    Raises
    ------
    ImportProblem
        If the file is not there, is no TOML, or says something unknown.

    Examples
    --------
    >>> read_mapping("nowhere.toml")
    Traceback (most recent call last):
    ...
    workbench.errors.ImportProblem: There is no file "nowhere.toml". ...
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ImportProblem("customers.error.no_file", file=str(path)) from error
    except UnicodeDecodeError as error:
        raise ImportProblem("customers.error.mapping_toml", mapping=path.name, detail=str(error)) from error
    return parse_mapping(text, path.name, tables)


def read_rows(path: str | Path, section: Section, *, name: str | None = None) -> RawRows:
    """Return the rows of one file as text, with the line each came from.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    section : Section
        How to read it. Of several fitting sheets the first is read.
    name : str or None, default=None
        What reports call the file; its own name by default.

    Returns
    -------
    RawRows

    Raises
    ------
    ImportProblem
        If the file is not there, empty, damaged, or not what the section says.
    """
    path = Path(path)
    return raw_rows(_bytes(path), name or path.name, section)


def read_parts(
    path: str | Path, section: Section, *, name: str | None = None
) -> Iterator[tuple[float, RawRows]]:
    """Yield the rows of a file part by part, with the share that is read; as `read_rows`.

    For files larger than a machine should hold at once.

    Raises
    ------
    ImportProblem
        As of `read_rows`; what stands at the file's end is only seen there.
    """
    path = Path(path)
    try:
        stream = path.open("rb")
    except FileNotFoundError as error:
        raise ImportProblem("customers.error.no_file", file=str(path)) from error
    except (PermissionError, IsADirectoryError) as error:
        raise ImportProblem("customers.error.unreadable_file", file=str(path)) from error
    with stream:
        yield from rows_in_parts(stream, name or path.name, section)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ImportProblem("customers.error.no_file", file=str(path)) from error
    except (PermissionError, IsADirectoryError) as error:
        raise ImportProblem("customers.error.unreadable_file", file=str(path)) from error


def import_folder(
    source: str | Path,
    mapping: Mapping | str | Path | None = None,
    progress: Progress | None = None,
    *,
    customer_ids: Collection[str] | None = None,
) -> Integration:
    """Read every file that a mapping names, and integrate them.

    Parameters
    ----------
    source : str or pathlib.Path
        A folder of raw files, or one file.
    mapping : Mapping, str, pathlib.Path or None, default=None
        The mapping or its file; None looks for one, see `find_mapping`.
    progress : callable, optional
        Called with the share done, from 0 to 1, and the key of what is being done.
    customer_ids : collection of str, optional
        Customers known from earlier imports.

    Returns
    -------
    Integration

    Raises
    ------
    ImportProblem
        If a file or the mapping can't be read as asked, or a file that the mapping names
        is not there.
    """
    source = Path(source)
    if mapping is None:
        mapping = find_mapping(source)
    elif not isinstance(mapping, Mapping):
        mapping = read_mapping(mapping)
    tell = progress or (lambda _share, _phase: None)
    planned, notes = _plan(source, mapping)
    tell(0.0, "customers.phase.reading")

    def rows() -> Iterator[RawRows]:
        total = sum(path.stat().st_size for path, _, _ in planned) or 1
        done = 0
        for path, name, section in planned:
            data = _bytes(path)
            yield from _each_sheet(data, name, section)
            done += path.stat().st_size
            tell(min(0.95, 0.95 * done / total), "customers.phase.reading")

    result = integrate(rows(), customer_ids=customer_ids)
    tell(1.0, "customers.phase.checked")
    if notes:
        extra = pd.DataFrame(notes, columns=result.notes.columns)
        parts = [result.notes, extra] if len(result.notes) else [extra]
        result = replace(result, notes=pd.concat(parts, ignore_index=True))
    return result


def _each_sheet(data: bytes, name: str, section: Section) -> Iterator[RawRows]:
    if section.sheet is None or content_format(data, name) != "excel":
        yield raw_rows(data, name, section)
        return
    for sheet in sheet_names(data, file=name, sheet=section.sheet):
        yield raw_rows(data, f"{name}#{sheet}", replace(section, sheet=sheet))


def _plan(
    source: Path, mapping: Mapping
) -> tuple[list[tuple[Path, str, Section]], list[tuple[str, str, str, str]]]:
    """Return which file is read by which section, in order, and which by none."""
    if not source.exists():
        raise ImportProblem("customers.error.no_file", file=str(source))
    folder = source if source.is_dir() else source.parent
    planned: list[tuple[Path, str, Section]] = []
    for section in mapping.sections:
        fitting = [path for path in sorted(folder.glob(section.pattern)) if path.is_file()]
        if source.is_file():
            fitting = [path for path in fitting if path == source]
        elif not fitting and not section.optional:
            present = sorted(path.relative_to(folder).as_posix() for path in _files_beside(folder, mapping))
            raise ImportProblem(
                "customers.error.no_match",
                mapping=mapping.name,
                pattern=section.pattern,
                folder=str(folder),
                found=", ".join(present[:20]) or "–",
            )
        planned += [(path, path.relative_to(folder).as_posix(), section) for path in fitting]
    if not planned:
        raise ImportProblem(
            "customers.error.no_match",
            mapping=mapping.name,
            pattern=", ".join(section.pattern for section in mapping.sections),
            folder=str(folder),
            found=source.name if source.is_file() else "–",
        )
    planned.sort(key=lambda item: phase(item[2]))
    notes: list[tuple[str, str, str, str]] = []
    if source.is_dir():
        read = {path for path, _, _ in planned}
        for path in sorted(_files_beside(folder, mapping) - read):
            note = note_text(Note("unread_file"))
            notes.append((path.relative_to(folder).as_posix(), "", "unread_file", note))
    return planned, notes


def _files_beside(folder: Path, mapping: Mapping) -> set[Path]:
    """Return the data files in the folders that the mapping speaks of."""
    parents = {Path(section.pattern).parent for section in mapping.sections}
    plain = [parent for parent in parents if not any(mark in str(parent) for mark in "*?[")]
    return {
        path
        for parent in plain
        if (folder / parent).is_dir()
        for path in (folder / parent).iterdir()
        if path.is_file() and path.suffix.lower() in ENDINGS
    }


def packaged_mappings() -> tuple[Mapping, ...]:
    """Return the mappings that come with the workbench, for files that many people have."""
    folder = resources.files("workbench.customers").joinpath("mappings")
    return tuple(
        parse_mapping(entry.read_text(encoding="utf-8"), entry.name)
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    )


def find_mapping(source: str | Path) -> Mapping:
    """Return the mapping for a folder or a file.

    Parameters
    ----------
    source : str or pathlib.Path
        A folder or a file.

    Returns
    -------
    Mapping
        ``mapping.toml`` in the folder or beside the file, where it speaks of that file;
        else a packaged mapping that knows the file by its name or its header.

    Raises
    ------
    ImportProblem
        If there is none.
    """
    source = Path(source)
    if not source.exists():
        raise ImportProblem("customers.error.no_file", file=str(source))
    folder = source if source.is_dir() else source.parent
    beside = folder / MAPPING_NAME
    if beside.is_file():
        mapping = read_mapping(beside)
        if source.is_dir() or any(source in folder.glob(section.pattern) for section in mapping.sections):
            return mapping
    candidates = [source] if source.is_file() else sorted(path for path in folder.iterdir() if path.is_file())
    for path in candidates:
        for mapping in packaged_mappings():
            if _recognises(mapping, path):
                return _for_file(mapping, glob.escape(path.name))
    raise ImportProblem("customers.error.no_mapping", source=str(source), name=MAPPING_NAME)


def _for_file(mapping: Mapping, pattern: str) -> Mapping:
    """Return a mapping, and its text, for a file of another name."""
    text = mapping.text
    for section in mapping.sections:
        text = text.replace(f'pattern = "{section.pattern}"', f"pattern = {toml_text(pattern)}")
    sections = tuple(replace(section, pattern=pattern) for section in mapping.sections)
    return replace(mapping, sections=sections, text=text)


def _recognises(mapping: Mapping, path: Path) -> bool:
    """Say whether a mapping's columns are the header of a file."""
    if path.suffix.lower() not in ENDINGS or ENDINGS[path.suffix.lower()] != "csv" or not mapping.recognise:
        return False
    with path.open("rb") as file:
        start = file.read(1 << 16)
    if not is_text(start):
        return False
    header = decode(start.split(b"\n", 1)[0])[0].strip("\r")
    names = {name.strip().strip('"') for name in header.split(guess_delimiter(header))}
    return set(mapping.recognise) <= names


def read_table(path: str | Path, mapping: Mapping | str | Path | None = None) -> pd.DataFrame:
    r"""Return a file as one typed table with its own columns, for an analysis of its own.

    No canonical table is asked for, and nothing is left out: a row that can't be read is
    an error here, as there is no quarantine to keep it.

    Parameters
    ----------
    path : str or pathlib.Path
        A CSV, Excel or Parquet file.
    mapping : Mapping, str, pathlib.Path or None, default=None
        Its first section that fits the file types the columns. None guesses numbers and
        dates where no digit can be lost by it; all else stays text.

    Returns
    -------
    pandas.DataFrame of shape (n_rows, n_columns)

    Raises
    ------
    ImportProblem
        If the file can't be read, or a row of it does not fit.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "visits.csv"
    >>> _ = path.write_text("arm,visit\nA,1\nB,0\n")
    >>> read_table(path).dtypes.astype(str).to_dict()
    {'arm': 'str', 'visit': 'int64'}
    """
    path = Path(path)
    if mapping is not None and not isinstance(mapping, Mapping):
        mapping = read_mapping(mapping)
    section = next(
        (s for s in (mapping.sections if mapping else ()) if fnmatchcase(path.name, Path(s.pattern).name)),
        mapping.sections[0] if mapping else Section(path.name, path.stem, own=True),
    )
    raw = read_rows(path, section)
    if mapping is None:
        raw = replace(raw, section=replace(section, columns=infer_rules(raw.frame)))
    frame, faults, _ = type_rows(raw)
    quarantined = faults.quarantine()
    if len(quarantined):
        first = quarantined.iloc[0]
        raise ImportProblem(
            "customers.error.rows_do_not_fit",
            file=raw.file,
            n=len(quarantined),
            line=int(first["line"]),
            reason=first["reason"],
        )
    return frame.apply(_plain_numbers)


def _plain_numbers(column: pd.Series) -> pd.Series:
    """Give whole numbers without gaps the plain integer type."""
    if column.dtype == "float64" and column.notna().all() and (column % 1 == 0).all():
        return column.astype("int64") if column.abs().max() < 2**53 else column
    return column


def guess_mapping(path: str | Path) -> str:
    """Return a first mapping of a file of customers, as TOML text to correct.

    Parameters
    ----------
    path : str or pathlib.Path
        A CSV, Excel or Parquet file.

    Returns
    -------
    str
        A mapping that `read_mapping` understands: the id, numbers and dates are guessed.

    Raises
    ------
    ImportProblem
        If the file can't be read.
    """
    path = Path(path)
    data = _bytes(path)
    settings: dict[str, str] = {}
    if content_format(data, path.name) == "csv":
        text, encoding = decode(data)
        settings = {"encoding": encoding.removesuffix("-le").removesuffix("-be")}
        settings["delimiter"] = guess_delimiter(text.lstrip("\r\n").split("\n", 1)[0])
    raw = raw_rows(data, path.name, Section(path.name, "customers"))
    return draft_mapping(raw, path.name, settings)
