"""Tidy table in, Altair chart out; nothing is computed here.

Charts are ordinary Altair objects, so that an analyst can take one away and change it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.charts.insight import compare_k, differences, embedding, shares
    from workbench.charts.review import daily, funnel, uplift

_HOME = {
    "compare_k": "insight",
    "daily": "review",
    "differences": "insight",
    "embedding": "insight",
    "funnel": "review",
    "shares": "insight",
    "uplift": "review",
}

__all__ = ["compare_k", "daily", "differences", "embedding", "funnel", "shares", "uplift"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"workbench.charts.{_HOME[name]}"), name)
    raise AttributeError(f"module 'workbench.charts' has no attribute {name!r}")
