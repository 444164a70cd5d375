import hashlib
import json
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from workbench.errors import NotFound, ParameterProblem
from workbench.sample_bank import create_sample_bank, files, simulate_outcomes


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return create_sample_bank(tmp_path_factory.mktemp("bank") / "new", customers=1_500)


@pytest.fixture
def small_parts(monkeypatch):
    """Let 600 customers be a large bank: three blocks, two parts, no Excel."""
    monkeypatch.setattr(files, "BLOCK", 200)
    monkeypatch.setattr(files, "PART", 400)
    monkeypatch.setattr(files, "EXCEL_LIMIT", 500)


def rows_of(path: Path) -> int:
    if path.suffix == ".parquet":
        return pq.read_metadata(path).num_rows
    if path.suffix == ".xlsx":
        return openpyxl.load_workbook(path).active.max_row - 1
    code = "gb18030" if "campaign" in path.name else "utf-8-sig"
    return len(pd.read_csv(path, dtype=str, encoding=code, keep_default_na=False))


def test_same_seed_same_bytes(folder, tmp_path):
    again = create_sample_bank(tmp_path / "again", customers=1_500)
    assert hashes(again) == hashes(folder)
    assert len(hashes(folder)) >= 13


def test_another_seed_gives_other_bytes(folder, tmp_path):
    other = hashes(create_sample_bank(tmp_path / "other", customers=1_500, random_state=8))
    same = hashes(folder)
    assert {name for name in other if other[name] == same[name]} <= {"truth/effects.parquet", "mapping.toml"}


