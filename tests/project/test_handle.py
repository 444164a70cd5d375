"""Creating, opening, cycles, comments, roles."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

import workbench as wb
from workbench.errors import MachineProblem, NotAllowed, NotFound, ParameterProblem
from workbench.project import Project
from workbench.project.cycles import next_cycle, quarter_id


def test_a_new_project_is_a_folder_with_settings(tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "bank", "某银行")
    assert {p.name for p in project.folder.iterdir()} >= {"project.toml", "inbox", "artefacts", "exports"}
    again = wb.open_project(tmp_path / "bank")
    assert (again.name, again.role, again.settings.small_cell) == ("某银行", "analyst", 11)
    assert again.settings.currency == "CNY"


def test_a_name_with_quotes_survives_the_settings(tmp_path: Path) -> None:
    wb.create_project(tmp_path / "a", 'The "first" \\ bank')
    assert wb.open_project(tmp_path / "a").name == 'The "first" \\ bank'


def test_a_project_is_created_once(tmp_path: Path) -> None:
    wb.create_project(tmp_path / "a")
    with pytest.raises(ParameterProblem, match="already a project"):
        wb.create_project(tmp_path / "a")


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(MachineProblem, match="can't be written"):
        wb.create_project(tmp_path / "a")


def test_settings_that_can_not_be_read_are_said(tmp_path: Path) -> None:
    wb.create_project(tmp_path / "a")
    (tmp_path / "a" / "project.toml").write_text("name = ", encoding="utf-8")
    with pytest.raises(ParameterProblem, match=r"project\.toml can't be read"):
        wb.open_project(tmp_path / "a")


def test_the_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_PROJECT", raising=False)
    wb.create_project(tmp_path / "demo_bank", "Demo")
    wb.create_project(tmp_path / "other", "Other")
    (tmp_path / "notebooks" / "cases").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "notebooks" / "cases")
    assert wb.open_project().name == "Demo"
    assert wb.open_project("other").name == "Other"
    monkeypatch.setenv("WORKBENCH_PROJECT", str(tmp_path / "other"))
    assert wb.open_project().name == "Other"
    with pytest.raises(NotFound, match="no project in"):
        wb.open_project("nowhere")


def test_no_project_anywhere_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_PROJECT", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFound, match="workbench sample"):
        wb.open_project()


def test_the_role_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wb.create_project(tmp_path / "a")
    monkeypatch.setenv("WORKBENCH_ROLE", "viewer")
    project = wb.open_project(tmp_path / "a")
    assert project.role == "viewer"
    with pytest.raises(NotAllowed):
        project.comment("insight", "x")
    assert wb.open_project(tmp_path / "a", role="contributor").comment("insight", "x") == 1


def test_before_the_first_import_everything_reads_as_empty(tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "a")
    assert (project.cycle.cycle_id, project.cycle.state, project.cycles()) == ("", "none", [])
    assert project.status()["state"].tolist() == ["current", "not_started", "not_started", "not_started"]
    assert project.comments("insight").empty
    assert project.strategy.cards().empty
    assert project.strategy.lists().empty
    assert project.strategy.targets().empty
    assert project.execution.outcomes().empty
    assert project.review.recommendations().empty
    assert str(project.lineage()) == ""
    assert project.footer("insight")["sha256"] is None
    for read in (project.insight.segmentation, project.strategy.plan, project.review.evaluation):
        with pytest.raises(NotFound):
            read()
    with pytest.raises(NotFound, match="Import customer files first"):
        project.customers()


def test_cycles_follow_each_other(tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "a")
    first = project.open_cycle(snapshot_date="2026-06-30")
    assert first.cycle.cycle_id == "2026 Q2"
    second = first.open_cycle()
    # The data don't reach the next quarter's end, so the day stays.
    assert (second.cycle.cycle_id, second.cycle.snapshot_date) == ("2026 Q3", dt.date(2026, 6, 30))
    assert second.cycle.opened_from == "2026 Q2"
    # A handle stays with its cycle.
    assert first.cycle.cycle_id == "2026 Q2"
    assert second.at("2026 Q2").cycle.cycle_id == "2026 Q2"
    with pytest.raises(NotFound, match="2026 Q2, 2026 Q3"):
        second.at("2031 Q1")
    with pytest.raises(ParameterProblem, match="not a day"):
        project.open_cycle("x", "30.9.2026")
    second.close_cycle()
    assert second.cycle.state == "closed"


def test_a_cycle_needs_a_day(tmp_path: Path) -> None:
    with pytest.raises(ParameterProblem, match="snapshot_date"):
        wb.create_project(tmp_path / "a").open_cycle()


@pytest.mark.parametrize(
    "cycle_id,snapshot,last,expected",
    [
        ("2026 Q2", "2026-06-30", "2026-09-30", ("2026 Q3", "2026-09-30")),
        ("2026 Q2", "2026-06-30", "2026-09-29", ("2026 Q3", "2026-06-30")),
        ("2026 Q4", "2026-12-31", "2027-06-30", ("2027 Q1", "2027-03-31")),
        ("Spring", "2026-05-15", None, ("2026 Q3", "2026-05-15")),
    ],
)
def test_the_next_cycle(cycle_id: str, snapshot: str, last: str | None, expected: tuple[str, str]) -> None:
    day = dt.date.fromisoformat
    name, snapshot_date = next_cycle(cycle_id, day(snapshot), None if last is None else day(last))
    assert (name, snapshot_date.isoformat()) == expected
    assert quarter_id(dt.date(2026, 1, 1)) == "2026 Q1"


def test_comments_belong_to_their_cycle(tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "a").open_cycle(snapshot_date="2026-06-30")
    project.comment("insight", "first")
    following = project.open_cycle()
    following.comment("insight", "second")
    assert project.comments("insight")["text"].tolist() == ["first"]
    assert list(following.comments().columns) == ["comment_id", "cycle_id", "stage", "text", "author", "at"]


def test_a_copied_folder_opens_elsewhere(walked_folder: Path, walked: Project, tmp_path: Path) -> None:
    shutil.copytree(walked_folder, tmp_path / "elsewhere")
    there = wb.open_project(tmp_path / "elsewhere", role="viewer")
    assert there.insight.segmentation().sha256 == walked.insight.segmentation().sha256
    assert len(there.customers(["customer_id"])) == len(walked.customers(["customer_id"]))
    assert str(there.lineage()) == str(walked.lineage())


def test_the_status_follows_what_somebody_else_writes(copied: Project) -> None:
    """It is remembered from press to press, but not past a write or past the file of rules."""
    other = wb.open_project(copied.folder)
    before = other.status().set_index("stage")
    left = before.loc["review", "detail_values"]["n"]
    before.loc["review", "detail_values"]["n"] = "spoiled by its reader"
    open_ones = copied.review.recommendations().query("status == 'open'")["recommendation_id"]
    copied.review.reject(open_ones.iloc[0], "Not this quarter.")
    assert other.status().set_index("stage").loc["review", "detail_values"] == {"n": left - 1}
    rules = copied.folder / "lifecycle.toml"
    rules.write_text(rules.read_text(encoding="utf-8") + "\n# looked through\n", encoding="utf-8")
    after = other.status().set_index("stage")
    assert after.loc["insight", "detail_key"] == "project.status.stale_rules"
