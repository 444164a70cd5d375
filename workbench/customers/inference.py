"""Guess what a column of text holds, for tables that nobody has described yet."""

from __future__ import annotations

import re
import unicodedata

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.customers.cells import as_cells, read_numbers
from workbench.customers.mapping import TABLES, ColumnRule
from workbench.customers.moments import read_moments
from workbench.customers.raw import RawRows

# Digits that a table of numbers must not take for one: zeros in front, or too many to keep.
_CODE_LIKE = r"^[+-]?0\d|^[+-]?\d{16,}$"
_ID_NAMES = re.compile(r"(^|[_ ])(id|no|nr|num|number|key)$|id$|num$|编号|客户号|号码?$", re.IGNORECASE)
_DRAFT_SAMPLE = 5_000


def guess_kind(column: pd.Series) -> str:
    """Return "number", "date", "timestamp" or "text" for a column of text.

    A number is guessed only where no cell would lose anything by it: no zeros in front,
    no more than 15 digits. Whatever is in doubt is text.

    Parameters
    ----------
    column : pandas.Series of text
        The cells; "" is missing.

    Returns
    -------
    str

    Examples
    --------
    >>> guess_kind(pd.Series(["1", "2.5", ""])), guess_kind(pd.Series(["0012", "7"]))
    ('number', 'text')
    >>> guess_kind(pd.Series(["2026-09-30"])), guess_kind(pd.Series(["NA", "1"]))
    ('date', 'text')
    """
    cells = as_cells(column)
    filled = pc.drop_null(cells)
    if not len(filled):
        return "text"
    if not pc.any(pc.match_substring_regex(filled, _CODE_LIKE)).as_py() and not read_numbers(filled)[1].any():
        return "number"
    if pc.all(pc.match_substring_regex(filled, r"^\d{4}[-/年.]")).as_py():
        moments, bad = read_moments(filled)
        if not bad.any():
            return "date" if (moments == moments.dt.normalize()).all() else "timestamp"
    return "text"


def infer_rules(frame: pd.DataFrame, table: str = "") -> tuple[ColumnRule, ...]:
    """Return a rule for each column of a frame of text, under its own name."""
    known = {c.name: c.kind for c in TABLES[table].columns} if table in TABLES else {}
    return tuple(
        ColumnRule(name, known.get(name) or guess_kind(frame[name]), (name,))
        for name in map(str, frame.columns)
    )


def canonical_name(column: str) -> str:
    """Return a source column's name as one that code can use.

    Examples
    --------
    >>> canonical_name("Total Trans (CNY)"), canonical_name("客户号"), canonical_name("%")
    ('total_trans_cny', '客户号', 'column')
    """
    name = unicodedata.normalize("NFKC", column)
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    name = re.sub(r"\W+", "_", name).strip("_").lower()
    return name or "column"


def draft_mapping(raw: RawRows, pattern: str, settings: dict[str, str] | None = None) -> str:
    """Return a first mapping of a customer file as TOML text, to be read and corrected.

    Parameters
    ----------
    raw : RawRows
        The file's rows.
    pattern : str
        The file's name or glob in the mapping.
    settings : dict of str to str, optional
        More settings of the section: encoding, delimiter …

    Returns
    -------
    str
        One line a column: the id is the first column that is never empty and never
        repeated and is called like one (else the row's number); numbers and dates are
        typed; the rest is text. What is a guess says so in a comment.
    """
    frame = raw.frame
    sample = frame.head(_DRAFT_SAMPLE)
    id_column = _guess_id(frame)
    lines = [
        "# A draft: read every line, correct what is wrong, and delete what you don't need.",
        "[[file]]",
        f"pattern = {toml_text(pattern)}",
        'table = "customers"',
        *(f"{name} = {toml_text(value)}" for name, value in (settings or {}).items()),
        "",
        "[file.columns]",
        f"customer_id = {{ from = {toml_text(id_column)} }}"
        if id_column
        else "customer_id = { row_number = true }  # no column looks like an id",
        'kind = { constant = "retail" }  # or: { from = "…", codes = { P = "retail", C = "corporate" } }',
    ]
    taken = {"customer_id", "kind"}
    for column in map(str, frame.columns):
        if column == id_column:
            continue
        name = canonical_name(column)
        while name in taken:
            name += "_2"
        taken.add(name)
        known = {c.name: c.kind for c in TABLES["customers"].columns}
        kind = guess_kind(sample[column])
        shown = "" if name in known or kind == "text" else f', type = "{kind}"'
        lines.append(f"{_key(name)} = {{ from = {toml_text(column)}{shown} }}{_examples(sample[column])}")
    return "\n".join(lines) + "\n"


def _guess_id(frame: pd.DataFrame) -> str | None:
    unique = [
        str(column)
        for column in frame.columns
        if len(frame) and not frame[column].duplicated().any() and frame[column].str.strip().ne("").all()
    ]
    return next((column for column in unique if _ID_NAMES.search(column)), None)


def toml_text(text: str) -> str:
    r"""Return a text as TOML writes it.

    Examples
    --------
    >>> print(toml_text('a "b"'))
    "a \"b\""
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n")
    return f'"{escaped}"'


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_text(name)


def _examples(cells: pd.Series) -> str:
    few = pc.unique(pa.array(cells.str.strip(), pa.large_string())).to_pylist()
    shown = [text for text in few if text and len(text) <= 20 and text.isprintable()][:3]
    return f"  # {', '.join(shown)}" if shown else ""
