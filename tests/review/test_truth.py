"""The review's promises on simulated campaigns, in small; `benchmarks/coverage.py` has them in full."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "coverage.py"


@pytest.fixture(scope="module")
def coverage() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coverage_benchmark", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_planted_truth_is_what_customers_do(coverage):
    truth = coverage.planted(coverage.PROVEN)
    drawn = coverage.draw_campaigns(coverage.PROVEN, 50, np.random.default_rng(0))
    treated = drawn["treated"]
    assert drawn["responded"][treated].mean() == pytest.approx(truth.treatment, abs=0.004)
    assert drawn["responded"][~treated].mean() == pytest.approx(truth.control, abs=0.006)
    answered = drawn["amount"][drawn["responded"]]
    assert answered.mean() == pytest.approx(truth.amount, rel=0.02)
    assert coverage.planted(coverage.NOTHING).uplift == 0


def test_intervals_cover_the_truth_fixed_horizon_and_cuped(coverage):
    runs = 300
    figures = coverage.fixed_horizon(runs, np.random.default_rng(1), n=800)
    promised = [figure for figure in figures if figure.promised]
    assert len(promised) == 8
    # Four standard errors of so few runs around 95%.
    for figure in promised:
        assert abs(figure.share - 0.95) <= 4 * np.sqrt(0.95 * 0.05 / runs), str(figure)


def test_daily_looking_misleads_no_more_often_than_promised(coverage):
    figures = coverage.daily_looks(250, np.random.default_rng(2))
    sequences = [figure for figure in figures if figure.promised]
    assert len(sequences) == 3
    assert all(figure.holds for figure in sequences), list(map(str, sequences))
    assert min(figure.share for figure in figures if not figure.promised) > 0.2


def test_sound_draws_seldom_raise_the_sample_ratio_alarm(coverage):
    [figure] = coverage.sample_ratio(500, np.random.default_rng(3), n=400)
    assert figure.holds, str(figure)


def test_holm_names_no_false_winner(coverage):
    for share in (0.2, 0.1):
        figures = {
            f.name.rpartition(", ")[2]: f
            for f in coverage.many_strategies(250, np.random.default_rng(4), share)
        }
        assert all(figure.holds for figure in figures.values())
        assert figures["no correction"].share > 0.25
