"""A case's file is found, known by its content, and imported once."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from workbench.errors import ImportProblem, NotFound, ParameterProblem
from workbench.project.cases import CASES, PLACE


def test_an_absent_file_is_a_sentence_with_its_source(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv(PLACE, str(tmp_path))
    with pytest.raises(NotFound, match=r"bank-marketing\.csv is not on this machine.*CC BY"):
        wb.find_case("bank-marketing")


def test_another_file_of_that_name_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv(PLACE, str(tmp_path))
    (tmp_path / "card-customers.csv").write_text("CLIENTNUM\n1\n")
    with pytest.raises(ImportProblem, match="not the published file"):
        wb.open_case("card-customers", tmp_path / "cards")
    assert not (tmp_path / "cards").exists()


def test_a_folder_of_cases_above_is_found(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv(PLACE, raising=False)
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "card-customers.csv").write_text("x")
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    with pytest.raises(ImportProblem, match="not the published file"):
        wb.find_case("card-customers")


@pytest.mark.cases
def test_a_case_opens_twice_and_imports_once(cases: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv(PLACE, str(cases))
    project = wb.open_case("card-customers", tmp_path / "cards")
    assert len(project.customers(["customer_id"])) == 10_127
    assert str(project.cycle.snapshot_date) == CASES["card-customers"].snapshot_date
    again = wb.open_case("card-customers", tmp_path / "cards")
    assert len(again.imports.imports()) == 1


@pytest.mark.cases
def test_a_campaigns_file_makes_no_project(cases: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv(PLACE, str(cases))
    assert wb.find_case("hillstrom").name == "hillstrom.csv"
    with pytest.raises(ParameterProblem, match="evaluate_campaign"):
        wb.open_case("hillstrom", tmp_path / "mails")
    assert not (tmp_path / "mails").exists()
