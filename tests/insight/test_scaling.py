"""Scales of numbers, flags and categorical variables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from workbench.errors import ParameterProblem
from workbench.insight.scaling import fit_scaling


@pytest.fixture
def features() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    job = rng.choice(3, 5_000, p=[0.6, 0.35, 0.05])
    return pd.DataFrame(
        {
            "age": rng.normal(40, 10, 5_000),
            "balance": rng.normal(9, 2, 5_000),
            "rare": (rng.random(5_000) < 0.01).astype(float),
            "even": (rng.random(5_000) < 0.5).astype(float),
            **{f"job={i}": (job == i).astype(float) for i in range(3)},
        }
    )


def test_numbers_are_standardised_as_by_scikit_learn(features):
    numbers = features[["age", "balance"]]
    scaling = fit_scaling(numbers)
    assert np.allclose(scaling.apply(numbers.to_numpy()), StandardScaler().fit_transform(numbers))
    assert np.allclose(scaling.undo(scaling.apply(numbers.to_numpy())), numbers)


@pytest.mark.parametrize("how", ["standard", "robust"])
def test_a_categorical_variable_weighs_as_much_as_one_number(features, how):
    scaled = fit_scaling(features, how).apply(features.to_numpy())
    variances = dict(zip(features, scaled.var(axis=0), strict=True))
    assert sum(v for name, v in variances.items() if name.startswith("job=")) == pytest.approx(1)
    assert variances["even"] == pytest.approx(1)
    assert variances["rare"] < 0.2


def test_robust_scaling_ignores_outliers(features):
    wild = features.copy()
    wild.loc[:20, "age"] = 1e6
    calm, shaken = fit_scaling(features, "robust"), fit_scaling(wild, "robust")
    assert shaken.scale[0] == pytest.approx(calm.scale[0], rel=0.05)
    assert fit_scaling(wild).scale[0] > 100 * calm.scale[0]


def test_constant_and_unknown(features):
    assert fit_scaling(features.assign(age=3.0)).scale[0] == 1.0
    with pytest.raises(ParameterProblem, match="standard, robust"):
        fit_scaling(features, "minmax")
