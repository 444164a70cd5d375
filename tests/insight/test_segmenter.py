"""Clusters: numbering, prediction, storage, and the house rules of estimators."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.insight.segmenter import ALGORITHMS

SIZES = (300, 200, 100)


@pytest.fixture
def truth() -> np.ndarray:
    return np.repeat([0, 1, 2], SIZES)


@pytest.fixture
def features(truth) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    centres = np.array([[40, 8, 0.2], [60, 11, 0.7], [25, 5, 0.5]])
    values = centres[truth] + rng.normal(size=(len(truth), 3)) * [3, 0.6, 0.05]
    index = pd.Index([f"{i:05d}" for i in range(len(truth))], name="customer_id")
    return pd.DataFrame(values, columns=["age", "balance_total", "share_fund"], index=index)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("scaling", ["standard", "robust"])
class TestEveryAlgorithm:
    def test_finds_planted_clusters_numbered_by_size(self, features, truth, algorithm, scaling):
        segmenter = wb.Segmenter(3, algorithm=algorithm, scaling=scaling).fit(features)
        assert adjusted_rand_score(truth, segmenter.labels_) > 0.98
        assert (np.diff(segmenter.sizes_) <= 0).all()
        assert segmenter.sizes_.tolist() == np.bincount(segmenter.labels_).tolist()
        means = np.array([features[segmenter.labels_ == k].mean() for k in range(3)])
        assert np.allclose(segmenter.centroids_, means, rtol=0.05)

    def test_predict_agrees_with_labels(self, features, algorithm, scaling):
        segmenter = wb.Segmenter(4, algorithm=algorithm, scaling=scaling, random_state=5).fit(features)
        assert (segmenter.predict(features) == segmenter.labels_).all()
        assert (segmenter.predict(features.iloc[17:90, ::-1]) == segmenter.labels_[17:90]).all()

    def test_json_round_trip_predicts_the_same(self, features, algorithm, scaling):
        segmenter = wb.Segmenter(4, algorithm=algorithm, scaling=scaling).fit(features)
        again = wb.Segmenter.from_json(segmenter.to_json())
        new = features + np.random.default_rng(0).normal(size=features.shape) * [10, 2, 0.3]
        assert (again.predict(new) == segmenter.predict(new)).all()
        assert again.get_params() == segmenter.get_params()
        assert again.to_json() == segmenter.to_json()
        assert (again.centroids_ == segmenter.centroids_).all()
        assert again.inertia_ == segmenter.inertia_

    def test_same_seed_same_clusters(self, features, algorithm, scaling):
        one = wb.Segmenter(5, algorithm=algorithm, scaling=scaling, random_state=1).fit(features)
        two = wb.Segmenter(5, algorithm=algorithm, scaling=scaling, random_state=1).fit(features)
        assert (one.labels_ == two.labels_).all()


def test_kmeans_is_that_of_scikit_learn(features):
    scaled = StandardScaler().fit_transform(features)
    theirs = KMeans(4, n_init=10, random_state=0).fit(scaled)
    ours = wb.Segmenter(4).fit(features)
    assert adjusted_rand_score(theirs.labels_, ours.labels_) == 1
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-6)


def test_mixture_assigns_as_scikit_learn(features):
    scaled = StandardScaler().fit_transform(features)
    theirs = GaussianMixture(3, n_init=3, max_iter=300, reg_covar=1e-4, random_state=0).fit(scaled)
    ours = wb.Segmenter(3, algorithm="gaussian_mixture").fit(features)
    assert adjusted_rand_score(theirs.predict(scaled), ours.labels_) == 1
    assert ours.converged_


def test_numbering_does_not_depend_on_the_order_of_customers(features):
    straight = wb.Segmenter(3).fit(features)
    shuffled = features.sample(frac=1, random_state=1)
    labels = pd.Series(wb.Segmenter(3).fit(shuffled).labels_, index=shuffled.index)
    assert (labels.loc[features.index].to_numpy() == straight.labels_).all()


def test_equal_sizes_are_ordered_by_centroid():
    features = pd.DataFrame({"age": [50.0, 51, 20, 21, 80, 81]})
    assert wb.Segmenter(3).fit(features).labels_.tolist() == [1, 1, 0, 0, 2, 2]


def test_one_cluster(features):
    segmenter = wb.Segmenter(1).fit(features)
    assert set(segmenter.labels_) == {0}
    assert segmenter.inertia_ == pytest.approx(features.size)


def test_it_is_an_estimator(features):
    segmenter = wb.Segmenter(4, algorithm="minibatch_kmeans", random_state=2)
    twin = clone(segmenter)
    assert twin is not segmenter
    assert twin.get_params() == {
        "n_clusters": 4,
        "algorithm": "minibatch_kmeans",
        "scaling": "standard",
        "weights": None,
        "outliers": "keep",
        "min_cluster_size": None,
        "gamma": None,
        "random_state": 2,
    }
    assert not hasattr(twin, "labels_")
    assert twin.set_params(n_clusters=3).fit(features) is twin
    assert twin.n_features_in_ == 3
    assert twin.feature_names_in_.tolist() == list(features)
    assert (clone(twin).fit_predict(features) == twin.labels_).all()


def test_what_it_refuses(features):
    with pytest.raises(ParameterProblem, match=r"whole number.*0"):
        wb.Segmenter(0).fit(features)
    with pytest.raises(ParameterProblem, match=r"2\.5"):
        wb.Segmenter(2.5).fit(features)
    with pytest.raises(ParameterProblem, match="kmeans, minibatch_kmeans, gaussian_mixture"):
        wb.Segmenter(algorithm="dbscan").fit(features)
    with pytest.raises(ParameterProblem, match="of 600 only 2 differ"):
        wb.Segmenter(3).fit(pd.DataFrame({"age": [1.0, 2.0] * 300}))
    with pytest.raises(ParameterProblem, match=r'"age" has 1 cells'):
        wb.Segmenter(3).fit(features.mask(features == features.iloc[4, 0]))
    with pytest.raises(ParameterProblem, match="does not hold numbers"):
        wb.Segmenter(3).fit(features.assign(age="old"))
    with pytest.raises(ParameterProblem, match="ndarray"):
        wb.Segmenter(3).fit(features.to_numpy())


def test_predict_names_missing_features(features):
    segmenter = wb.Segmenter(3).fit(features)
    with pytest.raises(ParameterProblem, match="not in the table: share_fund"):
        segmenter.predict(features.drop(columns="share_fund"))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 99, "parameters": {}}', '{"format": 1}'])
def test_foreign_json_is_refused(text):
    with pytest.raises(ParameterProblem, match="not a saved segmenter"):
        wb.Segmenter.from_json(text)


def test_json_is_plain(features):
    content = json.loads(wb.Segmenter(3).fit(features).to_json())
    assert content["features"] == ["age", "balance_total", "share_fund"]
    assert content["parameters"]["n_clusters"] == 3
