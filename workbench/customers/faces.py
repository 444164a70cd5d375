"""The four faces of a portrait, where each field comes from, and how fresh and complete it is."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from workbench.tables import CUSTOMER_KINDS

if TYPE_CHECKING:
    import pandas as pd

    from workbench.customers.mapping import Mapping as SourceMapping

FACES = ("basic", "behaviour", "needs", "values")
AGES = ("days_30", "days_90", "days_365", "older", "none")
"""How old a customer's newest row is: up to so many days, older, or that there is none."""
_LIMITS = (30, 90, 365)
# The rows of these tables carry days; of the others only the file is known.
_DATED = ("holdings", "transactions", "events", "feedback")


@dataclass(frozen=True)
class Field:
    """One field of a portrait.

    Parameters
    ----------
    name : str
        Its column.
    face : {"basic", "behaviour", "needs", "values"}
        Where it stands.
    en, zh : str
        Its names.
    unit : str
        How it is written: word, flag, years, months, days, day, date, count, cny, share,
        change, score, stage, tier, product or need.
    table : str
        The table that it is made from.
    columns : tuple of str
        Its columns there; any one that is there will do.
    kinds : tuple of str, default=("retail", "corporate")
        Which customers can have it.
    sparse : bool, default=False
        An empty cell says "none", and not that something is unknown.
    """

    name: str
    face: str
    en: str
    zh: str
    unit: str
    table: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...] = CUSTOMER_KINDS
    sparse: bool = False

    def label(self, lang: str = "en") -> str:
        """Return its name in a language."""
        return self.zh if lang == "zh_CN" else self.en


@cache
def _catalogue() -> tuple[dict[str, Field], tuple[Field, ...], frozenset[str]]:
    text = resources.files("workbench.customers").joinpath("faces.toml").read_text(encoding="utf-8")
    given = tomllib.loads(text)

    def made(entry: dict[str, Any]) -> Field:
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()
        }
        return Field(**values)

    fields = {entry["name"]: made(entry) for entry in given["field"]}
    return fields, tuple(made(entry) for entry in given["prefix"]), frozenset(given["hidden"])


def field_of(column: str) -> Field | None:
    """Return what is known of a portrait's column; None where it stands on no face.

    Examples
    --------
    >>> field_of("balance_gold").en, field_of("shoe_size").face, field_of("peers")
    ('Balance: gold', 'basic', None)
    """
    fields, prefixes, hidden = _catalogue()
    if column in hidden or column.startswith(("_", "fresh_")):
        return None
    if column in fields:
        return fields[column]
    for prefix in prefixes:
        rest = column.removeprefix(prefix.name)
        if rest != column:
            shown = rest.replace("_", " ")
            return Field(
                column,
                prefix.face,
                prefix.en.format(rest=shown),
                prefix.zh.format(rest=shown),
                prefix.unit,
                prefix.table,
                prefix.columns,
            )
    shown = column.replace("_", " ")
    return Field(column, "basic", shown[:1].upper() + shown[1:], shown, "", "customers", (column,))


def portrait_fields(columns: Iterable[str]) -> list[Field]:
    """Return the fields of some columns, face by face, in the catalogue's order.

    Parameters
    ----------
    columns : iterable of str
        Names of a portrait's columns.

    Returns
    -------
    list of Field

    Examples
    --------
    >>> [(field.face, field.name) for field in portrait_fields(["potential", "customer_id", "age"])]
    [('basic', 'age'), ('values', 'potential')]
    """
    ranks = {name: number for number, name in enumerate(_catalogue()[0])}
    found = [field for field in map(field_of, columns) if field is not None]
    return sorted(
        found, key=lambda field: (FACES.index(field.face), ranks.get(field.name, len(ranks)), field.name)
    )


def field_sources(field: Field, mappings: Sequence[tuple[SourceMapping, Sequence[str]]]) -> list[str]:
    """Return the file patterns of the mapping's sections that a field came from.

    Parameters
    ----------
    field : Field
        Which.
    mappings : sequence of (Mapping, sequence of str)
        Each import's mapping and the files it read.

    Returns
    -------
    list of str
        Patterns as in the mapping, such as ``core_banking/customers*.csv``.
    """
    named: dict[str, None] = {}
    kept: dict[str, None] = {}
    for mapping, files in mappings:
        for section in mapping.sections:
            if section.table != field.table or not _was_read(section.pattern, files):
                continue
            if {rule.name for rule in section.columns} & set(field.columns):
                named[section.pattern] = None
            elif section.keep:
                # A kept column has no rule; it may be any section's that keeps its own.
                kept[section.pattern] = None
    return list(named or kept)


def _was_read(pattern: str, files: Sequence[str]) -> bool:
    from fnmatch import fnmatch

    return any(fnmatch(file.partition("#")[0], pattern) for file in files)


def source_system(pattern: str) -> str:
    """Return the source system of a file: the folder that it lies in, else its name.

    Examples
    --------
    >>> source_system("crm/customers*.xlsx"), source_system("people.csv")
    ('crm', 'people')
    """
    folder, _, file = pattern.rpartition("/")
    return folder.split("/")[0] if folder else file.split(".")[0].rstrip("*_- ") or file


