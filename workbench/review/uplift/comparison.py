"""Several orders of the same customers against chance and against each other, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.review.means import check_alpha
from workbench.review.uplift.measures import uplift_by_tenth
from workbench.review.uplift.ranked import (
    Campaign,
    Numbers,
    Order,
    area,
    check_shares,
    gains,
    read_campaign,
    refuse_small,
    running,
)

MIN_ARM_INTERVAL = 30
"""Customers that each arm needs before a bootstrap's interval means anything."""
POINTS = 100
"""Steps of a stored curve; the coefficient itself is summed over every customer."""
_MOST_POINTS = 199
_AT_ONCE = 4_000_000
"""Cells of a block of draws, so that memory stays small."""


@dataclass(frozen=True, eq=False)
class OrderComparison:
    """How well orders of customers find those whom a contact changes.

    Attributes
    ----------
    coefficients : pandas.DataFrame
        A row an order and measure: ``order``, ``measure`` (``qini``, ``auuc`` or
        ``uplift_at_<percent>``), ``value``, ``ci_low``, ``ci_high``; in the outcome's unit.
        A random order has a Qini of 0.
    differences : pandas.DataFrame
        A row each order but the first: ``order`` (the first), ``other``, ``value`` (the
        first's Qini minus the other's), ``ci_low``, ``ci_high``, from the same draws.
    curves : pandas.DataFrame
        ``order``, ``share``, ``gain``, ``ci_low``, ``ci_high``, ``random``; a point
        more than there are steps.
    tenths : pandas.DataFrame
        ``order`` and the columns of `uplift_by_tenth`.
    n, n_control, n_draws : int
        Customers, those of the control, and draws behind the intervals.
    """

    coefficients: pd.DataFrame
    differences: pd.DataFrame
    curves: pd.DataFrame
    tenths: pd.DataFrame
    n: int
    n_control: int
    n_draws: int


