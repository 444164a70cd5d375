"""Files in, portrait out."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest

import workbench as wb
from workbench.errors import Damaged, ImportProblem, NotAllowed, NotFound
from workbench.project import Project
from workbench.tables import PORTRAIT


def test_every_row_is_loaded_or_quarantined(walked: Project) -> None:
    report = walked.imports.report()
    files = report.files
    assert (files["rows_read"] == files["rows_loaded"] + files["rows_quarantined"]).all()
    assert len(walked.quarantine()) == files["rows_quarantined"].sum() > 0
    assert {"customers", "holdings", "transactions", "campaign_history"} <= set(files["table"])


def test_files_are_copied_into_the_inbox_once(people: Path, tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "a")
    first = project.import_files(people, snapshot_date="2026-09-30")
    assert not first.already
    assert sorted(p.name for p in project.inbox.iterdir()) == ["mapping.toml", "people.csv"]
    again = project.import_files(people)
    assert again.already
    assert again.import_id == first.import_id
    assert sorted(p.name for p in project.inbox.iterdir()) == ["mapping.toml", "people.csv"]
    from_inbox = project.import_files()
    assert from_inbox.already


def test_raw_files_are_known_by_their_content(people: Path, tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "a")
    report = project.import_files(people, snapshot_date="2026-09-30")
    sha256 = hashlib.sha256((people / "people.csv").read_bytes()).hexdigest()
    assert report.files["sha256"].tolist() == [sha256]
    assert project.lineage().path(f"raw:{sha256}", report.import_id) == [f"raw:{sha256}", report.import_id]


def test_changed_files_are_a_new_import(people: Path, tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "a")
    first = project.import_files(people, snapshot_date="2026-09-30")
    with (people / "people.csv").open("a") as file:
        file.write("999,P,40,5,2020-01-01\n")
    second = project.import_files(people)
    assert not second.already
    assert second.import_id != first.import_id
    assert len(project.table("customers")) == 301
    assert len(list(project.inbox.glob("people*.csv"))) == 2


def test_the_first_import_opens_the_first_cycle(people: Path, tmp_path: Path) -> None:
    clock = lambda: dt.datetime(2026, 11, 5, 12)  # noqa: E731
    project = wb.create_project(tmp_path / "a", clock=clock)
    project.import_files(people)
    assert (project.cycle.cycle_id, project.cycle.snapshot_date) == ("2026 Q4", dt.date(2026, 11, 5))


def test_the_portrait_is_built_once_and_read_afterwards(people: Path, tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "a")
    project.import_files(people, snapshot_date="2026-09-30")
    with pytest.raises(NotFound, match="An analyst builds it"):
        wb.open_project(tmp_path / "a", role="viewer").customers()
    built = project.customers()
    PORTRAIT.check(built)
    assert built["customer_id"].iloc[0] == "000001"
    before = len(project.audit_log())
    reader = wb.open_project(tmp_path / "a", role="viewer")
    assert list(reader.customers(["customer_id", "age"]).columns) == ["customer_id", "age"]
    assert len(project.audit_log()) == before


def test_columns_that_a_bank_has_not_are_left_out(people: Path, tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "a")
    project.import_files(people, snapshot_date="2026-09-30")
    project.customers()
    assert list(project.customers(["customer_id", "satisfaction", "age"]).columns) == ["customer_id", "age"]
    with pytest.raises(NotFound, match="mood"):
        project.customers(["customer_id", "mood"])


def test_a_new_import_rebuilds_the_portrait_until_something_is_approved(people: Path, tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "a")
    project.import_files(people, snapshot_date="2026-09-30")
    assert len(project.customers()) == 300
    with (people / "people.csv").open("a") as file:
        file.write("999,P,40,5,2020-01-01\n")
    project.import_files(people)
    assert len(project.customers()) == 301


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "a")
    with pytest.raises(NotFound, match="nothing to import"):
        project.import_files()
    with pytest.raises(ImportProblem):
        project.import_files(tmp_path / "nowhere")
    with pytest.raises(NotFound, match="No import brought"):
        project.table("holdings")
    with pytest.raises(NotFound, match="Nothing was imported"):
        project.quarantine()


@pytest.mark.parametrize("role", ["viewer", "contributor"])
def test_only_analysts_import(people: Path, tmp_path: Path, role: str) -> None:
    wb.create_project(tmp_path / "a")
    project = wb.open_project(tmp_path / "a", role=role)
    with pytest.raises(NotAllowed):
        project.import_files(people)
    assert list(project.inbox.iterdir()) == []


def test_a_damaged_portrait_is_not_read(copied: Project) -> None:
    portrait = copied.imports.portrait()
    assert portrait is not None
    path = copied.folder / "artefacts" / portrait.artefact_id / "customers.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(Damaged, match="can't be trusted"):
        copied.customers(["customer_id"])
