"""Lists as files: no cell is a formula, and the log names the file before it is there."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import __version__
from workbench.errors import MachineProblem, ParameterProblem
from workbench.tables import mask_identifier

if TYPE_CHECKING:
    from workbench.project.handle import Project

FORMATS = ("csv", "xlsx")
COLUMNS = (
    "list_id",
    "strategy_id",
    "strategy",
    "customer_id",
    "segment",
    "arm",
    "rank",
    "score",
    "offer",
    "channel",
)
_MOST_ROWS = 1_048_575
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
_LONGEST_NAME = 80


def escape_formula(value: object) -> object:
    """Return text so that no spreadsheet takes it for a formula: with an apostrophe before it.

    Spreadsheets compute a cell of a CSV file that begins with =, +, -, @, a tab or a line
    end, also in full width, and also after spaces. Numbers are left as they are.

    Parameters
    ----------
    value : object
        A cell.

    Returns
    -------
    object
        The cell, escaped if it is such text.

    References
    ----------
    OWASP: CSV Injection. https://owasp.org/www-community/attacks/CSV_Injection

    Examples
    --------
    >>> escape_formula("=cmd|' /C calc'!A0"), escape_formula("Lin"), escape_formula(-1.5)
    ("'=cmd|' /C calc'!A0", 'Lin', -1.5)
    """
    if isinstance(value, str) and value.lstrip(" \u00a0\u3000").startswith(_BEGINS_FORMULA):
        return "'" + value
    return value


def safe_name(text: str) -> str:
    r"""Return text as part of a file's name that every system takes, Windows too.

    Examples
    --------
    >>> safe_name("2026Q3-S1: <script>"), safe_name("CON"), safe_name("..")
    ('2026Q3-S1 script', 'CON_', 'list')
    """
    kept = re.sub(r'[<>:"/\\|?*\x00-\x1f\x7f]+', " ", text)
    kept = re.sub(r"\s+", " ", kept).strip(" .")[:_LONGEST_NAME].strip(" .")
    if kept.split(".")[0].strip().casefold() in _RESERVED:
        kept += "_"
    return kept or "list"


def export_list(project: Project, list_id: str, kind: str, *, masked: bool, reason: str) -> Path:
    """Write a launched list into the project's exports; see `Strategy.export`."""
    # Refused before anything is read.
    project.store.exports.require("contributor" if masked else "analyst")
    if kind not in FORMATS:
        raise ParameterProblem("strategy_launch.error.format", format=kind, known=", ".join(FORMATS))
    row = project.store.lists.find(list_id)
    if kind == "xlsx" and row["n"] > _MOST_ROWS:
        raise ParameterProblem("strategy_launch.error.too_many_rows", most=_MOST_ROWS, n=row["n"])
    table = _table(project, row, masked)
    stem = safe_name(f"{list_id} {'masked' if masked else 'full'}")
    facts = {"format": kind, "n": row["n"], "sha256": row["sha256"], "file": f"{stem} … .{kind}"}
    moment = project.store.exports.begin(list_id, masked=masked, reason=reason, **facts)
    notes = _provenance(project, row, masked, reason, moment)
    place = _free_place(project.exports, f"{stem} {moment:%Y%m%dT%H%M%S}", kind)
    if kind == "csv":
        _write(place, _csv(table.columns, table.itertuples(index=False, name=None)))
        _write(place.with_suffix(".provenance.csv"), _csv(("fact", "value"), notes))
    else:
        _write(place, _workbook(table, notes, moment))
    return place


def _table(project: Project, row: dict[str, Any], masked: bool) -> pd.DataFrame:
    """Return the rows that leave: treatment before control, each by rank."""
    card, targets = row["card"], project.strategy.targets(row["list_id"])
    ids = targets["customer_id"]
    table = targets.assign(
        list_id=row["list_id"],
        strategy=card["name"],
        offer=card["offer"],
        channel=card["channel"],
        customer_id=[mask_identifier(each) for each in ids] if masked else ids,
    )
    table = table.sort_values(["arm", "rank"], ascending=[False, True], ignore_index=True)
    return table[list(COLUMNS)]


def _provenance(
    project: Project, row: dict[str, Any], masked: bool, reason: str, moment: dt.datetime
) -> list[tuple[str, Any]]:
    summary = project.store.artefacts.find(row["artefact_id"]).summary
    n, n_control = row["n"], row["n_control"]
    return [
        ("project", project.name),
        ("cycle", row["cycle_id"]),
        ("list_id", row["list_id"]),
        ("strategy_id", row["strategy_id"]),
        ("strategy", row["card"]["name"]),
        ("customers", n),
        ("treatment", n - n_control),
        ("control", n_control),
        ("control_note", "Drawn at random by seed in each strategy and segment; must not be contacted."),
        ("seed", row["seed"]),
        ("sha256_of_list", row["sha256"]),
        ("sha256_covers", "CSV of the columns of TARGETS with whole customer numbers, by strategy and id"),
        ("plan_version", summary.get("plan")),
        ("segmentation_version", summary.get("segmentation")),
        ("launched_at_utc", f"{row['launched_at']:%Y-%m-%d %H:%M:%S}"),
        ("launched_by", row["launched_by"]),
        ("customer_numbers", "masked" if masked else "whole"),
        ("reason", reason.strip()),
        ("exported_at_utc", f"{moment:%Y-%m-%d %H:%M:%S}"),
        ("exported_by", project.store.database.who),
        ("code_version", __version__),
    ]


def _csv(header: Iterable[object], rows: Iterable[Iterable[object]]) -> bytes:
    # The mark at the beginning lets Excel read UTF-8.
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([escape_formula(each) for each in header])
    writer.writerows([escape_formula(_plain(each)) for each in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _workbook(table: pd.DataFrame, notes: list[tuple[str, Any]], moment: dt.datetime) -> bytes:
    import xlsxwriter

    stream = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"created": moment})
        bold = book.add_format({"bold": True})
        for arm in ("treatment", "control"):
            rows = table[table["arm"].eq(arm)].itertuples(index=False, name=None)
            _fill(book.add_worksheet(arm), table.columns, rows, bold)
        _fill(book.add_worksheet("provenance"), ("fact", "value"), notes, bold)
    return stream.getvalue()


def _fill(sheet: Any, header: Iterable[object], rows: Iterable[Iterable[object]], bold: Any) -> None:
    names = [str(each) for each in header]
    sheet.write_row(0, 0, names, bold)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(names) - 1, 18)
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            plain = _plain(value)
            if isinstance(plain, str):
                # Text stays text, whatever it begins with.
                sheet.write_string(number, column, plain)
            elif plain is not None:
                sheet.write_number(number, column, plain)


def _plain(value: Any) -> Any:
    """Return a cell as text, a number, or nothing."""
    if value is None or value != value:
        return None
    if isinstance(value, str):
        return value
    if hasattr(value, "item"):
        value = value.item()
    return round(value, 6) if isinstance(value, float) else value


def _free_place(folder: Path, stem: str, suffix: str) -> Path:
    """Return a path that nothing is at: two exports of one second keep both files."""
    number = 1
    while True:
        name = stem if number == 1 else f"{stem} {number}"
        place = folder / f"{name}.{suffix}"
        if not place.exists():
            return place
        number += 1


def _write(place: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor, scratch = tempfile.mkstemp(prefix=".new-", dir=place.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
            Path(scratch).replace(place)
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise MachineProblem(
            "strategy_launch.error.export_disk", file=str(place), cause=error.strerror
        ) from error
