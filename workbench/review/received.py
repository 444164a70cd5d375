"""What was drawn beside what was received: intention to treat, and the effect on those reached."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from workbench.errors import ParameterProblem
from workbench.review.follow_up import follow_up
from workbench.review.means import Difference, Numbers, Sums, check_alpha, compare_means
from workbench.review.proportions import compare_rates
from workbench.review.strategies import OUTCOME_COLUMNS

METHODS = ("intention_to_treat", "complier_average", "as_treated", "per_protocol")
RECEIVED = ("reached", "contacted")
MIN_F = 10.0
"""F of the first stage below which the instrument is too weak to divide by (Staiger and Stock)."""
_COLUMNS = [
    "strategy_id",
    "outcome",
    "method",
    "randomised",
    "n_treatment",
    "n_control",
    "estimate",
    "ci_low",
    "ci_high",
    "p_value",
    "standard_error",
    "received_treatment",
    "received_control",
    "n_contaminated",
    "first_stage_f",
]


def compare_received(
    targets: pd.DataFrame,
    outcomes: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    contacts: pd.DataFrame | None = None,
    received: str = "reached",
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Set the comparison that was drawn beside comparisons of who was in fact reached.

    Four answers to four questions, side by side:

    - ``intention_to_treat``: what did the strategy do to the customers on its list, called
      or not? Arms as drawn; the one to decide by.
    - ``complier_average``: what did it do to those whom the draw caused to be reached? The
      uplift divided by the difference in the shares reached (Wald's instrumental-variable
      estimate; the draw is the instrument). It is randomised too, if being on the list
      changes nothing but whether one is reached. Its variance is the delta method's.
    - ``as_treated``: customers reached against those not reached, whatever the draw. Who
      can be reached differs from who can't: not randomised.
    - ``per_protocol``: treated customers reached against control customers left alone. Not
      randomised either.

    Control customers who were contacted (contaminated) stay control in the first, thin the
    instrument in the second, count as treated in the third and drop out of the fourth.

    Parameters
    ----------
    targets, outcomes, strategies : pandas.DataFrame
        Tables `TARGETS`, `OUTCOMES`, `STRATEGIES`.
    contacts : pandas.DataFrame, optional
        Table `CONTACTS`. Left out, everybody of the treatment counts as contacted, and the
        four answers are one.
    received : {"reached", "contacted"}, default="reached"
        What counts as having received the strategy: the customer heard the offer, or a
        contact was tried. A call nobody answers can hardly do anything.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence.

    Returns
    -------
    pandas.DataFrame
        One row per strategy, outcome (``responded`` as a share, ``amount`` in CNY) and
        method: strategy_id, outcome, method, randomised (bool), n_treatment, n_control
        (customers compared), estimate, ci_low, ci_high, p_value, standard_error,
        received_treatment and received_control (share of each drawn arm that received it),
        n_contaminated (customers of the control who were contacted), first_stage_f. A
        strategy without a contact, or a side with fewer than two customers, has missing
        figures; where neither side varies the estimate has no interval. The complier
        average is missing where first_stage_f is under 10: a division by almost nothing.

    Raises
    ------
    TableProblem
        If a table does not fit.
    ParameterProblem
        If `received` is another word, a list is for a strategy that is not given, or alpha
        is no probability.

    References
    ----------
    .. [1] Angrist, J. D., Imbens, G. W., Rubin, D. B. (1996). Identification of causal
       effects using instrumental variables. Journal of the American Statistical
       Association 91.
    .. [2] Staiger, D., Stock, J. H. (1997). Instrumental variables regression with weak
       instruments. Econometrica 65.

    Examples
    --------
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> compare_received(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty()).columns.tolist()[:3]
    ['strategy_id', 'outcome', 'method']
    """
    check_alpha(alpha)
    if received not in RECEIVED:
        raise ParameterProblem(
            "review_evaluation.error.received", received=received, known=", ".join(RECEIVED)
        )
    rows = follow_up(targets, outcomes, strategies, contacts=contacts)
    names = pd.Index(strategies["strategy_id"].astype("str"))
    group = np.asarray(names.get_indexer(pd.Index(rows["strategy_id"])), dtype=np.intp)
    treated = rows["arm"].eq("treatment").to_numpy()
    contacted = rows["contacted"].to_numpy(dtype=bool)
    took = contacted if contacts is None else rows[received].to_numpy(np.float64) > 0
    n = len(names)
    shared = _shares(group, treated, took, contacted, n)
    silent = np.bincount(group, weights=contacted & treated, minlength=n) == 0
    frames = []
    for outcome in OUTCOME_COLUMNS:
        values = rows[outcome].to_numpy(np.float64)
        for method in METHODS:
            figures = _compare(method, outcome, values, group, treated, took, n, alpha)
            frame = pd.DataFrame(
                {
                    "strategy_id": names.to_numpy(),
                    "outcome": outcome,
                    "method": method,
                    "randomised": method in METHODS[:2],
                    **{name: np.where(silent, np.nan, cells) for name, cells in figures.items()},
                    **shared,
                }
            )
            frame[["n_treatment", "n_control"]] = np.column_stack(_sizes(method, group, treated, took, n))
            frames.append(frame)
    together = pd.concat(frames, keys=range(len(frames)))
    together["first_stage_f"] = np.tile(_strength(group, treated, took, n), len(frames))
    weak = together["method"].eq("complier_average") & ~(together["first_stage_f"] >= MIN_F)
    figures_of = ["estimate", "ci_low", "ci_high", "p_value", "standard_error"]
    together.loc[weak, figures_of] = np.nan
    together = together.sort_index(level=1, kind="stable").reset_index(drop=True)
    return together[_COLUMNS].astype({"strategy_id": "str", "outcome": "str", "method": "str"})


