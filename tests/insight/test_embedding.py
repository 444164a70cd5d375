"""The picture of the customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.preprocessing import StandardScaler

import workbench as wb
from workbench import locale
from workbench.errors import ParameterProblem
from workbench.insight.placing import place_beside, trust_in
from workbench.tables import EMBEDDING


@pytest.fixture
def features() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 5))[np.arange(150) % 3] * 4 + rng.normal(size=(150, 5))
    index = pd.Index([f"{i:06d}" for i in range(150)], name="customer_id")
    return pd.DataFrame(values, columns=list("abcde"), index=index)


def test_principal_components_and_trustworthiness_are_scikit_learns(features):
    picture = wb.embed(features, method="pca")
    scaled = StandardScaler().fit_transform(features)
    expected = PCA(2).fit_transform(scaled)
    places = picture.points[["x", "y"]].to_numpy()
    assert np.allclose(np.abs(places), np.abs(expected))
    assert picture.trustworthiness == pytest.approx(trustworthiness(scaled, expected, n_neighbors=15))
    EMBEDDING.check(picture.points)
    assert picture.points["customer_id"].tolist() == features.index.tolist()


def test_a_sample_is_drawn_and_stated(features):
    picture = wb.embed(features, method="pca", sample_size=60, random_state=3)
    assert (picture.n_sample, picture.n_total, picture.method) == (60, 150, "pca")
    assert picture.points["customer_id"].is_unique
    assert set(picture.points["customer_id"]) < set(features.index)
    pd.testing.assert_frame_equal(
        picture.points, wb.embed(features, method="pca", sample_size=60, random_state=3).points
    )
    other = wb.embed(features, method="pca", sample_size=60, random_state=4)
    assert set(other.points["customer_id"]) != set(picture.points["customer_id"])


def test_umap_runs_seeded_and_without_warnings(features):
    """Every warning is an error here; compiling takes most of the time."""
    seen: list[tuple[float, str]] = []
    picture = wb.embed(features, progress=lambda done, phase: seen.append((done, phase)))
    assert picture.method == "umap"
    assert picture.trustworthiness > 0.85
    pd.testing.assert_frame_equal(picture.points, wb.embed(features).points)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1][0] == 1
    assert {phase for _, phase in seen} <= locale.keys("en")


def test_progress_may_cancel(features):
    class Cancelled(Exception):
        """Raised by the caller."""

    def cancel(_done: float, _phase: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        wb.embed(features, method="pca", progress=cancel)


def test_one_feature(features):
    picture = wb.embed(features[["a"]], method="pca")
    assert (picture.points["y"] == 0).all()


def test_what_is_refused(features):
    with pytest.raises(ParameterProblem, match="umap, pca"):
        wb.embed(features, method="tsne")
    with pytest.raises(ParameterProblem, match="at least 10"):
        wb.embed(features.head(5), method="pca")
    with pytest.raises(ParameterProblem, match="empty or infinite"):
        wb.embed(features.replace(features.iloc[0, 0], np.nan), method="pca")


def cloud(n: int, seed: int = 0) -> pd.DataFrame:
    """Four groups of customers in six features."""
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=(4, 6)) * 4
    values = middle[np.arange(n) % 4] + rng.normal(size=(n, 6))
    return pd.DataFrame(values, columns=list("abcdef"), index=[f"{i:06d}" for i in range(n)])


@pytest.mark.parametrize("k", [1, 5, 15])
def test_trustworthiness_is_scikit_learns_in_little_memory(k, monkeypatch):
    features = cloud(300)
    scaled = StandardScaler().fit_transform(features)
    places = np.random.default_rng(1).normal(size=(300, 2)) + PCA(2).fit_transform(scaled)
    monkeypatch.setattr("workbench.insight.placing._CELLS", 10_000)
    assert trust_in(scaled, places, k) == pytest.approx(trustworthiness(scaled, places, n_neighbors=k))


def test_sixty_thousand_customers_are_placed_from_a_sample(monkeypatch):
    """UMAP itself is left out: compiling it takes longer than all else."""
    from workbench.insight import embedding

    learned = []

    def stand_in(scaled, random_state):
        learned.append(len(scaled))
        return PCA(2, random_state=random_state).fit_transform(scaled)

    monkeypatch.setattr(embedding, "_umap", stand_in)
    features = cloud(60_000)
    picture = wb.embed(features, sample_size=500)
    assert learned == [500]
    assert (picture.n_sample, picture.n_total, picture.placing) == (500, 60_000, "neighbours")
    assert picture.everyone["customer_id"].tolist() == features.index.tolist()
    placed = picture.everyone.set_index("customer_id")
    drawn = picture.points.set_index("customer_id")
    assert placed.loc[drawn.index].to_numpy() == pytest.approx(drawn.to_numpy())
    # The stand-in is linear, so where each customer belongs is known.
    scaled = StandardScaler().fit_transform(features)
    at = features.index.get_indexer(drawn.index)
    truth = PCA(2, random_state=0).fit(scaled[at]).transform(scaled)
    error = np.linalg.norm(placed.to_numpy() - truth, axis=1)
    assert np.median(error) < 0.25 * truth.std()
    assert picture.trustworthiness_placed > 0.9 * picture.trustworthiness


def test_neighbours_place_as_another_implementation_does():
    from sklearn.neighbors import KNeighborsRegressor

    rng = np.random.default_rng(4)
    learned, new, places = rng.normal(size=(80, 3)), rng.normal(size=(40, 3)), rng.normal(size=(80, 2))
    new[0] = learned[7]
    expected = KNeighborsRegressor(5, weights="distance").fit(learned, places).predict(new)
    assert place_beside(new, learned, places) == pytest.approx(expected)


def test_how_many_are_learned_from(monkeypatch):
    from workbench.insight import embedding

    monkeypatch.setattr(embedding, "_umap", lambda scaled, _: scaled[:, :2])
    monkeypatch.setattr(embedding, "LEARNED", 300)
    monkeypatch.setattr(embedding, "LEARNED_OF_MORE", 100)
    assert wb.embed(cloud(300)).placing == "none"
    more = wb.embed(cloud(301))
    assert (more.n_sample, more.n_total, more.placing) == (100, 301, "neighbours")
    exact = wb.embed(cloud(301), method="pca", sample_size=50)
    assert (exact.n_sample, exact.placing, exact.trustworthiness_placed) == (50, "exact", None)
    scaled = StandardScaler().fit_transform(cloud(301))
    assert np.abs(exact.everyone[["x", "y"]].to_numpy()) == pytest.approx(
        np.abs(PCA(2).fit_transform(scaled))
    )
    assert (more.n_neighbors, more.n_trust) == (15, 100)
