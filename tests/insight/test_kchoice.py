"""Indices against scikit-learn and against slow, literal versions of the papers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.insight.kchoice import clusterings, sample_rows
from workbench.insight.kchoice.comparison import GAP_OF_ONE
from workbench.insight.kchoice.gap import gap_statistic
from workbench.insight.kchoice.indices import spread_indices
from workbench.insight.kchoice.silhouettes import mean_silhouettes
from workbench.insight.scaling import fit_scaling
from workbench.insight.segmenter import ALGORITHMS
from workbench.tables import K_COMPARISON


def ignore(_done: float) -> None:
    """Take no notice of progress."""


def blobs(n_clusters: int, n: int = 900, spread: float = 0.6, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    centres = rng.uniform(-8, 8, size=(n_clusters, 4))
    values = centres[np.arange(n) % n_clusters] + spread * rng.normal(size=(n, 4))
    return pd.DataFrame(values, columns=["age", "tenure", "recency", "frequency"])


@pytest.fixture(scope="module")
def features() -> pd.DataFrame:
    return blobs(4, spread=1.5)


@pytest.fixture(scope="module")
def comparison(features) -> pd.DataFrame:
    return wb.compare_k(features, range(1, 8), sample_size=500, n_bootstrap=8, n_references=6)


def test_indices_equal_scikit_learns_on_the_segmenters_labels(features, comparison):
    scaled = fit_scaling(features).apply(features.to_numpy())
    rows = sample_rows(len(features), 500, 0)
    for row in comparison[comparison["k"] > 1].itertuples():
        labels = wb.Segmenter(row.k).fit(features).labels_
        assert row.silhouette_score == pytest.approx(silhouette_score(scaled[rows], labels[rows]), abs=1e-12)
        assert row.calinski_harabasz_score == pytest.approx(
            calinski_harabasz_score(scaled, labels), rel=1e-12
        )
        assert row.davies_bouldin_score == pytest.approx(davies_bouldin_score(scaled, labels), rel=1e-12)
        assert row.smallest_share == np.bincount(labels).min() / len(labels)
        centroids = np.array([scaled[labels == k].mean(axis=0) for k in range(row.k)])
        assert row.inertia == pytest.approx(((scaled - centroids[labels]) ** 2).sum(), rel=1e-9)


def test_one_cluster_has_a_gap_and_nothing_else(features, comparison):
    first = comparison.iloc[0]
    undefined = ["silhouette_score", "calinski_harabasz_score", "davies_bouldin_score", "stability"]
    assert first["k"] == 1
    assert first[undefined].isna().all()
    assert first["inertia"] == pytest.approx(features.size)
    assert np.isfinite(first["gap"])
    assert comparison.attrs[GAP_OF_ONE] == [first["gap"], first["gap_se"]]


def test_the_table(comparison):
    K_COMPARISON.check(comparison)
    assert comparison["k"].tolist() == list(range(1, 8))
    assert comparison["stability"].dropna().between(0, 1).all()


def test_only_the_range_asked_for_in_order(features):
    table = wb.compare_k(features, [5, 3, 3], n_bootstrap=0, n_references=0)
    assert table["k"].tolist() == [3, 5]
    assert table[["gap", "gap_se", "stability"]].isna().all().all()
    assert table["silhouette_score"].notna().all()


def test_the_same_seed_gives_the_same_table(features, comparison):
    again = wb.compare_k(features, range(1, 8), sample_size=500, n_bootstrap=8, n_references=6)
    pd.testing.assert_frame_equal(again, comparison)


@pytest.mark.parametrize("n_clusters", [3, 5])
def test_clear_clusters_are_recommended(n_clusters):
    table = wb.compare_k(blobs(n_clusters, seed=n_clusters), range(2, 9), n_bootstrap=8, n_references=6)
    recommendation = wb.recommend_k(table)
    assert recommendation.k == n_clusters
    assert recommendation.agree >= 4
    assert recommendation.stable


@pytest.mark.parametrize("n_features", [1, 2, 6])
@pytest.mark.parametrize("draw", ["normal", "uniform"])
def test_a_single_cloud_is_no_clusters(draw, n_features):
    rng = np.random.default_rng(0)
    cloud = pd.DataFrame(getattr(rng, draw)(size=(800, n_features)), columns=list("abcdef")[:n_features])
    table = wb.compare_k(cloud, range(2, 7), n_bootstrap=5, n_references=10)
    recommendation = wb.recommend_k(table)
    assert recommendation.k == 1
    assert recommendation.explanation().startswith("No clusters")
    assert "不宜分群" in recommendation.explanation("zh_CN")


def test_one_giant_cluster():
    """Five far-off customers are outliers; thirty in one place are a cluster, and it is said."""
    rng = np.random.default_rng(0)
    giant = rng.normal(size=(995, 3))
    for n, k in ((5, 1), (30, 2)):
        values = np.vstack([giant, rng.normal(9, 0.5, size=(n, 3))])
        table = wb.compare_k(pd.DataFrame(values, columns=list("abc")), range(2, 6), n_bootstrap=20)
        recommendation = wb.recommend_k(table)
        assert recommendation.k == k
        assert recommendation.largest_share == table["largest_share"].iloc[0] == 995 / (995 + n)
        assert "too few to be segments" in recommendation.explanation()


def test_algorithms_stand_side_by_side(features):
    """Every index of every algorithm, by scikit-learn, on the segmenter's own labels."""
    settings = {"sample_size": 400, "n_bootstrap": 3, "n_references": 2}
    table = wb.compare_k(features, [3, 4], algorithms=("gaussian_mixture", "kmeans"), **settings)
    assert list(zip(table["algorithm"], table["k"], strict=True)) == [
        ("gaussian_mixture", 3), ("gaussian_mixture", 4), ("kmeans", 3), ("kmeans", 4)
    ]  # fmt: skip
    scaled = fit_scaling(features).apply(features.to_numpy())
    rows = sample_rows(len(features), 400, 0)
    for row in table.itertuples():
        labels = wb.Segmenter(row.k, algorithm=row.algorithm).fit(features).labels_
        assert row.silhouette_score == pytest.approx(silhouette_score(scaled[rows], labels[rows]), abs=1e-12)
        assert row.davies_bouldin_score == pytest.approx(davies_bouldin_score(scaled, labels), rel=1e-12)
        assert row.smallest_n == np.bincount(labels).min()
        assert row.largest_share == np.bincount(labels).max() / len(labels)
    assert table[["gap", "stability", "stability_ari"]].notna().all().all()
    alone = wb.compare_k(features, [3, 4], **settings)
    pd.testing.assert_frame_equal(
        table[table["algorithm"] == "kmeans"].reset_index(drop=True), alone, check_exact=True
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_algorithm_can_be_compared(algorithm):
    table = wb.compare_k(
        blobs(3, n=240), [2, 3], algorithms=(algorithm,), n_bootstrap=3, n_references=2, sample_size=200
    )
    recommendation = wb.recommend_k(table)
    assert (recommendation.algorithm, recommendation.k) == (algorithm, 3)
    assert set(wb.cluster_stability(table)["algorithm"]) == {algorithm}
    assert len(table) == (1 if algorithm == "hdbscan" else 2)


def test_text_columns_are_compared_by_k_prototypes():
    rng = np.random.default_rng(0)
    job = pd.Series(["student", "retired"], dtype="str").repeat(100).reset_index(drop=True)
    mixed = pd.DataFrame({"age": np.repeat([20.0, 70.0], 100) + rng.normal(size=200), "job": job})
    table = wb.compare_k(mixed, [2, 3], algorithms=("kprototypes",), n_bootstrap=2, n_references=2)
    assert table.loc[0, ["k", "smallest_n", "stability"]].tolist() == [2, 100, 1.0]
    with pytest.raises(ParameterProblem, match='"job" does not hold numbers'):
        wb.compare_k(mixed, [2, 3], algorithms=("kprototypes", "kmeans"))


@pytest.mark.parametrize("algorithm", ["kmeans", "gaussian_mixture"])
def test_of_many_customers_a_sample_is_clustered_and_the_rest_assigned(monkeypatch, algorithm):
    features = blobs(4, n=3_000, spread=1.5)
    settings = {"algorithms": (algorithm,), "n_bootstrap": 0, "n_references": 0}
    whole = wb.compare_k(features, range(2, 7), **settings)
    monkeypatch.setattr(clusterings, "EXACT_ROWS", 800)
    quick = wb.compare_k(features, range(2, 7), **settings)
    assert (quick["smallest_n"] > 0).all()
    if algorithm == "kmeans":
        assert (quick["inertia"] <= 1.01 * whole["inertia"]).all()
    assert wb.recommend_k(quick).k == wb.recommend_k(whole).k == 4


def test_what_is_in_no_cluster_is_left_out_of_the_indices():
    rng = np.random.default_rng(0)
    points = np.vstack([rng.normal(c, 0.5, size=(60, 2)) for c in ([0, 0], [6, 0], [0, 6])])
    labels = np.repeat([0, 1, 2], 60)
    labels[::7] = -1
    kept = labels >= 0
    expected = silhouette_score(points[kept], labels[kept])
    assert mean_silhouettes(points, {"a": labels}, ignore)["a"] == pytest.approx(expected, abs=1e-12)
    found = spread_indices(points, labels)
    assert found.calinski_harabasz_score == pytest.approx(calinski_harabasz_score(points[kept], labels[kept]))
    assert found.davies_bouldin_score == pytest.approx(davies_bouldin_score(points[kept], labels[kept]))
    assert np.isnan(mean_silhouettes(points, {"a": np.full(180, -1)}, ignore)["a"])
    assert np.isnan(spread_indices(points, np.full(180, -1)).inertia)


def test_silhouettes_with_a_customer_alone_in_a_cluster():
    points = np.array([[0.0, 0], [0, 1], [5, 5], [5, 6], [20, 20]])
    labels = {
        2: np.array([0, 0, 1, 1, 1]),
        3: np.array([0, 0, 1, 1, 2]),
        5: np.arange(5),
        1: np.zeros(5, int),
    }
    found = mean_silhouettes(points, labels, ignore)
    assert found[2] == pytest.approx(silhouette_score(points, labels[2]))
    assert found[3] == pytest.approx(silhouette_score(points, labels[3]))
    assert np.isnan(found[5])
    assert np.isnan(found[1])


def test_silhouettes_across_block_borders():
    rng = np.random.default_rng(0)
    points, own = rng.normal(size=(1_300, 3)), rng.integers(0, 4, 1_300)
    assert mean_silhouettes(points, {4: own}, ignore)[4] == pytest.approx(silhouette_score(points, own))


def test_gap_is_that_of_the_paper():
    """The paper's W_k from pairwise distances, on references drawn the same way."""
    rng = np.random.default_rng(0)
    points = np.vstack([rng.normal(c, 0.4, size=(40, 2)) for c in ([0, 0], [4, 0], [0, 4])])
    gaps = gap_statistic(points, [1, 2, 3, 4], 20, 0, ignore)

    def log_w(rows, k):
        labels = KMeans(k, n_init=10, random_state=0).fit_predict(rows)
        total = 0.0
        for cluster in range(k):
            own = rows[labels == cluster]
            squared = ((own[:, None, :] - own[None, :, :]) ** 2).sum(axis=2)
            total += squared.sum() / (2 * len(own))
        return np.log(total)

    centred = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    turned = centred @ axes.T
    other = np.random.default_rng(99)
    for k in (1, 2, 3, 4):
        reference = [
            log_w(other.uniform(turned.min(axis=0), turned.max(axis=0), turned.shape) @ axes, k)
            for _ in range(20)
        ]
        expected = np.mean(reference) - log_w(points, k)
        error = np.std(reference) * np.sqrt(1 + 1 / 20)
        # Other draws of the reference: equal within a few of their own standard errors.
        assert gaps[k][0] == pytest.approx(expected, abs=4 * np.std(reference) * np.sqrt(2 / 20))
        assert gaps[k][1] == pytest.approx(error, rel=0.7)
    assert max(gaps, key=lambda k: gaps[k][0]) == 3


def test_the_box_lies_along_the_principal_components():
    """On a thin diagonal line the box of the axes would be mostly empty, and the gap huge."""
    rng = np.random.default_rng(0)
    line = rng.uniform(-5, 5, 300)[:, None] * [1.0, 1.0] + rng.normal(0, 0.05, (300, 2))
    gap_at_one, _ = gap_statistic(line, [1], 10, 0, ignore)[1]
    assert abs(gap_at_one) < 0.2


def test_progress_runs_from_0_to_1_in_known_phases(features):
    seen: list[tuple[float, str]] = []
    wb.compare_k(
        features,
        [2, 3],
        n_bootstrap=2,
        n_references=2,
        progress=lambda done, phase: seen.append((done, phase)),
    )
    shares = [done for done, _ in seen]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == pytest.approx(1)
    from workbench import locale

    assert {phase for _, phase in seen} <= locale.keys("zh_CN")
    assert len({phase for _, phase in seen}) == 4


def test_progress_may_cancel(features):
    class Cancelled(Exception):
        """Raised by the caller."""

    def cancel(done: float, _phase: str) -> None:
        if done > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        wb.compare_k(features, range(2, 6), n_bootstrap=3, n_references=3, progress=cancel)


def test_repeated_customers_raise_no_warning():
    few = pd.DataFrame({"a": [0.0, 1, 2, 3] * 30, "b": [0.0, 0, 1, 1] * 30})
    table = wb.compare_k(few, [2, 4], n_bootstrap=4, n_references=3)
    assert np.isfinite(table["gap"]).all()
    assert table.loc[1, "stability"] == pytest.approx(1)


def test_what_is_refused(features):
    with pytest.raises(ParameterProblem, match="of 900 only 900 differ"):
        wb.compare_k(features, [901])
    with pytest.raises(ParameterProblem, match="whole number"):
        wb.compare_k(features, [0, 3])
    with pytest.raises(ParameterProblem, match="whole number"):
        wb.compare_k(features, [])
    with pytest.raises(ParameterProblem, match="algorithms can't be"):
        wb.compare_k(features, [2], algorithms=("k-means",))
    with pytest.raises(ParameterProblem, match="algorithms can't be"):
        wb.compare_k(features, [2], algorithms="kmeans")
