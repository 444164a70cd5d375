"""Correct p-values for how many strategies, segments or columns were looked at.

Two questions, two corrections. `adjust_holm` bounds the chance that anything at all is
called proven wrongly: for what money is spent on. `adjust_benjamini_hochberg` bounds the
share of wrong ones among those called proven: for a list of leads to look into.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.review.means import Numbers, adjust_holm

__all__ = ["adjust_benjamini_hochberg", "adjust_holm"]


def adjust_benjamini_hochberg(p_values: npt.ArrayLike) -> Numbers:
    """Correct p-values so that few of the findings are false (Benjamini and Hochberg).

    Where those with a corrected p under 0.05 are called findings, at most 5% of the
    findings are false on average, for independent or positively dependent tests. A single
    finding may well be false: to spend money on one, correct with `adjust_holm`.

    Parameters
    ----------
    p_values : array-like of shape (n,)
        Missing ones stay missing and do not count.

    Returns
    -------
    ndarray of shape (n,)
        Never under the p-value itself, at most 1.

    References
    ----------
    .. [1] Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate.
       Journal of the Royal Statistical Society B 57.

    Examples
    --------
    >>> adjust_benjamini_hochberg([0.01, 0.04, float("nan"), 0.02]).round(3).tolist()
    [0.03, 0.04, nan, 0.03]
    """
    p = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    if not known.size:
        return adjusted
    order = known[np.argsort(p[known], kind="stable")]
    steps = p[order] * known.size / np.arange(1, known.size + 1)
    # The smallest of the steps from here to the largest p: step-up.
    adjusted[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return adjusted