def wald_estimate(treatment: tuple[Any, Any], control: tuple[Any, Any], alpha: float = 0.05) -> Difference:
    """Divide the difference in an outcome by the difference in who received the treatment.

    Parameters
    ----------
    treatment, control : (array-like, array-like)
        Outcome and whether it was received (0 or 1) of each customer of the drawn arm.
    alpha : float, default=0.05
        1 − alpha is the interval's confidence.

    Returns
    -------
    Difference
        The complier average effect, in the outcome's unit; normal approximation (df is
        infinite), the delta method's variance. Missing where both arms received it alike. Without limits
        for weak instruments: `compare_received` sets them.

    References
    ----------
    .. [1] Wald, A. (1940). The fitting of straight lines if both variables are subject to
       error. Annals of Mathematical Statistics 11.

    Examples
    --------
    >>> found = wald_estimate(([1.0, 1, 0, 0], [1, 1, 1, 0]), ([1.0, 0, 0, 0], [0, 0, 0, 0]))
    >>> round(float(found.estimate), 3)
    0.333
    """
    values = np.concatenate([np.asarray(side[0], np.float64) for side in (treatment, control)])
    took = np.concatenate([np.asarray(side[1], np.float64) for side in (treatment, control)]) > 0
    treated = np.arange(len(values)) < len(treatment[0])
    one = np.zeros(len(values), dtype=np.intp)
    figures = _wald(values, one, treated, took, 1, alpha)
    estimate, low, high, p, error = (
        figures[name][0] for name in ("estimate", "ci_low", "ci_high", "p_value", "standard_error")
    )
    return Difference(estimate, low, high, p, error, np.asarray(np.inf))


def _compare(
    method: str,
    outcome: str,
    values: Numbers,
    group: npt.NDArray[np.intp],
    treated: npt.NDArray[np.bool_],
    took: npt.NDArray[np.bool_],
    n: int,
    alpha: float,
) -> dict[str, Numbers]:
    if method == "complier_average":
        return _wald(values, group, treated, took, n, alpha)
    one, other = _sides(method, treated, took)
    # As the evaluation does: response rates by the score interval, money by Welch's.
    compare = compare_rates if outcome == "responded" else compare_means
    found = compare(
        Sums.by_group(values[one], group[one], n), Sums.by_group(values[other], group[other], n), alpha
    )
    return _figures(found.estimate, found.ci_low, found.ci_high, found.p_value, found.standard_error)


