"""Stability of segments that no comparison has found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

import workbench as wb
from workbench.insight import segment_stability


@pytest.fixture
def features() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    centres = np.repeat([[0.0, 0], [9, 0], [0, 9]], 60, axis=0)
    return pd.DataFrame(centres + rng.normal(size=centres.shape), columns=["age", "tenure"])


def test_it_is_a_plain_recount_with_scikit_learn(features):
    # Half of the second cluster was given to the third by hand.
    clusters = np.repeat([0, 1, 2, 2], [60, 30, 30, 60])
    found = segment_stability(features, clusters, n_bootstrap=30)
    scaled = StandardScaler().fit_transform(features)
    rng, means = np.random.default_rng([0, 2]), []
    for seed in range(30):
        drawn = np.unique(rng.integers(0, 180, 180))
        anew = KMeans(3, n_init=3, random_state=seed).fit_predict(scaled[drawn])
        old = clusters[drawn]
        means.append(
            [
                max(((old == i) & (anew == j)).sum() / ((old == i) | (anew == j)).sum() for j in range(3))
                for i in range(3)
            ]
        )
    assert found["jaccard"].to_numpy() == pytest.approx(np.mean(means, axis=0))
    assert found["n"].tolist() == [60, 30, 90]
    assert found.loc[0, "jaccard"] == 1


def test_random_segments_do_not_come_back(features):
    clusters = np.random.default_rng(0).integers(0, 3, len(features))
    assert (segment_stability(features, clusters, n_bootstrap=10)["jaccard"] < 0.5).all()


def test_segments_carried_over_are_stored_with_their_stability(walked_folder):
    insight = wb.open_project(walked_folder, role="viewer").insight
    stored = insight.stability()
    assert stored is not None
    assert stored["n"].tolist() == insight.segmentation().segments.sort_values("cluster")["n"].tolist()
    assert stored["jaccard"].between(0, 1).all()
