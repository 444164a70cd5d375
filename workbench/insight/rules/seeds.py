"""Rules as the beginning of clusters: where the customers of each segment lie."""

from __future__ import annotations

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.insight.rules.evaluation import apply_rules
from workbench.insight.rules.ruleset import RuleSet


def seed_with_rules(features: pd.DataFrame, customers: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Return where clusters may begin: the mean features of each segment of a rule set.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n_customers, n_features)
        From `build_features`, indexed by customer_id.
    customers : pandas.DataFrame
        The portrait they were built from.
    rules : RuleSet
        The rules; each segment that takes a customer gives one seed.

    Returns
    -------
    pandas.DataFrame of shape (n_segments, n_features)
        Indexed by segment, in the order of the rules: for ``Segmenter.fit(features, seeds=…)``.

    Raises
    ------
    ParameterProblem
        If the rules take none of these customers.

    Examples
    --------
    >>> from workbench.insight import Condition, Rule
    >>> customers = pd.DataFrame({"customer_id": ["a", "b", "c"], "age": [70.0, 20.0, 66.0]})
    >>> features = customers.set_index("customer_id")[["age"]]
    >>> seed_with_rules(features, customers, RuleSet([Rule("Old", Condition("age", ">=", 60))]))
              age
    segment
    Old      68.0
    """
    segment = apply_rules(customers, rules).set_index("customer_id")["segment"]
    found = segment.reindex(features.index)
    if found.notna().sum() == 0:
        raise ParameterProblem("insight_rules.error.no_seeds")
    seeds = features.groupby(found.to_numpy()).mean()
    seeds.index.name = "segment"
    return seeds.reindex([name for name in rules.segments if name in seeds.index])
