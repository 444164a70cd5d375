"""What a mean bootstrap Jaccard coefficient says of a cluster."""

from __future__ import annotations

import pandas as pd

from workbench import locale
from workbench.tables import K_STABILITY

MESSAGE_PREFIXES = ("insight_room.stability.",)

CLUSTER_STABILITY = "cluster_stability"
"""Where a comparison keeps the stability of each cluster."""

# Hennig's conventions: up to the first unstable, and so on.
UNSTABLE, STABLE, VERY_STABLE = 0.6, 0.75, 0.85
VERDICTS = ("unstable", "doubtful", "stable", "very_stable")


def cluster_stability(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return how often each cluster of a comparison comes back when customers are drawn again.

    Parameters
    ----------
    comparison : pandas.DataFrame
        From `compare_k`, fresh or stored.

    Returns
    -------
    pandas.DataFrame
        A table `workbench.tables.K_STABILITY`: each cluster's mean Jaccard coefficient
        over the draws with its 5% and 95% quantiles. Empty where stability was left
        out, or the comparison was stored before clusters were kept one by one.

    References
    ----------
    C. Hennig: Cluster-wise assessment of cluster stability. Computational Statistics &
    Data Analysis 52 (2007).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from workbench.insight import compare_k
    >>> rng = np.random.default_rng(0)
    >>> centres = np.repeat([[0.0], [9.0]], 30, axis=0)
    >>> features = pd.DataFrame(centres + rng.normal(size=(60, 1)), columns=["age"])
    >>> found = cluster_stability(compare_k(features, [2], n_bootstrap=10, n_references=0))
    >>> found[["cluster", "jaccard", "n"]].to_dict("list")
    {'cluster': [0, 1], 'jaccard': [1.0, 1.0], 'n': [30, 30]}
    """
    kept = comparison.attrs.get(CLUSTER_STABILITY) or []
    empty = K_STABILITY.empty()
    if not kept:
        return empty
    return K_STABILITY.check(pd.DataFrame(kept).reindex(columns=empty.columns).astype(empty.dtypes))


def stability_verdict(jaccard: float) -> str:
    """Return what a mean Jaccard coefficient says: a word of `VERDICTS`, or an empty text.

    Below .6 a cluster is unstable, up to .75 doubtful, above .75 stable and above .85
    very stable.

    Parameters
    ----------
    jaccard : float
        Mean over the draws; missing gives an empty text.

    Returns
    -------
    str
        Its sentence is ``insight_room.stability.<verdict>``.

    Examples
    --------
    >>> [stability_verdict(mean) for mean in (0.59, 0.6, 0.76, 0.9)]
    ['unstable', 'doubtful', 'stable', 'very_stable']
    """
    if jaccard != jaccard:
        return ""
    if jaccard < UNSTABLE:
        return VERDICTS[0]
    return VERDICTS[1 + (jaccard > STABLE) + (jaccard > VERY_STABLE)]


def verdict_text(jaccard: float, lang: str = "en") -> str:
    """Return the verdict's word in a language.

    Examples
    --------
    >>> verdict_text(0.8), verdict_text(0.8, "zh_CN")
    ('stable', '稳定')
    """
    verdict = stability_verdict(jaccard)
    return locale.text(f"insight_room.stability.{verdict}", lang) if verdict else ""
