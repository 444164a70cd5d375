"""The six figures of a cycle."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from workbench.errors import ParameterProblem
from workbench.review import count_verdicts, evaluate_strategies, summarise_kpis

KPIS = ["value_won", "return_on_cost", "responded", "contacted_share", "cost", "strategies_proven"]


def kpis_of(cycle, **options):
    evaluation = evaluate_strategies(*cycle.tables(), contacts=cycle.contacts)
    return summarise_kpis(evaluation, **options).set_index("kpi")


def test_figures_are_the_strategies_sums(make_cycle):
    cycle = make_cycle(("S1", 900, 270, 100, 10), ("S2", 450, 45, 50, 5), contacted={"S2": 300})
    kpis = kpis_of(cycle)
    assert kpis.index.tolist() == KPIS
    assert kpis.loc["value_won", "value"] == pytest.approx(0.2 * 900 * 100 + 0)
    assert kpis.loc["responded", "value"] == 315
    assert kpis.loc["contacted_share", "value"] == pytest.approx(1_200 / 1_350)
    assert kpis.loc["cost", "value"] == 2_400
    assert kpis.loc["return_on_cost", "value"] == pytest.approx(7.5)
    assert kpis.loc["strategies_proven", "value"] == 1
    assert kpis.loc["responded", "plan"] == pytest.approx(0.2 * 1_350)
    assert kpis.loc["cost", "plan"] == 2_700
    assert kpis.loc["value_won", "plan"] == pytest.approx(0.1 * 1_350 * 100)


def test_the_interval_of_the_value_adds_the_strategies_variances(make_cycle):
    won = kpis_of(make_cycle(("S1", 900, 270, 100, 10), ("S2", 450, 60, 50, 5))).loc["value_won"]
    variance = 0.0
    for n_t, p_t, n_c, p_c in ((900, 270 / 900, 100, 0.1), (450, 60 / 450, 50, 0.1)):
        squared = p_t * (1 - p_t) / (n_t - 1) + p_c * (1 - p_c) / (n_c - 1)
        variance += squared * (n_t * 100) ** 2
    half = stats.norm.ppf(0.975) * np.sqrt(variance)
    assert (won["low"], won["high"]) == pytest.approx((won["value"] - half, won["value"] + half))


def test_a_cycle_without_contacts_has_no_figures(make_cycle):
    cycle = make_cycle(("S1", 90, 0, 10, 0), contacted={"S1": 0})
    kpis = kpis_of(cycle)
    assert kpis.loc["contacted_share", "value"] == 0
    assert kpis["value"].drop("contacted_share").isna().all()


def test_a_silent_strategy_adds_nothing(make_cycle):
    one = kpis_of(make_cycle(("S1", 900, 270, 100, 10)))
    two = kpis_of(make_cycle(("S1", 900, 270, 100, 10), ("S2", 90, 0, 10, 0), contacted={"S2": 0}))
    same = ["value_won", "responded", "cost", "return_on_cost"]
    assert two.loc[same, "value"].tolist() == one.loc[same, "value"].tolist()


def test_plan_and_previous_cycle_stand_beside(make_cycle):
    cycle = make_cycle(("S1", 900, 270, 100, 10))
    before = kpis_of(cycle).reset_index()
    kpis = kpis_of(cycle, plan={"contacted_share": 0.9, "cost": 1.0}, previous=before)
    assert kpis.loc["contacted_share", "plan"] == 0.9
    assert kpis.loc["cost", "plan"] == 1.0
    assert kpis["previous"].tolist() == kpis["value"].tolist()


def test_an_evaluation_of_parts_is_refused(make_cycle):
    cycle = make_cycle(("S1", 900, 270, 100, 10))
    parts = evaluate_strategies(*cycle.tables(), customers=cycle.customers, by="branch")
    with pytest.raises(ParameterProblem, match="S1 is broken down into parts"):
        summarise_kpis(parts)


def test_verdicts_are_counted(make_cycle):
    cycle = make_cycle(("S1", 900, 270, 300, 30), ("S2", 900, 45, 300, 45), ("S3", 90, 0, 10, 0),
                       contacted={"S3": 0})  # fmt: skip
    counts = count_verdicts(evaluate_strategies(*cycle.tables(), contacts=cycle.contacts))
    assert dict(zip(counts["verdict"], counts["n"], strict=True)) == {"works": 1, "harms": 1, "open": 0}
