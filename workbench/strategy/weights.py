"""The weights of a score: what counts, and how much."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.errors import ParameterProblem

CRITERIA = ("expected_value", "balances", "satisfaction", "cost")
DEFAULT_WEIGHTS = {"expected_value": 0.45, "balances": 0.30, "satisfaction": 0.15, "cost": 0.10}


def normal_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """Return weights that sum to 1, one for each criterion.

    Parameters
    ----------
    weights : mapping of str to float
        Weights by criterion, 0 or more; they need not sum to 1, and a criterion left out
        weighs 0. Criteria are ``expected_value``, ``balances``, ``satisfaction`` and
        ``cost`` (less is better).

    Returns
    -------
    dict of str to float

    Raises
    ------
    ParameterProblem
        If a criterion is unknown, a weight is negative or not a number, or all are 0.

    Examples
    --------
    >>> normal_weights({"expected_value": 3, "cost": 1})
    {'expected_value': 0.75, 'balances': 0.0, 'satisfaction': 0.0, 'cost': 0.25}
    """
    for name, weight in weights.items():
        if name not in CRITERIA:
            raise ParameterProblem(
                "strategy_room.error.unknown_criterion", name=name, known=", ".join(CRITERIA)
            )
        if not 0 <= weight < float("inf"):
            raise ParameterProblem("strategy_room.error.weight", name=name, weight=weight)
    total = float(sum(weights.values()))
    if total <= 0:
        raise ParameterProblem("strategy_room.error.no_weight", known=", ".join(CRITERIA))
    return {name: float(weights.get(name, 0.0)) / total for name in CRITERIA}
