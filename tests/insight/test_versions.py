"""Comparing two segmentations, against scikit-learn, scipy and plain recounting."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics

from workbench.errors import ParameterProblem
from workbench.insight.versions import (
    adjusted_rand_index,
    compare_segmentations,
    event_sentence,
    find_segment_events,
    flow_layout,
    match_labels,
    mutual_information,
    population_stability_index,
    segment_events,
    stability_bins,
)
from workbench.insight.versions.chi_square import chi_square_quantile, chi_square_tail
from workbench.insight.versions.migration import wilson
from workbench.tables.versions import DRIFT, LABEL_MATCHES, MIGRATION, SEGMENT_EVENTS


def membership(names, ids=None):
    """A membership of customers named by number."""
    ids = range(len(names)) if ids is None else ids
    return pd.DataFrame({"customer_id": [f"c{i}" for i in ids], "segment": list(names)})


@pytest.fixture
def two():
    """Two segmentations with movers, joiners and leavers."""
    rng = np.random.default_rng(3)
    before = membership(rng.choice(["A", "B", "C", "D"], 600, p=[0.4, 0.3, 0.2, 0.1]))
    after = before.iloc[50:].copy()
    moved = rng.random(len(after)) < 0.2
    after.loc[moved, "segment"] = rng.choice(["A", "B", "C", "E"], moved.sum())
    after["segment"] = after["segment"].replace("D", "Delta")
    return before, pd.concat([after, membership(rng.choice(["A", "E"], 70), range(600, 670))])


# Agreement -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_agreement_is_that_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    one = rng.integers(0, 1 + seed, 400)
    other = np.where(rng.random(400) < 0.7, one, rng.integers(0, 6, 400))
    assert adjusted_rand_index(one, other) == pytest.approx(
        metrics.adjusted_rand_score(one, other), abs=1e-12
    )
    found = mutual_information(one, other)
    wanted = metrics.homogeneity_completeness_v_measure(one, other)
    assert (found.homogeneity, found.completeness, found.normalised) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(("one", "other"), [([], []), ([1, 1], [2, 2]), ([1, 2], [1, 2]), ([1, 2], [1, 1])])
def test_agreement_of_few_is_that_of_scikit_learn(one, other):
    assert adjusted_rand_index(one, other) == metrics.adjusted_rand_score(one, other)


def test_agreement_needs_the_same_customers():
    with pytest.raises(ParameterProblem):
        adjusted_rand_index([1, 2], [1])


# Migration -----------------------------------------------------------------------


def test_the_matrix_is_a_plain_recount(two):
    before, after = two
    found = compare_segmentations(before, after)
    MIGRATION.check(found.matrix)
    merged = before.merge(after, on="customer_id", how="outer").fillna("-")
    wanted = pd.crosstab(merged["segment_x"], merged["segment_y"])
    for row in found.matrix.fillna({"before": "-", "after": "-"}).itertuples():
        assert row.n == wanted.get(row.after, pd.Series(dtype=int)).get(row.before, 0)
    assert found.matrix["n"].sum() == len(merged)
    assert (found.n_joined, found.n_left, found.n_both) == (70, 50, 550)
    shares = found.matrix.groupby("before")["share_before"].sum()
    assert np.allclose(shares, 1)


def test_who_changed_is_counted_beside_the_segment_that_theirs_went_on_as(two):
    before, after = two
    found = compare_segmentations(before, after)
    assert found.pairs == {"A": "A", "B": "B", "C": "C", "D": "Delta"}
    both = before.merge(after, on="customer_id")
    changed = both["segment_x"].replace("D", "Delta") != both["segment_y"]
    assert found.n_changed == changed.sum()
    assert found.share_changed == changed.mean()
    low, high = stats.binomtest(int(changed.sum()), len(both)).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((low, high))
    assert wilson(0, 0)[0] != wilson(0, 0)[0]
    assert found.adjusted_rand_index == pytest.approx(
        metrics.adjusted_rand_score(both["segment_x"], both["segment_y"])
    )


def test_only_new_names_changed_nobody_and_exchanged_ones_neither():
    before = membership(["A"] * 5 + ["B"] * 3)
    exchanged = before.assign(segment=before["segment"].map({"A": "B", "B": "A"}))
    assert compare_segmentations(before, exchanged).n_changed == 0
    after = before.assign(segment=before["segment"].map({"A": "x", "B": "y"}))
    assert compare_segmentations(before, after).n_changed == 0


def test_nobody_in_common_is_said_by_missing_figures():
    found = compare_segmentations(membership("AAB"), membership("AB", [7, 8]))
    assert found.n_both == 0
    assert math.isnan(found.share_changed)
    assert math.isnan(found.adjusted_rand_index)
    assert segment_events(found) == []
    nobody = compare_segmentations(membership([]), membership([]))
    assert nobody.n_before == nobody.n_after == 0


@pytest.mark.parametrize(
    "bad",
    [
        [1, 2],
        pd.DataFrame({"customer_id": ["1"]}),
        pd.DataFrame({"customer_id": ["1", "1"], "segment": ["A", "A"]}),
        pd.DataFrame({"customer_id": ["1"], "segment": [None]}),
    ],
)
def test_a_bad_membership_is_named(bad):
    with pytest.raises(ParameterProblem):
        compare_segmentations(membership("AB"), bad)


# Drift ---------------------------------------------------------------------------


def test_the_chi_square_distribution_is_scipys():
    for freedom in (1, 2, 5, 9, 24, 80):
        for alpha in (0.5, 0.05, 0.001, 1e-7):
            value = chi_square_quantile(alpha, freedom)
            assert value == pytest.approx(stats.chi2.isf(alpha, freedom), rel=1e-8)
            assert chi_square_tail(value, freedom) == pytest.approx(alpha, rel=1e-6)


def test_the_index_is_that_of_a_plain_histogram():
    rng = np.random.default_rng(1)
    before = pd.DataFrame({"x": rng.normal(size=5000), "region": rng.choice(list("abc"), 5000)})
    after = pd.DataFrame(
        {"x": rng.normal(0.3, 1.2, 4000), "region": rng.choice(list("abc"), 4000, p=[0.5, 0.3, 0.2])}
    )
    found = population_stability_index(before, after).set_index("feature")
    DRIFT.check(found.reset_index())
    edges = np.quantile(before["x"], np.arange(1, 10) / 10, method="inverted_cdf")
    p, q = (
        pd.cut(t["x"], [-np.inf, *edges, np.inf]).value_counts(sort=False, normalize=True)
        for t in (before, after)
    )
    assert found.at["x", "psi"] == pytest.approx(float(stats.entropy(q, p) + stats.entropy(p, q)))
    p, q = (t["region"].value_counts(normalize=True).sort_index() for t in (before, after))
    assert found.at["region", "psi"] == pytest.approx(float(stats.entropy(q, p) + stats.entropy(p, q)))
    assert found.at["x", "critical"] == pytest.approx(stats.chi2.isf(0.025, 9) * (1 / 5000 + 1 / 4000))


def test_without_drift_the_critical_value_is_exceeded_as_often_as_promised():
    alpha = 0.1
    rng = np.random.default_rng(5)
    tables = [
        [
            pd.DataFrame({"x": rng.exponential(size=n), "kind": rng.choice(list("abcd"), n)})
            for n in (900, 600)
        ]
        for _ in range(300)
    ]
    alarms = np.mean([population_stability_index(*pair, alpha=alpha)["exceeds"].any() for pair in tables])
    # Three standard errors of 300 draws.
    assert abs(alarms - alpha) < 3 * math.sqrt(alpha * (1 - alpha) / 300) + 0.01


def test_a_common_value_missing_cells_and_empty_bins_count():
    before = pd.DataFrame({"flag": [1] * 95 + [0] * 5, "x": [np.nan] * 10 + [0.0] * 60 + list(range(1, 31))})
    after = pd.DataFrame({"flag": [1] * 50, "x": [0.0] * 20 + list(range(1, 31))})
    bins = stability_bins(before, after)
    flag = bins[bins["feature"] == "flag"].set_index("bin")
    assert flag["n_before"].to_dict() == {"0": 5, "1": 95}
    p, q = np.array([0.05, 0.95]), np.array([0.5 / 50, 1.0])
    assert flag["contribution"].sum() == pytest.approx(((q - p) * np.log(q / p)).sum())
    x = bins[bins["feature"] == "x"]
    assert x["bin"].isna().sum() == 1
    assert x.loc[x["bin"].isna(), ["n_before", "n_after"]].to_numpy().tolist() == [[10, 0]]
    assert x["n_before"].sum() == 100
    # Most customers share the value 0, so it has a bin to itself.
    assert 60 in set(x["n_before"])
    assert (x["n_before"] >= 5).all()


def test_features_of_one_value_infinities_and_new_values_do_not_break_it():
    before = pd.DataFrame({"one": [1.0] * 40, "wild": [np.inf, -np.inf, *range(38)], "word": ["a"] * 40})
    after = pd.DataFrame({"one": [1.0] * 30, "wild": [np.inf] * 30, "word": ["b"] * 30, "new": [1] * 30})
    found = population_stability_index(before, after)
    psi = found.set_index("feature")["psi"]
    assert psi["one"] == 0
    assert np.isfinite(psi).all()
    assert psi["word"] > 1
    assert found.attrs["absent"] == ["new"]
    many = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 2000)))
    assert len(population_stability_index(many, many)) == 2000


def test_tables_without_a_common_feature_are_refused():
    one = pd.DataFrame({"a": [1]})
    for bad in (pd.DataFrame({"b": [1]}), one.iloc[:0], [1]):
        with pytest.raises(ParameterProblem):
            population_stability_index(one, bad)
    for options in ({"alpha": 0}, {"n_bins": 1}):
        with pytest.raises(ParameterProblem):
            population_stability_index(one, one, **options)


# Events --------------------------------------------------------------------------


def events_of(before, after):
    found = find_segment_events(compare_segmentations(membership(before), membership(after)))
    SEGMENT_EVENTS.check(found)
    return set(found[["kind", "before", "after"]].fillna("").itertuples(index=False, name=None))


def test_a_split_and_a_continued_segment():
    assert events_of("A" * 60 + "B" * 40, "X" * 35 + "A" * 25 + "B" * 40) == {
        ("split", "A", "X + A"),
        ("continued", "B", "B"),
    }


def test_a_merger_and_a_renamed_segment():
    assert events_of("A" * 30 + "B" * 30 + "C" * 40, "M" * 60 + "D" * 40) == {
        ("merged", "A + B", "M"),
        ("renamed", "C", "D"),
    }


def test_losing_customers_to_others_is_no_split_and_a_mix_is_born():
    before = "A" * 30 + "B" * 30 + "C" * 30
    after = "A" * 20 + "N" * 10 + "B" * 20 + "N" * 10 + "C" * 20 + "N" * 10
    assert events_of(before, after) == {
        ("continued", "A", "A"),
        ("continued", "B", "B"),
        ("continued", "C", "C"),
        ("born", "", "N"),
    }


def test_an_absorbed_segment_is_gone_and_says_where_to():
    migration = compare_segmentations(membership("A" * 90 + "b" * 10), membership("A" * 100))
    kinds = {event.kind: event for event in segment_events(migration)}
    assert set(kinds) == {"continued", "gone"}
    assert event_sentence(kinds["gone"]) == "“b” is gone: of its customers 100% in “A”"
    assert "“乙”已消失" in event_sentence(kinds["gone"], "zh_CN", before={"b": "乙"}, after={"A": "甲"})
    hidden = event_sentence(kinds["gone"], shown=lambda one, other: False)
    assert "%" not in hidden
    assert "%" not in event_sentence(kinds["continued"], shown=lambda one, other: False)


def test_a_segment_of_newcomers_is_born_alone():
    migration = compare_segmentations(membership("A" * 20), membership("A" * 20 + "N" * 5))
    born = next(event for event in segment_events(migration) if event.kind == "born")
    assert event_sentence(born) == "“N” is new: 100% joined since"


# Labels --------------------------------------------------------------------------


def best_by_trying(similarity):
    """The one-to-one matching with the largest sum, by trying all."""
    n = len(similarity)
    return max(permutations(range(n)), key=lambda p: sum(similarity[i][p[i]] for i in range(n)))


def test_labels_follow_customers_one_to_one():
    rng = np.random.default_rng(2)
    true = rng.integers(0, 5, 800)
    noisy = np.where(rng.random(800) < 0.15, rng.integers(0, 5, 800), true)
    before = membership([f"L{i}" for i in true])
    after = pd.DataFrame({"customer_id": before["customer_id"], "cluster": (noisy + 2) % 5})
    found = match_labels(before, after).set_index("cluster")
    LABEL_MATCHES.check(found.reset_index())
    jaccard = [
        [metrics.jaccard_score(noisy == (cluster - 2) % 5, true == label) for label in range(5)]
        for cluster in range(5)
    ]
    wanted = best_by_trying(jaccard)
    for cluster in range(5):
        assert found.at[cluster, "label"] == f"L{wanted[cluster]}"
        assert found.at[cluster, "decision"] == "carry"
        assert found.at[cluster, "similarity"] == pytest.approx(jaccard[cluster][wanted[cluster]])


def test_an_even_split_is_asked_and_a_stranger_is_new():
    before = membership("A" * 20 + "B" * 80)
    clusters = [0] * 11 + [1] * 9 + [2] * 80
    after = pd.DataFrame({"customer_id": before["customer_id"], "cluster": clusters})
    strangers = pd.DataFrame({"customer_id": [f"n{i}" for i in range(30)], "cluster": 3})
    found = match_labels(before, pd.concat([after, strangers])).set_index("cluster")
    assert found["decision"].to_dict() == {0: "ask", 1: "ask", 2: "carry", 3: "new"}
    assert found["label"].to_dict() == {0: "A", 1: None, 2: "B", 3: None}
    assert found.at[1, "candidates"] == [("A", pytest.approx(0.45))]


def test_without_common_customers_labels_follow_centroids():
    rng = np.random.default_rng(4)
    middles = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])

    def drawn(start, order):
        rows = [middles[i] + rng.normal(size=(40, 2)) for i in order]
        ids = [f"c{start + i}" for i in range(120)]
        return pd.DataFrame(np.vstack(rows), index=ids, columns=["x", "y"]), ids

    one, ids = drawn(0, (0, 1, 2))
    before = pd.DataFrame({"customer_id": ids, "segment": ["P"] * 40 + ["Q"] * 40 + ["R"] * 40})
    other, ids = drawn(1000, (2, 0, 1))
    after = pd.DataFrame({"customer_id": ids, "cluster": [0] * 40 + [1] * 40 + [2] * 40})
    with pytest.raises(ParameterProblem):
        match_labels(before, after)
    found = match_labels(before, after, features_before=one, features_after=other)
    assert found["label"].tolist() == ["R", "P", "Q"]
    assert set(found["basis"]) == {"centroids"}
    assert set(found["decision"]) == {"carry"}


# Flow ----------------------------------------------------------------------------


def test_ribbons_fill_their_nodes_and_nodes_do_not_overlap(two):
    found = compare_segmentations(*two)
    flows = found.matrix.fillna({"before": "joined", "after": "left"})

    def side(column):
        return flows.groupby(column, sort=False)["n"].sum().rename_axis("node").reset_index()

    nodes, ribbons = flow_layout(flows, side("before"), side("after"))
    for _, mine in nodes.groupby("side"):
        assert (mine["y0"].to_numpy()[1:] > mine["y1"].to_numpy()[:-1]).all()
        assert mine["y1"].max() <= 1 + 1e-9
        assert np.diff(mine["y_label"]).min() >= 0.06 - 1e-9
    scale = ((nodes["y1"] - nodes["y0"]) / nodes["n"]).round(9)
    assert scale.nunique() == 1
    ends = ribbons.groupby("flow").agg(first=("x", "min"), n=("n", "first"), before=("before", "first"))
    heights = (ribbons["y1"] - ribbons["y0"]) / ribbons["n"]
    assert np.allclose(heights, scale.iloc[0])
    starts = ribbons[ribbons["x"] == ribbons["x"].min()]
    for node in nodes[nodes["side"] == "before"].itertuples():
        mine = starts[starts["before"] == node.node].sort_values("y0")
        assert mine["y0"].iloc[0] == pytest.approx(node.y0)
        assert mine["y1"].iloc[-1] == pytest.approx(node.y1)
        assert np.allclose(mine["y0"].iloc[1:], mine["y1"].iloc[:-1])
    assert len(ends) == (flows["n"] > 0).sum()


def test_a_hidden_flow_leaves_no_gap_that_tells_its_size():
    flows = pd.DataFrame({"before": ["A"] * 3, "after": ["x", "y", "z"], "n": [50, None, 40]})
    before = pd.DataFrame({"node": ["A"], "n": [97]})
    after = pd.DataFrame({"node": ["x", "y", "z"], "n": [50, 7, 40]})
    _, ribbons = flow_layout(flows, before, after)
    starts = ribbons[ribbons["x"] == ribbons["x"].min()].sort_values("y0")
    assert starts["after"].tolist() == ["x", "z"]
    assert starts["y0"].iloc[1] == pytest.approx(starts["y1"].iloc[0])


def test_a_viewers_process_loads_no_scipy_for_it():
    code = (
        "import sys, workbench as wb, workbench.insight.versions\n"
        "import pandas as pd\n"
        "m = pd.DataFrame({'customer_id': ['a', 'b'], 'segment': ['x', 'y']})\n"
        "wb.find_segment_events(wb.compare_segmentations(m, m))\n"
        "wb.population_stability_index(m[['segment']], m[['segment']])\n"
        "print([name for name in ('sklearn', 'scipy', 'ibis', 'duckdb') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
