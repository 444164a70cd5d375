"""Bootstrap stability against sets, scikit-learn and a literal version of the paper."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

import workbench as wb
from workbench.insight.kchoice.quick import full_kmeans, quick_kmeans
from workbench.insight.kchoice.stability import adjusted_rand, bootstrap_stability, jaccard_of_clusters
from workbench.insight.kchoice.verdicts import stability_verdict, verdict_text
from workbench.tables import K_STABILITY


def blobs(n_clusters: int, n: int = 900, spread: float = 0.6, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.uniform(-8, 8, size=(n_clusters, 4))
    return centres[np.arange(n) % n_clusters] + spread * rng.normal(size=(n, 4))


def anew(points: np.ndarray, k: int):
    return lambda rows, seed: quick_kmeans(points[rows], k, seed).labels


def test_jaccard_by_hand_and_by_sets():
    rng = np.random.default_rng(0)
    old, new = rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    expected = []
    for k in range(4):
        mine = set(np.flatnonzero(old == k))
        theirs = [set(np.flatnonzero(new == j)) for j in range(4)]
        expected.append(max(len(mine & one) / len(mine | one) for one in theirs))
    assert jaccard_of_clusters(old, new, 4) == pytest.approx(expected)
    absent = jaccard_of_clusters(np.array([0, 0]), np.array([1, 1]), 2)
    assert absent[0] == 1
    assert np.isnan(absent[1])


def test_customers_in_no_cluster_match_nobody():
    old, new = np.array([0, 0, 0, -1, -1, 1]), np.array([0, 0, -1, 0, -1, -1])
    # {0, 1, 2} with {0, 1, 3}; {5} is in none of the new ones.
    assert jaccard_of_clusters(old, new, 2).tolist() == [0.5, 0.0]
    assert jaccard_of_clusters(old, np.full(6, -1), 2).tolist() == [0.0, 0.0]


def test_rand_index_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    for _ in range(5):
        one, other = rng.integers(-1, 4, 300), rng.integers(0, 3, 300)
        assert adjusted_rand(one, other) == pytest.approx(adjusted_rand_score(one, other), abs=1e-12)
    assert adjusted_rand(np.zeros(3, int), np.zeros(3, int)) == 1


def test_stability_is_that_of_the_paper():
    """The same draws, clustered by scikit-learn, compared by sets."""
    points = blobs(3, n=240, spread=3.0)
    labels = KMeans(3, n_init=10, random_state=0).fit_predict(points)
    found = bootstrap_stability(labels, 3, anew(points, 3), 12, 5, lambda _: None)
    rng = np.random.default_rng([5, 2])
    coefficients, clusterings = [], []
    for number in range(12):
        drawn = sorted(set(rng.integers(0, 240, 240).tolist()))
        theirs = KMeans(3, n_init=3, random_state=5 + number).fit_predict(points[drawn])
        new = [{row for row, own in zip(drawn, theirs, strict=True) if own == j} for j in range(3)]
        old = [{row for row in drawn if labels[row] == j} for j in range(3)]
        coefficients.append([max(len(a & b) / len(a | b) for b in new) for a in old])
        clusterings.append(dict(zip(drawn, theirs, strict=True)))
    assert found.jaccard == pytest.approx(np.mean(coefficients, axis=0))
    assert found.least == pytest.approx(np.mean(coefficients, axis=0).min())
    assert found.low == pytest.approx(np.quantile(coefficients, 0.05, axis=0))
    assert found.high == pytest.approx(np.quantile(coefficients, 0.95, axis=0))
    agreements = []
    for one, other in pairwise(clusterings):
        both = sorted(set(one) & set(other))
        agreements.append(adjusted_rand_score([one[i] for i in both], [other[i] for i in both]))
    assert found.ari == pytest.approx(np.mean(agreements))


def test_stability_tells_found_from_forced_clusters():
    points = blobs(3, seed=1)
    labels = {k: KMeans(k, n_init=10, random_state=0).fit_predict(points) for k in (3, 7)}
    found = {
        k: bootstrap_stability(own, k, anew(points, k), 15, 0, lambda _: None) for k, own in labels.items()
    }
    assert found[3].least > 0.99
    assert found[3].ari > 0.99
    assert found[7].least < 0.75
    assert found[7].ari < 0.9


def test_each_cluster_has_its_row_in_the_table():
    """Two clear groups, and a third that k = 4 has to cut in two."""
    rng = np.random.default_rng(0)
    groups = zip(([0, 0], [20, 0], [0, 20]), (0.5, 0.5, 3.0), strict=True)
    points = np.vstack([rng.normal(centre, spread, size=(200, 2)) for centre, spread in groups])
    features = pd.DataFrame(points, columns=["age", "tenure"])
    comparison = wb.compare_k(features, [3, 4], n_bootstrap=20, n_references=0)
    table = K_STABILITY.check(wb.cluster_stability(comparison))
    assert table.groupby("k")["cluster"].apply(list).to_dict() == {3: [0, 1, 2], 4: [0, 1, 2, 3]}
    labels = wb.Segmenter(4).fit(features).labels_
    four = table[table["k"] == 4].set_index("cluster")
    assert four["n"].tolist() == np.bincount(labels).tolist()
    whole = {int(labels[0]), int(labels[200])}
    assert (four.loc[sorted(whole), "jaccard"] > 0.99).all()
    assert (four.loc[sorted(set(range(4)) - whole), "jaccard"] < 0.75).all()
    least = comparison.set_index("k")["stability"].to_dict()
    assert table.groupby("k")["jaccard"].min().to_dict() == pytest.approx(least)
    assert (table["low"] <= table["jaccard"]).all()
    assert (table["jaccard"] <= table["high"]).all()


def test_verdicts_are_hennigs():
    means = [0.1, 0.59, 0.6, 0.75, 0.751, 0.85, 0.851, 1.0]
    assert [stability_verdict(mean) for mean in means] == (
        ["unstable"] * 2 + ["doubtful"] * 2 + ["stable"] * 2 + ["very_stable"] * 2
    )
    assert stability_verdict(float("nan")) == verdict_text(float("nan")) == ""
    assert verdict_text(0.5, "zh_CN") == "不稳定"


@pytest.mark.parametrize("k", [2, 5, 9])
def test_starts_on_a_sample_end_where_all_starts_do(k):
    points = blobs(5, n=6_000, spread=2.5)
    ours = full_kmeans(points, k, 0, start_rows=1_500)
    theirs = KMeans(k, n_init=10, random_state=0).fit(points)
    assert ours.inertia <= 1.01 * theirs.inertia_
    means = np.array([points[ours.labels == j].mean(axis=0) for j in range(k)])
    assert ours.inertia == pytest.approx(((points - means[ours.labels]) ** 2).sum(), rel=1e-3)
    assert (np.diff(np.bincount(ours.labels)) <= 0).all()
