"""What features must be before they are clustered."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.insight.scaling import bare


def checked_features(features: pd.DataFrame) -> pd.DataFrame:
    """Return features if they are a frame of finite numbers; else raise ParameterProblem."""
    if not isinstance(features, pd.DataFrame):
        raise ParameterProblem("insight_room.error.features_not_a_table", kind=type(features).__name__)
    columns = bare(features)
    for name in columns.columns:
        cells = columns[name]
        if not (pd.api.types.is_numeric_dtype(cells.dtype) or pd.api.types.is_bool_dtype(cells.dtype)):
            raise ParameterProblem("insight_room.error.feature_not_a_number", feature=name)
        lacking = ~np.isfinite(cells.to_numpy(dtype="float64", na_value=np.nan))
        if lacking.any():
            raise ParameterProblem("insight_room.error.feature_missing", feature=name, n=int(lacking.sum()))
    return features


def check_enough_rows(features: pd.DataFrame, n_clusters: int) -> None:
    """Raise ParameterProblem where there are fewer different rows than clusters."""
    different = len(bare(features).drop_duplicates()) if features.shape[1] else 0
    if different < n_clusters:
        raise ParameterProblem(
            "insight_room.error.too_few_for_k", n=len(features), different=different, k=n_clusters
        )
