"""Lay customers out in a plane, similar ones near each other."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from workbench.errors import ParameterProblem
from workbench.insight.kchoice.comparison import sample_rows
from workbench.insight.scaling import fit_scaling
from workbench.insight.segmenter import checked_features
from workbench.insight.threads import one_thread
from workbench.tables import EMBEDDING

METHODS = ("umap", "pca")
NEIGHBOURS = 15

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Embedding:
    """A picture of the customers.

    Parameters
    ----------
    points : pandas.DataFrame
        Table `workbench.tables.EMBEDDING`: ``customer_id, x, y``. The axes have no unit.
    trustworthiness : float
        0 to 1: how far neighbours in the picture are neighbours in the features.
    method : {"umap", "pca"}
        How it was made.
    n_sample, n_total : int
        Customers in the picture, and customers it was drawn from.
    """

    points: pd.DataFrame
    trustworthiness: float
    method: str
    n_sample: int
    n_total: int


@one_thread
def embed(
    features: pd.DataFrame,
    *,
    method: str = "umap",
    sample_size: int = 5_000,
    random_state: int = 0,
    progress: Progress | None = None,
) -> Embedding:
    """Embed customers in two dimensions.

    UMAP compiles itself at its first use in a process, which takes tens of seconds:
    run it in a job, never in a dashboard.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n_customers, n_features)
        From `build_features`, indexed by customer_id.
    method : {"umap", "pca"}, default="umap"
        UMAP with 15 neighbours, or the first two principal components.
    sample_size : int, default=5_000
        At most so many customers are laid out, drawn without replacement.
    random_state : int, default=0
        Seed. With it UMAP runs on one core and gives the same picture again.
    progress : callable, optional
        Called as ``progress(share_done, phase)`` between the steps; the phase is a key
        of the message catalogues. An exception that it raises ends the computation.

    Returns
    -------
    Embedding

    Raises
    ------
    ParameterProblem
        If the method is unknown, cells are missing or there are fewer than 10 customers.

    References
    ----------
    L. McInnes, J. Healy, J. Melville: UMAP. arXiv:1802.03426 (2018).
    J. Venna, S. Kaski: Neighborhood preservation in nonlinear projection methods. ICANN
    (2001): trustworthiness, here with 15 neighbours on the sample.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> values = np.random.default_rng(0).normal(size=(50, 3))
    >>> features = pd.DataFrame(values, columns=["age", "tenure", "recency"]).rename(index=str)
    >>> picture = embed(features, method="pca", sample_size=40)
    >>> len(picture.points), picture.n_total, 0.5 < picture.trustworthiness <= 1
    (40, 50, True)
    """
    if method not in METHODS:
        raise ParameterProblem(
            "insight_room.error.unknown_choice", name="method", value=method, known=", ".join(METHODS)
        )
    features = checked_features(features)
    if len(features) < 10 or not features.shape[1]:
        raise ParameterProblem("insight_room.error.too_few", n=len(features), minimum=10)
    tell = progress or (lambda _done, _phase: None)
    scaled = fit_scaling(features).apply(features.to_numpy(dtype="float64"))
    sample = sample_rows(len(features), sample_size, random_state)
    tell(0.05, "insight_room.phase.layout")
    place = _principal_components if method == "pca" else _umap
    places = place(scaled[sample], random_state)
    tell(0.85, "insight_room.phase.trust")
    trust = _trust(scaled[sample], places)
    tell(1.0, "insight_room.phase.trust")
    points = pd.DataFrame(
        {
            "customer_id": features.index[sample].astype("str"),
            "x": places[:, 0].astype("float64"),
            "y": places[:, 1].astype("float64"),
        }
    )
    return Embedding(EMBEDDING.check(points), trust, method, len(sample), len(features))


def _principal_components(scaled: np.ndarray, random_state: int) -> np.ndarray:
    if scaled.shape[1] == 1:
        return np.column_stack([scaled[:, 0], np.zeros(len(scaled))])
    return np.asarray(PCA(2, svd_solver="full", random_state=random_state).fit_transform(scaled))


def _umap(scaled: np.ndarray, random_state: int) -> np.ndarray:
    with warnings.catch_warnings():
        # Its import warns that an optional neural network is absent; its fit of
        # deprecated arguments it passes on and of components of the graph. None is
        # something that a reader of the picture could act on.
        warnings.simplefilter("ignore")
        from umap import UMAP

        model = UMAP(
            n_neighbors=min(NEIGHBOURS, len(scaled) - 1), min_dist=0.1, random_state=random_state, n_jobs=1
        )
        return np.asarray(model.fit_transform(scaled))


def _trust(scaled: np.ndarray, places: np.ndarray) -> float:
    # Defined for fewer than half as many neighbours as points.
    neighbours = min(NEIGHBOURS, (len(scaled) - 1) // 2)
    return float(trustworthiness(scaled, places, n_neighbors=neighbours))
