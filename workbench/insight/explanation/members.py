"""The customers that stand for a cluster."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from workbench.errors import ParameterProblem
from workbench.insight.scaling import fit_scaling


def typical_members(features: pd.DataFrame, labels: ArrayLike | pd.Series, *, n: int = 3) -> pd.DataFrame:
    """Return the customers nearest to the middle of their cluster.

    The first of them is the cluster's medoid: the member whose squared distances to all
    other members, on the common scale of the features, add up to the least. The others
    follow by the same sum.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n_customers, n_features)
        From `build_features`, indexed by customer_id.
    labels : array-like of shape (n_customers,)
        Cluster of each row.
    n : int, default=3
        Members of each cluster.

    Returns
    -------
    pandas.DataFrame
        ``cluster``, ``rank`` (from 1), ``customer_id`` and ``distance`` (to the cluster's
        mean, in standard deviations). Mask the ids wherever they are shown:
        `workbench.tables.mask_identifier`.

    Raises
    ------
    ParameterProblem
        If there is not one label a row.

    References
    ----------
    L. Kaufman, P. J. Rousseeuw: Finding Groups in Data (1990), ch. 2: medoids. Among the
    members, Σ‖x − xⱼ‖² is least where ‖x − mean‖ is.

    Examples
    --------
    >>> features = pd.DataFrame({"age": [30.0, 31.0, 35.0, 70.0]}, index=list("abcd"))
    >>> typical_members(features, [0, 0, 0, 1], n=1)[["cluster", "customer_id"]]
       cluster customer_id
    0        0           b
    1        1           d
    """
    own = np.asarray(labels)
    if own.shape != (len(features),):
        raise ParameterProblem("insight_room.error.labels_do_not_fit", n=len(features), labels=own.size)
    scaled = fit_scaling(features).apply(features.to_numpy(dtype="float64"))
    ids = features.index.astype("str").to_numpy()
    parts = []
    for cluster in np.unique(own):
        rows = np.flatnonzero(own == cluster)
        distance = np.sqrt(((scaled[rows] - scaled[rows].mean(axis=0)) ** 2).sum(axis=1))
        # Rounded, so that equal customers stand in the table's order on every machine.
        first = np.argsort(distance.round(9), kind="stable")[:n]
        parts.append(
            pd.DataFrame(
                {
                    "cluster": int(cluster),
                    "rank": np.arange(1, len(first) + 1),
                    "customer_id": ids[rows[first]],
                    "distance": distance[first],
                }
            )
        )
    if not parts:
        return pd.DataFrame({"cluster": [], "rank": [], "customer_id": [], "distance": []})
    return pd.concat(parts, ignore_index=True).astype({"customer_id": "str"})
