"""What a cycle's responses make of the rates that were planned: the next cycle's priors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from workbench.errors import ParameterProblem
from workbench.review.campaign import check_columns
from workbench.review.means import Numbers

PRIOR_WEIGHT = 100.0
"""Customers that a planned rate counts for."""
FLAT = (0.5, 0.5)
"""Jeffreys' prior, where neither a plan nor other strategies say anything."""
_WEIGHTS = (0.05, 1e6)
"""Customers that a fitted prior may count for: at least, at most."""
_STEPS, _GOLDEN = 45, (5**0.5 - 1) / 2
# A planned rate of 0 or 1 would make the other impossible, whatever is seen.
_EDGE = 1e-3
RATE_COLUMNS = (
    "prior_a",
    "prior_b",
    "prior_from",
    "posterior_a",
    "posterior_b",
    "posterior_mean",
    "posterior_low",
    "posterior_high",
)


def update_rates(rates: pd.DataFrame, weight: float = PRIOR_WEIGHT, *, level: float = 0.95) -> pd.DataFrame:
    """Return what is known of each strategy's response rate after a cycle.

    A rate has a Beta distribution. Before the cycle it is that of the planned rate, which
    counts like `weight` customers; where nothing was planned, that of the other strategies
    (`fit_beta_prior`; with fewer than three of them, Jeffreys'). The cycle's responses are
    then added to it, customer by customer: the more were listed, the less the plan counts.

    Parameters
    ----------
    rates : pandas.DataFrame
        strategy_id, responded and n (customers of the treatment arm, by intention to
        treat), planned (0 to 1, or missing).
    weight : float, default=100
        Customers that a planned rate counts for; 0 lets the cycle alone decide, with
        Jeffreys' prior.
    level : float, default=0.95
        Probability that the interval holds.

    Returns
    -------
    pandas.DataFrame
        strategy_id; prior_a and prior_b; prior_from (``planned``, ``others`` or ``flat``);
        posterior_a and posterior_b; posterior_mean (0 to 1, what the next cycle expects);
        posterior_low and posterior_high (equal tails). Missing where nobody was listed or
        the responses are unknown.

    Raises
    ------
    ParameterProblem
        If a column is missing, more responded than there are customers, the weight is
        negative or the level no probability.

    References
    ----------
    .. [1] Gelman, A. et al. (2013). Bayesian data analysis, 3rd edition, sections 2.4
       and 5.3.

    Examples
    --------
    >>> rates = pd.DataFrame({"strategy_id": ["S1"], "responded": [90], "n": [900], "planned": [0.2]})
    >>> update_rates(rates, 100)[["prior_a", "posterior_a", "posterior_b", "posterior_mean"]].values.tolist()
    [[20.0, 110.0, 890.0, 0.11]]
    """
    check_columns(rates, ["strategy_id", "responded", "n", "planned"])
    if not (weight >= 0 and np.isfinite(weight)):
        raise ParameterProblem("review_advice.error.weight", weight=weight)
    if not 0 < level < 1:
        raise ParameterProblem("review_advice.error.level", level=level)
    responded, n = _counts(rates["responded"], rates["n"])
    known = (n > 0) & np.isfinite(responded)
    planned: Any = rates["planned"].to_numpy(dtype=np.float64, na_value=np.nan)
    told = np.isfinite(planned) & (weight > 0)
    rate = np.clip(planned, _EDGE, 1 - _EDGE)
    prior_a, prior_b = np.where(told, rate * weight, FLAT[0]), np.where(told, (1 - rate) * weight, FLAT[1])
    source = np.where(told, "planned", "flat").astype("object")
    for row in np.flatnonzero(~told & (weight > 0)):
        # The others alone: a strategy's own responses must not count twice.
        others = known & (np.arange(len(n)) != row)
        if others.sum() >= 3:
            prior_a[row], prior_b[row] = fit_beta_prior(responded[others], n[others])
            source[row] = "others"
    a, b = np.where(known, prior_a + responded, np.nan), np.where(known, prior_b + n - responded, np.nan)
    tail = (1 - level) / 2
    found = pd.DataFrame({"strategy_id": rates["strategy_id"].astype("str").to_numpy()})
    columns = (prior_a, prior_b, pd.Series(source, dtype="str"), a, b, a / (a + b))
    for name, values in zip(RATE_COLUMNS, columns, strict=False):
        found[name] = values
    found["posterior_low"] = special.betaincinv(a, b, tail)
    found["posterior_high"] = special.betaincinv(a, b, 1 - tail)
    return found


