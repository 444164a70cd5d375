"""Lay customers out in a plane, similar ones near each other."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from workbench.errors import ParameterProblem
from workbench.insight.placing import place_beside, trust_in
from workbench.insight.scaling import fit_scaling
from workbench.insight.segmenter import checked_features
from workbench.insight.threads import one_thread
from workbench.tables import EMBEDDING

METHODS = ("umap", "pca")
NEIGHBOURS = 15
LEARNED = 50_000
"""Up to so many customers UMAP learns from all of them; of more, from a sample."""
LEARNED_OF_MORE = 20_000
TRUST_ROWS = 5_000

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Embedding:
    """A picture of the customers.

    Parameters
    ----------
    points : pandas.DataFrame
        Table `workbench.tables.EMBEDDING`: ``customer_id, x, y`` of those whom the picture
        is drawn of: of UMAP, those it was learned on. The axes have no unit.
    trustworthiness : float
        0 to 1: how far neighbours in the picture are neighbours in the features.
    method : {"umap", "pca"}
        How it was made.
    n_sample, n_total : int
        Customers in `points`, and customers in all.
    everyone : pandas.DataFrame or None, default=None
        The same table of all customers, those of `points` where they lie there; None
        where `points` has them all.
    placing : {"none", "neighbours", "exact"}, default="none"
        How those outside `points` were placed: beside their nearest learned neighbours,
        or, in PCA, as exactly as the others.
    trustworthiness_placed : float or None, default=None
        The trustworthiness among those who were placed beside neighbours.
    n_neighbors, n_trust : int
        Neighbours and customers that the trustworthiness was computed on.
    """

    points: pd.DataFrame
    trustworthiness: float
    method: str
    n_sample: int
    n_total: int
    everyone: pd.DataFrame | None = None
    placing: str = "none"
    trustworthiness_placed: float | None = None
    n_neighbors: int = NEIGHBOURS
    n_trust: int = 0


@one_thread
def embed(
    features: pd.DataFrame,
    *,
    method: str = "umap",
    sample_size: int | None = None,
    random_state: int = 0,
    progress: Progress | None = None,
) -> Embedding:
    """Embed customers in two dimensions: as a picture, never as input to clustering.

    UMAP compiles itself at its first use in an environment, which takes tens of seconds, and
    takes seconds after that: run it in a job, never in a dashboard. It is given the exact
    neighbours; its own search for them would compile itself anew in every process. It learns
    from at most `sample_size` customers; everyone else is placed at the mean of the 5 nearest
    of them, weighted by the inverse of their distance. That takes seconds where UMAP's own
    ``transform`` takes minutes, and pulls the placed a little towards the inside of their
    group: ``trustworthiness_placed`` says what it costs. PCA is exact for everyone.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n_customers, n_features)
        From `build_features`, indexed by customer_id.
    method : {"umap", "pca"}, default="umap"
        UMAP with 15 neighbours, or the first two principal components.
    sample_size : int, optional
        At most so many customers are learned from and drawn, taken without replacement. By
        default all of up to 50,000 customers, and 20,000 of more.
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
    (2001): trustworthiness, here with 15 neighbours on at most 5,000 customers.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> values = np.random.default_rng(0).normal(size=(50, 3))
    >>> features = pd.DataFrame(values, columns=["age", "tenure", "recency"]).rename(index=str)
    >>> picture = embed(features, method="pca", sample_size=40)
    >>> len(picture.points), len(picture.everyone), 0.5 < picture.trustworthiness <= 1
    (40, 50, True)
    """
    if method not in METHODS:
        raise ParameterProblem(
            "insight_room.error.unknown_choice", name="method", value=method, known=", ".join(METHODS)
        )
    features = checked_features(features)
    n = len(features)
    wanted = sample_size if sample_size is not None else n if n <= LEARNED else LEARNED_OF_MORE
    if n < 10 or wanted < 10 or not features.shape[1]:
        raise ParameterProblem("insight_room.error.too_few", n=min(n, wanted), minimum=10)
    tell = progress or (lambda _done, _phase: None)
    scaled = fit_scaling(features).apply(features.to_numpy(dtype="float64"))
    sample = _drawn(np.arange(n), wanted, random_state)
    tell(0.05, "insight_room.phase.layout")
    if method == "pca":
        places = _principal_components(scaled, random_state)
    else:
        places = np.full((n, 2), np.nan)
        places[sample] = _umap(scaled[sample], random_state)
    tell(0.7, "insight_room.phase.trust")
    judged = _drawn(sample, TRUST_ROWS, random_state)
    trust = _trust(scaled[judged], places[judged])
    rest = np.flatnonzero(np.isnan(places[:, 0]))
    trust_placed = None
    if len(rest):
        places[rest] = place_beside(
            scaled[rest],
            scaled[sample],
            places[sample],
            progress=lambda share: tell(0.75 + 0.2 * share, "insight_room.phase.placing"),
        )
        some = _drawn(rest, TRUST_ROWS, random_state)
        trust_placed = _trust(scaled[some], places[some]) if len(some) >= 10 else None
    tell(1.0, "insight_room.phase.trust")
    everyone = pd.DataFrame(
        {"customer_id": features.index.astype("str"), "x": places[:, 0], "y": places[:, 1]}
    )
    points = EMBEDDING.check(everyone.iloc[sample].reset_index(drop=True))
    placing = "none" if len(sample) == n else "exact" if method == "pca" else "neighbours"
    return Embedding(
        points,
        trust,
        method,
        len(sample),
        n,
        everyone=None if placing == "none" else everyone,
        placing=placing,
        trustworthiness_placed=trust_placed,
        n_neighbors=_neighbours(len(judged)),
        n_trust=len(judged),
    )


def _drawn(rows: np.ndarray, most: int, random_state: int) -> np.ndarray:
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(random_state).choice(rows, most, replace=False))


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

        _keep_compiled()
        # All distances at once find the nearest exactly. UMAP's own search for them only comes
        # near, and compiles itself for half a minute in each process.
        n_neighbors = min(NEIGHBOURS, len(scaled) - 1)
        search = NearestNeighbors(n_neighbors=n_neighbors, algorithm="brute").fit(scaled)
        distance, nearest = search.kneighbors(scaled)
        model = UMAP(
            n_neighbors=n_neighbors,
            min_dist=0.1,
            random_state=random_state,
            n_jobs=1,
            precomputed_knn=(nearest, distance),
        )
        return np.asarray(model.fit_transform(scaled))


def _keep_compiled() -> None:
    """Let numba keep what it compiles of UMAP: else each process spends ten seconds on the same."""
    from numba.core.dispatcher import Dispatcher
    from umap import layouts, umap_, utils

    for module in (layouts, umap_, utils):
        for each in vars(module).values():
            if isinstance(each, Dispatcher) and each.py_func.__module__ == module.__name__:
                # Where no folder can be written to, all is compiled anew as before.
                with contextlib.suppress(RuntimeError):
                    each.enable_caching()


def _neighbours(n: int) -> int:
    # Trustworthiness is defined for fewer than half as many neighbours as points.
    return min(NEIGHBOURS, (n - 1) // 2)


def _trust(scaled: np.ndarray, places: np.ndarray) -> float:
    return trust_in(scaled, places, _neighbours(len(scaled)))
