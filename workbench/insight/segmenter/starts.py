"""Where clusters begin, when somebody says so."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.insight.scaling import Scaling
from workbench.insight.segmenter.checks import checked_features

SEEDED = ("kmeans", "minibatch_kmeans", "gaussian_mixture", "kprototypes")


def read_starts(
    numbers: pd.DataFrame,
    seeds: pd.Series | pd.DataFrame | None,
    algorithm: str,
    n_clusters: int,
    scaling: Scaling,
) -> tuple[list[str], np.ndarray | None]:
    """Return the names of the seeds and where they lie on the common scale.

    Raises
    ------
    ParameterProblem
        If the algorithm takes none, or there are none or more than clusters.
    """
    if seeds is None:
        return [], None
    if algorithm not in SEEDED:
        raise ParameterProblem(
            "insight_clusters.error.no_seeds", algorithm=algorithm, known=", ".join(SEEDED)
        )
    if isinstance(seeds, pd.Series):
        if not seeds.index.equals(numbers.index):
            seeds = seeds.reindex(numbers.index)
        seeds = numbers.groupby(seeds.to_numpy(dtype=object)).mean()
    absent = [name for name in numbers.columns if name not in seeds.columns]
    if absent or not 1 <= len(seeds) <= n_clusters:
        raise ParameterProblem("insight_clusters.error.seeds", n=len(seeds), k=n_clusters)
    table = checked_features(seeds[list(numbers.columns)])
    return [str(name) for name in seeds.index], scaling.apply(table.to_numpy(dtype="float64"))
