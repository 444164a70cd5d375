"""A project's customers over time: stored, read by viewers, and honest where there is nothing."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import NotFound, ParameterProblem
from workbench.project import Project


def test_what_is_stored_agrees_with_the_portraits(walked: Project) -> None:
    step = walked.review.movement.back()
    assert step is not None
    assert step.problem is None
    first = walked.at(step.before)
    before, after = first.customers(), walked.customers()
    assert (step.before_on, step.after_on) == (first.cycle.snapshot_date, walked.cycle.snapshot_date)
    assert (step.n_before, step.n_after) == (len(before), len(after))
    assert step.matrix()["n"].sum() == len(set(before["customer_id"]) | set(after["customer_id"]))
    whole = step.value("lifecycle_stage").iloc[-1]
    assert whole["value_before"] == pytest.approx(before["balance_total"].sum())
    assert whole["value_after"] == pytest.approx(after["balance_total"].sum())
    pairs = before.merge(after, on="customer_id")
    stages = pairs.groupby(["lifecycle_stage_x", "lifecycle_stage_y"]).size()
    inner = step.matrix("lifecycle_stage").dropna(subset=["from", "to"]).set_index(["from", "to"])["n"]
    assert inner.to_dict() == stages.to_dict()
    assert {"segment", "lifecycle_stage", "balance_total"} <= set(step.psi["feature"])
    assert set(step.treated["strategy_id"]) == set(first.strategy.lists()["strategy_id"])
    shares = walked.review.movement.shares()
    assert shares.groupby("by")["n"].sum().to_dict() == {
        "segment": len(after),
        "lifecycle_stage": len(after),
    }


def test_the_first_cycle_looks_forwards(walked: Project) -> None:
    first = walked.at(walked.cycles()[0].cycle_id)
    assert first.review.movement.back() is None
    step = first.review.movement.on()
    assert step is not None
    assert (step.before, step.after) == (first.cycle.cycle_id, walked.cycle.cycle_id)
    assert walked.review.movement.on() is None
    assert len(first.review.movement.shares())


def test_lineage_leads_from_the_portraits_to_the_movement(walked: Project) -> None:
    lineage = walked.lineage()
    step = walked.review.movement.back()
    assert step is not None
    for project in (walked, walked.at(step.before)):
        portrait = project.imports.portrait()
        assert portrait is not None
        assert lineage.path(portrait.artefact_id, step.artefact_id) is not None
    assert "project.lineage" not in lineage.text("zh_CN")


def test_the_same_day_twice_is_said_and_shares_stay(copied: Project) -> None:
    later = copied.open_cycle("2027 Q4", copied.cycle.snapshot_date)
    assert later.cycle.opened_from == copied.cycle.cycle_id
    with pytest.raises(NotFound, match="Evaluate"):
        later.review.movement.shares()
    later.build_portrait()
    later.review.movement.fill()
    step = later.review.movement.back()
    assert step is not None
    assert step.problem is not None
    assert step.problem[0] == "review_customers.error.same_day"
    with pytest.raises(ParameterProblem, match="Both snapshots show"):
        step.matrix("lifecycle_stage")
    assert len(later.review.movement.shares())


def test_the_walk_writes_hypotheses_before_it_knows(walked: Project) -> None:
    rows = walked.review.hypotheses.frame()
    mine = rows[rows["cycle_id"].eq(walked.cycle.cycle_id)]
    # One more came out of the sample bank's brainstorm room.
    assert mine["source"].tolist() == ["sample"] * 3 + ["room"]
    assert not rows["exploratory"].astype(bool).any()
    assert mine["outcomes_known"].eq(0).all()
    by_outcome = mine[mine["source"].eq("sample")].set_index("outcome")
    evaluation = walked.review.evaluation().overall
    strategy = by_outcome.at["uplift", "strategy_id"]
    theirs = evaluation[evaluation["strategy_id"].eq(strategy) & evaluation["arm"].eq("treatment")]
    theirs = theirs[theirs["outcome"].eq("responded")].iloc[0]
    assert by_outcome.at["uplift", "estimate"] == pytest.approx(theirs["uplift"])
    assert by_outcome.at["uplift", "ci_low"] == pytest.approx(theirs["ci_low"])
    assert by_outcome.at["churn", "reason"] == "no_data"
    # What the cycle before left open, this one's snapshot decides; both cycles say the same.
    carried = rows[rows["cycle_id"].ne(walked.cycle.cycle_id)]
    assert set(carried["outcome"]) == {"churn", "balance_change"}
    assert carried["n"].gt(0).all()
    first = walked.at(walked.cycles()[0].cycle_id).review.hypotheses.frame().set_index("hypothesis_id")
    for row in carried.to_dict("records"):
        assert first.at[row["hypothesis_id"], "state"] == row["state"]
        assert first.at[row["hypothesis_id"], "estimate"] == row["estimate"]
    counts = walked.review.hypotheses.counts()
    assert sum(counts.values()) == len(rows)


def test_what_is_written_after_the_data_proves_nothing(copied: Project) -> None:
    hypotheses = copied.review.hypotheses
    segment = hypotheses.segments()[0]
    strategy = copied.review.hypotheses.frame()["strategy_id"].iloc[0]
    name = hypotheses.add("<b>They</b> respond", "uplift", direction="up", strategy_id=strategy)
    before = hypotheses.frame().set_index("hypothesis_id").loc[name]
    assert before["reason"] == "not_evaluated"
    hypotheses.fill()
    row = hypotheses.frame()
    row = row[row["cycle_id"].eq(copied.cycle.cycle_id)].set_index("hypothesis_id").loc[name]
    assert row["exploratory"]
    assert (row["state"], row["reason"]) == ("open", "exploratory")
    assert row["n"] > 0
    with pytest.raises(ParameterProblem, match="stays as it was written"):
        hypotheses.save(name, {"direction": "down"}, 1)
    other = hypotheses.add("They stay", "churn", segment, "lower")
    assert hypotheses.save(other, {"threshold": 0.01}, 1) == 2
    hypotheses.withdraw(other, "said twice")
    assert [row["event"] for row in hypotheses.history(other)] == ["written", "changed", "withdrawn"]
    assert hypotheses.fill() is not None
    told = hypotheses.frame()
    told = told[told["cycle_id"].eq(copied.cycle.cycle_id)].set_index("hypothesis_id")
    assert told.at[other, "reason"] == "withdrawn"


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"segment": "Nobody"}, "no segment Nobody"),
        ({"strategy_id": "S99"}, "no strategy S99"),
        ({"outcome": "luck"}, "luck"),
        ({"direction": "sideways"}, "sideways"),
    ],
)
def test_what_can_not_be_decided_is_not_written(copied: Project, change, sentence) -> None:
    row = {"sentence": "x", "outcome": "uplift", "segment": "", "direction": "up", "strategy_id": "S1"}
    n = len(copied.review.hypotheses.frame())
    with pytest.raises((NotFound, ParameterProblem), match=sentence):
        copied.review.hypotheses.add(**{**row, **change})
    assert len(copied.review.hypotheses.frame()) == n


def test_an_empty_project_has_neither(tmp_path) -> None:
    project = wb.create_project(tmp_path / "new", "New")
    assert project.review.movement.back() is None
    assert project.review.movement.on() is None
    assert project.review.hypotheses.frame().empty
    project.store.cycles.open("2026 Q1", dt.date(2026, 3, 31))
    again = wb.open_project(tmp_path / "new")
    assert again.review.hypotheses.fill() is None
    assert again.review.hypotheses.segments() == []
    assert isinstance(again.review.hypotheses.frame(), pd.DataFrame)
