"""Folders, mappings that are found, and the three real files."""

import datetime as dt
import hashlib
from pathlib import Path

import pandas as pd
import pytest

from workbench.customers import (
    Section,
    build_portrait,
    find_mapping,
    import_folder,
    parse_mapping,
    read_mapping,
    read_rows,
    read_table,
)
from workbench.customers.files import packaged_mappings
from workbench.engine import Engine
from workbench.errors import ImportProblem
from workbench.tables import CAMPAIGN_HISTORY, CUSTOMERS, PORTRAIT

MAPPING = """
[[file]]
pattern = "crm/*.csv"
table = "customers"
merge = "add"
[file.columns]
customer_id = { from = "id", pad = 4 }
name = "name"

[[file]]
pattern = "core/customers*.csv"
table = "customers"
[file.columns]
customer_id = { from = "id", pad = 4 }
kind = { constant = "retail" }

[[file]]
pattern = "core/holdings.csv"
table = "holdings"
optional = true
[file.columns]
customer_id = "id"
product = "p"
as_of = "d"
balance = "b"
"""


@pytest.fixture
def bank(tmp_path):
    for name, text in {
        "mapping.toml": MAPPING,
        "core/customers-001.csv": "id\n1\n2\n",
        "core/customers-002.csv": "id\n3\n2\n",
        "core/branches.csv": "b\n1\n",
        "crm/people.csv": "id,name\n1,A\n9,B\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_folder(bank):
    told = []
    result = import_folder(bank, progress=lambda share, key: told.append((share, key)))
    assert result.files["file"].tolist() == [
        "core/customers-001.csv",
        "core/customers-002.csv",
        "crm/people.csv",
    ]
    assert result.files["rows_loaded"].tolist() == [2, 1, 1]
    assert result.tables["customers"]["name"].fillna("-").tolist() == ["A", "-", "-"]
    sha = hashlib.sha256((bank / "crm/people.csv").read_bytes()).hexdigest()
    assert result.files["sha256"].iloc[-1] == sha
    assert ("core/branches.csv", "unread_file") in result.notes[["file", "kind"]].apply(
        tuple, axis=1
    ).tolist()
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1


def test_one_file_of_a_folder(bank):
    result = import_folder(bank / "core" / "customers-001.csv", parse_mapping(MAPPING.replace("core/", "")))
    assert result.files["file"].tolist() == ["customers-001.csv"]


def test_a_file_that_the_mapping_names_is_not_there(bank):
    (bank / "crm/people.csv").unlink()
    with pytest.raises(
        ImportProblem, match=r'No file fits "crm/\*.csv".*Found there: core/branches.csv, core/cust'
    ):
        import_folder(bank)


def test_what_is_not_there_says_so(tmp_path):
    with pytest.raises(ImportProblem, match="There is no file"):
        import_folder(tmp_path / "nothing")
    with pytest.raises(ImportProblem, match="There is no file"):
        read_rows(tmp_path / "a.csv", Section("a.csv", "customers"))
    (tmp_path / "people.csv").write_text("x,y\n1,2\n")
    with pytest.raises(ImportProblem, match="There is no mapping for"):
        find_mapping(tmp_path)
    with pytest.raises(ImportProblem, match="can't be opened"):
        read_rows(tmp_path, Section("a.csv", "customers"))


def test_sheets_by_a_glob(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, number in (("Part 1", 1), ("Part 2", 2), ("Legend", 3)):
        sheet = book.create_sheet(name)
        sheet.append(["id"])
        sheet.append([number])
    book.save(tmp_path / "people.xlsx")
    mapping = parse_mapping(
        '[[file]]\npattern="*.xlsx"\ntable="customers"\nsheet="Part *"\n'
        '[file.columns]\ncustomer_id="id"\nkind={constant="retail"}\n'
    )
    result = import_folder(tmp_path, mapping)
    assert result.files["file"].tolist() == ["people.xlsx#Part 1", "people.xlsx#Part 2"]
    assert result.tables["customers"]["customer_id"].tolist() == ["1", "2"]


def test_packaged_mappings_are_known_by_the_header_whatever_the_file_is_called(tmp_path):
    header = ";".join(
        f'"{name}"' for name in next(m for m in packaged_mappings() if "bank" in m.name).recognise
    )
    path = tmp_path / "bank-full [1].csv"
    path.write_text(header + "\n" + ";".join(['"1"'] * 17) + "\n")
    mapping = find_mapping(path)
    assert mapping.name == "bank-marketing.toml"
    assert find_mapping(tmp_path) == mapping
    # Its text says the same, for who keeps it beside the file.
    assert parse_mapping(mapping.text, mapping.name).sections == mapping.sections
    assert import_folder(path).files["rows_read"].tolist() == [1, 1]


def test_read_table_guesses_or_refuses(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text("arm,visit,spend,code,on\nA,1,0.5,007,2026-01-01\nA,1,0.5,007,2026-01-01\n")
    frame = read_table(path)
    assert frame.dtypes.astype(str).tolist() == ["str", "int64", "float64", "str", "datetime64[us]"]
    assert len(frame) == 2  # rows of an experiment may look alike
    path.write_text("arm,visit\nA,1\nB\n")
    with pytest.raises(ImportProblem, match=r"1 rows of visits.csv can't be read; the first is line 3"):
        read_table(path)


def test_the_sample_banks_mapping_is_sound():
    mapping = read_mapping(Path(__file__).parents[2] / "workbench" / "sample_bank" / "mapping.toml")
    tables = [section.table for section in mapping.sections]
    assert set(tables) == {
        "customers",
        "holdings",
        "transactions",
        "links",
        "events",
        "campaign_history",
        "feedback",
    }


def test_the_sample_bank_imports(tmp_path):
    """Every planted mess is found again, and everybody is there."""
    import json

    import workbench as wb

    folder = tmp_path / "bank"
    wb.create_sample_bank(folder, customers=300, months=12)
    result = import_folder(folder)
    files = result.files.set_index("file")
    assert (files["rows_read"] == files["rows_loaded"] + files["rows_quarantined"]).all()
    planted = json.loads((folder / "truth" / "manifest.json").read_text(encoding="utf-8"))["files"]
    found = result.quarantine.groupby(["file", "cause"]).size()
    for name, facts in planted.items():
        assert files.loc[name, "rows_read"] == facts["rows"], name
        mess = facts["mess"]
        expected = {
            "missing_id": mess.get("rows_without_id", 0),
            "repeated_key": mess.get("rows_older", 0),
            "bad_number": mess.get("balances_unreadable", 0),
            "orphan": mess.get("rows_of_strangers", 0),
            "repeated_row": mess.get("rows_repeated", 0),
        }
        for cause, n in expected.items():
            assert found.get((name, cause), 0) == n, (name, cause)
    customers = CUSTOMERS.check(result.tables["customers"])
    assert len(customers) == 300
    assert customers["customer_id"].str.fullmatch(r"\d{10}").all()


@pytest.mark.cases
def test_bank_marketing(cases):
    result = import_folder(cases / "bank-marketing.csv")
    assert result.files["rows_loaded"].tolist() == [45_211, 45_211]
    assert len(result.quarantine) == 0
    history = CAMPAIGN_HISTORY.check(result.tables["campaign_history"])
    assert int(history["responded"].sum()) == 5_289
    assert history["contacted_at"].min() == pd.Timestamp("2008-05-05")
    assert history["contacted_at"].max() == pd.Timestamp("2010-11-17")
    months = history["contacted_at"].dt.to_period("M")
    assert months.is_monotonic_increasing
    assert (months.dt.year.value_counts().sort_index() > 0).tolist() == [True] * 3
    assert result.after_contact == ("campaign_history.duration", "campaign_history.contacts")
    customers = CUSTOMERS.check(result.tables["customers"])
    assert customers["customer_id"].tolist() == history["customer_id"].tolist()
    assert customers["balance_total"].sum() == 61_589_682
    assert "duration" not in customers


@pytest.mark.cases
def test_bank_marketing_has_a_portrait(cases, tmp_path):
    result = import_folder(cases / "bank-marketing.csv")
    result.tables["customers"].to_parquet(tmp_path / "customers.parquet")
    with Engine(threads=1) as engine:
        customers = engine.table("customers", tmp_path / "customers.parquet")
        portrait = engine.frame(build_portrait({"customers": customers}, dt.date(2010, 11, 30)))
    PORTRAIT.check(portrait)
    assert len(portrait) == 45_211
    assert portrait["balance_total"].sum() == 61_589_682
    assert {"age", "occupation", "tier", "housing", "marital", "poutcome"} <= set(portrait)
    assert not {"tenure", "lifecycle_stage", "recency"} & set(portrait)


@pytest.mark.cases
def test_card_customers_as_found(cases):
    result = import_folder(cases / "card-customers.csv")
    counts = result.files[["rows_read", "rows_loaded", "rows_quarantined"]].iloc[0].tolist()
    assert counts == [10_127, 10_127, 0]
    customers = CUSTOMERS.check(result.tables["customers"])
    assert int(customers["attrited"].sum()) == 1_627
    assert customers["customer_id"].iloc[0] == "768805383"
    assert not any(name.startswith("(column") for name in customers)
    # Nothing of the file is left behind but its nameless column.
    assert result.notes["kind"].tolist() == ["nameless_column"]


@pytest.mark.cases
def test_hillstrom(cases):
    frame = read_table(cases / "hillstrom.csv")
    assert frame.shape == (64_000, 12)
    by_arm = frame.groupby("segment")[["visit", "conversion", "spend"]].mean()
    assert by_arm.loc["Mens E-Mail"].round(6).tolist() == [0.182757, 0.012531, 1.422617]
    assert by_arm.loc["No E-Mail"].round(6).tolist() == [0.106167, 0.005726, 0.652789]
    own = import_folder(cases / "hillstrom.csv").tables["hillstrom"]
    assert own["customer_id"].is_unique
    pd.testing.assert_frame_equal(
        own.drop(columns="customer_id"), frame, check_dtype=False, check_column_type=False
    )
    assert read_table(cases / "hillstrom.csv", find_mapping(cases / "hillstrom.csv"))["customer_id"].is_unique


def test_importing_the_room_imports_no_engine():
    import subprocess
    import sys

    loaded = "[m for m in ('ibis', 'duckdb', 'openpyxl') if m in sys.modules]"
    code = f"import sys, workbench.customers; print({loaded})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
