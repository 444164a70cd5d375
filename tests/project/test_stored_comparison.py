"""The comparison of k that a walk stores, read back whole."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.project import Project


def test_it_holds_the_stability_of_each_cluster(walked: Project) -> None:
    comparison = walked.insight.segmentation().comparison
    assert comparison is not None
    stability = wb.cluster_stability(comparison)
    assert stability.groupby("k")["cluster"].count().to_dict() == {k: k for k in comparison["k"] if k > 1}
    least = stability.groupby("k")["jaccard"].min().to_dict()
    assert least == pytest.approx(comparison.set_index("k")["stability"].dropna().to_dict())
    members = walked.insight.segmentation().n
    assert (stability.groupby("k")["n"].sum() == members).all()
    assert comparison["stability_ari"].between(-0.5, 1).all()


def test_it_recommends_with_a_reason_in_both_languages(walked: Project) -> None:
    comparison = walked.insight.segmentation().comparison
    assert comparison is not None
    recommendation = wb.recommend_k(comparison)
    assert recommendation.k >= 1
    assert recommendation.explanation()
    assert recommendation.explanation("zh_CN") != recommendation.explanation()