def _figures(
    estimate: Numbers, low: Numbers, high: Numbers, p: Numbers, error: Numbers
) -> dict[str, Numbers]:
    # Where neither side varies, an interval of no width would promise what nobody knows.
    flat = error == 0
    return {
        "estimate": estimate,
        "ci_low": np.where(flat, np.nan, low),
        "ci_high": np.where(flat, np.nan, high),
        "p_value": p,
        "standard_error": np.where(flat, np.nan, error),
    }


def _wald(
    values: Numbers,
    group: npt.NDArray[np.intp],
    treated: npt.NDArray[np.bool_],
    took: npt.NDArray[np.bool_],
    n: int,
    alpha: float,
) -> dict[str, Numbers]:
    known = ~np.isnan(values)
    values, group, treated = values[known], group[known], treated[known]
    given = took[known].astype(np.float64)
    y = [Sums.by_group(values[side], group[side], n) for side in (treated, ~treated)]
    d = [Sums.by_group(given[side], group[side], n) for side in (treated, ~treated)]
    share = d[0].mean - d[1].mean
    share = np.where(share == 0, np.nan, share)
    estimate = (y[0].mean - y[1].mean) / share
    # The delta method of a quotient is the variance of what the estimate leaves unexplained.
    left = values - np.nan_to_num(estimate)[group] * given
    rest = [Sums.by_group(left[side], group[side], n) for side in (treated, ~treated)]
    squared = sum(part.variance / np.where(part.n > 1, part.n, np.nan) for part in rest)
    error = np.sqrt(squared) / np.abs(share)
    estimate = np.where(np.isnan(error), np.nan, estimate)
    z = np.divide(estimate, error, out=np.full(n, np.nan), where=error > 0)
    half = special.ndtri(1 - alpha / 2) * error
    return _figures(estimate, estimate - half, estimate + half, 2 * special.ndtr(-np.abs(z)), error)


def _sides(
    method: str, treated: npt.NDArray[np.bool_], took: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    if method == "as_treated":
        return took, ~took
    if method == "per_protocol":
        return treated & took, ~treated & ~took
    return treated, ~treated


def _sizes(
    method: str,
    group: npt.NDArray[np.intp],
    treated: npt.NDArray[np.bool_],
    took: npt.NDArray[np.bool_],
    n: int,
) -> list[npt.NDArray[np.intp]]:
    return [np.bincount(group[side], minlength=n) for side in _sides(method, treated, took)]


def _shares(
    group: npt.NDArray[np.intp],
    treated: npt.NDArray[np.bool_],
    took: npt.NDArray[np.bool_],
    contacted: npt.NDArray[np.bool_],
    n: int,
) -> dict[str, Any]:
    given = took.astype(np.float64)
    return {
        "received_treatment": Sums.by_group(given[treated], group[treated], n).mean,
        "received_control": Sums.by_group(given[~treated], group[~treated], n).mean,
        "n_contaminated": np.bincount(group[~treated], weights=contacted[~treated], minlength=n).astype(
            np.int64
        ),
    }


def _strength(
    group: npt.NDArray[np.intp],
    treated: npt.NDArray[np.bool_],
    took: npt.NDArray[np.bool_],
    n: int,
) -> Numbers:
    """Return F of the first stage: how firmly the draw decided who received the strategy."""
    given = took.astype(np.float64)
    sides = [Sums.by_group(given[side], group[side], n) for side in (treated, ~treated)]
    found = compare_means(sides[0], sides[1])
    certain = np.where(found.estimate != 0, np.inf, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(found.standard_error > 0, np.square(found.estimate / found.standard_error), certain)
