"""Four eyes on a project: frozen, stale, approved, launched as approved."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import workbench as wb
from workbench.errors import Damaged, NotAllowed, ParameterProblem
from workbench.project import Project
from workbench.project.demo import APPROVER
from workbench.strategy import hash_targets


@pytest.fixture(scope="module")
def prepared(walked_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cycle with a plan and without lists, where more than 100 customers take two people."""
    folder = tmp_path_factory.mktemp("approvals") / "bank"
    shutil.copytree(walked_folder, folder)
    copied = wb.open_project(folder)
    settings = copied.folder / "project.toml"
    settings.write_text(settings.read_text("utf-8").replace("four_eyes = 1000", "four_eyes = 100"), "utf-8")
    opened = wb.open_project(copied.folder, who="lin")
    following = opened.open_cycle("Spring", "2026-09-30")
    following.strategy.save(opened.strategy.cards())
    segmentation = opened.insight.segmentation()
    features = wb.build_features(following.customers())
    following.insight.approve(wb.Segmenter(n_clusters=len(segmentation.segments)).fit(features), features)
    members = following.insight.segmentation().membership
    cards = following.strategy.cards().assign(segment=members["segment"].iloc[0])
    following.strategy.save(cards)
    following.strategy.approve(note="first")
    return folder


@pytest.fixture
def fresh(prepared: Path, tmp_path: Path) -> Project:
    shutil.copytree(prepared, tmp_path / "bank")
    return wb.open_project(tmp_path / "bank", who="lin")


def second(project: Project, role: str = "contributor") -> Project:
    return wb.open_project(project.folder, role=role, who="wang", cycle=project.cycle.cycle_id)


def test_above_the_size_one_person_is_not_enough(fresh: Project) -> None:
    selection = fresh.strategy.select(150, random_state=7)
    with pytest.raises(ParameterProblem, match="150 customers launched by one person; above 100"):
        fresh.strategy.launch(selection)
    assert fresh.strategy.lists().empty
    assert fresh.strategy.needs_approval(101)
    assert not fresh.strategy.needs_approval(100)
    assert fresh.strategy.launch(fresh.strategy.select(90))


def test_what_was_approved_is_what_is_launched(fresh: Project) -> None:
    selection = fresh.strategy.select(150, random_state=7)
    assert fresh.strategy.submit(selection, "spring campaign") == []
    row = fresh.strategy.launch_requests().iloc[-1]
    assert (row["status"], row["n"], row["sha256"], row["seed"], row["stale"]) == (
        "requested",
        150,
        selection.sha256,
        7,
        "",
    )
    number = int(row["request_id"])
    with pytest.raises(NotAllowed, match="second person"):
        fresh.strategy.approve_launch(number)
    with pytest.raises(ParameterProblem, match="still waits"):
        fresh.strategy.launch_approved(number)
    second(fresh).strategy.approve_launch(number, "seen")
    with pytest.raises(NotAllowed):
        second(fresh).strategy.launch_approved(number)
    lists = fresh.strategy.launch_approved(number)
    targets = fresh.strategy.targets()
    assert hash_targets(targets) == selection.sha256
    assert set(targets["customer_id"]) == set(selection.targets["customer_id"])
    assert {each.seed for each in lists} == {7}
    row = fresh.strategy.launch_requests().iloc[-1]
    assert row["status"] == "launched"
    assert row["list_ids"] == [each.list_id for each in lists]
    assert fresh.strategy.launch_approved(number) == lists == fresh.strategy.launch(selection)
    actions = fresh.audit_log()["action"].tolist()
    steps = [actions.index(f"launch.{name}") for name in ("request", "approved", "launched")]
    assert steps == sorted(steps)


def test_launching_the_approved_selection_itself_uses_its_request(fresh: Project) -> None:
    selection = fresh.strategy.select(150)
    number = fresh.strategy.request_launch(selection)
    second(fresh, "analyst").strategy.approve_launch(number)
    assert fresh.strategy.launch(selection)
    assert fresh.strategy.launch_requests()["status"].tolist() == ["launched"]
    # Another selection is not approved by it.
    with pytest.raises(ParameterProblem):
        fresh.strategy.launch(fresh.strategy.select(151, random_state=1))


