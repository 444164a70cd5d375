"""Records of persons that an import set aside, because their number was not known."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from workbench.customers.mapping import Mapping, Section
from workbench.customers.raw import RawRows, text_frame
from workbench.customers.typed import type_rows

_WANTED = ("name", "phone", "birth_date", "gender", "region", "employer", "id_number", "kind")


def set_aside_records(quarantine: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """Read the quarantined rows of persons that no other file knows by their number.

    They stay in the quarantine: what was read is still loaded plus quarantined. Read here,
    they can be compared with the customers that were loaded.

    Parameters
    ----------
    quarantine : pandas.DataFrame
        A `workbench.tables.QUARANTINE`.
    mapping : Mapping
        How the files were read.

    Returns
    -------
    pandas.DataFrame
        One record a number, as `record_keys` reads it: record_id (the number as the
        mapping writes it), source (the file), number, and those of name, phone,
        birth_date, gender, region, employer, id_number and kind that the files have.

    Examples
    --------
    >>> from workbench.customers import parse_mapping
    >>> mapping = parse_mapping('''
    ... [[file]]
    ... pattern = "people.csv"
    ... table = "customers"
    ... [file.columns]
    ... customer_id = "no"
    ... kind = { constant = "retail" }
    ... [[file]]
    ... pattern = "crm.csv"
    ... table = "customers"
    ... merge = "add"
    ... [file.columns]
    ... customer_id = { from = "id", pad = 4 }
    ... name = "who"
    ... ''')
    >>> quarantine = pd.DataFrame({
    ...     "file": ["crm.csv"], "line": [2], "cause": ["orphan"], "column": ["id"], "value": ["7"],
    ...     "reason": ["…"], "row": ['{"id": "7", "who": "Li Na"}'],
    ... })
    >>> set_aside_records(quarantine, mapping)[["record_id", "source", "name"]].to_numpy().tolist()
    [['0007', 'crm.csv', 'Li Na']]
    """
    found = [pd.DataFrame({"record_id": [], "source": [], "number": []}, dtype="str")]
    orphans = quarantine[quarantine["cause"].eq("orphan")]
    for file, rows in orphans.groupby("file", sort=True):
        section = _section(mapping, str(file))
        if section is not None:
            found.append(_typed(rows, str(file), section))
    records = pd.concat([frame for frame in found if len(frame)] or found, ignore_index=True)
    return records.drop_duplicates("record_id", ignore_index=True)


def _section(mapping: Mapping, file: str) -> Section | None:
    """Return the section that read the file, if it describes persons."""
    name = file.partition("#")[0]
    for section in mapping.sections:
        if section.merge and section.table == "customers" and fnmatchcase(name, section.pattern):
            return section
    return None


def _typed(rows: pd.DataFrame, file: str, section: Section) -> pd.DataFrame:
    cells = [json.loads(row) for row in rows["row"]]
    names = list(cells[0])
    frame = text_frame(names, [[str(row.get(name, "")) for row in cells] for name in names])
    raw = RawRows(file=file, sha256="", frame=frame, lines=np.asarray(rows["line"]), section=section)
    typed, faults, _ = type_rows(raw)
    sound = typed.loc[~faults.bad & typed["customer_id"].notna().to_numpy()]
    kept = sound[[name for name in _WANTED if name in sound]]
    return kept.assign(
        record_id=sound["customer_id"].astype("str"), number=sound["customer_id"], source=file
    ).reset_index(drop=True)
