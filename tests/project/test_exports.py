"""Lists as files: opened again and read, escaped, masked, logged before they are there."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import openpyxl
import pytest

import workbench as wb
from workbench.errors import MachineProblem, NotAllowed, NotFound, ParameterProblem
from workbench.project import Project, exports
from workbench.project.exports import escape_formula, safe_name
from workbench.tables import mask_identifier

FORMULA = "=cmd|' /C calc'!A0"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def prepared(walked_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cycle whose two strategies have names and segments that mean harm, and launched lists."""
    folder = tmp_path_factory.mktemp("exports") / "bank"
    shutil.copytree(walked_folder, folder)
    project = wb.open_project(folder, who="lin")
    members = project.insight.segmentation().membership
    cards = project.strategy.cards().head(2).copy()
    following = project.open_cycle("Spring", "2026-09-30")
    cards["name"], cards["offer"] = [FORMULA, SCRIPT], ["@SUM(1+1)*cmd", "\tfund"]
    cards["segment"] = members["segment"].iloc[0]
    following.strategy.save(cards)
    customers = project.customers()
    cards = following.strategy.cards()
    scores = wb.score_customers(customers, members, cards)
    selection = wb.select_targets(scores, cards, customers, members, capacity=60, control_share=0.25)
    selection.targets["segment"] = "-2+3"
    following.strategy.launch(selection)
    return folder


@pytest.fixture
def project(prepared: Path, tmp_path: Path) -> Project:
    shutil.copytree(prepared, tmp_path / "bank")
    return wb.open_project(tmp_path / "bank", who="lin")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def last_entry(project: Project) -> dict:
    return project.audit_log(1).iloc[0].to_dict()


def first_list(project: Project) -> str:
    return str(project.strategy.lists()["list_id"].iloc[0])


def test_a_csv_holds_the_list_masked_and_no_formula(project: Project) -> None:
    for list_id in project.strategy.lists()["list_id"]:
        path = project.strategy.export(list_id)
        assert path.parent == project.exports
        rows, targets = rows_of(path), project.strategy.targets(list_id)
        assert sorted(row["customer_id"] for row in rows) == sorted(
            map(mask_identifier, targets["customer_id"])
        )
        assert [row["arm"] for row in rows] == sorted(targets["arm"], reverse=True)
        ranks = {(row["arm"], int(row["rank"])) for row in rows}
        assert ranks == set(zip(targets["arm"], targets["rank"], strict=True))
        assert not any(cell[:1] in "=+-@\t\r" for row in rows for cell in row.values())
        assert {row["segment"] for row in rows} == {"'-2+3"}
        assert {row["strategy"] for row in rows} <= {"'" + FORMULA, SCRIPT}
        assert not set(targets["customer_id"]) & {cell for row in rows for cell in row.values()}


def test_the_provenance_stands_beside_it(project: Project) -> None:
    list_id = first_list(project)
    path = project.strategy.export(list_id, reason="a look")
    facts = {row["fact"]: row["value"] for row in rows_of(path.with_suffix(".provenance.csv"))}
    row = project.strategy.lists().set_index("list_id").loc[list_id]
    assert facts["sha256_of_list"] == row["sha256"]
    assert int(facts["seed"]) == row["seed"]
    assert int(facts["control"]) == row["n_control"]
    assert int(facts["treatment"]) + int(facts["control"]) == row["n"]
    assert facts["strategy"] == "'" + FORMULA
    assert (facts["exported_by"], facts["reason"], facts["customer_numbers"]) == ("lin", "a look", "masked")
    assert "must not be contacted" in facts["control_note"]


def test_a_workbook_holds_text_and_no_formula(project: Project) -> None:
    list_id = first_list(project)
    path = project.strategy.export(list_id, "xlsx", masked=False, reason="for the call centre")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["treatment", "control", "provenance"]
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    targets = project.strategy.targets(list_id)
    for arm in ("treatment", "control"):
        lines = list(book[arm].values)
        column = lines[0].index("customer_id")
        found = {line[column] for line in lines[1:]}
        assert found == set(targets.loc[targets["arm"].eq(arm), "customer_id"])
        assert {line[lines[0].index("strategy")] for line in lines[1:]} == {FORMULA}
    facts = dict(list(book["provenance"].values)[1:])
    assert facts["customer_numbers"] == "whole"
    assert facts["strategy"] == FORMULA


def test_it_is_logged_before_a_byte_is_written(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    whole = exports._write
    monkeypatch.setattr(exports, "_write", lambda *given: (seen.append(last_entry(project)), whole(*given)))
    list_id = first_list(project)
    project.strategy.export(list_id, "xlsx", masked=False, reason=" call centre ")
    assert seen[0]["action"] == "list.export"
    assert seen[0]["who"] == "lin"
    sha256 = project.strategy.lists()["sha256"].iloc[0]
    expected = {
        "list_id": list_id,
        "masked": False,
        "reason": "call centre",
        "format": "xlsx",
        "sha256": sha256,
    }
    assert expected.items() <= seen[0]["ids"].items()


def test_whole_numbers_take_an_analyst_and_a_reason(project: Project) -> None:
    list_id = first_list(project)
    with pytest.raises(ParameterProblem, match="only with a reason"):
        project.strategy.export(list_id, masked=False, reason="  ")
    contributor = wb.open_project(project.folder, role="contributor", cycle="Spring")
    with pytest.raises(NotAllowed):
        contributor.strategy.export(list_id, masked=False, reason="curious")
    assert rows_of(contributor.strategy.export(list_id))
    viewer = wb.open_project(project.folder, role="viewer", cycle="Spring")
    before = sorted(project.exports.iterdir())
    with pytest.raises(NotAllowed):
        viewer.strategy.export(list_id)
    assert sorted(project.exports.iterdir()) == before


def test_unknown_lists_and_formats_are_said(project: Project) -> None:
    with pytest.raises(NotFound, match="no target list"):
        project.strategy.export("../../etc/passwd")
    with pytest.raises(ParameterProblem, match="csv, xlsx"):
        project.strategy.export(first_list(project), "pdf")
    assert list(project.exports.iterdir()) == []


def test_two_exports_of_one_moment_keep_both(project: Project) -> None:
    moment = project.store.database.clock()
    project.store.database.clock = lambda: moment
    list_id = first_list(project)
    one, other = project.strategy.export(list_id), project.strategy.export(list_id)
    assert one != other
    assert one.read_bytes() == other.read_bytes()


def test_a_full_disk_is_said_and_leaves_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(MachineProblem, match="No space left on device"):
        project.strategy.export(first_list(project))
    assert list(project.exports.iterdir()) == []


def test_a_folder_that_is_a_file_is_said(project: Project) -> None:
    project.exports.rmdir()
    project.exports.write_text("")
    with pytest.raises(MachineProblem, match="could not be written"):
        project.strategy.export(first_list(project))


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", " =1", "＝1", "　=1"])
def test_what_a_spreadsheet_computes_is_escaped(text: str) -> None:
    assert escape_formula(text) == "'" + text


@pytest.mark.parametrize("value", ["a=1", "", "中文", "5-3", 1, -2.5, None])
def test_what_it_does_not_stays(value: object) -> None:
    assert escape_formula(value) == value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('a<b>:"/\\|?*c', "a b c"),
        ("nul", "nul_"),
        ("LPT1.csv", "LPT1.csv_"),
        ("x. ", "x"),
        ("\x00\x1f", "list"),
        ("中文名单", "中文名单"),
        ("y" * 300, "y" * 80),
    ],
)
def test_file_names_are_safe_on_windows(text: str, name: str) -> None:
    assert safe_name(text) == name