@pytest.mark.parametrize("what", ["plan", "cards", "segmentation"])
def test_a_request_goes_stale_and_says_so(fresh: Project, what: str) -> None:
    selection = fresh.strategy.select(150)
    number = fresh.strategy.request_launch(selection)
    approver = second(fresh).strategy
    if what == "plan":
        fresh.strategy.approve({"expected_value": 1.0}, note="other weights")
    elif what == "cards":
        listed = selection.targets["strategy_id"].iloc[0]
        card = fresh.strategy.card(listed)
        fresh.strategy.save_card({**card, "cost_per_contact": 99.0}, card["row_version"])
    else:
        fresh.insight.relabel(0, "Renamed")
    assert what in fresh.strategy.launch_requests()["stale"].iloc[0]
    with pytest.raises(ParameterProblem, match="can't go on"):
        approver.approve_launch(number)
    approver.refuse_launch(number, "cut it again")
    assert fresh.strategy.launch_requests()["stale"].iloc[0] == ""
    assert fresh.strategy.request_launch(fresh.strategy.select(150, random_state=2)) != number


def test_an_approved_request_that_went_stale_is_not_launched(fresh: Project) -> None:
    number = fresh.strategy.request_launch(fresh.strategy.select(150))
    second(fresh).strategy.approve_launch(number)
    fresh.strategy.approve({"expected_value": 1.0})
    with pytest.raises(ParameterProblem, match="older plan"):
        fresh.strategy.launch_approved(number)
    fresh.strategy.withdraw_launch(number, "new plan")
    assert fresh.strategy.lists().empty


def test_a_card_that_is_not_listed_changes_nothing(fresh: Project) -> None:
    selection = fresh.strategy.select(150)
    number = fresh.strategy.request_launch(selection)
    others = set(fresh.strategy.cards()["strategy_id"]) - set(selection.targets["strategy_id"])
    for strategy_id in sorted(others)[:1]:
        card = fresh.strategy.card(strategy_id)
        fresh.strategy.save_card({**card, "name": "=cmd|' /C calc'!A0"}, card["row_version"])
    second(fresh).strategy.approve_launch(number)
    assert fresh.strategy.launch_approved(number)


def test_a_request_whose_customers_were_changed_is_not_launched(fresh: Project) -> None:
    number = fresh.strategy.request_launch(fresh.strategy.select(150))
    second(fresh).strategy.approve_launch(number)
    artefact = fresh.store.artefacts.latest("launch_request")
    path = fresh.store.artefacts.folder / artefact.artefact_id / "targets.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(Damaged):
        fresh.strategy.launch_approved(number)
    assert fresh.strategy.lists().empty


def test_two_requests_are_not_open_at_once(fresh: Project) -> None:
    number = fresh.strategy.request_launch(fresh.strategy.select(150))
    before = len(fresh.store.artefacts.versions("launch_request"))
    with pytest.raises(ParameterProblem, match=f"Request {number} by lin"):
        fresh.strategy.request_launch(fresh.strategy.select(151))
    assert len(fresh.store.artefacts.versions("launch_request")) == before
    fresh.strategy.withdraw_launch(number)
    assert fresh.strategy.request_launch(fresh.strategy.select(151)) > number


def test_customers_of_a_launched_list_are_not_asked_for_again(copied: Project) -> None:
    with pytest.raises(ParameterProblem, match="on the launched list"):
        copied.strategy.request_launch(copied.strategy.select())


def test_the_demo_says_that_nobody_approved_its_lists(
    bank: Path, walked_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(walked_folder, tmp_path / "bank")
    project = wb.open_project(tmp_path / "bank", who="lin")
    asked = [project.at(cycle.cycle_id).strategy.launch_requests() for cycle in project.cycles()]
    found = [rows.iloc[-1] for rows in asked if len(rows)]
    total = [project.at(cycle.cycle_id).strategy.lists()["n"].sum() for cycle in project.cycles()]
    assert len(found) == sum(n > project.strategy.four_eyes for n in total)
    for row in found:
        assert row["status"] == "launched"
        assert row["decided_by"] == APPROVER
        assert "nobody has looked" in row["decision_note"]
