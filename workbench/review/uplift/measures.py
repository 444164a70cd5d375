"""Qini, uplift among the first customers of an order, and uplift by tenth of it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.review.means import Sums, check_alpha, compare_means
from workbench.review.uplift.ranked import (
    Campaign,
    Order,
    area,
    check_shares,
    gains,
    read_campaign,
    running,
)

Definition = Literal["radcliffe", "scikit-uplift", "causalml"]
DEFINITIONS = ("radcliffe", "scikit-uplift", "causalml")


def qini_curve(outcome: Any, treated: Any, score: Any, *, strata: Any = None) -> pd.DataFrame:
    """Return what contacting the first customers of an order would bring, for every depth.

    At a depth of t customers the gain is R_t − R_c · N_t / N_c, the treated's outcome less
    the control's scaled to as many customers, divided by all treated customers: what was
    won per customer of the whole list. It ends at the uplift of contacting everybody; a
    random order runs straight there.

    Parameters
    ----------
    outcome : array-like of shape (n,)
        What was measured: 0 and 1, or an amount.
    treated : array-like of shape (n,)
        1 or True for the treatment, 0 or False for the control.
    score : array-like of shape (n,)
        Highest first. Customers with one score stand in no order: the counts run through
        them evenly, which is their average over all orders.
    strata : array-like of shape (n,), optional
        What the arms were drawn within, where the share of control differs: each
        customer is weighted by one over the share of the own arm in the stratum.

    Returns
    -------
    pandas.DataFrame
        ``n`` customers from the top (0 to all), ``share`` of all, ``gain`` per customer in
        the outcome's unit, ``random`` (the straight line).

    Raises
    ------
    ParameterProblem
        If there is no control or no treatment, an arm has fewer than two customers, or a
        column does not fit.

    References
    ----------
    .. [1] Radcliffe, N. J. (2007). Using control groups to target on predicted lift:
       building and assessing uplift models. Direct Marketing Analytics Journal 1.

    Examples
    --------
    >>> curve = qini_curve([1, 0, 1, 0, 0, 1], [1, 0, 1, 0, 1, 0], [6, 5, 4, 3, 2, 1])
    >>> curve["gain"].round(2).tolist()
    [0.0, 0.17, 0.33, 0.67, 0.67, 0.67, 0.33]
    """
    campaign = read_campaign(outcome, treated, strata)
    order = Order.of(score, campaign.n)
    n = np.arange(campaign.n + 1)
    gain = _gain(campaign, order, n)
    share = n / campaign.n
    return pd.DataFrame({"n": n, "share": share, "gain": gain, "random": share * gain[-1]})


def qini_coefficient(
    outcome: Any,
    treated: Any,
    score: Any,
    *,
    strata: Any = None,
    definition: Definition = "radcliffe",
) -> float:
    """Return one number for an order: the area between its Qini curve and the random line.

    Three definitions go by that name, and the same predictions get three numbers:

    - ``"radcliffe"``: the area between `qini_curve` and the straight line, the depth
      running from 0 to 1. It is in the outcome's unit per customer: .003 means that, on
      average over all depths, three more per thousand customers of the list were won than
      in a random order. Not divided by anything, so it can be compared between campaigns
      only where their uplifts are alike.
    - ``"scikit-uplift"`` (``qini_auc_score``): the same area, divided by that of the
      perfect order of the same customers (first the treated who responded, last the
      control who did), which nobody can reach. Outcomes of 0 and 1 only. The curve before
      the first control customer counts all treated responses.
    - ``"causalml"`` (``qini_score``, normalised): the curve divided by the absolute value
      of its end, its mean over all depths less that of the random line. 0 is random, but
      there is no upper bound, and near an uplift of 0 it runs away. causalml draws ten
      random orders; here it is their expectation.

    Parameters
    ----------
    outcome, treated, score, strata : array-like of shape (n,)
        As for `qini_curve`; `strata` for ``"radcliffe"`` alone.
    definition : {"radcliffe", "scikit-uplift", "causalml"}, default="radcliffe"
        Which number.

    Returns
    -------
    float
        0 for an order at random, or where all customers have one score (for
        ``"causalml"`` too); negative for one that is worse. Missing where there is nothing
        to divide by: nobody responded, or (``"causalml"``) the uplift is 0.

    Raises
    ------
    ParameterProblem
        As for `qini_curve`; or the definition is unknown or does not allow what was given.

    References
    ----------
    .. [1] Radcliffe, N. J. (2007). Using control groups to target on predicted lift:
       building and assessing uplift models. Direct Marketing Analytics Journal 1.

    Examples
    --------
    >>> outcome, treated, score = [1, 0, 1, 0, 0, 1], [1, 0, 1, 0, 1, 0], [6, 5, 4, 3, 2, 1]
    >>> round(qini_coefficient(outcome, treated, score), 4)
    0.2778
    >>> round(qini_coefficient(outcome, treated, score, definition="scikit-uplift"), 4)
    0.8462
    >>> round(qini_coefficient(outcome, treated, score, definition="causalml"), 4)
    0.7143
    """
    if definition not in DEFINITIONS:
        raise ParameterProblem(
            "review_targeting.error.definition", value=definition, known=", ".join(DEFINITIONS)
        )
    if definition != "radcliffe" and strata is not None:
        raise ParameterProblem("review_targeting.error.strata", definition=definition)
    campaign = read_campaign(outcome, treated, strata)
    order = Order.of(score, campaign.n)
    if definition == "scikit-uplift":
        return _scikit_uplift(campaign, order)
    n = np.arange(campaign.n + 1)
    gain = _gain(campaign, order, n)
    share = n / campaign.n
    if definition == "radcliffe":
        return float(area(gain, share) - gain[-1] / 2)
    if abs(gain[-1]) < 1e-12:
        return float("nan")
    return float((gain - share * gain[-1]).mean() / abs(gain[-1]))


def area_under_uplift(outcome: Any, treated: Any, score: Any, *, strata: Any = None) -> float:
    """Return the area under the uplift curve (AUUC), per customer.

    The curve at a depth is that depth times the difference of the arms' means among the
    customers up to it, as Gutierrez and Gérardy write it; the area is not divided by its
    end. The Qini curve scales the control to the treated instead: the two agree where the
    share of treated customers is the same at every depth.

    Parameters
    ----------
    outcome, treated, score, strata : array-like of shape (n,)
        As for `qini_curve`.

    Returns
    -------
    float
        In the outcome's unit; half the uplift for an order at random.

    Raises
    ------
    ParameterProblem
        As for `qini_curve`.

    References
    ----------
    .. [1] Gutierrez, P., Gérardy, J.-Y. (2017). Causal inference and uplift modelling: a
       review of the literature. PMLR 67.

    Examples
    --------
    >>> round(area_under_uplift([1, 0, 1, 0, 0, 1], [1, 0, 1, 0, 1, 0], [6, 5, 4, 3, 2, 1]), 4)
    0.3981
    """
    campaign = read_campaign(outcome, treated, strata)
    order = Order.of(score, campaign.n)
    n = np.arange(campaign.n + 1)
    share = n / campaign.n
    heights = share * _difference(order.at(running(campaign.sums(), order), n))
    heights[0] = 0.0
    known = np.flatnonzero(~np.isnan(heights))
    return float(area(np.interp(n, known, heights[known]), share))


def uplift_at_k(
    outcome: Any,
    treated: Any,
    score: Any,
    k: float = 0.3,
    *,
    strata: Any = None,
    definition: Literal["overall", "by_arm"] = "overall",
) -> float:
    """Return the uplift among the first customers of an order.

    Parameters
    ----------
    outcome, treated, score, strata : array-like of shape (n,)
        As for `qini_curve`.
    k : float, default=0.3
        Share of customers from the top, above 0 to 1.
    definition : {"overall", "by_arm"}, default="overall"
        ``"overall"``: among the first share k of all customers, the treated's mean minus
        the control's (scikit-uplift's strategy "overall"). ``"by_arm"``: the mean of the
        first share k of the treated minus that of the first share k of the control, each
        in their own order ("by_group" there).

    Returns
    -------
    float
        In the outcome's unit; missing where one arm has nobody there.

    Raises
    ------
    ParameterProblem
        As for `qini_curve`; or k is no share.

    Examples
    --------
    >>> uplift_at_k([1, 0, 1, 0, 0, 1], [1, 0, 1, 0, 1, 0], [6, 5, 4, 3, 2, 1], k=0.5)
    1.0
    """
    [share] = check_shares([k])
    campaign = read_campaign(outcome, treated, strata)
    order = Order.of(score, campaign.n)
    if definition == "overall":
        counts = order.at(running(campaign.sums(), order), [share * campaign.n])
        return float(_difference(counts)[0])
    if definition != "by_arm":
        raise ParameterProblem("review_targeting.error.definition", value=definition, known="overall, by_arm")
    means = []
    for inside in (campaign.treated, ~campaign.treated):
        mine = Order.of(np.asarray(score, dtype=np.float64)[inside], int(inside.sum()))
        weights = np.stack([campaign.weight[inside], (campaign.weight * campaign.outcome)[inside]])
        weight, total = mine.at(running(weights, mine), [share * inside.sum()])
        means.append(float(total[0] / weight[0]))
    return means[0] - means[1]


def uplift_by_tenth(
    outcome: Any,
    treated: Any,
    score: Any,
    *,
    strata: Any = None,
    n_groups: int = 10,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Return the uplift in each tenth of an order, with Welch's interval.

    Parameters
    ----------
    outcome, treated, score, strata : array-like of shape (n,)
        As for `qini_curve`.
    n_groups : int, default=10
        Groups of equal size, 1 the highest scores. Customers with one score that fall into
        two groups count in each in proportion.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence.

    Returns
    -------
    pandas.DataFrame
        ``group`` (from 1), ``n`` and ``n_control`` customers (fractions where a tie is
        divided), ``mean_treated``, ``mean_control``, ``uplift``, ``ci_low``, ``ci_high``
        in the outcome's unit. An uplift is missing where an arm has fewer than two
        customers there. With `strata` means are weighted as in `qini_curve`, and the
        interval allows for what the weights cost (Kish's effective number).

    Raises
    ------
    ParameterProblem
        As for `qini_curve`; or `n_groups` is below 1 or more than there are customers.

    Examples
    --------
    >>> rows = uplift_by_tenth([1, 1, 0, 0, 1, 0, 1, 0], [1, 1, 0, 0] * 2, range(8, 0, -1), n_groups=2)
    >>> rows["uplift"].tolist()
    [1.0, 0.0]
    """
    check_alpha(alpha)
    campaign = read_campaign(outcome, treated, strata)
    if not 1 <= n_groups <= campaign.n:
        raise ParameterProblem("review_targeting.error.groups", value=n_groups, most=campaign.n)
    order = Order.of(score, campaign.n)
    # A centre near the mean keeps the digits of large amounts that differ little.
    centre = float(campaign.outcome.mean())
    rows = []
    for inside in (campaign.treated, ~campaign.treated):
        weight = np.where(inside, campaign.weight, 0.0)
        value = campaign.outcome - centre
        rows += [inside.astype(np.float64), weight, weight**2, weight * value, weight * value**2]
    edges = np.linspace(0, campaign.n, n_groups + 1)
    inside_each = np.diff(order.at(running(np.stack(rows), order), edges), axis=-1)
    sums = [_effective(inside_each[5 * arm : 5 * arm + 5], centre) for arm in (0, 1)]
    compared = compare_means(sums[0], sums[1], alpha)
    return pd.DataFrame(
        {
            "group": np.arange(1, n_groups + 1),
            "n": inside_each[0] + inside_each[5],
            "n_control": inside_each[5],
            "mean_treated": sums[0].mean,
            "mean_control": sums[1].mean,
            "uplift": compared.estimate,
            "ci_low": compared.ci_low,
            "ci_high": compared.ci_high,
        }
    )


