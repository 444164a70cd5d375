"""A rule set in the place of a fitted segmenter: it assigns, is stored, and is read back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.insight.rules.evaluation import apply_rules
from workbench.insight.rules.ruleset import RuleSet


class RuleSegmenter:
    """Assign customers by rules, as `Segmenter` does by distances.

    Segments are numbered by the rules' order; who is taken by no rule goes to the set's
    ``otherwise``, the last number. Rules ask for the portrait's columns, which features no
    longer have, so the customers are given beforehand.

    Parameters
    ----------
    rules : RuleSet
        At least one rule.
    customers : pandas.DataFrame, optional
        The portrait; later with `on`.
    features : sequence of str, default=()
        Names of the features that the segments are described by.

    Attributes
    ----------
    feature_names_in_ : numpy.ndarray
        These names.
    random_state : None
        Nothing is random.

    Examples
    --------
    >>> from workbench.insight import Condition, Rule
    >>> customers = pd.DataFrame({"customer_id": ["a", "b"], "age": [70, 20]})
    >>> segmenter = RuleSegmenter(RuleSet([Rule("Old", Condition("age", ">=", 60))]), customers)
    >>> segmenter.predict(customers.set_index("customer_id")).tolist()
    [0, 1]
    >>> segmenter.labels()[1]["segment"]
    'Other customers'
    """

    random_state = None

    def __init__(
        self, rules: RuleSet, customers: pd.DataFrame | None = None, features: Sequence[str] = ()
    ) -> None:
        if not len(rules):
            raise ParameterProblem("insight_rules.error.nothing_to_approve")
        self.rules = rules
        self.feature_names_in_ = np.asarray(list(features), dtype=object)
        self._found: pd.Series | None = None
        if customers is not None:
            self.on(customers)

    def on(self, customers: pd.DataFrame) -> RuleSegmenter:
        """Apply the rules to a portrait, for `predict`; return itself.

        Raises
        ------
        ParameterProblem
            If a rule asks for a column that is not there.
        """
        numbers = {name: number for number, name in enumerate(self.rules.segments)}
        applied = apply_rules(customers, self.rules).set_index("customer_id")["segment"]
        otherwise = numbers.get(self.rules.otherwise, len(numbers))
        self._found = applied.map(numbers).fillna(otherwise).astype("int64")
        return self

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return the segment's number of each customer of `features`, by its index.

        Raises
        ------
        ParameterProblem
            If the portrait was not given, or lacks a customer.
        """
        if self._found is None:
            raise ParameterProblem("insight_rules.error.no_portrait")
        numbers = self._found.reindex(features.index)
        if numbers.isna().any():
            raise ParameterProblem("insight_rules.error.other_customers", n=int(numbers.isna().sum()))
        return numbers.to_numpy(dtype="int64")

    def labels(self) -> dict[int, dict[str, str]]:
        """Return each number's segment and its description, in both languages."""
        found: dict[int, dict[str, str]] = {}
        for number, name in enumerate(self.rules.segments):
            mine = [rule for rule in self.rules if rule.segment == name]
            chinese = next((rule.segment_zh for rule in mine if rule.segment_zh), "")
            found[number] = {
                "segment": name,
                "segment_zh": chinese,
                "description": _first_capital(" · ".join(rule.describe() for rule in mine)),
                "description_zh": "；".join(rule.describe("zh_CN") for rule in mine),
            }
        if self.rules.otherwise not in self.rules.segments:
            found[len(found)] = {
                "segment": self.rules.otherwise,
                "segment_zh": self.rules.otherwise_zh,
                "description": "",
                "description_zh": "",
            }
        return found

    def to_json(self) -> str:
        """Return everything that `from_model` needs as JSON text."""
        names = [str(name) for name in self.feature_names_in_]
        return json.dumps({"features": names, "rules": self.rules.to_dict()}, ensure_ascii=False)

    @classmethod
    def from_model(cls, model: Mapping[str, Any]) -> RuleSegmenter:
        """Return the segmenter that `to_json` wrote; give it customers with `on`."""
        return cls(RuleSet.from_dict(model.get("rules")), features=model.get("features") or ())


def _first_capital(words: str) -> str:
    return words[:1].upper() + words[1:]
