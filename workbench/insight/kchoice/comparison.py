"""Compare numbers of clusters by several indices at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

from workbench.errors import ParameterProblem
from workbench.insight.kchoice.gap import gap_statistic
from workbench.insight.kchoice.recommendation import GAP_OF_ONE
from workbench.insight.kchoice.silhouettes import mean_silhouettes
from workbench.insight.kchoice.stability import bootstrap_stability
from workbench.insight.scaling import fit_scaling
from workbench.insight.segmenter import Segmenter, check_enough_rows, checked_features
from workbench.insight.threads import one_thread
from workbench.tables import K_COMPARISON

MESSAGE_PREFIXES = ("insight_room.phase.",)

Progress = Callable[[float, str], None]

# Rough shares of the time, so that a progress bar moves evenly.
_PHASES = (("clusters", 0.3), ("silhouette", 0.1), ("gap", 0.25), ("stability", 0.35))


@one_thread
def compare_k(
    features: pd.DataFrame,
    k_range: Iterable[int] = range(2, 13),
    *,
    random_state: int = 0,
    sample_size: int = 10_000,
    n_bootstrap: int = 20,
    n_references: int = 10,
    scaling: str = "standard",
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Compare how well different numbers of clusters suit the customers.

    The clusters compared at k are those of ``Segmenter(k, scaling=scaling,
    random_state=random_state)``, so what is approved is what was compared.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n_customers, n_features)
        From `build_features`.
    k_range : iterable of int, default=range(2, 13)
        Numbers of clusters. 1 is allowed: only its inertia and gap are defined.
    random_state : int, default=0
        Seed of everything random.
    sample_size : int, default=10_000
        Silhouette, gap and stability are computed on at most so many customers, drawn
        without replacement; Calinski-Harabasz and Davies-Bouldin on all.
    n_bootstrap : int, default=20
        Bootstrap samples of the stability; 0 leaves it out. Hennig advises 100.
    n_references : int, default=10
        Reference data sets of the gap statistic; 0 leaves it out.
    scaling : {"standard", "robust"}, default="standard"
        See `workbench.insight.scaling.fit_scaling`.
    progress : callable, optional
        Called as ``progress(share_done, phase)``; the phase is a key of the message
        catalogues. An exception that it raises ends the computation.

    Returns
    -------
    pandas.DataFrame
        A table `workbench.tables.K_COMPARISON`, one row a k, ascending. An index that
        is not defined or was left out is missing. ``attrs["gap_of_one_cluster"]`` holds
        gap and standard error at k = 1, which `recommend_k` needs to answer "no
        clusters".

    Raises
    ------
    ParameterProblem
        If a k is not a whole number of at least 1, or there are fewer different
        customers than the largest k.

    Notes
    -----
    Stability: a bootstrap sample is clustered anew (drawn customers count once, 3
    starts); each cluster is compared with its most similar one by the Jaccard
    coefficient over the drawn customers; the mean over samples is taken by cluster,
    and the smallest of these means is reported. Gap: the reference is uniform over the
    box along the principal components (variant b of the paper), clustered with 3
    starts.

    References
    ----------
    R. Tibshirani, G. Walther, T. Hastie: Estimating the number of clusters in a data
    set via the gap statistic. J. R. Statist. Soc. B 63 (2001).
    C. Hennig: Cluster-wise assessment of cluster stability. Computational Statistics &
    Data Analysis 52 (2007).
    P. Rousseeuw: Silhouettes. J. Comput. Appl. Math. 20 (1987).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> centres = np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 30, axis=0)
    >>> features = pd.DataFrame(centres + rng.normal(size=(90, 2)), columns=["age", "tenure"])
    >>> comparison = compare_k(features, range(2, 5), n_bootstrap=5, n_references=5)
    >>> int(comparison.loc[comparison["silhouette_score"].idxmax(), "k"])
    3
    """
    features = checked_features(features)
    ks = _checked_range(k_range)
    check_enough_rows(features, ks[-1])
    report = _Report(progress)
    scaled = fit_scaling(features, scaling).apply(features.to_numpy(dtype="float64"))
    sample = sample_rows(len(features), sample_size, random_state)

    labels: dict[int, np.ndarray] = {}
    rows: list[dict[str, float]] = []
    for number, k in enumerate(ks):
        report("clusters", number / len(ks))
        segmenter = Segmenter(k, scaling=scaling, random_state=random_state).fit(features)
        labels[k] = segmenter.labels_
        rows.append(
            {
                "k": k,
                "inertia": segmenter.inertia_,
                "smallest_share": float(segmenter.sizes_.min()) / len(features),
            }
        )
    comparison = pd.DataFrame(rows).set_index("k", drop=False)
    above_one = [k for k in ks if k > 1]
    for k in above_one:
        comparison.loc[k, "calinski_harabasz_score"] = calinski_harabasz_score(scaled, labels[k])
        comparison.loc[k, "davies_bouldin_score"] = davies_bouldin_score(scaled, labels[k])
    report("silhouette", 0)
    drawn = {k: labels[k][sample] for k in above_one}
    comparison["silhouette_score"] = pd.Series(
        mean_silhouettes(scaled[sample], drawn, report.within("silhouette")), dtype="float64"
    )
    gaps = gap_statistic(scaled[sample], sorted({1, *ks}), n_references, random_state, report.within("gap"))
    comparison["gap"] = pd.Series({k: gap for k, (gap, _) in gaps.items()}, dtype="float64")
    comparison["gap_se"] = pd.Series({k: se for k, (_, se) in gaps.items()}, dtype="float64")
    comparison["stability"] = pd.Series(
        bootstrap_stability(scaled[sample], drawn, n_bootstrap, random_state, report.within("stability")),
        dtype="float64",
    )
    report("stability", 1)
    table = comparison.reindex(columns=list(K_COMPARISON.names)).reset_index(drop=True)
    if 1 in gaps:
        table.attrs[GAP_OF_ONE] = list(gaps[1])
    return K_COMPARISON.check(table)


def sample_rows(n: int, sample_size: int, random_state: int) -> np.ndarray:
    """Return the positions of the customers that the costly indices are computed on.

    Examples
    --------
    >>> sample_rows(3, 10, 0).tolist()
    [0, 1, 2]
    """
    if n <= sample_size:
        return np.arange(n)
    return np.sort(np.random.default_rng(random_state).choice(n, sample_size, replace=False))


def _checked_range(k_range: Iterable[int]) -> list[int]:
    ks = list(k_range)
    strange = [k for k in ks if not isinstance(k, (int, np.integer)) or isinstance(k, bool) or k < 1]
    if strange or not ks:
        raise ParameterProblem("insight_room.error.n_clusters", n=strange[0] if strange else "-")
    return sorted({int(k) for k in ks})


class _Report:
    """Tells the caller how far the whole is, from how far a phase is."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress

    def __call__(self, phase: str, done: float) -> None:
        if self._progress is None:
            return
        before = 0.0
        for name, share in _PHASES:
            if name == phase:
                self._progress(min(1.0, before + share * done), f"insight_room.phase.{phase}")
                return
            before += share

    def within(self, phase: str) -> Callable[[float], None]:
        """Return a function that reports the share of one phase."""
        return lambda done: self(phase, done)
