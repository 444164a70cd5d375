"""The picture of the customers: where a segment's name stands in it."""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd

GRID = 12


def label_places(points: pd.DataFrame) -> pd.DataFrame:
    """Return where the name of each segment stands: over the densest part of its points.

    Parameters
    ----------
    points : pandas.DataFrame
        ``x``, ``y`` and ``segment``.

    Returns
    -------
    pandas.DataFrame
        ``segment``, ``x``, ``y``.
    """
    places = []
    for segment, rows in points.groupby("segment", sort=True):
        cells = rows.assign(
            column=((rows["x"] - points["x"].min()) / (np.ptp(points["x"]) or 1) * GRID).round(),
            line=((rows["y"] - points["y"].min()) / (np.ptp(points["y"]) or 1) * GRID).round(),
        )
        column, line = cast("tuple[float, float]", cells.groupby(["column", "line"]).size().idxmax())
        near = cells[(cells["column"] - column).abs().le(1) & (cells["line"] - line).abs().le(1)]
        places.append({"segment": segment, "x": near["x"].mean(), "y": near["y"].quantile(0.95)})
    return pd.DataFrame(places, columns=["segment", "x", "y"])
