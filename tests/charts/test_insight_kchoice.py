"""Charts that choose a number of clusters: what they draw is what the tables hold."""

from __future__ import annotations

import pandas as pd
import pytest

import workbench as wb
from workbench.charts.insight_kchoice import ALL_INDICES, INDICES, THRESHOLDS, cluster_stability, compare_k
from workbench.errors import TableProblem


@pytest.fixture
def comparison() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "k": [2, 3, 4],
            "inertia": [9.0, 4.0, 3.0],
            "silhouette_score": [0.4, 0.6, 0.5],
            "calinski_harabasz_score": [90.0, 120.0, 100.0],
            "davies_bouldin_score": [0.9, 0.5, 0.7],
            "gap": [0.1, 0.5, 0.45],
            "gap_se": [0.02, 0.02, 0.03],
            "stability": [0.95, 0.9, 0.5],
            "smallest_share": [0.4, 0.3, 0.1],
            "silhouette_reference": [0.2, 0.15, 0.1],
        }
    )


@pytest.fixture
def stability() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "algorithm": ["kmeans"] * 5,
            "k": [2, 2, 3, 3, 3],
            "cluster": [0, 1, 0, 1, 2],
            "jaccard": [0.95, 0.9, 0.9, 0.7, 0.4],
            "n": [60, 40, 50, 30, 20],
            "low": [0.9, 0.8, 0.8, 0.5, 0.2],
            "high": [1.0, 1.0, 1.0, 0.9, 0.6],
        }
    )


def drawn(layer: dict, spec: dict) -> list[dict]:
    return spec["datasets"][layer["data"]["name"]]


def layers_of(panel: dict, mark: str) -> list[dict]:
    return [layer for layer in panel["layer"] if layer["mark"]["type"] == mark]


def test_a_panel_for_each_index_with_its_vote(comparison):
    votes = wb.recommend_k(comparison).votes
    spec = compare_k(comparison, best=votes, chosen=3).to_dict()
    assert [panel["title"]["text"] for panel in spec["concat"]] == [
        "Stability", "Gap", "Silhouette", "Calinski-H.", "Davies-B.*",
    ]  # fmt: skip
    assert spec["concat"][2]["title"]["subtitle"] == "best at 3"
    for panel, index in zip(spec["concat"], INDICES, strict=True):
        line = next(layer for layer in layers_of(panel, "line") if layer["encoding"]["y"]["field"] == "value")
        assert [row["value"] for row in drawn(line, spec)] == comparison[index].tolist()
        mark = [layer for layer in layers_of(panel, "point") if layer["mark"].get("size") == 46]
        assert [row["k"] for row in drawn(mark[0], spec)] == [votes[index]]


def test_the_gap_has_its_error_and_stability_its_threshold(comparison):
    spec = compare_k(comparison, width=120, indices=ALL_INDICES, chosen=4).to_dict()
    stability, gap, silhouette, *_, smallest = spec["concat"]
    bars = next(layer for layer in layers_of(gap, "rule") if "y2" in layer["encoding"])
    assert drawn(bars, spec)[1] == {"k": 3, "low": 0.48, "high": 0.52}
    threshold = next(layer for layer in layers_of(stability, "rule") if "y" in layer["encoding"])
    assert drawn(threshold, spec) == [{"low": 0.75}]
    reference = next(layer for layer in layers_of(silhouette, "line") if layer["mark"]["strokeWidth"] == 1)
    assert [row["low"] for row in drawn(reference, spec)] == [0.2, 0.15, 0.1]
    assert smallest["title"]["subtitle"] == "10.0% at 4"


def test_algorithms_are_dashes_with_a_legend_and_a_single_k_a_diamond(comparison):
    alone = comparison.tail(1).assign(algorithm="hdbscan")
    both = pd.concat([comparison.assign(algorithm="kmeans"), alone])
    spec = compare_k(both, lang="zh_CN", best={"gap": 3}).to_dict()
    panel = spec["concat"][1]
    line = next(layer for layer in layers_of(panel, "line") if "strokeDash" in layer["encoding"])
    assert line["encoding"]["strokeDash"]["scale"]["domain"] == ["K 均值", "密度聚类（HDBSCAN）"]
    diamond = next(layer for layer in layers_of(panel, "point") if layer["mark"].get("shape") == "diamond")
    assert [row["algorithm"] for row in drawn(diamond, spec)] == ["hdbscan"]
    mark = next(layer for layer in layers_of(panel, "point") if layer["mark"].get("size") == 46)
    assert [row["algorithm"] for row in drawn(mark, spec)] == ["kmeans"]


def test_an_index_that_was_left_out_is_an_empty_panel(comparison):
    spec = compare_k(comparison.assign(stability=float("nan"), gap=float("nan"))).to_dict()
    assert spec["concat"][0]["title"]["subtitle"] == "no vote"
    with pytest.raises(TableProblem):
        compare_k(comparison.drop(columns="gap"))


def test_one_row_a_cluster_with_its_interval(stability):
    spec = cluster_stability(stability, k=3, names={1: "Savers"}).to_dict()
    dots = layers_of(spec, "point")[0]
    rows = drawn(dots, spec)
    assert [row["row"] for row in rows] == ["Cluster 0", "Savers", "Cluster 2"]
    assert [row["verdict"] for row in rows] == ["very stable", "doubtful", "unstable"]
    assert [row["stable"] for row in rows] == [True, False, False]
    intervals = next(layer for layer in layers_of(spec, "rule") if "x2" in layer["encoding"])
    assert [(row["low"], row["high"]) for row in drawn(intervals, spec)] == [(0.8, 1), (0.5, 0.9), (0.2, 0.6)]
    thresholds = next(layer for layer in layers_of(spec, "rule") if "x2" not in layer["encoding"])
    assert [row["threshold"] for row in drawn(thresholds, spec)] == list(THRESHOLDS)
    assert spec["height"] == 3 * 24


def test_all_k_are_a_row_each(stability):
    spec = cluster_stability(stability.drop(columns=["low", "high"]), lang="zh_CN", mode="dark").to_dict()
    assert [row["row"] for row in drawn(layers_of(spec, "point")[0], spec)] == ["k = 2"] * 2 + ["k = 3"] * 3
    assert spec["height"] == 2 * 24
    assert cluster_stability(stability.head(0)).to_dict()["height"] == 24


@pytest.mark.parametrize("mean", [0.1, 0.6, 0.75, 0.76, 0.85, 0.86, 1.0])
def test_the_charts_verdict_is_the_rooms(mean):
    from workbench.charts.insight_kchoice import _verdict
    from workbench.insight import stability_verdict

    assert _verdict(mean) == stability_verdict(mean)
