"""A project's objectives: drafted from its own figures, held against its plan, carried over."""

from __future__ import annotations

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem, TableProblem
from workbench.project import Project
from workbench.tables import OBJECTIVES


def test_the_walk_sets_a_small_tree_from_the_banks_figures(walked: Project) -> None:
    tree = walked.strategy.objectives.frame()
    OBJECTIVES.check(tree.drop(columns=["row_version", "updated_at", "updated_by"]))
    assert not walked.strategy.objectives.check()["grave"].any()
    first = walked.at(walked.cycles()[0].cycle_id)
    before = first.strategy.objectives.frame().set_index("objective_id")
    total = first.customers(["balance_total"])["balance_total"].sum()
    assert before.loc["O1", "baseline"] == pytest.approx(total)
    assert before.loc["O1", "target"] == pytest.approx(total * 1.02, rel=1e-4)
    # The second cycle keeps the target, and says where the bank stands now.
    now = tree.set_index("objective_id")
    assert now["target"].to_dict() == before["target"].to_dict()
    assert now.loc["O1", "measured"] == pytest.approx(
        walked.customers(["balance_total"])["balance_total"].sum()
    )
    assert walked.strategy.cards()["objective_id"].ne("").any()


def test_shares_add_up_to_the_plans_criteria(walked: Project) -> None:
    shares = walked.strategy.objectives.shares()
    plan = walked.strategy.plan()
    assert shares.plan_version == plan.version
    strategies = shares.strategies.set_index("strategy_id")
    income = strategies[strategies["basis"].eq("expected_value") & strategies["double_counted"].eq(0)]
    promised = plan.criteria.set_index("strategy_id")["expected_value"]
    scores = walked.strategy.scores()
    for name in income.index:
        assert income.loc[name, "n"] <= scores["strategy_id"].eq(name).sum()
        assert abs(income.loc[name, "contribution"]) <= abs(promised[name]) * 1.0001
    known = walked.customers(["contribution", "balance_total"])
    margin = known["contribution"].sum() / known["balance_total"].sum()
    assert shares.margin == pytest.approx(margin)
    rolled = shares.objectives.set_index("objective_id")
    roots = rolled[rolled["depth"].eq(0)]
    assert roots["n_strategies"].sum() == strategies["objective_id"].ne("").sum()
    assert roots["contribution"].sum() == pytest.approx(strategies["counted"].sum())


def test_an_objective_is_changed_added_and_removed(copied: Project) -> None:
    objectives = copied.strategy.objectives
    one = objectives.one("O1")
    objectives.save({**one, "target": one["target"] * 2}, int(one["row_version"]))
    assert objectives.one("O1")["target"] == one["target"] * 2
    with pytest.raises(Conflict) as caught:
        objectives.save({**one, "name": "<script>alert(1)</script>"}, int(one["row_version"]))
    assert set(caught.value.difference) == {"name", "target"}
    part = {**one, "objective_id": "O1.9", "parent_id": "O1", "template": ""}
    objectives.save(part)
    assert objectives.frame()["objective_id"].iloc[-1] == "O1.9"
    objectives.delete("O1.9")
    with pytest.raises(NotFound, match="O1"):
        objectives.one("O1.9")
    log = copied.audit_log()
    assert {"objective.save", "objective.delete"} <= set(log["action"])


def test_a_tree_that_can_not_be_added_up_is_not_stored(copied: Project) -> None:
    objectives = copied.strategy.objectives
    one = objectives.one("O1")
    leaf = next(name for name in objectives.frame()["objective_id"] if name.startswith("O1."))
    with pytest.raises(ParameterProblem, match="circle"):
        objectives.save({**one, "parent_id": leaf}, int(one["row_version"]))
    with pytest.raises(ParameterProblem, match="another unit"):
        objectives.save({**objectives.one(leaf), "kpi": "satisfaction", "unit": "points"})
    with pytest.raises(TableProblem):
        objectives.save({**one, "target": float("nan")})
    with pytest.raises(ParameterProblem):
        objectives.save(objectives.frame().iloc[1:])
    assert objectives.one("O1")["target"] == one["target"]


def test_a_reader_sees_and_changes_nothing(walked: Project) -> None:
    objectives = walked.strategy.objectives
    assert len(objectives.shares().objectives) == len(objectives.frame())
    with pytest.raises(NotAllowed):
        objectives.save(objectives.one("O1"))


def test_without_a_plan_the_targets_stand_alone(copied: Project) -> None:
    later = copied.open_cycle("2027 Q2", copied.cycle.snapshot_date)
    assert len(later.strategy.objectives.frame()) == len(copied.strategy.objectives.frame())
    shares = later.strategy.objectives.shares()
    assert shares.plan_version is None
    assert shares.strategies.empty
    assert shares.objectives["contribution"].eq(0).all()


def test_a_bank_that_knows_little_gets_the_targets_it_can_measure(people, tmp_path) -> None:
    project = wb.create_project(tmp_path / "plain")
    project.import_files(people, snapshot_date="2026-09-30")
    cards = project.strategy.objectives.fill()
    assert cards.empty
    tree = project.strategy.objectives.frame()
    assert tree["kpi"].unique().tolist() == ["balances"]
    assert project.strategy.objectives.margin() is None or project.strategy.objectives.margin() > 0
    assert isinstance(project.strategy.objectives.shares().objectives, pd.DataFrame)
