"""The engine's seam: tables in, frames and files out, limits kept."""

import subprocess
import sys

import pandas as pd
import pytest

from workbench.engine import Engine
from workbench.engine.seam import canonical_dtypes
from workbench.errors import MachineProblem, NotFound, ParameterProblem


@pytest.fixture
def parts(tmp_path):
    frame = pd.DataFrame(
        {
            "customer_id": ["0012", "0007", "0001"],
            "amount": [1.5, None, 3.0],
            "on": pd.to_datetime(["2026-01-01", None, "2026-01-03"]).astype("datetime64[us]"),
            "yes": pd.array([True, None, False], dtype="boolean"),
        }
    )
    frame.iloc[:2].to_parquet(tmp_path / "a-1.parquet")
    frame.iloc[2:].to_parquet(tmp_path / "a-2.parquet")
    return frame, [tmp_path / "a-1.parquet", tmp_path / "a-2.parquet"]


def test_parts_come_back_as_one_frame(parts):
    frame, paths = parts
    with Engine(threads=1) as engine:
        found = engine.frame(engine.table("a", paths).order_by(["on"]))
    expected = frame.sort_values("on").reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected)


def test_write_goes_to_a_file(parts, tmp_path):
    _, paths = parts
    with Engine(threads=1) as engine:
        table = engine.table("a", paths)
        path = engine.write(table.filter(table.amount > 1).order_by("customer_id"), tmp_path / "out.parquet")
    assert pd.read_parquet(path)["customer_id"].tolist() == ["0001", "0012"]


def test_limits_are_set():
    with Engine(memory=512, threads=1) as engine:
        limits = engine.backend.raw_sql(
            "SELECT current_setting('memory_limit'), current_setting('threads')"
        ).fetchone()
    assert limits[0].startswith("512")
    assert limits[1] == 1


@pytest.mark.parametrize("limits", [{"memory": 10}, {"threads": 0}])
def test_limits_that_are_too_small(limits):
    with pytest.raises(ParameterProblem, match="at least"):
        Engine(**limits)


def test_an_engine_that_is_not_there():
    with pytest.raises((MachineProblem, ParameterProblem)):
        Engine("klingon://").backend.list_tables()
    with pytest.raises(MachineProblem, match="pyspark is not installed"):
        Engine("pyspark://").backend.list_tables()


def test_a_file_that_is_not_there(tmp_path):
    with Engine() as engine, pytest.raises(NotFound, match=r"x.parquet of the table people"):
        engine.table("people", [tmp_path / "x.parquet"])
    with Engine() as engine, pytest.raises(NotFound):
        engine.table("people", [])


def test_closing_twice_and_opening_again(parts):
    _, paths = parts
    engine = Engine(threads=1)
    engine.table("a", paths)
    engine.close()
    engine.close()
    assert len(engine.frame(engine.table("a", paths))) == 3
    engine.close()


def test_importing_the_seam_imports_no_engine():
    code = (
        "import sys, workbench.engine; print([m for m in ('ibis', 'duckdb', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_canonical_dtypes_of_an_empty_column():
    frame = canonical_dtypes(pd.DataFrame({"a": pd.Series([None, None], dtype=object)}))
    assert frame["a"].dtype == "str"
