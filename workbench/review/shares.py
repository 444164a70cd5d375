"""How far the shares of segments and stages moved between two snapshots, and how far chance would."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from workbench.errors import ParameterProblem
from workbench.review.means import Numbers, check_alpha
from workbench.review.migration import part_of, weigh

WATCH, SHIFTED = 0.1, 0.25
"""Conventions of the stability index: below the first stable, above the second shifted."""
# Parts with fewer customers in both snapshots together stand as one; so do insight's.
_RARE = 5


@dataclass(frozen=True)
class ShareStability:
    """How far the parts' shares moved, beside what chance alone would move them.

    Parameters
    ----------
    psi : float
        Population stability index.
    critical : float
        Value that it exceeds with probability `alpha` when nothing changed; missing with
        fewer than two parts.
    p_value : float
        Of the chi-squared approximation.
    level : {"stable", "watch", "shifted"}
        By the conventions.
    parts : pandas.DataFrame
        part, n_before, n_after, share_before, share_after, contribution.
    """

    psi: float
    critical: float
    p_value: float
    level: str
    parts: pd.DataFrame

    @property
    def exceeds(self) -> bool:
        """Whether the index is larger than chance explains."""
        return bool(self.psi > self.critical)


def share_stability(
    moves: pd.DataFrame,
    by: str = "segment",
    *,
    alpha: float = 0.05,
    n_draws: int = 0,
    random_state: int = 0,
) -> ShareStability:
    """Say how far the shares of segments or stages moved, and how far chance would move them.

    The index is Σ (q − p) ln(q / p) over the parts. The conventions (below .1 stable, to
    .25 watch, above shifted) know nothing of how many customers there are, hence the
    critical value: when nothing changed, the index over (1/n + 1/m) follows a chi-squared
    distribution with one degree of freedom less than parts. Both hold for two independent
    samples; the same customers seen twice move less, so the test is on the safe side.

    Parameters
    ----------
    moves : pandas.DataFrame
        Pairs or cells.
    by : {"segment", "lifecycle_stage"}, default="segment"
        The parts. Those with fewer than 5 customers in both snapshots together stand as
        one; an empty side counts as half a customer.
    alpha : float, default=0.05
        Chance of exceeding the critical value when nothing changed.
    n_draws : int, default=0
        Above 0, the critical value is simulated from so many pairs of samples from the
        shares of both snapshots together, instead of approximated.
    random_state : int, default=0
        Seed of the simulation.

    Returns
    -------
    ShareStability

    Raises
    ------
    ParameterProblem
        If a snapshot is empty, or alpha is no probability.

    References
    ----------
    .. [1] Yurdakul, B. (2018). Statistical properties of population stability index.
       Dissertation, Western Michigan University.

    Examples
    --------
    >>> from workbench.review import pair_snapshots
    >>> one = pd.DataFrame({"customer_id": [str(i) for i in range(100)], "segment": ["A"] * 60 + ["B"] * 40})
    >>> found = share_stability(pair_snapshots(one, one.assign(segment=["A"] * 50 + ["B"] * 50)))
    >>> print(f"{found.psi:.4f} {found.critical:.4f} {found.level}")
    0.0405 0.0768 stable
    """
    check_alpha(alpha)
    counts = _part_counts(weigh(moves), by)
    n, m = (int(counts[name].sum()) for name in ("n_before", "n_after"))
    if not n or not m:
        raise ParameterProblem("review_customers.error.empty")
    p = np.maximum(counts["n_before"].to_numpy(np.float64), 0.5) / n
    q = np.maximum(counts["n_after"].to_numpy(np.float64), 0.5) / m
    contribution = (q - p) * np.log(q / p)
    psi, freedom, spread = float(contribution.sum()), len(counts) - 1, 1 / n + 1 / m
    critical = p_value = float("nan")
    if freedom:
        p_value = float(special.chdtrc(freedom, psi / spread))
        if n_draws:
            pooled = counts[["n_before", "n_after"]].sum(axis=1).to_numpy(np.float64) / (n + m)
            critical = _simulated(pooled, n, m, alpha, n_draws, random_state)
        else:
            critical = float(special.chdtri(freedom, alpha)) * spread
    level = "stable" if psi < WATCH else "watch" if psi <= SHIFTED else "shifted"
    parts = counts.assign(
        share_before=counts["n_before"] / n, share_after=counts["n_after"] / m, contribution=contribution
    )
    return ShareStability(psi, critical, p_value, level, parts)


def _part_counts(weighed: pd.DataFrame, by: str) -> pd.DataFrame:
    sides = {
        f"n_{side}": weighed["n"].groupby(part_of(weighed, by, side)).sum() for side in ("before", "after")
    }
    counts = pd.DataFrame(sides).fillna(0).astype("int64").rename_axis("part")
    counts = counts.sort_values("n_before", ascending=False, kind="stable").reset_index()
    rare = counts[["n_before", "n_after"]].sum(axis=1) < _RARE
    if rare.sum() > 1:
        together = counts.loc[rare, ["n_before", "n_after"]].sum()
        joined = pd.DataFrame([{"part": ", ".join(counts.loc[rare, "part"]), **together}])
        counts = pd.concat([counts[~rare], joined], ignore_index=True)
    return counts


def _simulated(pooled: Numbers, n: int, m: int, alpha: float, n_draws: int, random_state: int) -> float:
    rng = np.random.default_rng(random_state)
    p = np.maximum(rng.multinomial(n, pooled, n_draws), 0.5) / n
    q = np.maximum(rng.multinomial(m, pooled, n_draws), 0.5) / m
    return float(np.quantile(((q - p) * np.log(q / p)).sum(axis=1), 1 - alpha))
