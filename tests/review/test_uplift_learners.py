"""Uplift models: out of sample, seeded, right about a planted effect, plain about what can't be learned."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.review import fit_uplift, qini_coefficient

KINDS = [(m, k) for m in ("t_learner", "transformed_outcome") for k in ("logistic", "boosting")]


def campaign(n: int = 3_000, seed: int = 0, *, share: float = 0.5):
    """A contact moves the curious; the rich buy anyway, so that response is no uplift."""
    rng = np.random.default_rng(seed)
    features = pd.DataFrame(
        {
            "curiosity": rng.random(n),
            "wealth": rng.random(n),
            "branch": rng.choice(["North", "South", "West"], n),
            "active": rng.random(n) < 0.5,
        }
    )
    treated = (rng.random(n) < share).astype(int)
    rate = 0.05 + 0.5 * features["wealth"] + 0.4 * features["curiosity"] * treated
    return features, (rng.random(n) < rate).astype(int), treated


@pytest.mark.parametrize("method, learner", KINDS)
def test_every_model_finds_who_is_moved(method, learner):
    features, bought, treated = campaign(2_400)
    model = fit_uplift(features, bought, treated, method=method, learner=learner, n_folds=2)
    of_uplift = np.corrcoef(model.scores, features["curiosity"])[0, 1]
    assert of_uplift > 0.4
    assert of_uplift > abs(np.corrcoef(model.scores, features["wealth"])[0, 1])
    # Response is another thing: it goes by wealth.
    assert np.corrcoef(model.response, features["wealth"])[0, 1] > 0.4
    assert qini_coefficient(bought, treated, model.scores) > 0
    again = fit_uplift(features, bought, treated, method=method, learner=learner, n_folds=2)
    assert (again.scores == model.scores).all()


def test_nobody_is_scored_by_a_model_that_saw_them():
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features, bought, treated = campaign(800)
    features = features[["curiosity", "wealth"]]
    model = fit_uplift(features, bought, treated, n_folds=4, random_state=3)
    for fold in range(4):
        here = model.fold == fold
        expected = []
        for arm in (1, 0):
            learned = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(max_iter=1_000))
            rows = ~here & (treated == arm)
            learned.fit(features[rows], bought[rows])
            expected.append(learned.predict_proba(features[here])[:, 1])
        assert model.scores[here] == pytest.approx(expected[0] - expected[1], abs=1e-9)
    # Every fold has its part of each arm and outcome.
    counts = pd.crosstab(model.fold, [treated, bought])
    assert int((counts.max() - counts.min()).max()) <= 1


def test_a_transformed_outcome_is_the_uplift_on_average():
    # With no column that tells customers apart, what is left is the campaign's uplift.
    _, bought, treated = campaign(6_000, share=0.8)
    flat = pd.DataFrame({"nothing": np.zeros(6_000)})
    model = fit_uplift(flat, bought, treated, method="transformed_outcome", n_folds=2)
    uplift = bought[treated == 1].mean() - bought[treated == 0].mean()
    assert model.scores.mean() == pytest.approx(uplift, abs=0.005)


def test_amounts_are_learned_by_regressions():
    features, bought, treated = campaign(1_500)
    model = fit_uplift(features, bought * 100.0 + 1, treated, n_folds=2)
    assert np.corrcoef(model.scores, features["curiosity"])[0, 1] > 0.5
    assert model.scores.max() > 5


def test_missing_cells_and_words_are_no_trouble():
    features, bought, treated = campaign(1_200)
    features.loc[::7, "wealth"] = np.nan
    features["empty"] = np.nan
    model = fit_uplift(features, bought, treated, n_folds=2)
    assert np.isfinite(model.scores).all()
    assert "branch=South" in model.features
    assert "branch=North" not in model.features


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"treated": np.ones(200)}, "Nobody was held back"),
        ({"treated": np.zeros(200)}, "Nobody was treated"),
        ({"outcome": np.zeros(200)}, "None of the 200 customers responded"),
        ({"outcome": np.ones(200)}, "All 200 customers have the same outcome"),
        ({"outcome": np.r_[np.ones(30), np.zeros(170)]}, "needs at least 25 customers of each outcome"),
        ({"features": pd.DataFrame({"id": [f"c{i}" for i in range(200)]})}, "more than 30 values"),
        ({"features": pd.DataFrame({"day": pd.date_range("2026-01-01", periods=200)})}, "a date"),
        ({"features": pd.DataFrame(index=range(200))}, "no column to learn from"),
        ({"features": pd.DataFrame({"a": [1, 2]})}, "2 rows"),
        ({"method": "s_learner"}, "t_learner, transformed_outcome"),
        ({"learner": "forest"}, "logistic, boosting"),
        ({"n_folds": 1}, "1 folds"),
    ],
)
def test_what_cannot_be_learned_is_said(change, sentence):
    rng = np.random.default_rng(0)
    given = {
        "features": pd.DataFrame({"a": rng.random(200)}),
        "outcome": rng.integers(0, 2, 200),
        "treated": np.arange(200) % 2,
        **change,
    }
    with pytest.raises(ParameterProblem, match=sentence):
        fit_uplift(given.pop("features"), given.pop("outcome"), given.pop("treated"), **given)
