"""Whether the model suits these customers: what it assumes, checked one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from workbench.insight.value.bgnbd import BGNBD
    from workbench.insight.value.gamma_gamma import GammaGamma
    from workbench.insight.value.pareto_nbd import ParetoNBD

FEWEST_CUSTOMERS, FEW_CUSTOMERS = 100, 500
FEWEST_REPEATERS, FEW_REPEATERS = 50, 200
WEAK, STRONG = 0.2, 0.4
REGULAR, CLOCKWORK, BURSTS = 1.5, 2.0, 0.6
NEAR, FAR = 0.10, 0.25
_Z = 1.959963984540054
_FEWEST_GAPS = 30

CHECKS = (
    "customers",
    "repeaters",
    "correlation",
    "rhythm",
    "surface",
    "amounts",
    "holdout",
    "holdout_value",
)


def check_value_model(
    purchases: pd.DataFrame,
    *,
    model: BGNBD | ParetoNBD | None = None,
    spend: GammaGamma | None = None,
    gaps: pd.DataFrame | None = None,
    calibration: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Check what BG/NBD (or Pareto/NBD) and Gamma-Gamma take for granted.

    Parameters
    ----------
    purchases : pandas.DataFrame
        ``x``, ``m_x``, as `summarise_transactions` returns them.
    model : BGNBD or ParetoNBD, optional
        Fitted.
    spend : GammaGamma, optional
        Fitted.
    gaps : pandas.DataFrame, optional
        The last two gaps between purchases: ``gap``, ``gap_before``.
    calibration : pandas.DataFrame, optional
        As `holdout_calibration` returns it.

    Returns
    -------
    pandas.DataFrame
        One row a check: ``check``, ``verdict`` (``good``, ``doubtful``, ``unsuited``, or
        ``unknown`` where nothing can be said), ``estimate``, ``ci_low``, ``ci_high``
        (95%, where there is one) and ``n``. The checks:

        - ``customers``, ``repeaters``: how many there are; under 100 and 50 no model is
          worth fitting, under 500 and 200 it is doubtful.
        - ``correlation`` of frequency and money, Pearson, over those who bought again;
          interval after Fisher's z. Gamma-Gamma takes them for independent: doubtful
          from 0.2, unsuited from 0.4 (conventions; CDNOW has 0.11).
        - ``rhythm``: the shape k of the gaps between purchases, 1 for purchases at
          random times as the models take them, more for regular ones. From 1.5
          doubtful, from 2 (salaries, standing orders, contracts) unsuited; under 0.6
          purchases come in bursts, doubtful.
        - ``surface``: 1 if a likelihood has no inner maximum.
        - ``amounts``: q of Gamma-Gamma; at 1 or less amounts have no mean.
        - ``holdout``, ``holdout_value``: predicted over actual purchases and amounts.
          Doubtful beyond 10%, unsuited beyond 25%.

    References
    ----------
    R. D. Wheat, D. G. Morrison: Estimating Purchase Regularity with Two Interpurchase
    Times. Journal of Marketing Research 27 (1990) 87-93.

    Examples
    --------
    >>> import pandas as pd
    >>> few = pd.DataFrame({"x": [0, 2, 1], "m_x": [None, 20.0, 30.0]})
    >>> check_value_model(few).head(2)[["check", "verdict", "estimate"]].values.tolist()
    [['customers', 'unsuited', 3.0], ['repeaters', 'unsuited', 2.0]]
    """
    repeaters = purchases[purchases["x"] > 0]
    rows = [
        _row("customers", *_enough(len(purchases), FEWEST_CUSTOMERS, FEW_CUSTOMERS), n=len(purchases)),
        _row("repeaters", *_enough(len(repeaters), FEWEST_REPEATERS, FEW_REPEATERS), n=len(purchases)),
        _correlation(repeaters),
        _rhythm(gaps),
    ]
    fitted = [found for found in (model, spend) if found is not None]
    flat = any(found.degenerate_ for found in fitted)
    rows.append(
        _row(
            "surface",
            ("doubtful" if flat else "good") if fitted else "unknown",
            float(flat),
            n=len(purchases),
        )
    )
    q = spend.params_["q"] if spend is not None else float("nan")
    verdict = "unknown" if spend is None else "unsuited" if q <= 1 else "doubtful" if q <= 2 else "good"
    rows.append(_row("amounts", verdict, q, n=len(repeaters)))
    rows += _holdout(calibration)
    return pd.DataFrame(rows)


