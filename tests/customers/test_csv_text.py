"""Separated text as it really comes: nothing is lost, every line has its number."""

import csv
import io
import random

import pytest

from workbench.customers import csv_text
from workbench.customers.csv_text import decode, parse_csv
from workbench.errors import ImportProblem


def rows(sheet):
    return sheet.frame.to_numpy().tolist()


def test_text_stays_text():
    sheet = parse_csv(b"id,name,long\n0012,NA,110101199003071234\n007,null,1e5\n")
    assert rows(sheet) == [["0012", "NA", "110101199003071234"], ["007", "null", "1e5"]]
    assert list(sheet.lines) == [2, 3]


def test_one_field_too_many_or_too_few_is_rejected_with_its_line():
    sheet = parse_csv(b"a,b\n1,2\n1,2,3\n4\n5,6\n")
    assert rows(sheet) == [["1", "2"], ["5", "6"]]
    assert [(r.line, r.cause, r.value) for r in sheet.rejected] == [
        (3, "too_many_fields", "3"),
        (4, "too_few_fields", "1"),
    ]
    assert sheet.rejected[0].row == '{"a": "1", "b": "2", "(field 3)": "3"}'


def test_one_filled_field_too_many_in_every_row_shifts_nothing():
    sheet = parse_csv(b"a,b\n1,2,3\n4,5,6\n")
    assert rows(sheet) == []
    assert [r.cause for r in sheet.rejected] == ["too_many_fields"] * 2


def test_a_trailing_separator_in_every_row_is_a_habit():
    sheet = parse_csv(b"a,b\n1,2,\n3,4,\n")
    assert rows(sheet) == [["1", "2"], ["3", "4"]]
    assert [note.kind for note in sheet.notes] == ["trailing_separator"]


def test_a_trailing_separator_in_some_rows_is_not():
    sheet = parse_csv(b"a,b\n1,2\n3,4,\n")
    assert rows(sheet) == [["1", "2"]]
    assert [r.line for r in sheet.rejected] == [3]


def test_doubled_carriage_returns_and_a_nameless_last_column():
    sheet = parse_csv(b"id,x,\r\r\n1,a,\r\r\n2,b,\r\r\n")
    assert list(sheet.frame.columns) == ["id", "x"]
    assert rows(sheet) == [["1", "a"], ["2", "b"]]
    assert list(sheet.lines) == [2, 3]
    assert sheet.notes[-1].kind == "nameless_column"


def test_a_header_ending_in_a_separator_with_rows_that_do_not():
    assert rows(parse_csv(b"id,x,\n1,a\n2,b\n")) == [["1", "a"], ["2", "b"]]


