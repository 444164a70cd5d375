"""Check that the arms are as large as they were drawn, before any result is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from workbench.errors import ParameterProblem
from workbench.review.campaign import check_columns, read_arms
from workbench.tables import STRATEGIES, TARGETS

ALARM = 0.001


@dataclass(frozen=True, eq=False)
class SampleRatio:
    """How far the arms' sizes are from what was drawn.

    Attributes
    ----------
    chi2 : float
        Pearson's chi-square.
    p_value : float
        Missing without customers or with one arm.
    alarm : bool
        Whether p is under the alarm level: the arms are not what was drawn, and no
        difference between them can be trusted before the cause is known.
    counts : pandas.DataFrame
        arm, n, expected (customers), share, expected_share.
    """

    chi2: float
    p_value: float
    alarm: bool
    counts: pd.DataFrame


def check_sample_ratio(
    contacts: pd.DataFrame,
    arm: str,
    expected: Mapping[str, float] | None = None,
    alarm: float = ALARM,
) -> SampleRatio:
    """Compare the arms' sizes with the shares that were drawn (Pearson's chi-square).

    Parameters
    ----------
    contacts : pandas.DataFrame
        One row a customer of the campaign.
    arm : str
        Column with the arm.
    expected : mapping of str to float, optional
        Weight of each arm, for example ``{"treatment": 9, "control": 1}``; equal shares
        when left out.
    alarm : float, default=0.001
        p-values under this raise the alarm. It is strict because the check is made on
        every campaign, every day.

    Returns
    -------
    SampleRatio

    Raises
    ------
    ParameterProblem
        If the column is absent, a customer has no arm, or `expected` does not name
        exactly the arms with positive weights.

    References
    ----------
    .. [1] Fabijan, A. et al. (2019). Diagnosing sample ratio mismatch in online
       controlled experiments. KDD '19.

    Examples
    --------
    >>> import pandas as pd
    >>> contacts = pd.DataFrame({"arm": ["treatment"] * 900 + ["control"] * 160})
    >>> ratio = check_sample_ratio(contacts, "arm", {"treatment": 0.9, "control": 0.1})
    >>> round(ratio.chi2, 2), ratio.alarm
    (30.57, True)
    """
    check_columns(contacts, [arm])
    codes, names = read_arms(contacts[arm])
    if expected is not None:
        known = list(expected)
        weights_fit = all(np.isfinite(w) and w > 0 for w in expected.values())
        if not known or not weights_fit or set(names) - set(known):
            raise ParameterProblem(
                "review_room.error.expected_shares",
                arms=", ".join(names) or "-",
                expected=", ".join(f"{name} {weight}" for name, weight in expected.items()) or "-",
            )
        position = np.array([known.index(name) for name in names] or [0], dtype=np.intp)
        codes, names = position[codes], known
    n = np.bincount(codes, minlength=len(names)).astype(np.float64)
    weights = np.array([expected[name] for name in names] if expected else np.ones(len(names)), dtype=float)
    shares = weights / weights.sum() if weights.size else weights
    chi2, p_value = _chi_square(n, shares)
    total = n.sum()
    counts = pd.DataFrame(
        {
            "arm": names,
            "n": n.astype(np.int64),
            "expected": shares * total,
            "share": n / total if total else np.full(n.shape, np.nan),
            "expected_share": shares,
        }
    )
    return SampleRatio(chi2, p_value, bool(p_value < alarm), counts)


def check_sample_ratios(
    targets: pd.DataFrame, strategies: pd.DataFrame, alarm: float = ALARM
) -> pd.DataFrame:
    """Check every strategy's lists against the control share on its card.

    Parameters
    ----------
    targets : pandas.DataFrame
        Table `TARGETS`.
    strategies : pandas.DataFrame
        Table `STRATEGIES`; `control_share` is what was meant to be held back.
    alarm : float, default=0.001
        p-values under this raise the alarm.

    Returns
    -------
    pandas.DataFrame
        One row a strategy that has a list: strategy_id, n, n_control, share (held back),
        expected_share, chi2, p_value, alarm. p is missing where no control was meant.

    Raises
    ------
    TableProblem
        If the tables do not fit.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.tables import STRATEGIES, TARGETS
    >>> check_sample_ratios(TARGETS.empty(), STRATEGIES.empty()).columns.tolist()
    ['strategy_id', 'n', 'n_control', 'share', 'expected_share', 'chi2', 'p_value', 'alarm']
    """
    TARGETS.check(targets)
    STRATEGIES.check(strategies)
    held_back = targets["arm"].eq("control")
    counts = held_back.groupby(targets["strategy_id"].astype("str")).agg(["size", "sum"])
    planned = strategies.set_index("strategy_id")["control_share"]
    rows = []
    for strategy_id in planned.index[planned.index.isin(counts.index)]:
        n, control = (int(count) for count in counts.loc[strategy_id, ["size", "sum"]])
        share = float(planned[strategy_id])
        chi2, p_value = _chi_square(np.array([n - control, control], float), np.array([1 - share, share]))
        rows.append((strategy_id, n, control, control / n, share, chi2, p_value, p_value < alarm))
    names = ["strategy_id", "n", "n_control", "share", "expected_share", "chi2", "p_value", "alarm"]
    frame = pd.DataFrame(rows, columns=names)
    return frame if rows else frame.astype({"strategy_id": "str", "n": "int64", "n_control": "int64"})


def _chi_square(n: np.ndarray, shares: np.ndarray) -> tuple[float, float]:
    total = float(n.sum())
    if total == 0 or n.size < 2:
        return float("nan"), float("nan")
    impossible = (shares <= 0) & (n > 0)
    if impossible.any():
        # Somebody is in an arm that nobody was to be drawn into.
        return float("inf"), 0.0
    meant = shares > 0
    if meant.sum() < 2:
        return float("nan"), float("nan")
    expected = shares[meant] * total
    chi2 = float((np.square(n[meant] - expected) / expected).sum())
    return chi2, float(special.chdtrc(int(meant.sum()) - 1, chi2))
