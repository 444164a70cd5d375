"""Numbers, ids and codes: exact, or refused."""

import random
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from workbench.customers.cells import (
    as_cells,
    read_booleans,
    read_codes,
    read_ids,
    read_integers,
    read_numbers,
)


def numbers(*texts, **settings):
    values, bad = read_numbers(pa.array(texts, pa.large_string()), **settings)
    return [None if b else v for v, b in zip(values.tolist(), bad, strict=True)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12,345.67", 12345.67),
        ("1,234,567", 1234567.0),
        ("-12,345", -12345.0),
        ("¥1,200.50", 1200.5),
        ("￥３００", 300.0),
        ("1.2万", 12000.0),
        ("3亿元", 3e8),
        ("5 000元", 5000.0),
        ("(1,234.00)", -1234.0),
        ("123-", -123.0),
        ("−7", -7.0),
        ("+7", 7.0),
        ("1.5E+3", 1500.0),
        (".5", 0.5),
        ("12%", 0.12),
        ("1,23", None),
        ("12,34,567", None),
        ("1.234.567", None),
        ("NA", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("0x10", None),
        ("1 2 apples", None),
        ("#N/A", None),
    ],
)
def test_a_number(text, value):
    assert numbers(text) == [value]
    # The same beside cells that take the other ways through the reader.
    assert numbers("5", text, "1,000.5", "#REF!") == [5.0, value, 1000.5, None]


def test_units_scale_without_a_rounding_step():
    rng = random.Random(3)
    texts = [f"{rng.randint(0, 99999)}.{rng.randint(0, 9999):04d}" for _ in range(2_000)]
    for unit, exponent in [("wan_yuan", 4), ("fen", -2), ("yi_yuan", 8), ("percent", -2)]:
        assert numbers(*texts, unit=unit) == [float(Decimal(t).scaleb(exponent)) for t in texts]


def test_a_cell_with_its_own_unit_is_not_scaled_twice():
    assert numbers("1.2万", "1.2", "3%", unit="wan_yuan") == [12000.0, 12000.0, 0.03]


def test_decimal_comma():
    assert numbers("1.234,5", "7", "1,5", decimal=",") == [1234.5, 7.0, 1.5]


def test_missing_is_not_bad():
    values, bad = read_numbers(as_cells(pd.Series(["", " ", "n/a", "1"]), ("n/a",)))
    assert values.isna().tolist() == [True, True, True, False]
    assert not bad.any()


def test_integers():
    values, bad = read_integers(pa.array(["1,000", "2.0", "2.5", None, "9007199254740993"]))
    assert values.tolist() == [1000, 2, pd.NA, pd.NA, pd.NA]
    assert bad.tolist() == [False, False, True, False, True]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("0012", "0000000012"),
        ("12.0", "0000000012"),
        ("C12", "0000000012"),
        ("c12", "0000000012"),
        ("１２", "0000000012"),
        ("110101199003071234", "110101199003071234"),
        ("AB12", "AB12"),
        ("12E4", "12E4"),
        ("1.1E+17", None),
        ("1e+17", None),
        ("#N/A", None),
    ],
)
def test_an_id(text, known):
    values, bad = read_ids(pa.array([text]), strip="C", pad=10)
    assert values.fillna("?").tolist() == [known or "?"]
    assert bad.tolist() == [known is None]


def test_booleans_and_codes():
    values, bad = read_booleans(pa.array(["Y", "n", "是", "否", "TRUE", "0", None, "?"]))
    assert values.tolist() == [True, False, True, False, True, False, pd.NA, pd.NA]
    assert np.flatnonzero(bad).tolist() == [7]
    texts, bad = read_codes(pa.array(["1", "2", "0", None, "9"]), {"1": "M", "2": "F", "0": ""})
    assert texts.fillna("").tolist() == ["M", "F", "", "", ""]
    assert np.flatnonzero(bad).tolist() == [4]


def test_cells_lose_what_surrounds_them():
    cells = as_cells(pd.Series(["\u3000 张 三\u00a0", "\ufeff1", "NA"]))
    assert cells.to_pylist() == ["张 三", "1", "NA"]
