"""Rows of another system under the workbench's names, and back, by one section of a mapping.

Forwards a rule says where a canonical column comes from. Backwards the same rule says what
another system calls it and how it writes it: the unit, the code, the date, the zeros.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench import locale
from workbench.customers.mapping import UNITS, ColumnRule, Section
from workbench.customers.raw import RawRows
from workbench.customers.typed import type_rows
from workbench.errors import ParameterProblem

MESSAGE_PREFIXES = ("customers.cause.",)
_EPOCH = pd.Timestamp("1899-12-30")


def read_translated(
    rows: RawRows, lang: str = "en"
) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame, pd.DataFrame]:
    """Return rows under their canonical names, each cell as plain text.

    Parameters
    ----------
    rows : RawRows
        With the section that says how to read them; a section without columns changes nothing.
    lang : {"en", "zh_CN"}, default="en"
        Language of the reasons.

    Returns
    -------
    frame : pandas.DataFrame
        Text; what is missing is missing.
    lines : numpy.ndarray
        Line of each row.
    own : pandas.DataFrame
        The same rows as the file has them.
    quarantined : pandas.DataFrame
        A `workbench.tables.QUARANTINE` of the rows that can't be read.
    """
    section = rows.section
    frame, faults, _ = type_rows(rows)
    good = ~faults.bad
    quarantined = faults.quarantine()
    n = len(rows.frame.columns)
    if lang != "en" and len(quarantined):
        cells = quarantined[["cause", "column", "value"]].itertuples(index=False, name=None)
        reasons = [
            locale.text(f"customers.cause.{cause}", lang, column=column, value=value, n=n)
            for cause, column, value in cells
        ]
        quarantined = quarantined.assign(reason=pd.Series(reasons, dtype="str"))
    own = rows.frame[good].reset_index(drop=True)
    if section is None or not section.columns:
        return own, rows.lines[good], own, quarantined
    text = {str(name): _as_text(frame.loc[good, name]) for name in frame.columns}
    return pd.DataFrame(text).reset_index(drop=True), rows.lines[good], own, quarantined


def _as_text(column: pd.Series) -> pd.Series:
    """Return typed cells as every reader of text understands them."""
    if pd.api.types.is_bool_dtype(column.dtype):
        words = column.astype("boolean").map({True: "yes", False: "no"})
    elif pd.api.types.is_datetime64_any_dtype(column.dtype):
        words = column.dt.strftime("%Y-%m-%d %H:%M:%S.%f").str.removesuffix(" 00:00:00.000000")
    elif pd.api.types.is_float_dtype(column.dtype):
        words = column.map(lambda number: np.format_float_positional(number, trim="-"), na_action="ignore")
    else:
        words = column.astype("str")
    return words.astype("str").where(column.notna())


def write_translated(frame: pd.DataFrame, section: Section) -> pd.DataFrame:
    """Return canonical columns as another system names and writes them.

    Parameters
    ----------
    frame : pandas.DataFrame
        Typed canonical columns.
    section : Section
        The rules; a section without columns changes nothing.

    Returns
    -------
    pandas.DataFrame
        A column for each rule, in the order of the mapping; numbers stay numbers.

    Raises
    ------
    ParameterProblem
        If a rule asks for a column that there is not, or a value has no code.

    Examples
    --------
    >>> from workbench.customers.mapping_text import parse_mapping
    >>> rules = '''[[file]]
    ... pattern = "leads.csv"
    ... table = "people"
    ... own = true
    ... [file.columns]
    ... customer_id = { from = "客户号", strip = "C", pad = 6 }
    ... kind = { from = "类型", codes = { P = "retail", C = "corporate" } }
    ... balance = { from = "余额", type = "number", unit = "wan_yuan" }
    ... '''
    >>> frame = pd.DataFrame({"customer_id": ["12"], "kind": ["retail"], "balance": [123_456.0]})
    >>> write_translated(frame, parse_mapping(rules).sections[0]).to_dict("records")
    [{'客户号': 'C000012', '类型': 'P', '余额': 12.3456}]
    """
    if not section.columns:
        return frame
    found: dict[str, Any] = {}
    for rule in section.columns:
        if not rule.source:
            found[rule.name] = [rule.constant] * len(frame)
            continue
        if rule.name not in frame.columns:
            if rule.optional:
                continue
            raise ParameterProblem(
                "customers.error.no_such_column",
                column=rule.name,
                place=section.pattern,
                known=", ".join(map(str, frame.columns)),
            )
        found[rule.source[0]] = _written(frame[rule.name], rule, section.pattern)
    return pd.DataFrame(found, index=frame.index)


def _written(column: pd.Series, rule: ColumnRule, place: str) -> pd.Series:
    if rule.codes is not None:
        return _coded(column, rule, place)
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.astype("boolean").map({True: "yes", False: "no"})
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        form = rule.formats[0] if rule.formats else "%Y-%m-%d"
        if form == "excel":
            return (column - _EPOCH).dt.days.astype("Int64")
        return column.dt.strftime(form).where(column.notna())
    if pd.api.types.is_numeric_dtype(column.dtype):
        scaled = column.astype("float64") / 10.0 ** UNITS[rule.unit] if rule.unit else column
        if rule.decimal == ",":
            shown = scaled.map(lambda number: f"{number:.12g}".replace(".", ","), na_action="ignore")
            return shown.astype("str").where(column.notna())
        # What was divided must not end in 0.30000000000000004.
        return scaled.round(10) if rule.unit else scaled
    text = column.astype("str").where(column.notna())
    if rule.pad:
        digits = text.str.fullmatch(r"\d+", na=False)
        text = text.where(~digits, text.str.zfill(rule.pad))
    return rule.strip + text if rule.strip else text


def _coded(column: pd.Series, rule: ColumnRule, place: str) -> pd.Series:
    back: dict[str, str] = {}
    for word, meaning in (rule.codes or {}).items():
        # Of several words for one meaning, the first is written.
        back.setdefault(str(meaning), str(word))
    text = column.astype("str").where(column.notna())
    written = text.map(back)
    unknown = text.notna() & written.isna()
    if unknown.any() and rule.others == "quarantine":
        raise ParameterProblem(
            "customers.error.no_code",
            value=text[unknown].iloc[0],
            column=rule.name,
            place=place,
            known=", ".join(back),
        )
    kept = written.where(~unknown, text) if rule.others == "keep" else written
    return kept.astype("str").where(kept.notna())
