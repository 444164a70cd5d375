"""The smallest change of all weights together that changes the first place."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.strategy.scoring import rank_rows, scale_criteria
from workbench.strategy.weights import CRITERIA, DEFAULT_WEIGHTS, normal_weights

Vector = npt.NDArray[np.float64]
# Less than this is no difference between two scores.
_LEVEL = 1e-10


def find_weight_changes(criteria: pd.DataFrame, weights: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Return the least weight that must move for each rival to draw level with the first.

    Any weights may change, by any amounts, as long as they stay 0 or more and sum to 1.
    Measured is the weight that moves from some criteria to others: half the sum of the
    absolute changes (half the L1 distance), 0 to 1. The score is the weighted sum of
    `score_strategies`.

    Parameters
    ----------
    criteria : pandas.DataFrame
        From `build_criteria`.
    weights : mapping of str to float, optional
        As in `score_strategies`.

    Returns
    -------
    pandas.DataFrame
        One row a rival, the smallest change first: ``strategy_id``; ``moved``, the weight
        that must move; ``leads``, whether nobody else is ahead of the rival there, so that
        the least step further puts it first; ``weight_<criterion>`` at that point and
        ``change_<criterion>``. A rival that no weights can put ahead of the first is left
        out. The first row says what changes the first place.

    Raises
    ------
    ParameterProblem
        If weights are not usable, see `normal_weights`.
    TableProblem
        If criteria are missing.

    Notes
    -----
    With w the weights, p and q the scaled criteria of the first and of a rival, and
    g = q − p, the rival is level where g·w' = 0. A unit of weight that moves from criterion
    j to k gains g_k − g_j. So the least weight moves to the criterion where the rival's
    advantage is largest, from those where it is smallest, in their order: the linear
    programme min ½·Σ|w' − w|, g·w' ≥ 0, Σw' = 1, w' ≥ 0 is a fractional knapsack and needs
    no solver. Where several criteria tie, several changes are equally small, and one of
    them is returned.

    The first row changes the first place: were a third strategy ahead there, it would have
    drawn level before.

    References
    ----------
    Dantzig, G. B. (1957). Discrete-variable extremum problems. Operations Research 5,
    266-277.

    Examples
    --------
    >>> criteria = pd.DataFrame({"strategy_id": ["S1", "S2"], "expected_value": [9.0, 4.0],
    ...     "balances": [1.0, 2.0], "satisfaction": [7.0, 7.0], "cost": [1.0, 1.0]})
    >>> found = find_weight_changes(criteria, {"expected_value": 0.6, "balances": 0.4})
    >>> found[["strategy_id", "moved", "leads", "weight_expected_value"]].round(4).values.tolist()
    [['S2', 0.1, True, 0.5]]
    """
    shares = normal_weights(DEFAULT_WEIGHTS if weights is None else weights)
    parts = scale_criteria(criteria)
    now = np.array([shares[name] for name in CRITERIA])
    ids = criteria["strategy_id"].to_numpy()
    leader = int(rank_rows((parts @ now)[None, :])[0].argmin()) if len(ids) else 0
    rows = []
    for rival in range(len(ids)):
        moved = _draw_level(parts[rival] - parts[leader], now) if rival != leader else None
        if moved is None:
            continue
        scores = parts @ moved
        rows.append(
            {
                "strategy_id": ids[rival],
                "moved": float(np.abs(moved - now).sum() / 2),
                "leads": bool(scores[rival] >= scores.max() - _LEVEL),
                **{f"weight_{name}": moved[at] for at, name in enumerate(CRITERIA)},
                **{f"change_{name}": moved[at] - now[at] for at, name in enumerate(CRITERIA)},
            }
        )
    columns = ["strategy_id", "moved", "leads"]
    columns += [f"{kind}_{name}" for kind in ("weight", "change") for name in CRITERIA]
    found = pd.DataFrame(rows, columns=columns)
    nearest = found["moved"].round(10).sort_values(kind="stable").index
    return found.loc[nearest].reset_index(drop=True)


def _draw_level(gaps: Vector, now: Vector) -> Vector | None:
    """Return the nearest weights at which the gaps sum to 0; None where none can do more."""
    best = int(gaps.argmax())
    if gaps[best] <= _LEVEL:
        return None
    moved = now.copy()
    missing = -float(gaps @ now)
    for donor in np.argsort(gaps, kind="stable"):
        gain = gaps[best] - gaps[donor]
        if missing <= 0 or gain <= 0:
            break
        step = min(float(moved[donor]), missing / gain)
        moved[donor] -= step
        moved[best] += step
        missing -= step * gain
    return moved
