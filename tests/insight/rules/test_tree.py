"""A cluster told as a rule: against scikit-learn's own tree, and by counting again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import precision_score, recall_score
from sklearn.tree import DecisionTreeClassifier

from workbench.errors import ParameterProblem
from workbench.insight import Condition, learn_rule
from workbench.insight.rules.columns import Cells
from workbench.insight.rules.rounding import Fit, rounded
from workbench.insight.rules.tree import wilson


@pytest.fixture(scope="module")
def planted():
    """Return customers of whom a cluster is planted by a rule, with a tenth of noise."""
    rng = np.random.default_rng(3)
    n = 3_000
    customers = pd.DataFrame(
        {
            "customer_id": [str(i) for i in range(n)],
            "age": rng.integers(18, 90, n).astype("float64"),
            "balance_total": rng.lognormal(10, 1, n),
            "occupation": rng.choice(["retired", "employee", "other"], n),
            "consent": pd.Series(rng.random(n) < 0.5).astype("boolean"),
            "tenure": pd.Series(rng.integers(0, 300, n).astype("float64")).where(rng.random(n) > 0.2),
        }
    )
    customers["balance_time_deposit"] = customers["balance_total"] * rng.random(n)
    inside = (customers["age"] >= 56) & (
        customers["balance_time_deposit"] / customers["balance_total"] >= 0.6
    )
    labels = pd.Series(np.where(inside ^ (rng.random(n) < 0.02), 3, 0), index=customers["customer_id"])
    return customers, labels


def test_a_planted_rule_is_found_and_rounded(planted):
    found = learn_rule(*planted, 3, name="Happy retirees")
    conditions = {condition.column: condition for condition in found.rule.expression.conditions()}
    assert set(conditions) == {"age", "share_time_deposit"}
    assert conditions["age"].value == pytest.approx(56, abs=1)
    assert conditions["share_time_deposit"].value == pytest.approx(0.6, abs=0.01)
    assert found.precision > 0.85
    assert found.coverage > 0.85
    assert found.rule.segment == "Happy retirees"
    assert abs(found.precision_lost) < 0.03


def test_the_figures_are_those_of_the_held_out_customers(planted):
    customers, labels = planted
    found = learn_rule(customers, labels, 3, random_state=4)
    order = np.random.default_rng(4).permutation(len(customers))
    held_out = customers.iloc[np.sort(order[found.n_learned :])]
    truth = held_out["customer_id"].map(labels) == 3
    taken = found.rule.expression.mask(held_out)
    assert found.n_held_out == len(held_out) == 900
    assert found.precision == pytest.approx(precision_score(truth, taken))
    assert found.coverage == pytest.approx(recall_score(truth, taken))


def test_it_finds_the_cluster_as_well_as_a_tree_that_keeps_every_digit(planted):
    customers, labels = planted
    found = learn_rule(customers, labels, 3)
    order = np.random.default_rng(0).permutation(len(customers))
    learn, rest = order[: found.n_learned], order[found.n_learned :]
    share = customers["balance_time_deposit"] / customers["balance_total"]
    matrix = np.column_stack([customers["age"], share, customers["balance_total"]])
    target = (customers["customer_id"].map(labels) == 3).to_numpy()
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(matrix[learn], target[learn])
    guessed = tree.predict(matrix[rest])
    ours = 2 / (1 / found.precision + 1 / found.coverage)
    theirs = 2 / (1 / precision_score(target[rest], guessed) + 1 / recall_score(target[rest], guessed))
    assert ours > theirs - 0.02


def test_text_and_yes_or_no_columns_become_conditions(planted):
    customers, _ = planted
    retired = (customers["occupation"] == "retired").astype(int).to_numpy()
    assert str(learn_rule(customers, retired, 1).rule.expression) == 'occupation is "retired"'
    willing = customers["consent"].astype(int).to_numpy()
    found = learn_rule(customers, willing, 1, columns=["consent", "age"])
    assert str(found.rule.expression) == "consent is yes"


def test_what_lies_in_two_places_needs_two_paths(planted):
    customers, _ = planted
    ends = ((customers["age"] < 30) | (customers["age"] >= 75)).astype(int).to_numpy()
    found = learn_rule(customers, ends, 1, columns=["age"])
    assert "or" in str(found.rule.expression)
    assert found.precision == found.coverage == 1.0


def test_the_same_seed_gives_the_same_rule(planted):
    assert learn_rule(*planted, 3, random_state=1) == learn_rule(*planted, 3, random_state=1)


def test_too_few_customers_and_wrong_settings_say_so(planted):
    customers, labels = planted
    for bad in (
        lambda: learn_rule(customers, labels, 7),
        lambda: learn_rule(customers.head(1), labels, 3),
        lambda: learn_rule(customers.head(0), labels, 3),
        lambda: learn_rule(customers, np.full(len(customers), 3), 3),
        lambda: learn_rule(customers, labels, 3, max_depth=0),
        lambda: learn_rule(customers, labels, 3, held_out=1.0),
        lambda: learn_rule(customers, [1, 2], 1),
        lambda: learn_rule(customers, labels, 3, columns=["agee"]),
        lambda: learn_rule(customers.assign(age=1.0), labels, 3, columns=["age"]),
    ):
        with pytest.raises(ParameterProblem) as caught:
            bad()
        assert caught.value.message("zh_CN")


def test_infinities_and_empty_columns_do_no_harm(planted):
    customers, labels = planted
    odd = customers.assign(
        tenure=np.nan, balance_total=customers["balance_total"].where(customers.index > 3, np.inf)
    )
    assert learn_rule(odd, labels, 3).coverage > 0.5


def test_rounding_stops_where_it_would_cost(planted):
    customers, _ = planted
    cells = Cells(customers)
    inside = (customers["age"] >= 57).to_numpy()
    fit = Fit(cells, inside)
    assert str(rounded([[Condition("age", ">=", 56.5)]], fit)[0][0]) == "age >= 57"


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (5, 5), (830, 1000)])
def test_intervals_are_scipys(hits, n):
    interval = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits, n) == pytest.approx((hits / n, interval.low, interval.high))
