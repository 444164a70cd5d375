"""A large file read part by part holds the same rows, with the same lines, as read at once."""

from __future__ import annotations

import io
import itertools

import pandas as pd
import pytest

from workbench.customers import Section
from workbench.customers.content import raw_rows
from workbench.customers.files import read_parts, read_rows
from workbench.customers.json_lines import parse_json_lines
from workbench.customers.parts import rows_in_parts
from workbench.errors import ImportProblem

MESSY = (
    'id,name,note\r\n1,李,"two\nlines"\r\n2,王,plain\r\n\r\n3,赵,"a ""quoted"" word"\r\n4,钱\r\n'
    '5,孙,5" pipe\r\n6,周,"open\r\n7,吴,end\r\n8,郑,last\r\n'
)


def whole(parts):
    parts = [rows for _, rows in parts]
    frame = pd.concat([rows.frame for rows in parts], ignore_index=True)
    lines = [int(n) for rows in parts for n in rows.lines]
    rejected = [(row.line, row.cause) for rows in parts for row in rows.rejected]
    return frame, lines, sorted(rejected), parts


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("size", [7, 60, 10_000])
def test_parts_of_a_text_are_its_rows(encoding: str, size: int) -> None:
    # Parts so small that they cut everywhere; a mark that nobody closed is the reader's own business.
    text = MESSY.replace('"open', "open").replace('5" pipe', "5 pipe")
    data = text.encode(encoding)
    section = Section("a.csv", "people", own=True)
    at_once = raw_rows(data, "a.csv", section)
    frame, lines, rejected, parts = whole(rows_in_parts(io.BytesIO(data), "a.csv", section, size))
    assert frame.to_dict("records") == at_once.frame.to_dict("records")
    assert lines == at_once.lines.tolist()
    assert rejected == [(row.line, row.cause) for row in at_once.rejected]
    assert {rows.sha256 for rows in parts} == {at_once.sha256}
    assert encoding == "utf-16" or size == 10_000 or len(parts) > 1


def test_a_stray_mark_costs_its_own_line_alone() -> None:
    data = MESSY.encode("gb18030")
    section = Section("a.csv", "people", own=True)
    frame, lines, rejected, _ = whole(rows_in_parts(io.BytesIO(data), "a.csv", section, 40))
    assert rejected == [(7, "too_few_fields"), (9, "unclosed_quote")]
    assert lines == [2, 4, 6, 8, 10, 11]
    assert frame["name"].tolist() == ["李", "王", "赵", "孙", "吴", "郑"]


def test_lines_above_the_header_are_counted_once(tmp_path) -> None:
    text = "Export of today\n\nid;name\n" + "".join(f"{n};x{n}\n" for n in range(20))
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8-sig")
    section = Section("a.csv", "people", own=True, skip=1)
    at_once = read_rows(path, section)
    for size in (30, 60):
        frame, lines, _, _ = whole(rows_in_parts(io.BytesIO(path.read_bytes()), "a.csv", section, size))
        assert frame.to_dict("records") == at_once.frame.to_dict("records")
        assert lines == at_once.lines.tolist()
    shares = [share for share, _ in read_parts(path, section)]
    assert shares == [1.0]


def test_json_lines_give_text_and_keep_every_digit() -> None:
    data = b'\xef\xbb\xbf{"id": 110101199003071234, "x": {"a": 1}}\n{"id": null, "y": "\xe6\x9d\x8e"}\nno\n'
    section = Section("a.jsonl", "people", own=True)
    at_once = raw_rows(data, "a.jsonl", section)
    assert at_once.frame["id"].tolist() == ["110101199003071234", ""]
    assert at_once.frame["x"].tolist() == ['{"a": "1"}', ""]
    frame, lines, rejected, _ = whole(rows_in_parts(io.BytesIO(data), "a.jsonl", section, 5))
    assert lines == [1, 2]
    assert rejected == [(3, "bad_json")]
    assert frame["y"].tolist()[1] == "李"
    with pytest.raises(ImportProblem, match="no JSON object"):
        parse_json_lines(b"[1]\n", file="a.jsonl")


@pytest.mark.parametrize("ending", ["xlsx", "parquet"])
def test_parts_of_a_workbook_and_of_columns(ending: str, tmp_path, monkeypatch) -> None:
    path = tmp_path / f"a.{ending}"
    frame = pd.DataFrame({"id": ["001", "002", "003"], "amount": [1.5, 2.0, None]})
    if ending == "xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_parquet(path, index=False)
    monkeypatch.setattr("workbench.customers.parts.PART_ROWS", 2)
    section = Section(path.name, "people", own=True)
    at_once = read_rows(path, section)
    read, lines, _, parts = whole(read_parts(path, section))
    assert [len(rows.frame) for rows in parts] == [2, 1]
    assert read.to_dict("records") == at_once.frame.to_dict("records")
    assert lines == at_once.lines.tolist() == [2, 3, 4]


def test_what_can_not_be_read_is_refused(tmp_path) -> None:
    section = Section("a.csv", "people", own=True)
    with pytest.raises(ImportProblem, match="no file"):
        next(read_parts(tmp_path / "a.csv", section))
    for data, sentence in ((b"", "empty"), (b"<html>", "web page"), (b"PAR1....", "Parquet")):
        with pytest.raises(ImportProblem, match=sentence):
            list(rows_in_parts(io.BytesIO(data), "a.csv", section))
    told = list(itertools.islice(rows_in_parts(io.BytesIO(b"id\n1\n"), "a.xlsx", section), 1))
    assert [note.kind for note in told[0][1].notes] == ["other_ending"]
