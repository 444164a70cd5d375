"""The figures of a rule set, against plain masks counted one by one, and against the engine."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from tests.insight.rules.test_ruleset import random_rules
from workbench.engine import Engine
from workbench.errors import ParameterProblem
from workbench.insight import (
    Condition,
    Rule,
    RuleSet,
    apply_rules,
    count_rules,
    evaluate_counts,
    evaluate_rules,
    seed_with_rules,
)
from workbench.insight.rules.publication import (
    REST,
    published_count,
    published_coverage,
    published_crosstab,
    published_overlap,
)


@pytest.fixture(scope="module")
def clusters(people):
    rng = np.random.default_rng(8)
    kept = people.sample(350, random_state=1)
    return pd.DataFrame({"customer_id": kept["customer_id"], "cluster": rng.integers(0, 4, len(kept))})


@pytest.mark.parametrize(("seed", "n"), [(1, 1), (2, 5), (3, 9), (4, 70)])
def test_figures_are_those_of_plain_masks(people, clusters, seed, n):
    rules = random_rules(seed, n)
    found = evaluate_rules(people, rules, clusters)
    masks = [rule.expression.mask(people) for rule in rules]
    nobody_before = np.ones(len(people), dtype=bool)
    segments = [set() for _ in range(len(people))]
    cluster = people["customer_id"].map(clusters.set_index("customer_id")["cluster"]).fillna(-9)
    for rule, mask, row in zip(rules, masks, found.coverage.itertuples(), strict=True):
        own = mask & nobody_before
        others = np.sum([other for other in masks if other is not mask], axis=0) if n > 1 else 0
        assert (row.rule, row.segment, row.priority) == (rule.name, rule.segment, rule.priority)
        assert (row.n_matched, row.n_assigned, row.n_lost) == (mask.sum(), own.sum(), (mask & ~own).sum())
        assert row.n_only == (mask & (others == 0)).sum()
        known = mask | (~rule.expression).mask(people)
        assert row.n_unknown == (~known).sum()
        mine = found.crosstab[found.crosstab["rule"] == rule.name].set_index("cluster")["n"]
        assert mine.to_dict() == {c: (own & (cluster == c)).sum() for c in mine.index}
        nobody_before &= ~mask
        for place in np.flatnonzero(mask):
            segments[place].add(rule.segment)
    assert found.n == len(people)
    assert found.n_gap == nobody_before.sum() == found.n - found.n_covered
    assert found.n_overlap == (np.sum(masks, axis=0) > 1).sum()
    assert found.n_conflict == sum(len(one) > 1 for one in segments)
    pairs = {(row.rule, row.other): row for row in found.overlap.itertuples()}
    for (a, first), (b, second) in itertools.combinations(zip(rules, masks, strict=True), 2):
        row = pairs.pop((a.name, b.name))
        assert row.n == (first & second).sum()
        assert row.conflict == (a.segment != b.segment)
    assert pairs == {}
    assert found.crosstab["n"].sum() == found.n
    matrix = found.overlap_matrix()
    assert (matrix == matrix.T).all().all()
    assert (np.diag(matrix) == found.coverage["n_matched"]).all()


@pytest.mark.parametrize("n", [0, 64])
def test_the_engine_counts_the_same_in_one_pass(people, clusters, tmp_path, n):
    rules = random_rules(9, n, depth=1)
    people.to_parquet(tmp_path / "people.parquet")
    clusters.to_parquet(tmp_path / "clusters.parquet")
    with Engine(threads=1) as engine:
        table = engine.table("people", tmp_path / "people.parquet")
        counted = engine.frame(
            count_rules(table, rules, engine.table("clusters", tmp_path / "clusters.parquet"))
        )
        applied = engine.frame(apply_rules(table, rules)).set_index("customer_id")
    found, expected = evaluate_counts(counted, rules), evaluate_rules(people, rules, clusters)
    assert len(counted) < len(people)
    for name in ("coverage", "overlap", "crosstab"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name))
    for name in ("n", "n_covered", "n_gap", "n_overlap", "n_conflict"):
        assert getattr(found, name) == getattr(expected, name)
    here = apply_rules(people, rules).set_index("customer_id")
    pd.testing.assert_frame_equal(applied.loc[here.index], here, check_dtype=False)


def test_each_customer_gets_the_first_rules_segment(people):
    rules = random_rules(5, 6)
    found = apply_rules(people, rules)
    assert list(found["customer_id"]) == list(people["customer_id"])
    for place, row in enumerate(found.head(60).itertuples()):
        takes = [rule for rule in rules if rule.expression.mask(people.iloc[[place]])[0]]
        assert row.n_rules == len(takes)
        if takes:
            assert (row.rule, row.segment) == (takes[0].name, takes[0].segment)
        else:
            assert pd.isna(row.segment)


def test_rules_that_are_never_reached_and_rules_that_take_nobody_are_told_apart(people):
    rules = RuleSet(
        [
            Rule("all", Condition("product_count", ">=", 0)),
            Rule("never reached", Condition("age", ">", 40)),
            Rule("nobody", Condition("age", ">", 400)),
        ]
    )
    found = evaluate_rules(people, rules)
    assert found.shadowed() == ["never reached"]
    assert found.idle() == ["nobody"]
    assert found.conflicts()["other"].tolist() == ["never reached"]
    assert found.n_gap == 0


def test_nobody_and_one_customer_are_customers_too(people):
    rules = random_rules(2, 4)
    for few in (people.head(0), people.head(1)):
        found = evaluate_rules(few, rules)
        assert found.n == len(few)
        assert len(found.coverage) == 4
        assert len(apply_rules(few, rules)) == len(few)
        published_coverage(found)
        published_crosstab(found)


def test_a_rule_on_a_missing_column_is_named(people):
    rules = RuleSet([Rule("fine", Condition("age", ">", 5)), Rule("gone", Condition("agee", ">", 5))])
    for act in (evaluate_rules, apply_rules):
        with pytest.raises(ParameterProblem, match='"gone" asks for the column agee'):
            act(people, rules)


def made(sizes: dict[tuple[bool, ...], int]) -> tuple[pd.DataFrame, RuleSet]:
    """Return customers with so many in each combination of rules."""
    rows = [combination for combination, n in sizes.items() for _ in range(n)]
    frame = pd.DataFrame(rows, columns=[f"c{i}" for i in range(len(rows[0]))])
    frame.insert(0, "customer_id", [str(i) for i in range(len(frame))])
    return frame, RuleSet([Rule(c, Condition(c, "is", True)) for c in frame.columns[1:]])


def test_small_numbers_are_hidden_with_what_would_give_them_away():
    customers, rules = made({(True, False): 200, (True, True): 4, (False, True): 90, (False, False): 50})
    found = evaluate_rules(customers, rules)
    coverage = published_coverage(found).set_index("rule")
    # Four customers are taken by both: of lost, assigned and their sum one more is hidden.
    assert pd.isna(coverage.at["c1", "n_lost"])
    assert coverage.loc["c1", ["n_assigned", "n_matched"]].isna().any()
    assert published_overlap(found)["hidden"].tolist() == [True]
    assert pd.isna(published_overlap(found)["n"].iloc[0])


def test_a_hidden_rule_has_no_row_of_its_own_in_the_crosstab():
    customers, rules = made({(True, False): 200, (True, True): 60, (False, True): 4, (False, False): 50})
    clusters = pd.Series(np.arange(len(customers)) % 3, index=customers["customer_id"])
    found = evaluate_rules(customers, rules, clusters)
    coverage = published_coverage(found)
    hidden = set(coverage.loc[coverage["n_assigned"].isna(), "rule"])
    assert "c1" in hidden
    assert len(hidden) > 1
    rows = set(published_crosstab(found)["rule"].dropna())
    assert not rows & hidden
    assert REST in rows


def test_a_pair_is_hidden_when_all_but_a_few_are_in_both():
    customers, rules = made({(True, True): 200, (True, False): 3, (False, True): 100, (False, False): 500})
    overlap = published_overlap(evaluate_rules(customers, rules))
    assert overlap["hidden"].tolist() == [True]


def test_large_numbers_are_all_shown():
    customers, rules = made({(True, True): 200, (True, False): 300, (False, True): 100, (False, False): 500})
    found = evaluate_rules(customers, rules)
    assert published_coverage(found)["n_assigned"].tolist() == [500, 100, 500]
    assert not published_overlap(found)["hidden"].any()
    assert not published_crosstab(found)["hidden"].any()
    assert published_count(3, 3) == 3
    assert published_count(2, 3) is None


def test_seeds_are_the_means_of_whom_each_segment_gets(people):
    features = people.set_index("customer_id")[["product_count"]].astype("float64")
    rules = RuleSet(
        [Rule("few", Condition("product_count", "<=", 2)), Rule("many", Condition("product_count", ">", 3))]
    )
    seeds = seed_with_rules(features, people, rules)
    counts = people["product_count"]
    assert seeds["product_count"].to_dict() == {
        "few": pytest.approx(counts[counts <= 2].mean()),
        "many": pytest.approx(counts[counts > 3].mean()),
    }
    with pytest.raises(ParameterProblem, match="take none"):
        seed_with_rules(features, people, RuleSet([Rule("none", Condition("product_count", ">", 99))]))
