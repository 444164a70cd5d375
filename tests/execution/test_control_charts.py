"""Control charts of the pace: the points alerts are found with, and runs, against plain reckoning."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.errors import ParameterProblem
from workbench.execution.control_charts import DRAWN, expect_false_alarms, tabulate_limits
from workbench.execution.control_limits import FALSE_ALARMS, MEASURED_FALSE_ALARMS, find_limit_alerts
from workbench.execution.limit_lines import mark_runs

ALPHA = FALSE_ALARMS / 1000 / 6


@pytest.fixture(scope="module")
def days() -> pd.DataFrame:
    """Two strategies of forty days on which something breaks half way."""
    chance = np.random.default_rng(3)
    frames = []
    for member, due in (("S1", 18.0), ("S2", 5.0)):
        broke = np.arange(40) >= 25
        contacted = chance.poisson(np.where(broke, due * 0.3, due))
        reached = chance.binomial(contacted, 0.7)
        refused = chance.binomial(reached, np.where(broke, 0.8, 0.15))
        frames.append(
            pd.DataFrame(
                {
                    "member": member,
                    "day": pd.date_range("2026-10-08", periods=40),
                    "due": due,
                    "contacted": contacted.astype("float64"),
                    "reached": reached.astype("float64"),
                    "refused": refused.astype("float64"),
                    "settled": contacted.astype("float64"),
                    "settled_responded": chance.binomial(contacted, 0.1).astype("float64"),
                    "settled_expected": contacted * 0.1,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def test_the_points_alarm_on_the_days_of_the_alerts(days: pd.DataFrame) -> None:
    points, alerts = tabulate_limits(days), find_limit_alerts(days)
    assert set(points["chart"]) == set(DRAWN)
    for (member, chart), mine in points.groupby(["member", "chart"]):
        spells = alerts[alerts["member"].eq(member) & alerts["chart"].eq(chart)]
        counted = mine.set_index("day")["is_alarm"]
        expected = pd.Series(False, index=counted.index)
        for row in spells.itertuples():
            expected |= (counted.index >= row.since) & (counted.index <= row.until)
        assert counted.tolist() == expected.tolist()
    assert points["is_alarm"].any()


def test_limits_are_the_tails_of_scipy(days: pd.DataFrame) -> None:
    points = tabulate_limits(days)
    contacts = points[points["chart"].eq("contacts")]
    for row in contacts.itertuples():
        # As few as the limit come by chance often enough, one fewer does not.
        assert row.limit == 0 or stats.poisson.cdf(row.limit - 1, row.n) <= ALPHA
        assert stats.poisson.cdf(row.limit, row.n) > ALPHA
        assert row.n <= row.expected
    refusals = points[points["chart"].eq("refusals") & points["member"].eq("S1")]
    did = of = 0.0
    for row in refusals.itertuples():
        if of:
            usual = stats.betabinom(int(row.n), did + 0.5, of - did + 0.5)
            assert usual.sf(round(row.limit * row.n)) <= ALPHA + 1e-9
            assert row.expected == pytest.approx(did / of)
        if not row.is_alarm:
            did, of = did + row.value * row.n, of + row.n


def _runs(values: list[float], expected: list[float], length: int) -> list[bool]:
    """Mark runs by looking at every window."""
    marked = [False] * len(values)
    for first in range(len(values) - length + 1):
        window = range(first, first + length)
        above = all(values[i] > expected[i] for i in window)
        below = all(values[i] < expected[i] for i in window)
        for i in window if above or below else ():
            marked[i] = True
    return marked


@pytest.mark.parametrize("length", [2, 5, 8])
def test_runs_are_those_of_every_window(length: int) -> None:
    chance = np.random.default_rng(length)
    for _ in range(40):
        values = chance.integers(0, 4, 30) + np.where(np.arange(30) > 12, 2.0, 0.0)
        expected = np.where(chance.random(30) < 0.1, np.nan, 2.0)
        found = mark_runs(values, expected, length)
        assert found.tolist() == _runs(values.tolist(), expected.tolist(), length)
    assert mark_runs(np.array([]), np.array([]), length).tolist() == []


def test_only_days_with_something_to_count_are_drawn(days: pd.DataFrame) -> None:
    idle = days.assign(due=0.0, contacted=0.0, reached=0.0, refused=0.0, settled=0.0)
    assert tabulate_limits(idle).empty
    assert tabulate_limits(days.iloc[:0])["day"].dtype == "datetime64[us]"
    persons = tabulate_limits(days.assign(due=np.nan))
    assert set(persons["chart"]) == {"responses", "refusals"}
    with pytest.raises(ParameterProblem):
        tabulate_limits(days, run=1)


def test_false_alarms_to_expect(days: pd.DataFrame) -> None:
    assert 0 < MEASURED_FALSE_ALARMS <= FALSE_ALARMS
    n, expected = expect_false_alarms(days)
    assert (n, expected) == (80, pytest.approx(80 * 1.62 / 1000))
    # After its last day a strategy can't alarm.
    over = days.assign(due=0.0, contacted=0.0)
    assert expect_false_alarms(over) == (0, 0.0)