def compare_orders(
    outcome: Any,
    treated: Any,
    scores: Mapping[str, Any],
    *,
    strata: Any = None,
    k: Sequence[float] = (0.1, 0.3),
    n_draws: int = 200,
    alpha: float = 0.05,
    random_state: int = 0,
    points: int = POINTS,
    n_groups: int = 10,
) -> OrderComparison:
    """Judge orders of the same customers by what contacting the first of them brought.

    Qini is Radcliffe's (see `qini_coefficient`), uplift-at-k the one among the first share
    k of all customers. Intervals are percentiles of a bootstrap that draws customers anew
    within each arm (and stratum) and judges every order by the same draws, so that the
    difference of two orders has an interval of its own. The scores stay as they are: the
    interval says how sure the judgement of these orders is, not how another model would do.

    Parameters
    ----------
    outcome, treated, strata : array-like of shape (n,)
        As for `qini_curve`.
    scores : mapping of str to array-like of shape (n,)
        Each order by its name, highest score first; the others are held against the first.
    k : sequence of float, default=(0.1, 0.3)
        Shares of customers from the top.
    n_draws : int, default=200
        Draws of the bootstrap; at least 20.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence.
    random_state : int, default=0
        Seed of the draws.
    points : int, default=100
        Steps of the curves, at most 199.
    n_groups : int, default=10
        Groups of `uplift_by_tenth`.

    Returns
    -------
    OrderComparison

    Raises
    ------
    ParameterProblem
        As for `qini_curve`; or an arm has fewer than 30 customers, there is no score, or
        `n_draws` is too small.

    References
    ----------
    .. [1] Efron, B., Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman
       and Hall.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> taste = rng.random(4_000)
    >>> treated = rng.integers(0, 2, 4_000)
    >>> outcome = rng.random(4_000) < 0.1 + 0.2 * taste * treated
    >>> found = compare_orders(outcome, treated, {"taste": taste, "chance": rng.random(4_000)}, n_draws=50)
    >>> bool(found.differences["ci_low"][0] > 0)
    True
    """
    check_alpha(alpha)
    if not scores:
        raise ParameterProblem("review_targeting.error.no_score")
    if n_draws < 20:
        raise ParameterProblem("review_targeting.error.draws", value=n_draws)
    shares = check_shares(k)
    campaign = read_campaign(outcome, treated, strata)
    refuse_small(campaign, MIN_ARM_INTERVAL)
    orders = {name: Order.of(score, campaign.n) for name, score in scores.items()}
    points = max(1, min(points, _MOST_POINTS, campaign.n))
    grid = np.linspace(0, campaign.n, points + 1)
    drawn = _draw(campaign, orders, grid, shares, n_draws, random_state)
    at, names = grid / campaign.n, list(orders)
    ends = (alpha / 2, 1 - alpha / 2)
    coefficients, curves, tenths = [], [], []
    for name, order in orders.items():
        one = _exact(campaign, order, shares)
        low, high = _tidy(_ends(drawn[name].measures, ends))
        measures = ("qini", "auuc", *(f"uplift_at_{share * 100:g}" for share in shares))
        coefficients += [(name, *row) for row in zip(measures, one, low, high, strict=True)]
        curve = gains(order.at(running(campaign.sums(), order), grid), campaign.n)
        band = np.quantile(drawn[name].curves, ends, axis=0)
        curves.append(
            pd.DataFrame(
                {
                    "order": name,
                    "share": at,
                    "gain": curve,
                    "ci_low": band[0],
                    "ci_high": band[1],
                    "random": at * curve[-1],
                }
            )
        )
        tenth = uplift_by_tenth(
            outcome, treated, scores[name], strata=strata, n_groups=min(n_groups, campaign.n), alpha=alpha
        )
        tenth.insert(0, "order", name)
        tenths.append(tenth)
    table = pd.DataFrame(coefficients, columns=["order", "measure", "value", "ci_low", "ci_high"])
    qini = table[table["measure"].eq("qini")].set_index("order")["value"]
    rows = []
    for other in names[1:]:
        both = _tidy(np.quantile(drawn[names[0]].measures[:, 0] - drawn[other].measures[:, 0], ends))
        rows.append((names[0], other, float(qini[names[0]] - qini[other]), *map(float, both)))
    return OrderComparison(
        table,
        pd.DataFrame(rows, columns=["order", "other", "value", "ci_low", "ci_high"]),
        pd.concat(curves, ignore_index=True),
        pd.concat(tenths, ignore_index=True),
        campaign.n,
        int((~campaign.treated).sum()),
        n_draws,
    )


@dataclass(frozen=True, eq=False)
class _Drawn:
    measures: Numbers
    curves: Numbers


def _exact(campaign: Campaign, order: Order, shares: Sequence[float]) -> list[float]:
    """Return Qini, AUUC and uplift-at-k from every customer."""
    positions = np.arange(campaign.n + 1)
    counts = running(campaign.sums(), order)
    gain = gains(order.at(counts, positions), campaign.n)
    share = positions / campaign.n
    found = [float(area(gain, share) - gain[-1] / 2), float(_auuc(order.at(counts, positions), share))]
    found += [float(each) for each in _uplift(order.at(counts, np.multiply(shares, campaign.n)))]
    return _tidy(np.array(found)).tolist()


def _ends(measures: Numbers, ends: tuple[float, float]) -> Numbers:
    """Return the percentiles of each measure; missing where a tenth of the draws can't tell it."""
    told = ~np.isnan(measures)
    found = np.full((2, measures.shape[1]), np.nan)
    for i in np.flatnonzero(told.mean(axis=0) >= 0.9):
        found[:, i] = np.quantile(measures[told[:, i], i], ends)
    return found


def _tidy(figures: Numbers) -> Numbers:
    """Return what is left of nothing by rounding as the 0 that it is."""
    return np.where(np.abs(figures) < 1e-12, 0.0, figures)


