import csv
import io

import numpy as np
import pyarrow as pa
import pytest

from workbench.sample_bank import written


def read(text: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.decode(), newline="")))


def test_money_equals_python_formatting():
    rng = np.random.default_rng(0)
    amounts = np.round(10 ** rng.uniform(-2, 11, 3_000), 2)
    amounts = np.concatenate([amounts, [0.0, 0.01, 0.99, 1.0, 999.99, 1000.0, 999_999.99, 1_000_000.0]])
    cells = [
        row[0] for row in read(written.lines({"a": written.money(amounts), "b": written.plain(amounts)}))
    ]
    assert cells == [f"{amount:,.2f}" for amount in amounts]


def test_fixed_and_plain_keep_the_sign():
    amounts = np.array([-1234.5, -0.01, 0.0, 7.25])
    assert written.fixed(amounts).to_pylist() == [f"{a:.2f}" for a in amounts]
    assert written.plain(np.array([-3, 0, 12])).to_pylist() == ["-3", "0", "12"]


def test_padded_has_leading_zeros():
    assert written.padded(np.array([1, 12_345]), 10).to_pylist() == ["0000000001", "0000012345"]
    assert written.padded(np.array([7]), 3, "T").to_pylist() == ["T007"]


@pytest.mark.parametrize("n", [10, 30_000])
def test_moments_equal_numpy(n):
    rng = np.random.default_rng(1)
    moments = np.datetime64("2024-02-28T00:00:00", "s") + rng.integers(0, 10**8, n).astype("timedelta64[s]")
    moments[3] = np.datetime64("NaT")
    expected = ["" if np.isnat(m) else str(m).replace("T", " ") for m in moments]
    assert written.moments(moments).to_pylist() == expected


def test_days_without_any_are_empty():
    assert written.days(np.array(["NaT"], "datetime64[D]")).to_pylist() == [""]


def test_texts_survive_a_csv_reader():
    hard = ["", "plain", "a,b", 'say "hi"', "two\nlines", "=1+1", "中文，逗号"]
    back = read(written.lines({"n": written.plain(np.arange(len(hard))), "text": written.texts(hard)}))
    assert [row[1] for row in back] == hard


def test_lines_of_no_rows_are_no_bytes():
    assert written.lines({"a": pa.array([], pa.string())}) == b""


def test_replaced_changes_only_the_rows_named():
    column = written.replaced(pa.array(["a", "b", "c"]), np.array([1]), "#N/A")
    assert column.to_pylist() == ["a", "#N/A", "c"]
