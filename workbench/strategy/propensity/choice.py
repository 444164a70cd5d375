"""Choose calibration and algorithm on contacts that neither learning nor the last judgement uses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.strategy.propensity import measures
from workbench.strategy.propensity.calibration import (
    apply_calibration,
    compare_calibrations,
    fit_calibration,
)
from workbench.strategy.propensity.learners import Boosting, Regression

Vector = npt.NDArray[np.float64]
FIRST, SECOND = 0.6, 0.8
"""Of the earlier contacts, a trial learns from the first 60%, is calibrated on the next 20%
and compared on the last 20%."""


@dataclass(frozen=True)
class Trial:
    """How one algorithm did on the slice that compares.

    Parameters
    ----------
    algorithm : {"logistic", "boosting"}
        Which.
    calibration : {"none", "platt", "isotonic"}
        What its log-odds are mended by.
    calibrations : pandas.DataFrame
        ``method``, ``brier`` on the slice.
    n_trees : int
        Trees that a slice of later contacts found best; 0 for the regression.
    losses : ndarray of shape (n,)
        Log loss of each contact of the slice.
    """

    algorithm: str
    calibration: str
    calibrations: pd.DataFrame
    n_trees: int
    losses: Vector

    def learner(self, regularisation: float) -> Regression | Boosting:
        """Return the algorithm as the trial settled it, to be fitted."""
        return Regression(regularisation) if self.algorithm == "logistic" else Boosting(self.n_trees)


def run_trial(
    algorithm: str, columns: pd.DataFrame, responded: Vector, *, regularisation: float, calibrate: bool
) -> Trial:
    """Learn from the first 60%, settle trees and calibration on the next 20%, judge on the rest."""
    first, second = round(len(columns) * FIRST), round(len(columns) * SECOND)
    learner = Regression(regularisation) if algorithm == "logistic" else Boosting()
    learner.fit(columns.iloc[:first], responded[:first])
    n_trees = 0
    if isinstance(learner, Boosting):
        n_trees = learner.stop(columns.iloc[first:second], responded[first:second])
        learner.trees = learner.trees.first(n_trees)
    logits = learner.logits(columns.iloc[first:])
    earlier = logits[: second - first], responded[first:second]
    later = logits[second - first :], responded[second:]
    method, compared = "none", pd.DataFrame({"method": ["none"], "brier": [np.nan]}).iloc[:0]
    calibration: dict[str, Any] = {"method": "none"}
    if calibrate:
        method, compared = compare_calibrations(earlier, later)
        calibration = fit_calibration(method, *earlier)
    losses = measures.log_losses(later[1], apply_calibration(calibration, later[0]))
    return Trial(algorithm, method, compared, n_trees, losses)


def choose_algorithm(trials: Collection[Trial]) -> tuple[Trial, pd.DataFrame]:
    """Return the simplest trial that no other beats by more than chance.

    Parameters
    ----------
    trials : collection of Trial
        From the simple to the complex.

    Returns
    -------
    best : Trial
        A more complex algorithm must have a lower log loss by more than one standard error
        of the paired differences (the one-standard-error rule): the simpler wins ties.
    compared : pandas.DataFrame
        ``algorithm``, ``choice_n`` (contacts of the slice), ``choice_log_loss`` (their mean
        log loss), ``choice_gain`` (how much less than the one before it, missing for the
        first) and its ``choice_error``.

    References
    ----------
    Breiman, L. et al. (1984). Classification and regression trees, section 3.4.3.

    Examples
    --------
    >>> trials = [Trial(name, "none", pd.DataFrame(), 0, np.array(losses))
    ...           for name, losses in (("logistic", [0.5, 0.3]), ("boosting", [0.2, 0.3]))]
    >>> choose_algorithm(trials)[0].algorithm
    'logistic'
    """
    ordered = list(trials)
    best, rows = ordered[0], []
    for trial in ordered:
        gain = error = float("nan")
        if trial is not best:
            saved = best.losses - trial.losses
            gain = float(saved.mean()) if saved.size else float("nan")
            error = float(saved.std(ddof=1) / saved.size**0.5) if saved.size > 1 else float("nan")
            if gain > error:
                best = trial
        loss = float(trial.losses.mean()) if trial.losses.size else float("nan")
        rows.append((trial.algorithm, len(trial.losses), loss, gain, error))
    names = ["algorithm", "choice_n", "choice_log_loss", "choice_gain", "choice_error"]
    return best, pd.DataFrame(rows, columns=names)
