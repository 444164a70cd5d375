"""Thresholds as a person would choose them, and no condition too many."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from workbench.insight.rules.columns import Cells
from workbench.insight.rules.condition import Condition
from workbench.insight.rules.expression import Expression
from workbench.insight.rules.groups import AllOf

Paths = Sequence[Sequence[Condition]]
# What a rounder number, or a dropped condition, may cost of the F1 score.
_SLACK = 0.004
_DROP = 0.002


class Fit:
    """How well paths of conditions find some customers.

    Parameters
    ----------
    cells : Cells
        The customers.
    inside : numpy.ndarray of bool
        Whom to find.
    """

    def __init__(self, cells: Cells, inside: np.ndarray) -> None:
        self.cells, self.inside = cells, inside
        self._known: dict[Condition, np.ndarray] = {}

    def takes(self, paths: Paths) -> np.ndarray:
        """Return whom any of the paths takes; each takes those who meet all its conditions."""
        taken = np.zeros(len(self.inside), dtype=bool)
        for path in paths:
            mine = np.ones(len(self.inside), dtype=bool)
            for condition in path:
                mine &= self._yes(condition)
            taken |= mine
        return taken

    def score(self, paths: Paths) -> float:
        """Return the F1 score of the paths together."""
        taken = self.takes(paths)
        both = int((taken & self.inside).sum())
        return 2 * both / (int(taken.sum()) + int(self.inside.sum())) if both else 0.0

    def _yes(self, condition: Condition) -> np.ndarray:
        if condition not in self._known:
            self._known[condition] = condition.truth(self.cells).yes
        return self._known[condition]


def simplified(paths: Paths, fit: Fit) -> list[list[Condition]]:
    """Return the paths with bounds on one column joined, and without idle conditions."""
    kept = [_tightest(path) for path in paths]
    enough = fit.score(kept) - _DROP
    for number, path in enumerate(kept):
        for condition in list(path):
            shorter = [one for one in kept[number] if one is not condition]
            tried = [*kept[:number], shorter, *kept[number + 1 :]]
            if shorter and fit.score(tried) >= enough:
                kept = tried
    return kept


def rounded(paths: Paths, fit: Fit) -> list[list[Condition]]:
    """Return the paths with rounder thresholds, as far as that costs next to nothing."""
    kept = [list(path) for path in paths]
    enough = fit.score(kept) - _SLACK
    for number, path in enumerate(kept):
        for place, condition in enumerate(path):
            if condition.operator not in ("<", ">="):
                continue
            for value in _choices(condition, fit.cells):
                tried = [list(one) for one in kept]
                tried[number][place] = Condition(condition.column, condition.operator, value)
                if fit.score(tried) >= enough:
                    kept = tried
                    break
    return kept


def rounder(value: float) -> Iterator[float]:
    """Yield numbers near a value, the roundest first: one digit, a half, two digits, three, four.

    Examples
    --------
    >>> list(rounder(56.38))
    [60.0, 55.0, 56.0, 56.4, 56.38]
    >>> list(rounder(0.0))
    [0.0]
    """
    if value == 0 or not math.isfinite(value):
        yield value
        return
    size = math.floor(math.log10(abs(value)))
    seen: set[float] = set()
    for step in (
        10.0**size,
        5 * 10.0 ** (size - 1),
        10.0 ** (size - 1),
        10.0 ** (size - 2),
        10.0 ** (size - 3),
    ):
        near = float(f"{round(value / step) * step:.10g}")
        if near not in seen and near != 0:
            seen.add(near)
            yield near


def _choices(condition: Condition, cells: Cells) -> list[float]:
    """Return the values to try for a threshold; whole ones where the column counts something."""
    value, numbers = float(condition.value), cells.numbers(condition.column)
    known = numbers[np.isfinite(numbers)]
    if not (known % 1 == 0).all():
        return list(rounder(value))
    # Between two whole numbers every threshold takes the same customers as the upper one.
    upper = math.ceil(value)
    return [*(near for near in rounder(value) if near % 1 == 0 and near != upper), float(upper)]


def path_expression(path: Sequence[Condition]) -> Expression:
    """Return the expression of one path: its conditions by column, as they came."""
    return path[0] if len(path) == 1 else AllOf(*path)


def _tightest(path: Sequence[Condition]) -> list[Condition]:
    """Keep of several bounds on one side of a column the tightest, and of texts what they leave."""
    found: dict[tuple[str, str, object], Condition] = {}
    for condition in path:
        if condition.operator == "<":
            known = found.get((condition.column, "<", None))
            if known is None or condition.value < known.value:
                found[condition.column, "<", None] = condition
        elif condition.operator == ">=":
            known = found.get((condition.column, ">=", None))
            if known is None or condition.value > known.value:
                found[condition.column, ">=", None] = condition
        else:
            found[condition.column, condition.operator, condition.value] = condition
    return list(found.values())