def describe_sources(
    portrait: pd.DataFrame,
    fresh: pd.DataFrame,
    snapshot_date: dt.date,
    mappings: Sequence[tuple[SourceMapping, Sequence[str]]] = (),
) -> pd.DataFrame:
    """Say for each field of a portrait where it came from, how complete and how fresh it is.

    Parameters
    ----------
    portrait : pandas.DataFrame
        A PORTRAIT.
    fresh : pandas.DataFrame
        Rows as in the portrait, with ``fresh_<table>``: the newest row's day of each customer.
    snapshot_date : datetime.date
        The day that ages are counted to.
    mappings : sequence of (Mapping, sequence of str), default=()
        Each import's mapping and files, see `field_sources`.

    Returns
    -------
    pandas.DataFrame
        One row a field and kind of customer: ``field``, ``face``, ``kind``, ``table``,
        ``source`` (systems, comma-separated), ``files`` (patterns), ``n`` (customers that
        can have it), ``n_filled``, ``newest`` and ``median_age`` (days; of the customers
        that have the field, missing where the table has no days), and ``n_older`` (of
        them, whose newest row is more than a year old).

    Examples
    --------
    >>> import pandas as pd
    >>> portrait = pd.DataFrame({"customer_id": ["1", "2"], "kind": "retail", "satisfaction": [7.0, None]})
    >>> fresh = pd.DataFrame({"fresh_feedback": pd.to_datetime(["2025-09-01", None])})
    >>> found = describe_sources(portrait, fresh, dt.date(2026, 9, 30)).set_index("field")
    >>> found.loc["satisfaction", ["n", "n_filled", "n_older"]].tolist()
    [2, 1, 1]
    """
    import pandas as pd

    rows = []
    day = pd.Timestamp(snapshot_date)
    for field in portrait_fields(portrait.columns):
        patterns = field_sources(field, mappings)
        systems = ",".join(dict.fromkeys(map(source_system, patterns)))
        filled = portrait[field.name].notna().to_numpy()
        for kind in field.kinds:
            mine = portrait["kind"].eq(kind).to_numpy()
            if not mine.any():
                continue
            has = mine & filled
            row = {
                "field": field.name,
                "face": field.face,
                "kind": kind,
                "table": field.table,
                "source": systems,
                "files": ", ".join(patterns),
                "n": int(mine.sum()),
                "n_filled": int(has.sum()),
                "newest": pd.NaT,
                "median_age": float("nan"),
                "n_older": 0,
            }
            if f"fresh_{field.table}" in fresh:
                moments = fresh.loc[has, f"fresh_{field.table}"].dropna()
                if len(moments):
                    ages = (day - moments).dt.days
                    row |= {
                        "newest": moments.max(),
                        "median_age": float(ages.median()),
                        "n_older": int((ages > _LIMITS[-1]).sum()),
                    }
            rows.append(row)
    found = pd.DataFrame(rows, columns=list(_SOURCE_COLUMNS))
    return found.astype({"newest": "datetime64[us]", "median_age": "float64"})


_SOURCE_COLUMNS = (
    "field",
    "face",
    "kind",
    "table",
    "source",
    "files",
    "n",
    "n_filled",
    "newest",
    "median_age",
    "n_older",
)


def count_ages(kinds: pd.Series, fresh: pd.DataFrame, snapshot_date: dt.date) -> pd.DataFrame:
    """Count customers by the age of their newest row in each table.

    Parameters
    ----------
    kinds : pandas.Series of str
        Retail or corporate, a customer a row.
    fresh : pandas.DataFrame
        ``fresh_<table>`` in the same order.
    snapshot_date : datetime.date
        The day that ages are counted to.

    Returns
    -------
    pandas.DataFrame
        ``kind``, ``table``, ``age`` (of `AGES`, all of them) and ``n``.
    """
    import numpy as np
    import pandas as pd

    rows = []
    for table in _DATED:
        if f"fresh_{table}" not in fresh:
            continue
        ages = (pd.Timestamp(snapshot_date) - fresh[f"fresh_{table}"]).dt.days.to_numpy(dtype="float64")
        # Missing sorts behind every limit; the last bucket is theirs.
        bucket = np.where(np.isnan(ages), len(_LIMITS) + 1, np.searchsorted(_LIMITS, ages))
        for kind in CUSTOMER_KINDS:
            mine = kinds.eq(kind).to_numpy()
            counts = np.bincount(bucket[mine], minlength=len(AGES))
            if mine.any():
                rows += [(kind, table, age, int(n)) for age, n in zip(AGES, counts, strict=True)]
    return pd.DataFrame(rows, columns=["kind", "table", "age", "n"])


def personal_view(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cells of one customer's row that a card may show: none that names a person."""
    from workbench.customers.portrait import PERSONAL
    from workbench.tables import mask_identifier, mask_name

    shown = dict(fields)
    for name, value in fields.items():
        if name in PERSONAL:
            shown.pop(name)
        elif name.endswith("_id"):
            shown[name] = mask_identifier(value) or None
        elif name == "employer":
            shown[name] = mask_name(value) or None
    return shown