def test_a_nameless_column_with_values_is_kept():
    sheet = parse_csv(b"id,\n1,x\n2,\n")
    assert list(sheet.frame.columns) == ["id", "(column 2)"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_line_ends(end):
    sheet = parse_csv(end.join(["a,b", "1,2", "", "3,4", ""]).encode())
    assert rows(sheet) == [["1", "2"], ["3", "4"]]
    assert list(sheet.lines) == [2, 4]


def test_byte_order_mark_and_a_quoted_first_name():
    assert list(parse_csv('\ufeff"id",名\n1,2\n'.encode()).frame.columns) == ["id", "名"]
    assert list(parse_csv("\ufeffid\tx\n1\t2\n".encode("utf-16")).frame.columns) == ["id", "x"]


def test_gb18030_is_found_out():
    sheet = parse_csv("客户号,姓名\n0012,欧阳娜娜\n".encode("gb18030"))
    assert sheet.frame.to_dict("records") == [{"客户号": "0012", "姓名": "欧阳娜娜"}]
    assert parse_csv("客户号\n1\n".encode("gb18030"), encoding="gb18030").frame.columns[0] == "客户号"


def test_undecodable_rows_are_rejected_alone():
    data = "id,名\n1,好\n".encode() + b"2,\xff\xfe\n" + "3,坏\n".encode()
    sheet = parse_csv(data)
    assert rows(sheet) == [["1", "好"], ["3", "坏"]]
    assert [(r.line, r.cause) for r in sheet.rejected] == [(3, "undecodable")]
    assert "\\xff" in sheet.rejected[0].row


def test_the_wrong_encoding_does_not_lose_rows():
    data = "id,name\n1,好人\n2,x\n".encode("gb18030")
    sheet = parse_csv(data, encoding="utf-8")
    assert rows(sheet) == [["2", "x"]]
    assert [r.cause for r in sheet.rejected] == ["undecodable"]
    with pytest.raises(ImportProblem, match="not utf-8 text"):
        parse_csv("客户号\n1\n".encode("gb18030"), encoding="utf-8")


def test_quotes_and_line_breaks_keep_the_lines_right():
    data = b'id,text\n1,"two\nlines"\n2,"a ""b"", c"\n3,"\n\n"\n4,x,y\n'
    sheet = parse_csv(data)
    assert rows(sheet) == [["1", "two\nlines"], ["2", 'a "b", c'], ["3", "\n\n"]]
    assert list(sheet.lines) == [2, 4, 5]
    assert sheet.rejected[0].line == 8


def test_an_open_quote_does_not_swallow_the_file():
    data = b'id,text\n1,a\n2,"open\n' + b"".join(b"%d,x\n" % i for i in range(3, 600))
    sheet = parse_csv(data)
    assert len(sheet.frame) == 598
    assert [(r.line, r.cause) for r in sheet.rejected] == [(3, "unclosed_quote")]


def test_an_open_quote_in_the_last_line():
    sheet = parse_csv(b'id,text\n1,a\n2,"open')
    assert rows(sheet) == [["1", "a"]]
    assert [r.cause for r in sheet.rejected] == ["unclosed_quote"]


def test_duplicated_header_names():
    sheet = parse_csv(b"id,x,x\n1,2,3\n")
    assert list(sheet.frame.columns) == ["id", "x", "x (2)"]
    assert sheet.notes[0].values == {"column": "x", "renamed": "x (2)"}


def test_header_only_and_nothing_at_all():
    sheet = parse_csv(b"id,name\n")
    assert list(sheet.frame.columns) == ["id", "name"]
    assert len(sheet.frame) == 0
    assert sheet.rejected == ()
    with pytest.raises(ImportProblem, match="no header"):
        parse_csv(b"\n\n")


def test_lines_above_the_header():
    sheet = parse_csv(b"Report of 2026\n\nid,x\n1,2\n", skip=1)
    assert rows(sheet) == [["1", "2"]]
    assert list(sheet.lines) == [4]


@pytest.mark.parametrize("mark", [";", "\t", "|", ","])
def test_delimiter_is_found_out(mark):
    assert rows(parse_csv(f'"a, b; c"{mark}d\n1{mark}2\n'.encode())) == [["1", "2"]]


def test_a_single_column():
    assert rows(parse_csv(b"id\n1\n\n2\n")) == [["1"], ["2"]]


def carefully(lines, names):
    """Read record by record, without Arrow."""
    work = csv_text._Irregular(names, 2, False)
    for start, fields, is_open, _ in csv_text._records(lines, ",", work.wanted, 0, len(lines)):
        work.add(start, fields, is_open)
    work.close_piece()
    return work.sheet()


def test_both_readers_read_the_same():
    """The fast reader and the careful one agree on whatever the fast one takes."""
    rng = random.Random(7)
    pieces = ['"', '""', "a", "é", "1", " ", "x", ""]
    taken = 0
    for _ in range(1_000):
        width = rng.choice([2, 3])
        lines = [
            ",".join("".join(rng.choices(pieces, k=rng.randint(0, 4))) for _ in range(width))
            for _ in range(rng.randint(1, 5))
        ]
        names = ["a", "b", "c"][:width]
        fast = csv_text._read_regular(lines, names, ",", 2)
        if fast is None:
            continue
        taken += 1
        careful = carefully(lines, names)
        assert careful.rejected == (), lines
        assert fast.frame.equals(careful.frame), lines
        assert list(fast.lines) == list(careful.lines), lines
    assert taken > 150


@pytest.mark.parametrize("stretch", [1, 2, 3, 7])
def test_stretches_do_not_show(monkeypatch, stretch):
    """Wherever a stretch ends, in a cell of several lines or behind an open quote, rows are the same."""
    rng = random.Random(stretch)
    pieces = ["1,2", '"a\nb",3', '"x', "4", "", '5,"6\n\n7"', "8,9,", '"",""']
    for _ in range(100):
        data = ("a,b\n" + "\n".join(rng.choices(pieces, k=12)) + "\n").encode()
        monkeypatch.setattr(csv_text, "_STRETCH", 1_000)
        whole = parse_csv(data)
        monkeypatch.setattr(csv_text, "_STRETCH", stretch)
        parts = parse_csv(data)
        assert whole.frame.equals(parts.frame), data
        assert list(whole.lines) == list(parts.lines), data
        assert whole.rejected == parts.rejected, data


def test_what_python_writes_is_read_back():
    """Any cells, written by the csv module, come back as they were."""
    rng = random.Random(11)
    alphabet = ["a", "0", ",", '"', "\n", ";", "客", " ", "NA", "-"]
    for _ in range(400):
        width = rng.randint(2, 4)
        cells = [
            ["".join(rng.choices(alphabet, k=rng.randint(0, 5))) for _ in range(width)]
            for _ in range(rng.randint(1, 8))
        ]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
        writer.writerow([f"c{i}" for i in range(width)])
        writer.writerows(cells)
        sheet = parse_csv(out.getvalue().encode("utf-8"), delimiter=",")
        assert rows(sheet) == cells
        assert sheet.rejected == ()


def test_decode_names_the_encoding():
    assert decode(b"plain")[1] == "utf-8"
    assert decode(b"\xef\xbb\xbfid", "gb18030") == ("id", "utf-8")
