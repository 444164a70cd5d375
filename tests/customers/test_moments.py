"""Dates: read one way only, or refused."""

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

from workbench.customers.moments import format_pattern, read_moments, read_without_year


def moments(*texts, **settings):
    values, bad = read_moments(pa.array(texts, pa.large_string()), **settings)
    assert values.dtype == "datetime64[us]"
    return [None if b else str(v) for v, b in zip(values, bad, strict=True)]


@pytest.mark.parametrize(
    "text", ["2026-09-30", "2026/9/30", "20260930", "2026.09.30", "2026年9月30日", "2026-09-30 00:00:00"]
)
def test_the_year_first(text):
    assert moments(text) == ["2026-09-30 00:00:00"]


@pytest.mark.parametrize(
    "text",
    ["30/09/2026", "09/30/2026", "2026-13-01", "2026-02-30", "202609", "2026101", "soon", "0000-00-00"],
)
def test_what_is_no_date_without_a_format(text):
    assert moments(text) == [None]
    assert moments("2026-01-01", text) == ["2026-01-01 00:00:00", None]


def test_a_format_decides():
    assert moments("03/04/2026", formats=("%d/%m/%Y",)) == ["2026-04-03 00:00:00"]
    assert moments("2026-04-03", formats=("%d/%m/%Y",)) == [None]
    assert moments("2019-09", formats=("%Y-%m",)) == ["2019-09-01 00:00:00"]


def test_time_of_day_and_offsets():
    assert moments("2026-09-30 08:15:00.250") == ["2026-09-30 08:15:00.250000"]
    assert moments("2026-09-30T08:15:00+08:00") == ["2026-09-30 00:15:00"]
    assert moments("2026-09-30 08:15:00", day_only=True) == ["2026-09-30 00:00:00"]
    assert moments("9999-12-31") == ["9999-12-31 00:00:00"]


def test_excel_serial_days():
    for serial, day in [
        ("1", "1900-01-01"),
        ("59", "1900-02-28"),
        ("61", "1900-03-01"),
        ("46295", "2026-09-30"),
    ]:
        assert moments(serial, formats=("excel",)) == [f"{day} 00:00:00"]
    assert moments("46295.75", formats=("excel",)) == ["2026-09-30 18:00:00"]
    assert moments("60", "0", "-3", "1e9", "99999999", formats=("excel",)) == [None] * 5


def test_missing_is_not_bad():
    values, bad = read_moments(pa.array([None, "2026-01-01"], pa.large_string()))
    assert values.isna().tolist() == [True, False]
    assert not bad.any()


def test_all_missing():
    values, bad = read_moments(pa.nulls(3, pa.large_string()))
    assert values.isna().all()
    assert not bad.any()


def test_the_year_follows_from_the_order():
    texts = pa.array(["5 nov", "1 dec", "2 jan", "31 dec", "3 jan", "29 feb", None, "x", "1 mar"])
    values, bad = read_without_year(texts, formats=("%d %b",), first_year=2007)
    days = [None if pd.isna(v) else v.date() for v in values]
    assert days == [
        dt.date(2007, 11, 5),
        dt.date(2007, 12, 1),
        dt.date(2008, 1, 2),
        dt.date(2007, 12, 31),
        dt.date(2008, 1, 3),
        dt.date(2008, 2, 29),
        None,
        None,
        dt.date(2008, 3, 1),
    ]
    assert bad.tolist() == [False] * 7 + [True, False]


def test_patterns_are_strict_only_where_parts_touch():
    assert format_pattern("%d.%m.%Y") == r"^\d{1,2}\.\d{1,2}\.\d{4}$"
    assert format_pattern("%Y%m%d%H%M%S") == r"^\d{4}" + r"\d{2}" * 5 + "$"
