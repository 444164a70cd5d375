"""How each cluster differs from all other customers."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from workbench.errors import ParameterProblem
from workbench.insight.explanation.effects import (
    CORRECTIONS,
    benjamini_hochberg,
    holm,
    mean_effect,
    share_effect,
    welch,
)
from workbench.insight.features import NOTES, describe_features
from workbench.tables import PROFILE


def profile_clusters(
    features: pd.DataFrame,
    labels: ArrayLike | pd.Series,
    *,
    customers: pd.DataFrame | None = None,
    correction: str = "holm",
    level: float = 0.95,
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
    correction : {"holm", "benjamini_hochberg"}, default="holm"
        Of the p-values, for the many comparisons: Holm's holds the probability of any
        false finding, Benjamini and Hochberg's the share of false ones among them.
    level : float, default=0.95
        Of the effects' confidence intervals, each for itself.

    Returns
    -------
    pandas.DataFrame
        A table `workbench.tables.PROFILE`, one row a cluster and feature. Within a
        cluster the largest difference stands first.

    Raises
    ------
    ParameterProblem
        If labels and features do not fit together, or the correction is unknown.

    Notes
    -----
    ``difference`` is (mean − mean of others) / pooled standard deviation, Cohen's d;
    where a feature varies neither inside nor outside, over its overall deviation.
    ``effect`` is the same with its interval (``measure`` "d"); for a feature of 0 and 1
    it is the difference of two proportions as Cohen's h (``measure`` "h").
    ``p_value`` is Welch's t-test, two-sided, after the correction over all rows. The
    clusters were chosen to differ, so the p-values rank features rather than prove
    anything. ``threshold`` is the rounded decile of all customers that tells the cluster
    from the others best; ``share_over`` are above it.

    References
    ----------
    J. Cohen: Statistical Power Analysis for the Behavioral Sciences, 2nd ed. (1988).

    Examples
    --------
    >>> import pandas as pd
    >>> features = pd.DataFrame({"age": [30.0, 31.0, 32.0, 70.0, 72.0]})
    >>> profile_clusters(features, [0, 0, 0, 1, 1])[["cluster", "mean", "mean_others"]]
       cluster  mean  mean_others
    0        0  31.0         71.0
    1        1  71.0         31.0
    """
    if correction not in CORRECTIONS:
        raise ParameterProblem(
            "insight_room.error.unknown_choice",
            name="correction",
            value=correction,
            known=", ".join(CORRECTIONS),
        )
    own = _aligned(features, labels)
    return compare_clusters(features, own, np.unique(own), customers, correction, level)


def compare_clusters(
    features: pd.DataFrame,
    own: np.ndarray,
    clusters: Iterable[int],
    customers: pd.DataFrame | None = None,
    correction: str = "holm",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the profile of some clusters; the p-values are corrected over theirs alone."""
    values = features.to_numpy(dtype="float64")
    flags = ((values == 0) | (values == 1)).all(axis=0)
    raw = _untransformed(features, customers)
    thresholds = _candidates(raw)
    about = pd.DataFrame(
        {
            "feature": np.asarray(features.columns.astype("str"), dtype=object),
            "measure": np.where(flags, "h", "d"),
            "unit": _units(features, flags),
        }
    )
    parts = []
    for cluster in clusters:
        inside = own == cluster
        effect, low, high = mean_effect(values[inside], values[~inside], level)
        shares = share_effect(values[inside], values[~inside], level)
        part = about.assign(
            cluster=int(cluster),
            mean=_mean(raw[inside]),
            mean_others=_mean(raw[~inside]),
            difference=effect,
            p_value=welch(values[inside], values[~inside]),
            effect=np.where(flags, shares[0], effect),
            effect_low=np.where(flags, shares[1], low),
            effect_high=np.where(flags, shares[2], high),
            **_telling(raw[inside], raw[~inside], thresholds),
        )
        largest_first = np.argsort(-part["difference"].abs().fillna(-1.0).to_numpy(), kind="stable")
        parts.append(part.iloc[largest_first])
    profile = pd.concat(parts, ignore_index=True).astype({"feature": "str", "measure": "str", "unit": "str"})
    correct = holm if correction == "holm" else benjamini_hochberg
    profile["p_value"] = correct(profile["p_value"].to_numpy())
    return PROFILE.check(profile[list(PROFILE.names)])


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


def _units(features: pd.DataFrame, flags: np.ndarray) -> np.ndarray:
    notes = describe_features(features).drop_duplicates("feature").set_index("feature")["unit"]
    units = notes.reindex(features.columns.astype("str")).fillna("").to_numpy(dtype=object)
    # A name like "job=x" tells of 0 and 1 only where the cells are.
    return np.where(flags, "flag", np.where(units == "flag", "", units))


def _mean(values: np.ndarray) -> np.ndarray:
    known = ~np.isnan(values)
    n = known.sum(axis=0)
    sums = np.where(known, values, 0.0).sum(axis=0)
    return np.divide(sums, n, out=np.full(values.shape[1], np.nan), where=n > 0)


def _candidates(raw: np.ndarray) -> list[np.ndarray]:
    """Return for each feature the deciles of all customers, in two figures as people say them."""
    found = []
    for column in raw.T:
        known = column[np.isfinite(column)]
        deciles = np.quantile(known, np.arange(1, 10) / 10) if len(known) else np.empty(0)
        size = np.floor(np.log10(np.where(deciles == 0, 1.0, np.abs(deciles))))
        step = 10.0 ** (size - 1)
        found.append(np.unique(np.round(deciles / step) * step))
    return found


def _telling(inside: np.ndarray, others: np.ndarray, thresholds: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Return the threshold of each feature that most of the one and few of the other exceed."""
    best = np.full((3, len(thresholds)), np.nan)
    for position, candidates in enumerate(thresholds):
        own, rest = (part[:, position][np.isfinite(part[:, position])] for part in (inside, others))
        if not len(candidates) or not len(own) or not len(rest):
            continue
        # Sorted, the customers above a threshold are counted by where it stands.
        over, over_rest = (
            1 - np.searchsorted(np.sort(part), candidates, side="right") / len(part) for part in (own, rest)
        )
        at = int(np.abs(over - over_rest).argmax())
        best[:, position] = candidates[at], over[at], over_rest[at]
    return dict(zip(("threshold", "share_over", "share_over_others"), best, strict=True))
