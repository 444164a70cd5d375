"""Which k and which algorithm are recommended, and what is said of it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import TableProblem
from workbench.insight.kchoice import KRecommendation
from workbench.insight.kchoice.recommendation import GAP_OF_ONE
from workbench.tables import K_COMPARISON


def table_of(**columns) -> pd.DataFrame:
    n = len(columns["k"])
    base = {column.name: [np.nan] * n for column in K_COMPARISON.columns if column.required}
    return pd.DataFrame({**base, **columns})


class TestRecommendation:
    def test_each_index_votes_by_its_rule(self):
        recommendation = wb.recommend_k(
            table_of(
                k=[2, 3, 4, 5],
                silhouette_score=[0.5, 0.4, 0.3, 0.2],
                calinski_harabasz_score=[1.0, 3, 2, 1],
                davies_bouldin_score=[3.0, 2, 1, 2],
                gap=[0.1, 0.3, 0.5, 0.52],
                gap_se=[0.01, 0.01, 0.01, 0.05],
                stability=[0.9, 0.7, 0.8, 0.74],
            )
        )
        assert recommendation.votes == {
            "silhouette_score": 2,
            "calinski_harabasz_score": 3,
            "davies_bouldin_score": 4,
            "gap": 4,
            "stability": 4,
        }
        assert (recommendation.k, recommendation.agree, recommendation.stable) == (4, 3, True)
        assert recommendation.dissent == {"silhouette_score": 2, "calinski_harabasz_score": 3}
        assert recommendation.explanation() == (
            "3 of 5 indices say 4 clusters. Others: silhouette 2, Calinski-Harabasz 3."
        )

    def test_among_equals_the_more_stable_wins(self):
        table = table_of(
            k=[2, 3, 4], silhouette_score=[0.5, 0.4, 0.3], davies_bouldin_score=[3.0, 2, 1],
            stability=[0.5, 0.4, 0.7],
        )  # fmt: skip
        recommendation = wb.recommend_k(table)
        assert recommendation.votes == {"silhouette_score": 2, "davies_bouldin_score": 4}
        assert (recommendation.k, recommendation.stable) == (4, False)
        assert "does not come back" in recommendation.explanation()

    @pytest.mark.parametrize(
        ("stability_of_four", "expected"), [(0.8, 4), (0.6, 8)], ids=["stable", "next is not stable"]
    )
    def test_where_no_two_agree_the_stable_number_nearest_the_median(self, stability_of_four, expected):
        table = table_of(
            k=[2, 4, 7, 8],
            silhouette_score=[0.5, 0.4, 0.3, 0.3],
            calinski_harabasz_score=[1.0, 2, 1, 1],
            davies_bouldin_score=[3.0, 2, 1, 2],
            stability=[0.99, stability_of_four, 0.5, 0.76],
        )
        recommendation = wb.recommend_k(table)
        assert sorted(recommendation.votes.values()) == [2, 4, 7, 8]
        assert (recommendation.k, recommendation.agree) == (expected, 1)

    def test_a_gap_that_rises_to_the_end_has_no_vote(self):
        table = table_of(k=[2, 3], silhouette_score=[0.5, 0.4], gap=[0.1, 0.5], gap_se=[0.01, 0.01])
        assert "gap" not in wb.recommend_k(table).votes

    @pytest.mark.parametrize(
        ("silhouettes", "gap_of_one", "expected"),
        [((0.2, 0.1), 0.9, 1), ((0.3, 0.1), 0.9, 2), ((0.2, 0.1), 0.5, 2)],
        ids=["one cloud", "silhouette has structure", "later gap larger"],
    )
    def test_no_clusters(self, silhouettes, gap_of_one, expected):
        table = table_of(k=[2, 3], silhouette_score=silhouettes, gap=[0.4, 0.8], gap_se=[0.01, 0.01])
        table.attrs[GAP_OF_ONE] = [gap_of_one, 0.01]
        recommendation = wb.recommend_k(table)
        assert recommendation.k == expected
        assert recommendation.votes["gap"] == 1

    def test_nothing_to_vote_with(self):
        assert wb.recommend_k(table_of(k=[3, 4])) == KRecommendation(3, {}, 0, None)

    def test_it_must_be_a_comparison(self):
        with pytest.raises(TableProblem, match="lacks the columns"):
            wb.recommend_k(pd.DataFrame({"k": [2]}))


def test_silhouettes_no_better_than_those_of_structureless_customers_are_no_clusters():
    columns = {
        "k": [2, 3],
        "silhouette_score": [0.4, 0.35],
        "gap": [0.4, 0.3],
        "gap_se": [0.01, 0.01],
        "silhouette_reference_sd": [0.005, 0.005],
    }
    table = table_of(**columns, silhouette_reference=[0.39, 0.36])
    table.attrs[GAP_OF_ONE] = [0.9, 0.01]
    assert wb.recommend_k(table).k == 1
    better = table_of(**columns, silhouette_reference=[0.3, 0.33])
    better.attrs[GAP_OF_ONE] = [0.9, 0.01]
    assert wb.recommend_k(better).k == 2


class TestAlgorithms:
    @staticmethod
    def of(algorithm: str, stability: float, silhouette: float, unassigned: float = 0.0) -> pd.DataFrame:
        return table_of(
            algorithm=[algorithm] * 2,
            k=[3, 4],
            silhouette_score=[silhouette, 0.1],
            stability=[stability, 0.2],
            unassigned_share=[unassigned] * 2,
        )

    def test_stable_clusters_go_before_larger_silhouettes(self):
        table = pd.concat([self.of("kmeans", 0.7, 0.6), self.of("gaussian_mixture", 0.8, 0.4)])
        recommendation = wb.recommend_k(table)
        assert recommendation.algorithm == "gaussian_mixture"
        assert recommendation.by_algorithm == {"kmeans": 3, "gaussian_mixture": 3}
        assert recommendation.explanation() == (
            "2 of 2 indices say 3 clusters by Gaussian mixture. Other algorithms: k-means 3."
            " The least stable cluster of the chosen one comes back with a mean Jaccard of 0.80."
        )
        assert "高斯混合" in recommendation.explanation("zh_CN")

    def test_among_stable_ones_the_larger_silhouette_then_the_first_given(self):
        table = pd.concat([self.of("kmeans", 0.8, 0.4), self.of("hierarchical", 0.9, 0.5)])
        assert wb.recommend_k(table).algorithm == "hierarchical"
        table = pd.concat([self.of("hierarchical", 0.8, 0.4), self.of("kmeans", 0.9, 0.4)])
        assert wb.recommend_k(table).algorithm == "hierarchical"

    def test_one_that_leaves_many_in_no_cluster_is_not_taken(self):
        noisy = self.of("hdbscan", 0.99, 0.9, unassigned=0.3).head(1)
        table = pd.concat([self.of("kmeans", 0.5, 0.2), noisy])
        assert wb.recommend_k(table).algorithm == "kmeans"
        alone = wb.recommend_k(noisy)
        assert (alone.algorithm, alone.k, alone.votes) == ("hdbscan", 3, {})
        assert alone.explanation() == "3 clusters by HDBSCAN; no index decides."

    def test_no_clusters_goes_before_unstable_ones(self):
        cloud = self.of("kmeans", 0.9, 0.1).assign(k=[2, 3], gap=[0.4, 0.3], gap_se=0.01)
        cloud.attrs[GAP_OF_ONE] = [0.9, 0.01]
        table = pd.concat([self.of("hierarchical", 0.5, 0.2), cloud])
        table.attrs = cloud.attrs
        recommendation = wb.recommend_k(table)
        assert (recommendation.k, recommendation.algorithm) == (1, "kmeans")
        assert recommendation.explanation().startswith("No clusters")


def test_a_small_cluster_is_said():
    table = table_of(k=[2, 3], silhouette_score=[0.9, 0.4], smallest_share=[0.004, 0.1])
    assert wb.recommend_k(table).explanation() == (
        "1 of 1 indices say 2 clusters. The smallest cluster holds 0.4% of customers."
    )


def test_a_stored_table_of_before_is_one_of_kmeans():
    table = table_of(k=[2, 3], silhouette_score=[0.5, 0.4])
    assert "algorithm" not in table
    assert wb.recommend_k(table) == KRecommendation(2, {"silhouette_score": 2}, 1)
    assert wb.cluster_stability(table).empty


def test_a_viewer_reads_it_without_the_clustering_libraries():
    code = (
        "import sys, pandas as pd, workbench as wb;"
        "t = pd.DataFrame({'k': [2], 'inertia': 1.0, 'silhouette_score': .5, 'calinski_harabasz_score': 1.0,"
        "'davies_bouldin_score': 1.0, 'gap': .1, 'gap_se': .1, 'stability': .9, 'smallest_share': .4});"
        "t.attrs['cluster_stability'] = ["
        "{'algorithm': 'kmeans', 'k': 2, 'cluster': 0, 'jaccard': .9, 'n': 3}];"
        "assert wb.recommend_k(t).k == 2 and len(wb.cluster_stability(t)) == 1;"
        "wb.charts.compare_k(t); wb.charts.cluster_stability(wb.cluster_stability(t));"
        "print([m for m in ('sklearn', 'umap', 'ibis', 'duckdb', 'scipy.optimize') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
