"""The pace by day, and its control limits: exact tails, a stated rate of false alarms, and what is seen."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.errors import ParameterProblem
from workbench.execution.control_limits import CHARTS, FALSE_ALARMS, find_limit_alerts, state_limit_alert
from workbench.execution.count_limits import highest_usual, lowest_planned, lowest_usual
from workbench.execution.pace_days import compare_pace, count_pace_days
from workbench.tables import CONTACTS, OUTCOMES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    """The benchmark, whose simulation is used with fewer strategies; benchmarks are no package."""
    spec = importlib.util.spec_from_file_location("limits", ROOT / "benchmarks" / "control_limits.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _days(n: int = 20, **columns: Any) -> pd.DataFrame:
    """Days of one strategy on which all goes to plan, but for what is given."""
    usual = {"due": 20.0, "contacted": 20.0, "reached": 20.0, "refused": 2.0}
    settled = {"settled": 20.0, "settled_responded": 2.0, "settled_expected": 2.0}
    frame = pd.DataFrame({"member": "S1", "day": pd.date_range("2026-10-12", periods=n)})
    for name, value in (usual | settled | columns).items():
        frame[name] = np.asarray(value, dtype="float64") if not np.isscalar(value) else float(value)
    return frame


# Limits --------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.05, 0.00083])
@pytest.mark.parametrize("n", [1, 7, 60, 900])
@pytest.mark.parametrize("p", [0.03, 0.4])
def test_limits_are_the_tails_of_scipy(n: int, p: float, alpha: float) -> None:
    high, low = highest_usual(n, p, alpha), lowest_usual(n, p, alpha)
    assert stats.binom.sf(high, n, p) <= alpha + 1e-9
    assert high == 0 or stats.binom.sf(high - 1, n, p) > alpha
    assert stats.binom.cdf(low - 1, n, p) <= alpha + 1e-9
    assert stats.binom.cdf(low, n, p) > alpha
    learnt = highest_usual(n, 0.0, alpha, (4, 50))
    assert stats.betabinom.sf(learnt, n, 4.5, 46.5) <= alpha + 1e-9
    assert learnt == 0 or stats.betabinom.sf(learnt - 1, n, 4.5, 46.5) > alpha
    due = n * p * 3
    least = lowest_planned(due, alpha)
    assert stats.poisson.cdf(least - 1, due) <= alpha
    assert stats.poisson.cdf(least, due) > alpha


def test_what_was_read_off_few_customers_is_trusted_less() -> None:
    known = highest_usual(100, 0.1, 0.001)
    limits = [highest_usual(100, 0.0, 0.001, (n / 10, n)) for n in (10, 50, 500, 50_000)]
    assert limits == sorted(limits, reverse=True)
    assert limits[0] > limits[-1] == known


def test_few_customers_give_no_alarm() -> None:
    # Two of two refuse, and nobody of three: three sigma would have called both out.
    days = _days(12, reached=[20.0] * 11 + [2], refused=[2.0] * 11 + [2])
    assert find_limit_alerts(days).empty
    few = _days(12, settled=3.0, settled_responded=[1.0] * 11 + [0], settled_expected=0.3)
    assert "responses" not in set(find_limit_alerts(few)["chart"])


# Alerts --------------------------------------------------------------------------


def test_nothing_is_said_where_nothing_is_wrong() -> None:
    found = find_limit_alerts(_days(60))
    assert found.empty
    assert found.columns.tolist()[:4] == ["member", "chart", "value", "limit"]
    assert find_limit_alerts(_days(0)).empty


def test_a_jump_in_refusals_is_dated_and_closed_when_it_ends() -> None:
    refused = [2.0] * 10 + [12, 13] + [2] * 8
    found = find_limit_alerts(_days(refused=refused), refusal_rates={"S1": 0.1})
    alert = found[found["chart"].eq("refusals")].iloc[0]
    assert (alert["value"], alert["n"], alert["expected"]) == (0.65, 20, 0.1)
    assert alert["limit"] == highest_usual(20, 0.1, FALSE_ALARMS / 1000 / len(CHARTS)) / 20
    days = pd.date_range("2026-10-12", periods=20)
    assert (alert["since"], alert["raised"], alert["until"]) == (days[10], days[10], days[11])
    assert not alert["is_open"]


def test_unusual_days_are_not_learnt_from() -> None:
    refused = [2.0] * 10 + [14.0] * 10
    found = find_limit_alerts(_days(refused=refused))
    alert = found[found["chart"].eq("refusals")].iloc[0]
    assert (alert["until"] - alert["since"]).days == 9
    assert alert["is_open"]
    assert alert["expected"] == pytest.approx(0.1)


def test_the_cumulative_sum_is_the_recursion_of_the_textbook() -> None:
    refused = np.array([2.0, 4, 2, 5, 3, 4, 6, 3, 5, 4, 5, 6, 4, 5, 3, 6, 5, 6, 4, 5])
    found = find_limit_alerts(_days(refused=refused), refusal_rates={"S1": 0.12})
    alert = found[found["chart"].eq("refusal_drift")].iloc[0]
    limit = np.log(1000 * len(CHARTS) / FALSE_ALARMS)
    score, scores = 0.0, []
    for x in refused:
        score = max(0.0, score + x * np.log(1.3) + (20 - x) * np.log((1 - 0.12 * 1.3) / (1 - 0.12)))
        scores.append(score)
    days = pd.date_range("2026-10-12", periods=20)
    assert alert["score_limit"] == pytest.approx(limit)
    assert alert["raised"] == days[int(np.argmax(np.array(scores) > limit))]
    began = max(day for day, at in enumerate([0.0, *scores]) if at == 0.0)
    assert alert["since"] == days[began]
    assert alert["value"] == pytest.approx(refused[began:].sum() / (20 * (20 - began)))
    assert alert["score"] == pytest.approx(scores[-1])
    assert alert["is_open"]


def test_a_shortfall_of_responses_against_the_plan_is_drift() -> None:
    found = find_limit_alerts(_days(60, settled_responded=1.0))
    assert found["chart"].tolist() == ["response_drift"]
    assert (found["value"].iloc[0], found["expected"].iloc[0]) == (0.05, pytest.approx(0.1))
    # Days that are not settled yet say nothing.
    late = _days(60, settled_responded=1.0, settled=np.nan, settled_expected=np.nan)
    assert find_limit_alerts(late).empty


def test_contacts_that_fall_behind_are_seen_and_those_ahead_are_not() -> None:
    found = find_limit_alerts(_days(contacted=[20.0] * 15 + [5.0] * 5))
    assert set(found["chart"]) == {"contacts", "total"}
    alert = found[found["chart"].eq("contacts")].iloc[0]
    assert alert[["value", "n"]].tolist() == [5.0, 20.0]
    assert alert["since"] == pd.Timestamp("2026-10-27")
    # Who worked ahead may rest.
    assert find_limit_alerts(_days(contacted=[40.0] * 10 + [0.0] * 10)).empty
    slow = find_limit_alerts(_days(60, contacted=16.0))
    assert slow["chart"].tolist() == ["total"]


@pytest.mark.parametrize("given", [{"false_alarms": 0}, {"shift": 1.0}, {"baseline": 0}])
def test_limits_that_are_none_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ParameterProblem, match="not possible"):
        find_limit_alerts(_days(), **given)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_every_alert_is_a_sentence(lang: str, benchmark: ModuleType) -> None:
    chance = np.random.default_rng(3)
    told = set()
    for chart, change in benchmark.BROKEN.items():
        days = benchmark.simulate(2, 90, chance, change, 30, benchmark.KINDS[3:])
        found = find_limit_alerts(days)
        told |= set(found["chart"])
        assert chart in set(found["chart"])
        for alert in found.to_dict("records"):
            sentence = state_limit_alert(alert, "Retention call", lang)
            assert "Retention call" in sentence
            assert "{" not in sentence
    assert told == set(CHARTS)


def test_false_alarms_are_as_rare_as_stated(benchmark: ModuleType) -> None:
    days = benchmark.simulate(48, 60, np.random.default_rng(11))
    assert benchmark.false_alarms(days).sum() <= FALSE_ALARMS
    assert benchmark.three_sigma(days) > FALSE_ALARMS


# Days ----------------------------------------------------------------------------


@pytest.fixture
def worked(targets: pd.DataFrame) -> dict[str, pd.DataFrame]:
    treated = targets[targets["arm"].eq("treatment") & targets["strategy_id"].eq("S1")]
    ids = treated["customer_id"].tolist()
    held = targets.loc[targets["arm"].eq("control"), "customer_id"].iloc[0]
    rows = [
        (ids[0], "2026-10-12 09:00", "no_answer", "chen"),
        (ids[0], "2026-10-13 09:00", "reached", "lin"),
        (ids[1], "2026-10-12 10:00", "refused", "lin"),
        (ids[2], "2026-10-13 10:00", "reached", "lin"),
        (ids[3], "2026-10-14 10:00", "callback", "chen"),
        (held, "2026-10-14 11:00", "reached", "lin"),
    ]
    contacts = pd.DataFrame(rows, columns=["customer_id", "contacted_at", "disposition", "agent"])
    contacts = contacts.assign(
        contact_id=[f"c{n}" for n in range(len(rows))],
        list_id="L1",
        strategy_id="S1",
        channel="phone",
        contacted_at=pd.to_datetime(contacts["contacted_at"]).astype("datetime64[us]"),
    )
    outcomes = pd.DataFrame(
        {
            "outcome_id": ["o1", "o2"],
            "list_id": "L1",
            "strategy_id": "S1",
            "customer_id": [ids[0], ids[2]],
            "recorded_at": pd.Timestamp("2026-10-13 12:00"),
            "responded": [True, False],
            "amount": [10.0, None],
        }
    )
    return {"contacts": CONTACTS.check(contacts), "outcomes": OUTCOMES.check(outcomes)}


def _count(targets: Any, strategies: Any, worked: Any, **given: Any) -> pd.DataFrame:
    given = {"today": "2026-10-15", **given}
    return count_pace_days(targets, worked["contacts"], worked["outcomes"], strategies, **given)


def test_each_day_counts_what_was_planned_and_done(targets: Any, strategies: Any, worked: Any) -> None:
    days = _count(targets, strategies, worked)
    mine = days[days["member"].eq("S1")].set_index("day")
    assert list(mine.index.strftime("%d")) == ["12", "13", "14", "15"]
    # Eight treated over ten days.
    assert mine["due"].tolist() == pytest.approx([0.8] * 4)
    assert mine["contacted"].tolist() == [2, 1, 1, 0]
    assert mine["tries"].tolist() == [2, 2, 1, 0]
    assert mine["reached"].tolist() == [1, 2, 1, 0]
    assert mine["refused"].tolist() == [1, 0, 0, 0]
    assert mine["responded"].tolist() == [1, 0, 0, 0]
    # The callback has no answer yet, so its day is not settled.
    assert mine["settled"].tolist()[:2] == [2, 1]
    assert np.isnan(mine["settled"].iloc[2])
    assert mine["settled_expected"].tolist()[:2] == pytest.approx([0.16, 0.08])
    later = _count(targets, strategies, worked, settle_days=1).set_index(["member", "day"])
    assert later.loc[("S1", pd.Timestamp("2026-10-14")), "settled"] == 1


def test_days_of_persons_branches_and_channels(targets: Any, strategies: Any, worked: Any) -> None:
    people = _count(targets, strategies, worked, by="person")
    sums = people.groupby("member")[["contacted", "tries", "reached"]].sum()
    assert sums.loc["chen"].tolist() == [2, 2, 1]
    assert sums.loc["lin"].tolist() == [2, 3, 3]
    assert people["due"].isna().all()
    homes = pd.DataFrame({"customer_id": targets["customer_id"].unique()})
    homes["branch"] = ["East" if n % 2 else "West" for n in range(len(homes))]
    branches = _count(targets, strategies, worked, by="branch", customers=homes)
    whole = _count(targets, strategies, worked)
    for column in ("due", "contacted", "reached", "refused"):
        assert branches[column].sum() == pytest.approx(whole[column].sum())
    assert set(_count(targets, strategies, worked, by="channel")["member"]) == {"phone", "sms"}
    with pytest.raises(ParameterProblem, match="branch"):
        _count(targets, strategies, worked, by="branch")
    for wrong in ({"by": "moon"}, {"weekdays": [7]}, {"weekdays": []}):
        with pytest.raises(ParameterProblem, match="can't be counted"):
            _count(targets, strategies, worked, **wrong)


def test_the_plan_is_spread_over_the_days_that_are_worked(targets: Any, strategies: Any, worked: Any) -> None:
    days = _count(targets, strategies, worked, weekdays=range(5), today="2026-10-21")
    mine = days[days["member"].eq("S1")].set_index("day")["due"]
    # 12 October 2026 is a Monday; a weekend lies between it and the 21st.
    assert mine.tolist() == pytest.approx([1.0] * 5 + [0.0] * 2 + [1.0] * 3)


def test_plan_against_actual_by_member_and_by_day(targets: Any, strategies: Any, worked: Any) -> None:
    days = _count(targets, strategies.assign(minutes_per_contact=6.0), worked)
    row = compare_pace(days, capacity={"S1": 60.0}).set_index("member").loc["S1"]
    assert row[["due", "contacted", "gap"]].tolist() == pytest.approx([3.2, 4, 0.8])
    assert row[["minutes", "capacity_used"]].tolist() == [30, 0.5]
    assert row["refusal_rate"] == 0.25
    assert row["rate"] == 0.25
    assert row["plan"] == pytest.approx(0.08)
    assert row["rate_low"] < 0.25 < row["rate_high"]
    by_day = compare_pace(days, by_day=True, capacity={"2026-10-12": 24.0})
    assert by_day["capacity_used"].tolist()[0] == 0.5
    assert by_day["contacted"].tolist() == [2, 1, 1, 0]
    # A rate without anybody is missing, not 0.
    assert np.isnan(by_day["rate"].iloc[3])
    with pytest.raises(ParameterProblem, match="Alpha"):
        compare_pace(days, alpha=0.0)
