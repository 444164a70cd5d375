"""Let labels follow their segments into a new segmentation; where it is doubtful, ask."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.insight.versions.overlap import checked_membership, overlaps

CERTAIN = 0.5
"""A label follows without a question from this similarity on …"""
MARGIN = 0.2
"""… if it is so much above the next candidate's, of the cluster and of the label."""
POSSIBLE = 0.1
"""A label less similar than this is no candidate."""
ENOUGH_IN_COMMON = 0.5
"""Share of the smaller segmentation that must be in both to match by customers."""
_CANDIDATES = 3


def match_labels(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    features_before: pd.DataFrame | None = None,
    features_after: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Match the labels of one segmentation with the clusters of a newer one.

    Where at least half of the smaller segmentation's customers are in both, labels and
    clusters are compared by their customers (Jaccard). Else by their centroids: over the
    features of both, in standard deviations of the earlier customers, 1 where they
    coincide and 0 where they are as far apart as the earlier segments are from each
    other on average. Labels and clusters are then matched one to one, so that the
    similarities add up to the most (Hungarian method).

    A match is carried when its similarity is at least .5 and .2 above the next best of
    the cluster and of the label; below that the answer is ``"ask"``, with the candidates,
    because a guess would silently change what a label means. A cluster that no label
    without a sure place is similar to (under .1) is ``"new"``.

    Parameters
    ----------
    before : pandas.DataFrame
        The labelled one: ``customer_id``, ``segment``.
    after : pandas.DataFrame
        The new one: ``customer_id``, ``cluster``.
    features_before, features_after : pandas.DataFrame, optional
        Indexed by customer_id; needed where too few customers are in both.

    Returns
    -------
    pandas.DataFrame
        `workbench.tables.versions.LABEL_MATCHES`: one row a cluster: cluster, label (suggested;
        missing where new), decision ("carry", "ask" or "new"), similarity, margin, basis
        ("customers" or "centroids"), n; and candidates, a list of (label, similarity).

    Raises
    ------
    ParameterProblem
        If a column is missing or a customer repeats, or too few customers are in both
        and the features to compare centroids by are not given.

    References
    ----------
    H. W. Kuhn: The Hungarian method for the assignment problem. Naval Research Logistics
    Quarterly 2 (1955) 83-97.

    Examples
    --------
    >>> ids = [str(i) for i in range(20)]
    >>> before = pd.DataFrame({"customer_id": ids, "segment": ["Young"] * 12 + ["Old"] * 8})
    >>> after = pd.DataFrame({"customer_id": ids, "cluster": [0] * 7 + [1] * 5 + [2] * 8})
    >>> match_labels(before, after)[["cluster", "label", "decision", "similarity"]].round(2)
       cluster  label decision  similarity
    0        0  Young      ask        0.58
    1        1   None      ask        0.42
    2        2    Old    carry        1.00
    """
    earlier, later = checked_membership(before, "segment"), checked_membership(after, "cluster")
    clusters, labels = sorted(later.unique()), sorted(earlier.unique())
    common = later.index.intersection(earlier.index)
    if len(common) and len(common) >= ENOUGH_IN_COMMON * min(len(earlier), len(later)):
        basis = "customers"
        counts = pd.crosstab(earlier[common].to_numpy(), later[common].to_numpy())
        similarity = overlaps(counts.reindex(index=labels, columns=clusters, fill_value=0))[2]
    elif features_before is None or features_after is None:
        raise ParameterProblem("insight_versions.error.no_common_customers", n=len(common))
    else:
        basis = "centroids"
        similarity = _by_centroid(earlier, later, features_before, features_after)
        similarity = similarity.reindex(index=labels, columns=clusters, fill_value=0.0)
    return _decided(similarity, later.value_counts(), basis)


def _by_centroid(
    earlier: pd.Series, later: pd.Series, features_before: pd.DataFrame, features_after: pd.DataFrame
) -> pd.DataFrame:
    shared = [
        name
        for name in features_before.columns
        if name in features_after.columns and pd.api.types.is_numeric_dtype(features_before[name].dtype)
    ]
    if not shared:
        raise ParameterProblem("insight_versions.error.no_shared_features")
    one, other = features_before[shared].astype("float64"), features_after[shared].astype("float64")
    scale = one.std(ddof=0).replace(0.0, 1.0)
    labels = ((one - one.mean()) / scale).groupby(earlier.reindex(one.index.astype("str")).to_numpy()).mean()
    clusters = (
        ((other - one.mean()) / scale).groupby(later.reindex(other.index.astype("str")).to_numpy()).mean()
    )
    a, b = labels.fillna(0.0).to_numpy(), clusters.fillna(0.0).to_numpy()
    apart = np.sqrt(((a[:, None] - a[None]) ** 2).sum(axis=2))
    # Without a second segment, one standard deviation in every feature is far.
    far = apart.sum() / (len(a) * (len(a) - 1)) if len(a) > 1 and apart.any() else np.sqrt(len(shared))
    distance = np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=2))
    return pd.DataFrame(np.clip(1 - distance / far, 0, 1), index=labels.index, columns=clusters.index)


def _decided(similarity: pd.DataFrame, sizes: pd.Series, basis: str) -> pd.DataFrame:
    from scipy.optimize import linear_sum_assignment

    values = similarity.to_numpy(dtype="float64")
    # What is no candidate counts nothing, so that it doesn't displace one.
    matched = dict(zip(*linear_sum_assignment(-np.where(values >= POSSIBLE, values, 0.0).T), strict=True))
    sure = {
        column: row
        for column, row in matched.items()
        if values[row, column] >= CERTAIN and _margin(values, row, column) >= MARGIN
    }
    rows = []
    for column, cluster in enumerate(similarity.columns):
        # A label that has its place for sure is nobody else's candidate.
        taken = [row for other, row in sure.items() if other != column]
        mine = similarity.iloc[:, column].drop(similarity.index[taken])
        mine = mine.sort_values(ascending=False, kind="stable")
        candidates = [(str(name), float(value)) for name, value in mine.items() if value >= POSSIBLE]
        row = int(matched.get(column, -1))
        found = row >= 0 and values[row, column] >= POSSIBLE
        best = float(values[row, column]) if found else float(mine.iloc[0]) if len(mine) else 0.0
        rows.append(
            {
                "cluster": cluster,
                "label": similarity.index[row] if found else None,
                "decision": "carry" if column in sure else "ask" if candidates else "new",
                "similarity": best,
                "margin": _margin(values, row, column) if found else 0.0,
                "basis": basis,
                "n": int(sizes[cluster]),
                "candidates": candidates[:_CANDIDATES],
            }
        )
    columns = ["cluster", "label", "decision", "similarity", "margin", "basis", "n", "candidates"]
    found = pd.DataFrame(rows, columns=columns)
    found["label"] = pd.Series([row["label"] for row in rows], dtype="object")
    return found


def _margin(values: np.ndarray, row: int, column: int) -> float:
    others = np.concatenate([np.delete(values[:, column], row), np.delete(values[row], column)])
    return float(values[row, column] - others.max(initial=0.0))
