"""A file is what its content is: Excel, Parquet, text, and what only looks like one."""

import datetime as dt
import hashlib
import io
import zipfile

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.customers.columnar import parse_parquet
from workbench.customers.content import content_format, raw_rows
from workbench.customers.mapping import Section
from workbench.customers.spreadsheet import cell_text, parse_excel, sheet_names
from workbench.errors import ImportProblem


def workbook(**sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parquet(table):
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def test_excel_cells_become_text():
    data = workbook(
        People=[
            ["id", "since", "at", "share", "yes", "name"],
            [12345, dt.date(2026, 9, 30), dt.datetime(2026, 9, 30, 8, 15), 0.1, True, "NA"],
            [12345.0, None, None, 1e-7, False, "=danger"],
            [110101199003071234, "", "", 2.50, None, "0012"],
        ]
    )
    sheet = parse_excel(data)
    assert sheet.frame.to_numpy().tolist() == [
        ["12345", "2026-09-30", "2026-09-30 08:15:00", "0.1", "TRUE", "NA"],
        ["12345", "", "", "1e-07", "FALSE", ""],  # a formula without a stored result
        ["1.10101199003071e+17", "", "", "2.5", "", "0012"],
    ]
    assert list(sheet.lines) == [2, 3, 4]


def test_excel_rows_short_long_and_empty():
    sheet = parse_excel(workbook(A=[["id", "x", None], [1], [None, None], [2, 3, 4], [5, 6]]))
    assert sheet.frame.to_numpy().tolist() == [["1", ""], ["5", "6"]]
    assert list(sheet.lines) == [2, 5]
    assert [(r.line, r.cause) for r in sheet.rejected] == [(4, "too_many_fields")]


def test_excel_sheets():
    data = workbook(North=[["id"], [1]], South=[["id"], [2]], Notes=[["text"]])
    assert sheet_names(data) == ["North"]
    assert sheet_names(data, sheet="*th") == ["North", "South"]
    assert parse_excel(data, sheet="South").frame.to_numpy().tolist() == [["2"]]
    with pytest.raises(ImportProblem, match="North, South, Notes"):
        parse_excel(data, file="a.xlsx", sheet="East")


def test_excel_header_only_and_no_header():
    assert len(parse_excel(workbook(A=[["id", "x"]])).frame) == 0
    with pytest.raises(ImportProblem, match="no header"):
        parse_excel(workbook(A=[]), file="a.xlsx")


def test_excel_cut_short():
    data = workbook(A=[["id"], [1]])
    with pytest.raises(ImportProblem, match=r"a.xlsx is damaged"):
        raw_rows(data[: len(data) // 2], "a.xlsx", Section("a.xlsx", "customers"))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    with pytest.raises(ImportProblem, match="damaged"):
        parse_excel(out.getvalue(), file="a.xlsx")


def test_cell_text_of_a_time_and_nothing():
    assert cell_text(dt.time(8, 30)) == "08:30:00"
    assert cell_text(None) == ""


def test_parquet_without_losing_a_digit():
    table = pa.table(
        {
            "id": pa.array([110101199003071234, None], pa.int64()),
            "gap": pa.array([12345.0, None], pa.float64()),
            "x": pa.array([0.1, 1e300], pa.float64()),
            "half": pa.array([0.5, None], pa.float32()),
            "at": pa.array([dt.datetime(2026, 9, 30, 8, 15), None], pa.timestamp("ns")),
            "utc": pa.array([dt.datetime(2026, 9, 30, 8)] * 2, pa.timestamp("ms", "Asia/Shanghai")),
            "day": pa.array([dt.date(2026, 9, 30), None], pa.date32()),
            "word": pa.array(["NA", "0012"]).dictionary_encode(),
            "yes": pa.array([True, None]),
            "money": pa.array(["12.30", None]).cast(pa.decimal128(20, 2)),
        }
    )
    frame = parse_parquet(parquet(table)).frame
    assert frame.iloc[0].tolist() == [
        "110101199003071234",
        "12345",
        "0.1",
        "0.5",
        "2026-09-30 08:15:00.000000",
        "2026-09-30 08:00:00.000000",
        "2026-09-30",
        "NA",
        "true",
        "12.30",
    ]
    assert frame.iloc[1, [0, 1, 3, 4, 6, 8, 9]].tolist() == [""] * 7
    assert frame["x"][1] == "1e+300"


def test_parquet_cut_short_or_nested():
    data = parquet(pa.table({"id": list(range(1000))}))
    section = Section("a.parquet", "customers")
    for broken in (data[:-20], data[: len(data) // 2], b"PAR1"):
        with pytest.raises(ImportProblem, match=r"a.parquet is damaged or cut short"):
            raw_rows(broken, "a.parquet", section)
    with pytest.raises(ImportProblem, match='Column "tags"'):
        parse_parquet(parquet(pa.table({"tags": [[1, 2]]})), file="a.parquet")


def test_content_counts_not_the_ending():
    data = workbook(A=[["id"], ["0012"]])
    raw = raw_rows(data, "a.csv", Section("a.csv", "customers"))
    assert raw.frame["id"].tolist() == ["0012"]
    assert raw.notes[0].values == {"found": "excel"}
    raw = raw_rows(b"id,x\n0012,1\n", "a.xlsx", Section("a.xlsx", "customers"))
    assert raw.frame["id"].tolist() == ["0012"]
    with pytest.raises(ImportProblem, match="its content is excel"):
        raw_rows(data, "a.csv", Section("a.csv", "customers", format="csv"))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n", "is empty"),
        (b"\xd0\xcf\x11\xe0....", "old Excel kind"),
        (b"  <html><table>", "web page"),
    ],
)
def test_what_can_not_be_read_says_so(data, sentence):
    with pytest.raises(ImportProblem, match=sentence):
        content_format(data, "a.csv")


def test_hash_is_of_the_bytes():
    raw = raw_rows(b"id\n1\n", "a.csv", Section("a.csv", "customers"))
    assert raw.sha256 == hashlib.sha256(b"id\n1\n").hexdigest()
    assert raw.rows_read == 1
    assert isinstance(raw.frame, pd.DataFrame)
