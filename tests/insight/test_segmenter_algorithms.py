"""The algorithms beside k-means, weights, outliers and seeds, against independent ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import HDBSCAN, KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.insight.scaling import fit_scaling
from workbench.insight.segmenter import learning


@pytest.fixture(scope="module")
def features() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    centres = np.repeat([[0.0, 0, 0], [6, 0, 3], [0, 7, 1], [5, 6, 9]], [260, 180, 110, 50], axis=0)
    return pd.DataFrame(centres + rng.normal(size=centres.shape), columns=["age", "tenure", "recency"])


@pytest.fixture(scope="module")
def mixed() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    group = np.repeat([0, 1, 2], [120, 90, 60])
    job = np.array(["student", "employee", "retired"])[group]
    swap = rng.random(len(group)) < 0.15
    job[swap] = rng.choice(["student", "employee", "retired"], swap.sum())
    card = np.where(group == 2, "gold", "plain")
    values = np.array([[25, 3.0], [40, 6], [55, 6]])[group] + rng.normal(size=(len(group), 2)) * [8, 1]
    return pd.DataFrame({"age": values[:, 0], "balance": values[:, 1], "job": job, "card": card})


def test_ward_is_that_of_scipy(features):
    scaled = StandardScaler().fit_transform(features)
    theirs = fcluster(linkage(scaled, "ward"), 4, "maxclust")
    means = np.array([scaled[theirs == k].mean(axis=0) for k in range(1, 5)])
    nearest = ((scaled[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    ours = wb.Segmenter(4, algorithm="hierarchical").fit(features)
    assert adjusted_rand_score(nearest, ours.labels_) == 1


def test_ward_learns_on_a_sample_and_assigns_everyone(features, monkeypatch):
    monkeypatch.setattr(learning, "WARD_ROWS", 200)
    ours = wb.Segmenter(4, algorithm="hierarchical").fit(features)
    assert ours.sizes_.sum() == len(features)
    whole = wb.Segmenter(4).fit(features)
    assert adjusted_rand_score(whole.labels_, ours.labels_) > 0.9


def test_hdbscan_is_that_of_scikit_learn(features):
    scaled = StandardScaler().fit_transform(features).round(5)
    theirs = HDBSCAN(min_cluster_size=20, copy=True).fit(scaled).labels_
    ours = wb.Segmenter(algorithm="hdbscan", min_cluster_size=20).fit(features)
    assert adjusted_rand_score(theirs, ours.labels_) > 0.999
    assert ((theirs < 0) == (ours.labels_ < 0)).all()
    assert ours.sizes_.tolist() == sorted(np.bincount(theirs[theirs >= 0]), reverse=True)


def test_hdbscan_leaves_who_is_far_from_everyone_unassigned(features):
    ours = wb.Segmenter(algorithm="hdbscan").fit(features)
    far = features.head(1) + 100
    assert ours.predict(far).tolist() == [-1]
    assert wb.Segmenter.from_json(ours.to_json()).predict(far).tolist() == [-1]


def test_hdbscan_may_find_nothing():
    cloud = pd.DataFrame(np.random.default_rng(0).uniform(size=(40, 6)), columns=list("abcdef"))
    ours = wb.Segmenter(algorithm="hdbscan", min_cluster_size=20).fit(cloud)
    assert set(ours.labels_) == {-1}
    assert ours.sizes_.tolist() == []
    again = wb.Segmenter.from_json(ours.to_json())
    assert set(again.predict(cloud)) == {-1}


def test_hdbscan_learns_on_a_sample(features, monkeypatch):
    monkeypatch.setattr(learning, "DENSE_ROWS", 300)
    ours = wb.Segmenter(algorithm="hdbscan", min_cluster_size=15).fit(features)
    whole = wb.Segmenter(4).fit(features)
    inside = ours.labels_ >= 0
    assert inside.mean() > 0.6
    assert adjusted_rand_score(whole.labels_[inside], ours.labels_[inside]) > 0.9
    assert (ours.predict(features) == ours.labels_).all()


def test_prototypes_cost_no_more_than_those_of_kmodes(mixed):
    kprototypes = pytest.importorskip("kmodes.kprototypes")
    numbers = StandardScaler().fit_transform(mixed[["age", "balance"]])
    table = np.column_stack([numbers.astype(object), mixed[["job", "card"]]])
    theirs = kprototypes.KPrototypes(3, gamma=0.5, n_init=10, random_state=0)
    labels = theirs.fit_predict(table, categorical=[2, 3])
    ours = wb.Segmenter(3, algorithm="kprototypes").fit(mixed)
    assert ours.inertia_ <= theirs.cost_ * 1.001
    assert adjusted_rand_score(labels, ours.labels_) > 0.9


def test_prototypes_cost_is_that_of_the_paper(mixed):
    ours = wb.Segmenter(3, algorithm="kprototypes", gamma=0.7).fit(mixed)
    numbers = StandardScaler().fit_transform(mixed[["age", "balance"]])
    cost = 0.0
    for k in range(3):
        inside = ours.labels_ == k
        cost += ((numbers[inside] - numbers[inside].mean(axis=0)) ** 2).sum()
        for column in ("job", "card"):
            own = mixed.loc[inside, column]
            cost += 0.7 * (own != own.mode()[0]).sum()
    assert ours.inertia_ == pytest.approx(cost)


def test_columns_of_one_variable_are_its_categories(mixed):
    told = pd.get_dummies(mixed, columns=["job", "card"], prefix_sep="=", dtype=float)
    text = wb.Segmenter(3, algorithm="kprototypes").fit(mixed)
    flags = wb.Segmenter(3, algorithm="kprototypes").fit(told)
    assert (text.labels_ == flags.labels_).all()
    shares = told["job=retired"].groupby(flags.labels_).mean()
    assert flags.centroids_[:, list(told).index("job=retired")] == pytest.approx(shares)


def test_prototypes_round_trip_and_new_values(mixed):
    ours = wb.Segmenter(3, algorithm="kprototypes", weights={"job": 2.0}).fit(mixed)
    assert (ours.predict(mixed) == ours.labels_).all()
    again = wb.Segmenter.from_json(ours.to_json())
    new = mixed.assign(job="astronaut")
    assert (again.predict(new) == ours.predict(new)).all()
    assert again.to_json() == ours.to_json()
    assert np.isnan(ours.centroids_[:, 2]).all()


def test_weights_are_those_of_scikit_learn_on_stretched_columns(features):
    scaled = StandardScaler().fit_transform(features)
    scaled[:, 0] *= np.sqrt(3.0)
    theirs = KMeans(4, n_init=10, random_state=0).fit(scaled)
    ours = wb.Segmenter(4, weights={"age": 3.0}).fit(features)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-6)
    means = features.groupby(ours.labels_).mean().to_numpy()
    assert np.allclose(ours.centroids_, means)
    again = wb.Segmenter.from_json(ours.to_json())
    assert (again.predict(features) == ours.labels_).all()


def test_a_weight_of_a_variable_reaches_all_its_columns():
    table = pd.DataFrame({"job=a": [0.0, 1, 0, 1], "job=b": [1.0, 0, 1, 0], "age": [1.0, 2, 3, 4]})
    factors = fit_scaling(table, weights={"job": 4.0}).factors
    assert factors is not None
    assert factors.tolist() == [2, 2, 1]


def test_winsorised_values_are_cut_at_the_percentiles(features):
    wild = features.copy()
    wild.loc[:2, "age"] = 1e6
    scaling = fit_scaling(wild, outliers="winsorise")
    low, high = np.quantile(wild["age"], [0.01, 0.99])
    cut = wild["age"].clip(low, high)
    expected = (cut - cut.mean()) / cut.std(ddof=0)
    assert np.allclose(scaling.apply(wild.to_numpy())[:, 0], expected)
    ours = wb.Segmenter(4, outliers="winsorise").fit(wild)
    again = wb.Segmenter.from_json(ours.to_json())
    assert (again.predict(wild) == ours.labels_).all()
    assert adjusted_rand_score(wb.Segmenter(4).fit(features).labels_, ours.labels_) > 0.95


def test_flags_and_features_that_are_mostly_zero_are_not_cut():
    table = pd.DataFrame({"flag": [0.0] * 199 + [1], "few": [0.0] * 199 + [50]})
    scaling = fit_scaling(table, outliers="winsorise")
    assert scaling.low is not None
    assert np.isinf(scaling.low[0])
    assert fit_scaling(table.assign(few=0.0), outliers="winsorise").scale.all()


@pytest.mark.parametrize("algorithm", ["kmeans", "minibatch_kmeans", "gaussian_mixture", "kprototypes"])
def test_seeds_lead_to_the_clusters_they_lie_in(features, algorithm):
    seeds = pd.Series(None, index=features.index, dtype=object)
    seeds.iloc[:20], seeds.iloc[-20:] = "first", "last"
    ours = wb.Segmenter(4, algorithm=algorithm).fit(features, seeds=seeds)
    assert ours.seeded_ == {"first": ours.labels_[0], "last": ours.labels_[-1]}
    assert len(set(ours.labels_)) == 4


def test_seeds_of_every_cluster_are_the_start_of_scikit_learns(features):
    seeds = features.iloc[[0, 300, 500, 580]].rename(index=str)
    scaled = StandardScaler().fit(features)
    theirs = KMeans(4, init=scaled.transform(seeds), n_init=1).fit(scaled.transform(features))
    ours = wb.Segmenter(4).fit(features, seeds=seeds)
    assert ours.inertia_ == pytest.approx(theirs.inertia_)
    assert {ours.seeded_[str(row)]: 1 for row in seeds.index} == dict.fromkeys(range(4), 1)


def test_what_they_refuse(features, mixed):
    with pytest.raises(ParameterProblem, match="no such features"):
        wb.Segmenter(2, weights={"height": 2.0}).fit(features)
    with pytest.raises(ParameterProblem, match="above 0"):
        wb.Segmenter(2, weights={"age": 0.0}).fit(features)
    with pytest.raises(ParameterProblem, match="keep, winsorise"):
        wb.Segmenter(2, outliers="drop").fit(features)
    with pytest.raises(ParameterProblem, match="at least 2"):
        wb.Segmenter(algorithm="hdbscan", min_cluster_size=1).fit(features)
    with pytest.raises(ParameterProblem, match="gamma"):
        wb.Segmenter(2, algorithm="kprototypes", gamma=-1).fit(mixed)
    with pytest.raises(ParameterProblem, match="does not hold numbers"):
        wb.Segmenter(2).fit(mixed)
    with pytest.raises(ParameterProblem, match="hierarchical"):
        wb.Segmenter(2, algorithm="hierarchical").fit(features, seeds=features.head(2))
    with pytest.raises(ParameterProblem, match="3 seeds for 2"):
        wb.Segmenter(2).fit(features, seeds=features.head(3))


@pytest.mark.parametrize("algorithm", ["kmeans", "hierarchical", "hdbscan", "kprototypes"])
def test_one_customer(algorithm):
    one = pd.DataFrame({"age": [30.0], "tenure": [2.0]})
    ours = wb.Segmenter(1, algorithm=algorithm).fit(one)
    assert ours.labels_.tolist() == [-1 if algorithm == "hdbscan" else 0]