def test_the_manifest_counts_what_is_in_the_files(folder):
    manifest = json.loads((folder / "truth/manifest.json").read_text(encoding="utf-8"))
    assert manifest["customers"] == 1_500
    assert manifest["random_state"] == 7
    raw = {name for name in hashes(folder) if not name.startswith(("truth", "mapping"))}
    assert set(manifest["files"]) == raw
    for name, known in manifest["files"].items():
        path = folder / name
        assert rows_of(path) == known["rows"], name
        assert path.stat().st_size == known["bytes"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == known["sha256"]


def test_files_are_written_as_their_systems_do(folder):
    assert (folder / "core_banking/customers.csv").read_bytes().startswith(b"\xef\xbb\xbfCUST_NO,")
    assert not (folder / "surveys/feedback.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    history = (folder / "campaigns/campaign_history.csv").read_bytes()
    assert history.decode("gb18030").startswith("活动,客户号,分组")
    with pytest.raises(UnicodeDecodeError):
        history.decode("utf-8")
    app = pq.read_table(folder / "events/app_events.parquet")
    assert [str(kind) for kind in app.schema.types] == ["int64", "timestamp[ms]", "string", "double"]
    branch = pq.read_table(folder / "events/branch_events.parquet")
    assert str(branch.schema.field("event_code").type) == "int8"


def test_the_crm_sheet_is_text_without_formulas(folder):
    book = openpyxl.load_workbook(folder / "crm/customers.xlsx")
    sheet = book["Customers"]
    assert [cell.value for cell in sheet[1]][:3] == ["Customer ID", "Name", "Mobile"]
    kinds = {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None}
    assert kinds == {"s"}
    assert book.properties.created.year == 2000


def test_truth_knows_every_customer_and_tie(folder):
    truth = pd.read_parquet(folder / "truth/customers.parquet")
    assert len(truth) == 1_500
    assert truth["customer_id"].str.fullmatch(r"\d{10}").all()
    assert truth["customer_id"].is_unique
    links = pd.read_parquet(folder / "truth/links.parquet")
    assert set(links["customer_id"]) | set(links["to_customer_id"]) <= set(truth["customer_id"])
    raw = pd.read_csv(folder / "core_banking/customers.csv", dtype=str, encoding="utf-8-sig")
    assert set(raw["CUST_NO"].dropna()) == set(truth["customer_id"])


def test_a_large_bank_comes_in_parts(small_parts, tmp_path):
    folder = create_sample_bank(tmp_path / "large", customers=600, months=12)
    parts = sorted(path.name for path in (folder / "core_banking").iterdir())
    assert parts == [
        f"{name}-00{part}.csv" for name in ("customers", "holdings", "transactions") for part in (1, 2)
    ]
    assert sorted(path.name for path in (folder / "crm").iterdir()) == [
        "company_links.csv", "customers-001.csv", "customers-002.csv",
    ]  # fmt: skip
    frames = [
        pd.read_csv(path, dtype=str, encoding="utf-8-sig")
        for path in sorted((folder / "core_banking").glob("customers*.csv"))
    ]
    assert list(frames[0]) == list(frames[1])
    assert pd.concat(frames)["CUST_NO"].nunique() == 600
    ids = pd.concat(
        pd.read_csv(path, usecols=["TXN_ID"]).drop_duplicates()
        for path in sorted((folder / "core_banking").glob("transactions*.csv"))
    )
    assert not ids.duplicated().any()
    assert len(pd.read_parquet(folder / "truth/customers.parquet")) == 600


def test_the_mapping_of_the_package_is_copied(folder):
    mapping = Path(files.__file__).with_name("mapping.toml")
    copy = folder / "mapping.toml"
    assert copy.exists() == mapping.exists()
    if mapping.exists():
        assert copy.read_bytes() == mapping.read_bytes()


def test_progress_grows_to_one(small_parts, tmp_path):
    seen: list[float] = []
    create_sample_bank(tmp_path / "bank", customers=600, months=12, progress=seen.append)
    assert seen == sorted(seen)
    assert len(seen) == 4
    assert seen[-1] == 1.0


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"customers": 10}, "200 to"),
        ({"months": 3}, "12 to 60"),
        ({"last_day": "2026-09-29"}, "2026-09-29"),
        ({"last_day": "30.9.2026"}, "30.9.2026"),
    ],
)
def test_impossible_banks_are_refused_before_anything_is_written(tmp_path, arguments, part):
    with pytest.raises(ParameterProblem, match=part):
        create_sample_bank(tmp_path / "bank", **arguments)
    assert not (tmp_path / "bank").exists()


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ParameterProblem, match="holds files already"):
        create_sample_bank(tmp_path, customers=200)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_february_may_be_last(tmp_path):
    folder = create_sample_bank(tmp_path / "bank", customers=200, months=12, last_day="2028-02-29")
    holdings = pd.read_csv(folder / "core_banking/holdings.csv", dtype=str)
    assert holdings["AS_OF"].max() == "20280229"
    assert holdings["AS_OF"].min() == "20270331"


def test_customers_answer_the_same_way_twice(folder):
    truth = pd.read_parquet(folder / "truth/customers.parquet").head(400)
    targets = pd.DataFrame(
        {
            "customer_id": truth["customer_id"],
            "strategy_id": np.where(np.arange(400) % 2, "S1", "S2"),
            "segment": "A",
            "score": 0.5,
            "rank": np.arange(1, 401),
            "arm": np.where(np.arange(400) % 10, "treatment", "control"),
        }
    )
    offers = {"S1": ("time_deposit", "phone"), "S2": ("fund_plan", "app")}
    answers = simulate_outcomes(folder, targets, offers, 1)
    pd.testing.assert_frame_equal(answers, simulate_outcomes(folder, targets, offers, 1))
    assert not answers.equals(simulate_outcomes(folder, targets, offers, 2))
    assert list(answers) == [
        "customer_id", "strategy_id", "arm", "contacted", "responded", "amount", "contacted_at",
    ]  # fmt: skip
    assert (answers["customer_id"].to_numpy() == targets["customer_id"].to_numpy()).all()


def test_without_truth_nobody_answers(tmp_path):
    with pytest.raises(NotFound, match="no sample bank"):
        simulate_outcomes(tmp_path, pd.DataFrame(), {}, 0)
