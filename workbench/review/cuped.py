"""Make a comparison sharper with what was known before the contact (CUPED).

A customer's balance before a campaign explains much of the balance after it and has
nothing to do with the arm. Taking that part out leaves the difference between the arms
what it is and narrows its interval; where it explains nothing the result says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ParameterProblem
from workbench.review.means import Difference, Numbers, Sums, compare_means

# Under this share of the variance a narrower interval is not worth a sentence.
HELPS_FROM = 0.01


@dataclass(frozen=True)
class PairSums:
    """What CUPED needs to know of a group: sums of the outcome, the covariate and both.

    Parameters
    ----------
    values : Sums
        Of the outcome, over all customers who have one.
    covariate : Sums
        Of the covariate, over those of them whose covariate is known.
    cross : float or ndarray
        Sum of (outcome − its centre) × (covariate − its centre) over the latter.
    paired_total : float or ndarray
        Sum of (outcome − its centre) over the latter.

    Examples
    --------
    >>> import numpy as np
    >>> sums = PairSums.of(np.array([1.0, 2.0, 4.0]), np.array([1.0, np.nan, 3.0]))
    >>> float(sums.values.n), float(sums.n_missing), float(sums.cross)
    (3.0, 1.0, 3.0)
    """

    values: Sums
    covariate: Sums
    cross: Any
    paired_total: Any

    @classmethod
    def of(cls, values: npt.ArrayLike, covariate: npt.ArrayLike) -> PairSums:
        """Return the sums of one group; customers without an outcome are left out."""
        cells = np.asarray(values, dtype=np.float64)
        return cls.by_group(cells, covariate, np.zeros(cells.size, dtype=np.intp), 1).take(0)

    @classmethod
    def by_group(
        cls, values: npt.ArrayLike, covariate: npt.ArrayLike, groups: npt.NDArray[np.intp], n_groups: int
    ) -> PairSums:
        """Return the sums of every group at once.

        Parameters
        ----------
        values : array-like of shape (n,)
            The outcome; customers without one are left out.
        covariate : array-like of shape (n,)
            Known before the contact; may be missing.
        groups : ndarray of int, shape (n,)
            Group of each customer, 0 to `n_groups` − 1.
        n_groups : int
            Number of groups; one without customers gets zeros.

        Returns
        -------
        PairSums
            Arrays of shape (n_groups,).

        Raises
        ------
        ParameterProblem
            If there are not as many covariates as values, or either holds an infinite number.
        """
        y, x = np.asarray(values, dtype=np.float64), np.asarray(covariate, dtype=np.float64)
        if y.shape != x.shape:
            raise ParameterProblem("review_statistics.error.pairs", n=y.size, n_covariate=x.size)
        for name, cells in (("values", y), ("covariate", x)):
            if np.isinf(cells).any():
                row = int(np.isinf(cells).argmax()) + 1
                raise ParameterProblem("review_statistics.error.infinite", name=name, row=row)
        known = ~np.isnan(y)
        y, x, groups = y[known], x[known], np.asarray(groups)[known]
        outcome = Sums.by_group(y, groups, n_groups)
        before = Sums.by_group(x, groups, n_groups)
        paired = ~np.isnan(x)
        y, x, groups = y[paired], x[paired], groups[paired]
        deviation = y - outcome.centre.take(groups)
        total = np.bincount(groups, weights=deviation, minlength=n_groups)
        deviation *= x - before.centre.take(groups)
        cross = np.bincount(groups, weights=deviation, minlength=n_groups)
        return cls(outcome, before, cross, total)

    def take(self, index: Any) -> PairSums:
        """Return the sums of some groups."""
        return PairSums(
            self.values.take(index), self.covariate.take(index), self.cross[index], self.paired_total[index]
        )

    @property
    def n_missing(self) -> Numbers:
        """Customers with an outcome whose covariate is not known."""
        return np.asarray(self.values.n - self.covariate.n, dtype=np.float64)


@dataclass(frozen=True)
class CupedResult:
    """A difference between treatment and control, adjusted for a covariate.

    Attributes
    ----------
    difference : Difference
        Adjusted, with Welch's interval.
    unadjusted : Difference
        Of the same customers without the adjustment.
    theta : ndarray
        Outcome per unit of the covariate, pooled over both arms; 0 where the covariate
        does not vary.
    correlation : ndarray
        Of outcome and covariate within the arms; missing where either does not vary.
    variance_removed : ndarray
        1 − (adjusted standard error / unadjusted)²; negative where it did harm.
    helps : bool or ndarray of bool
        Whether at least the share asked for was removed. If not, show the unadjusted
        difference and say that the covariate is of no use.
    n_missing : ndarray
        Customers of both arms without a covariate; they enter unadjusted.
    n : ndarray
        Customers of both arms.

    Examples
    --------
    >>> import numpy as np
    >>> result = adjust_cuped(([5.0, 7.0, 9.0], [1.0, 2.0, 3.0]), ([3.0, 5.0, 6.0], [1.0, 2.0, 3.0]))
    >>> float(result.theta), bool(result.helps)
    (1.75, True)
    """

    difference: Difference
    unadjusted: Difference
    theta: Numbers
    correlation: Numbers
    variance_removed: Numbers
    helps: Any
    n_missing: Numbers
    n: Numbers


def adjust_cuped(
    treatment: PairSums | tuple[npt.ArrayLike, npt.ArrayLike],
    control: PairSums | tuple[npt.ArrayLike, npt.ArrayLike],
    alpha: float = 0.05,
    *,
    helps_from: float = HELPS_FROM,
) -> CupedResult:
    """Compare two means after taking out what a covariate explains (CUPED).

    Every outcome is replaced by outcome − theta × (covariate − its mean over both arms),
    and the arms are compared by Welch. Theta is the slope within the arms, pooled: that of
    least squares on arm and covariate. The covariate must have been known before the
    contact; one that the campaign could change takes part of the effect away with it. A
    customer without a covariate stays in, at the covariate's mean, so that the comparison
    remains the one that was randomised.

    Parameters
    ----------
    treatment, control : PairSums or (array-like, array-like)
        Outcome and covariate of each customer of the arm; or the sums of many groups,
        which are adjusted each with a theta of its own.
    alpha : float, default=0.05
        1 − alpha is the interval's confidence.
    helps_from : float, default=0.01
        Share of the variance that must be removed for the adjustment to count as help.

    Returns
    -------
    CupedResult
        Missing where either arm has fewer than two customers.

    Raises
    ------
    ParameterProblem
        If alpha is no probability, there are not as many covariates as values, or either
        holds an infinite number.

    References
    ----------
    .. [1] Deng, A., Xu, Y., Kohavi, R., Walker, T. (2013). Improving the sensitivity of
       online controlled experiments by utilizing pre-experiment data. WSDM '13.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> before = rng.normal(100, 20, 400)
    >>> after = before + rng.normal(0, 5, 400) + np.repeat([2.0, 0.0], 200)
    >>> result = adjust_cuped((after[:200], before[:200]), (after[200:], before[200:]))
    >>> print(f"{result.variance_removed:.0%} removed, helps: {result.helps}")
    94% removed, helps: True
    """
    arms = [
        arm if isinstance(arm, PairSums) else PairSums.of(*(np.asarray(cells, np.float64) for cells in arm))
        for arm in (treatment, control)
    ]
    unadjusted = compare_means(arms[0].values, arms[1].values, alpha)
    moments = [_Moments.of(arm, _covariate_mean(arms)) for arm in arms]
    covariate = moments[0].covariate + moments[1].covariate
    outcome = moments[0].outcome + moments[1].outcome
    cross = moments[0].cross + moments[1].cross
    theta = np.divide(cross, covariate, out=np.zeros(np.shape(covariate)), where=covariate > 0)
    scale = np.sqrt(covariate * outcome)
    correlation = np.divide(cross, scale, out=np.full(np.shape(scale), np.nan), where=scale > 0)
    adjusted = [_adjusted(arm, part, theta) for arm, part in zip(arms, moments, strict=True)]
    difference = compare_means(adjusted[0], adjusted[1], alpha)
    raw = np.square(unadjusted.standard_error)
    left = np.square(difference.standard_error)
    # Where nothing varied there was nothing to remove.
    share = np.divide(left, raw, out=np.where(np.isnan(raw), np.nan, 1.0), where=raw > 0)
    removed = 1 - share
    helps = removed >= helps_from
    return CupedResult(
        difference,
        unadjusted,
        theta,
        np.clip(correlation, -1.0, 1.0),
        removed,
        bool(helps) if np.ndim(helps) == 0 else helps,
        arms[0].n_missing + arms[1].n_missing,
        np.asarray(arms[0].values.n + arms[1].values.n, dtype=np.float64),
    )


@dataclass(frozen=True)
class _Moments:
    """Sums of squares and products about the arm's own means.

    The covariate's are of deviations from its mean over both arms, which a customer
    without a covariate has none of.
    """

    shift: Numbers
    outcome: Numbers
    covariate: Numbers
    cross: Numbers

    @classmethod
    def of(cls, arm: PairSums, mean: Numbers) -> _Moments:
        n = np.where(np.asarray(arm.values.n) > 0, arm.values.n, np.nan)
        away = arm.covariate.centre - mean
        total = arm.covariate.total + arm.covariate.n * away
        squares = arm.covariate.squares + 2 * away * arm.covariate.total + arm.covariate.n * np.square(away)
        cross = arm.cross + away * arm.paired_total
        within = squares - np.square(total) / n
        # What rounding leaves of a constant is no variance.
        rounding = np.square(1e-11 * np.asarray(arm.covariate.centre)) * arm.covariate.n
        return cls(
            total / n,
            arm.values.variance * (np.asarray(arm.values.n) - 1),
            np.where(within <= 1e-12 * squares + rounding, 0.0, within),
            cross - total * arm.values.total / n,
        )


def _covariate_mean(arms: list[PairSums]) -> Numbers:
    n = np.asarray(arms[0].covariate.n + arms[1].covariate.n, dtype=np.float64)
    total = sum(arm.covariate.n * arm.covariate.centre + arm.covariate.total for arm in arms)
    return np.divide(total, n, out=np.zeros(np.shape(n)), where=n > 0)


def _adjusted(arm: PairSums, moments: _Moments, theta: Numbers) -> Sums:
    """Return the sums of outcome − theta × (covariate − mean) of one arm."""
    squares = moments.outcome - 2 * theta * moments.cross + np.square(theta) * moments.covariate
    # A covariate that explains everything leaves rounding alone.
    squares = np.where(squares <= 1e-12 * moments.outcome, 0.0, squares)
    return Sums(arm.values.n, 0.0 * moments.shift, squares, arm.values.mean - theta * moments.shift)
