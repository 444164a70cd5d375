"""Compare numbers of clusters and algorithms by several indices at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from workbench.errors import ParameterProblem
from workbench.insight.kchoice.clusterings import (
    DRAWN_ROWS,
    LIKE_KMEANS,
    Clustering,
    find_clusters,
    refit_of,
)
from workbench.insight.kchoice.gap import draw_references, log_dispersion, log_dispersion_of
from workbench.insight.kchoice.indices import spread_indices
from workbench.insight.kchoice.recommendation import GAP_OF_ONE, WITHOUT_K
from workbench.insight.kchoice.silhouettes import mean_silhouettes
from workbench.insight.kchoice.stability import Stability, bootstrap_stability
from workbench.insight.kchoice.verdicts import CLUSTER_STABILITY
from workbench.insight.scaling import fit_scaling
from workbench.insight.segmenter import ALGORITHMS, check_enough_rows, checked_features
from workbench.tables import K_COMPARISON

MESSAGE_PREFIXES = ("insight_room.phase.",)

Progress = Callable[[float, str], None]

# Rough shares of the time, so that a progress bar moves evenly.
_PHASES = (("clusters", 0.25), ("silhouette", 0.05), ("gap", 0.15), ("stability", 0.55))


def compare_k(
    features: pd.DataFrame,
    k_range: Iterable[int] = range(2, 13),
    *,
    algorithms: Sequence[str] = ("kmeans",),
    random_state: int = 0,
    sample_size: int = 10_000,
    n_bootstrap: int = 100,
    n_references: int = 10,
    scaling: str = "standard",
    weights: Any = None,
    outliers: str = "keep",
    threads: int = 1,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Compare how well numbers of clusters, and ways to find them, suit the customers.

    Up to 20,000 customers the clusters compared at k are those of ``Segmenter(k,
    algorithm=…, scaling=…, weights=…, outliers=…, random_state=…)``, so what is approved
    is what was compared. Of more, k-means tries its 10 starts on 20,000 customers and
    brings the best 3 to rest on all (its inertia is within 1% of the Segmenter's; see
    ``benchmarks/compare_k.py``); other algorithms are fitted on 20,000 and the rest
    assigned.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n_customers, n_features)
        From `build_features`. Where ``"kprototypes"`` alone is compared, text columns
        are allowed; they count as one column of 0 and 1 a value.
    k_range : iterable of int, default=range(2, 13)
        Numbers of clusters. 1 is allowed: only its inertia and gap are defined.
    algorithms : sequence of str, default=("kmeans",)
        Any of `Segmenter`'s. ``"hdbscan"`` finds its own number of clusters: it has one
        row, at the k found, whose indices leave customers in no cluster out.
    random_state : int, default=0
        Seed of everything random.
    sample_size : int, default=10_000
        Silhouette, gap and stability are computed on at most so many customers, drawn
        without replacement; inertia, sizes, Calinski-Harabasz and Davies-Bouldin on all.
    n_bootstrap : int, default=100
        Bootstrap samples of the stability; 0 leaves it out. Hennig advises 100.
    n_references : int, default=10
        Reference data sets of the gap statistic; 0 leaves it out.
    scaling : {"standard", "robust"}, default="standard"
        See `workbench.insight.scaling.fit_scaling`.
    weights : mapping of str to float, optional
        Weights of features, as in `Segmenter`.
    outliers : str, default="keep"
        What is done with outliers, as in `Segmenter`.
    threads : int, default=1
        Threads of the numerical libraries. With 1 the figures are the same on every
        machine; with more they may differ in their last digits, and on a busy machine
        it may be slower.
    progress : callable, optional
        Called as ``progress(share_done, phase)``; the phase is a key of the message
        catalogues. An exception that it raises ends the computation.

    Returns
    -------
    pandas.DataFrame
        A table `workbench.tables.K_COMPARISON`, one row for each algorithm and k, in
        the order given and ascending. An index that is not defined or was left out is
        missing. ``attrs["gap_of_one_cluster"]`` holds gap and standard error at k = 1,
        which `recommend_k` needs to answer "no clusters"; `cluster_stability` reads the
        stability cluster by cluster.

    Raises
    ------
    ParameterProblem
        If a k is not a whole number of at least 1, an algorithm is unknown, or there
        are fewer different customers than the largest k.

    Notes
    -----
    Stability: in each draw customers of the sample are drawn with replacement (those
    drawn, some 63%, count once) and clustered anew from starts that know nothing of the
    first clustering: k-means and mini-batch by k-means with 3 starts, tried on 1,000 of
    the drawn; a mixture with 1 start; any other algorithm as it is. Other algorithms
    than k-means draw from 2,000 customers of the sample. Each cluster is compared with
    its most similar one by the Jaccard coefficient over the drawn customers and the mean
    over draws is taken; the least of a clustering is its ``stability``. ``stability_ari``
    is the mean adjusted Rand index between one draw's clustering and the next one's.

    Gap: the reference is uniform over the box along the principal components (variant b
    of the paper), clustered by k-means with 3 starts, as the sample is. The gap of
    another algorithm sets its own dispersion against the same references. Those of
    HDBSCAN are not comparable and missing.

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
    ks = _checked_range(k_range)
    _check_algorithms(algorithms)
    features = checked_features(_without_text(features, algorithms))
    check_enough_rows(features, ks[-1])
    # pandas copies notes at every step.
    features = features.copy(deep=False)
    features.attrs = {}
    # Defaults are left to the segmenter.
    settings: dict[str, Any] = {"random_state": random_state, "scaling": scaling}
    settings |= {"weights": weights} if weights is not None else {}
    settings |= {"outliers": outliers} if outliers != "keep" else {}
    with threadpool_limits(limits=max(1, threads)):
        comparing = _Comparing(features, settings, sample_size, _Report(progress))
        comparing.cluster(ks, algorithms)
        comparing.measure_silhouettes()
        comparing.measure_gaps(n_references)
        comparing.measure_stability(n_bootstrap)
        return comparing.table()


class _Comparing:
    """The rows of a comparison, filled index by index."""

    def __init__(
        self, features: pd.DataFrame, settings: dict[str, Any], sample_size: int, report: _Report
    ) -> None:
        self.features, self.settings, self.report = features, settings, report
        self.seed: int = settings["random_state"]
        self.scaled = scaled_points(features, settings)
        self.sample = sample_rows(len(features), sample_size, self.seed)
        self.clusterings: dict[tuple[str, int], Clustering] = {}
        self.rows: dict[tuple[str, int], dict[str, Any]] = {}
        self.stability: list[dict[str, Any]] = []
        self.gap_of_one: list[float] | None = None

    def cluster(self, ks: list[int], algorithms: Sequence[str]) -> None:
        """Find all clusterings, and what follows from sizes and spreads."""
        wanted = [(a, k) for a in dict.fromkeys(algorithms) for k in (ks[-1:] if a in WITHOUT_K else ks)]
        for number, (algorithm, k) in enumerate(wanted):
            self.report("clusters", number / len(wanted))
            found = find_clusters(self.features, self.scaled, k, algorithm, self.settings)
            indices = spread_indices(self.scaled, found.labels)
            n, sizes = len(self.features), found.sizes
            self.clusterings[found.key] = found
            self.rows[found.key] = {
                "algorithm": algorithm,
                "k": found.k,
                **indices._asdict(),
                "smallest_share": float(sizes.min()) / n,
                "smallest_n": int(sizes.min()),
                "largest_share": float(sizes.max()) / n,
                "unassigned_share": float((found.labels < 0).mean()),
            }

    def measure_silhouettes(self) -> None:
        """Add the mean silhouettes on the sample."""
        self.report("silhouette", 0)
        drawn = {key: one.labels[self.sample] for key, one in self.clusterings.items() if one.k > 1}
        means = mean_silhouettes(self.scaled[self.sample], drawn, self.report.within("silhouette"))
        for key, mean in means.items():
            self.rows[key]["silhouette_score"] = mean

    def measure_gaps(self, n_references: int) -> None:
        """Add the gaps, and the silhouettes of structureless customers."""
        if n_references < 1:
            return
        points = self.scaled[self.sample]
        ks = sorted(k for k in {1, *(k for _, k in self.clusterings)} if k <= len(points))
        references = draw_references(points, ks, n_references, self.seed, self.report.within("gap"))
        for (algorithm, k), one in self.clusterings.items():
            row = self.rows[algorithm, k]
            if k in references.silhouette:
                row["silhouette_reference"] = float(np.mean(references.silhouette[k]))
                row["silhouette_reference_sd"] = float(np.std(references.silhouette[k]))
            if k not in ks or algorithm in WITHOUT_K:
                continue
            if algorithm == LIKE_KMEANS[0]:
                observed = log_dispersion(points, k, self.seed)
            else:
                observed = log_dispersion_of(spread_indices(points, one.labels[self.sample]).inertia)
            row["gap"], row["gap_se"] = references.gap(k, observed)
        self.gap_of_one = list(references.gap(1, log_dispersion(points, 1, self.seed)))

    def measure_stability(self, n_bootstrap: int) -> None:
        """Add how often the clusters come back."""
        above_one = [one for one in self.clusterings.values() if one.k > 1]
        if n_bootstrap < 1 or not above_one:
            return
        few = self.sample[sample_rows(len(self.sample), DRAWN_ROWS, self.seed)]
        for number, one in enumerate(above_one):
            rows = self.sample if one.algorithm in LIKE_KMEANS else few
            found = bootstrap_stability(
                one.labels[rows],
                one.k,
                refit_of(one, self.features.iloc[rows], self.scaled[rows], self.settings),
                n_bootstrap,
                self.seed,
                self.report.within("stability", number, len(above_one)),
            )
            self.rows[one.key] |= {"stability": found.least, "stability_ari": found.ari}
            self.stability += _cluster_rows(one, found)
        self.report("stability", 1)

    def table(self) -> pd.DataFrame:
        """Return the comparison."""
        table = pd.DataFrame(list(self.rows.values())).reindex(columns=list(K_COMPARISON.names))
        numbers = {c.name: "float64" for c in K_COMPARISON.columns if c.kind == "number"}
        table = table.astype({**numbers, "algorithm": "str"})
        # Plain lists: they are kept in the file beside the table.
        table.attrs[CLUSTER_STABILITY] = self.stability
        if self.gap_of_one is not None:
            table.attrs[GAP_OF_ONE] = self.gap_of_one
        self.report("stability", 1)
        return K_COMPARISON.check(table)


def _cluster_rows(one: Clustering, found: Stability) -> list[dict[str, Any]]:
    return [
        {
            "algorithm": one.algorithm,
            "k": one.k,
            "cluster": cluster,
            "jaccard": float(found.jaccard[cluster]),
            "n": int(size),
            "low": float(found.low[cluster]),
            "high": float(found.high[cluster]),
        }
        for cluster, size in enumerate(one.sizes)
    ]


def _without_text(features: pd.DataFrame, algorithms: Sequence[str]) -> pd.DataFrame:
    """Return text columns as one column a value where all algorithms can take them."""
    if not isinstance(features, pd.DataFrame) or set(algorithms) != {"kprototypes"}:
        return features
    text = [name for name in features.columns if not pd.api.types.is_numeric_dtype(features[name].dtype)]
    return pd.get_dummies(features, columns=text, prefix_sep="=", dtype="float64") if text else features


def scaled_points(features: pd.DataFrame, settings: dict[str, Any]) -> np.ndarray:
    """Return the customers on the scale that a `Segmenter` of these settings measures on.

    Examples
    --------
    >>> features = pd.DataFrame({"age": [20.0, 40.0, 60.0]})
    >>> scaled_points(features, {"scaling": "standard"}).round(3).ravel().tolist()
    [-1.225, 0.0, 1.225]
    """
    options = {name: settings[name] for name in ("weights", "outliers") if name in settings}
    scaling = fit_scaling(features, settings["scaling"], **options)
    return scaling.apply(features.to_numpy(dtype="float64"))


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


def _check_algorithms(algorithms: Sequence[str]) -> None:
    given = [algorithms] if isinstance(algorithms, str) else list(algorithms)
    strange = [one for one in given if one not in ALGORITHMS]
    if strange or not given or isinstance(algorithms, str):
        raise ParameterProblem(
            "insight_room.error.unknown_choice",
            name="algorithms",
            value=", ".join(map(str, strange or given)),
            known=", ".join(f'("{one}",)' for one in ALGORITHMS),
        )


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

    def within(self, phase: str, part: int = 0, parts: int = 1) -> Callable[[float], None]:
        """Return a function that reports the share of one part of a phase."""
        return lambda done: self(phase, (part + done) / parts)
