"""Two stored versions compared, without a screen."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.errors import NotFound, ParameterProblem
from workbench.insight import Segmenter


def test_two_cycles_are_compared_by_what_each_stored(walked):
    compared = walked.insight.compare()
    assert (compared.before.version, compared.after.version) == (1, 2)
    assert compared.before.cycle_id != compared.after.cycle_id
    fresh = wb.compare_segmentations(compared.before.membership, compared.after.membership)
    assert compared.migration.n_changed == fresh.n_changed
    features = [walked.insight.features_of(walked.insight.segmentation(v)) for v in (1, 2)]
    drift = wb.population_stability_index(*features)
    assert compared.drift[["feature", "psi"]].equals(drift[["feature", "psi"]])
    assert not compared.same_features
    assert walked.insight.compare(2, 1) is compared


def test_the_oldest_stands_beside_the_next_and_the_order_is_ones_own(walked):
    compared = walked.insight.compare(1)
    assert (compared.before.version, compared.after.version) == (2, 1)
    there = walked.insight.compare(2, 1).migration
    assert compared.migration.n_joined == there.n_left


def test_what_can_not_be_compared_is_said(walked):
    with pytest.raises(ParameterProblem):
        walked.insight.compare(1, 1)
    with pytest.raises(NotFound):
        walked.insight.compare(1, 77)


def test_one_version_and_none_are_said(copied, tmp_path, monkeypatch):
    known = copied.insight.versions()
    monkeypatch.setattr(copied.insight, "versions", lambda: known.iloc[-1:])
    with pytest.raises(NotFound):
        copied.insight.compare()
    empty = wb.create_project(tmp_path / "new")
    with pytest.raises(NotFound):
        empty.insight.compare()
    with pytest.raises(NotFound):
        empty.insight.suggest_carried_labels(None, None)


def test_labels_must_be_those_of_the_earlier_version(copied):
    compared = copied.insight.compare()
    labels = list(compared.before.segments["segment"])
    for bad in ({0: "nobody"}, {99: labels[0]}, {0: labels[0], 1: labels[0]}):
        with pytest.raises(ParameterProblem):
            compared.take_labels(bad)
    assert copied.insight.segmentation().version == 2


def test_a_new_fit_of_another_k_gets_its_labels_and_is_asked_about_the_rest(copied):
    insight = copied.insight
    now = insight.segmentation()
    features = insight.features_of(now)
    segmenter = Segmenter(n_clusters=len(now.segments) + 2).fit(features)
    found = insight.suggest_carried_labels(segmenter, features)
    assert len(found) == len(now.segments) + 2
    carried = found[found["decision"] == "carry"]
    assert len(carried)
    assert carried["label"].is_unique
    assert (found["decision"] != "carry").any()
    # What is carried can be handed to approve as it is.
    columns = ["segment", "segment_zh", "description", "description_zh"]
    rows = carried.rename(columns={"label": "segment"}).set_index("cluster")[columns].to_dict("index")
    others = {int(c): f"New {c}" for c in found.loc[found["decision"] != "carry", "cluster"]}
    stored = insight.approve(segmenter, features, labels={**others, **{int(c): r for c, r in rows.items()}})
    slots = now.segments.set_index("segment")["slot"]
    for row in stored.segments.itertuples():
        if row.segment in slots:
            assert row.slot == slots[row.segment]
