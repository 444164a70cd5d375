"""Do given segments come back when the customers are drawn and clustered again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from workbench.insight.kchoice.quick import quick_kmeans
from workbench.insight.kchoice.stability import bootstrap_stability
from workbench.insight.scaling import fit_scaling
from workbench.insight.segmenter.checks import checked_features
from workbench.insight.segmenter.learning import sample
from workbench.insight.threads import one_thread
from workbench.tables import K_STABILITY


@one_thread
def segment_stability(
    features: pd.DataFrame,
    clusters: ArrayLike,
    *,
    algorithm: str = "kmeans",
    n_bootstrap: int = 100,
    sample_size: int = 3_000,
    random_state: int = 0,
    progress: Callable[[float], None] | None = None,
) -> pd.DataFrame:
    """Measure how stable segments are that were not found in these customers.

    Segments that were carried over from an earlier cycle, split, merged or made by rules
    are in no comparison. Here k-means, with as many clusters as there are segments, looks
    for them anew among customers drawn with replacement; the Jaccard coefficient says how
    well each is found again.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n_customers, n_features)
        From `build_features`.
    clusters : array-like of shape (n_customers,)
        Cluster of each customer, numbered from 0; -1 for none.
    algorithm : str, default="kmeans"
        How the segments were once found; only named in the result.
    n_bootstrap : int, default=100
        Draws. Hennig advises 100.
    sample_size : int, default=3_000
        Most customers drawn from.
    random_state : int, default=0
        Seed.
    progress : callable, optional
        Called with the share done.

    Returns
    -------
    pandas.DataFrame
        A table `workbench.tables.K_STABILITY`, one row a cluster.

    References
    ----------
    C. Hennig: Cluster-wise assessment of cluster stability. Computational Statistics &
    Data Analysis 52 (2007).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> ages = np.repeat([20.0, 60.0], 40) + rng.normal(size=80)
    >>> found = segment_stability(pd.DataFrame({"age": ages}), np.repeat([0, 1], 40), n_bootstrap=10)
    >>> found[["cluster", "n", "jaccard"]].to_dict("list")
    {'cluster': [0, 1], 'n': [40, 40], 'jaccard': [1.0, 1.0]}
    """
    own = np.asarray(clusters, dtype="int64")
    k = int(own.max(initial=-1)) + 1
    sizes = np.bincount(own[own >= 0], minlength=k)
    scaled = fit_scaling(checked_features(features)).apply(features.to_numpy(dtype="float64"))
    rows = sample(len(scaled), sample_size, random_state)
    drawn = scaled[rows]
    found = bootstrap_stability(
        own[rows],
        k,
        lambda some, seed: quick_kmeans(drawn[some], k, seed).labels,
        n_bootstrap,
        random_state,
        progress or (lambda _: None),
    )
    return K_STABILITY.check(
        pd.DataFrame(
            {
                "algorithm": pd.Series([algorithm] * k, dtype="str"),
                "k": np.full(k, k),
                "cluster": np.arange(k),
                "jaccard": found.jaccard,
                "n": sizes,
                "low": found.low,
                "high": found.high,
            }
        )
    )
