"""Approve a plan and cut its lists from the handle, as a notebook and a screen do."""

from __future__ import annotations

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import NotAllowed
from workbench.project.plans import read_models
from workbench.strategy import select_targets


def test_approving_the_same_again_is_the_same_version(copied):
    before = copied.strategy.plan()
    again = copied.strategy.approve()
    assert again.version == before.version
    assert again.sha256 == before.sha256


def test_other_weights_are_another_version_of_the_same_strategies(copied):
    before = copied.strategy.plan()
    plan = copied.strategy.approve({"expected_value": 1.0}, note="value alone")
    assert plan.version == before.version + 1
    assert plan.note == "value alone"
    best = plan.criteria.sort_values("expected_value", ascending=False)["strategy_id"].iloc[0]
    assert plan.summary["strategy_id"].iloc[0] == best
    pd.testing.assert_frame_equal(plan.criteria, before.criteria)


def test_a_project_without_cards_gets_drafts(people, tmp_path):
    project = wb.create_project(tmp_path / "plain")
    project.import_files(people, snapshot_date="2026-09-30")
    customers = project.customers()
    features = wb.build_features(customers)
    project.insight.approve(wb.Segmenter(n_clusters=2).fit(features), features, labels={0: "Young", 1: "Old"})
    plan = project.strategy.approve(control_share=0.3)
    assert len(plan.criteria) == len(project.strategy.cards()) > 0
    assert set(project.strategy.cards()["control_share"]) == {0.3}
    lists = project.strategy.launch(project.strategy.select(random_state=5))
    assert {each.seed for each in lists} == {5}
    assert project.strategy.launched_plan() == plan.version


def test_a_selection_is_what_select_targets_gives(copied):
    strategy = copied.strategy
    selection = strategy.select(200, control_share=0.5, random_state=3)
    assert len(selection.targets) == 200
    again = select_targets(
        strategy.scores(),
        strategy.cards(),
        copied.customers(),
        copied.insight.segmentation().membership,
        capacity=200,
        control_share=0.5,
        random_state=3,
        contacts=pd.DataFrame(columns=["customer_id", "contacted_at"]),
    )
    assert selection.funnel["n_out"].iloc[0] == again.funnel["n_out"].iloc[0]
    assert selection.targets["arm"].eq("control").sum() == 100


def test_small_lists_are_left_out_and_their_customers_go_elsewhere(copied):
    strategy = copied.strategy
    everything = strategy.select()
    sizes = everything.targets["strategy_id"].value_counts()
    smallest = int(sizes.min()) + 1
    kept = strategy.select(smallest=smallest)
    assert sizes.idxmin() not in set(kept.targets["strategy_id"])
    assert kept.targets["strategy_id"].value_counts().min() >= smallest


def test_models_follow_their_offer(copied):
    history = copied.table("campaign_history")
    offer = history["offer"].value_counts().index[0]
    model = wb.Propensity().fit(copied.customers(), history)
    strategy = copied.strategy
    cards, members = strategy.cards(), copied.insight.segmentation().membership
    first = cards["strategy_id"].iloc[0]
    models = {first: model}
    criteria = wb.build_criteria(cards, copied.customers(), members, models)
    weights = {"expected_value": 1.0}
    scores = wb.score_customers(copied.customers(), members, cards, models, weights)
    plan = strategy.save_scores(scores, weights, criteria, models)
    assert set(read_models(plan)) == {first}
    assert strategy.approve().version == plan.version
    plan.models[first]["figures"]["offer_"] = f"not {offer}"
    assert read_models(plan, cards) == {}
    assert set(read_models(plan)) == {first}


def test_a_reader_approves_nothing(walked):
    with pytest.raises(NotAllowed):
        walked.strategy.approve({"expected_value": 1.0})
