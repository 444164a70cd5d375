"""Customers in the order of a score, and the running counts that every measure is made of."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem

Numbers = npt.NDArray[np.float64]
MIN_ARM = 2
"""Customers that an arm needs before a difference can be told at all."""


@dataclass(frozen=True, eq=False)
class Campaign:
    """A campaign's outcomes with the arm that each customer was drawn into.

    Parameters
    ----------
    outcome : ndarray of shape (n,)
        What was measured, per customer.
    treated : ndarray of bool, shape (n,)
        Whether the customer was drawn into the treatment.
    weight : ndarray of shape (n,)
        One over the share of the customer's stratum that is in the same arm. Customers of
        one arm then stand for everybody, however large a part of their stratum was drawn.
    cells : ndarray of int, shape (n,)
        Stratum and arm as one number; what a bootstrap draws within.
    """

    outcome: Numbers
    treated: npt.NDArray[np.bool_]
    weight: Numbers
    cells: npt.NDArray[np.intp]

    @property
    def n(self) -> int:
        """Customers."""
        return self.outcome.size

    def sums(self) -> Numbers:
        """Return per customer what is counted: weight and weighted outcome of each arm.

        Returns
        -------
        ndarray of shape (4, n)
            Treated, their outcome, control, their outcome.
        """
        treated = np.where(self.treated, self.weight, 0.0)
        control = np.where(self.treated, 0.0, self.weight)
        return np.stack([treated, treated * self.outcome, control, control * self.outcome])


def read_campaign(outcome: Any, treated: Any, strata: Any = None) -> Campaign:
    """Return a campaign once it can be compared with its control.

    Parameters
    ----------
    outcome : array-like of shape (n,)
        Numbers or yes and no; none missing.
    treated : array-like of shape (n,)
        1 or True for the treatment, 0 or False for the control; nothing else.
    strata : array-like of shape (n,), optional
        What the arms were drawn within: a strategy's list, each with its own share of
        control. Without it everybody was drawn at one share.

    Returns
    -------
    Campaign

    Raises
    ------
    ParameterProblem
        If the columns differ in length, something is missing or no number, or an arm has
        fewer than two customers, in all or in a stratum.

    Examples
    --------
    >>> read_campaign([1, 0, 1, 0], [1, 1, 0, 0]).weight.tolist()
    [2.0, 2.0, 2.0, 2.0]
    """
    values = _numbers(outcome, "outcome")
    arms = _numbers(treated, "treated")
    _same_length(values, arms, "treated")
    if not np.isin(arms, (0.0, 1.0)).all():
        odd = arms[~np.isin(arms, (0.0, 1.0))][0]
        raise ParameterProblem("review_targeting.error.arms", value=f"{odd:g}")
    inside = arms.astype(bool)
    if strata is None:
        codes, names = np.zeros(values.size, dtype=np.intp), [""]
    else:
        codes, found = pd.factorize(np.asarray(strata, dtype=object), sort=False)
        names = [str(name) for name in found]
        _same_length(values, codes, "strata")
        if (codes < 0).any():
            raise ParameterProblem("review_targeting.error.missing", what="strata", n=int((codes < 0).sum()))
    cells = codes * 2 + inside
    counts = np.bincount(cells, minlength=2 * len(names)).reshape(-1, 2)
    for name, (n_control, n_treated) in zip(names, counts, strict=True):
        _refuse_small(int(n_treated), int(n_control), MIN_ARM, name)
    shares = counts / counts.sum(axis=1, keepdims=True)
    return Campaign(values, inside, 1.0 / shares.reshape(-1)[cells], cells)


def _refuse_small(n_treated: int, n_control: int, needed: int, where: str) -> None:
    key = "review_targeting.error.too_few"
    if n_control == 0:
        key = "review_targeting.error.no_control"
    elif n_treated == 0:
        key = "review_targeting.error.no_treated"
    elif min(n_treated, n_control) >= needed:
        return
    raise ParameterProblem(
        key,
        where=f"{where}: " if where else "",
        n_treated=f"{n_treated:,}",
        n_control=f"{n_control:,}",
        needed=needed,
    )


def _numbers(cells: Any, what: str) -> Numbers:
    try:
        series = pd.Series(cells)
        values = series.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ParameterProblem("review_targeting.error.no_numbers", what=what) from error
    if not np.isfinite(values).all():
        n = int((~np.isfinite(values)).sum())
        raise ParameterProblem("review_targeting.error.missing", what=what, n=n)
    return values


def _same_length(values: Numbers, others: npt.NDArray[Any], what: str) -> None:
    if others.shape != values.shape:
        raise ParameterProblem(
            "review_targeting.error.lengths", what=what, n=f"{others.size:,}", expected=f"{values.size:,}"
        )


def refuse_small(campaign: Campaign, needed: int, where: Hashable = "") -> None:
    """Refuse a campaign whose smaller arm has fewer customers than needed.

    Raises
    ------
    ParameterProblem
        With how many there are and how many are needed.

    Examples
    --------
    >>> refuse_small(read_campaign([1, 0, 1, 0], [1, 1, 0, 0]), 2)
    """
    n_treated = int(campaign.treated.sum())
    _refuse_small(n_treated, campaign.n - n_treated, needed, str(where))


@dataclass(frozen=True, eq=False)
class Order:
    """Customers from the highest score to the lowest.

    Customers with one score stand in no order: the counts run through them in even steps,
    which is what they are on average over all orders of those customers.

    Parameters
    ----------
    rows : ndarray of int, shape (n,)
        Positions of the customers, highest score first.
    begins, ends : ndarray of int, shape (n_groups,)
        Where each group of customers with one score begins and ends in `rows`.
    """

    rows: npt.NDArray[np.intp]
    begins: npt.NDArray[np.intp]
    ends: npt.NDArray[np.intp]

    @classmethod
    def of(cls, score: Any, n: int) -> Order:
        """Return the order of a score.

        Raises
        ------
        ParameterProblem
            If a customer has none, or it is no number.
        """
        values = _numbers(score, "score")
        if values.shape != (n,):
            raise ParameterProblem(
                "review_targeting.error.lengths", what="score", n=f"{values.size:,}", expected=f"{n:,}"
            )
        rows = np.argsort(-values, kind="stable").astype(np.intp)
        ordered = values[rows]
        begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        return cls(rows, begins, np.r_[begins[1:], n])

    def at(self, running: Numbers, positions: npt.ArrayLike) -> Numbers:
        """Return running counts at positions, even within customers of one score.

        Parameters
        ----------
        running : ndarray of shape (..., n + 1)
            Counts in this order, from 0 customers to all.
        positions : array-like of shape (m,)
            Numbers of customers, 0 to n; fractions are allowed.

        Returns
        -------
        ndarray of shape (..., m)
        """
        wanted = np.asarray(positions, dtype=np.float64)
        group = np.clip(np.searchsorted(self.begins, wanted, side="right") - 1, 0, self.begins.size - 1)
        begins, ends = self.begins[group], self.ends[group]
        step = (wanted - begins) / (ends - begins)
        found: Numbers = running[..., begins] * (1 - step) + running[..., ends] * step
        return found


def running(sums: Numbers, order: Order) -> Numbers:
    """Return running counts in an order, with the 0 before the first customer."""
    counted = np.zeros((*sums.shape[:-1], sums.shape[-1] + 1))
    np.cumsum(sums[..., order.rows], axis=-1, out=counted[..., 1:])
    return counted


def gains(counts: Numbers, n: float | Numbers) -> Numbers:
    """Return what the contacts brought up to each position, per customer of everybody.

    Radcliffe's incremental outcome: the treated's, minus the control's scaled to as many
    customers. Where no control was met yet it can't be told; the line is drawn on from 0.

    Parameters
    ----------
    counts : ndarray of shape (4, ..., m)
        Running counts as of `Campaign.sums`, from 0 customers on.
    n : float or ndarray
        Customers in all.

    Returns
    -------
    ndarray of shape (..., m)
    """
    treated, treated_outcome, control, control_outcome = counts
    known = control > 1e-9
    ratio = np.divide(treated, control, out=np.zeros_like(treated), where=known)
    found = np.where(known, treated_outcome - control_outcome * ratio, np.nan)
    found[..., 0] = 0.0
    if not known[..., 1:].all():
        flat = found.reshape(-1, found.shape[-1])
        for i in np.flatnonzero(np.isnan(flat).any(axis=1)):
            there = np.flatnonzero(~np.isnan(flat[i]))
            flat[i] = np.interp(np.arange(flat.shape[1]), there, flat[i, there])
    return found / n


def area(heights: Numbers, positions: npt.ArrayLike) -> Numbers:
    """Return the area under lines between points, by the trapezoid rule."""
    x = np.asarray(positions, dtype=np.float64)
    found: Numbers = ((heights[..., 1:] + heights[..., :-1]) / 2 * np.diff(x, axis=-1)).sum(axis=-1)
    return found


def check_shares(shares: Sequence[float]) -> list[float]:
    """Return shares of customers once they are above 0 and at most 1.

    Raises
    ------
    ParameterProblem
        If one is not.

    Examples
    --------
    >>> check_shares([0.1, 1])
    [0.1, 1.0]
    """
    found = [float(share) for share in shares]
    wrong = [share for share in found if not 0 < share <= 1]
    if wrong:
        raise ParameterProblem("review_targeting.error.share", share=f"{wrong[0]:g}")
    return found
