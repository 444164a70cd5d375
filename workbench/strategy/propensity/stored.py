"""How a fitted model is written as JSON: plain numbers and words that run nothing when read."""

from __future__ import annotations

import json
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.strategy.propensity.judgement import FIGURES as JUDGED

FORMAT = "workbench propensity 2"
FIRST_FORMAT = "workbench propensity 1"
"""Models of the first format knew the regression alone, and kept fewer figures."""
_BINS = ["bin", "n", "mean_predicted", "observed", "ci_low", "ci_high"]
FRAMES = {
    "refused_": ["column", "cause", "figure", "reason"],
    "calibrations_": ["method", "brier"],
    "algorithms_": [
        "algorithm",
        "chosen",
        "calibration",
        "n_trees",
        "choice_n",
        "choice_log_loss",
        "choice_gain",
        "choice_error",
        *JUDGED,
    ],
    "reliability_by_algorithm_": ["algorithm", *_BINS],
    "gains_": [
        "algorithm",
        "group",
        "n",
        "rate",
        "rate_low",
        "rate_high",
        "lift",
        "lift_low",
        "lift_high",
        "share_customers",
        "share_responses",
    ],
    "drivers_": ["column", "importance", "ci_low", "ci_high", "direction"],
}
FIGURES = (
    *(f"{name}_" for name in JUDGED),
    "algorithm_",
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
_TEXT = ("column", "cause", "reason", "method", "algorithm", "calibration")
_WHOLE = ("bin", "n", "group", "n_trees", "choice_n")
_SAID = ("chosen",)


def read_frame(rows: list[list[Any]], columns: list[str]) -> pd.DataFrame:
    """Return a stored frame with its columns typed."""
    frame = pd.DataFrame(rows, columns=columns)
    kinds: dict[str, Literal["str", "int64", "bool", "float64"]] = {
        name: "str"
        if name in _TEXT
        else "int64"
        if name in _WHOLE
        else "bool"
        if name in _SAID
        else "float64"
        for name in columns
    }
    return frame.astype(kinds)


def plain(value: Any) -> Any:
    """Return a value that JSON has: NaN is written as null."""
    return None if isinstance(value, float) and np.isnan(value) else value


def read_figure(name: str, value: Any) -> Any:
    """Return a stored figure: null was NaN, except where there is no offer."""
    return float("nan") if value is None and name != "offer_" else value


def write_text(model: Any, parameters: dict[str, Any], parts: dict[str, Any]) -> str:
    """Return a fitted model as JSON text: its parameters, what predicts, figures and frames."""
    written: dict[str, Any] = {
        "format": FORMAT,
        "parameters": parameters,
        **parts,
        "figures": {name: plain(getattr(model, name)) for name in FIGURES},
        "frames": {
            name: [[plain(cell) for cell in row] for row in getattr(model, name)[columns].values.tolist()]
            for name, columns in FRAMES.items()
        },
    }
    return json.dumps(written, ensure_ascii=False, allow_nan=False)


def read_text(text: str) -> dict[str, Any]:
    """Return what `write_text` wrote, or a model of the first format brought up to date.

    Raises
    ------
    KeyError, TypeError, ValueError
        If the text is something else.
    """
    written = json.loads(text)
    if written["format"] not in (FORMAT, FIRST_FORMAT):
        raise ValueError("not a stored model")
    return modernise(written)


def restore_figures(model: Any, written: dict[str, Any]) -> None:
    """Give a model the figures and frames that were stored."""
    for name in FIGURES:
        setattr(model, name, read_figure(name, written["figures"][name]))
    for name, columns in FRAMES.items():
        setattr(model, name, read_frame(written["frames"][name], columns))


def modernise(written: dict[str, Any]) -> dict[str, Any]:
    """Return a stored model in the newest format; what the first format did not know is missing.

    Raises
    ------
    KeyError, TypeError
        If it is no stored model.
    """
    if written["format"] != FIRST_FORMAT:
        return written
    figures = {**dict.fromkeys(FIGURES), **written["figures"], "algorithm_": "logistic"}
    known = {name.removesuffix("_"): value for name, value in figures.items()}
    row = {
        "algorithm": "logistic",
        "chosen": True,
        "calibration": known["calibration"],
        "n_trees": 0,
        "choice_n": 0,
        **{name: known[name] for name in JUDGED},
    }
    frames = {
        **{name: written["frames"].get(name, []) for name in FRAMES},
        "algorithms_": [[row.get(name) for name in FRAMES["algorithms_"]]],
        "reliability_by_algorithm_": [["logistic", *bin_] for bin_ in written["frames"]["reliability_"]],
    }
    learner = {name: written[name] for name in ("encoder", "coefficients", "intercept")}
    parts = ("parameters", "calibration")
    return {
        "format": FORMAT,
        **{name: written[name] for name in parts},
        "learner": {"algorithm": "logistic", **learner},
        "figures": figures,
        "frames": frames,
        "bins": [],
        "score_bins": [],
    }
