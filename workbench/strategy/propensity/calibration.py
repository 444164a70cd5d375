"""Mend probabilities that are systematically too high or too low."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Vector = npt.NDArray[np.float64]
METHODS = ("none", "platt", "isotonic")
# An isotonic curve on few responses learns their accidents.
FEWEST_FOR_ISOTONIC = 100
FEWEST = 10


def fit_calibration(method: str, logits: Vector, responded: Vector) -> dict[str, Any]:
    """Return a calibration as plain data.

    Parameters
    ----------
    method : {"none", "platt", "isotonic"}
        ``platt`` is a logistic regression on the model's logit, ``isotonic`` a rising step
        curve.
    logits : ndarray of shape (n,)
        The model's log-odds.
    responded : ndarray of shape (n,)
        1 or 0.

    Returns
    -------
    dict

    References
    ----------
    Platt, J. (1999). Probabilistic outputs for support vector machines. Zadrozny, B.,
    Elkan, C. (2002). Transforming classifier scores into accurate multiclass probability
    estimates. KDD, 694-699.
    """
    if method == "platt":
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=1e6, max_iter=1000).fit(logits[:, None], responded)
        return {"method": "platt", "slope": float(model.coef_[0, 0]), "intercept": float(model.intercept_[0])}
    if method == "isotonic":
        from sklearn.isotonic import IsotonicRegression

        curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(logits, responded)
        # Never quite 0 or 1: a few contacts don't make anybody certain.
        least = 1.0 / (len(logits) + 2)
        return {
            "method": "isotonic",
            "logits": [float(x) for x in curve.X_thresholds_],
            "shares": [float(y) for y in np.clip(curve.y_thresholds_, least, 1 - least)],
        }
    return {"method": "none"}


def apply_calibration(calibration: dict[str, Any], logits: Vector) -> Vector:
    """Return probabilities from log-odds."""
    if calibration["method"] == "platt":
        return sigmoid(calibration["slope"] * logits + calibration["intercept"])
    if calibration["method"] == "isotonic":
        return np.interp(logits, calibration["logits"], calibration["shares"])
    return sigmoid(logits)


def sigmoid(logits: Vector) -> Vector:
    """Return the probability that belongs to log-odds, without overflow."""
    shrunk = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1.0, shrunk) / (1.0 + shrunk)


def compare_calibrations(
    earlier: tuple[Vector, Vector], later: tuple[Vector, Vector]
) -> tuple[str, pd.DataFrame]:
    """Return the calibration that helps on later contacts, and what each one scored.

    Parameters
    ----------
    earlier, later : tuple of ndarray
        Log-odds and responses: the calibrations are fitted on the earlier slice and
        compared on the later one.

    Returns
    -------
    method : str
        The simplest that no other beats: ``platt`` must have a lower Brier score than
        ``none``, and ``isotonic`` than the better of both, by more than one standard error
        of the paired differences (the one-standard-error rule).
    compared : pandas.DataFrame
        ``method``, ``brier``.

    References
    ----------
    Breiman, L. et al. (1984). Classification and regression trees, section 3.4.3.
    """
    logits, responded = earlier
    responses = min(int(responded.sum()), int((1 - responded).sum()))
    methods = ["none"]
    if responses >= FEWEST:
        methods.append("platt")
    if responses >= FEWEST_FOR_ISOTONIC:
        methods.append("isotonic")
    errors = {}
    for method in methods:
        chance = apply_calibration(fit_calibration(method, logits, responded), later[0])
        errors[method] = (chance - later[1]) ** 2
    compared = pd.DataFrame(
        {"method": methods, "brier": [float(errors[m].mean()) if later[1].size else np.nan for m in methods]}
    )
    best = "none"
    for method in methods[1:]:
        gain = errors[best] - errors[method]
        if gain.size > 1 and gain.mean() > gain.std(ddof=1) / gain.size**0.5:
            best = method
    return best, compared
