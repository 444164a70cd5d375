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
