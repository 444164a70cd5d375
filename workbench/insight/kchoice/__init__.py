"""How many clusters: indices side by side, and what they recommend."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.insight.kchoice.comparison import compare_k, sample_rows
    from workbench.insight.kchoice.recommendation import KRecommendation, recommend_k
    from workbench.insight.kchoice.verdicts import cluster_stability, stability_verdict, verdict_text

__all__ = [
    "KRecommendation",
    "cluster_stability",
    "compare_k",
    "recommend_k",
    "sample_rows",
    "stability_verdict",
    "verdict_text",
]

# Reading a recommendation must not cost a screen the clustering library.
_HOME = {
    "KRecommendation": "recommendation",
    "compare_k": "comparison",
    "recommend_k": "recommendation",
    "sample_rows": "comparison",
    "cluster_stability": "verdicts",
    "stability_verdict": "verdicts",
    "verdict_text": "verdicts",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
