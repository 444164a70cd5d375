"""Whether the model foresaw what customers then did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from workbench.insight.value.bgnbd import BGNBD
    from workbench.insight.value.gamma_gamma import GammaGamma
    from workbench.insight.value.pareto_nbd import ParetoNBD

_EDGES = (0, 1, 2, 3, 5, 8, 13, 21)
_Z = 1.959963984540054


def holdout_calibration(
    model: BGNBD | ParetoNBD,
    purchases: pd.DataFrame,
    later: pd.DataFrame,
    periods: int,
    *,
    spend: GammaGamma | None = None,
) -> pd.DataFrame:
    """Hold the forecast of a model against the purchases that followed.

    Parameters
    ----------
    model : BGNBD or ParetoNBD
        Fitted on what was known at the beginning of the holdout.
    purchases : pandas.DataFrame
        What was known then, indexed by customer: ``x``, ``t_x``, ``T``, ``m_x``.
    later : pandas.DataFrame
        What they did in the holdout, indexed by customer: ``purchases``, ``amount``. Who
        is not in it did nothing; who came for the first time is not judged.
    periods : int
        Length of the holdout.
    spend : GammaGamma, optional
        Fitted on the same; with it the amounts are foreseen too.

    Returns
    -------
    pandas.DataFrame
        One row a group of customers by purchases so far, and a last one of all
        (``group`` is ``"all"``): ``group``, ``x_from``, ``x_to``, ``n``; ``predicted``
        and ``actual`` purchases a customer; ``ci_low`` and ``ci_high`` of the actual
        mean (95%, normal); ``predicted_amount`` and ``actual_amount`` a customer.

    References
    ----------
    P. S. Fader, B. G. S. Hardie, K. L. Lee (2005), figure 5: conditional expectations.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.insight import BGNBD
    >>> model = BGNBD.with_params(r=0.243, alpha=4.414, a=0.793, b=2.426)
    >>> known = pd.DataFrame({"x": [0, 0, 2], "t_x": [0, 0, 30], "T": [39, 39, 39], "m_x": [None, None, 9]})
    >>> later = pd.DataFrame({"purchases": [1, 2], "amount": [8.0, 20.0]}, index=[0, 2])
    >>> table = holdout_calibration(model, known, later, 39)
    >>> table[["group", "n", "predicted", "actual"]].round(2).values.tolist()
    [['0', 2, 0.19, 0.5], ['2', 1, 1.21, 2.0], ['all', 3, 0.53, 1.0]]
    """
    known = purchases[["x", "t_x", "T"]]
    frame = pd.DataFrame({"x": known["x"], "predicted": model.predict(known, periods)}, index=known.index)
    frame["actual"] = later["purchases"].reindex(known.index).fillna(0).astype("float64")
    frame["actual_amount"] = later["amount"].reindex(known.index).fillna(0).astype("float64")
    frame["predicted_amount"] = np.nan
    if spend is not None:
        seen = float(purchases["m_x"].astype("float64").mean())
        frame["predicted_amount"] = frame["predicted"] * spend.expected_amount(purchases, otherwise=seen)
    place = pd.Series(np.searchsorted(_EDGES, frame["x"].to_numpy(), side="right") - 1, index=frame.index)
    rows = [_row(_name(number), frame[place == number]) for number in sorted(set(place))]
    if len(frame):
        rows.append(_row("all", frame))
    return pd.DataFrame(rows, columns=list(_row("all", frame)))


def _name(number: int) -> str:
    low = _EDGES[number]
    if number == len(_EDGES) - 1:
        return f"{low}+"
    high = _EDGES[number + 1] - 1
    return str(low) if high == low else f"{low}–{high}"


def _row(name: str, part: pd.DataFrame) -> dict[str, object]:
    actual = part["actual"]
    half = _Z * float(actual.std()) / np.sqrt(len(part)) if len(part) > 1 else float("nan")
    mean = float(actual.mean())
    return {
        "group": name,
        "x_from": int(part["x"].min()) if len(part) else 0,
        "x_to": int(part["x"].max()) if len(part) else 0,
        "n": len(part),
        "predicted": float(part["predicted"].mean()),
        "actual": mean,
        "ci_low": mean - half,
        "ci_high": mean + half,
        "predicted_amount": float(part["predicted_amount"].mean()),
        "actual_amount": float(part["actual_amount"].mean()),
    }
