"""Tidy table in, Altair chart out; nothing is computed here.

Charts are ordinary Altair objects, so that an analyst can take one away and change it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.charts.execution import dispositions, pace, progress
    from workbench.charts.insight import differences, embedding, shares
    from workbench.charts.insight_kchoice import cluster_stability, compare_k
    from workbench.charts.review import daily, funnel, uplift
    from workbench.charts.strategy import (
        capacity,
        gate_rows,
        gates,
        place_row,
        ranking,
        ranking_rows,
        reliability,
    )

_HOME = {
    "capacity": "strategy",
    "cluster_stability": "insight_kchoice",
    "compare_k": "insight_kchoice",
    "daily": "review",
    "differences": "insight",
    "dispositions": "execution",
    "embedding": "insight",
    "funnel": "review",
    "gate_rows": "strategy",
    "gates": "strategy",
    "pace": "execution",
    "place_row": "strategy",
    "progress": "execution",
    "ranking": "strategy",
    "ranking_rows": "strategy",
    "reliability": "strategy",
    "shares": "insight",
    "uplift": "review",
}

__all__ = [
    "capacity",
    "cluster_stability",
    "compare_k",
    "daily",
    "differences",
    "dispositions",
    "embedding",
    "funnel",
    "gate_rows",
    "gates",
    "pace",
    "place_row",
    "progress",
    "ranking",
    "ranking_rows",
    "reliability",
    "shares",
    "uplift",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"workbench.charts.{_HOME[name]}"), name)
    raise AttributeError(f"module 'workbench.charts' has no attribute {name!r}")
