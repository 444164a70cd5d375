"""Rules of a project: saved, evaluated, approved, and carried into the next cycle."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.insight import ClusterRule, Rule
from workbench.project import Project
from workbench.project.rule_segments import start_rules
from workbench.project.walk import _segments_before


@pytest.fixture
def project(walked_folder: Path, tmp_path: Path) -> Project:
    shutil.copytree(walked_folder, tmp_path / "walked")
    return wb.open_project(tmp_path / "walked", role="analyst")


@pytest.fixture
def viewer(walked_folder: Path) -> Project:
    return wb.open_project(walked_folder, role="viewer")


@pytest.fixture(scope="module")
def rules() -> wb.RuleSet:
    return wb.RuleSet(
        [
            wb.Rule("Wealthy", wb.Condition("balance_total", ">=", 200_000), segment_zh="富裕"),
            wb.Rule("Old", wb.Condition("age", ">=", 55), segment="Silver"),
            wb.Rule("Long with us", wb.Condition("tenure", ">=", 120), segment="Silver"),
        ]
    )


def test_a_walk_leaves_rules_that_a_viewer_reads(viewer):
    book = viewer.insight.rules
    stored = book.evaluation()
    assert stored is not None
    assert not stored.is_stale
    assert stored.evaluation.n == viewer.insight.segmentation().n
    assert [rule.name for rule in stored.evaluation.rules] == list(stored.evaluation.coverage["rule"])
    assert set(stored.clusters) == set(viewer.insight.segmentation().segments["cluster"])
    with pytest.raises(NotAllowed):
        book.save(wb.RuleSet())


def test_the_stored_figures_are_those_of_plain_masks(viewer):
    stored = viewer.insight.rules.evaluation()
    customers = viewer.customers()
    customers = customers[customers["kind"] == "retail"]
    for row in stored.evaluation.coverage.itertuples():
        assert stored.evaluation.rules[row.rule].expression.mask(customers).sum() == row.n_matched


def test_every_segment_has_its_rule_with_figures_that_can_be_counted_again(viewer):
    table = viewer.insight.rules.segment_rules()
    membership = viewer.insight.segmentation().membership
    assert set(table["cluster"]) <= set(membership["cluster"])
    assert len(table) >= 4
    customers = viewer.customers().merge(membership, on="customer_id").reset_index(drop=True)
    row = table.iloc[0]
    order = np.random.default_rng(0).permutation(len(customers))
    held_out = customers.iloc[order[row["n_learned"] :]]
    taken = Rule.from_dict(json.loads(row["rule_json"])).expression.mask(held_out)
    inside = held_out["cluster"] == row["cluster"]
    assert len(held_out) == row["n_held_out"]
    assert (taken & inside).sum() / taken.sum() == pytest.approx(row["precision"])
    assert (taken & inside).sum() / inside.sum() == pytest.approx(row["coverage"])
    assert row["precision_low"] <= row["precision"] <= row["precision_high"]


def test_a_new_label_keeps_the_rules_and_a_new_division_learns_them_again(project):
    book = project.insight.rules
    before = project.store.artefacts.versions("segment_rules")
    cluster = int(project.insight.segmentation().segments["cluster"].iloc[0])
    project.insight.relabel(cluster, "Renamed")
    assert len(project.store.artefacts.versions("segment_rules")) == len(before)
    assert cluster in set(book.segment_rules()["cluster"])
    known = sorted(project.insight.segmentation().segments["cluster"])
    project.insight.merge(known[:2])
    assert set(book.segment_rules()["cluster"]) <= set(project.insight.segmentation().segments["cluster"])
    assert len(project.store.artefacts.versions("segment_rules")) == len(before) + 1


def test_saving_makes_versions_and_refuses_to_overwrite(project, rules):
    book = project.insight.rules
    carried = book.stored()
    saved = book.save(rules, "first try", expected_version=carried.version)
    assert saved.version == carried.version + 1
    assert book.current() == rules
    assert book.save(rules).version == saved.version
    assert book.evaluation().is_stale
    with pytest.raises(Conflict):
        book.save(wb.RuleSet(), expected_version=carried.version)
    assert book.stored(carried.version).rules == carried.rules
    assert book.versions()["version"].tolist() == [carried.version, saved.version]
    with pytest.raises(NotFound):
        book.stored(99)


def test_evaluating_stores_only_what_is_in_force(project, rules):
    book = project.insight.rules
    before = book.evaluation().evaluation.rules
    tried = book.evaluate(rules)
    assert book.evaluation().evaluation.rules == before
    book.save(rules)
    assert book.evaluate().coverage.equals(tried.coverage)
    assert book.evaluation().evaluation.rules == rules
    assert not book.evaluation().is_stale


def test_rules_become_segments_and_the_next_cycle_applies_them_again(project, rules):
    approved = project.insight.approve_rules(rules, "expert")
    assert set(approved.segments["segment"]) == {"Wealthy", "Silver", "Other customers"}
    assert approved.embedding is not None
    expected = wb.apply_rules(project.customers(), rules).set_index("customer_id")["segment"]
    found = approved.membership.set_index("customer_id")["segment"]
    assert (found == expected[found.index].fillna("Other customers")).all()
    assert approved.model["rules"] == rules.to_dict()
    manifest = project.store.artefacts.manifest(project.store.artefacts.find(approved.artefact_id))
    assert any(source.startswith("rules/") for source in manifest["inputs"])
    # Strategy and review ask for nothing but the membership and the segments.
    assert project.insight.rules.evaluation().segmentation_version == approved.version

    following = project.open_cycle()
    assert following.insight.rules.current() == rules
    features = wb.build_features(following.customers())
    segmenter, labels = _segments_before(following, features)
    again = segmenter.predict(features)
    names = pd.Series(again, index=features.index).map(lambda number: labels[number]["segment"])
    fresh = wb.apply_rules(following.customers(), rules).set_index("customer_id")["segment"]
    assert (names == fresh[names.index].fillna("Other customers")).all()
    carried = following.insight.approve(segmenter, features, labels=labels)
    assert set(carried.segments["segment"]) == set(approved.segments["segment"])
    assert start_rules(following) == rules
    assert not following.insight.rules.evaluation().is_stale


def test_a_segment_becomes_a_rule_by_its_name(project):
    row = project.insight.segmentation().segments.iloc[0]
    found = project.insight.rules.learn(row["segment"])
    assert isinstance(found, ClusterRule)
    assert found.rule.segment == row["segment"]
    stored = project.insight.rules.segment_rules().set_index("cluster").loc[row["cluster"]]
    assert str(found.rule.expression) == stored["formula"]
    with pytest.raises(NotFound, match="There is no segment"):
        project.insight.rules.learn("Nobody")


def test_nothing_to_approve_and_a_missing_column_say_so(project):
    with pytest.raises(ParameterProblem, match="no rule"):
        project.insight.approve_rules(wb.RuleSet())
    gone = wb.RuleSet([wb.Rule("Last quarter", wb.Condition("shoe_size", ">", 44))])
    version = project.insight.segmentation().version
    with pytest.raises(ParameterProblem, match="shoe_size"):
        project.insight.approve_rules(gone)
    assert project.insight.segmentation().version == version
    # It may be saved all the same: nothing that was written is lost.
    project.insight.rules.save(gone)
    with pytest.raises(ParameterProblem, match="shoe_size"):
        project.insight.rules.evaluate()
    assert start_rules(project) == gone


def test_a_project_without_rules_or_segments(tmp_path):
    new = wb.create_project(tmp_path / "new")
    assert new.insight.rules.current() is None
    assert new.insight.rules.evaluation() is None
    assert new.insight.rules.segment_rules().empty
    assert new.insight.rules.versions().empty
    with pytest.raises(NotFound):
        new.insight.rules.evaluate()
