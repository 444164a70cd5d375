"""Suggested labels: archetypes recognised, others described, each label once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.insight import catalogue
from workbench.insight.features import feature_label
from workbench.insight.labels import SIMILAR, archetypes, similarity_of


def profile_of(*clusters: dict[str, float]) -> pd.DataFrame:
    """Return a profile with these standardised differences; absent features do not differ."""
    names = sorted(set().union(*clusters))
    rows = [
        (number, name, 1.0, 0.0, float(cluster.get(name, 0.0)), 0.5)
        for number, cluster in enumerate(clusters)
        for name in names
    ]
    return pd.DataFrame(rows, columns=["cluster", "feature", "mean", "mean_others", "difference", "p_value"])


RETIREES = {
    "age": 1.8,
    "tenure": 0.9,
    "balance_total": 0.7,
    "share_time_deposit": 1.2,
    "branch_visits_90d": 1.1,
    "app_logins_90d": -0.6,
}
NEWCOMERS = {
    "tenure": -1.5,
    "balance_total": -0.5,
    "app_logins_90d": 0.5,
    "balance_change_3m": 1.0,
    "age": -0.5,
}


def test_known_customers_are_recognised():
    suggestions = wb.suggest_labels(profile_of(NEWCOMERS, RETIREES))
    assert [one.segment for one in suggestions.values()] == ["New in honeymoon", "Happy retirees"]
    assert [one.segment_zh for one in suggestions.values()] == ["蜜月期新客", "乐退客群"]
    assert suggestions[1].archetype == "happy_retirees"
    assert suggestions[1].similarity > 0.9


def test_in_chinese():
    suggestions = wb.suggest_labels(profile_of(RETIREES, {"age": -0.9, "tenure": 0.4}), lang="zh_CN")
    assert suggestions[0].segment == suggestions[0].segment_zh == "乐退客群"
    assert suggestions[1].segment == "年龄低、客户年限高"
    assert suggestions[1].description == "与其他客户相比：年龄低、客户年限高。"


def test_an_archetype_is_given_once_to_the_most_similar():
    weaker = {**RETIREES, "age": 0.3, "branch_visits_90d": -0.8, "recency": 1.2}
    suggestions = wb.suggest_labels(profile_of(weaker, RETIREES))
    assert suggestions[1].archetype == "happy_retirees"
    assert suggestions[0].archetype != "happy_retirees"
    assert suggestions[0].segment != suggestions[1].segment


def test_equal_clusters_still_get_different_labels():
    odd = {"satisfaction": 1.0, "age": 0.5}
    suggestions = wb.suggest_labels(profile_of(odd, odd, odd))
    for field in ("segment", "segment_zh"):
        labels = [getattr(one, field) for one in suggestions.values()]
        assert len(set(labels)) == 3
    assert suggestions[0].segment == "High satisfaction, high age"


def test_flags_and_values_read_as_words():
    described = wb.suggest_labels(
        profile_of(
            {"default": 1.0, "satisfaction": 0.3},
            {"job=technician": -0.8, "shoe_size": 0.6},
            {"loan": -1.0, "age": 0.1},
        )
    )
    assert described[0].segment == "With loan in default, high satisfaction"
    assert described[1].segment == "Seldom job: technician, high shoe size"
    assert described[2].segment == "No personal loan"


def test_customers_like_all_others():
    suggestion = wb.suggest_labels(profile_of({"age": 0.05, "tenure": -0.1}))[0]
    assert suggestion.segment == "Average customers"
    assert suggestion.segment_zh == "普通客群"
    assert suggestion.archetype is None


def test_similarity_is_the_cosine_over_shared_features():
    pattern = next(one for one in archetypes() if one.name == "happy_retirees")
    wanted = pd.Series(pattern.directions)
    assert similarity_of(wanted, pattern) == pytest.approx(1)
    assert similarity_of(-wanted, pattern) == pytest.approx(-1)
    rng = np.random.default_rng(0)
    found = pd.Series(rng.normal(size=len(wanted)), index=wanted.index).clip(-2, 2)
    expected = found @ wanted / (np.linalg.norm(found) * np.linalg.norm(wanted))
    assert similarity_of(found, pattern) == pytest.approx(expected)
    # Hardly any difference, too few features: no recognition.
    assert similarity_of(0.05 * wanted, pattern) < 0.2
    assert similarity_of(wanted[["age"]], pattern) == 0


def test_kind_keeps_companies_and_people_apart():
    large = {
        "balance_total": 1.5,
        "inflow_12m": 1.2,
        "monetary_value": 1.2,
        "balance_loan": 1.0,
        "product_count": 0.9,
    }
    corporate = wb.suggest_labels(profile_of(large), kind="corporate")
    assert corporate[0].archetype == "strategic_groups"
    kinds = {one.name: one.kind for one in archetypes()}
    retail = wb.suggest_labels(profile_of(large), kind="retail")[0].archetype
    assert retail is None or kinds[retail] in ("retail", "any")
    with pytest.raises(ParameterProblem, match="retail or corporate"):
        wb.suggest_labels(profile_of(large), kind="people")


def test_the_archetypes():
    known = archetypes()
    assert {
        "Happy retirees": "乐退客群",
        "Affluent planners": "财富规划客群",
        "SME owners": "小微企业主客群",
    }.items() <= {one.label: one.label_zh for one in known}.items()
    for field in ("label", "label_zh", "description", "description_zh"):
        texts = [getattr(one, field) for one in known]
        assert all(texts)
        assert len(set(texts)) == len(texts)
    for one in known:
        assert one.kind in ("retail", "corporate", "any")
        assert len(one.directions) >= 2
        plain = {name for name in one.directions if "=" not in name and not name.startswith("share_")}
        assert all(name == name.strip() for name in plain)


def test_each_archetype_recognises_itself():
    """No pattern is so close to another that it would lose its own customers to it."""
    for one in archetypes():
        others = [other for other in archetypes() if other is not one]
        own = pd.Series(one.directions)
        assert similarity_of(own, one) > max((similarity_of(own, other) for other in others), default=0)


def test_the_threshold_refuses():
    retirees_only_in_part = {"age": 1.0, "tenure": -1.5, "balance_total": -0.6, "branch_visits_90d": 0.4}
    pattern = next(one for one in archetypes() if one.name == "happy_retirees")
    assert similarity_of(pd.Series(retirees_only_in_part), pattern) < SIMILAR
    assert wb.suggest_labels(profile_of(retirees_only_in_part))[0].archetype != "happy_retirees"


def test_directions_of_the_portrait_are_spelled_as_in_the_catalogue():
    money = {name for one in archetypes() for name in one.directions if name.startswith("balance_")}
    assert money <= set(catalogue.RULES)


def test_a_label_gives_its_reasons_in_the_customers_units():
    """Those named are features that differ as the pattern says, with the means of both sides."""
    profile = profile_of(dict(named("happy_retirees").directions, recency=3.0), {"recency": -3.0})
    profile["unit"] = profile["feature"].map({"age": "years", "balance_total": "cny"}).fillna("")
    profile.loc[profile["feature"] == "age", ["mean", "mean_others"]] = 68.0, 35.0
    label = wb.suggest_labels(profile)[0]
    assert label.archetype == "happy_retirees"
    assert len(label.reasons) == len(label.reasons_zh) == 3
    assert any(reason.startswith("age: 68, others 35") for reason in label.reasons)
    assert any(reason.startswith("年龄：68，其他客户35") for reason in label.reasons_zh)
    assert not any(feature_label("recency") in reason for reason in label.reasons)
    described = wb.suggest_labels(profile)[1]
    assert described.archetype is None
    assert feature_label("recency") in described.reasons[0]


def named(name: str):
    return next(one for one in archetypes() if one.name == name)
