"""What sets a segment apart, against scipy, statsmodels and plain loops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from scipy.spatial.distance import cdist
from sklearn.preprocessing import StandardScaler
from statsmodels.stats.meta_analysis import effectsize_smd
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_effectsize

import workbench as wb
from workbench import locale
from workbench.errors import ParameterProblem
from workbench.insight import benjamini_hochberg
from workbench.insight.explanation.effects import mean_effect, share_effect, welch

NASTY = "<b>bold</b>"


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    return np.random.default_rng(0).choice(3, 900, p=[0.6, 0.3, 0.1])


@pytest.fixture(scope="module")
def customers(labels) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "customer_id": [f"{i:04d}" for i in range(900)],
            "age": np.where(labels == 1, 68, 38) + rng.normal(0, 6, 900),
            "balance_total": rng.lognormal(9 + 1.2 * (labels == 1), 0.6),
            "housing": np.where(rng.random(900) < 0.2 + 0.5 * (labels == 2), "yes", "no"),
            "tenure": rng.uniform(1, 120, 900),
        }
    )


@pytest.fixture(scope="module")
def profile(customers, labels) -> pd.DataFrame:
    return wb.profile_clusters(wb.build_features(customers), labels, customers=customers)


def exact_interval(effect: float, n: int, m: int) -> tuple[float, float]:
    """The interval of d by the noncentral t-distribution, found by its definition."""
    root, freedom = np.sqrt(n * m / (n + m)), n + m - 2
    ends = [
        optimize.brentq(
            lambda nc, tail=tail: stats.nct.cdf(effect * root, freedom, nc) - tail,
            effect * root - 8,
            effect * root + 8,
        )
        for tail in (0.975, 0.025)
    ]
    return ends[0] / root, ends[1] / root


def test_standardised_differences_and_intervals_are_those_of_other_libraries(profile, customers, labels):
    features = wb.build_features(customers)
    for row in profile[profile["measure"] == "d"].itertuples():
        inside, others = (
            features[row.feature][labels == row.cluster],
            features[row.feature][labels != row.cluster],
        )
        n, m = len(inside), len(others)
        corrected, variance = effectsize_smd(inside.mean(), inside.std(), n, others.mean(), others.std(), m)
        assert row.effect == pytest.approx(corrected / (1 - 3 / (4 * (n + m) - 9)), rel=1e-6)
        assert (row.effect_high - row.effect_low) / 2 == pytest.approx(1.959964 * np.sqrt(variance), rel=0.02)
        assert (row.effect_low, row.effect_high) == pytest.approx(exact_interval(row.effect, n, m), abs=0.03)


def test_shares_are_compared_by_cohens_h(profile, customers, labels):
    rows = profile[profile["feature"] == "housing"]
    assert set(rows["measure"]) == {"h"}
    assert set(rows["unit"]) == {"flag"}
    yes = (customers["housing"] == "yes").to_numpy()
    for row in rows.itertuples():
        inside = labels == row.cluster
        assert row.effect == pytest.approx(proportion_effectsize(yes[inside].mean(), yes[~inside].mean()))
        assert row.effect_high - row.effect == pytest.approx(
            1.959964 * np.sqrt(1 / inside.sum() + 1 / (~inside).sum())
        )
        # The difference that labels are matched by stays a standardised mean.
        assert abs(row.difference) != pytest.approx(abs(row.effect))


@pytest.mark.parametrize("effect", [0.0, 0.5])
def test_the_intervals_cover_as_often_as_they_say(effect):
    rng, hits = np.random.default_rng(3), 0
    inside, others = rng.normal(effect, 1, (60, 2000)), rng.normal(0, 1, (90, 2000))
    _, low, high = mean_effect(inside, others)
    hits = ((low <= effect) & (effect <= high)).mean()
    assert hits == pytest.approx(0.95, abs=0.015)
    yes, no = rng.random((200, 2000)) < 0.4, rng.random((300, 2000)) < 0.25
    truth = proportion_effectsize(0.4, 0.25)
    _, low, high = share_effect(yes.astype(float), no.astype(float))
    assert ((low <= truth) & (truth <= high)).mean() == pytest.approx(0.95, abs=0.015)


def test_welch_is_scipys():
    rng = np.random.default_rng(5)
    inside, others = rng.normal(0.2, 2, (40, 30)), rng.normal(0, 1, (25, 30))
    assert welch(inside, others) == pytest.approx(stats.ttest_ind(inside, others, equal_var=False).pvalue)


@pytest.mark.parametrize("seed", range(3))
def test_benjamini_hochberg_equals_scipy_and_statsmodels(seed):
    p_values = np.random.default_rng(seed).random(40) ** 3
    assert benjamini_hochberg(p_values) == pytest.approx(multipletests(p_values, method="fdr_bh")[1])
    assert benjamini_hochberg(p_values) == pytest.approx(stats.false_discovery_control(p_values))
    gaps = np.r_[np.nan, p_values]
    assert benjamini_hochberg(gaps)[1:] == pytest.approx(benjamini_hochberg(p_values))


def test_the_correction_can_be_chosen(customers, labels, profile):
    features = wb.build_features(customers)
    found = wb.profile_clusters(features, labels, correction="benjamini_hochberg")
    raw = [
        stats.ttest_ind(features[f][labels == c], features[f][labels != c], equal_var=False).pvalue
        for c, f in zip(found["cluster"], found["feature"], strict=True)
    ]
    assert found["p_value"].to_numpy() == pytest.approx(stats.false_discovery_control(raw))
    assert (found["p_value"] <= profile["p_value"] + 1e-12).all()
    with pytest.raises(ParameterProblem, match="holm, benjamini_hochberg"):
        wb.profile_clusters(features, labels, correction="bonferroni")


def test_the_threshold_tells_the_cluster_from_the_others_best(profile, customers, labels):
    row = profile[(profile["cluster"] == 1) & (profile["feature"] == "age")].iloc[0]
    age = customers["age"].to_numpy()
    assert row["share_over"] == pytest.approx((age[labels == 1] > row["threshold"]).mean())
    assert row["share_over_others"] == pytest.approx((age[labels != 1] > row["threshold"]).mean())
    gains = [
        (age[labels == 1] > cut).mean() - (age[labels != 1] > cut).mean()
        for cut in np.quantile(age, [0.2, 0.5, 0.8])
    ]
    assert row["share_over"] - row["share_over_others"] >= max(gains) - 0.05
    assert row["threshold"] == round(row["threshold"])


def test_means_are_in_the_customers_own_units(profile, customers, labels):
    row = profile[(profile["cluster"] == 1) & (profile["feature"] == "balance_total")].iloc[0]
    assert row["mean"] == pytest.approx(customers["balance_total"][labels == 1].mean())
    assert row["unit"] == "cny"


def test_the_sentence_says_the_figures_in_both_languages(profile, customers, labels):
    mine = labels == 1
    mean, rest = (customers["balance_total"][each].mean() for each in (mine, ~mine))
    english, chinese = wb.describe_cluster(profile, 1), wb.describe_cluster(profile, 1, "zh_CN")
    assert locale.money(mean) in english
    assert locale.money(mean, "zh_CN") in chinese
    for words in (english, chinese):
        assert locale.decimal(mean / rest, 1) in words
    row = profile[(profile["cluster"] == 1) & (profile["feature"] == "age")].iloc[0]
    assert f"over {row['threshold']:.0f}" in english
    assert f"超过{row['threshold']:.0f}岁" in chinese
    assert english.endswith(".")
    assert chinese.endswith("。")


def test_chance_and_trifles_are_not_said(customers):
    rng = np.random.default_rng(9)
    features = wb.build_features(customers)
    nothing = wb.profile_clusters(features, rng.integers(0, 2, 900), customers=customers)
    assert wb.describe_cluster(nothing, 0) == ""


def test_profiles_of_older_versions_are_read(profile):
    old = profile[["cluster", "feature", "mean", "mean_others", "difference", "p_value"]]
    assert wb.describe_cluster(old, 1) == ""
    assert wb.suggest_labels(old).keys() == wb.suggest_labels(profile).keys()


def test_the_first_typical_member_is_the_medoid_by_definition(customers, labels):
    features = wb.build_features(customers)[["age", "tenure", "balance_total"]]
    found = wb.typical_members(features, labels, n=4)
    scaled = StandardScaler().fit_transform(features)
    for cluster, rows in found.groupby("cluster"):
        members = np.flatnonzero(labels == cluster)
        sums = cdist(scaled[members], scaled[members], "sqeuclidean").sum(axis=1)
        expected = features.index[members[np.argsort(sums)[:4]]]
        assert rows["customer_id"].tolist() == expected.tolist()
        assert rows["rank"].tolist() == [1, 2, 3, 4]


def inside_by_angles(x: float, y: float, polygon: list[tuple[float, float]]) -> bool:
    """Whether the outline winds around the point: another algorithm than the crossing ray."""
    turn = 0.0
    for (ax, ay), (bx, by) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        a, b = np.arctan2(ay - y, ax - x), np.arctan2(by - y, bx - x)
        turn += (b - a + np.pi) % (2 * np.pi) - np.pi
    return abs(turn) > np.pi


def test_points_in_a_polygon_by_winding_angles():
    rng = np.random.default_rng(2)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 17))
    radius = rng.uniform(0.3, 1.4, 17)
    star = [(float(r * np.cos(a)), float(r * np.sin(a))) for r, a in zip(radius, angles, strict=True)]
    x, y = rng.uniform(-1.5, 1.5, (2, 2000))
    expected = [inside_by_angles(px, py, star) for px, py in zip(x, y, strict=True)]
    found = wb.inside_polygon(x, y, star)
    assert 200 < found.sum() < 1800
    assert found.tolist() == expected
    assert wb.inside_polygon(x, y, star[::-1]).tolist() == expected


@pytest.mark.parametrize(
    "outline", [[], [(0, 0), (1, 1)], [(0, 0), (1, 1), (np.nan, 2)], [1, 2, 3], ["abc"] * 3]
)
def test_an_outline_that_is_none_is_refused(outline):
    with pytest.raises(ParameterProblem, match="Draw around"):
        wb.inside_polygon([0.0], [0.0], outline)


def test_a_group_is_described_as_a_cluster_is(customers, labels):
    features = wb.build_features(customers)
    chosen = labels == 2
    found = wb.describe_group(features, chosen, customers=customers)
    raw = [
        stats.ttest_ind(features[f][chosen], features[f][~chosen], equal_var=False).pvalue
        for f in found["feature"]
    ]
    assert found["p_value"].to_numpy() == pytest.approx(multipletests(raw, method="holm")[1])
    by_id = wb.describe_group(features, customers["customer_id"][chosen], customers=customers)
    pd.testing.assert_frame_equal(found, by_id)
    assert wb.describe_group(features, np.zeros(900, dtype=bool)).empty
    assert wb.describe_group(features, np.ones(900, dtype=bool)).empty


def test_a_feature_named_like_a_script_is_only_text():
    features = pd.DataFrame({NASTY: np.r_[np.zeros(50), np.ones(50) * 9] + np.arange(100) % 3})
    sentence = wb.describe_cluster(wb.profile_clusters(features, np.repeat([0, 1], 50)), 1)
    assert NASTY in sentence  # the templates escape it
