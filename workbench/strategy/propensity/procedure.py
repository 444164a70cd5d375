"""The whole way from contacts to a calibrated model, and its judgement on later contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.strategy.propensity.calibration import apply_calibration, fit_calibration
from workbench.strategy.propensity.choice import SECOND, Trial
from workbench.strategy.propensity.judgement import find_drivers, judge, judged_tables
from workbench.strategy.propensity.learners import Boosting, Regression

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """What the later contacts say of each algorithm.

    Parameters
    ----------
    figures : dict of str to float
        Of the chosen one.
    algorithms, reliability, gains : pandas.DataFrame
        Of all that were tried, with the column ``algorithm``.
    drivers : pandas.DataFrame
        Of the chosen one.
    """

    figures: dict[str, float]
    algorithms: pd.DataFrame
    reliability: pd.DataFrame
    gains: pd.DataFrame
    drivers: pd.DataFrame


def fit_procedure(
    trial: Trial, columns: pd.DataFrame, responded: Vector, regularisation: float
) -> tuple[Regression | Boosting, dict[str, Any]]:
    """Fit a model and its calibration as a trial settled them.

    The calibration is fitted on the last fifth, by a model that learned from the others:
    it must see contacts that the model did not learn from.
    """
    calibration: dict[str, Any] = {"method": "none"}
    if trial.calibration != "none":
        cut = round(len(columns) * SECOND)
        partial = trial.learner(regularisation).fit(columns.iloc[:cut], responded[:cut])
        if len(np.unique(responded[cut:])) == 2:
            logits = partial.logits(columns.iloc[cut:])
            calibration = fit_calibration(trial.calibration, logits, responded[cut:])
    return trial.learner(regularisation).fit(columns, responded), calibration


def judge_trials(
    trials: list[Trial],
    best: Trial,
    compared: pd.DataFrame,
    earlier: tuple[pd.DataFrame, Vector],
    later: tuple[pd.DataFrame, Vector],
    regularisation: float,
) -> Judged:
    """Fit each trial's procedure on all earlier contacts, and judge it on the later ones."""
    columns, responded = later
    rate = float(earlier[1].mean())
    rows: list[dict[str, Any]] = []
    bins: list[pd.DataFrame] = []
    gains: list[pd.DataFrame] = []
    figures: dict[str, float] = {}
    drivers = pd.DataFrame()
    for trial in trials:
        learner, calibration = fit_procedure(trial, *earlier, regularisation)
        logits = learner.logits(columns)
        found = judge(responded, logits, calibration, rate)
        reliability, gained = judged_tables(responded, apply_calibration(calibration, logits))
        settled = {"chosen": trial is best, "calibration": trial.calibration, "n_trees": trial.n_trees}
        rows.append({"algorithm": trial.algorithm, **settled, **found})
        for kept, table in ((bins, reliability), (gains, gained)):
            table.insert(0, "algorithm", trial.algorithm)
            kept.append(table)
        if trial is best:
            figures, drivers = found, find_drivers(learner, columns, responded)
    algorithms = compared.merge(pd.DataFrame(rows), on="algorithm")
    reliability, gained = (pd.concat(parts, ignore_index=True) for parts in (bins, gains))
    return Judged(figures, algorithms, reliability, gained, drivers)
