"""How a fitted model is written as JSON: plain numbers and words that run nothing when read."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

FORMAT = "workbench propensity 1"
FRAMES = {
    "refused_": ["column", "cause", "figure", "reason"],
    "reliability_": ["bin", "n", "mean_predicted", "observed", "ci_low", "ci_high"],
    "calibrations_": ["method", "brier"],
}
FIGURES = (
    "auc_",
    "auc_low_",
    "auc_high_",
    "brier_",
    "brier_base_",
    "brier_uncalibrated_",
    "alift_",
    "top_lift_",
    "n_train_",
    "n_validation_",
    "response_",
    "time_ordered_",
    "later_portrait_share_",
    "calibration_",
    "offer_",
    "feature_names_in_",
    "kinds_",
)
_TEXT = ("column", "cause", "reason", "method")
_WHOLE = ("bin", "n")


def read_frame(rows: list[list[Any]], columns: list[str]) -> pd.DataFrame:
    """Return a stored frame with its columns typed."""
    frame = pd.DataFrame(rows, columns=columns)
    kinds: dict[str, Literal["str", "int64", "float64"]] = {
        name: "str" if name in _TEXT else "int64" if name in _WHOLE else "float64" for name in columns
    }
    return frame.astype(kinds)


def plain(value: Any) -> Any:
    """Return a value that JSON has: NaN is written as null."""
    return None if isinstance(value, float) and np.isnan(value) else value


def read_figure(name: str, value: Any) -> Any:
    """Return a stored figure: null was NaN, except where there is no offer."""
    return float("nan") if value is None and name != "offer_" else value