def _effective(counts: np.ndarray, centre: float) -> Sums:
    """Return weighted sums as those of as many equal customers as the weights are worth."""
    _, weight, squared, total, squares = counts
    there = weight > 1e-9
    n = np.divide(weight**2, squared, out=np.zeros_like(weight), where=there)
    scale = np.divide(n, weight, out=np.zeros_like(weight), where=there)
    return Sums(n, total * scale, squares * scale, np.full(n.shape, centre))


def _gain(campaign: Campaign, order: Order, positions: np.ndarray) -> np.ndarray:
    return gains(order.at(running(campaign.sums(), order), positions), campaign.n)


def _difference(counts: np.ndarray) -> np.ndarray:
    treated, treated_outcome, control, control_outcome = counts
    means = []
    for weight, total in ((treated, treated_outcome), (control, control_outcome)):
        means.append(np.divide(total, weight, out=np.full(weight.shape, np.nan), where=weight > 1e-9))
    found: np.ndarray = means[0] - means[1]
    return found


def _scikit_uplift(campaign: Campaign, order: Order) -> float:
    values, arms = campaign.outcome, campaign.treated.astype(np.float64)
    if not np.isin(values, (0.0, 1.0)).all():
        raise ParameterProblem("review_targeting.error.binary", definition="scikit-uplift")
    perfect = Order.of(values * arms - values * (1 - arms), campaign.n)
    areas = [_area_over_line(values, arms, each) for each in (order, perfect)]
    return areas[0] / areas[1] if abs(areas[1]) > 1e-12 else float("nan")


def _area_over_line(values: np.ndarray, arms: np.ndarray, order: Order) -> float:
    """Return the area as scikit-uplift has it: straight lines between thresholds of the score."""
    counts = running(np.stack([arms, arms * values, 1 - arms, (1 - arms) * values]), order)
    ends = np.r_[0, order.ends]
    treated, treated_outcome, control, control_outcome = counts[:, ends]
    ratio = np.divide(treated, control, out=np.zeros_like(treated), where=control > 0)
    heights = treated_outcome - control_outcome * ratio
    return float(area(heights, ends) - heights[-1] * values.size / 2)
