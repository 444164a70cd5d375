"""How many clusters: indices side by side, and what they recommend."""

from workbench.insight.kchoice.comparison import compare_k, sample_rows
from workbench.insight.kchoice.recommendation import KRecommendation, recommend_k

__all__ = ["KRecommendation", "compare_k", "recommend_k", "sample_rows"]
