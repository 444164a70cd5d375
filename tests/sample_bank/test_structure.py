"""What was planted can be found, and is not trivially separable."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import train_test_split

from workbench.sample_bank.structure import CORPORATE, OCCUPATIONS, RETAIL, STAGES, TRAITS

LOGS = ("recency", "frequency", "app_logins", "branch_visits", "tenure")


def test_traits_are_complete():
    for name, traits in TRAITS.items():
        assert len(traits.holds) == len(traits.mix) == 5, name
        assert len(traits.stages) == len(STAGES)
        assert len(traits.occupations) == len(OCCUPATIONS)
        assert traits.holds[0] == 1
    assert sum(TRAITS[name].share for name in RETAIL) == pytest.approx(1)
    assert sum(TRAITS[name].share for name in CORPORATE) == pytest.approx(1)


def test_a_classifier_reaches_85_to_95_percent(portrait_now, segment_now):
    train, test = train_test_split(portrait_now.index, test_size=0.3, random_state=0, stratify=segment_now)
    model = HistGradientBoostingClassifier(max_iter=60, random_state=0)
    model.fit(portrait_now.loc[train], segment_now[train])
    accuracy = model.score(portrait_now.loc[test], segment_now[test])
    print(f"held-out accuracy of a gradient-boosted classifier: {accuracy:.3f}, n = {len(test)}")  # noqa: T201
    assert 0.85 <= accuracy <= 0.95


def test_k_means_finds_much_of_it_but_not_all(portrait_now, segment_now):
    features = portrait_now.copy()
    counts = [name for name in features if name in LOGS or name.startswith("n_")]
    features[counts] = np.log1p(features[counts])
    scaled = (features - features.mean()) / features.std()
    labels = KMeans(6, n_init=5, random_state=0).fit_predict(scaled)
    score = adjusted_rand_score(segment_now, labels)
    print(f"adjusted Rand index of k-means (k = 6): {score:.3f}")  # noqa: T201
    assert 0.5 <= score <= 0.85


def test_two_snapshots_differ_but_not_everywhere(portrait_now, portrait_before):
    both = portrait_now.index.intersection(portrait_before.index)
    assert 0.93 < len(both) / len(portrait_now) < 0.99
    salary = (portrait_now.loc[both, "n_salary"] > 0) != (portrait_before.loc[both, "n_salary"] > 0)
    assert 0.01 < salary.mean() < 0.10