def can_be_fitted(purchases: pd.DataFrame) -> bool:
    """Say whether there are customers and repeaters enough to fit a model at all."""
    repeaters = int((purchases["x"] > 0).sum())
    return len(purchases) >= FEWEST_CUSTOMERS and repeaters >= FEWEST_REPEATERS


def regularity(gaps: pd.DataFrame) -> tuple[float, float, float]:
    """Estimate how regular purchases are from the last two gaps of each customer.

    With gaps that are gamma with shape k, the share of the last one in the two is beta
    (k, k), whatever a customer's own rate: k = (1 - 4 v) / (8 v), v its variance about ½.

    Returns
    -------
    tuple of float
        k, and its 95% interval; k is infinite where all gaps are alike.

    Examples
    --------
    >>> import pandas as pd
    >>> regularity(pd.DataFrame({"gap": [1.0, 3.0, 1.0, 3.0], "gap_before": [3.0, 1.0, 3.0, 1.0]}))[0]
    1.5
    """
    share = gaps["gap"].to_numpy(dtype="float64") / (gaps["gap"] + gaps["gap_before"]).to_numpy(
        dtype="float64"
    )
    squares = (share - 0.5) ** 2
    v = float(squares.mean())
    half = _Z * float(squares.std()) / np.sqrt(len(squares))
    return _shape(v), _shape(v + half), _shape(v - half)


def _shape(v: float) -> float:
    return (1 - 4 * v) / (8 * v) if v > 0 else float("inf")


def _rhythm(gaps: pd.DataFrame | None) -> dict[str, object]:
    if gaps is None or len(gaps) < _FEWEST_GAPS:
        return _row("rhythm", "unknown", float("nan"), n=0 if gaps is None else len(gaps))
    k, low, high = regularity(gaps)
    verdict = "unsuited" if k >= CLOCKWORK else "doubtful" if k >= REGULAR or k < BURSTS else "good"
    return _row("rhythm", verdict, k, low, high, len(gaps))


def _correlation(repeaters: pd.DataFrame) -> dict[str, object]:
    x, money = repeaters["x"].to_numpy(dtype="float64"), repeaters["m_x"].to_numpy(dtype="float64")
    n = len(x)
    if n < 4 or x.std() == 0 or money.std() == 0:
        return _row("correlation", "unknown", float("nan"), n=n)
    r = float(np.clip(np.corrcoef(x, money)[0, 1], -1, 1))
    if abs(r) == 1:
        low, high = r, r
    else:
        half = _Z / np.sqrt(n - 3)
        low, high = float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))
    verdict = "unsuited" if abs(r) >= STRONG else "doubtful" if abs(r) >= WEAK else "good"
    return _row("correlation", verdict, r, low, high, n)


def _holdout(calibration: pd.DataFrame | None) -> list[dict[str, object]]:
    if calibration is None or calibration.empty:
        return [_row(name, "unknown", float("nan")) for name in ("holdout", "holdout_value")]
    whole = calibration[calibration["group"] == "all"].iloc[0]
    n = int(whole["n"])
    bought = _ratio(whole["predicted"], whole["actual"])
    # The ends of the actual mean turn round in the ratio.
    low, high = _ratio(whole["predicted"], whole["ci_high"]), _ratio(whole["predicted"], whole["ci_low"])
    brought = _ratio(whole["predicted_amount"], whole["actual_amount"])
    return [
        _row("holdout", _distance(bought), bought, low, high, n),
        _row("holdout_value", _distance(brought), brought, n=n),
    ]


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below > 0 else float("nan")


def _distance(ratio: float) -> str:
    if not np.isfinite(ratio):
        return "unknown"
    off = abs(np.log(ratio))
    return "unsuited" if off > np.log1p(FAR) else "doubtful" if off > np.log1p(NEAR) else "good"


def _enough(n: int, fewest: int, few: int) -> tuple[str, float]:
    return ("unsuited" if n < fewest else "doubtful" if n < few else "good"), float(n)


def _row(
    check: str,
    verdict: str,
    estimate: float,
    ci_low: float = float("nan"),
    ci_high: float = float("nan"),
    n: int = 0,
) -> dict[str, object]:
    return {
        "check": check,
        "verdict": verdict,
        "estimate": estimate,
        "ci_low": ci_low,
        "ci_high": ci_high,
        "n": n,
    }
