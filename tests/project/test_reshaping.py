"""Segments split, merged and moved: versions, labels, colours, picture and lineage stay right."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

import workbench as wb
from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.insight.reshaped import restore_segmenter
from workbench.insight.scaling import fit_scaling
from workbench.project import Project


def numbers_of(segmentation) -> pd.Series:
    return segmentation.membership.set_index("customer_id")["cluster"]


def largest(segmentation) -> int:
    return int(segmentation.segments["cluster"].iloc[0])


def test_a_split_is_k_means_inside_the_segment(copied: Project) -> None:
    before = copied.insight.segmentation()
    cluster = largest(before)
    features = copied.insight.features()
    after = copied.insight.split(cluster, k=2, expected_version=before.version)
    assert after.version == before.version + 1
    old, new = numbers_of(before), numbers_of(after)
    assert (old[old != cluster] == new[old != cluster]).all()
    parts = set(new[old == cluster])
    assert len(parts) == 2
    assert cluster in parts
    inside = features.loc[old.index[old == cluster]]
    scaling = fit_scaling(inside)
    peer = KMeans(2, n_init=10, random_state=0).fit(scaling.apply(inside.to_numpy()))
    mine = new[inside.index].to_numpy() == cluster
    assert adjusted_rand_score(peer.labels_, mine) == pytest.approx(1.0, abs=0.02)
    assert mine.sum() >= (~mine).sum()
    rows, was = after.segments.set_index("cluster"), before.segments.set_index("cluster")
    other = next(iter(parts - {cluster}))
    assert rows.at[cluster, "segment"] == was.at[cluster, "segment"]
    assert rows.at[cluster, "slot"] == was.at[cluster, "slot"]
    assert rows.at[other, "segment"].startswith(was.at[cluster, "segment"])
    assert rows.at[other, "segment_zh"]
    assert rows["n"].sum() == before.n
    assert rows["slot"].is_unique


def test_what_is_stored_is_what_the_room_computes(copied: Project) -> None:
    before = copied.insight.segmentation()
    after = copied.insight.split(largest(before), k=2)
    features = copied.insight.features()
    numbers = numbers_of(after).loc[features.index]
    expected = wb.profile_clusters(features, numbers, customers=copied.customers())
    pd.testing.assert_frame_equal(after.profile, expected)
    typical = copied.insight.typical()
    assert typical is not None
    assert set(typical["cluster"]) == set(numbers)
    pd.testing.assert_frame_equal(after.embedding, before.embedding)
    assert after.embedding_info == before.embedding_info
    assert after.comparison is not None


def test_the_model_repeats_split_and_merge_exactly(copied: Project) -> None:
    first = copied.insight.segmentation()
    clusters = [int(one) for one in first.segments["cluster"]]
    copied.insight.split(clusters[0], k=3)
    merged = copied.insight.merge([clusters[1], clusters[-1]])
    model = restore_segmenter(json.loads(json.dumps(merged.model)))
    features = copied.insight.features()
    assert model.predict(features).tolist() == numbers_of(merged).loc[features.index].tolist()


def test_a_merged_segment_keeps_the_firsts_colour_and_takes_a_new_label(copied: Project) -> None:
    before = copied.insight.segmentation()
    a, b = (int(one) for one in before.segments["cluster"].iloc[:2])
    after = copied.insight.merge([b, a], segment="Everyday customers", segment_zh="日常客户")
    rows, was = after.segments.set_index("cluster"), before.segments.set_index("cluster")
    assert a not in rows.index
    assert rows.at[b, "segment"] == "Everyday customers"
    assert rows.at[b, "slot"] == was.at[b, "slot"]
    assert rows.at[b, "n"] == was.at[a, "n"] + was.at[b, "n"]
    assert set(after.profile["cluster"]) == set(rows.index)


def test_customers_drawn_around_become_a_segment_or_move(copied: Project) -> None:
    before = copied.insight.segmentation()
    points = copied.insight.everyone()
    assert points is not None
    assert len(points) == before.n
    cut = points["x"].median()
    chosen = points.loc[points["x"] > cut, "customer_id"]
    after = copied.insight.split(customers=chosen, segment="Right half", segment_zh="右半")
    names = after.membership.set_index("customer_id")["segment"]
    assert set(names.index[names == "Right half"]) == set(chosen)
    cluster = int(after.segments.set_index("segment").at["Right half", "cluster"])
    some = names.index[names != "Right half"][:20]
    moved = copied.insight.move(some, cluster)
    assert moved.segments.set_index("segment").at["Right half", "n"] == len(chosen) + 20
    features = copied.insight.features()
    for made in (after, moved):
        agree = restore_segmenter(made.model).predict(features) == numbers_of(made).loc[features.index]
        assert agree.mean() > 0.8


def test_a_split_of_chosen_customers_inside_one_cluster(copied: Project) -> None:
    before = copied.insight.segmentation()
    cluster = largest(before)
    ids = before.membership["customer_id"].iloc[::3]
    after = copied.insight.split(cluster, customers=ids, segment="Every third")
    names = after.membership.set_index("customer_id")["segment"]
    inside = set(before.membership.loc[before.membership["cluster"] == cluster, "customer_id"])
    assert set(names.index[names == "Every third"]) == set(ids) & inside


def test_undo_approves_the_older_version_again(copied: Project) -> None:
    before = copied.insight.segmentation()
    copied.insight.split(largest(before), k=2)
    again = copied.insight.restore(before.version)
    assert again.version == before.version + 2
    pd.testing.assert_frame_equal(again.membership, before.membership)
    pd.testing.assert_frame_equal(again.segments, before.segments)
    assert copied.status().set_index("stage").at["insight", "state"] == "done"
    first = copied.insight.versions()["version"].min()
    with pytest.raises(NotFound):
        copied.insight.restore(int(first))


def test_another_picture_changes_nothing_else(copied: Project) -> None:
    before = copied.insight.segmentation()
    after = copied.insight.redraw(wb.embed(copied.insight.features(), method="pca", sample_size=50))
    assert (after.embedding_info["n_sample"], len(after.embedding)) == (50, 50)
    assert len(copied.insight.everyone()) == before.n
    pd.testing.assert_frame_equal(after.membership, before.membership)
    pd.testing.assert_frame_equal(after.segments, before.segments)
    pd.testing.assert_frame_equal(after.profile, before.profile)


def test_the_lineage_says_what_a_reshaped_version_came_from(copied: Project) -> None:
    before = copied.insight.segmentation()
    after = copied.insight.split(largest(before), k=2)
    again = copied.insight.merge([int(one) for one in after.segments["cluster"].iloc[:2]])
    lineage = copied.lineage()
    assert lineage.path(before.artefact_id, after.artefact_id) == [before.artefact_id, after.artefact_id]
    assert lineage.path(after.artefact_id, again.artefact_id) == [after.artefact_id, again.artefact_id]
    assert copied.insight.features().shape == copied.insight.features(before.version).shape


def test_a_relabelled_version_keeps_everything_else(copied: Project) -> None:
    before = copied.insight.segmentation()
    typical = copied.insight.typical()
    copied.insight.relabel(largest(before), "Renamed")
    after = copied.insight.segmentation()
    pd.testing.assert_frame_equal(after.profile, before.profile)
    pd.testing.assert_frame_equal(copied.insight.typical(), typical)
    pd.testing.assert_frame_equal(copied.insight.everyone(), copied.insight.everyone(before.version))


def test_the_next_cycle_can_start_from_a_reshaped_version(copied: Project) -> None:
    before = copied.insight.segmentation()
    copied.insight.merge([int(one) for one in before.segments["cluster"].iloc[:2]])
    from workbench.project.walk import _segments_before

    following = copied.open_cycle("2027 Q1", snapshot_date="2026-09-30")
    assert following.cycle.opened_from == copied.cycle.cycle_id
    features = copied.insight.features()
    kept = _segments_before(following, features)
    assert kept is not None
    segmenter, labels = kept
    assert set(np.unique(segmenter.predict(features))) == set(labels)


def test_the_stored_means_are_amounts_and_not_logarithms(copied: Project) -> None:
    now = copied.insight.segmentation()
    rows = now.profile[now.profile["feature"] == "balance_total"].set_index("cluster")
    balances = copied.customers(columns=["customer_id", "balance_total"]).set_index("customer_id")
    for cluster, ids in now.membership.groupby("cluster")["customer_id"]:
        assert rows.at[cluster, "mean"] == pytest.approx(balances.loc[ids, "balance_total"].mean())
    assert set(rows["unit"]) == {"cny"}


def test_figures_of_a_cycle_are_kept_for_the_next(copied: Project) -> None:
    artefact = copied.insight.artefact()
    assert artefact is not None
    rows = copied.customers(columns=["customer_id", "balance_total", "lifecycle_stage"])
    rows = rows[rows["customer_id"].isin(copied.insight.segmentation().membership["customer_id"])]
    weak = rows["lifecycle_stage"].dropna().isin(["decline", "dormant", "lost"]).mean()
    assert artefact.summary["figures"] == pytest.approx(
        {"balances": rows["balance_total"].sum(), "weak": weak}
    )


def test_what_is_refused(copied: Project, walked: Project) -> None:
    now = copied.insight.segmentation()
    a, b = (int(one) for one in now.segments["cluster"].iloc[:2])
    ids = now.membership["customer_id"]
    with pytest.raises(ParameterProblem, match="split"):
        copied.insight.split()
    with pytest.raises(ParameterProblem, match="new segment must have"):
        copied.insight.split(customers=ids)
    with pytest.raises(ParameterProblem, match="new segment must have"):
        copied.insight.split(customers=[])
    with pytest.raises(ParameterProblem, match="not in the segmentation"):
        copied.insight.split(customers=["nobody"])
    with pytest.raises(ParameterProblem, match=r"no cluster|There is no"):
        copied.insight.split(99)
    with pytest.raises(ParameterProblem, match="at least two"):
        copied.insight.merge([a, a])
    with pytest.raises(ParameterProblem, match="already"):
        copied.insight.move(now.membership.loc[now.membership["cluster"] == a, "customer_id"], a)
    taken = str(now.segments["segment"].iloc[1])
    with pytest.raises(ParameterProblem, match="Two clusters"):
        copied.insight.split(a, segment=taken)
    assert copied.insight.segmentation().version == now.version
    copied.insight.relabel(a, "Changed meanwhile")
    for late in (
        lambda: copied.insight.split(a, expected_version=now.version),
        lambda: copied.insight.merge([a, b], expected_version=now.version),
        lambda: copied.insight.move(ids[:5], b, expected_version=now.version),
    ):
        with pytest.raises(Conflict):
            late()
    with pytest.raises(NotAllowed):
        walked.insight.merge([a, b])
