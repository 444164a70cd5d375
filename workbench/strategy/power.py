"""How large a list must be to learn from it, and what can be learned from the one at hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.tables import STRATEGIES

NORMAL = NormalDist()
LARGEST_SHARE = 50
"""Largest control share that is advised, per cent: beyond it both arms learn less."""
_HALVINGS = 60


@dataclass(frozen=True)
class SampleSize:
    """How many customers a test needs.

    Parameters
    ----------
    n : int
        Customers on the list, control included.
    n_treatment, n_control : int
        Customers of each arm.
    """

    n: int
    n_treatment: int
    n_control: int


def required_size(
    base_rate: float, effect: float, *, control_share: float, alpha: float = 0.05, power: float = 0.8
) -> SampleSize:
    """Return the customers that a list needs to find an uplift of this size.

    Two-sided z test of two proportions with arms of unequal size, normal approximation:
    the variance is pooled under the null and not under the alternative, no continuity
    correction [1]_. It is the one of statsmodels' `samplesize_proportions_2indep_onetail`.
    Cohen's h (`NormalIndPower`) is another approximation and gives somewhat other numbers.

    Parameters
    ----------
    base_rate : float
        Response rate without the strategy, 0 to 1.
    effect : float
        Uplift to find, absolute: 0.02 is two percentage points. It may be negative.
    control_share : float
        Share of the list that is held back, above 0 and below 1.
    alpha : float, default=0.05
        Probability of finding an uplift where there is none.
    power : float, default=0.8
        Probability of finding the uplift where it is there.

    Returns
    -------
    SampleSize
        Rounded up.

    Raises
    ------
    ParameterProblem
        If a rate leaves 0 to 1, the effect is 0, or a share or probability is not between 0 and 1.

    References
    ----------
    .. [1] Fleiss, J. L., Levin, B., Paik, M. C. (2003). Statistical methods for rates and
       proportions, 3rd ed., chapter 4.

    Examples
    --------
    >>> required_size(0.10, 0.02, control_share=0.5)
    SampleSize(n=7682, n_treatment=3841, n_control=3841)
    >>> required_size(0.10, 0.02, control_share=0.1).n
    21853
    """
    _check(base_rate, control_share, alpha, power)
    if effect == 0 or not 0 <= base_rate + effect <= 1:
        raise ParameterProblem(
            "strategy_cards.error.effect",
            effect=f"{effect:g}",
            base=f"{base_rate:g}",
            rest=f"{1 - base_rate:g}",
        )
    n = math.ceil((_reach(base_rate, effect, control_share, alpha, power) / effect) ** 2)
    n_control = min(max(math.ceil(n * control_share - 1e-9), 1), n)
    return SampleSize(n, n - n_control, n_control)


def detectable_effect(
    n: float, base_rate: float, *, control_share: float, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Return the smallest uplift that a list of this size finds with the given power.

    The inverse of `required_size`, by bisection.

    Parameters
    ----------
    n : float
        Customers on the list, control included.
    base_rate, control_share, alpha, power
        As in `required_size`.

    Returns
    -------
    float
        Absolute uplift, above 0; missing where even a response of everybody would not be
        found with this power.

    Raises
    ------
    ParameterProblem
        As in `required_size`, or if there is nobody on the list.

    Examples
    --------
    >>> round(detectable_effect(7682, 0.10, control_share=0.5), 4)
    0.02
    >>> detectable_effect(4, 0.10, control_share=0.5)
    nan
    """
    _check(base_rate, control_share, alpha, power)
    _check_size(n)
    low, high = 0.0, 1.0 - base_rate

    def is_found(effect: float) -> bool:
        return effect * math.sqrt(n) >= _reach(base_rate, effect, control_share, alpha, power)

    # The reach is concave in the effect, so the two meet once.
    if high <= 0 or not is_found(high):
        return math.nan
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_found(middle) else (middle, high)
    return high


def power_of(
    n: float, base_rate: float, effect: float, *, control_share: float, alpha: float = 0.05
) -> float:
    """Return how probably a list of this size finds an uplift of this size.

    Both tails count, as in statsmodels' `power_proportions_2indep`.

    Parameters
    ----------
    n : float
        Customers on the list, control included.
    base_rate, effect, control_share, alpha
        As in `required_size`.

    Returns
    -------
    float
        0 to 1; with an effect of 0 it is alpha.

    Raises
    ------
    ParameterProblem
        As in `required_size`, or if there is nobody on the list.

    Examples
    --------
    >>> round(power_of(7682, 0.10, 0.02, control_share=0.5), 3)
    0.8
    """
    _check(base_rate, control_share, alpha, 0.5)
    _check_size(n)
    if not 0 <= base_rate + effect <= 1:
        raise ParameterProblem(
            "strategy_cards.error.effect",
            effect=f"{effect:g}",
            base=f"{base_rate:g}",
            rest=f"{1 - base_rate:g}",
        )
    null, alternative = _deviations(base_rate, effect, control_share)
    if alternative == 0:
        return 1.0 if effect else alpha
    critical = NORMAL.inv_cdf(1 - alpha / 2) * null / alternative
    distance = effect * math.sqrt(n) / alternative
    return NORMAL.cdf(distance - critical) + NORMAL.cdf(-distance - critical)


