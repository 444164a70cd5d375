"""How each cluster differs from all other customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from workbench.errors import ParameterProblem
from workbench.insight.features import NOTES
from workbench.tables import PROFILE


def profile_clusters(
    features: pd.DataFrame, labels: ArrayLike | pd.Series, *, customers: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Describe each cluster by its differences from all other customers.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n_customers, n_features)
        From `build_features`.
    labels : array-like of shape (n_customers,)
        Cluster of each row of `features`. A Series is matched by its index.
    customers : pandas.DataFrame, optional
        The portrait the features were built from. With it, ``mean`` and ``mean_others``
        of a transformed feature (a logarithm, a clipped rate) are those of the portrait's
        own values, missing ones left out, so that a balance reads in CNY. Difference and
        p-value are always those of the feature.

    Returns
    -------
    pandas.DataFrame
        A table `workbench.tables.PROFILE`, one row a cluster and feature. Within a
        cluster the largest difference stands first.

    Raises
    ------
    ParameterProblem
        If labels and features do not fit together.

    Notes
    -----
    ``difference`` is (mean − mean of others) / pooled standard deviation, Cohen's d;
    where a feature varies neither inside nor outside, over its overall deviation.
    ``p_value`` is Welch's t-test, two-sided, after Holm's correction over all rows. The
    clusters were chosen to differ, so the p-values rank features rather than prove
    anything.

    Examples
    --------
    >>> import pandas as pd
    >>> features = pd.DataFrame({"age": [30.0, 31.0, 32.0, 70.0, 72.0]})
    >>> profile_clusters(features, [0, 0, 0, 1, 1])[["cluster", "mean", "mean_others"]]
       cluster  mean  mean_others
    0        0  31.0         71.0
    1        1  71.0         31.0
    """
    own = _aligned(features, labels)
    values = features.to_numpy(dtype="float64")
    clusters = np.unique(own)
    names = np.asarray(features.columns.astype("str"), dtype=object)
    parts = []
    raw = _untransformed(features, customers)
    for cluster in clusters:
        inside = own == cluster
        part = pd.DataFrame(
            {
                "cluster": int(cluster),
                "feature": names,
                "mean": _mean(raw[inside]),
                "mean_others": _mean(raw[~inside]),
                "difference": _standardised_difference(values[inside], values[~inside]),
                "p_value": _welch(values[inside], values[~inside]),
            }
        )
        largest_first = np.argsort(-part["difference"].abs().fillna(-1.0).to_numpy(), kind="stable")
        parts.append(part.iloc[largest_first])
    profile = pd.concat(parts, ignore_index=True).astype({"feature": "str"})
    profile["p_value"] = holm(profile["p_value"].to_numpy())
    return PROFILE.check(profile)


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p-values corrected by Holm's step-down procedure; missing ones stay missing.

    References
    ----------
    S. Holm: A simple sequentially rejective multiple test procedure. Scandinavian
    Journal of Statistics 6 (1979).

    Examples
    --------
    >>> import numpy as np
    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    corrected = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    steps = p_values[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return corrected


def _aligned(features: pd.DataFrame, labels: ArrayLike | pd.Series) -> np.ndarray:
    if isinstance(labels, pd.Series) and not labels.index.equals(features.index):
        labels = labels.reindex(features.index) if labels.index.is_unique else labels
    own = np.asarray(labels)
    if own.ndim != 1 or len(own) != len(features) or pd.isna(own).any():
        raise ParameterProblem(
            "insight_room.error.labels_do_not_fit",
            n=len(features),
            labels=int((~pd.isna(own)).sum()),
        )
    return own.astype(int)


def _untransformed(features: pd.DataFrame, customers: pd.DataFrame | None) -> np.ndarray:
    """Return the features, transformed ones replaced by the portrait's own values."""
    values = features.to_numpy(dtype="float64", copy=True)
    if customers is None:
        return values
    if "customer_id" in customers.columns:
        customers = customers.set_index("customer_id")
    rows = customers.reindex(features.index)
    notes = {note["feature"]: note for note in features.attrs.get(NOTES, ())}
    for position, name in enumerate(map(str, features.columns)):
        # Where the notes were lost, a column of the same name is the feature's own value.
        source, transform = (notes[name]["source"], notes[name]["transform"]) if notes else (name, "log1p")
        known = transform in ("log1p", "clip") and source in rows.columns
        if known and pd.api.types.is_numeric_dtype(rows[source].dtype):
            values[:, position] = rows[source].to_numpy(dtype="float64", na_value=np.nan)
    return values


def _mean(values: np.ndarray) -> np.ndarray:
    known = ~np.isnan(values)
    n = known.sum(axis=0)
    sums = np.where(known, values, 0.0).sum(axis=0)
    return np.divide(sums, n, out=np.full(values.shape[1], np.nan), where=n > 0)


def _variance(values: np.ndarray) -> np.ndarray:
    if len(values) < 2:
        return np.full(values.shape[1], np.nan)
    return np.asarray(values.var(axis=0, ddof=1))


def _standardised_difference(inside: np.ndarray, others: np.ndarray) -> np.ndarray:
    if not len(others) or len(inside) + len(others) < 3:
        return np.full(inside.shape[1], np.nan)
    squares = ((inside - inside.mean(axis=0)) ** 2).sum(axis=0) + ((others - others.mean(axis=0)) ** 2).sum(
        axis=0
    )
    pooled = np.sqrt(squares / (len(inside) + len(others) - 2))
    difference = inside.mean(axis=0) - others.mean(axis=0)
    # A feature that is one value inside and another outside has no spread to pool.
    overall = np.concatenate([inside, others]).std(axis=0, ddof=1)
    spread = np.where(pooled > 0, pooled, overall)
    return np.divide(difference, spread, out=np.zeros(len(spread)), where=spread > 0)


def _welch(inside: np.ndarray, others: np.ndarray) -> np.ndarray:
    if len(inside) < 2 or len(others) < 2:
        return np.full(inside.shape[1], np.nan)
    error_inside, error_others = _variance(inside) / len(inside), _variance(others) / len(others)
    squared = error_inside + error_others
    difference = inside.mean(axis=0) - others.mean(axis=0)
    spread = squared > 0
    safe = np.where(spread, squared, 1.0)
    freedom = safe**2 / np.where(
        spread, error_inside**2 / (len(inside) - 1) + error_others**2 / (len(others) - 1), 1.0
    )
    p_values = 2 * stats.t.sf(np.abs(difference) / np.sqrt(safe), freedom)
    return np.where(spread, p_values, np.where(difference == 0, 1.0, 0.0))
