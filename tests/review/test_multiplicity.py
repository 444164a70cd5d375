"""Benjamini-Hochberg against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from workbench.review.multiplicity import adjust_benjamini_hochberg, adjust_holm


@pytest.mark.parametrize("seed", range(6))
def test_agrees_with_statsmodels(seed):
    rng = np.random.default_rng(seed)
    p = rng.random(rng.integers(1, 40)) ** rng.integers(1, 5)
    p[rng.random(p.size) < 0.2] = 0.01
    assert adjust_benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1])
    assert (adjust_benjamini_hochberg(p) <= adjust_holm(p) + 1e-12).all()


def test_missing_ones_do_not_count():
    p = np.array([0.04, np.nan, 0.01, 0.5, np.nan])
    ours = adjust_benjamini_hochberg(p)
    assert np.isnan(ours[[1, 4]]).all()
    assert ours[[0, 2, 3]] == pytest.approx(multipletests([0.04, 0.01, 0.5], method="fdr_bh")[1])
    assert np.isnan(adjust_benjamini_hochberg([np.nan])).all()
    assert adjust_benjamini_hochberg([]).size == 0


def test_findings_are_false_one_time_in_twenty():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(1_000, 40))
    z[:, :10] += 3
    from scipy.special import ndtr

    found = np.array([adjust_benjamini_hochberg(p) < 0.05 for p in 2 * ndtr(-np.abs(z))])
    false = found[:, 10:].sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    assert 0.03 <= false.mean() <= 0.05
