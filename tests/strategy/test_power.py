"""Sample sizes against statsmodels, a simulation, brute force, and the review's own figure."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import (
    power_proportions_2indep,
    proportion_effectsize,
    samplesize_proportions_2indep_onetail,
)

from workbench.errors import ParameterProblem
from workbench.review import plan_sample_size
from workbench.strategy import (
    check_power,
    detectable_effect,
    power_of,
    required_size,
    suggest_strategies,
)

CASES = [
    (base, effect, share)
    for base, effect in [(0.1, 0.02), (0.05, 0.05), (0.3, -0.05), (0.02, 0.005), (0.5, 0.1), (0.0, 0.03)]
    for share in (0.05, 0.1, 0.2, 0.5)
]


@pytest.mark.parametrize(("base", "effect", "share"), CASES)
@pytest.mark.parametrize(("alpha", "power"), [(0.05, 0.8), (0.01, 0.9)])
def test_agrees_with_statsmodels(base, effect, share, alpha, power) -> None:
    ratio = share / (1 - share)
    size = required_size(base, effect, control_share=share, alpha=alpha, power=power)
    nobs1 = samplesize_proportions_2indep_onetail(effect, base, power, ratio=ratio, alpha=alpha)
    assert size.n == math.ceil(nobs1 * (1 + ratio) - 1e-9)
    assert size.n_treatment + size.n_control == size.n
    assert abs(size.n_control - size.n * share) < 1
    for n in (200, size.n):
        reached = power_proportions_2indep(
            effect, base, n * (1 - share), ratio=ratio, alpha=alpha, return_results=False
        )
        mine = power_of(n, base, effect, control_share=share, alpha=alpha)
        assert mine == pytest.approx(float(reached), abs=1e-12)


@pytest.mark.parametrize(("base", "effect", "share"), [case for case in CASES if case[1] > 0])
def test_what_is_detectable_is_the_inverse_of_the_size(base, effect, share) -> None:
    n = required_size(base, effect, control_share=share).n
    found = detectable_effect(n, base, control_share=share)
    assert found <= effect
    assert found == pytest.approx(effect, rel=2e-3)
    assert required_size(base, found, control_share=share).n in (n, n + 1)
    # Brute force: the first effect of a fine grid that is found.
    grid = np.arange(1, 4_000) / 4_000 * (1 - base)
    enough = [d for d in grid if required_size(base, d, control_share=share).n <= n]
    assert 0 <= enough[0] - found <= grid[0] + 1e-9


def test_the_review_plans_with_the_same_size() -> None:
    for base, effect, share in CASES:
        assert (
            required_size(base, effect, control_share=share).n
            == plan_sample_size(base, effect, control_share=share).item()
        )


def test_cohens_h_is_another_method_near_by() -> None:
    h = proportion_effectsize(0.12, 0.10)
    by_h = NormalIndPower().solve_power(effect_size=h, alpha=0.05, power=0.8, ratio=1) * 2
    size = required_size(0.10, 0.02, control_share=0.5).n
    assert size != math.ceil(by_h)
    assert size == pytest.approx(by_h, rel=0.01)


@pytest.mark.parametrize(
    ("base", "effect", "share"), [(0.1, 0.03, 0.2), (0.04, 0.02, 0.1), (0.2, -0.04, 0.5)]
)
def test_simulated_campaigns_find_it_four_times_in_five(base, effect, share) -> None:
    size = required_size(base, effect, control_share=share)
    rng = np.random.default_rng(7)

    def share_found(uplift: float) -> float:
        t = rng.binomial(size.n_treatment, base + uplift, 40_000) / size.n_treatment
        c = rng.binomial(size.n_control, base, 40_000) / size.n_control
        pooled = (t * size.n_treatment + c * size.n_control) / size.n
        error = np.sqrt(pooled * (1 - pooled) * (1 / size.n_treatment + 1 / size.n_control))
        return float(np.mean(np.abs(t - c) > 1.959963984540054 * error))

    assert share_found(effect) == pytest.approx(0.8, abs=0.02)
    assert share_found(0.0) == pytest.approx(0.05, abs=0.012)


def test_a_list_of_nobody_or_of_a_few_is_said() -> None:
    assert math.isnan(detectable_effect(4, 0.1, control_share=0.5))
    assert math.isnan(detectable_effect(100, 1.0, control_share=0.5))
    assert power_of(50, 0.1, 0.0, control_share=0.2) == pytest.approx(0.05)
    assert power_of(50, 1.0, 0.0, control_share=0.2) == 0.05
    for call in (
        lambda: detectable_effect(0, 0.1, control_share=0.5),
        lambda: power_of(float("nan"), 0.1, 0.02, control_share=0.5),
    ):
        with pytest.raises(ParameterProblem, match="at least 1 customer"):
            call()


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"base_rate": 1.2}, "base_rate"),
        ({"base_rate": float("nan")}, "base_rate"),
        ({"effect": 0.0}, "effect"),
        ({"effect": 0.95}, "effect"),
        ({"effect": -0.2}, "effect"),
        ({"control_share": 0.0}, "control_share"),
        ({"control_share": 1.0}, "control_share"),
        ({"alpha": 5}, "alpha"),
        ({"power": 80}, "power"),
    ],
)
def test_senseless_figures_are_refused(given, key) -> None:
    asked = {"base_rate": 0.1, "effect": 0.02, "control_share": 0.2} | given
    with pytest.raises(ParameterProblem) as caught:
        required_size(**asked)
    assert caught.value.key == f"strategy_cards.error.{key}"
    assert caught.value.message("zh_CN") != caught.value.message("en")


@pytest.fixture(scope="module")
def cards(bank) -> pd.DataFrame:
    drafts = suggest_strategies(bank.customers, bank.membership, starts_on="2026-10-12")
    return drafts.head(6).assign(
        effect=[0.03, 0.03, float("nan"), 0.5, 0.02, 0.02],
        expected_response=0.1,
        control_share=[0.1, 0.1, 0.1, 0.1, 0.0, 0.1],
    )


def test_each_card_is_told_what_its_list_can_find_out(cards) -> None:
    names = cards["strategy_id"].tolist()
    needed = required_size(0.07, 0.03, control_share=0.1).n
    sizes = {names[0]: needed, names[1]: needed // 2, names[2]: 1_000, names[3]: 500, names[4]: 500}
    found = check_power(cards, sizes).set_index("strategy_id")
    assert found["verdict"].tolist() == [
        "enough",
        "too_small",
        "no_effect",
        "no_rate",
        "no_control",
        "no_list",
    ]
    assert found["n_needed"].tolist()[:2] == [needed, needed]
    assert found.loc[names[0], "power_reached"] == pytest.approx(0.8, abs=0.001)
    small = found.loc[names[1]]
    assert small["times_needed"] == pytest.approx(2.0, abs=0.01)
    assert small["detectable"] > 0.03
    # The share that is advised is enough, and a point less is not.
    for share, fits in ((small["share_needed"], True), (small["share_needed"] - 0.01, False)):
        assert (required_size(0.07, 0.03, control_share=share).n <= needed // 2) is fits
    assert found.loc[names[2], "detectable"] == detectable_effect(1_000, 0.1, control_share=0.1)
    assert found.loc[names[5], "n_needed"] == required_size(0.08, 0.02, control_share=0.1).n
    assert np.isnan(found.loc[names[5], "power_reached"])


def test_cards_without_the_newer_columns_are_judged_too(cards) -> None:
    old = cards.drop(columns=["effect", "kpi", "tier", "channels"])
    verdicts = check_power(old, {})["verdict"]
    assert set(verdicts) == {"no_effect", "no_control"}
    assert check_power(old.iloc[:0], {}).empty


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys, workbench.strategy.power\n"
        "print(*[n for n in ('scipy', 'sklearn', 'statsmodels', 'ibis', 'duckdb') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