def check_power(
    strategies: pd.DataFrame, sizes: Mapping[str, float], *, alpha: float = 0.05, power: float = 0.8
) -> pd.DataFrame:
    """Say of each strategy card what its list can find out.

    The rate without the strategy is what the card expects less the uplift hoped for; a
    card without a hoped-for uplift is taken at the expected rate.

    Parameters
    ----------
    strategies : pandas.DataFrame
        Table STRATEGIES; `effect` may be absent.
    sizes : mapping of str to float
        strategy_id → customers on its list, control included; one that is left out has
        no list yet.
    alpha, power : float
        As in `required_size`.

    Returns
    -------
    pandas.DataFrame
        One row a card, in their order: strategy_id, n, control_share, base_rate, effect,
        n_needed (missing without an effect or control), power_reached, detectable (the
        smallest uplift found with `power`), share_needed (the smallest control share in
        whole per cent, up to 50, at which this list would be enough; missing where none is,
        or where it is enough), times_needed (n_needed / n), and verdict: ``enough``,
        ``too_small``, ``no_effect``, ``no_rate``, ``no_control`` or ``no_list``.

    Raises
    ------
    TableProblem
        If the cards do not fit.
    ParameterProblem
        If alpha or power is no probability.

    Examples
    --------
    >>> from workbench.strategy import suggest_strategies
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "age": [66.0, 70.0]})
    >>> members = pd.DataFrame({"customer_id": ["1", "2"], "cluster": [0, 0], "segment": ["All"] * 2})
    >>> cards = suggest_strategies(customers, members, starts_on="2026-10-12")
    >>> check_power(cards.assign(effect=0.02), {"S1": 900})[["n", "n_needed", "verdict"]].values.tolist()
    [[900.0, 18387.0, 'too_small']]
    """
    STRATEGIES.check(strategies)
    _check(0.5, 0.5, alpha, power)
    rows = [_row(card, sizes, alpha, power) for card in strategies.to_dict("records")]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    return frame.astype({name: "str" if name in _WORDS else "float64" for name in _COLUMNS})


_WORDS = ("strategy_id", "verdict")
_COLUMNS = (
    "strategy_id",
    "n",
    "control_share",
    "base_rate",
    "effect",
    "n_needed",
    "power_reached",
    "detectable",
    "share_needed",
    "times_needed",
    "verdict",
)


def _row(
    card: Mapping[Any, object], sizes: Mapping[str, float], alpha: float, power: float
) -> dict[str, object]:
    strategy_id = str(card["strategy_id"])
    share, expected = _number(card["control_share"]), _number(card["expected_response"])
    effect, n = _number(card.get("effect")), _number(sizes.get(strategy_id))
    base = expected - (0.0 if math.isnan(effect) else effect)
    row = dict.fromkeys(_COLUMNS, math.nan) | {
        "strategy_id": strategy_id,
        "n": n,
        "control_share": share,
        "base_rate": base,
        "effect": effect,
    }
    has_list, has_effect = n >= 1, not math.isnan(effect) and effect != 0
    if not 0 <= base <= 1:
        return row | {"verdict": "no_rate"}
    if not 0 < share < 1:
        return row | {"verdict": "no_control"}
    limits = {"alpha": alpha, "power": power}
    if has_list:
        row["detectable"] = detectable_effect(n, base, control_share=share, **limits)
    if not has_effect:
        return row | {"verdict": "no_effect"}
    needed = required_size(base, effect, control_share=share, **limits).n
    row["n_needed"] = needed
    if not has_list:
        return row | {"verdict": "no_list"}
    row["power_reached"] = power_of(n, base, effect, control_share=share, alpha=alpha)
    row["times_needed"] = needed / n
    if needed <= n:
        return row | {"verdict": "enough"}
    larger = range(math.floor(share * 100 + 1e-9) + 1, LARGEST_SHARE + 1)
    sizes_at = ((s / 100, required_size(base, effect, control_share=s / 100, **limits).n) for s in larger)
    row["share_needed"] = next((s for s, size in sizes_at if size <= n), math.nan)
    return row | {"verdict": "too_small"}


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan


def _reach(base: float, effect: float, share: float, alpha: float, power: float) -> float:
    """Return the effect times the root of n at which it is found with this power."""
    null, alternative = _deviations(base, effect, share)
    return NORMAL.inv_cdf(1 - alpha / 2) * null + NORMAL.inv_cdf(power) * alternative


def _deviations(base: float, effect: float, share: float) -> tuple[float, float]:
    """Return the standard errors of the difference times the root of n: null, alternative."""
    treated = base + effect
    pooled = treated * (1 - share) + base * share
    null = pooled * (1 - pooled) * (1 / (1 - share) + 1 / share)
    alternative = treated * (1 - treated) / (1 - share) + base * (1 - base) / share
    # Rounding can leave a hair below nothing at a rate of 1.
    return math.sqrt(max(null, 0.0)), math.sqrt(max(alternative, 0.0))


def _check(base_rate: float, control_share: float, alpha: float, power: float) -> None:
    if not 0 <= base_rate <= 1:
        raise ParameterProblem("strategy_cards.error.base_rate", rate=base_rate)
    for key, value in (
        ("strategy_cards.error.control_share", control_share),
        ("strategy_cards.error.alpha", alpha),
        ("strategy_cards.error.power", power),
    ):
        if not 0 < value < 1:
            raise ParameterProblem(key, value=value)


def _check_size(n: float) -> None:
    if not n >= 1:
        raise ParameterProblem("strategy_cards.error.nobody", n=n)
