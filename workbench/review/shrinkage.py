"""Effects by segment, drawn towards their common mean, and how many would look good by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from workbench.review.campaign import check_columns
from workbench.review.means import Numbers, check_alpha
from workbench.review.strategies import MIN_EXPECTED_COUNT

_ADDED = ("shrunken", "shrunken_low", "shrunken_high", "shrinkage")
_ABOUT = ("pooled", "tau2", "q", "q_p", "i2", "n_parts", "n_good", "by_chance", "any_by_chance")


@dataclass(frozen=True)
class Pooled:
    """Some parts' effects, pooled with random effects.

    Attributes
    ----------
    mean, standard_error : float
        Of the effects' distribution; in the effect's unit.
    tau2 : float
        Variance of the true effects between parts (DerSimonian and Laird), 0 or more.
    q, q_p : float
        Cochran's Q and its p-value: whether the parts differ at all.
    i2 : float
        Share of the spread that is no chance, 0 to 1.
    shrunken, low, high : ndarray of shape (n,)
        Each part's effect drawn towards the mean, with its interval.
    weight : ndarray of shape (n,)
        How far each was drawn: 0 not at all, 1 to the mean.
    """

    mean: float
    standard_error: float
    tau2: float
    q: float
    q_p: float
    i2: float
    shrunken: Numbers
    low: Numbers
    high: Numbers
    weight: Numbers


def pool_effects(effects: npt.ArrayLike, errors: npt.ArrayLike, alpha: float = 0.05) -> Pooled:
    """Pool effects with random effects, and draw each towards the common mean.

    A part with few customers varies by chance more than by nature, so its own effect says
    less than what all parts say together. Each effect y with variance s² becomes
    (1 − B) y + B m with B = s² / (s² + τ²), where m is the random-effects mean and τ² the
    moment estimate of DerSimonian and Laird. The interval is the empirical Bayes one: its
    variance (1 − B) s² + B² var(m) carries Morris's term for τ² being estimated,
    2 / (k − 3) B² (y − m)² (2 B² (y − m)² up to four parts).

    Parameters
    ----------
    effects, errors : array-like of shape (k,)
        Each part's effect and its standard error, in one unit; errors above 0.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence.

    Returns
    -------
    Pooled
        With fewer than two parts nothing is pooled: the one effect stays as it is, with
        its own interval, and tau2, q and i2 are missing.

    Raises
    ------
    ParameterProblem
        If alpha is no probability.

    References
    ----------
    .. [1] DerSimonian, R., Laird, N. (1986). Meta-analysis in clinical trials. Controlled
       Clinical Trials 7.
    .. [2] Morris, C. N. (1983). Parametric empirical Bayes inference. Journal of the
       American Statistical Association 78.
    .. [3] Higgins, J. P. T., Thompson, S. G. (2002). Quantifying heterogeneity in a
       meta-analysis. Statistics in Medicine 21.

    Examples
    --------
    >>> found = pool_effects([0.05, 0.01, 0.00], [0.01, 0.01, 0.02])
    >>> found.shrunken.round(3).tolist(), round(found.i2, 2)
    ([0.046, 0.012, 0.009], 0.8)
    """
    check_alpha(alpha)
    y, s = np.asarray(effects, np.float64), np.asarray(errors, np.float64)
    reach, k = float(special.ndtri(1 - alpha / 2)), y.size
    if k < 2:
        mean, error = (float(y[0]), float(s[0])) if k else (np.nan, np.nan)
        nan = float("nan")
        return Pooled(mean, error, nan, nan, nan, nan, y, y - reach * s, y + reach * s, np.zeros(k))
    fixed = 1 / np.square(s)
    common = (fixed * y).sum() / fixed.sum()
    q = float((fixed * np.square(y - common)).sum())
    spread = fixed.sum() - np.square(fixed).sum() / fixed.sum()
    tau2 = max(0.0, (q - (k - 1)) / spread)
    weights = 1 / (np.square(s) + tau2)
    mean = float((weights * y).sum() / weights.sum())
    variance = float(1 / weights.sum())
    drawn = np.square(s) * weights
    shrunken = (1 - drawn) * y + drawn * mean
    own = (1 - drawn) * np.square(s) + np.square(drawn) * variance
    half = reach * np.sqrt(own + 2 / max(k - 3, 1) * np.square(drawn * (y - mean)))
    return Pooled(
        mean=mean,
        standard_error=float(np.sqrt(variance)),
        tau2=tau2,
        q=q,
        q_p=float(special.chdtrc(k - 1, q)),
        i2=max(0.0, (q - (k - 1)) / q) if q > 0 else 0.0,
        shrunken=shrunken,
        low=shrunken - half,
        high=shrunken + half,
        weight=drawn,
    )


def shrink_effects(
    evaluation: pd.DataFrame, by: str, outcome: str = "responded", alpha: float = 0.05
) -> pd.DataFrame:
    """Return each strategy's effect by part, as it is and drawn towards the common mean.

    Who looks at many parts finds one that looks good: of k parts without any effect,
    alpha × k have an interval that leaves zero out. The table says how many were looked
    at, how many look good, and how many would by chance.

    Parameters
    ----------
    evaluation : pandas.DataFrame
        What `evaluate_strategies` returned with ``by=by``.
    by : str
        The column of the parts: segment, lifecycle_stage …
    outcome : str, default="responded"
        The outcome to compare.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence.

    Returns
    -------
    pandas.DataFrame
        One row per strategy and part, the parts in the evaluation's order: strategy_id,
        part, n and n_control (customers), uplift, ci_low, ci_high, p_value (as they are);
        firm (bool: large enough to be pooled, expected_count at least 5 where known);
        shrunken, shrunken_low, shrunken_high, shrinkage (0: not drawn at all, 1: to the
        mean), missing where not firm; and of the strategy's firm parts together: pooled
        (their mean), tau2, q, q_p, i2 (see `pool_effects`), n_parts (looked at), n_good
        (own interval leaves 0 out), by_chance (expected to, if nothing had an effect),
        any_by_chance (probability of at least one).

    Raises
    ------
    ParameterProblem
        If the evaluation lacks a column, for example because it was not broken down, or
        alpha is no probability.

    Examples
    --------
    >>> import pandas as pd
    >>> parts = pd.DataFrame({"strategy_id": ["S1"] * 2, "tier": ["basic", "value"],
    ...     "arm": ["treatment"] * 2, "outcome": ["responded"] * 2, "n": [900, 90],
    ...     "uplift": [0.02, 0.06], "p_value": [0.05, 0.08],
    ...     "standard_error": [0.01, 0.035], "ci_low": [0.0, -0.01], "ci_high": [0.04, 0.13]})
    >>> shrink_effects(parts, "tier")[["part", "uplift", "shrunken"]].round(3).values.tolist()
    [['basic', 0.02, 0.022], ['value', 0.06, 0.029]]
    """
    check_alpha(alpha)
    needed = ["strategy_id", by, "arm", "outcome", "n", "uplift", "standard_error"]
    check_columns(evaluation, [*needed, "ci_low", "ci_high", "p_value"])
    wanted = evaluation[evaluation["outcome"].eq(outcome)]
    treated = wanted[wanted["arm"].eq("treatment")]
    rows = treated[["strategy_id", by, "n", "uplift", "ci_low", "ci_high", "p_value"]].rename(
        columns={by: "part"}
    )
    if by == "strategy_id":
        rows = treated.assign(part=treated["strategy_id"])[["strategy_id", "part", *rows.columns[2:]]]
    rows.insert(3, "n_control", _controls(wanted, treated, by))
    error = treated["standard_error"].to_numpy(np.float64)
    enough = np.ones(len(rows), dtype=bool)
    if "expected_count" in treated.columns:
        enough = ~(treated["expected_count"].to_numpy(np.float64) < MIN_EXPECTED_COUNT)
    rows["firm"] = (error > 0) & enough
    added = np.full((len(rows), len(_ADDED)), np.nan)
    about = np.full((len(rows), len(_ABOUT)), np.nan)
    firm = rows["firm"].to_numpy()
    good = (rows["ci_low"].to_numpy(np.float64) > 0) | (rows["ci_high"].to_numpy(np.float64) < 0)
    uplift = rows["uplift"].to_numpy(np.float64)
    strategies, _ = pd.factorize(treated["strategy_id"])
    for number in range(int(strategies.max(initial=-1)) + 1):
        mine = strategies == number
        at = np.flatnonzero(mine & firm)
        found, k = pool_effects(uplift[at], error[at], alpha), len(at)
        added[at] = np.column_stack([found.shrunken, found.low, found.high, found.weight])
        together = (found.mean, found.tau2, found.q, found.q_p, found.i2)
        about[mine] = [*together, k, int(good[at].sum()), alpha * k, 1 - (1 - alpha) ** k]
    figures = pd.DataFrame(np.hstack([added, about]), columns=[*_ADDED, *_ABOUT])
    return pd.concat([rows.reset_index(drop=True), figures], axis=1)


def _controls(wanted: pd.DataFrame, treated: pd.DataFrame, by: str) -> npt.NDArray[np.float64]:
    """Return how many control customers stand beside each treated part."""
    held = wanted[wanted["arm"].eq("control")]
    keys = list(dict.fromkeys(["strategy_id", by]))
    known = {tuple(map(str, key)): n for *key, n in held[[*keys, "n"]].itertuples(index=False)}
    return np.array(
        [known.get(tuple(map(str, key)), np.nan) for key in treated[keys].itertuples(index=False)], np.float64
    )