def _uplift(counts: Numbers) -> Numbers:
    treated, treated_outcome, control, control_outcome = counts
    known = (treated > 1e-9) & (control > 1e-9)
    nothing = np.full(treated.shape, np.nan)
    of_treated = np.divide(treated_outcome, treated, out=nothing.copy(), where=known)
    of_control = np.divide(control_outcome, control, out=nothing, where=known)
    return of_treated - of_control


def _auuc(counts: Numbers, share: Numbers) -> Numbers:
    heights = share * _uplift(counts)
    heights[..., 0] = 0.0
    # A depth at which an arm has nobody yet is passed over.
    flat = heights.reshape(-1, heights.shape[-1])
    for i in np.flatnonzero(np.isnan(flat).any(axis=1)):
        there = np.flatnonzero(~np.isnan(flat[i]))
        flat[i] = np.interp(np.arange(flat.shape[1]), there, flat[i, there])
    return area(heights, share)


def _draw(
    campaign: Campaign,
    orders: Mapping[str, Order],
    grid: Numbers,
    shares: Sequence[float],
    n_draws: int,
    random_state: int,
) -> dict[str, _Drawn]:
    """Judge every order by the same draws, a block of draws at a time."""
    rng = np.random.default_rng(random_state)
    members = [np.flatnonzero(campaign.cells == cell) for cell in np.unique(campaign.cells)]
    block = max(1, min(n_draws, _AT_ONCE // campaign.n))
    parts: dict[str, list[_Drawn]] = {name: [] for name in orders}
    for first in range(0, n_draws, block):
        times = _times(members, campaign.n, min(block, n_draws - first), rng)
        for name, order in orders.items():
            parts[name].append(_judge(campaign, order, times, grid, shares))
    return {
        name: _Drawn(
            np.vstack([each.measures for each in each_part]), np.vstack([e.curves for e in each_part])
        )
        for name, each_part in parts.items()
    }


def _times(
    members: list[npt.NDArray[np.intp]], n: int, n_draws: int, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Return how often each draw has each customer; an arm keeps its size."""
    times = np.empty((n_draws, n), dtype=np.float32)
    shift = np.arange(n_draws)[:, None]
    for rows in members:
        picked = rng.integers(0, rows.size, size=(n_draws, rows.size)) + shift * rows.size
        counts = np.bincount(picked.ravel(), minlength=n_draws * rows.size)
        times[:, rows] = counts.reshape(n_draws, rows.size)
    return times


def _judge(
    campaign: Campaign,
    order: Order,
    times: npt.NDArray[np.float32],
    grid: Numbers,
    shares: Sequence[float],
) -> _Drawn:
    # Only where a point of the grid lies need the counts be known.
    wanted = np.r_[grid, np.multiply(shares, campaign.n)]
    group = np.clip(np.searchsorted(order.begins, wanted, side="right") - 1, 0, order.begins.size - 1)
    edges = np.unique(np.r_[0, order.begins[group], order.ends[group]])
    cuts = edges[:-1]
    # How many customers a depth holds is counted too: it differs from draw to draw.
    sums = np.vstack([campaign.sums(), np.ones(campaign.n)])[:, order.rows].astype(np.float32)
    mine = times[:, order.rows]
    counts = np.zeros((5, times.shape[0], edges.size))
    for i in range(5):
        inside = np.add.reduceat(mine * sums[i], cuts, axis=1, dtype=np.float64)
        np.cumsum(inside, axis=1, out=counts[i, :, 1:])
    begins, ends = order.begins[group], order.ends[group]
    step = (wanted - begins) / (ends - begins)
    left, right = np.searchsorted(edges, begins), np.searchsorted(edges, ends)
    found = counts[..., left] * (1 - step) + counts[..., right] * step
    on_grid, at_k = found[:4, :, : grid.size], found[:4, :, grid.size :]
    depth = found[4, :, : grid.size] / campaign.n
    curve = gains(on_grid, campaign.n)
    qini = area(curve, depth) - curve[:, -1] / 2
    return _Drawn(np.column_stack([qini, _auuc(on_grid, depth), _uplift(at_k)]), curve)
