"""Divide customers into clusters, and assign new customers to them."""

from workbench.insight.segmenter.checks import check_enough_rows, checked_features
from workbench.insight.segmenter.estimator import ALGORITHMS, Segmenter
from workbench.insight.segmenter.learning import N_INIT

__all__ = ["ALGORITHMS", "N_INIT", "Segmenter", "check_enough_rows", "checked_features"]
