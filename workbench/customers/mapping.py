"""The mapping: which source column becomes which canonical column, and how.

A mapping is a TOML text of ``[[file]]`` sections. Each names the files it reads and the
table they fill, and under ``[file.columns]`` one rule a column::

    [[file]]
    pattern = "core/customers*.csv"
    table = "customers"

    [file.columns]
    customer_id = { from = "cust_no", pad = 10 }
    kind = { from = "type", codes = { P = "retail", C = "corporate" } }
    opened_on = { from = "open date", format = ["%d.%m.%Y"] }
    assets = { from = "assets (10k)", type = "number", unit = "wan_yuan" }
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.tables import (
    CAMPAIGN_HISTORY,
    CUSTOMERS,
    EVENTS,
    FEEDBACK,
    HOLDINGS,
    LINKS,
    TRANSACTIONS,
    Table,
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (CUSTOMERS, HOLDINGS, TRANSACTIONS, EVENTS, FEEDBACK, LINKS, CAMPAIGN_HISTORY)
}
KINDS = ("id", "text", "integer", "number", "boolean", "date", "timestamp")
UNITS = {"": 0, "yuan": 0, "fen": -2, "thousand_yuan": 3, "wan_yuan": 4, "yi_yuan": 8, "percent": -2}
FORMATS = ("csv", "excel", "parquet", "jsonl")
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312", "big5", "utf-16", "latin-1", "cp1252")


@dataclass(frozen=True)
class ColumnRule:
    """How one canonical column is filled.

    Parameters
    ----------
    name : str
        The canonical column.
    kind : {"id", "text", "integer", "number", "boolean", "date", "timestamp"}
        What a cell becomes; ``id`` is text with the marks that spreadsheets leave taken off.
    source : tuple of str, default=()
        Source columns; several are joined with a blank.
    by : str, default=""
        A source column that says, row by row, which of `source_by` is read.
    source_by : dict, default={}
        For each text of `by` the source column.
    unit : str, default=""
        Unit of a number in the file: yuan, fen, thousand_yuan, wan_yuan (×10,000),
        yi_yuan (×100,000,000) or percent.
    formats : tuple of str, default=()
        Date formats tried in order, as of ``strptime``, or ``"excel"`` for serial days.
        Empty tries the unambiguous ones.
    codes : dict or None, default=None
        What a cell's text stands for.
    others : {"quarantine", "keep", "missing"}, default="quarantine"
        What happens to a text that `codes` does not name.
    strip : str, default=""
        A prefix of ids that is taken off.
    pad : int, default=0
        Width to which an id of digits is filled with zeros.
    missing : tuple of str, default=()
        Texts that mean "no value", beside the empty cell.
    constant : object, default=None
        One value for every row.
    row_number : bool, default=False
        The id is the number of the row in its file, from 1.
    after_contact : bool, default=False
        Known only after the customer was contacted: no model may use it.
    optional : bool, default=False
        The file may lack the source column; every cell is then missing.
    decimal : {".", ","}, default="."
        The decimal mark.
    first_year : int or None, default=None
        The cells hold no year, the rows are in time order and begin in this one.
    """

    name: str
    kind: str
    source: tuple[str, ...] = ()
    by: str = ""
    source_by: dict[str, str] = field(default_factory=dict)
    unit: str = ""
    formats: tuple[str, ...] = ()
    codes: dict[str, Any] | None = None
    others: Literal["quarantine", "keep", "missing"] = "quarantine"
    strip: str = ""
    pad: int = 0
    missing: tuple[str, ...] = ()
    constant: Any = None
    row_number: bool = False
    after_contact: bool = False
    optional: bool = False
    decimal: str = "."
    first_year: int | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Every source column that the rule reads."""
        by = (self.by,) if self.by else ()
        return (*self.source, *by, *dict.fromkeys(self.source_by.values()))


@dataclass(frozen=True)
class Section:
    """One ``[[file]]`` of a mapping: files, how to read them, and the table they fill.

    Parameters
    ----------
    pattern : str
        Glob relative to the source folder.
    table : str
        The table that the rows go to.
    columns : tuple of ColumnRule
        The rules, in the order of the mapping.
    format : {"csv", "excel", "parquet", "jsonl"} or None, default=None
        Found out from the content where it is not said.
    encoding, delimiter, sheet : str or None, default=None
        Found out where they are not said. `sheet` may be a glob: every sheet that fits is read.
    skip : int, default=0
        Lines above the header (a title, a date of export).
    keep : bool, default=False
        Keep the columns that no rule names, under their own names, with guessed types.
    merge : {"", "add"}, default=""
        ``"add"``: the rows add columns to customers that an earlier section brought.
    own : bool, default=False
        The table is one of the bank's own, not one that the workbench knows.
    optional : bool, default=False
        No file need be there.
    repeats : {"quarantine", "keep"}, default="quarantine"
        What happens to rows that repeat an earlier one exactly, in tables without a key.
    missing : tuple of str, default=()
        Texts that mean "no value" in every column.
    latest_by : str, default=""
        A source column of dates. Of rows in one file that share a key, the one with the
        latest date is loaded; without it, the first.
    """

    pattern: str
    table: str
    columns: tuple[ColumnRule, ...] = ()
    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    skip: int = 0
    keep: bool = False
    merge: str = ""
    own: bool = False
    optional: bool = False
    repeats: str = "quarantine"
    missing: tuple[str, ...] = ()
    latest_by: str = ""


@dataclass(frozen=True)
class Mapping:
    """All sections of a mapping file.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    sections : tuple of Section
        In the order of the file; earlier sources win.
    recognise : tuple of str, default=()
        Columns by which a file of this kind is known whatever its name is.
    text : str
        The TOML text itself.
    """

    name: str
    sections: tuple[Section, ...]
    recognise: tuple[str, ...] = ()
    text: str = field(default="", repr=False)

    @property
    def after_contact(self) -> tuple[str, ...]:
        """Columns known only after a contact, as ``table.column``."""
        return tuple(
            f"{section.table}.{rule.name}"
            for section in self.sections
            for rule in section.columns
            if rule.after_contact
        )