def fit_beta_prior(responded: Any, n: Any) -> tuple[float, float]:
    """Return the Beta distribution that strategies' response rates come from (empirical Bayes).

    The likeliest Beta-binomial. Where the rates differ by no more than chance, the larger
    a + b the likelier: it then counts like a million customers.

    Parameters
    ----------
    responded, n : array-like of shape (k,)
        Responses and customers of each strategy; those without customers are left out.

    Returns
    -------
    tuple of float
        a and b: the rates' mean is a / (a + b), and the prior counts like a + b customers.

    Raises
    ------
    ParameterProblem
        If more responded than there are customers, or fewer than two strategies have any.

    References
    ----------
    .. [1] Skellam, J. G. (1948). A probability distribution derived from the binomial
       distribution by regarding the probability of success as variable between the sets of
       trials. Journal of the Royal Statistical Society B 10.

    Examples
    --------
    >>> a, b = fit_beta_prior([2, 9, 30, 4], [100, 100, 100, 100])
    >>> round(a, 2), round(b, 2)
    (1.08, 8.48)
    """
    hits, all_n = _counts(responded, n)
    kept = (all_n > 0) & np.isfinite(hits)
    hits, all_n = hits[kept], all_n[kept]
    if hits.size < 2:
        raise ParameterProblem("review_advice.error.too_few_rates", n=int(hits.size))
    misses = all_n - hits
    if hits.sum() == 0 or misses.sum() == 0:
        # Nobody, or everybody, in all of them: the pooled counts with Jeffreys' prior.
        return float(hits.sum() + FLAT[0]), float(misses.sum() + FLAT[1])

    def fit(log_weight: float, mean: float) -> float:
        a, b = mean * np.exp(log_weight), (1 - mean) * np.exp(log_weight)
        return float((special.betaln(hits + a, misses + b) - special.betaln(a, b)).sum())

    def mean_of(log_weight: float) -> float:
        return _highest(lambda mean: fit(log_weight, mean), float(lowest), float(largest))

    rates = hits / all_n
    # The likeliest mean lies among the rates; where all are one, it is that.
    lowest, largest = rates.min(), rates.max()
    log_weight = _highest(lambda x: fit(x, mean_of(x)), *(float(np.log(x)) for x in _WEIGHTS))
    mean, weight = mean_of(log_weight), float(np.exp(log_weight))
    return mean * weight, (1 - mean) * weight


def _highest(of: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function of one peak is highest, by golden section."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = of(left), of(right)
    for _ in range(_STEPS):
        if at_left >= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = of(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = of(right)
    return (low + high) / 2


def _counts(responded: Any, n: Any) -> tuple[Numbers, Numbers]:
    hits = np.asarray(pd.Series(responded).to_numpy(dtype=np.float64, na_value=np.nan))
    all_n = np.asarray(pd.Series(n).to_numpy(dtype=np.float64, na_value=np.nan))
    wrong = (hits < 0) | (hits > all_n)
    if hits.size != all_n.size or wrong.any():
        row = int(np.flatnonzero(wrong)[0]) if hits.size == all_n.size else 0
        raise ParameterProblem(
            "review_advice.error.more_responses",
            row=row + 1,
            responded=f"{hits[row]:.10g}" if hits.size else "-",
            n=f"{all_n[row]:.10g}" if all_n.size else "-",
        )
    return hits, all_n
