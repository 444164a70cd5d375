"""Pace, intervals, dispositions, and days that give nobody away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from workbench.errors import ParameterProblem
from workbench.execution import coarsen_days, count_dispositions, judge_pace, summarise_progress
from workbench.tables import CONTACTS, OUTCOMES


def _progress(**columns) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    whole = {"due": [100] * n, "contacted": [100] * n, "responded": [10] * n, "plan": [0.1] * n}
    return pd.DataFrame(whole | columns)


def test_pace_is_judged_against_the_contacts_due() -> None:
    judged = judge_pace(_progress(contacted=[89, 90, 110, 111, 0], due=[100, 100, 100, 100, 0]))
    assert judged["pace"].tolist() == ["behind", "on_plan", "on_plan", "ahead", "not_begun"]
    strict = judge_pace(_progress(contacted=[99, 100, 101]), tolerance=0)
    assert strict["pace"].tolist() == ["behind", "on_plan", "ahead"]
    # Work that began before it was due is ahead, and not on plan by division by zero.
    assert judge_pace(_progress(contacted=[1], due=[0], responded=[0]))["pace"].tolist() == ["ahead"]


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_interval_is_wilsons(alpha) -> None:
    responded, contacted = [0, 3, 27, 158], [5, 40, 158, 158]
    judged = judge_pace(_progress(responded=responded, contacted=contacted), alpha=alpha)
    for low, high, yes, n in zip(judged["rate_low"], judged["rate_high"], responded, contacted, strict=True):
        expected = proportion_confint(yes, n, alpha=alpha, method="wilson")
        assert (low, high) == pytest.approx(expected, abs=1e-12)


def test_response_is_only_judged_where_the_plan_lies_outside_the_interval() -> None:
    judged = judge_pace(_progress(responded=[10, 2, 30, 0], contacted=[100, 100, 100, 0]))
    assert judged["response"].tolist() == ["open", "under", "over", "open"]
    assert judged["expected"].tolist() == [10, 10, 10, 0]
    assert judged["rate_low"].isna().tolist() == [False, False, False, True]


def test_progress_without_strategies_is_judged_too(targets, strategies) -> None:
    empty = summarise_progress(
        targets.iloc[:0], CONTACTS.empty(), OUTCOMES.empty(), strategies, today="2026-10-16"
    )
    assert judge_pace(empty).empty
    with pytest.raises(ParameterProblem):
        judge_pace(empty, tolerance=2)


def test_dispositions_are_all_counted_and_strange_words_last() -> None:
    contacts = pd.DataFrame(
        {"strategy_id": ["S1", "S1", "S2", "S2"], "disposition": ["reached", "odd", "refused", "reached"]}
    )
    counts = count_dispositions(contacts)
    assert counts["n"].sum() == 4
    assert counts["disposition"].iloc[-1] == "odd"
    assert not counts["reached"].iloc[-1]
    assert counts["share"].sum() == pytest.approx(1)
    assert count_dispositions(contacts, ["S2"]).set_index("disposition").at["reached", "n"] == 1
    nothing = count_dispositions(contacts.iloc[:0])
    assert nothing["n"].sum() == 0
    assert nothing["share"].isna().all()


@pytest.mark.parametrize("seed", range(40))
def test_no_step_of_coarse_days_is_small(seed) -> None:
    rng = np.random.default_rng(seed)
    n, past = 30, int(rng.integers(1, 31))
    counts = np.cumsum(rng.poisson(rng.choice([0.2, 3, 20]), n)).astype("float64")
    counts[past:] = np.nan
    days = pd.DataFrame({"contacted": counts, "responded": counts // 4, "due": 1.0})
    coarse = coarsen_days(days, 11)
    for column in ("contacted", "responded"):
        kept = coarse[column].dropna()
        steps = np.diff([0.0, *kept])
        assert ((steps == 0) | (steps >= 11)).all()
        assert kept.eq(days.loc[kept.index, column]).all()
        total = days[column].max()
        # The total is shown elsewhere: what is left after the last shown day must not be small.
        assert total == kept.max() or (kept.eq(0).all() and total < 11)
    assert coarse["due"].eq(1.0).all()
